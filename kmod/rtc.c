// SPDX-License-Identifier: GPL-2.0-only
/*
 * The RTC as a witness: readings, and what follows from a jump. See rtc.h.
 */
#include "rtc.h"

#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/lockdep.h>
#include <linux/rtc.h>
#include <linux/time.h>
#include <linux/time64.h>

#include "chime.h"
#include "compat.h"

/* Once a second, with the checks. */
#define CHIME_RTC_PERIOD_NS	(900 * NSEC_PER_MSEC)

/*
 * With a working host clock the RTC is only a fallback: read it every 10 min, so that a baseline
 * exists if the host stops responding.
 */
#define CHIME_RTC_SPARE_NS	(600 * NSEC_PER_SEC)

/*
 * A reading takes milliseconds, but sometimes seconds: then it is not known when the RTC showed
 * what was read. It is read again in a second.
 */
#define CHIME_RTC_READ_MOST_NS	(300 * NSEC_PER_MSEC)

/*
 * The daemon asks NTP at once. If no answer has come by the next reading, it is too slow to wait
 * for with a clock that is known to be wrong: a later answer steps the clock again, by less than a
 * second.
 */
#define CHIME_RTC_PATIENCE_NS	CHIME_RTC_PERIOD_NS

/* Opened for each reading, so that the driver can be unloaded in between. */
static int chime_rtc_read(struct chime_rtc_reading *reading)
{
	struct rtc_device *rtc = rtc_class_open("rtc0");
	struct chime_snapshot snapshot;
	struct rtc_time time;
	int ret;

	if (!rtc)
		return -ENODEV;
	reading->before_ns = ktime_get_raw_ns();
	ret = rtc_read_time(rtc, &time);
	chime_snapshot_take(&snapshot);
	rtc_class_close(rtc);
	if (ret)
		return ret;
	if (rtc_tm_to_time64(&time) > KTIME_SEC_MAX)
		return -ERANGE;
	reading->after_ns = snapshot.raw_ns;
	if (reading->after_ns - reading->before_ns > CHIME_RTC_READ_MOST_NS)
		return -EAGAIN;
	reading->rtc_ns = rtc_tm_to_time64(&time) * NSEC_PER_SEC;
	/* settimeofday(2) sets the zone at any time. */
	reading->realtime_ns = chime_rtc_zone_ns(reading->rtc_ns, snapshot.realtime_ns,
						 READ_ONCE(sys_tz.tz_minuteswest));
	reading->system_ns = snapshot.realtime_ns;
	return 0;
}

/* By how much others have set the system clock since the reading: to mark it takes a while. */
static s64 chime_rtc_set_since(const struct chime_rtc_reading *reading)
{
	struct chime_snapshot snapshot;

	chime_snapshot_take(&snapshot);
	return chime_sub_sat(chime_sub_sat(snapshot.realtime_ns, snapshot.raw_ns),
			     chime_sub_sat(reading->system_ns, reading->after_ns));
}

/*
 * How far the system clock is behind the time that follows from the RTC's jump. If the system clock
 * had not even been set before the jump, use the time that the RTC shows.
 */
static s64 chime_rtc_debt_ns(const struct chime_rtc *rtc, const struct chime_rtc_reading *reading)
{
	s64 behind_ns = chime_rtc_behind_ns(&rtc->before, &rtc->track, reading);

	if (chime_system_clock_is_too_early(chime_add_sat(reading->system_ns, behind_ns)))
		behind_ns = chime_rtc_ahead_ns(reading);
	return chime_sub_sat(behind_ns, chime_rtc_set_since(reading));
}

/* Move the system clock by the RTC's jump, unless another source has corrected it meanwhile. */
static void chime_rtc_pay(struct chime *chime, const struct chime_rtc_reading *reading)
{
	struct chime_rtc *rtc = &chime->rtc;
	s64 behind_ns;

	lockdep_assert_held(&chime->lock);
	if (!rtc->owed)
		return;
	behind_ns = chime_rtc_debt_ns(rtc, reading);
	if (chime_host_is_there(&chime->host) || chime_timescale_correction(&chime->timescale) ||
	    chime_rtc_is_small(behind_ns))
		rtc->owed = false;
	if (!rtc->owed || ktime_get_raw_ns() < rtc->due_raw_ns)
		return;
	rtc->owed = false;
	chime_disruption_follow_rtc(chime, behind_ns);
}

/* @before: the track before the jump. */
static void chime_rtc_jumped(struct chime *chime, s64 gap_ns, const struct chime_rtc_track *before)
{
	struct chime_rtc *rtc = &chime->rtc;

	lockdep_assert_held(&chime->lock);
	/* The raw clock stood still while this machine slept: that is reported as a suspend. */
	if (rtc->policy == TRUECHIME_RTC_IGNORE || chime_host_is_there(&chime->host) ||
	    chime->witness.suspending)
		return;
	chime_disruption_rtc_jumped(chime, gap_ns, before->raw_ns);
	if (rtc->policy != TRUECHIME_RTC_TRUST)
		return;
	/* If an earlier jump has not been followed yet, follow both. */
	if (!rtc->owed)
		rtc->before = *before;
	rtc->owed = true;
	rtc->due_raw_ns = chime->disruption.reported_raw_ns;
	if (chime->disruption.was_corrected)
		rtc->due_raw_ns += CHIME_RTC_PATIENCE_NS;
}

/* Restart the track if the RTC was not read for a while; note in it what was reported since. */
static void chime_rtc_renew(struct chime *chime)
{
	struct chime_rtc *rtc = &chime->rtc;
	bool renew, moved;

	rt_mutex_lock(&chime->lock);
	renew = rtc->renew;
	moved = rtc->moved;
	rtc->renew = false;
	rtc->moved = false;
	rt_mutex_unlock(&chime->lock);
	if (renew)
		rtc->track = (struct chime_rtc_track){ };
	rtc->track.moved |= moved;
}

static void chime_rtc_work(struct work_struct *work)
{
	struct chime *chime = container_of(work, struct chime, rtc.work);
	struct chime_rtc_track *track = &chime->rtc.track;
	struct chime_rtc_reading reading;
	struct chime_rtc_track before;
	s64 gap_ns = 0, again_ns;
	bool jumped;

	chime_rtc_renew(chime);
	before = *track;
	/* Without the lock: a reading takes milliseconds, and sometimes seconds. */
	if (chime_rtc_read(&reading))
		return;
	jumped = chime_rtc_track_update(track, &reading, &gap_ns) == CHIME_RTC_JUMPED;
	/* A second reading must confirm it: the first may have been in the middle of an update. */
	if (jumped && (chime_rtc_read(&reading) ||
		       chime_rtc_track_update(track, &reading, &again_ns) != CHIME_RTC_OK)) {
		*track = before;
		return;
	}

	rt_mutex_lock(&chime->lock);
	if (jumped)
		chime_rtc_jumped(chime, gap_ns, &before);
	chime_rtc_pay(chime, &reading);
	chime_unlock(chime);
}

bool chime_rtc_is_due(const struct chime *chime)
{
	const struct chime_rtc *rtc = &chime->rtc;
	s64 period_ns = CHIME_RTC_PERIOD_NS;

	lockdep_assert_held(&chime->lock);
	if (chime_host_is_there(&chime->host))
		period_ns = CHIME_RTC_SPARE_NS;
	/* The device may be asleep already. */
	return rtc->policy != TRUECHIME_RTC_IGNORE && !chime->witness.suspending &&
	       ktime_get_raw_ns() - rtc->asked_raw_ns >= period_ns;
}

void chime_rtc_ask(struct chime *chime)
{
	struct chime_rtc *rtc = &chime->rtc;

	lockdep_assert_held(&chime->lock);
	if (!chime_rtc_is_due(chime))
		return;
	rtc->asked_raw_ns = ktime_get_raw_ns();
	queue_work(chime->checks.anywhere, &rtc->work);
}

void chime_rtc_read_soon(struct chime *chime)
{
	lockdep_assert_held(&chime->lock);
	chime->rtc.asked_raw_ns = ktime_get_raw_ns() - CHIME_RTC_SPARE_NS;
	chime->rtc.moved = true;
}

void chime_rtc_release(struct chime *chime)
{
	lockdep_assert_held(&chime->lock);
	chime->rtc.owed = false;
}

void chime_rtc_set_policy(struct chime *chime, enum truechime_rtc policy)
{
	struct chime_rtc *rtc = &chime->rtc;

	lockdep_assert_held(&chime->lock);
	rtc->renew = rtc->renew || rtc->policy == TRUECHIME_RTC_IGNORE;
	rtc->owed = rtc->owed && policy == TRUECHIME_RTC_TRUST;
	rtc->policy = policy;
}

void chime_rtc_init(struct chime *chime, enum truechime_rtc policy)
{
	chime->rtc.policy = policy;
	/* At the first check. */
	chime->rtc.asked_raw_ns = -CHIME_RTC_SPARE_NS;
	INIT_WORK(&chime->rtc.work, chime_rtc_work);
}

void chime_rtc_stop(struct chime *chime)
{
	cancel_work_sync(&chime->rtc.work);
}
