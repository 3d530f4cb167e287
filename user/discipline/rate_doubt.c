// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rate's error that a majority allows, if anybody claims that there is one.
 */
#include "discipline/rate_doubt.h"

#include <math.h>
#include <stdlib.h>

#define SIGMAS	6
#define MARGIN	100e-9

double rate_tolerance(double sigma)
{
	return SIGMAS * sigma + MARGIN;
}

/* The largest error of the combined clock's rate that this source does not exclude. */
static double most(const struct rate_opinion *opinion)
{
	return opinion->apart + rate_tolerance(opinion->sigma);
}

static int by_most_first(const void *one, const void *other)
{
	double left = most(one), right = most(other);

	return left < right ? 1 : left > right ? -1 : 0;
}

double rate_doubt(struct rate_opinion *opinions, size_t count)
{
	double claimed = 0;
	size_t i;

	for (i = 0; i < count; i++)
		if (opinions[i].apart > rate_tolerance(opinions[i].sigma))
			claimed = fmax(claimed, opinions[i].apart);
	if (claimed <= 0)
		return 0;
	qsort(opinions, count, sizeof(*opinions), by_most_first);
	return fmin(claimed, most(&opinions[count / 2]));
}
