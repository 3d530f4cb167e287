// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pulses, numbered by another clock.
 */
#include "sources/refclock_pulse.h"

#include <errno.h>
#include <math.h>

#include "core/line.h"
#include "lib/time_units.h"

/*
 * A clock that is further from the pulse than this share of the time between pulses may belong to
 * the next one: of a refclock, whose error is a guess, and of the timescale, whose error is a bound
 * (chrony's are the same).
 */
#define SHARE_LOCKED	0.4
#define SHARE_BOUND	0.5

/* The multiple of the time between pulses that is nearest to @ns: whole seconds first, exactly. */
static int64_t nearest_multiple(int64_t ns, int rate)
{
	int64_t rest_ns = ns % NS_PER_S;
	int64_t pulses = llrint((double)rest_ns * rate / NS_PER_S);

	return chime_add_sat(ns - rest_ns, pulses * NS_PER_S / rate);
}

/*
 * Where a driver reports both edges of a pulse, the wrong one is @width_ns off, or the rest of the
 * time between pulses: half of the lesser is what the clock may be off by.
 */
static double limit_ns(const struct refclock_pulse_terms *terms, double share)
{
	double interval_ns = (double)NS_PER_S / terms->rate;
	double width_ns = (double)terms->width_ns;

	if (!terms->width_ns)
		return share * interval_ns;

	return fmin(share * interval_ns, 0.5 * fmin(width_ns, interval_ns - width_ns));
}

int refclock_pulse_number(const struct refclock_pulse_terms *terms,
			  const struct refclock_pulse_clock *clock, int64_t *offset_ns)
{
	int64_t missing_ns = chime_sub_sat(clock->offset_ns, *offset_ns);
	int64_t added_ns = nearest_multiple(missing_ns, terms->rate);
	double off_ns = fabs((double)chime_sub_sat(missing_ns, added_ns));
	double error_ns = (double)clock->error_ns;

	if (clock->locked) {
		if (off_ns + error_ns > limit_ns(terms, SHARE_LOCKED))
			return -EDOM;
	} else if (error_ns >= limit_ns(terms, SHARE_BOUND) ||
		   (terms->width_ns && off_ns > limit_ns(terms, SHARE_BOUND))) {
		return -EDOM;
	}
	*offset_ns = chime_add_sat(*offset_ns, added_ns);

	return 0;
}
