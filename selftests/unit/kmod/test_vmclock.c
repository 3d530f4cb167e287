// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vmclock device: a hypervisor that writes to its page while the module reads it.
 */
#include "kmod/chime.h"

#include "selftests/unit/fake_acpi.h"
#include "selftests/unit/unit.h"

/* --- ACPI and the kernel's memory --- */

#define METHOD_NAME__CRS	"_CRS"
#define IORESOURCE_MEM		1
#define resource_type(region)	IORESOURCE_MEM
#define resource_size(region)	((region)->size)
#define le32_to_cpu(value)	(value)
#define le64_to_cpu(value)	(value)
#define __le32			u32
#define __le64			u64

static s64 raw_ns;

struct acpi_resource {
	int unused;
};

struct resource {
	u64 start;
	u64 size;
};

struct resource_win {
	struct resource res;
};

static bool acpi_dev_resource_memory(struct acpi_resource *acpi, struct resource *region)
{
	*region = (struct resource){ .start = 4096, .size = 4096 };
	return true;
}

static bool acpi_dev_resource_address_space(struct acpi_resource *acpi, struct resource_win *window)
{
	return false;
}

static void acpi_walk_resources(void *device, const char *method,
				u32 (*walk)(struct acpi_resource *acpi, void *context),
				void *context)
{
	struct acpi_resource acpi;

	walk(&acpi, context);
}

/* As QEMU 10 shows it. */
static const unsigned char qemu[CHIME_VMCLOCK_SIZE] = {
	'V', 'C', 'L', 'K', 0, 0x10, 0, 0, 1, 0, 255, 0, 2, 0, 0, 0, 1,
};

static u64 words[CHIME_VMCLOCK_SIZE / sizeof(u64)];
static unsigned char *const memory = (unsigned char *)words;

/* --- the clock, and the hypervisor --- */

#define WRITES_FOR_EVER	INT64_MAX

static s64 writes_until_ns;

static void pass(s64 ns)
{
	u32 *sequence = (u32 *)(memory + CHIME_VMCLOCK_SEQ_OFFSET);

	raw_ns += ns;
	if (raw_ns >= writes_until_ns)
		*sequence = (*sequence + 1) & ~1U;
}

static void write_for(s64 ns)
{
	u32 *sequence = (u32 *)(memory + CHIME_VMCLOCK_SEQ_OFFSET);

	*sequence |= 1;
	writes_until_ns = ns == WRITES_FOR_EVER ? ns : raw_ns + ns;
}

u64 ktime_get_raw_ns(void)
{
	pass(20);
	return raw_ns;
}

void usleep_range(unsigned long least_us, unsigned long most_us)
{
	pass((s64)most_us * NSEC_PER_USEC);
}

/* No other processor is there. */
#define virt_rmb()	pass(20)
#define cpu_relax()	pass(20)

#include "kmod/vmclock.c"

static int notified;

static void count(void *context)
{
	(*(int *)context)++;
}

static int open_device(struct chime_vmclock *device)
{
	return chime_vmclock_open(device, count, &notified);
}

FIXTURE(vmclock) {
	struct chime_vmclock device;
};

FIXTURE_SETUP(vmclock)
{
	memcpy(memory, qemu, sizeof(qemu));
	memset(&self->device, 0, sizeof(self->device));
	raw_ns = NSEC_PER_SEC;
	writes_until_ns = 0;
	notified = 0;
	fake_acpi = (struct fake_acpi){ .memory = memory };
}

FIXTURE_TEARDOWN(vmclock)
{
	chime_vmclock_close(&self->device);
	EXPECT_EQ(NULL, fake_acpi.handler);
	EXPECT_EQ(0, fake_acpi.mappings);
}

/* It is looked for only once. */
TEST_F(vmclock, device_is_found_while_its_page_is_being_written)
{
	write_for(20 * NSEC_PER_USEC);
	ASSERT_EQ(0, open_device(&self->device));
	EXPECT_EQ(1, self->device.page.marker);
}

/* The hypervisor's thread was interrupted amid the writing, on a busy host. */
TEST_F(vmclock, device_is_found_though_writing_its_page_takes_milliseconds)
{
	write_for(5 * NSEC_PER_MSEC);
	ASSERT_EQ(0, open_device(&self->device));
	EXPECT_EQ(1, self->device.page.marker);
	EXPECT_LE(raw_ns, NSEC_PER_SEC + 10 * NSEC_PER_MSEC);
}

TEST_F(vmclock, change_is_seen_while_the_page_is_being_written)
{
	ASSERT_EQ(0, open_device(&self->device));
	memory[CHIME_VMCLOCK_MARKER_OFFSET]++;
	write_for(20 * NSEC_PER_USEC);
	EXPECT_EQ(BIT(TRUECHIME_EVIDENCE_MARKER), chime_vmclock_check(&self->device));
	EXPECT_TRUE(chime_vmclock_was_read(&self->device));
}

/* Nothing to wait for. */
TEST_F(vmclock, page_of_another_kind_is_not_read_again)
{
	memory[0] = 'X';
	EXPECT_EQ(-ENODEV, open_device(&self->device));
	EXPECT_LE(raw_ns, NSEC_PER_SEC + NSEC_PER_MSEC);
}

TEST_F(vmclock, page_that_is_always_being_written_is_not_waited_for)
{
	s64 begun_ns;

	ASSERT_EQ(0, open_device(&self->device));
	memory[CHIME_VMCLOCK_MARKER_OFFSET]++;
	write_for(WRITES_FOR_EVER);
	begun_ns = raw_ns;
	EXPECT_EQ(0, chime_vmclock_check(&self->device));
	EXPECT_FALSE(chime_vmclock_was_read(&self->device));
	EXPECT_LE(raw_ns - begun_ns, 200 * NSEC_PER_USEC);
	/* What has changed counts when it can be read. */
	write_for(0);
	EXPECT_EQ(BIT(TRUECHIME_EVIDENCE_MARKER), chime_vmclock_check(&self->device));
}

TEST_F(vmclock, device_whose_page_is_always_being_written_is_no_device)
{
	write_for(WRITES_FOR_EVER);
	EXPECT_EQ(-ENODEV, open_device(&self->device));
	EXPECT_LE(raw_ns, NSEC_PER_SEC + 100 * NSEC_PER_MSEC);
	EXPECT_FALSE(chime_vmclock_present(&self->device));
	EXPECT_EQ(0, fake_acpi.mappings);
}

/* It does so after each change of its page, also while this guest is idle. */
TEST_F(vmclock, device_notifies)
{
	ASSERT_EQ(0, open_device(&self->device));
	ASSERT_NE(NULL, fake_acpi.handler);
	fake_acpi_notify();
	EXPECT_EQ(1, notified);
	chime_vmclock_close(&self->device);
	EXPECT_EQ(NULL, fake_acpi.handler);
}

/* What the page shows counts with or without notifications. */
TEST_F(vmclock, device_whose_notifications_cannot_be_had_is_read_all_the_same)
{
	fake_acpi.fails_handler = true;
	ASSERT_EQ(0, open_device(&self->device));
	memory[CHIME_VMCLOCK_MARKER_OFFSET]++;
	EXPECT_EQ(BIT(TRUECHIME_EVIDENCE_MARKER), chime_vmclock_check(&self->device));
}

TEST_HARNESS_MAIN
