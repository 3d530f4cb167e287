// SPDX-License-Identifier: GPL-2.0-only
/*
 * From (timescale, system clock) of one instant to a frequency and the time of the next look.
 */
#include "follower.h"

#include <math.h>
#include <stdlib.h>

#define NS_PER_S	1000000000LL

/*
 * The kernel keeps CLOCK_REALTIME by a multiplier whose unit is some 120 ppb, and makes up for the
 * rest at its ticks, of which an idle machine has one a second: then the clock is to and fro by as
 * many ns, and what is seen now is made good by the kernel itself later. Such an offset is no
 * reason to look more often, and only a part of it is taken away: all of it would be chasing that.
 */
#define DITHER_NS	150
#define DITHER_SHARE	0.5

/*
 * Within this, looks become rarer; corrections that are better than this are worth following at
 * once.
 */
#define FINE_NS		50

/*
 * An offset as large as the timescale's own standard error says nothing yet: taking it away within
 * 8 s costs less than a fiftieth of the accuracy, and a quick slew would only shake the frequency.
 * Larger ones are real, and go in proportionally less time, down to the least interval.
 */
#define CALM_HORIZON_S	8

/*
 * Nothing below this is worth shaking the frequency for: the least interval is soon enough. What a
 * kernel was told to hurry by it owes the clock afterwards: a microsecond was seen after 0.1 s at
 * 860 ppm, and half a minute until it was paid.
 */
#define SMALL_NS	100000

/*
 * Nobody ends a slew but the look at its end. Where looks come late, because the machine or its
 * processor stands still, a slew that was to take less time than that overshoots by more than there
 * was to take away, and the next one is worse. So none is quicker than this many times the latest
 * look of late, which is forgotten at this rate; what stood still for longer than that was stopped.
 */
#define LATE_SHARE	2
#define LATE_MEMORY	64
#define LATE_MAX_NS	(4 * NS_PER_S)

/* The timescale slews for at most about a second; then its true rate can be seen. */
#define SLEW_LOOK_NS	(NS_PER_S / 8)

/*
 * A kernel that was idle for seconds owes its clock some hundred ns, and pays them at its own pace,
 * by 5 to 60 ns a second, whatever it is told: for the first minute it is watched. And a
 * timescale's rate is known by how long it was watched: then looks are apart by at most this part
 * of the time since, else they would find what a young rate was wrong by.
 */
#define WATCH_NS	(60 * NS_PER_S)
#define SPAN_PART	8

/*
 * Bias: readings that are wrong by the dither say nothing over a short look, and little over one of
 * a minute; and no kernel is off by more than this.
 */
#define BIAS_LOOK_NS	4e9
#define BIAS_SHARE_NS	16e9
#define BIAS_MAX	100e-9

void follower_restart(struct follower *follower)
{
	follower->started = false;
}

/* Within which the offset is as good as none: @least_ns, and what readings and timescale lack. */
static int64_t follower_tolerance(const struct timescale_now *now, int64_t least_ns)
{
	int64_t tolerance_ns = least_ns + now->reading_ns;

	if (now->sigma_ns != CHIME_LINE_UNBOUNDED_NS)
		tolerance_ns = chime_add_sat(tolerance_ns, now->sigma_ns / 4);
	return tolerance_ns;
}

/*
 * The share of the time between two corrections in which the first is carried out; but never in so
 * little time that a late wake-up would overshoot by much. What is as good as none has so many of
 * them to be carried out.
 */
#define PACE_SHARE	4
#define CALM_CORRECTIONS	2
#define LEAST_HORIZON_NS	0.125e9

void follower_note_late(struct follower *follower, int64_t late_ns)
{
	if (late_ns > LATE_MAX_NS)
		late_ns = LATE_MAX_NS;
	if (late_ns > follower->late_ns)
		follower->late_ns = late_ns;
}

void follower_look_again(struct follower *follower)
{
	follower->next_ns = follower->last_raw_ns;
}

/* How late looks are apt to be. */
static void follower_judge_late(struct follower *follower, const struct timescale_now *now)
{
	int64_t elapsed_ns = chime_sub_sat(now->raw_ns, follower->last_raw_ns);

	if (!follower->started)
		return;
	follower->late_ns = chime_sub_sat(follower->late_ns, elapsed_ns / LATE_MEMORY);
	if (follower->late_ns < 0)
		follower->late_ns = 0;
	follower_note_late(follower, chime_sub_sat(now->raw_ns, follower->next_ns));
}

/* An early look is at a fresh correction; how often they come says how long one is of use. */
static void follower_note_news(struct follower *follower, const struct timescale_now *now)
{
	if (follower->started && now->raw_ns >= follower->next_ns)
		return;
	follower->pace_ns = follower->started ?
			    chime_sub_sat(now->raw_ns, follower->news_ns) : 0;
	follower->news_ns = now->raw_ns;
}

/* This look is at a fresh correction. */
static bool follower_is_news(const struct follower *follower, const struct timescale_now *now)
{
	return now->raw_ns == follower->news_ns;
}

/*
 * What is as good as none is taken away by the next look, which may be a minute away; sooner where
 * fresh corrections come quickly and are better than the tolerance. Where they are not, that they
 * come in slowly smoothes them.
 */
static int64_t follower_calm_horizon(const struct follower *follower,
				     const struct timescale_now *now)
{
	int64_t horizon_ns;

	if (!follower_is_news(follower, now) || follower->pace_ns <= 0 ||
	    follower->pace_ns > follower->interval_ns / CALM_CORRECTIONS ||
	    now->sigma_ns > FINE_NS)
		return follower->interval_ns;
	/* Those of several sources come at once, and are no reason to hurry. */
	horizon_ns = follower->pace_ns * CALM_CORRECTIONS;
	return horizon_ns > follower->options.min_interval_ns ? horizon_ns :
								follower->options.min_interval_ns;
}

/* How soon an offset is to be gone at the latest. */
static double follower_pace(const struct follower *follower, double size_ns)
{
	/* Corrections that come quickly are carried out quickly: the next one is measured anew. */
	if (follower->pace_ns || size_ns >= SMALL_NS)
		return fmax((double)follower->pace_ns / PACE_SHARE, LEAST_HORIZON_NS);
	return (double)follower->options.min_interval_ns;
}

/* Over how long to take the offset away. */
static int64_t follower_horizon(const struct follower *follower, const struct timescale_now *now,
				int64_t offset_ns, bool calm)
{
	const struct follower_options *options = &follower->options;
	double size_ns = fabs((double)offset_ns), horizon_ns = 0.0, pace_ns;

	if (calm)
		return follower_calm_horizon(follower, now);
	if (now->sigma_ns != CHIME_LINE_UNBOUNDED_NS)
		horizon_ns = CALM_HORIZON_S * 1e9 * fmin(1.0, (double)now->sigma_ns / size_ns);
	pace_ns = follower_pace(follower, size_ns);
	horizon_ns = fmin(horizon_ns, pace_ns);
	horizon_ns = fmax(horizon_ns, fmin((double)options->min_interval_ns, pace_ns));
	horizon_ns = fmax(horizon_ns, size_ns / options->max_slew);
	horizon_ns = fmax(horizon_ns, LATE_SHARE * (double)follower->late_ns);

	/* A slew of days is looked after now and then, and the double is an int64_t again. */
	return (int64_t)fmin(horizon_ns, 1e15);
}

/*
 * The timescale's rate without a slew of its own, which will be over before the next look: what it
 * is about to add is taken as if it were there already.
 */
static void follower_note_rate(struct follower *follower, const struct timescale_now *now,
			       int64_t tolerance_ns)
{
	double turned = fabs(now->rate - follower->base_rate);

	if (now->slew_ns && follower->started)
		return;
	follower->base_rate = now->rate;

	/* A rate that has just turned is not trusted for longer than it can do harm. */
	while (follower->started && follower->interval_ns > follower->options.min_interval_ns &&
	       turned * (double)follower->interval_ns > (double)tolerance_ns)
		follower->interval_ns /= 2;
	if (follower->interval_ns < follower->options.min_interval_ns)
		follower->interval_ns = follower->options.min_interval_ns;
}

/* Looks that found what was foretold become rarer, others more frequent. */
static void follower_adapt(struct follower *follower, const struct timescale_now *now,
			   int64_t offset_ns)
{
	const struct follower_options *options = &follower->options;
	int64_t tolerance_ns = follower_tolerance(now, FINE_NS);
	int64_t longest_ns;

	if (!follower->started) {
		follower->first_raw_ns = now->raw_ns;
		follower->interval_ns = options->min_interval_ns;
		return;
	}
	/* An early look, at a fresh correction, has no say. */
	if (now->raw_ns < follower->next_ns)
		return;
	if (llabs(offset_ns) <= tolerance_ns)
		follower->interval_ns *= 2;
	else if (llabs(offset_ns) / 2 > tolerance_ns)
		follower->interval_ns /= 4;
	else
		follower->interval_ns -= follower->interval_ns / 4;
	longest_ns = chime_sub_sat(chime_sub_sat(now->raw_ns, follower->first_raw_ns), WATCH_NS) /
		     SPAN_PART;
	if (longest_ns > options->max_interval_ns)
		longest_ns = options->max_interval_ns;
	if (follower->interval_ns > longest_ns)
		follower->interval_ns = longest_ns;
	if (follower->interval_ns < options->min_interval_ns)
		follower->interval_ns = options->min_interval_ns;
}

static double clamp(double value, double limit)
{
	return fmax(-limit, fmin(limit, value));
}

/*
 * What an undisturbed look finds other than foretold is learned, the more the longer it was. A
 * fresh correction, which brings an early look, says nothing of the rate at which the clock runs;
 * and the timescale's own rate, a host's slope, is known the better the later.
 */
static void follower_learn_bias(struct follower *follower, const struct timescale_now *now,
				int64_t offset_ns)
{
	double elapsed_ns = (double)now->raw_ns - (double)follower->last_raw_ns;
	double foretold_ns = (double)follower->last_offset_ns - elapsed_ns * follower->last_slew;
	double turned = now->rate - follower->base_rate;
	double error = ((double)offset_ns - foretold_ns) / elapsed_ns - turned;

	if (!follower->started || now->slew_ns || now->raw_ns < follower->next_ns ||
	    elapsed_ns < BIAS_LOOK_NS || fabs(turned) > BIAS_MAX || fabs(error) > BIAS_MAX)
		return;
	error *= elapsed_ns / (elapsed_ns + BIAS_SHARE_NS);
	follower->bias = clamp(follower->bias + error, BIAS_MAX);
}

/* How much of the offset to take away. */
static double follower_share(bool news, int64_t offset_ns)
{
	return news || llabs(offset_ns) > DITHER_NS ? 1.0 : DITHER_SHARE;
}

void follower_update(struct follower *follower, const struct timescale_now *now,
		     struct follower_command *command)
{
	const struct follower_options *options = &follower->options;
	int64_t target_ns = chime_add_sat(now->time_ns, now->slew_ns);
	int64_t offset_ns = chime_sub_sat(target_ns, now->realtime_ns);
	int64_t tolerance_ns, horizon_ns;
	bool news, calm;
	double slew;

	/* llabs() and more are safe from here on: S64_MIN is not. */
	if (offset_ns == S64_MIN)
		offset_ns++;
	follower_judge_late(follower, now);
	follower_learn_bias(follower, now, offset_ns);
	follower_note_news(follower, now);
	/* What came with a correction is not the kernel's. */
	news = follower_is_news(follower, now);
	tolerance_ns = follower_tolerance(now, news ? FINE_NS : DITHER_NS);
	calm = llabs(offset_ns) <= tolerance_ns;
	follower_adapt(follower, now, offset_ns);
	follower_note_rate(follower, now, tolerance_ns);
	horizon_ns = follower_horizon(follower, now, offset_ns, calm);
	slew = clamp(follower_share(news, offset_ns) * (double)offset_ns /
		     (double)horizon_ns, options->max_slew);

	command->base_rate = clamp(follower->base_rate, options->max_rate);
	command->rate = clamp(command->base_rate + follower->bias + slew, options->max_rate);
	command->offset_ns = chime_sub_sat(now->time_ns, now->realtime_ns);
	command->settled = calm || (now->sigma_ns != CHIME_LINE_UNBOUNDED_NS &&
				    llabs(offset_ns) <= now->sigma_ns);

	if (horizon_ns > options->max_interval_ns)
		horizon_ns = options->max_interval_ns;
	if (now->slew_ns && horizon_ns > SLEW_LOOK_NS && !follower->started)
		horizon_ns = SLEW_LOOK_NS;
	command->next_ns = chime_add_sat(now->raw_ns, horizon_ns);
	follower->last_raw_ns = now->raw_ns;
	follower->last_offset_ns = offset_ns;
	follower->last_slew = slew;
	follower->next_ns = command->next_ns;
	follower->started = true;
}
