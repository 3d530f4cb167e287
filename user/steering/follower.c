// SPDX-License-Identifier: GPL-2.0-only
/*
 * From timescale and system clock at one instant to a frequency and the time of the next check. How
 * long a correction may take is follower_correction.c's.
 */
#include "steering/follower_private.h"

#include <math.h>

#include "lib/time_units.h"

/*
 * The kernel advances CLOCK_REALTIME by a multiplier whose unit is some 120 ppb, and corrects the
 * remainder at its ticks, of which an idle machine has one a second. So the clock moves to and fro
 * by as many ns, and the kernel itself removes later what a check finds now. Such an offset is no
 * reason to check more often, and only a part of it is removed.
 */
#define DITHER_NS	150
#define DITHER_SHARE	0.5

/* The latest delay of a check is forgotten at this rate. A greater one: the machine was stopped. */
#define LATE_MEMORY	64
#define LATE_MAX_NS	(4 * NS_PER_S)

/* The timescale slews for about a second at most; then its true rate shows. */
#define SLEW_CHECK_NS	(NS_PER_S / 8)

/*
 * A kernel that was idle for seconds owes its clock some hundred ns, and corrects them at its own
 * pace, by 5 to 60 ns a second, whatever the command: it is checked often for the first minute. A
 * young timescale's rate is less certain too: the interval between checks is at most this part of
 * the time since, or they would find the error of that rate.
 */
#define WATCH_NS	(60 * NS_PER_S)
#define SPAN_PART	8

/*
 * Bias: with readings that are wrong by the dither, a short interval shows nothing of it, and one
 * of a minute little. No kernel is wrong by more than this.
 */
#define BIAS_CHECK_NS	4e9
#define BIAS_SHARE_NS	16e9
#define BIAS_MAX	100e-9

void follower_restart(struct follower *follower)
{
	follower->started = false;
}

/* Offsets within this count as none: @least_ns, and the errors of readings and timescale. */
static int64_t follower_tolerance(const struct timescale_now *now, int64_t least_ns)
{
	int64_t tolerance_ns = least_ns + now->reading_ns;

	if (now->sigma_ns != CHIME_LINE_UNBOUNDED_NS)
		tolerance_ns = chime_add_sat(tolerance_ns, now->sigma_ns / 4);
	return tolerance_ns;
}

void follower_note_late(struct follower *follower, int64_t late_ns)
{
	follower->late_ns = chime_max(follower->late_ns, chime_min(late_ns, LATE_MAX_NS));
}

void follower_check_again(struct follower *follower)
{
	follower->next_ns = follower->last_raw_ns;
}

/* The delay to expect of a check. */
static void follower_judge_late(struct follower *follower, const struct timescale_now *now)
{
	int64_t elapsed_ns = chime_sub_sat(now->raw_ns, follower->last_raw_ns);

	if (!follower->started)
		return;
	follower->late_ns = chime_max(chime_sub_sat(follower->late_ns, elapsed_ns / LATE_MEMORY),
				      0);
	follower_note_late(follower, chime_sub_sat(now->raw_ns, follower->next_ns));
}

/*
 * The timescale's rate without a slew of its own, whose remaining phase is taken as if it were
 * there already. While a slew hides the rate the latest one is used, even if the clock was stepped
 * since, and zero if there was none.
 */
static void follower_note_rate(struct follower *follower, const struct timescale_now *now,
			       int64_t tolerance_ns)
{
	double turned = fabs(now->rate - follower->base_rate);

	if (now->slew_ns)
		return;
	follower->base_rate = now->rate;
	follower->has_rate = true;

	/* A rate that has just changed is not extrapolated for longer than it can do harm. */
	while (follower->started && turned * (double)follower->interval_ns > (double)tolerance_ns)
		follower->interval_ns /= 2;
	follower->interval_ns = chime_max(follower->interval_ns, follower->options.min_interval_ns);
}

/* Checks that find the predicted offset become rarer, others more frequent. */
static void follower_adapt(struct follower *follower, const struct timescale_now *now,
			   double rest_ns)
{
	const struct follower_options *options = &follower->options;
	int64_t tolerance_ns = follower_tolerance(now, FINE_NS);
	int64_t longest_ns;

	if (!follower->started) {
		follower->first_raw_ns = now->raw_ns;
		follower->interval_ns = options->min_interval_ns;
		return;
	}
	/* An early check, at a fresh correction, does not count. */
	if (now->raw_ns < follower->next_ns)
		return;
	if (fabs(rest_ns) <= (double)tolerance_ns)
		follower->interval_ns *= 2;
	else if (fabs(rest_ns) / 2 > (double)tolerance_ns)
		follower->interval_ns /= 4;
	else
		follower->interval_ns -= follower->interval_ns / 4;
	longest_ns = chime_sub_sat(chime_sub_sat(now->raw_ns, follower->first_raw_ns), WATCH_NS) /
		     SPAN_PART;
	longest_ns = chime_min(longest_ns, options->max_interval_ns);
	follower->interval_ns = chime_max(chime_min(follower->interval_ns, longest_ns),
					  options->min_interval_ns);
}

static double clamp(double value, double limit)
{
	return fmax(-limit, fmin(limit, value));
}

/*
 * Learn the bias from the difference between found and predicted offset at an undisturbed check,
 * the more the longer the interval was. A fresh correction, which brings an early check, says
 * nothing of the system clock's rate; and the timescale's own rate, a host's slope, is known the
 * better the later.
 */
static void follower_learn_bias(struct follower *follower, const struct timescale_now *now,
				int64_t offset_ns)
{
	double elapsed_ns = (double)now->raw_ns - (double)follower->last_raw_ns;
	double surprise_ns = (double)offset_ns - follower_predicted(follower, now);
	double turned = now->rate - follower->base_rate;
	double error = surprise_ns / elapsed_ns - turned;

	if (!follower->started || now->slew_ns || now->raw_ns < follower->next_ns ||
	    elapsed_ns < BIAS_CHECK_NS || fabs(turned) > BIAS_MAX || fabs(error) > BIAS_MAX)
		return;
	error *= elapsed_ns / (elapsed_ns + BIAS_SHARE_NS);
	follower->bias = clamp(follower->bias + error, BIAS_MAX);
}

/* The part to remove of an offset that does not come from a correction. */
static double follower_share(double rest_ns)
{
	return fabs(rest_ns) > DITHER_NS ? 1.0 : DITHER_SHARE;
}

/*
 * The rate of the slew, and the time until the next check. @corrected_ns of the offset come from a
 * correction, @rest_ns do not.
 */
static double follower_slew(struct follower *follower, const struct timescale_now *now,
			    double corrected_ns, double rest_ns, int64_t tolerance_ns,
			    int64_t *next_ns)
{
	bool calm = fabs(corrected_ns + rest_ns) <= (double)tolerance_ns;
	double horizon_ns = (double)follower->interval_ns, constant_ns, check_ns;

	if (fabs(rest_ns) > (double)tolerance_ns)
		horizon_ns = follower_least_horizon(follower, fabs(rest_ns),
						    (double)follower->options.min_interval_ns);
	constant_ns = corrected_ns == 0.0 ? INFINITY :
		      follower_time_constant(follower, now, corrected_ns, calm);
	follower->corrected_ns = corrected_ns;
	follower->corrected_slew = corrected_ns / constant_ns;

	/* A longer slew is checked on its way. */
	check_ns = fmin(horizon_ns, follower_correction_check(follower, now, constant_ns));
	*next_ns = (int64_t)fmin(check_ns, (double)follower->options.max_interval_ns);
	return clamp(follower->corrected_slew + follower_share(rest_ns) * rest_ns / horizon_ns,
		     follower->options.max_slew);
}

void follower_update(struct follower *follower, const struct timescale_now *now,
		     struct follower_command *command)
{
	const struct follower_options *options = &follower->options;
	int64_t target_ns = chime_add_sat(now->time_ns, now->slew_ns);
	int64_t offset_ns = chime_sub_sat(target_ns, now->realtime_ns);
	int64_t tolerance_ns, horizon_ns;
	double corrected_ns, rest_ns, slew;

	follower_judge_late(follower, now);
	follower_learn_bias(follower, now, offset_ns);
	follower_note_news(follower, now);
	/* An offset that came with a correction is not caused by the kernel. */
	tolerance_ns = follower_tolerance(now, follower_is_news(follower, now) ? FINE_NS :
										 DITHER_NS);
	corrected_ns = follower_note_correction(follower, now, offset_ns, tolerance_ns);
	rest_ns = (double)offset_ns - corrected_ns;
	follower_adapt(follower, now, rest_ns);
	follower_note_rate(follower, now, tolerance_ns);
	slew = follower_slew(follower, now, corrected_ns, rest_ns, tolerance_ns, &horizon_ns);

	command->base_rate = clamp(follower->base_rate, options->max_rate);
	command->rate = clamp(command->base_rate + follower->bias + slew, options->max_rate);
	command->settled = chime_abs_sat(offset_ns) <= tolerance_ns ||
			   (now->sigma_ns != CHIME_LINE_UNBOUNDED_NS &&
			    chime_abs_sat(offset_ns) <= now->sigma_ns);

	if (now->slew_ns && horizon_ns > SLEW_CHECK_NS &&
	    (!follower->started || !follower->has_rate))
		horizon_ns = SLEW_CHECK_NS;
	command->next_ns = chime_add_sat(now->raw_ns, horizon_ns);
	follower->last_raw_ns = now->raw_ns;
	follower->last_offset_ns = offset_ns;
	follower->last_slew = slew;
	follower->next_ns = command->next_ns;
	follower->started = true;
}
