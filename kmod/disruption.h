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

struct chime;

/**
 * struct chime_disruption - what looks and witnesses leave behind
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

/* Prepare. Nobody else is there yet. */
void chime_disruption_init(struct chime *chime);

/* Judge the system clock as found, and listen to the witnesses. Context: process, lock not held. */
void chime_disruption_start(struct chime *chime);

/* No witness raises a hint any more. Context: process, lock not held. */
void chime_disruption_stop(struct chime *chime);

/* A witness saw something: look now. Any context, between start and stop. */
void chime_disruption_hint(struct chime *chime, enum truechime_evidence evidence);

/* Look at the host now. Context: process, lock held. */
void chime_disruption_look(struct chime *chime);

/* Somebody asks for a step: do it and record it. Context: process, lock held. */
enum truechime_action chime_disruption_step(struct chime *chime);

#endif /* CHIME_DISRUPTION_H */
