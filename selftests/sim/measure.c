// SPDX-License-Identifier: GPL-2.0-only
/*
 * Statistics of a run.
 */
#include "measure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BIN_WIDTH	0.02

static const double limits_ns[3] = { 1e6, 1e5, 1e4 };

void measure_start(struct measure *measure, double settle_s, double mark_s)
{
	memset(measure, 0, sizeof(*measure));
	measure->settle_s = settle_s;
	measure->mark_s = mark_s;
}

static void count_bound(struct measure *measure, double bound_ns)
{
	double bin = log(fmax(bound_ns, 1)) / BIN_WIDTH;

	measure->bound[(int)fmin(bin, MEASURE_BINS - 1)]++;
}

void measure_second(struct measure *measure, const struct world_second *second)
{
	double error_ns = fabs(second->clock_ns);
	int i;

	for (i = 0; i < 3; i++)
		if (second->at_s > measure->mark_s && error_ns > limits_ns[i])
			measure->last_over_s[i] = second->at_s - measure->mark_s;
	if (fabs(second->timescale_ns) > second->maxerror_ns)
		measure->violations++;
	if (second->at_s <= measure->settle_s)
		return;
	if (second->at_s <= measure->mark_s) {
		measure->before_seconds++;
		measure->before_square += error_ns * error_ns;
	} else if (second->at_s <= measure->mark_s + 1) {
		measure->first_ns = error_ns;
	}
	measure->seconds++;
	measure->square += error_ns * error_ns;
	measure->timescale_square += second->timescale_ns * second->timescale_ns;
	measure->frequency_square += second->frequency * second->frequency;
	measure->worst_ns = fmax(measure->worst_ns, error_ns);
	measure->within_sigma += fabs(second->timescale_ns) <= second->sigma_ns;
	measure->unsynchronised += !second->synchronised;
	count_bound(measure, second->maxerror_ns);
}

double measure_rms_ns(const struct measure *measure)
{
	return sqrt(measure->square / measure->seconds);
}

double measure_timescale_rms_ns(const struct measure *measure)
{
	return sqrt(measure->timescale_square / measure->seconds);
}

double measure_first(const struct measure *measure)
{
	return measure->first_ns / sqrt(measure->before_square / measure->before_seconds);
}

double measure_coverage(const struct measure *measure)
{
	return (double)measure->within_sigma / measure->seconds;
}

double measure_median_bound_ns(const struct measure *measure)
{
	double seen = 0;
	int bin;

	for (bin = 0; bin < MEASURE_BINS - 1; bin++) {
		seen += measure->bound[bin];
		if (2 * seen >= measure->seconds)
			break;
	}
	return exp(BIN_WIDTH * (bin + 0.5));
}

static int ascending(const void *a, const void *b)
{
	const double *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

double measure_median(double *values, int count)
{
	qsort(values, (size_t)count, sizeof(*values), ascending);
	return 0.5 * (values[(count - 1) / 2] + values[count / 2]);
}
