// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VM generation id: how a notification comes from the hypervisor to the module, and that the
 * module waits for one which is under way.
 */
#include "kmod/chime.h"

#include "selftests/unit/fake_acpi.h"
#include "selftests/unit/unit.h"

#define SCI	9

/* --- a notification's way: interrupt, its handler, which may be a thread, ACPI's work --- */

enum way {
	NOWHERE,
	INTERRUPT_PENDING,
	THREAD_WOKEN,
	WORK_QUEUED,
};

static enum way notification;

/* Kernels have the handler in the interrupt itself up to 6.7, and in a thread since. */
static bool threaded;

/* Processors answer: each has taken its interrupts. */
static void on_each_cpu(void (*function)(void *unused), void *unused, int wait)
{
	function(unused);
	if (notification == INTERRUPT_PENDING)
		notification = threaded ? THREAD_WOKEN : WORK_QUEUED;
}

static void synchronize_irq(unsigned int irq)
{
	if (irq == SCI && notification == THREAD_WOKEN)
		notification = WORK_QUEUED;
}

static void acpi_os_wait_events_complete(void)
{
	if (notification != WORK_QUEUED)
		return;
	notification = NOWHERE;
	fake_acpi_notify();
}

/* --- the rest of ACPI --- */

#define ACPI_ALLOCATE_BUFFER	0
#define ACPI_TYPE_INTEGER	1
#define ACPI_TYPE_PACKAGE	4
#define ACPI_FADT_HW_REDUCED	(1 << 20)
#define kfree(memory)		free(memory)

static u64 memory[CHIME_GENID_SIZE / sizeof(u64)];

/* There is no memory for it. */
static bool fails_method;

static struct {
	u32 flags;
	u16 sci_interrupt;
} acpi_gbl_FADT;

union acpi_object {
	u32 type;
	struct {
		u32 type;
		u64 value;
	} integer;
	struct {
		u32 type;
		u32 count;
		union acpi_object *elements;
	} package;
};

struct acpi_buffer {
	u64 length;
	void *pointer;
};

static int acpi_gsi_to_irq(u32 gsi, unsigned int *irq)
{
	*irq = gsi;
	return gsi == SCI ? 0 : -EINVAL;
}

/* The two halves of an address, behind the package that has them. */
static u32 acpi_evaluate_object(void *device, const char *method, void *arguments,
				struct acpi_buffer *buffer)
{
	union acpi_object *objects = calloc(3, sizeof(*objects));

	objects[0].package.type = ACPI_TYPE_PACKAGE;
	objects[0].package.count = 2;
	objects[0].package.elements = objects + 1;
	objects[1].integer.type = ACPI_TYPE_INTEGER;
	objects[1].integer.value = 4096;
	objects[2].integer.type = ACPI_TYPE_INTEGER;
	buffer->pointer = objects;
	return fails_method ? AE_NO_MEMORY : AE_OK;
}

#define phys_addr_t	u64

#include "kmod/genid.c"

static int notified;

static void count(void *context)
{
	notified++;
}

FIXTURE(genid) {
	struct chime_genid device;
};

FIXTURE_SETUP(genid)
{
	memset(&self->device, 0, sizeof(self->device));
	acpi_gbl_FADT.flags = 0;
	acpi_gbl_FADT.sci_interrupt = SCI;
	notification = NOWHERE;
	threaded = false;
	notified = 0;
	fails_method = false;
	fake_acpi = (struct fake_acpi){ .memory = memory };
}

FIXTURE_TEARDOWN(genid)
{
	chime_genid_close(&self->device);
	EXPECT_EQ(0, fake_acpi.mappings);
	EXPECT_TRUE(!fake_acpi.handler);
}

TEST_F(genid, notification_under_way_is_waited_for)
{
	ASSERT_EQ(0, chime_genid_open(&self->device, count, NULL));
	chime_genid_settle(&self->device);
	EXPECT_EQ(0, notified);
	notification = INTERRUPT_PENDING;
	chime_genid_settle(&self->device);
	EXPECT_EQ(1, notified);
}

TEST_F(genid, notification_in_the_interrupts_thread_is_waited_for)
{
	threaded = true;
	ASSERT_EQ(0, chime_genid_open(&self->device, count, NULL));
	notification = INTERRUPT_PENDING;
	chime_genid_settle(&self->device);
	EXPECT_EQ(1, notified);
}

/* There is nothing to wait for that is known. */
TEST_F(genid, machine_without_that_interrupt_has_the_device)
{
	acpi_gbl_FADT.flags = ACPI_FADT_HW_REDUCED;
	ASSERT_EQ(0, chime_genid_open(&self->device, count, NULL));
	EXPECT_EQ(0, self->device.irq);
	notification = WORK_QUEUED;
	chime_genid_settle(&self->device);
	EXPECT_EQ(1, notified);
	chime_genid_close(&self->device);
	acpi_gbl_FADT.flags = 0;
	acpi_gbl_FADT.sci_interrupt = SCI + 1;
	ASSERT_EQ(0, chime_genid_open(&self->device, count, NULL));
	EXPECT_EQ(0, self->device.irq);
}

/* An evaluation that fails late has allocated its result already. */
TEST_F(genid, want_of_memory_leaves_nothing_behind)
{
	bool *const fails[] = {
		&fails_method, &fake_acpi.fails_mapping, &fake_acpi.fails_handler,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fails); i++) {
		*fails[i] = true;
		EXPECT_EQ(-ENODEV, chime_genid_open(&self->device, count, NULL));
		EXPECT_FALSE(chime_genid_present(&self->device));
		EXPECT_EQ(0, fake_acpi.mappings);
		EXPECT_TRUE(!fake_acpi.handler);
		*fails[i] = false;
	}
	EXPECT_EQ(0, chime_genid_open(&self->device, count, NULL));
}

TEST_HARNESS_MAIN
