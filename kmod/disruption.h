/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Disruptions: noticing that guest time stopped meaning what it meant, judging why, and putting
 * timescale and system clock right.
 *
 * A witness is a small thing that raises a hint; the look that follows asks the host, joins what
 * all witnesses saw into one verdict, and acts.
 */
#ifndef CHIME_DISRUPTION_H
#define CHIME_DISRUPTION_H

#include <linux/notifier.h>
#include <linux/truechime.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct chime;

/**
 * struct chime_disruption - looks and witnesses
 * @queue: where looks run: process context, before ordinary work
 * @busy_look: every @check_jiffies, but no idle CPU is woken for it
 * @idle_look: every @idle_jiffies, come what may
 * @check_jiffies: period of @busy_look
 * @idle_jiffies: period of @idle_look
 * @hints: bits of enum truechime_evidence raised by witnesses; atomic bit operations
 * @suspend: notifier of suspends
 * @suspending: a suspend began and no look has been fine since; under the module's lock
 * @boot_minus_raw_ns: what CLOCK_BOOTTIME had more than raw before a suspend; ditto
 * @evidence: what the latest looks saw ...
 * @evidence_raw_ns: ... and when, by raw
 * @fine_raw_ns: the latest look that found all well, by raw
 * @clocksource_seq: the timekeeper's, at the latest look
 * @clocksource_epoch: how often it changed
 * @count: disruptions since load
 */
struct chime_disruption {
	struct workqueue_struct *queue;
	struct delayed_work busy_look;
	struct delayed_work idle_look;
	unsigned long check_jiffies;
	unsigned long idle_jiffies;
	unsigned long hints;
	struct notifier_block suspend;
	bool suspending;
	s64 boot_minus_raw_ns;
	u32 evidence;
	s64 evidence_raw_ns;
	s64 fine_raw_ns;
	u8 clocksource_seq;
	u32 clocksource_epoch;
	u32 count;
};

/* Prepare; nothing runs yet. 0 or -errno. Context: process. */
int chime_disruption_init(struct chime *chime, unsigned int check_ms, unsigned int idle_check_ms);

/* Judge the system clock as found, then look from time to time. Context: process, no lock. */
void chime_disruption_start(struct chime *chime);

/* No look runs or comes any more. Context: process, no lock. */
void chime_disruption_stop(struct chime *chime);

/* Undo chime_disruption_init(). */
void chime_disruption_exit(struct chime *chime);

/* A witness saw something: look now. Any context, between start and stop. */
void chime_disruption_hint(struct chime *chime, enum truechime_evidence evidence);

/* Look at the host now. Context: process, lock held. */
void chime_disruption_look(struct chime *chime);

/* Somebody asks for a step: do it and record it. Context: process, lock held. */
enum truechime_action chime_disruption_step(struct chime *chime);

#endif /* CHIME_DISRUPTION_H */
