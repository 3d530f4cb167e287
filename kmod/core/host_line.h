/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host line: the host's time as a function of raw, from pairings.
 *
 * Pure integer arithmetic on the pairings given to it, so that the simulator and the tests compile
 * this very file; taking pairings is host.c's, acting on a jump disruption.c's.
 *
 * A pairing is nearly exact, so the line passes through the latest one and only its slope needs
 * several. While pairings stay on the line the slope rests on the last 16 s. As soon as one leaves
 * it by more than readings and the host's own wobble can explain (its daemon has begun another
 * slew), a new stretch begins at the pairing before; the old slope is kept for a second, or until
 * it is clearly the worse one.
 */
#ifndef CHIME_HOST_LINE_H
#define CHIME_HOST_LINE_H

#include "core/line.h"

/**
 * struct chime_pairing - raw and the host's time, read at one instant
 * @raw_ns: CLOCK_MONOTONIC_RAW
 * @utc_ns: the host's time
 * @uncertainty_ns: by how much @utc_ns may not belong to @raw_ns
 * @exact: converted through the counter, not just bracketed
 * @clocksource_seq: raw's rate changes when this does
 * @evidence: bits of enum truechime_evidence that the host showed along with it
 * @stood_still: this guest was stopped or restored since the pairing before: what it is off the
 *	line by then is no slew
 * @witness: a stop of this guest would have shown in @evidence, and @running_raw_ns is known
 * @running_raw_ns: this guest has been running at least since then, without a stop
 */
struct chime_pairing {
	s64 raw_ns;
	s64 utc_ns;
	s64 uncertainty_ns;
	bool exact;
	u32 clocksource_seq;
	u32 evidence;
	bool stood_still;
	bool witness;
	s64 running_raw_ns;
};

enum chime_verdict {
	CHIME_VERDICT_STARTED,		/* the first pairing */
	CHIME_VERDICT_ON_LINE,
	CHIME_VERDICT_BENT,		/* the host changed its rate, or raw did */
	CHIME_VERDICT_JUMPED,		/* one of the clocks was set: the line is not touched */
	CHIME_VERDICT_USELESS,		/* not later than the one before: ignored */
};

/* A line's bound grows by this when its slope is known: a host's oscillator over minutes. */
#define CHIME_GROWTH_Q32	CHIME_PPM_Q32

/*
 * A host is hardly slewed faster than this, and by no more unless a third reading shows it; nor for
 * longer, as what lasts longer is its rate.
 */
#define CHIME_HOST_SLEW_MAX_Q32	(1000 * CHIME_PPM_Q32)
#define CHIME_SLEW_LONGEST_NS	(100 * CHIME_NS_PER_S)

/* What adjtimex lets a daemon ask of a clock: chronyd goes to 83,333 ppm by default. */
#define CHIME_HOST_SLEW_HARD_Q32	(100000 * CHIME_PPM_Q32)

/* Old pairings kept for the slope: 8 of them, 2 s apart. */
#define CHIME_HOST_LINE_POINTS	8

/**
 * struct chime_host_line - what is known; zero it to start
 * @line: host time as a function of raw, its origin at the latest pairing
 * @last: the latest pairing
 * @points: pairings of the straight stretch that @last is on, oldest first
 * @count: how many of them; 0: no pairing yet
 * @baseline_min_ns: below this the slope that was known before is kept
 * @rate_known: @line has a slope
 * @bend_q32: how much the rate changed at the latest bend ...
 * @bend_raw_ns: ... and when that was
 * @clocksource_changes: changes of raw's rate seen
 */
struct chime_host_line {
	struct chime_line line;
	struct chime_pairing last;
	struct chime_pairing points[CHIME_HOST_LINE_POINTS];
	int count;
	s64 baseline_min_ns;
	bool rate_known;
	s64 bend_q32;
	s64 bend_raw_ns;
	u32 clocksource_changes;
};

/* How far @pairing's host time lies from what the line says; 0 before the first one. */
s64 chime_host_line_deviation(const struct chime_host_line *host,
			      const struct chime_pairing *pairing);

/**
 * chime_host_line_update() - a new pairing
 * @host: the line
 * @pairing: the pairing
 *
 * Return: what it means; CHIME_VERDICT_JUMPED leaves everything as it was, and the caller decides
 * whether to believe it and calls chime_host_line_rebase().
 */
enum chime_verdict chime_host_line_update(struct chime_host_line *host,
					  const struct chime_pairing *pairing);

/* A jump was believed: the line goes through @pairing from now on, its rate kept. */
void chime_host_line_rebase(struct chime_host_line *host, const struct chime_pairing *pairing);

/* Can a slew as hard as a host's daemon may make it have brought @pairing off the line? */
bool chime_host_line_may_be_slewed(const struct chime_host_line *host,
				   const struct chime_pairing *pairing);

/**
 * chime_host_line_follow_slew() - is what seems a jump a slew that goes on?
 * @host: the line
 * @first: a reading off the line ...
 * @second: ... and one some 10 ms later: at which rate the host's clock runs now
 *
 * Return: true: that rate takes the host as far as it has come, and the line goes through @second
 * with it; false: it does not, and the line is as it was.
 */
bool chime_host_line_follow_slew(struct chime_host_line *host, const struct chime_pairing *first,
				 const struct chime_pairing *second);

#endif /* CHIME_HOST_LINE_H */
