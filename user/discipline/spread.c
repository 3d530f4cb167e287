// SPDX-License-Identifier: GPL-2.0-only
/*
 * Round trips that waited for a machine, and those that only queued.
 */
#include "discipline/spread.h"

#include <math.h>
#include <string.h>

/*
 * What a round trip takes above the least is a stall if it is so many times as long as that is in
 * the mean of those that are none. An exponential queue has one like that once in 1e43, and where a
 * line is full for some minutes it is not enough either.
 */
#define STALL_FACTOR	100.0

/*
 * The mean is begun with from the shorter quarter, as half of the ways of a starved guest may be
 * held up: by twice what is above the least there, as for two exponential ways. Of a few round
 * trips that are alike by chance the third one is not.
 */
#define SHORTER_QUARTER	4
#define QUARTER_TO_MEAN	2
#define RANK_LEAST	2

/* With fewer nobody knows which are the usual ones. */
#define USUAL_LEAST	4

/* The one of @count values that is greater than @rank others. They are put in another order. */
static double value_of_rank(double *value, unsigned int count, unsigned int rank)
{
	unsigned int from = 0, to = count;

	while (to - from > 1) {
		double pivot = value[from + (to - from) / 2];
		unsigned int below = from, equal = from, i;

		/* The lesser ones come first, then those that are equal to the pivot. */
		for (i = from; i < to; i++) {
			double one = value[i];

			if (one > pivot)
				continue;
			value[i] = value[equal];
			value[equal] = one;
			if (one < pivot) {
				value[equal] = value[below];
				value[below++] = one;
			}
			equal++;
		}
		if (rank >= below && rank < equal)
			return pivot;
		if (rank < below)
			to = below;
		else
			from = equal;
	}
	return value[from];
}

double spread_least(const double *delay_ns, unsigned int count)
{
	double least_ns = INFINITY;
	unsigned int i;

	for (i = 0; i < count; i++)
		least_ns = fmin(least_ns, delay_ns[i]);
	return least_ns;
}

void spread_of(const double *delay_ns, unsigned int count, double most_ns, struct spread *spread)
{
	double sum = 0, square = 0;
	unsigned int taken = 0, i;

	for (i = 0; i < count; i++) {
		if (delay_ns[i] > most_ns)
			continue;
		sum += delay_ns[i];
		taken++;
	}
	spread->mean_ns = sum / taken;
	for (i = 0; i < count; i++) {
		double deviation = delay_ns[i] - spread->mean_ns;

		if (delay_ns[i] <= most_ns)
			square += deviation * deviation;
	}
	spread->variance = square / taken;
}

void spread_of_usual(const double *delay_ns, unsigned int count, struct spread *spread)
{
	unsigned int rank = count / SHORTER_QUARTER;
	double least_ns = spread_least(delay_ns, count);
	double value[SPREAD_DELAYS];
	double most_ns, next_ns;

	if (rank < RANK_LEAST)
		rank = RANK_LEAST;
	if (count < USUAL_LEAST) {
		spread_of(delay_ns, count, INFINITY, spread);
		return;
	}
	memcpy(value, delay_ns, count * sizeof(*value));
	next_ns = STALL_FACTOR * QUARTER_TO_MEAN * (value_of_rank(value, count, rank) - least_ns);
	/* So many are alike: a clock with coarse readings. */
	if (!(next_ns > 0))
		next_ns = INFINITY;
	/* It grows until those that it leaves out are none of these. */
	do {
		most_ns = next_ns;
		spread_of(delay_ns, count, least_ns + most_ns, spread);
		next_ns = STALL_FACTOR * (spread->mean_ns - least_ns);
	} while (next_ns > most_ns);
}
