// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host clock of KVM on x86: hypercall KVM_HC_CLOCK_PAIRING.
 *
 * The hypervisor computes its wall-clock time from a reading of the very TSC that this guest sees,
 * and returns both. A pairing is exact when that reading can be converted to the timekeeper's raw
 * clock: the hypercall runs between two timekeeper snapshots on one CPU, and the raw clock is
 * interpolated between them at the counter value that belongs to the returned TSC. No CPUID bit
 * announces the hypercall, so it is tried.
 */
#include "host.h"

#include <linux/cc_platform.h>
#include <linux/compiler.h>
#include <linux/gfp.h>
#include <linux/irqflags.h>
#include <linux/kvm_para.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/percpu.h>
#include <linux/set_memory.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/time64.h>
/* kvmclock.h needs it first. */
#include <asm/pvclock.h>
#include <asm/kvmclock.h>
#include <asm/tsc.h>

#include "compat.h"

/* Readings for one cross-timestamp: the first exact one is taken, else the tightest bracket. */
#define CHIME_KVM_READINGS	4

/*
 * Error of an exact conversion: host time is truncated to 1 ns, the raw clock at either end of the
 * bracket and its interpolation to 1 ns, pvclock's scaling to 1 ns at either end.
 */
#define CHIME_KVM_EXACT_NS	5

/* During a longer bracket the guest was descheduled: another reading will be better. */
#define CHIME_KVM_BRACKET_MAX_NS	(100 * NSEC_PER_MSEC)

/* The TSC from which on a kvm-clock page is valid: it changes when the clock is set again. */
struct chime_kvm_setting {
	u64 tsc;
	u64 system_ns;
};

/**
 * struct chime_kvm_stop - what one CPU showed of stops at the latest reading on it
 * @flagged: its page's guest-stopped flag was set
 * @count: how many stops had been noted by then
 */
struct chime_kvm_stop {
	bool flagged;
	u32 count;
};

/* Who takes a reading: each has memory of its own that the hypervisor writes to. */
enum chime_kvm_reader {
	CHIME_KVM_CHECK,	/* under the module's lock */
	CHIME_KVM_PEEK,		/* a CPU's timer */
	CHIME_KVM_READERS,
};

/**
 * struct chime_kvm - the hypercall's data
 * @page: written by the hypervisor, for each reader; a whole page, because it is shared unencrypted
 * @gpa: the page's guest physical address
 * @shared: the page had to be decrypted
 * @setting: kvm-clock's setting at the latest reading; 0: it had no lasting one
 * @read_before: there was a reading
 * @stops: for each CPU
 * @stop_count: how many stops guest-stopped flags have shown
 * @evidence: seen since the latest cross-timestamp
 */
struct chime_kvm {
	struct kvm_clock_pairing *page;
	phys_addr_t gpa;
	bool shared;
	struct chime_kvm_setting setting;
	bool read_before;
	struct chime_kvm_stop __percpu *stops;
	u32 stop_count;
	u32 evidence;
};

/* The results of one hypercall and of what surrounds it. */
struct chime_kvm_reading {
	u64 tsc_before;
	struct chime_snapshot before;
	struct kvm_clock_pairing host;
	struct chime_snapshot after;
	u64 tsc_after;
	struct pvclock_vcpu_time_info pvclock;
	bool has_pvclock;
	int cpu;
};

/* This CPU's kvm-clock page; NULL where kvm-clock is not in use. Bound to that CPU. */
static const struct pvclock_vcpu_time_info *chime_kvm_pvclock(void)
{
	struct pvclock_vsyscall_time_info *info = this_cpu_read(hv_clock_per_cpu);

	return info ? &info->pvti : NULL;
}

static int chime_kvm_call(const struct chime_kvm *kvm, enum chime_kvm_reader reader)
{
	phys_addr_t gpa = kvm->gpa + reader * sizeof(*kvm->page);

	/* The hypervisor writes to the page: kvm_hypercall2() clobbers memory. */
	return (int)kvm_hypercall2(KVM_HC_CLOCK_PAIRING, gpa, KVM_CLOCK_PAIRING_WALLCLOCK);
}

/*
 * Take one reading on one CPU, with interrupts off. -EAGAIN: the hypervisor changed its page
 * meanwhile, and nothing of @reading is valid; otherwise the hypercall's own errno.
 */
static int chime_kvm_read(const struct chime_kvm *kvm, enum chime_kvm_reader reader,
			  struct chime_kvm_reading *reading)
{
	const struct kvm_clock_pairing *answer = &kvm->page[reader];
	const struct pvclock_vcpu_time_info *pvclock;
	unsigned int version = 0;
	unsigned long flags;
	int ret;

	local_irq_save(flags);
	reading->cpu = smp_processor_id();
	pvclock = chime_kvm_pvclock();
	reading->has_pvclock = pvclock;
	if (pvclock) {
		version = pvclock_read_begin(pvclock);
		reading->pvclock = *pvclock;
	}
	reading->tsc_before = rdtsc_ordered();
	chime_snapshot_take(&reading->before);
	ret = chime_kvm_call(kvm, reader);
	chime_snapshot_take(&reading->after);
	reading->tsc_after = rdtsc_ordered();
	/* A torn copy must not be used for anything, not even if the call failed. */
	if (pvclock && pvclock_read_retry(pvclock, version))
		ret = -EAGAIN;
	local_irq_restore(flags);

	if (ret > 0)
		ret = -EIO;
	/* Checked and used from the copy: the hypervisor may write to the page at any time. */
	reading->host = (struct kvm_clock_pairing){
		.sec = READ_ONCE(answer->sec),
		.nsec = READ_ONCE(answer->nsec),
		.tsc = READ_ONCE(answer->tsc),
	};
	return ret;
}

/* Validate the hypervisor's answer, and check that the two snapshots are comparable. */
static int chime_kvm_check(const struct chime_kvm_reading *reading)
{
	s64 bracket_ns = reading->after.raw_ns - reading->before.raw_ns;

	if (reading->host.sec < 0 || reading->host.sec >= KTIME_SEC_MAX ||
	    reading->host.nsec < 0 || reading->host.nsec >= NSEC_PER_SEC)
		return -ERANGE;
	if (reading->before.clocksource_seq != reading->after.clocksource_seq)
		return -EAGAIN;
	if (reading->host.tsc < reading->tsc_before || reading->host.tsc > reading->tsc_after)
		return -EAGAIN;
	if (bracket_ns < 0 || bracket_ns > CHIME_KVM_BRACKET_MAX_NS)
		return -EAGAIN;
	return 0;
}

static bool chime_kvm_has_stable_pvclock(const struct chime_kvm_reading *reading)
{
	return reading->has_pvclock && (reading->pvclock.flags & PVCLOCK_TSC_STABLE_BIT);
}

/* Do both snapshots' counter values lie between @from and @to? */
static bool chime_kvm_counts_between(const struct chime_kvm_reading *reading, u64 from, u64 to)
{
	return from <= reading->before.cycles && reading->before.cycles <= reading->after.cycles &&
	       reading->after.cycles <= to;
}

/* Older kernels do not report what @cycles counts: deduce it from the range of the values. */
static enum chime_counter chime_kvm_counter(const struct chime_kvm_reading *reading)
{
	const struct pvclock_vcpu_time_info *pvclock = &reading->pvclock;

	if (reading->before.counter != CHIME_COUNTER_UNKNOWN)
		return reading->before.counter;
	if (chime_kvm_counts_between(reading, reading->tsc_before, reading->tsc_after))
		return CHIME_COUNTER_TSC;
	if (chime_kvm_has_stable_pvclock(reading) &&
	    chime_kvm_counts_between(reading,
				     __pvclock_read_cycles(pvclock, reading->tsc_before),
				     __pvclock_read_cycles(pvclock, reading->tsc_after)))
		return CHIME_COUNTER_KVMCLOCK;
	return CHIME_COUNTER_OTHER;
}

/*
 * The timekeeper's counter value at the host's reading; false: not known exactly. Without a stable
 * TSC kvm-clock is another function of it on each CPU, and the raw clock follows none of them.
 */
static bool chime_kvm_count(const struct chime_kvm_reading *reading, u64 *cycles)
{
	bool stable = chime_kvm_has_stable_pvclock(reading);

	switch (chime_kvm_counter(reading)) {
	case CHIME_COUNTER_TSC:
		*cycles = reading->host.tsc;
		break;
	case CHIME_COUNTER_KVMCLOCK_TSC:
		if (!stable)
			return false;
		*cycles = reading->host.tsc;
		break;
	case CHIME_COUNTER_KVMCLOCK:
		if (!stable)
			return false;
		*cycles = __pvclock_read_cycles(&reading->pvclock, reading->host.tsc);
		break;
	case CHIME_COUNTER_UNKNOWN:
	case CHIME_COUNTER_OTHER:
		return false;
	}
	return chime_kvm_counts_between(reading, 0, U64_MAX) &&
	       *cycles >= reading->before.cycles && *cycles <= reading->after.cycles;
}

/* How long before the host's reading kvm-clock was set, in its own ns. */
static s64 chime_kvm_setting_age(const struct chime_kvm_reading *reading)
{
	s64 age_ns = __pvclock_read_cycles(&reading->pvclock, reading->host.tsc) -
		     reading->pvclock.system_time;

	return max_t(s64, age_ns, 0);
}

static void chime_kvm_convert(const struct chime_kvm_reading *reading,
			      struct chime_pairing *pairing)
{
	u64 bracket_ns = reading->after.raw_ns - reading->before.raw_ns;
	u64 bracket_cycles = reading->after.cycles - reading->before.cycles;
	u64 cycles;

	pairing->utc_ns = reading->host.sec * NSEC_PER_SEC + reading->host.nsec;
	pairing->clocksource_seq = reading->before.clocksource_seq;
	pairing->exact = chime_kvm_count(reading, &cycles) && bracket_cycles &&
			 bracket_cycles <= U32_MAX;
	if (pairing->exact) {
		/* 32 bits of cycles by at most 2^27 ns: no overflow. */
		u64 part_ns = div64_u64((cycles - reading->before.cycles) * bracket_ns +
					bracket_cycles / 2, bracket_cycles);

		pairing->raw_ns = reading->before.raw_ns + part_ns;
		pairing->uncertainty_ns = CHIME_KVM_EXACT_NS;
	} else {
		pairing->raw_ns = reading->before.raw_ns + bracket_ns / 2;
		pairing->uncertainty_ns = bracket_ns / 2 + CHIME_KVM_EXACT_NS;
	}
	/* The hypervisor sets kvm-clock after each stop, before the guest runs. */
	pairing->witness = chime_kvm_has_stable_pvclock(reading);
	pairing->running_raw_ns = pairing->raw_ns;
	pairing->counter_ns = 0;
	if (!pairing->witness)
		return;
	pairing->running_raw_ns = chime_sub_sat(pairing->raw_ns, chime_kvm_setting_age(reading));
	pairing->counter_ns = __pvclock_read_cycles(&reading->pvclock, reading->host.tsc);
}

/*
 * The hypervisor sets the flag on all CPUs at once, but each clears its own, seconds apart on some
 * kernels. So a flag only shows a stop if no other CPU has shown one since the reading before.
 */
static bool chime_kvm_has_stopped(struct chime_kvm *kvm, const struct chime_kvm_reading *reading)
{
	struct chime_kvm_stop *stop = per_cpu_ptr(kvm->stops, reading->cpu);
	bool flagged = reading->has_pvclock &&
		       (reading->pvclock.flags & PVCLOCK_GUEST_STOPPED);
	bool stopped = flagged && !stop->flagged && stop->count == kvm->stop_count;

	kvm->stop_count += stopped;
	stop->flagged = flagged;
	stop->count = kvm->stop_count;
	return stopped;
}

/*
 * Note the stops that kvm-clock's page shows. The guest-stopped flag is only read: it is there for
 * the kernel's watchdogs, which clear it, mostly before it can be seen here. A new setting of
 * kvm-clock, which follows each restore and each pause, stays visible.
 */
static void chime_kvm_note_stop(struct chime_kvm *kvm, const struct chime_kvm_reading *reading)
{
	struct chime_kvm_setting setting = {
		.tsc = reading->pvclock.tsc_timestamp,
		.system_ns = reading->pvclock.system_time,
	};

	/* Without a stable TSC the page is rewritten all the time, until the clock is set anew. */
	if (!chime_kvm_has_stable_pvclock(reading))
		setting = (struct chime_kvm_setting){ };
	else if (kvm->read_before && (setting.tsc != kvm->setting.tsc ||
				      setting.system_ns != kvm->setting.system_ns))
		kvm->evidence |= BIT(TRUECHIME_EVIDENCE_CLOCK_SET);
	if (chime_kvm_has_stopped(kvm, reading))
		kvm->evidence |= BIT(TRUECHIME_EVIDENCE_GUEST_STOPPED);
	kvm->setting = setting;
	kvm->read_before = true;
}

static int chime_kvm_pair(void *device, struct chime_pairing *pairing)
{
	struct chime_kvm *kvm = device;
	struct chime_kvm_reading reading;
	struct chime_pairing candidate = { };
	bool found = false;
	int ret = -EAGAIN;
	int i;

	for (i = 0; i < CHIME_KVM_READINGS && !(found && pairing->exact); i++) {
		int err = chime_kvm_read(kvm, CHIME_KVM_CHECK, &reading);

		if (err != -EAGAIN)
			chime_kvm_note_stop(kvm, &reading);
		if (!err)
			err = chime_kvm_check(&reading);
		if (err) {
			ret = err;
			if (err != -EAGAIN)
				break;
			continue;
		}
		chime_kvm_convert(&reading, &candidate);
		if (!found || candidate.uncertainty_ns < pairing->uncertainty_ns)
			*pairing = candidate;
		found = true;
	}
	/* Stops show in memory, even if the hypercall failed. */
	pairing->evidence = kvm->evidence;
	kvm->evidence = 0;
	return found ? 0 : ret;
}

/* Stops are left to the check: a timer sees them by its marks. */
static int chime_kvm_peek(void *device, struct chime_pairing *pairing)
{
	struct chime_kvm_reading reading;
	int ret = chime_kvm_read(device, CHIME_KVM_PEEK, &reading);

	if (!ret)
		ret = chime_kvm_check(&reading);
	if (!ret)
		chime_kvm_convert(&reading, pairing);
	return ret;
}

/*
 * The hypervisor writes to this CPU's page before the CPU runs again, so that no version has to be
 * compared. What is written without a stable TSC says nothing: see chime_kvm_note_stop().
 */
static void chime_kvm_read_marks(struct chime_marks *marks)
{
	const struct pvclock_vcpu_time_info *pvclock = chime_kvm_pvclock();

	if (!pvclock || !(READ_ONCE(pvclock->flags) & PVCLOCK_TSC_STABLE_BIT))
		return;
	marks->words[CHIME_MARK_CLOCK_TSC] = READ_ONCE(pvclock->tsc_timestamp);
	marks->words[CHIME_MARK_CLOCK_NS] = READ_ONCE(pvclock->system_time);
}

static void chime_kvm_close(void *device)
{
	struct chime_kvm *kvm = device;
	unsigned long address = (unsigned long)kvm->page;

	/* A page that cannot be encrypted again must not be reused: leak it. */
	if (kvm->page && (!kvm->shared || !WARN_ON(set_memory_encrypted(address, 1))))
		free_page(address);
	free_percpu(kvm->stops);
	kfree(kvm);
}

static int chime_kvm_share(struct chime_kvm *kvm)
{
	int ret;

	if (!cc_platform_has(CC_ATTR_GUEST_MEM_ENCRYPT))
		return 0;
	ret = set_memory_decrypted((unsigned long)kvm->page, 1);
	if (ret) {
		/* The page is in an unknown state now: leak it on purpose. */
		kvm->page = NULL;
		return ret;
	}
	kvm->shared = true;
	return 0;
}

static int chime_kvm_open(void **device)
{
	struct chime_kvm *kvm;
	int ret;

	if (!kvm_para_available())
		return -ENODEV;
	kvm = kzalloc(sizeof(*kvm), GFP_KERNEL);
	if (!kvm)
		return -ENOMEM;
	kvm->stops = alloc_percpu(struct chime_kvm_stop);
	kvm->page = (void *)get_zeroed_page(GFP_KERNEL);
	ret = kvm->stops && kvm->page ? chime_kvm_share(kvm) : -ENOMEM;
	if (ret)
		goto err_free;

	kvm->gpa = slow_virt_to_phys(kvm->page);
	if (chime_kvm_call(kvm, CHIME_KVM_CHECK)) {
		ret = -ENODEV;
		goto err_free;
	}
	*device = kvm;
	return 0;

err_free:
	chime_kvm_close(kvm);
	return ret;
}

const struct chime_host_ops chime_host_kvm_ops = {
	.name = "kvm",
	.open = chime_kvm_open,
	.close = chime_kvm_close,
	.pair = chime_kvm_pair,
	.peek = chime_kvm_peek,
	.read_marks = chime_kvm_read_marks,
};
