/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What steady.c, which follows the host from check to check, shares with the files of its parts.
 */
#ifndef CHIME_STEADY_PARTS_H
#define CHIME_STEADY_PARTS_H

#include "core/steady.h"

/*
 * After a disruption the line keeps its old slope until rate changes had time to show. Where there
 * was no pace there is nothing to compare it with.
 */
#define CHIME_STEADY_PROBATION_NS	(10 * CHIME_NS_PER_S)

/* A host that slewed its clock within this time is expected to do so again. */
#define CHIME_STEADY_MEMORY_NS	(10 * CHIME_SLEW_LONGEST_NS)

/* After this the host's slope is new, or a slew has shown in the line (CHIME_BASELINE_KEPT_NS). */
#define CHIME_STEADY_SEEN_NS	CHIME_NS_PER_S

/*
 * A rate change above this is a slew. No oscillator's rate changes by more from one second to the
 * next, and a slope fitted over a second is no worse: twice the reading error and the wobble of
 * either end are 0.16 ppm of it. A host's daemon that tracks its oscillator changes the rate by
 * less than 0.1 ppm; one that slews changes it by more.
 */
#define CHIME_STEADY_TURN_Q32	(CHIME_PPM_Q32 / 2)

/* No clocksource's rate is further off: the largest error that a kernel corrects. */
#define CHIME_STEADY_RAW_Q32	(500 * CHIME_PPM_Q32)

/* The slope of readings with less error than this, fitted over 14 s, shows a slew. */
#define CHIME_STEADY_FINE_NS	(3 * 1000LL)

static inline bool chime_steady_same_rate(s64 a_q32, s64 b_q32)
{
	return chime_abs_sat(chime_sub_sat(a_q32, b_q32)) <= CHIME_STEADY_TURN_Q32;
}

/* --- steady.c --- */

/* The host's fastest recent slew, as far as it has been seen if it is still in progress. */
s64 chime_steady_slew(const struct chime_steady *steady, s64 raw_ns);

/* The host was slewed so recently that the slew may be the same as one that is seen now. */
bool chime_steady_slewed_lately(const struct chime_steady *steady, s64 raw_ns);

/* The host's present slew rate, as far as its rate without a slew is known. */
s64 chime_steady_slewing(const struct chime_steady *steady);

/* Whether the raw clock is another machine's is settled, or asked anew. */
void chime_steady_drop_move(struct chime_steady *steady);

/* Probation begins; it is over at once where there is no pace to be compared with. */
void chime_steady_begin(struct chime_steady *steady, s64 raw_ns);

/*
 * The pace is unknown from @raw_ns on. Until it is known again and confirmed, a slew may be
 * followed, and one that is under way may have ended.
 */
void chime_steady_lose(struct chime_steady *steady, s64 raw_ns);

/* Add to @followed_ns what the bound has grown by since the latest call, as far as it was seen. */
void chime_steady_count(struct chime_steady *steady);

/* Follow the host. Where its rate is off the pace that may be following a slew: widen the bound. */
void chime_steady_go_along(struct chime_steady *steady, const struct chime_line *host, s64 raw_ns);

/* --- steady_contained.c --- */

/* How far a rate against the raw clock is off what corrections may contain; 0: that is known. */
s64 chime_steady_off_contained(const struct chime_steady *steady, s64 rate_q32);

/* This guest resumed: the corrections until now contain the pace. */
void chime_steady_doubt_contained(struct chime_steady *steady, s64 raw_ns);

/*
 * A correction was measured. Those measured at one rate for longer than slews last contain that
 * rate, and nothing else.
 */
void chime_steady_note_contained(struct chime_steady *steady, s64 raw_ns);

/* --- steady_gap.c --- */

/*
 * The host's slope is seen for the first time since the guest stood still. If the host is slewed
 * now, assume that it was slewed throughout the gap; if not, the bound need not allow for a slew.
 */
void chime_steady_settle(struct chime_steady *steady, s64 off_q32, s64 raw_ns);

/* --- steady_rough.c --- */

/* A check at which unslewed host time follows the host. */
void chime_steady_mark(struct chime_steady *steady, s64 raw_ns);

/* The host has run at its rate for longer than slews last: it is no slew that passes. */
bool chime_steady_lasts(const struct chime_steady *steady, s64 raw_ns);

/* The host is read too coarsely for its slope to show a slew. */
bool chime_steady_is_coarse(const struct chime_steady *steady);

/* At each check: since when has the host run at one rate? @sees: its slope is known. */
void chime_steady_note_even(struct chime_steady *steady, const struct chime_line *host, bool sees,
			    s64 raw_ns);

/*
 * A correction was measured: begin anew, if readings may hide a slew. @kept: the pace was known
 * before.
 */
void chime_steady_begin_rough(struct chime_steady *steady, bool kept, s64 raw_ns);

/* What is known of the pace is less by @by_q32 from now on: the bound until now stays. */
void chime_steady_doubt_rough(struct chime_steady *steady, s64 by_q32, s64 raw_ns);

/* A check with a correction in force: allow for how far unslewed host time has run off the pace. */
void chime_steady_bound_rough(struct chime_steady *steady, s64 raw_ns);

#endif /* CHIME_STEADY_PARTS_H */
