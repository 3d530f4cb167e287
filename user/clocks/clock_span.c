// SPDX-License-Identifier: GPL-2.0-only
/*
 * Between two readings of all clocks.
 */
#include "clocks/clock_span.h"

#include <math.h>

#include "core/line.h"

/*
 * CLOCK_REALTIME was set if it moved against the raw clock by more than a constant and an eighth of
 * the time between the readings. (A slew moves it by a tenth at most.)
 */
#define STEP_FLOOR_NS	1000000LL
#define STEP_SHIFT	3

/* Over a shorter time a rate shows the noise of the readings, not the clocks. */
#define SHORTEST_NS	1000

/* No two clocks differ more in rate. A span that shows more is interpolated without a rate. */
#define RATE_MAX	0.2

enum clock_span_verdict clock_span_judge(const struct clock_span *span)
{
	int64_t raw_ns = chime_sub_sat(span->after.raw_ns, span->before.raw_ns);
	int64_t realtime_ns = chime_sub_sat(span->after.realtime_ns, span->before.realtime_ns);
	int64_t drift_ns = chime_sub_sat(realtime_ns, raw_ns);
	int64_t limit_ns;

	if (raw_ns < 0 || span->before.epoch != span->after.epoch ||
	    span->before.disruptions != span->after.disruptions)
		return CLOCK_SPAN_DISRUPTED;

	limit_ns = STEP_FLOOR_NS + (raw_ns >> STEP_SHIFT);
	if (drift_ns > limit_ns || drift_ns < -limit_ns)
		return CLOCK_SPAN_STEPPED;

	return CLOCK_SPAN_GOOD;
}

/*
 * Convert @at_ns of a clock that read @x0_ns and @x1_ns when the reference read @y0_ns and @y1_ns.
 */
static int64_t interpolate(int64_t x0_ns, int64_t x1_ns, int64_t y0_ns, int64_t y1_ns,
			   int64_t at_ns)
{
	int64_t passed_ns = chime_sub_sat(at_ns, x0_ns);
	int64_t length_ns = chime_sub_sat(x1_ns, x0_ns);
	int64_t gained_ns = chime_sub_sat(chime_sub_sat(y1_ns, y0_ns), length_ns);
	double rate = 0;

	if (length_ns >= SHORTEST_NS)
		rate = (double)gained_ns / (double)length_ns;
	if (fabs(rate) > RATE_MAX)
		rate = 0;

	return chime_add_sat(chime_add_sat(y0_ns, passed_ns),
			     (int64_t)llrint((double)passed_ns * rate));
}

int64_t clock_span_from_raw(const struct clock_span *span, int64_t raw_ns)
{
	return interpolate(span->before.raw_ns, span->after.raw_ns, span->before.reference_ns,
			   span->after.reference_ns, raw_ns);
}

int64_t clock_span_from_realtime(const struct clock_span *span, int64_t realtime_ns)
{
	return interpolate(span->before.realtime_ns, span->after.realtime_ns,
			   span->before.reference_ns, span->after.reference_ns, realtime_ns);
}
