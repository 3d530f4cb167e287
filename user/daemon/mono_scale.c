// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the time has gone on by from one reading to the next, and not at its rate, is a correction.
 */
#include "daemon/mono_scale.h"

#include <math.h>

#include "core/line.h"

/* More is a step: a leap second, or the clock was wrong. Clients begin anew, too. */
#define CORRECTION_MAX_NS	100e6

static bool goes_on(const struct mono_scale *scale, const struct mono_reading *reading)
{
	return scale->is_running && reading->epoch == scale->latest.epoch &&
	       reading->is_local == scale->latest.is_local &&
	       reading->raw_ns >= scale->latest.raw_ns;
}

/* By how much the time, slews completed, was set forward since the latest reading. */
static double correction_ns(const struct mono_scale *scale, const struct mono_reading *reading)
{
	const struct mono_reading *latest = &scale->latest;
	double elapsed_ns = (double)chime_sub_sat(reading->raw_ns, latest->raw_ns);
	/* Large terms first, and as integers. */
	int64_t gained_ns = chime_sub_sat(chime_sub_sat(reading->time_ns, latest->time_ns),
					  chime_sub_sat(reading->raw_ns, latest->raw_ns));
	double slewed_ns = (double)chime_sub_sat(reading->slew_ns, latest->slew_ns);

	return (double)gained_ns + slewed_ns - elapsed_ns * scale->rate;
}

void mono_scale_update(struct mono_scale *scale, const struct mono_reading *reading)
{
	double moved_ns = goes_on(scale, reading) ? correction_ns(scale, reading) : INFINITY;

	if (fabs(moved_ns) <= CORRECTION_MAX_NS) {
		scale->ahead_ns -= moved_ns;
	} else {
		scale->epoch++;
		scale->ahead_ns = 0;
		scale->rate = reading->rate;
		scale->is_running = true;
	}
	/* A slew lasts a second at most, and says nothing of the rate. */
	if (!reading->slew_ns)
		scale->rate = reading->rate;
	scale->latest = *reading;
	scale->offset_ns = chime_add_sat(llrint(scale->ahead_ns), reading->slew_ns);
}

void mono_scale_stop(struct mono_scale *scale)
{
	scale->is_running = false;
}
