// SPDX-License-Identifier: GPL-2.0-only
/*
 * The swings of a path. See path_swings.h.
 */
#include "discipline/path_swings.h"

#include <math.h>
#include <string.h>

/* A lost track counts for so many samples of its path: who swings loses it again by then. */
#define MEMORY_SAMPLES	256

/* A route or a server that changed twice may be done with it. */
#define COUNT_LEAST	1.0

/* Samples of nearly one instant tell no time. */
#define TIME_LEAST_S	1.0

static double least_of(const double *delay_ns)
{
	double least_ns = delay_ns[0];
	int i;

	for (i = 1; i < PATH_SWINGS_DELAYS / 2; i++)
		least_ns = fmin(least_ns, delay_ns[i]);
	return least_ns;
}

/* The least of the latest round trips and of those before, as either of a sample may queue. */
static double latest_change(const struct path_swings *swings)
{
	if (swings->delays < PATH_SWINGS_DELAYS)
		return 0;
	return 0.5 * fabs(least_of(swings->delay_ns) -
			  least_of(swings->delay_ns + PATH_SWINGS_DELAYS / 2));
}

void path_swings_take(struct path_swings *swings, double delay_ns)
{
	double keep = 1 - 1.0 / MEMORY_SAMPLES;

	swings->count *= keep;
	swings->square_ns2 *= keep;
	swings->time_s *= keep;
	memmove(&swings->delay_ns[1], swings->delay_ns,
		(PATH_SWINGS_DELAYS - 1) * sizeof(*swings->delay_ns));
	swings->delay_ns[0] = delay_ns;
	swings->delays += swings->delays < PATH_SWINGS_DELAYS;
	swings->changed_ns = fmax(keep * swings->changed_ns, latest_change(swings));
}

void path_swings_note(struct path_swings *swings, int64_t at_ns, double off_ns)
{
	double time_s = (double)(at_ns - swings->lost_at_ns) / 1e9;

	/* Filters of two kinds may lose it by one sample. */
	if (swings->has_lost && at_ns == swings->lost_at_ns)
		return;
	if (swings->has_lost) {
		swings->count++;
		swings->square_ns2 += off_ns * off_ns;
		swings->time_s += fmax(time_s, TIME_LEAST_S);
	}
	swings->has_lost = true;
	swings->lost_at_ns = at_ns;
}

bool path_swings_expect(const struct path_swings *swings, double *square_ns2, double *time_s)
{
	if (swings->count < COUNT_LEAST)
		return false;
	*square_ns2 = swings->square_ns2 / swings->count;
	*time_s = swings->time_s / swings->count;
	return true;
}
