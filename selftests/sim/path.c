// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queueing delays, one exchange after the other, independent each way.
 */
#include "path.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#define PARETO_SHARE	0.1
#define PARETO_EXPONENT	1.5
#define PARETO_LIGHT	0.1

/* Per exchange: a congestion begins once in 50, and ends once in 10. */
#define BURST_BEGINS	0.02
#define BURST_ENDS	0.1
#define BURST_FACTOR	10

#define BIMODAL_SHORT		0.7
#define BIMODAL_SHORT_MEAN	0.1
#define BIMODAL_LONG_LEAST	3
#define BIMODAL_LONG_MEAN	0.3

#define LOGNORMAL_SIGMA	1.5

/* So many wait for a machine that stands still, and the others for hardly anything. */
#define STALLS_SHARE	0.1
#define STALLS_LIGHT	2e-5

#define SHAPES	(PATH_NORMAL + 1)

static const char * const shape_names[SHAPES] = {
	[PATH_EXPONENTIAL] = "exponential",
	[PATH_SQUARED_NORMAL] = "squared-normal",
	[PATH_PARETO] = "pareto",
	[PATH_ERLANG3] = "erlang3",
	[PATH_BURSTY] = "bursty",
	[PATH_BIMODAL] = "bimodal",
	[PATH_LOGNORMAL] = "lognormal",
	[PATH_STALLS] = "stalls",
	[PATH_NORMAL] = "normal",
};

bool path_shape_find(const char *name, enum path_shape *shape)
{
	size_t i;

	for (i = 0; i < SHAPES; i++) {
		if (strcmp(name, shape_names[i]))
			continue;
		*shape = (enum path_shape)i;
		return true;
	}
	return false;
}

void path_start(struct path *path, const struct path_options *options, uint64_t seed,
		uint64_t stream)
{
	path->options = *options;
	path->congested = false;
	random_seed(&path->random, seed, stream);
}

static double queueing(struct path *path)
{
	struct random *random = &path->random;
	double normal;

	switch (path->options.shape) {
	case PATH_EXPONENTIAL:
		return random_exponential(random);
	case PATH_SQUARED_NORMAL:
		normal = random_normal(random);
		return normal * normal;
	case PATH_PARETO:
		if (random_uniform(random) > PARETO_SHARE)
			return PARETO_LIGHT * random_exponential(random);
		return pow(random_uniform(random), -1 / PARETO_EXPONENT) - 1;
	case PATH_ERLANG3:
		return random_exponential(random) + random_exponential(random) +
		       random_exponential(random);
	case PATH_BURSTY:
		return random_exponential(random) * (path->congested ? BURST_FACTOR : 1);
	case PATH_BIMODAL:
		if (random_uniform(random) < BIMODAL_SHORT)
			return BIMODAL_SHORT_MEAN * random_exponential(random);
		return BIMODAL_LONG_LEAST + BIMODAL_LONG_MEAN * random_exponential(random);
	case PATH_LOGNORMAL:
		return exp(LOGNORMAL_SIGMA * random_normal(random));
	case PATH_STALLS:
		return random_exponential(random) *
		       (random_uniform(random) < STALLS_SHARE ? 1 : STALLS_LIGHT);
	case PATH_NORMAL:
		return random_normal(random);
	}
	return 0;
}

bool path_exchange(struct path *path, double *up_ns, double *down_ns)
{
	const struct path_options *options = &path->options;
	double change = random_uniform(&path->random);

	path->congested = path->congested ? change > BURST_ENDS : change < BURST_BEGINS;
	if (options->shape == PATH_NORMAL) {
		*up_ns = options->jitter_ns * queueing(path) / sqrt(fmax(options->readings, 1));
		*down_ns = -*up_ns;
	} else {
		*up_ns = options->up_ns +
			 options->jitter_ns * (1 + options->skew) * queueing(path);
		*down_ns = options->down_ns +
			   options->jitter_ns * (1 - options->skew) * queueing(path);
	}
	return random_uniform(&path->random) >= options->loss;
}
