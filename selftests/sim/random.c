// SPDX-License-Identifier: GPL-2.0-only
/*
 * SplitMix64 (Steele, Lea, Flood 2014) and the distributions that the models need.
 */
#include "random.h"

#include <math.h>

static uint64_t next(struct random *random)
{
	uint64_t z = random->state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

void random_seed(struct random *random, uint64_t seed, uint64_t stream)
{
	random->state = seed * 0xd1342543de82ef95ULL ^ stream * 0xaf251af3b0f025b5ULL;
	random->has_spare = false;
	next(random);
	random->state ^= next(random) << 1;
}

double random_uniform(struct random *random)
{
	return ((double)(next(random) >> 11) + 0.5) * 0x1p-53;
}

double random_exponential(struct random *random)
{
	return -log(random_uniform(random));
}

/* Marsaglia's polar method. */
double random_log(struct random *random, double low, double high)
{
	return exp(log(low) + (log(high) - log(low)) * random_uniform(random));
}

double random_normal(struct random *random)
{
	double x, y, square, scale;

	if (random->has_spare) {
		random->has_spare = false;
		return random->spare;
	}
	do {
		x = 2 * random_uniform(random) - 1;
		y = 2 * random_uniform(random) - 1;
		square = x * x + y * y;
	} while (square >= 1);
	scale = sqrt(-2 * log(square) / square);
	random->spare = y * scale;
	random->has_spare = true;
	return x * scale;
}
