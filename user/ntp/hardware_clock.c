// SPDX-License-Identifier: GPL-2.0-only
/*
 * The relation of two clocks by their latest readings.
 */
#include "ntp/hardware_clock.h"

#include <math.h>

#include "core/line.h"
#include "lib/time_units.h"

/* Two readings this far apart show the rate to some 0.1 ppm; longer ago it was another one. */
#define RATE_SPAN_MIN_NS	NS_PER_S
#define RATE_SPAN_MAX_NS	(64 * NS_PER_S)

/* No crystal is further off. */
#define RATE_MAX	500e-6

/*
 * Error of a rate that was measured, of one that was not, and of one that no crystal has: the
 * system clock is slewed, by a tenth at most.
 */
#define RATE_KNOWN	1e-6
#define RATE_UNKNOWN	RATE_MAX
#define RATE_SLEWED	(0.1 + RATE_MAX)

/* A stamp further from the latest reading is of another packet, or the clock was set. */
#define REACH_NS	(8 * NS_PER_S)

/* What rounding leaves of a reading and a stamp. */
#define LEAST_ERROR_NS	10

/* What follows the packet on the wire, and is not in its length: the frame check sequence. */
#define FCS_BYTES	4

static void find_rate(struct hardware_clock *clock)
{
	int64_t device_ns = chime_sub_sat(clock->latest.device_ns, clock->anchor.device_ns);
	int64_t realtime_ns = chime_sub_sat(clock->latest.realtime_ns, clock->anchor.realtime_ns);
	int64_t gained_ns = chime_sub_sat(realtime_ns, device_ns);
	int64_t width_ns = chime_add_sat(clock->latest.width_ns, clock->anchor.width_ns);
	double most_ns = fabs((double)device_ns) * RATE_MAX + (double)width_ns;

	if (device_ns <= 0 || realtime_ns <= 0 || fabs((double)gained_ns) > most_ns) {
		clock->anchor = clock->latest;
		clock->has_rate = false;
		clock->unsteady = true;
		return;
	}
	clock->unsteady = false;
	if (device_ns < RATE_SPAN_MIN_NS)
		return;
	clock->rate = (double)gained_ns / (double)device_ns;
	clock->has_rate = true;
	if (device_ns > RATE_SPAN_MAX_NS)
		clock->anchor = clock->latest;
}

void hardware_clock_add(struct hardware_clock *clock, const struct hardware_reading *reading)
{
	clock->latest = *reading;
	if (!clock->count++)
		clock->anchor = *reading;
	else
		find_rate(clock);
	if (clock->count > 2)
		clock->count = 2;
}

int64_t hardware_stamp_device_ns(const struct ntp_stamp *stamp, bool receipt, uint32_t mbit,
				 int64_t compensation_ns)
{
	int64_t bits = 8 * ((int64_t)stamp->length + FCS_BYTES), device_ns = stamp->device_ns;

	if (!receipt)
		return chime_add_sat(device_ns, compensation_ns);
	if (mbit && stamp->length)
		device_ns = chime_add_sat(device_ns, bits * 1000 / mbit);

	return chime_sub_sat(device_ns, compensation_ns);
}

static double rate_error(const struct hardware_clock *clock)
{
	if (clock->has_rate)
		return RATE_KNOWN;

	return clock->unsteady ? RATE_SLEWED : RATE_UNKNOWN;
}

bool hardware_clock_convert(const struct hardware_clock *clock, int64_t device_ns,
			    int64_t *realtime_ns, int64_t *error_ns)
{
	int64_t since_ns = chime_sub_sat(device_ns, clock->latest.device_ns);
	double rate = clock->has_rate ? clock->rate : 0;

	if (!clock->count || chime_abs_sat(since_ns) > REACH_NS)
		return false;
	*realtime_ns = chime_add_sat(clock->latest.realtime_ns,
				     since_ns + llrint((double)since_ns * rate));
	*error_ns = chime_add_sat(clock->latest.width_ns / 2 + LEAST_ERROR_NS,
				  (int64_t)ceil(fabs((double)since_ns) * rate_error(clock)));

	return true;
}

bool hardware_stamp_fits(int64_t realtime_ns, int64_t error_ns, int64_t earliest_ns,
			 int64_t latest_ns)
{
	return realtime_ns >= chime_sub_sat(earliest_ns, error_ns) &&
	       realtime_ns <= chime_add_sat(latest_ns, error_ns);
}

const struct hardware_reading *hardware_reading_best(const struct hardware_reading *readings,
						     int count)
{
	const struct hardware_reading *best = readings;

	for (int i = 1; i < count; i++) {
		if (readings[i].width_ns < best->width_ns)
			best = &readings[i];
	}

	return best;
}
