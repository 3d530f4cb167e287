// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host clock of KVM: what the pages of a machine's processors show of stops.
 */
#include "kmod/chime.h"

#include "selftests/unit/unit.h"

/* --- memory --- */

#define phys_addr_t		u64
#define GFP_KERNEL		0
#define WARN_ON(condition)	(condition)
#define CC_ATTR_GUEST_MEM_ENCRYPT	0

/* Of three allocations this one fails; 0: none. */
static int fails_at;
static int allocations, freed;

static void *allocate(size_t size)
{
	if (++allocations == fails_at)
		return NULL;
	return calloc(1, size);
}

static void release(const void *memory)
{
	freed += !!memory;
	free((void *)memory);
}

#define kzalloc(size, flags)			allocate(size)
#define kfree(memory)				release(memory)
#define get_zeroed_page(flags)			((unsigned long)allocate(4096))
#define free_page(address)			release((void *)(address))
#define alloc_percpu(type)			((type *)allocate(CPUS * sizeof(type)))
#define free_percpu(memory)			release(memory)
#define per_cpu_ptr(memory, cpu)		((memory) + (cpu))
#define cc_platform_has(attribute)		false
#define set_memory_encrypted(address, pages)	0
#define set_memory_decrypted(address, pages)	0
#define slow_virt_to_phys(memory)		((u64)(uintptr_t)(memory))

/* --- processors, their kvm-clock and the hypervisor --- */

#define CPUS				2
#define KVM_HC_CLOCK_PAIRING		9
#define KVM_CLOCK_PAIRING_WALLCLOCK	0
#define PVCLOCK_TSC_STABLE_BIT		1
#define PVCLOCK_GUEST_STOPPED		2

struct kvm_clock_pairing {
	s64 sec;
	s64 nsec;
	u64 tsc;
	u32 flags;
	u32 pad[9];
};

struct pvclock_vcpu_time_info {
	u32 version;
	u64 tsc_timestamp;
	u64 system_time;
	u8 flags;
};

struct pvclock_vsyscall_time_info {
	struct pvclock_vcpu_time_info pvti;
};

static struct pvclock_vsyscall_time_info pages[CPUS];
static int this_cpu;
static u64 now_ns;

/* Shared with the timescale's object elsewhere. */
struct system_time_snapshot unit_clocks;

void ktime_get_snapshot(struct system_time_snapshot *snapshot)
{
	now_ns += 100;
	*snapshot = (struct system_time_snapshot){ .cycles = now_ns, .raw = now_ns };
}

/* What newer kernels say that they count; CHIME_COUNTER_UNKNOWN: this one does not say. */
static enum chime_counter counter;

static void say_what_counts(struct chime_snapshot *snapshot)
{
	chime_snapshot_take(snapshot);
	snapshot->counter = counter;
}

#define chime_snapshot_take(snapshot)	say_what_counts(snapshot)

#define smp_processor_id()		this_cpu
#define local_irq_save(flags)		((flags) = 0)
#define local_irq_restore(flags)	((void)(flags))
#define this_cpu_read(pointers)		(&pages[this_cpu])
#define pvclock_read_begin(page)	((page)->version)
#define pvclock_read_retry(page, start)	((page)->version != (start))
#define kvm_para_available()		true

static u64 __pvclock_read_cycles(const struct pvclock_vcpu_time_info *page, u64 tsc)
{
	return page->system_time + tsc - page->tsc_timestamp;
}

static u64 rdtsc_ordered(void)
{
	now_ns += 100;
	return now_ns;
}

static long kvm_hypercall2(unsigned int number, u64 address, u64 type)
{
	now_ns += 1000;
	*(struct kvm_clock_pairing *)(uintptr_t)address = (struct kvm_clock_pairing){
		.sec = 1800000000,
		.tsc = now_ns,
	};
	return 0;
}

#include "kmod/host_kvm.c"

FIXTURE(host) {
	void *device;
};

FIXTURE_SETUP(host)
{
	memset(pages, 0, sizeof(pages));
	pages[0].pvti.flags = PVCLOCK_TSC_STABLE_BIT;
	pages[1].pvti.flags = PVCLOCK_TSC_STABLE_BIT;
	now_ns = 5000 * NSEC_PER_SEC;
	counter = CHIME_COUNTER_UNKNOWN;
	fails_at = 0;
	allocations = 0;
	freed = 0;
	ASSERT_EQ(0, chime_host_kvm_ops.open(&self->device));
}

FIXTURE_TEARDOWN(host)
{
	chime_host_kvm_ops.close(self->device);
	EXPECT_EQ(allocations, freed);
}

/* The evidence of a reading on @cpu. */
static u32 read_on(void *device, int cpu)
{
	struct chime_pairing pairing = { };

	this_cpu = cpu;
	return chime_host_kvm_ops.pair(device, &pairing) ? ~0U : pairing.evidence;
}

/* The hypervisor stops this machine, and leaves its clock as it was. */
static void stop(void)
{
	pages[0].pvti.flags |= PVCLOCK_GUEST_STOPPED;
	pages[1].pvti.flags |= PVCLOCK_GUEST_STOPPED;
}

/* A processor's watchdog has seen the flag. */
static void clear(int cpu)
{
	pages[cpu].pvti.flags &= ~PVCLOCK_GUEST_STOPPED;
}

#define STOPPED	BIT(TRUECHIME_EVIDENCE_GUEST_STOPPED)

TEST_F(host, one_stop_is_one_whichever_processor_clears_its_flag_first)
{
	EXPECT_EQ(0, read_on(self->device, 0));
	EXPECT_EQ(0, read_on(self->device, 1));
	stop();
	EXPECT_EQ(STOPPED, read_on(self->device, 0));
	EXPECT_EQ(0, read_on(self->device, 1));
	clear(0);
	EXPECT_EQ(0, read_on(self->device, 0));
	EXPECT_EQ(0, read_on(self->device, 1));
	EXPECT_EQ(0, read_on(self->device, 0));
	EXPECT_EQ(0, read_on(self->device, 1));
	/* Another one is another. */
	clear(1);
	EXPECT_EQ(0, read_on(self->device, 1));
	stop();
	EXPECT_EQ(STOPPED, read_on(self->device, 1));
	EXPECT_EQ(0, read_on(self->device, 0));
	EXPECT_EQ(0, read_on(self->device, 1));
}

/* It may have been cleared before it could be read. */
TEST_F(host, stop_is_shown_by_any_processor)
{
	EXPECT_EQ(0, read_on(self->device, 0));
	stop();
	clear(0);
	EXPECT_EQ(0, read_on(self->device, 0));
	EXPECT_EQ(STOPPED, read_on(self->device, 1));
	EXPECT_EQ(0, read_on(self->device, 1));
}

TEST_F(host, clock_that_is_set_anew_shows_a_stop)
{
	int cpu;

	EXPECT_EQ(0, read_on(self->device, 0));
	for (cpu = 0; cpu < CPUS; cpu++)
		pages[cpu].pvti.system_time += NSEC_PER_SEC;
	EXPECT_EQ(BIT(TRUECHIME_EVIDENCE_CLOCK_SET), read_on(self->device, 1));
	EXPECT_EQ(0, read_on(self->device, 0));
}

static bool is_exact(void *device, enum chime_counter counts)
{
	struct chime_pairing pairing = { };

	counter = counts;
	return !chime_host_kvm_ops.pair(device, &pairing) && pairing.exact;
}

/* Without a stable TSC each processor's kvm-clock is another one. */
TEST_F(host, reading_by_kvm_clock_is_exact_with_a_stable_tsc_only)
{
	EXPECT_TRUE(is_exact(self->device, CHIME_COUNTER_TSC));
	EXPECT_TRUE(is_exact(self->device, CHIME_COUNTER_KVMCLOCK));
	EXPECT_TRUE(is_exact(self->device, CHIME_COUNTER_KVMCLOCK_TSC));
	EXPECT_FALSE(is_exact(self->device, CHIME_COUNTER_OTHER));
	pages[0].pvti.flags &= ~PVCLOCK_TSC_STABLE_BIT;
	EXPECT_TRUE(is_exact(self->device, CHIME_COUNTER_TSC));
	EXPECT_FALSE(is_exact(self->device, CHIME_COUNTER_KVMCLOCK));
	EXPECT_FALSE(is_exact(self->device, CHIME_COUNTER_KVMCLOCK_TSC));
}

TEST_F(host, allocation_that_fails_leaves_nothing)
{
	void *device = NULL;

	for (fails_at = 1; fails_at <= 3; fails_at++) {
		allocations = 0;
		freed = 0;
		EXPECT_EQ(-ENOMEM, chime_host_kvm_ops.open(&device));
		EXPECT_EQ(NULL, device);
		EXPECT_EQ(allocations - 1, freed);
	}
	/* What the fixture allocated. */
	allocations = 3;
	freed = 0;
}

TEST_HARNESS_MAIN
