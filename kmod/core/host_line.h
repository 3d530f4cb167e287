/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host line: the host's time as a function of the raw clock (CLOCK_MONOTONIC_RAW), fitted to
 * cross-timestamps of the two.
 *
 * Pure integer arithmetic on the cross-timestamps given to it, so that the simulator and the tests
 * compile this very file. host.c takes cross-timestamps, disruption.c acts on a jump.
 *
 * A cross-timestamp is nearly exact, so the line passes through the latest one and only its slope
 * needs several. While cross-timestamps stay on the line, the slope is fitted over the last 16 s.
 * When one is further off the line than reading errors and the host's own wobble can explain, the
 * host's daemon has begun another slew: a new segment begins at the cross-timestamp before. The old
 * slope is kept for a second, or until it is clearly worse than the new one; its error is meanwhile
 * what the new segment shows of it.
 */
#ifndef CHIME_HOST_LINE_H
#define CHIME_HOST_LINE_H

#include "core/line.h"

/**
 * struct chime_pairing - a cross-timestamp: the raw clock and the host's time at one instant
 * @raw_ns: CLOCK_MONOTONIC_RAW
 * @utc_ns: the host's time
 * @uncertainty_ns: largest error of @utc_ns at @raw_ns
 * @exact: converted through the counter, not just bracketed
 * @clocksource_seq: the raw clock's rate changes when this does
 * @evidence: bits of enum truechime_evidence that the host showed along with it
 * @stood_still: this guest was stopped or restored since the cross-timestamp before, or its raw
 *	clock moved against kvm-clock: a deviation from the line is then no slew
 * @witness: a stop of this guest would have shown in @evidence, and @running_raw_ns is known
 * @running_raw_ns: this guest has been running without a stop at least since this raw time
 * @counter_ns: kvm-clock at the same instant, by the hypervisor's page and whatever the kernel's
 *	clocksource is; 0: not known
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
	s64 counter_ns;
};

enum chime_verdict {
	CHIME_VERDICT_STARTED,		/* the first cross-timestamp */
	CHIME_VERDICT_ON_LINE,
	CHIME_VERDICT_RATE_CHANGED,	/* the host's rate changed, or the raw clock's */
	CHIME_VERDICT_JUMPED,		/* one of the clocks was set: the line is not touched */
	CHIME_VERDICT_USELESS,		/* not later than the one before: ignored */
};

/* Growth of a line's bound when its slope is known: a host's oscillator's drift over minutes. */
#define CHIME_GROWTH_Q32	CHIME_PPM_Q32

/*
 * A stop that the hypervisor reported counts as a jump if it took more than this. Shorter ones are
 * reported together, when they took more than this.
 */
#define CHIME_STOP_MIN_NS	CHIME_NS_PER_MS

/* KVM does not scale the counter of a guest that was moved if it differs by less than this. */
#define CHIME_UNSCALED_Q32	(250 * CHIME_PPM_Q32)

/*
 * Hosts are hardly slewed faster than this: a harder slew is only accepted if a third reading shows
 * it. Nor are they slewed for longer: a rate that lasts longer is the host's own.
 */
#define CHIME_HOST_SLEW_MAX_Q32	(1000 * CHIME_PPM_Q32)
#define CHIME_SLEW_LONGEST_NS	(100 * CHIME_NS_PER_S)

/* How much later than the others that third reading is; at most twice as much. */
#define CHIME_SLEW_CHECK_NS	(10 * CHIME_NS_PER_MS)

/* Old cross-timestamps kept for the slope: 8 of them, closer at first, then 2 s apart. */
#define CHIME_HOST_LINE_POINTS	8

/**
 * struct chime_host_line - the line and what it is fitted to; zero it to start
 * @line: host time as a function of the raw clock, its origin at the latest cross-timestamp
 * @last: the latest cross-timestamp
 * @points: cross-timestamps of the segment (of constant rate) that @last is on, oldest first
 * @count: how many of them; 0: no cross-timestamp yet
 * @baseline_min_ns: a segment shorter than this keeps the slope that was known before
 * @rate_known: @line has a slope
 * @rate_error_q32: the error of that slope when it was fitted
 * @rate_suspect: it is from before this guest stood still: the raw clock may be another machine's
 *	now
 * @rate_change_q32: size of the latest rate change ...
 * @rate_change_raw_ns: ... and when it was seen
 * @lowest_q32: the line's least rate since the first of several such changes that came sooner after
 *	each other than a slew can last ...
 * @highest_q32: ... and its greatest
 */
struct chime_host_line {
	struct chime_line line;
	struct chime_pairing last;
	struct chime_pairing points[CHIME_HOST_LINE_POINTS];
	int count;
	s64 baseline_min_ns;
	bool rate_known;
	s64 rate_error_q32;
	bool rate_suspect;
	s64 rate_change_q32;
	s64 rate_change_raw_ns;
	s64 lowest_q32;
	s64 highest_q32;
};

/* @pairing's host time minus the line's at the same instant; 0 before the first cross-timestamp. */
s64 chime_host_line_deviation(const struct chime_host_line *host,
			      const struct chime_pairing *pairing);

/* What chime_host_line_update() would return for @pairing; the line is not touched. */
enum chime_verdict chime_host_line_verdict(const struct chime_host_line *host,
					   const struct chime_pairing *pairing);

/**
 * chime_host_line_update() - add a new cross-timestamp
 * @host: the line
 * @pairing: the cross-timestamp
 *
 * Return: what it means. CHIME_VERDICT_JUMPED leaves the line as it was: the caller decides whether
 * to accept the jump, and then calls chime_host_line_rebase().
 */
enum chime_verdict chime_host_line_update(struct chime_host_line *host,
					  const struct chime_pairing *pairing);

/*
 * How far a stop before @pairing, or what the hypervisor gave back of it too much, may have moved
 * the raw clock at most, as the errors of the readings and of the slope could hide it. The line is
 * not touched yet.
 */
s64 chime_host_line_hides(const struct chime_host_line *host, const struct chime_pairing *pairing);

/*
 * The caller accepts a jump: move the line through @pairing and keep its rate, which is suspect
 * unless a stop of this guest would have been seen and was not.
 */
void chime_host_line_rebase(struct chime_host_line *host, const struct chime_pairing *pairing);

/*
 * The raw clock's rate is unknown since the latest cross-timestamp: until the next one the line is
 * extrapolated by a clock of any rate.
 */
void chime_host_line_doubt_rate(struct chime_host_line *host);

/* Forget the slope and all cross-timestamps but the latest one, which the line goes on from. */
void chime_host_line_forget(struct chime_host_line *host);

/*
 * The raw clock was set ahead by @by_ns while this guest stood still: state all that is known as if
 * it had not been, so that the gap shows.
 */
void chime_host_line_set_raw_ahead(struct chime_host_line *host, s64 by_ns);

/* By how much the line's rate may be that of a slew which is under way at @raw_ns. */
s64 chime_host_line_slewing(const struct chime_host_line *host, s64 raw_ns);

/* Could the hardest slew that a host's daemon may make have moved @pairing off the line? */
bool chime_host_line_may_be_slewed(const struct chime_host_line *host,
				   const struct chime_pairing *pairing);

/**
 * chime_host_line_follow_slew() - check whether an apparent jump is a slew in progress
 * @host: the line
 * @first: a cross-timestamp off the line ...
 * @second: ... and one CHIME_SLEW_CHECK_NS later; the two give the rate of the host's clock now
 *
 * Return: true: that rate explains how far @first is off the line, and the line now goes through
 * @second at that rate; false: it does not, and the line is unchanged.
 */
bool chime_host_line_follow_slew(struct chime_host_line *host, const struct chime_pairing *first,
				 const struct chime_pairing *second);

#endif /* CHIME_HOST_LINE_H */
