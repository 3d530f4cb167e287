/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Disruptions: detecting that guest time was disrupted, and correcting timescale and system clock.
 *
 * A check collects the evidence of the witnesses and the host, has it judged once (core/verdict.c),
 * and acts.
 */
#ifndef CHIME_DISRUPTION_H
#define CHIME_DISRUPTION_H

#include <linux/truechime.h>
#include <linux/types.h>

#include "core/leap_second.h"

struct chime;
struct chime_line;

/**
 * struct chime_disruption - state kept from one check to the next
 * @evidence: what the latest checks saw ...
 * @evidence_raw_ns: ... and when, by the raw clock
 * @unanswered: the host was silent at the latest check
 * @ok_raw_ns: raw time of the latest good check
 * @ok_ahead_ns: CLOCK_REALTIME minus raw clock at that check
 * @little_ns: what stops took since the latest report, each too little to be reported
 * @reported_evidence: evidence of the latest disruption that was reported ...
 * @reported_raw_ns: ... and when that was, by the raw clock
 * @clocksource_seq: the timekeeper's, at the latest check
 * @clocksource_epoch: how often it changed
 * @count: disruptions since load
 * @suspected: the system clock followed a host that may not be the present one
 * @moved: the raw clock was disrupted since the host was lost
 * @marked: the system clock was marked unsynchronised while the host was waited for
 * @was_corrected: there was a correction before the latest disruption without a host
 * @boot_stated: the operator stated the policy for a clock found wrong at load
 * @left_to_others: at load another program disciplined the system clock, and the host contradicted:
 *	the two stay apart until a correction or an operator decides
 * @leap: what leap seconds the kernel has executed
 */
struct chime_disruption {
	u32 evidence;
	s64 evidence_raw_ns;
	bool unanswered;
	s64 ok_raw_ns;
	s64 ok_ahead_ns;
	s64 little_ns;
	u32 reported_evidence;
	s64 reported_raw_ns;
	u8 clocksource_seq;
	u32 clocksource_epoch;
	u32 count;
	bool suspected;
	bool moved;
	bool marked;
	bool was_corrected;
	bool boot_stated;
	bool left_to_others;
	struct chime_leap leap;
};

/**
 * struct chime_jump - a disruption that only the daemon's time sources report
 * @offset_ns: UTC minus timescale
 * @maxerror_ns: bound of @offset_ns's error
 * @ok_raw_ns: raw time until which the sources agreed with the timescale
 */
struct chime_jump {
	s64 offset_ns;
	s64 maxerror_ns;
	s64 ok_raw_ns;
};

/* Prepare. Nothing else runs yet. */
void chime_disruption_init(struct chime *chime);

/*
 * Judge the system clock as found. @stated: the operator stated the policy for that, which then
 * holds for a clock that another program disciplines, too. Context: process, lock not held.
 */
void chime_disruption_start(struct chime *chime, bool stated);

/*
 * The known bound of the host's clock may have changed: pass it on to the timescale. Context:
 * process, lock held.
 */
void chime_disruption_note_host_maxerror(struct chime *chime);

/* Check the host now. Context: process, lock held. */
void chime_disruption_check(struct chime *chime);

/*
 * The RTC has moved against the raw clock by @gap_ns since @before_raw_ns, and there is no host.
 * Context: process, lock held.
 */
void chime_disruption_rtc_jumped(struct chime *chime, s64 gap_ns, s64 before_raw_ns);

/*
 * No better source than the RTC is available, and by that the system clock is @ahead_ns behind:
 * step it. Context: process, lock held.
 */
void chime_disruption_follow_rtc(struct chime *chime, s64 ahead_ns);

/*
 * The daemon's sources agree that the timescale jumped. -EBUSY: the raw clock is not the reference,
 * or mode external is in force; -ENODATA: there was no correction before; -ESTALE: @epoch has
 * passed; -EAGAIN: the host, which has not answered since time was disrupted, will say it. Context:
 * process, lock held.
 */
int chime_disruption_by_sources(struct chime *chime, u32 epoch, const struct chime_jump *jump);

/*
 * @correction is about to be set. Where the host is silent for the moment, one that denies what the
 * timescale is known to be right to shows that something has happened since, which nobody saw: the
 * host is lost. Context: process, lock held.
 */
void chime_disruption_heed_correction(struct chime *chime, const struct chime_line *correction);

/* Carry out a requested step by @occasion's rule, and record it. Context: process, lock held. */
enum truechime_action chime_disruption_step(struct chime *chime, enum truechime_occasion occasion);

#endif /* CHIME_DISRUPTION_H */
