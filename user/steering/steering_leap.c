// SPDX-License-Identifier: GPL-2.0-only
/*
 * A leap second, from its announcement until it has passed: by the kernel, where STA_INS or STA_DEL
 * requests it, or by a step or slew of our own.
 */
#include "steering/steering_private.h"

#include <string.h>

/*
 * A clock that was left at its rate and the timescale drift apart by less in a day. If what they
 * are apart by is no second to within this, the clock was set since.
 */
#define LEFT_APART_NS	(NS_PER_S / 10)

/*
 * The time that a leap second passes by: where the kernel is to execute it, that is the clock's as
 * well, and one that is behind may still leap.
 */
static int64_t steering_leap_time_ns(const struct steering *steering,
				     const struct timescale_now *now)
{
	return steering->armed ? chime_min(now->time_ns, now->realtime_ns) : now->time_ns;
}

void steering_note_leap(struct steering *steering, const struct timescale_now *now)
{
	struct steering_status *status = &steering->status;
	int before = status->leap;

	/* A time that is not known passes none. */
	if (steering_can_follow(now))
		leap_check(&steering->leap, steering_leap_time_ns(steering, now));
	status->leap = steering->leap.kind;
	status->leap_raw_ns = chime_add_sat(now->raw_ns,
					    chime_sub_sat(steering->leap.at_ns, now->time_ns));
	/* Publish it to the kernel now. */
	if (status->leap != before)
		steering->next_publish_ns = 0;
}

/*
 * A daemon that stood still for minutes over a leap second finds that the module did not wait for
 * it: in a new epoch, system clock and timescale are as far apart as they were.
 */
static bool steering_timescale_leapt(const struct steering *steering,
				     const struct timescale_now *now, int64_t change_ns)
{
	const struct timescale_now *last = &steering->status.now;
	int64_t before_ns = chime_sub_sat(last->realtime_ns, last->time_ns);
	int64_t after_ns = chime_sub_sat(now->realtime_ns, now->time_ns);
	int64_t moved_ns = chime_abs_sat(chime_sub_sat(after_ns, before_ns));

	/* Of the latest reading, whatever has come into question since then. */
	return last->raw_ns && now->epoch != last->epoch &&
	       now->disruptions == last->disruptions && moved_ns < chime_abs_sat(change_ns) / 2;
}

/* What became of the second at midnight. */
static const char *steering_leap_word(int64_t change_ns)
{
	return change_ns < 0 ? "inserted" : "left out";
}

static void steering_pass_leap(struct steering *steering, const struct timescale_now *now,
			       int64_t change_ns)
{
	int err = 0;

	if (!steering_timescale_leapt(steering, now, change_ns))
		err = steering->timescale->ops->leap(steering->timescale, change_ns);
	/* The reading that showed this turn of the loop all clocks is from before. */
	timescale_expire(steering->timescale);
	if (err)
		log_err("The leap second could not be set in the timescale: %s; the sources will show it",
			strerror(-err));
	log_notice("A second was %s at midnight UTC, as announced", steering_leap_word(change_ns));
	leap_done(&steering->leap);
	steering->leapt_ns = chime_add_sat(steering->leapt_ns, change_ns);
	if (steering->status.has_correction)
		steering->status.correction.offset_ns =
			chime_add_sat(steering->status.correction.offset_ns, change_ns);
	steering_recheck(steering);
}

/* Until sources have answered nobody knows it, unless a host's clock is followed as it is. */
static void steering_doubt_leap(struct steering *steering, const struct timescale_now *now)
{
	if (!now->host_maxerror_ns)
		steering_disrupted(steering, false);
}

/*
 * Time was disrupted since this was asked last, and measured by a clock that leaps as UTC does:
 * where it is past midnight only now, that includes the leap second.
 *
 * It does not if the disruption was over before midnight, and this reading came late; and of an
 * inserted one the second before midnight is there twice.
 */
static void steering_note_disruption(struct steering *steering, const struct timescale_now *now)
{
	const struct timescale_now *last = &steering->status.now;
	struct leap *leap = &steering->leap;
	int64_t change_ns = leap_change_ns(leap->kind);
	bool over = leap_is_over(leap, now->time_ns);

	if (now->disruptions == steering->leap_disruptions)
		return;
	steering->leap_disruptions = now->disruptions;
	if (steering_can_follow(last) && leap_has_come(leap, last->time_ns))
		return;
	if (leap_is_repeated(leap, now->time_ns) || (over && leap_is_near(leap, now->time_ns)))
		steering_doubt_leap(steering, now);
	if (!over)
		return;
	log_notice("A second was %s at midnight UTC while time was disrupted",
		   steering_leap_word(change_ns));
	(void)system_clock_leap_tai(steering->clock, change_ns);
	leap_done(leap);
}

/*
 * It is time for a leap of our own: as configured, or as the kernel is not armed, or has missed it
 * all the same.
 */
static bool steering_is_to_leap(const struct steering *steering, const struct timescale_now *now)
{
	const struct leap *leap = &steering->leap;
	int64_t utc_ns = now->time_ns;

	if (steering->options.leap_mode == LEAP_IGNORE)
		return false;
	if (steering->options.leap_mode == LEAP_SYSTEM && steering->armed) {
		utc_ns = chime_sub_sat(steering_leap_time_ns(steering, now),
				       STEERING_LEAP_MISSED_NS);
		return leap_has_come(leap, utc_ns) && steering->status.valid;
	}
	return leap_has_come(leap, utc_ns) &&
	       (leap_is_near(leap, utc_ns) || steering->status.valid);
}

bool steering_has_leapt(struct steering *steering, const struct timescale_now *now,
			int64_t change_ns)
{
	int64_t announced_ns = leap_change_ns(steering->leap.kind);
	bool by_kernel = change_ns && change_ns == announced_ns;

	if (steering->status.trust == TRUST_EXTERNAL)
		return false;
	if (!steering_can_follow(now)) {
		/* What sources measure later includes it. */
		if (by_kernel)
			leap_done(&steering->leap);
		return false;
	}
	/* Who has stood still finds that late. */
	if (by_kernel &&
	    (leap_is_near(&steering->leap, now->time_ns) ||
	     leap_has_come(&steering->leap, now->time_ns))) {
		/* Before a disruption, or in a time that was wrong already? */
		if (now->disruptions != steering->leap_disruptions)
			steering_doubt_leap(steering, now);
		steering_pass_leap(steering, now, change_ns);
		return true;
	}
	steering_note_disruption(steering, now);
	if (!steering_is_to_leap(steering, now))
		return false;
	steering_pass_leap(steering, now, announced_ns);
	if (steering->options.leap_mode != LEAP_SLEW)
		(void)steering_step(steering, "a leap second");
	(void)system_clock_leap_tai(steering->clock, announced_ns);
	return true;
}

int64_t steering_leap(struct steering *steering)
{
	int64_t leapt_ns;

	if (steering->status.leap)
		(void)steering_read(steering);
	leapt_ns = steering->leapt_ns;
	steering->leapt_ns = 0;
	return leapt_ns;
}

void steering_announce_leap(struct steering *steering, int kind)
{
	steering->leap.announced = kind;
}

/* The module's timescale goes on without a daemon, and does not leap with the kernel. */
static void steering_make_up_leap(struct steering *steering, struct timescale_now *now,
				  int64_t change_ns)
{
	int64_t ahead_ns = chime_sub_sat(now->realtime_ns, now->time_ns);
	int err;

	if (now->external || chime_abs_sat(chime_sub_sat(ahead_ns, change_ns)) > LEFT_APART_NS)
		return;
	err = steering->timescale->ops->leap(steering->timescale, change_ns);
	if (!err)
		err = timescale_read(steering->timescale, now);
	if (err)
		log_err("The leap second that the kernel executed while no daemon ran could not be set in the timescale: %s; the sources will show it",
			strerror(-err));
	else
		log_notice("A second was %s at midnight UTC while no daemon ran",
			   steering_leap_word(change_ns));
}

void steering_resume_leap(struct steering *steering, int kind)
{
	int64_t change_ns = system_clock_left_leapt(steering->clock);
	struct leap *leap = &steering->leap;
	struct timescale_now now;

	if (timescale_read(steering->timescale, &now))
		return;
	steering->leap_disruptions = now.disruptions;
	if (change_ns) {
		steering_make_up_leap(steering, &now, change_ns);
		leap_note_past(leap, now.realtime_ns);
	}
	if (!steering_can_follow(&now))
		return;
	/* Not for the end of another half year. */
	leap->announced = kind;
	leap_check(leap, now.time_ns);
	leap->announced = leap->kind;
}
