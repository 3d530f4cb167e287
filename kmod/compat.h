/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between kernels, and nothing else: the other files are written for one kernel.
 *
 * Kbuild checks for each feature in the headers that it builds against (CHIME_HAVE_*), because
 * stable series move interfaces and version numbers lie.
 */
#ifndef CHIME_COMPAT_H
#define CHIME_COMPAT_H

#include <linux/clocksource_ids.h>
#include <linux/ptp_clock_kernel.h>
#include <linux/seqlock.h>
#include <linux/timekeeping.h>
#include <linux/timer.h>

/* The current clocksource, as far as the kernel reports it. */
enum chime_counter {
	CHIME_COUNTER_UNKNOWN,		/* kernels before 6.12 do not say */
	CHIME_COUNTER_TSC,
	CHIME_COUNTER_KVMCLOCK,
	CHIME_COUNTER_KVMCLOCK_TSC,	/* kvm-clock, but what is counted is the TSC under it */
	CHIME_COUNTER_OTHER,
};

/**
 * struct chime_snapshot - the system's clocks at one instant
 * @cycles: the counter that all of them were computed from
 * @raw_ns: CLOCK_MONOTONIC_RAW
 * @realtime_ns: CLOCK_REALTIME
 * @counter: what @cycles counts
 * @clocksource_seq: changes when the kernel takes another clocksource
 * @sets: how often CLOCK_REALTIME was set since the kernel started, modulo 256
 */
struct chime_snapshot {
	u64 cycles;
	s64 raw_ns;
	s64 realtime_ns;
	enum chime_counter counter;
	u8 clocksource_seq;
	u8 sets;
};

static inline enum chime_counter chime_counter_of(int cs_id)
{
#ifdef CHIME_HAVE_CSID_X86
	switch (cs_id) {
	case CSID_X86_TSC:
	case CSID_X86_TSC_EARLY:
		return CHIME_COUNTER_TSC;
	case CSID_X86_KVM_CLK:
		return CHIME_COUNTER_KVMCLOCK;
	}
	return CHIME_COUNTER_OTHER;
#else
	return CHIME_COUNTER_UNKNOWN;
#endif
}

/* Any context but NMI. */
static inline void chime_snapshot_take(struct chime_snapshot *snapshot)
{
	struct system_time_snapshot s;

#ifdef CHIME_HAVE_SNAPSHOT_ID
	ktime_get_snapshot_id(CLOCK_REALTIME, &s);
	snapshot->raw_ns = ktime_to_ns(s.monoraw);
	snapshot->realtime_ns = ktime_to_ns(s.systime);
	if (s.hw_csid == CSID_X86_TSC) {
		/* The counter that the clocksource is derived from: nothing to convert. */
		snapshot->cycles = s.hw_cycles;
		snapshot->counter = chime_counter_of(s.cs_id) == CHIME_COUNTER_KVMCLOCK ?
				    CHIME_COUNTER_KVMCLOCK_TSC : CHIME_COUNTER_TSC;
	} else {
		snapshot->cycles = s.cycles;
		snapshot->counter = chime_counter_of(s.cs_id);
	}
#else
	ktime_get_snapshot(&s);
	snapshot->raw_ns = ktime_to_ns(s.raw);
	snapshot->realtime_ns = ktime_to_ns(s.real);
	snapshot->cycles = s.cycles;
#ifdef CHIME_HAVE_CSID_X86
	snapshot->counter = chime_counter_of(s.cs_id);
#else
	snapshot->counter = chime_counter_of(0);
#endif
#endif
	snapshot->clocksource_seq = s.cs_was_changed_seq;
	/* The first clocksource, and each later one, counts as a setting, too. */
	snapshot->sets = s.clock_was_set_seq - s.cs_was_changed_seq;
}

/* 0; -EOPNOTSUPP: the kernel asks for another clock of the system than CLOCK_REALTIME. */
static inline int chime_crosststamp_fill(struct system_device_crosststamp *stamp,
					 const struct chime_snapshot *snapshot, s64 device_ns)
{
#ifdef CHIME_HAVE_SYS_SYSTIME
	if (stamp->clock_id != CLOCK_REALTIME)
		return -EOPNOTSUPP;
	stamp->sys_systime = ns_to_ktime(snapshot->realtime_ns);
#else
	stamp->sys_realtime = ns_to_ktime(snapshot->realtime_ns);
#endif
	stamp->device = ns_to_ktime(device_ns);
	stamp->sys_monoraw = ns_to_ktime(snapshot->raw_ns);
	return 0;
}

/*
 * Latches. KCSAN takes the half-written copy for a race unless the functions without raw_ in their
 * names say what is going on, which kernels have since 6.13, and stable ones that took them over.
 */
static inline unsigned int chime_latch_read(const seqcount_latch_t *seq)
{
#ifdef CHIME_HAVE_LATCH_BEGIN
	return read_seqcount_latch(seq);
#else
	return raw_read_seqcount_latch(seq);
#endif
}

/* Pairs with chime_latch_read(). */
static inline bool chime_latch_retry(const seqcount_latch_t *seq, unsigned int start)
{
	/* The plain name was away from 6.5 to 6.12. */
#if defined(CHIME_HAVE_LATCH_BEGIN) || !defined(CHIME_HAVE_RAW_LATCH_RETRY)
	return read_seqcount_latch_retry(seq, start);
#else
	return raw_read_seqcount_latch_retry(seq, start);
#endif
}

/* Send readers to the second copy: the first is going to be written. */
static inline void chime_latch_write_begin(seqcount_latch_t *seq)
{
#ifdef CHIME_HAVE_LATCH_BEGIN
	write_seqcount_latch_begin(seq);
#else
	raw_write_seqcount_latch(seq);
#endif
}

/* Send readers to the first copy: the second is going to be written. */
static inline void chime_latch_write_second(seqcount_latch_t *seq)
{
#ifdef CHIME_HAVE_LATCH_BEGIN
	write_seqcount_latch(seq);
#else
	raw_write_seqcount_latch(seq);
#endif
}

static inline void chime_latch_write_end(seqcount_latch_t *seq)
{
#ifdef CHIME_HAVE_LATCH_BEGIN
	write_seqcount_latch_end(seq);
#endif
}

/* Renamed in 6.2; the old name is gone since 6.16. */
static inline void chime_timer_delete(struct timer_list *timer)
{
#ifdef CHIME_HAVE_TIMER_DELETE
	timer_delete(timer);
#else
	del_timer(timer);
#endif
}

static inline void chime_timer_delete_sync(struct timer_list *timer)
{
#ifdef CHIME_HAVE_TIMER_DELETE
	timer_delete_sync(timer);
#else
	del_timer_sync(timer);
#endif
}

/* Since 6.12 the old name leaves out the deadline class. */
#ifdef CHIME_HAVE_RT_OR_DL_TASK
#define CHIME_RT_OR_DL_TASK	rt_or_dl_task
#else
#define CHIME_RT_OR_DL_TASK	rt_task
#endif

/* The default until now has to be requested explicitly from 6.17 on. */
#ifdef CHIME_HAVE_WQ_PERCPU
#define CHIME_WQ_PERCPU		WQ_PERCPU
#else
#define CHIME_WQ_PERCPU		0
#endif

/* The old name only creates the thread since 6.14. */
#ifdef CHIME_HAVE_KTHREAD_RUN_WORKER
#define CHIME_KTHREAD_RUN_WORKER	kthread_run_worker
#else
#define CHIME_KTHREAD_RUN_WORKER	kthread_create_worker
#endif

#ifdef CHIME_HAVE_GETMAXPHASE
#define CHIME_PTP_GETMAXPHASE(function)		.getmaxphase = (function),
#else
#define CHIME_PTP_GETMAXPHASE(function)
#endif

#endif /* CHIME_COMPAT_H */
