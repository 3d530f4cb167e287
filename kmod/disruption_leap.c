// SPDX-License-Identifier: GPL-2.0-only
/*
 * A leap second while no daemon runs: the kernel executes it, and the timescale follows.
 */
#include <linux/ktime.h>

#include "chime.h"
#include "core/leap_second.h"
#include "disruption_parts.h"

void chime_disruption_pass_leap(struct chime *chime)
{
	struct chime_timescale *timescale = &chime->timescale;
	s64 ahead_ns, age_ns, change_ns, raw_ns = ktime_get_raw_ns();
	struct chime_leap_seconds leaps;

	chime_timekeeper_read_leaps(&chime->timekeeper, &leaps);
	ahead_ns = chime_sub_sat(0, chime_system_clock_offset(timescale));
	age_ns = chime_timescale_age(timescale, raw_ns);
	change_ns = chime_leap_due(&chime->disruption.leap, leaps.tai_offset_s, ahead_ns, age_ns,
				   raw_ns);
	if (!change_ns || !chime_timescale_leap(timescale, change_ns, raw_ns))
		return;
	chime_log_add(&chime->log, CHIME_LOG_NOTICE,
		      "a second was %s at midnight UTC while no daemon ran\n",
		      change_ns < 0 ? "inserted" : "left out");
}
