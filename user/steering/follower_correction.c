// SPDX-License-Identifier: GPL-2.0-only
/*
 * Corrections of the timescale: which offsets come from them, how often they come and how large
 * they are, and from that the time in which each is carried out.
 */
#include "steering/follower_private.h"

#include <math.h>

#include "lib/time_units.h"

/*
 * The time constant of a correction, in intervals between two corrections. Corrections of x every
 * P, carried out with a time constant T, leave the clock behind by x sqrt(T / 2P) and disturb its
 * frequency by x / sqrt(2 T P). Where samples come often, x is a fifth of the standard error: three
 * times P costs 3 % of the accuracy. With a larger mean square of x, T is less in proportion: that
 * costs a seventh at most. x is most of the error at the longest intervals, where T P is at most
 * the square of CALM_NS, and less where x is more than the standard error in the mean: what the
 * clock is behind by then is little against what it is wrong by before the next sample. As it is
 * for a large correction too, that one need not be carried out in less time than this.
 */
#define PACE_SHARE	3.0
#define CALM_NS		500e9
#define SPREAD_SHARE	0.6

/*
 * Who asks seldom saves requests, and has errors that last: there a calm frequency is worth more.
 * So beyond this interval T grows with its square, as long as the mean square of x is below the
 * second figure. Above that x is what the oscillator did, which the clock has to follow.
 */
#define SELDOM_NS	32e9
#define SELDOM_SPREAD	1.6

/*
 * A source that is read every second or more often is a clock in the machine, whose accuracy is
 * worth more than a calm frequency: half of that time constant, and corrections of more than one
 * standard error count as large.
 */
#define QUICK_PACE_NS	1500000000LL
#define QUICK_SHARE	0.5

/*
 * The errors of a young clock shrink as fast as it learns, and the removal of an error must not
 * last longer. So the constant is at most this part of the time since the first check, and where
 * that is less than PACE_SHARE allows, the clock is young.
 */
#define YOUNG_SHARE	0.5

/*
 * Of all ways to carry out corrections with the same mean error left behind, one time constant for
 * all disturbs the frequency least. But a correction of more than this many standard errors is
 * hardly noise: all of it is carried out in proportionally less time.
 */
#define LARGE_SIGMAS	2.0

/*
 * A clock that is wrong by more than the timescale's bound and this is called unsynchronised. Such
 * an error is not the noise of an estimate, and is removed as fast as permitted.
 */
#define WRONG_NS	10000000

/*
 * A slew keeps its rate until the next check. With so many checks in a time constant it decays; a
 * slew at its first rate throughout disturbs the frequency by a quarter more.
 */
#define CHECKS	4

/*
 * The interval between corrections is shortened in parts: two answers in quick succession, or after
 * some that were lost, are no reason for a shorter time constant.
 */
#define PACE_PARTS	4

/*
 * The mean square of corrections, in squared standard errors: its start value, and how many it
 * averages. A large one is carried out quickly by itself, and says little of those to come.
 */
#define SPREAD_FIRST	0.25
#define SPREAD_MEMORY	8
#define SPREAD_MAX	3.0

/*
 * After a disruption all corrections are large, because the timescale is learned anew. Then the
 * mean square starts here, for some eight of them, so that the clock keeps up.
 */
#define SPREAD_DISRUPTED	20.0

/*
 * A smaller offset is removed in no less than the least interval. After a large command the kernel
 * owes the clock a correction: a microsecond was seen after 0.1 s at 860 ppm, and it took half a
 * minute.
 */
#define SMALL_NS	100000

/*
 * Only the check at its end ends a slew. If checks come late, because the machine or its processor
 * stands still, a short slew overshoots by more than the error, and the next one is worse. So no
 * slew takes less than this many times the latest delay of a check, nor so little time that a late
 * one would overshoot by much.
 */
#define LATE_SHARE		2
#define LEAST_HORIZON_NS	0.125e9

/* A correction that comes quickly may be carried out in this part of the interval. */
#define PACE_PART	4

/* An offset that counts as none is removed over so many corrections. */
#define CALM_CORRECTIONS	2

void follower_expect_news(struct follower *follower)
{
	follower->expect_news = true;
}

void follower_expect_change(struct follower *follower)
{
	follower->expect_change = true;
}

void follower_expect_anew(struct follower *follower)
{
	follower->expect_anew = true;
}

/* The interval between two corrections: it grows at once and shrinks slowly. */
static void follower_note_pace(struct follower *follower, int64_t gap_ns)
{
	if (gap_ns < follower->pace_ns)
		follower->pace_ns -= (follower->pace_ns - gap_ns) / PACE_PARTS;
	else
		follower->pace_ns = gap_ns;
}

void follower_note_news(struct follower *follower, const struct timescale_now *now)
{
	int64_t gap_ns = chime_sub_sat(now->raw_ns, follower->news_from_ns);

	if (!follower->expect_news)
		return;
	follower->expect_news = false;
	follower->news_ns = now->raw_ns;
	if (follower->has_news && gap_ns < follower->options.min_interval_ns)
		return;
	if (follower->has_news)
		follower_note_pace(follower, gap_ns);
	follower->news_from_ns = now->raw_ns;
	follower->has_news = true;
}

bool follower_is_news(const struct follower *follower, const struct timescale_now *now)
{
	return follower->has_news && now->raw_ns == follower->news_ns;
}

double follower_predicted(const struct follower *follower, const struct timescale_now *now)
{
	return (double)follower->last_offset_ns -
	       ((double)now->raw_ns - (double)follower->last_raw_ns) * follower->last_slew;
}

/* How long corrections of a clock of this age may take, by @now. */
static double follower_young_constant(const struct follower *follower,
				      const struct timescale_now *now)
{
	return YOUNG_SHARE * ((double)now->raw_ns - (double)follower->first_raw_ns);
}

static bool follower_is_young(const struct follower *follower, const struct timescale_now *now)
{
	return follower_young_constant(follower, now) < PACE_SHARE * (double)follower->pace_ns;
}

/*
 * The size of recent corrections, in standard errors. Those of several sources that come at once
 * are parts of one. A young clock's are as large as its standard error because it is being learned,
 * and say nothing of those to come.
 */
static void follower_note_spread(struct follower *follower, const struct timescale_now *now,
				 int64_t offset_ns)
{
	double change_ns = (double)offset_ns - follower_predicted(follower, now);
	double ratio = change_ns / fmax((double)now->sigma_ns, 1.0), spread;

	if (follower->spread <= 0.0) {
		follower->spread = SPREAD_FIRST;
	} else if (now->disruptions != follower->disruptions) {
		follower->spread = SPREAD_DISRUPTED;
		follower->pace_ns = 0;
	}
	follower->disruptions = now->disruptions;
	if (!follower->started || !follower_is_news(follower, now) || follower->expect_anew)
		return;
	spread = follower->spread;
	if (follower->news_from_ns == now->raw_ns)
		spread -= spread / SPREAD_MEMORY;
	spread += fmin(ratio * ratio, SPREAD_MAX) / SPREAD_MEMORY;
	if (follower_is_young(follower, now))
		spread = fmax(fmin(spread, follower->spread), SPREAD_FIRST);
	follower->spread = spread;
}

static bool follower_is_quick(const struct follower *follower)
{
	return follower->pace_ns < QUICK_PACE_NS;
}

/* A larger correction is carried out in proportionally less time. */
static double follower_large_ns(const struct follower *follower, const struct timescale_now *now)
{
	return (follower_is_quick(follower) ? 1.0 : LARGE_SIGMAS) * (double)now->sigma_ns;
}

/*
 * Sources that are chosen or weighed otherwise, or learned anew, move the timescale as a sample
 * does, and by as much as several of these. A smaller offset may as well be the kernel's.
 */
static void follower_note_change(struct follower *follower, const struct timescale_now *now,
				 int64_t offset_ns, int64_t tolerance_ns)
{
	double change_ns = fabs((double)offset_ns - follower_predicted(follower, now));

	follower->changed = follower->expect_change && follower->has_news &&
			    now->sigma_ns != CHIME_LINE_UNBOUNDED_NS &&
			    change_ns > follower_large_ns(follower, now) &&
			    change_ns > (double)tolerance_ns;
	follower->expect_change = false;
}

/* The share of the latest correction that is still to be removed. */
static double follower_share_left(const struct follower *follower, const struct timescale_now *now)
{
	double elapsed_ns = (double)now->raw_ns - (double)follower->last_raw_ns;

	if (!follower->started || follower->corrected_ns == 0.0)
		return 0.0;
	/* A late check finds that the slew has overshot. */
	return fmax(1.0 - elapsed_ns * follower->corrected_slew / follower->corrected_ns, 0.0);
}

/*
 * What the clock is wrong by when samples are weighed anew, as far as it is still to be removed. It
 * has gone wrong by that in the course of many samples, and is known to be right within the bound.
 * So it is as real as a large correction, but nothing that the next samples will add to. That goes
 * for all of it: what was still to be removed of earlier corrections was small by the standard
 * error of these, and is not by the one of the samples that are left.
 */
static void follower_note_anew(struct follower *follower, const struct timescale_now *now,
			       int64_t offset_ns)
{
	bool anew = follower->expect_anew && follower->started &&
		    (follower_is_news(follower, now) || follower->changed);

	follower->expect_anew = false;
	if (!anew) {
		follower->anew_ns *= follower_share_left(follower, now);
		return;
	}
	follower->anew_ns = (double)offset_ns;
	follower->astray_ns = fabs((double)offset_ns) / fabs(now->rate - follower->base_rate);
}

/*
 * The part of the offset that comes from a correction and is still being removed. What appears
 * between two corrections, by a host's slew or the kernel's way to keep its clock, is not noise of
 * samples.
 */
static double follower_corrected(const struct follower *follower, const struct timescale_now *now,
				 int64_t offset_ns)
{
	if (!follower->started)
		return 0.0;
	if (follower_is_news(follower, now) || follower->changed)
		return (double)offset_ns;
	return follower->corrected_ns * follower_share_left(follower, now);
}

double follower_note_correction(struct follower *follower, const struct timescale_now *now,
				int64_t offset_ns, int64_t tolerance_ns)
{
	follower_note_change(follower, now, offset_ns, tolerance_ns);
	follower_note_spread(follower, now, offset_ns);
	follower_note_anew(follower, now, offset_ns);
	return follower_corrected(follower, now, offset_ns);
}

/* The size of a correction, but for what need not be removed quickly. */
static double follower_urgent(const struct follower *follower, double corrected_ns)
{
	return fabs(corrected_ns - follower->anew_ns);
}

double follower_least_horizon(const struct follower *follower, double size_ns, double small_ns)
{
	double horizon_ns = size_ns < SMALL_NS ? small_ns : LEAST_HORIZON_NS;

	horizon_ns = fmax(horizon_ns, size_ns / follower->options.max_slew);
	return fmax(horizon_ns, LATE_SHARE * (double)follower->late_ns);
}

/*
 * An offset that counts as none is removed by the next check, which may be a minute away; sooner if
 * fresh corrections come quickly and have an error below the tolerance.
 */
static double follower_calm_horizon(const struct follower *follower,
				    const struct timescale_now *now)
{
	if (!follower_is_news(follower, now) || follower->pace_ns <= 0 ||
	    follower->pace_ns > follower->interval_ns / CALM_CORRECTIONS ||
	    now->sigma_ns > FINE_NS)
		return (double)follower->interval_ns;
	/* Corrections of several sources come at once, and are no reason to be quicker. */
	return fmax((double)follower->pace_ns * CALM_CORRECTIONS,
		    (double)follower->options.min_interval_ns);
}

/* The time constant of corrections at this interval, unless they are large. */
static double follower_usual_constant(const struct follower *follower,
				      const struct timescale_now *now)
{
	double pace_ns = (double)follower->pace_ns;
	double seldom = fmax(1.0, fmin(pace_ns / SELDOM_NS, SELDOM_SPREAD / follower->spread));
	double share = fmin(PACE_SHARE, SPREAD_SHARE / follower->spread * seldom);
	double constant_ns = fmin(share * pace_ns, follower_young_constant(follower, now));

	return follower_is_quick(follower) ? QUICK_SHARE * constant_ns : constant_ns;
}

/*
 * That of what samples weighed anew have left: corrections say nothing of it, as it is none of
 * their noise, and a source that misleads the clock makes them large. Nor does it wait for samples
 * that come seldom, or take longer than it took to come.
 */
static double follower_anew_constant(const struct follower *follower)
{
	return fmin(PACE_SHARE * fmin((double)follower->pace_ns, SELDOM_NS),
		    YOUNG_SHARE * follower->astray_ns);
}

/* The longest time constant of any correction at this interval. */
static double follower_longest_constant(const struct follower *follower)
{
	double pace_ns = fmax((double)follower->pace_ns, 1.0);

	return CALM_NS / pace_ns * CALM_NS / fmax(1.0, follower->spread);
}

double follower_time_constant(const struct follower *follower, const struct timescale_now *now,
			      double corrected_ns, bool calm)
{
	double size_ns = fabs(corrected_ns);
	double constant_ns = follower_usual_constant(follower, now);
	double urgent_ns = follower_urgent(follower, corrected_ns);
	double large_ns = follower_large_ns(follower, now), small_ns;

	if (now->sigma_ns == CHIME_LINE_UNBOUNDED_NS ||
	    size_ns > (double)now->maxerror_ns + WRONG_NS)
		constant_ns = 0.0;
	else if (urgent_ns > large_ns)
		constant_ns *= large_ns / urgent_ns;
	else if (size_ns > large_ns)
		constant_ns = follower_anew_constant(follower);
	constant_ns = fmin(constant_ns, follower_longest_constant(follower));
	if (calm && now->sigma_ns <= FINE_NS)
		return follower_calm_horizon(follower, now);
	if (calm)
		return fmax(constant_ns, follower_calm_horizon(follower, now));
	/*
	 * Corrections that come quickly may be carried out quickly, as the next one is measured
	 * anew.
	 */
	small_ns = fmin((double)follower->options.min_interval_ns,
			fmax((double)follower->pace_ns / PACE_PART, LEAST_HORIZON_NS));
	return fmax(constant_ns, follower_least_horizon(follower, size_ns, small_ns));
}

double follower_correction_check(const struct follower *follower, const struct timescale_now *now,
				 double constant_ns)
{
	double least_ns = fmin(constant_ns, (double)follower->options.min_interval_ns);

	/* If the next correction comes sooner, that is the check. */
	if (follower_is_quick(follower) ||
	    follower_urgent(follower, follower->corrected_ns) > follower_large_ns(follower, now))
		return constant_ns;
	return fmax(constant_ns / CHECKS, least_ns);
}
