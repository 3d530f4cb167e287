/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Steady time: the host's time with its bends taken out. Corrections are measured against it.
 *
 * A host that slews its clock changes the rate of its time against raw from one instant to the
 * next. An oscillator cannot do that, so UTC did not: while a correction is in force steady time
 * goes on along the rate that it had, and what the host gains over it from the bend on is kept
 * as a function of the host's time, so that a revert does not lose it. Lesser changes are followed.
 *
 * Pure integer arithmetic, for tests and the simulator too.
 */
#ifndef CHIME_STEADY_H
#define CHIME_STEADY_H

#include "core/line.h"

/**
 * struct chime_steady - what is known; chime_steady_start() begins it
 * @line: steady time as a function of raw, as of the latest check
 * @bend: steady minus host time as a function of host time; its bound is by how much steady time
 *	may have followed a slew since the correction was set
 * @pace_q32: the rate against raw that steady time keeps
 * @pace_raw_ns: the rate was compared with it until then
 * @begin_raw_ns: the host was followed wherever it went at least until then
 * @parted_raw_ns: when steady time last went another way than the host
 * @slew_q32: the fastest slew of the host seen before @parted_raw_ns
 * @rest_q32: @bend's rate while the host is not slewed
 * @old_rest_q32: what that was before it changed: a long slew passes for a new rate
 * @rest_raw_ns: when it changed
 * @gap_ns: for so long this guest stood still since the correction was set
 * @doubt_ns: what is in @bend's bound for a slew during that time
 * @unseen_ns: and more, as long as the host's slope after it has not been seen
 * @moved_q32: since this guest stood still the host goes away by this rate: a hard slew, or raw is
 *	another machine's now; 0: there is no such question
 * @moved_raw_ns: the bound allows for the latter up to here ...
 * @moved_ns: ... by so much since the correction was set
 * @unmoved: @bend as it was when this guest went on; its rate is the host's when it is not slewed
 * @renewed: a correction was set since ...
 * @renewed_raw_ns: ... the first of them then
 * @pace_known: there is a pace; else @pace_q32 is none, or one that has to show that it holds
 * @paced: @pace_q32 holds
 * @parted: steady time keeps its pace and the host goes where it will
 */
struct chime_steady {
	struct chime_line line;
	struct chime_line bend;
	s64 pace_q32;
	s64 pace_raw_ns;
	s64 begin_raw_ns;
	s64 parted_raw_ns;
	s64 slew_q32;
	s64 rest_q32;
	s64 old_rest_q32;
	s64 rest_raw_ns;
	s64 gap_ns;
	s64 doubt_ns;
	s64 unseen_ns;
	s64 moved_q32;
	s64 moved_raw_ns;
	s64 moved_ns;
	struct chime_line unmoved;
	bool renewed;
	s64 renewed_raw_ns;
	bool pace_known;
	bool paced;
	bool parted;
};

/* Steady time is the host's from @raw_ns on. */
void chime_steady_start(struct chime_steady *steady, const struct chime_line *host, s64 raw_ns);

/**
 * chime_steady_follow() - the host's line was laid anew
 * @steady: steady time
 * @host: the line
 * @corrected: a correction is in force; else steady time follows the host wherever it goes
 * @raw_ns: now
 */
void chime_steady_follow(struct chime_steady *steady, const struct chime_line *host,
			 bool corrected, s64 raw_ns);

/* A new correction was measured against steady time as it is: what it followed before is in it. */
void chime_steady_renew(struct chime_steady *steady, s64 raw_ns);

/*
 * Guest time was disrupted: the host's line was @before and is @host. Raw's rate may be another
 * one's, and what the host did meanwhile is not known: as far as it can have been slewed, the bound
 * grows. A bend that lasts is carried over the first @reach_ns of the gap, as the rate of the
 * correction is, with which it makes that of UTC against the host's time; negative: over all of it.
 */
void chime_steady_rejoin(struct chime_steady *steady, const struct chime_line *before,
			 const struct chime_line *host, s64 reach_ns, s64 raw_ns);

/* The host's clock was set by @gap_ns and its line is @host now: steady time is set along. */
void chime_steady_step(struct chime_steady *steady, const struct chime_line *host, s64 gap_ns,
		       s64 raw_ns);

/* Raw's rate is another one from @raw_ns on. */
void chime_steady_lose_pace(struct chime_steady *steady, s64 raw_ns);

#endif /* CHIME_STEADY_H */
