/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events: what happened to the clock and what was done about it. They are kept for EVENT dumps,
 * and sent to the kernel log and to the netlink group.
 */
#ifndef CHIME_EVENTS_H
#define CHIME_EVENTS_H

#include <linux/rtmutex.h>
#include <linux/spinlock.h>
#include <linux/truechime.h>
#include <linux/types.h>

#include "log.h"

#define CHIME_EVENTS_KEPT	64

/* As in the attributes of enum truechime_event_attr. */
struct chime_event {
	u64 instance;
	u32 sequence;
	enum truechime_cause cause;
	u32 evidence;
	enum truechime_action action;
	s64 gap_ns;
	s64 offset_ns;
	s64 residual_ns;
	s64 maxerror_before_ns;
	s64 maxerror_ns;
	s64 reading_ns;		/* as in struct chime_now */
	s64 latency_ns;
	s64 raw_ns;
	s64 time_ns;
	u32 epoch;
	const char *host_name;	/* lasts as long as the module; NULL: none */
};

/**
 * struct chime_events - the latest events
 * @lock: the module's: serialises those who record events
 * @log: the module's
 * @kept_lock: protects @kept and @count, so that dumps need not wait for the module's lock; process
 *	context only
 * @kept: event number N is at N % CHIME_EVENTS_KEPT
 * @count: number of events since load; the first is number 1
 * @instance: drawn at load and at each disruption; under the module's lock
 */
struct chime_events {
	struct rt_mutex *lock;	/* the module's */
	struct chime_log *log;
	spinlock_t kept_lock;	/* the following two */
	struct chime_event kept[CHIME_EVENTS_KEPT];
	u32 count;
	u64 instance;		/* the module's lock */
};

/* @time_ns: the system clock now. Nothing else runs yet. */
void chime_events_init(struct chime_events *events, struct rt_mutex *lock, struct chime_log *log,
		       s64 time_ns);

/*
 * Draw the instance anew: a disruption ended at @time_ns, by the timescale. Context: process, lock
 * held.
 */
void chime_events_renew(struct chime_events *events, s64 time_ns);

/* Numbers the event, keeps it, notifies and logs. Context: process, lock held. */
void chime_events_record(struct chime_events *events, struct chime_event *event);

/* How many events there were since load. Context: process. */
u32 chime_events_count(struct chime_events *events);

/* Copy the oldest event kept with at least @sequence; false: none. Context: process. */
bool chime_events_next(struct chime_events *events, u32 sequence, struct chime_event *event);

#endif /* CHIME_EVENTS_H */
