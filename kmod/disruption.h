/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Disruptions: noticing that guest time stopped meaning what it meant, and putting timescale and
 * system clock right.
 *
 * A check asks the witnesses and the host, has their evidence judged once (core/verdict.c), and
 * acts.
 */
#ifndef CHIME_DISRUPTION_H
#define CHIME_DISRUPTION_H

#include <linux/truechime.h>
#include <linux/types.h>

struct chime;

/**
 * struct chime_disruption - what checks and witnesses leave behind
 * @evidence: what the latest checks saw ...
 * @evidence_raw_ns: ... and when, by raw
 * @fine_raw_ns: the latest check that found all well, by raw
 * @fine_ahead_ns: what CLOCK_REALTIME had more than raw then
 * @reported_evidence: of the latest disruption that was reported ...
 * @reported_raw_ns: ... and when, by raw
 * @clocksource_seq: the timekeeper's, at the latest check
 * @clocksource_epoch: how often it changed
 * @count: disruptions since load
 * @suspected: the system clock was right by a host that need not be this one
 * @moved: the host was lost, and since then raw was found not to go on as it had
 * @was_corrected: there was a correction before the latest disruption without a host
 */
struct chime_disruption {
	u32 evidence;
	s64 evidence_raw_ns;
	s64 fine_raw_ns;
	s64 fine_ahead_ns;
	u32 reported_evidence;
	s64 reported_raw_ns;
	u8 clocksource_seq;
	u32 clocksource_epoch;
	u32 count;
	bool suspected;
	bool moved;
	bool was_corrected;
};

/**
 * struct chime_jump - what the daemon's time sources say of a disruption that nobody else saw
 * @offset_ns: UTC minus timescale
 * @maxerror_ns: by how much that may be wrong
 * @fine_raw_ns: they were last of the timescale's opinion, by raw
 */
struct chime_jump {
	s64 offset_ns;
	s64 maxerror_ns;
	s64 fine_raw_ns;
};

/* Prepare. Nobody else is there yet. */
void chime_disruption_init(struct chime *chime);

/* Judge the system clock as found. Context: process, lock not held. */
void chime_disruption_start(struct chime *chime);

/* Check the host now. Context: process, lock held. */
void chime_disruption_check(struct chime *chime);

/*
 * The RTC has moved away from raw by @gap_ns since @before_raw_ns, and there is no host. Context:
 * process, lock held.
 */
void chime_disruption_rtc_jumped(struct chime *chime, s64 gap_ns, s64 before_raw_ns);

/*
 * Nobody knows better than the RTC, by which the system clock is @ahead_ns behind: go there.
 * Context: process, lock held.
 */
void chime_disruption_follow_rtc(struct chime *chime, s64 ahead_ns);

/*
 * The daemon's sources moved away from the timescale together. -EBUSY: raw is not the reference, or
 * others steer; -ENODATA: nothing was known before; -ESTALE: @epoch has passed. Context: process,
 * lock held.
 */
int chime_disruption_by_sources(struct chime *chime, u32 epoch, const struct chime_jump *jump);

/* Somebody asks for a step: do it by @occasion's rule, record it. Context: process, lock held. */
enum truechime_action chime_disruption_step(struct chime *chime, enum truechime_occasion occasion);

#endif /* CHIME_DISRUPTION_H */
