/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random numbers that are the same on every machine for the same seed.
 */
#ifndef SIM_RANDOM_H
#define SIM_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct random {
	uint64_t state;
	double spare;
	bool has_spare;
};

/* Streams of one seed are independent of each other. */
void random_seed(struct random *random, uint64_t seed, uint64_t stream);

double random_uniform(struct random *random);		/* (0, 1) */
double random_log(struct random *random, double low, double high);	/* even in its logarithm */
double random_normal(struct random *random);		/* mean 0, variance 1 */
double random_exponential(struct random *random);	/* mean 1 */

#endif /* SIM_RANDOM_H */
