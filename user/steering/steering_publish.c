// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is published through the kernel to every program: whether the clock is synchronised, its
 * greatest error, and the leap second to come.
 */
#include "steering/steering_private.h"

#include <math.h>

#include "lib/names.h"
#include "lib/time_units.h"

/*
 * A synchronised clock becomes unsynchronised when it is wrong by more than its bound and this. One
 * that is not becomes it when it is wrong by no more than its bound and this: sources that know the
 * time to so much may take minutes to slew what is left.
 */
#define UNSETTLED_NS	10000000LL

/*
 * The host's error by the sources' first correction is slewed within seconds, and is in the bound
 * meanwhile: a clock that was synchronised since the start stays so. With more it does not. So does
 * a clock of which a better answer shows an error within the bound that was published before: that
 * was true, and the new bound is smaller with the error in it.
 */
#define FOUND_MOST_NS	NS_PER_S

/*
 * When the clock is set the kernel forgets an armed leap second, and accepts it again only after it
 * was withdrawn for a second.
 */
#define DISARMED_NS	(2 * NS_PER_S)

/*
 * The kernel lets its bound grow by 500 ppm. One that grows faster, because of a rate that may be
 * wrong by more, is published ahead of time, and refreshed so often; a check may be late by as
 * much.
 */
#define KERNEL_GROWTH		500e-6
#define OUTGROWN_PUBLISH_NS	NS_PER_S
#define OUTGROWN_AHEAD		2

/*
 * Only the daemon ends a slew, and a machine that is short of processors stands still for seconds,
 * while its clock moves on beyond the target. While a slew is faster than the kernel's growth, its
 * effect in so long is published ahead of time, too: as long as the slew takes, mostly a second.
 */
#define STALL_NS	(32 * NS_PER_S)

/*
 * What another program has set stays in question: it is by the raw clock when that was, and the
 * sources have been asked.
 */
void steering_recheck(struct steering *steering)
{
	follower_restart(&steering->follower);
	steering->status.valid = false;
	steering->disarm = true;
	steering_follow_now(steering);
}

static bool steering_is_far(const struct timescale_now *now)
{
	return steering_error_ns(now) > chime_add_sat(now->maxerror_ns, UNSETTLED_NS);
}

void steering_note_found(struct steering *steering, int64_t error_ns)
{
	if (steering->settled && chime_abs_sat(error_ns) <= FOUND_MOST_NS)
		steering->found_ns = chime_abs_sat(error_ns);
}

static bool steering_is_near(const struct timescale_now *now)
{
	return steering_error_ns(now) <= chime_min(now->maxerror_ns, UNSETTLED_NS);
}

void steering_judge_settled(struct steering *steering, const struct timescale_now *now,
			    bool removed)
{
	bool far = steering_is_far(now) &&
		   steering_error_ns(now) > chime_add_sat(steering->found_ns, UNSETTLED_NS);
	bool settled = removed || steering_is_near(now);

	if (!steering_can_follow(now) || (far && !settled))
		steering->settled = false;
	else if (settled)
		steering->settled = true;
	if (settled || !steering->settled)
		steering->found_ns = 0;
}

void steering_judge_errors(struct steering *steering, const struct timescale_now *now)
{
	struct steering_status *status = &steering->status;
	int64_t error_ns = steering_error_ns(now);

	if (now->maxerror_ns == CHIME_LINE_UNBOUNDED_NS) {
		status->maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
		status->reading_ns = CHIME_LINE_UNBOUNDED_NS;
		status->esterror_ns = CHIME_LINE_UNBOUNDED_NS;
		return;
	}
	status->reading_ns = chime_add_sat(chime_add_sat(now->maxerror_ns, error_ns),
					   now->reading_ns);
	status->maxerror_ns = chime_add_sat(status->reading_ns, now->host_maxerror_ns);
	status->esterror_ns = chime_add_sat(now->sigma_ns, error_ns);
}

/* What is known of the clock, when it is called synchronised. */
static void steering_log_synchronised(const struct steering_status *status)
{
	if (timescale_is_unvouched(&status->now)) {
		log_notice("The system clock is synchronised: it follows its host to %s. The error of the host's own clock is not known (no time source yet, no hostmaxerror)",
			   duration_text(status->reading_ns).text);
		return;
	}
	log_notice("The system clock is synchronised, right to within %s",
		   duration_text(status->maxerror_ns).text);
}

/* The leap second of today to publish to the kernel. */
static int steering_kernel_leap(const struct steering *steering)
{
	if (steering->options.leap_mode != LEAP_SYSTEM || steering->disarm ||
	    steering->status.now.raw_ns < steering->arm_from_ns)
		return 0;
	return steering->status.leap;
}

/*
 * A disruption since the reading may have marked the clock unsynchronised, and its notification may
 * not have arrived yet. While a host is waited for, only the bound shows that. If there was none,
 * the next check, at once, calls the clock synchronised.
 */
static bool steering_is_overtaken(struct steering *steering, const struct timescale_now *now)
{
	struct timescale_now after;

	if (timescale_read(steering->timescale, &after))
		return false;
	return after.disruptions != now->disruptions || after.epoch != now->epoch ||
	       after.maxerror_ns == CHIME_LINE_UNBOUNDED_NS;
}

/*
 * The clock is marked unsynchronised, as at a start, and is right. -ESTALE: a disruption may have
 * marked it; -errno.
 */
static int steering_clear_mark(struct steering *steering, const struct timescale_now *now)
{
	int err;

	if (steering_is_overtaken(steering, now))
		return -ESTALE;
	err = system_clock_clear_mark(steering->clock, steering_kernel_leap(steering));
	/* A mark that came in between has been cleared, too. */
	if (!err && steering_is_overtaken(steering, now))
		err = -ESTALE;
	return err;
}

/* By how much the correction's bound may outgrow the kernel's until the next refresh. */
static int64_t steering_outgrown_ns(const struct steering *steering)
{
	const struct chime_line *line = &steering->status.correction;
	double growth;

	if (!steering->status.has_correction)
		return 0;
	growth = fmax((double)line->maxerror_rate_q32, (double)line->beyond_maxerror_rate_q32) /
		 Q32;
	return (int64_t)ceil(fmax(growth - KERNEL_GROWTH, 0) * OUTGROWN_AHEAD *
			     OUTGROWN_PUBLISH_NS);
}

/* How far beyond its target a slew would move the clock if the daemon did not end it. */
static int64_t steering_runaway_ns(const struct steering *steering)
{
	double slew = fabs(system_clock_rate(steering->clock) - steering->status.base_rate);

	if (!steering->steered)
		return 0;
	return (int64_t)ceil(fmax(slew - KERNEL_GROWTH, 0) * STALL_NS);
}

/*
 * With -x the clock is others' to steer, and is near the right time by them or by chance: so what
 * they have said to the kernel counts, too.
 */
static bool steering_is_synchronised(const struct steering *steering)
{
	const struct steering_status *status = &steering->status;

	return steering->settled && trust_allows(status->trust) &&
	       status->reading_ns != CHIME_LINE_UNBOUNDED_NS &&
	       (!steering->options.observe || system_clock_is_synchronised());
}

int steering_publish(struct steering *steering, const struct timescale_now *now)
{
	struct steering_status *status = &steering->status;
	bool synchronised = steering_is_synchronised(steering);
	int64_t outgrown_ns = steering_outgrown_ns(steering);
	int64_t maxerror_ns = chime_add_sat(chime_add_sat(steering_published_ns(status),
							  outgrown_ns),
					    steering_runaway_ns(steering));
	int err;

	steering->next_publish_ns = chime_add_sat(now->raw_ns, outgrown_ns ? OUTGROWN_PUBLISH_NS :
								STEERING_PUBLISH_NS);
	err = system_clock_publish(steering->clock, synchronised, maxerror_ns,
				   status->esterror_ns, steering_kernel_leap(steering));
	if (err > 0) {
		/* One that was not marked before was set since, if only by a little. */
		steering->disarm |= steering->armed;
		err = steering_clear_mark(steering, now);
	}
	if (err == -ESTALE) {
		synchronised = false;
		steering_recheck(steering);
		err = system_clock_publish(steering->clock, false, maxerror_ns,
					   status->esterror_ns, steering_kernel_leap(steering));
	}
	if (err < 0)
		return err;
	steering->armed = synchronised && steering_kernel_leap(steering);
	if (steering->disarm) {
		steering->disarm = false;
		steering->arm_from_ns = chime_add_sat(now->raw_ns, DISARMED_NS);
	}
	if (steering->status.leap && now->raw_ns < steering->arm_from_ns)
		steering->next_publish_ns = steering->arm_from_ns;
	if (synchronised && !status->synchronised)
		steering_log_synchronised(status);
	else if (!synchronised && status->synchronised)
		log_warning("The system clock is no longer synchronised");
	status->synchronised = synchronised;
	return 0;
}
