// SPDX-License-Identifier: GPL-2.0-only
/*
 * The RTC against the raw clock. See rtc_track.h for the method.
 */
#include "core/rtc_track.h"

/* The bounds widen at this rate: RTC crystals are good to 100 ppm, and counters are better. */
#define CHIME_RTC_DRIFT_Q32	((500LL << 32) / 1000000)

/*
 * An emulated RTC's second may begin late, and a kernel on a busy machine may have been preempted
 * while setting it. Together with a reading's resolution of one second, a jump of more than two
 * seconds is still detected.
 */
#define CHIME_RTC_SLACK_NS	(900 * CHIME_NS_PER_MS)

/*
 * A program that sets an RTC aims at the beginning of a second, and misses it by less than this,
 * even if it is preempted just then. A jump that is detected is larger.
 */
#define CHIME_RTC_SET_NS	(700 * CHIME_NS_PER_MS)

/*
 * An emulated RTC that is set goes on with its second where that was, so its next one may begin too
 * early by as much as a second.
 */
#define CHIME_RTC_EARLY_NS	CHIME_NS_PER_S

s64 chime_rtc_zone_ns(s64 rtc_ns, s64 realtime_ns, s32 west_min)
{
	s64 local_ns = chime_sub_sat(realtime_ns, west_min * 60 * CHIME_NS_PER_S);

	return chime_abs_sat(chime_sub_sat(rtc_ns, local_ns)) <
	       chime_abs_sat(chime_sub_sat(rtc_ns, realtime_ns)) ? local_ns : realtime_ns;
}

s64 chime_rtc_ahead_ns(const struct chime_rtc_reading *reading)
{
	return chime_sub_sat(chime_add_sat(reading->rtc_ns, CHIME_NS_PER_S / 2),
			     reading->realtime_ns);
}

bool chime_rtc_is_small(s64 error_ns)
{
	return chime_abs_sat(error_ns) <= CHIME_NS_PER_S / 2 + CHIME_RTC_SET_NS;
}

bool chime_rtc_is_realtime(const struct chime_rtc_reading *reading)
{
	s64 ahead_ns = chime_rtc_ahead_ns(reading);

	return ahead_ns >= -(CHIME_NS_PER_S / 2 + CHIME_RTC_SET_NS) &&
	       ahead_ns <= CHIME_NS_PER_S / 2 + CHIME_RTC_EARLY_NS;
}

/* The most likely difference, RTC minus raw clock. */
static s64 chime_rtc_track_middle(const struct chime_rtc_track *track)
{
	return track->low_ns / 2 + track->high_ns / 2;
}

s64 chime_rtc_behind_ns(const struct chime_rtc_track *before, const struct chime_rtc_track *now,
			const struct chime_rtc_reading *reading)
{
	s64 gap_ns = chime_sub_sat(chime_rtc_track_middle(now), chime_rtc_track_middle(before));
	s64 ahead_ns = chime_add_sat(before->system_ahead_ns, gap_ns);

	return chime_sub_sat(chime_add_sat(reading->after_ns, ahead_ns), reading->system_ns);
}

static void chime_rtc_track_restart(struct chime_rtc_track *track,
				    const struct chime_rtc_reading *reading)
{
	track->known = true;
	track->low_ns = chime_sub_sat(reading->rtc_ns, reading->after_ns);
	track->high_ns = chime_sub_sat(chime_add_sat(reading->rtc_ns, CHIME_NS_PER_S),
				       reading->before_ns);
	track->raw_ns = reading->after_ns;
	track->system_ahead_ns = chime_sub_sat(reading->system_ns, reading->after_ns);
	track->moved = false;
}

enum chime_rtc_verdict chime_rtc_track_update(struct chime_rtc_track *track,
					      const struct chime_rtc_reading *reading, s64 *gap_ns)
{
	struct chime_rtc_track now, before = *track;
	s64 wider_ns;

	chime_rtc_track_restart(&now, reading);
	if (!before.known) {
		*track = now;
		return CHIME_RTC_OK;
	}
	wider_ns = chime_scale_q32(chime_sub_sat(reading->after_ns, before.raw_ns),
				   CHIME_RTC_DRIFT_Q32);
	before.low_ns = chime_sub_sat(before.low_ns, wider_ns);
	before.high_ns = chime_add_sat(before.high_ns, wider_ns);

	if (chime_sub_sat(now.low_ns, CHIME_RTC_SLACK_NS) > before.high_ns ||
	    chime_add_sat(now.high_ns, CHIME_RTC_SLACK_NS) < before.low_ns) {
		*gap_ns = chime_sub_sat(chime_rtc_track_middle(&now),
					chime_rtc_track_middle(&before));
		*track = now;
		/* After a suspend the kernel has set both forward. */
		if (chime_rtc_is_realtime(reading) ||
		    chime_rtc_is_small(chime_rtc_behind_ns(&before, &now, reading)))
			return CHIME_RTC_SET;
		return CHIME_RTC_JUMPED;
	}
	if (before.moved) {
		*track = now;
		return CHIME_RTC_OK;
	}
	/* The intersection; if it is empty but for the slack, the new interval. */
	if (now.low_ns < before.low_ns && before.low_ns <= now.high_ns)
		now.low_ns = before.low_ns;
	if (now.high_ns > before.high_ns && before.high_ns >= now.low_ns)
		now.high_ns = before.high_ns;
	*track = now;
	return CHIME_RTC_OK;
}
