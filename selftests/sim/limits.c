// SPDX-License-Identifier: GPL-2.0-only
/*
 * The distribution of a judged statistic by the bootstrap: SCENARIO_SEEDS are drawn again and again
 * from the seeds that were run. A worst value's distribution goes on beyond what was seen, so that
 * its tail is taken for exponential beyond the largest tenth.
 */
#include "limits.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "measure.h"
#include "random.h"

#define DRAWS	20000

/* One of so many is to miss a limit. */
#define MISSES	1000

struct spread {
	double least;
	double middle;
	double most;
};

static int ascending(const void *a, const void *b)
{
	const double *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

static double draw(enum scenario_quantity quantity, const double *values, size_t count,
		   struct random *random)
{
	double drawn[SCENARIO_SEEDS];
	size_t i;

	for (i = 0; i < SCENARIO_SEEDS; i++)
		drawn[i] = values[(size_t)(random_uniform(random) * (double)count)];
	return scenario_sum_up(quantity, drawn, SCENARIO_SEEDS);
}

/* @values are ascending. */
static double exponential_tail(const double *values, size_t count)
{
	size_t tail = count / 10 > 0 ? count / 10 : 1;
	double begin = values[count - tail];
	double excess = 0;
	size_t i;

	for (i = count - tail; i < count; i++)
		excess += (values[i] - begin) / (double)tail;
	return begin + excess * log((double)tail / (double)count * SCENARIO_SEEDS * MISSES);
}

static void get_spread(enum scenario_quantity quantity, double *values, size_t count,
		       struct spread *spread)
{
	struct random random;
	double *draws = malloc(DRAWS * sizeof(*draws));
	size_t i;

	*spread = (struct spread){ NAN, NAN, NAN };
	if (!draws)
		return;
	random_seed(&random, 1, 0);
	for (i = 0; i < DRAWS; i++)
		draws[i] = draw(quantity, values, count, &random);
	qsort(draws, DRAWS, sizeof(*draws), ascending);
	*spread = (struct spread){
		.least = draws[DRAWS / MISSES],
		.middle = draws[DRAWS / 2],
		.most = draws[DRAWS - 1 - DRAWS / MISSES],
	};
	free(draws);
	if (quantity != SCENARIO_MAX && quantity != SCENARIO_HOST_MAX)
		return;
	qsort(values, count, sizeof(*values), ascending);
	spread->most = exponential_tail(values, count);
}

static void print_invariant(const char *name, const struct scenario_limit *limit,
			    const double *values, size_t count)
{
	double most = -INFINITY;
	double least = INFINITY;
	size_t broken = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		least = fmin(least, values[i]);
		most = fmax(most, values[i]);
		broken += !(values[i] >= limit->least && values[i] <= limit->most);
	}
	printf("%-32s %-18s limit %10.5g to %10.5g  each seed %10.5g to %10.5g%s\n", name,
	       scenario_quantity_name(limit->quantity), limit->least, limit->most, least, most,
	       broken ? "  BROKEN" : "");
}

void limits_print(const char *name, const struct scenario *scenario, double **values, size_t count)
{
	size_t i;

	for (i = 0; i < scenario->limits; i++) {
		const struct scenario_limit *limit = &scenario->limit[i];
		struct spread spread;

		if (scenario_is_invariant(limit->quantity)) {
			print_invariant(name, limit, values[limit->quantity], count);
			continue;
		}
		get_spread(limit->quantity, values[limit->quantity], count, &spread);
		printf("%-32s %-18s limit %10.5g to %10.5g  ", name,
		       scenario_quantity_name(limit->quantity), limit->least, limit->most);
		printf("1/1000 %10.5g  1/2 %10.5g  999/1000 %10.5g%s\n",
		       spread.least, spread.middle, spread.most,
		       spread.least < limit->least || spread.most > limit->most ? "  TIGHT" : "");
	}
}
