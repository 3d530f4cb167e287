/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events: what happened to the clock and what was done about it. They are kept for EVENT dumps,
 * and sent to the kernel log and to the netlink group.
 */
#ifndef CHIME_EVENTS_H
#define CHIME_EVENTS_H

#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/truechime.h>
#include <linux/types.h>

#define CHIME_EVENTS_KEPT	64

/* As in the attributes of enum truechime_event_attr. */
struct chime_event {
	u32 sequence;
	enum truechime_cause cause;
	u32 evidence;
	enum truechime_action action;
	s64 gap_ns;
	s64 offset_ns;
	s64 residual_ns;
	s64 maxerror_before_ns;
	s64 maxerror_ns;
	s64 latency_ns;
	s64 raw_ns;
	s64 time_ns;
	u32 epoch;
};

/**
 * struct chime_events - the latest events
 * @lock: the module's: serialises those who record events
 * @kept_lock: protects the other fields, so that dumps need not wait for the module's lock; process
 *	context only
 * @kept: event number N is at N % CHIME_EVENTS_KEPT
 * @count: number of events since load; the first is number 1
 */
struct chime_events {
	struct mutex *lock;	/* the module's */
	spinlock_t kept_lock;	/* the following */
	struct chime_event kept[CHIME_EVENTS_KEPT];
	u32 count;
};

void chime_events_init(struct chime_events *events, struct mutex *lock);

/* Numbers the event, keeps it, logs it and notifies. Context: process, lock held. */
void chime_events_record(struct chime_events *events, struct chime_event *event);

/* Copy the oldest event kept with at least @sequence; false: none. Context: process. */
bool chime_events_next(struct chime_events *events, u32 sequence, struct chime_event *event);

#endif /* CHIME_EVENTS_H */
