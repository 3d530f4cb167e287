/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The module's environment in user space: as much of the kernel as the files of kmod/ need that
 * unit tests compile. The Makefile puts it under the names of the kernel's own headers.
 *
 * A lock only remembers whether it is held, so that code which forgets one fails; clocks show what
 * the test says.
 */
#ifndef UNIT_KERNEL_H
#define UNIT_KERNEL_H

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "kmod/core/line_env.h"

typedef uint8_t u8;
typedef s64 ktime_t;

#define NSEC_PER_SEC	1000000000L

#define min_t(type, a, b)	({ type a_ = (a), b_ = (b); a_ < b_ ? a_ : b_; })
#define max_t(type, a, b)	({ type c_ = (a), d_ = (b); c_ > d_ ? c_ : d_; })
#define clamp_t(type, value, low, high)	min_t(type, max_t(type, value, low), high)
#undef abs
#define abs(value)		llabs(value)

/* --- locks --- */

struct rt_mutex {
	bool held;
};

#define lockdep_assert_held(lock)				\
	do {							\
		if (!(lock)->held)				\
			raise(SIGTRAP);				\
	} while (0)

/* --- the latch, for readers in threads --- */

struct seqcount_latch {
	unsigned int sequence;
};

#define seqcount_latch_t	struct seqcount_latch

static inline void seqcount_latch_init(seqcount_latch_t *latch)
{
	latch->sequence = 0;
}

static inline unsigned int raw_read_seqcount_latch(const seqcount_latch_t *latch)
{
	return __atomic_load_n(&latch->sequence, __ATOMIC_ACQUIRE);
}

static inline bool read_seqcount_latch_retry(const seqcount_latch_t *latch, unsigned int start)
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return __atomic_load_n(&latch->sequence, __ATOMIC_RELAXED) != start;
}

static inline void raw_write_seqcount_latch(seqcount_latch_t *latch)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	__atomic_store_n(&latch->sequence, latch->sequence + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* --- the sequence counter, for readers in the writer's thread --- */

struct seqcount {
	unsigned int sequence;
};

#define seqcount_t	struct seqcount
#define seqcount_init(counter)			((counter)->sequence = 0)
#define write_seqcount_begin(counter)		((counter)->sequence++)
#define write_seqcount_end(counter)		((counter)->sequence++)
#define read_seqcount_begin(counter)		((counter)->sequence)
#define read_seqcount_retry(counter, start)	((counter)->sequence != (start))

/* --- timers, which the test runs --- */

struct timer_list {
	bool pending;
	unsigned long expires;
	void (*function)(struct timer_list *timer);
};

static inline void del_timer(struct timer_list *timer)
{
	timer->pending = false;
}

static inline void del_timer_sync(struct timer_list *timer)
{
	timer->pending = false;
}

/* --- clocks --- */

struct system_time_snapshot {
	u64 cycles;
	ktime_t real;
	ktime_t raw;
	unsigned int clock_was_set_seq;
	u8 cs_was_changed_seq;
};

struct system_device_crosststamp {
	ktime_t device;
	ktime_t sys_realtime;
	ktime_t sys_monoraw;
};

#define ktime_to_ns(time)	(time)
#define ns_to_ktime(ns)		(ns)

/* What the clocks show; the test sets it. */
extern struct system_time_snapshot unit_clocks;

static inline void ktime_get_snapshot(struct system_time_snapshot *snapshot)
{
	*snapshot = unit_clocks;
}

#endif /* UNIT_KERNEL_H */
