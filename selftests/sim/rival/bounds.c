// SPDX-License-Identifier: GPL-2.0-only
/*
 * See bounds.h.
 */
#include "selftests/sim/rival/bounds.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static struct series {
	double *bound_ns;
	size_t count;
	size_t outside;
	size_t missing;
} all[BOUNDS];

static size_t room;

void bounds_start(double seconds)
{
	room = (size_t)seconds + 1;
	for (int i = 0; i < BOUNDS; i++) {
		all[i].bound_ns = calloc(room, sizeof(*all[i].bound_ns));
		if (!all[i].bound_ns)
			abort();
	}
}

void bounds_note(enum bound bound, double bound_ns)
{
	struct series *series = &all[bound];

	if (isinf(bound_ns)) {
		series->missing++;
		return;
	}
	if (series->count == room)
		abort();
	series->bound_ns[series->count++] = bound_ns;
	if (fabs(rival_error_ns()) > bound_ns)
		series->outside++;
}

static int compare(const void *one, const void *other)
{
	double a = *(const double *)one, b = *(const double *)other;

	return (a > b) - (a < b);
}

static double quantile(const struct series *series, double part)
{
	return series->count ? series->bound_ns[(size_t)(part * (double)(series->count - 1))] : 0;
}

size_t bounds_print(char *text, size_t size)
{
	size_t length = (size_t)snprintf(text, size, "bounds");

	for (int i = 0; i < BOUNDS; i++) {
		struct series *series = &all[i];

		qsort(series->bound_ns, series->count, sizeof(*series->bound_ns), compare);
		length += (size_t)snprintf(text + length, size - length, " %zu %zu %zu %.0f %.0f",
					   series->count, series->outside, series->missing,
					   quantile(series, 0.5), quantile(series, 0.99));
	}
	return length + (size_t)snprintf(text + length, size - length, "\n");
}
