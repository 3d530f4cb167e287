// SPDX-License-Identifier: GPL-2.0-only
/*
 * The intersection of round trips, each widened by what the clock may have moved since.
 */
#include "discipline/round_trips.h"

#include <math.h>

#include "core/line.h"

/* What they have in common by @at_ns: the clock has moved by an unknown share of @rate. */
static void widen(struct round_trips *trips, int64_t at_ns, double rate)
{
	int64_t elapsed_ns = chime_abs_sat(chime_sub_sat(at_ns, trips->at_ns));
	int64_t moved_ns = llrint(fmin((double)elapsed_ns * rate, (double)elapsed_ns));

	trips->low_ns = chime_sub_sat(trips->low_ns, moved_ns);
	trips->high_ns = chime_add_sat(trips->high_ns, moved_ns);
	trips->at_ns = at_ns;
}

void round_trips_add(struct round_trips *trips, int64_t at_ns, int64_t offset_ns,
		     int64_t distance_ns, double rate)
{
	int64_t low_ns = chime_sub_sat(offset_ns, distance_ns);
	int64_t high_ns = chime_add_sat(offset_ns, distance_ns);

	widen(trips, at_ns, rate);
	if (trips->known && trips->low_ns <= high_ns && trips->high_ns >= low_ns) {
		low_ns = chime_max(low_ns, trips->low_ns);
		high_ns = chime_min(high_ns, trips->high_ns);
	}
	*trips = (struct round_trips){ true, at_ns, low_ns, high_ns };
}

int64_t round_trips_refute(const struct round_trips *trips, int64_t at_ns, int64_t offset_ns,
			   int64_t distance_ns, double rate)
{
	struct round_trips now = *trips;
	int64_t below_ns, above_ns;

	if (!trips->known)
		return 0;
	widen(&now, at_ns, rate);
	below_ns = chime_sub_sat(offset_ns, now.low_ns);
	above_ns = chime_sub_sat(now.high_ns, offset_ns);
	if (below_ns >= -distance_ns && above_ns >= -distance_ns)
		return 0;

	return chime_max(below_ns, above_ns);
}
