/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A network path: least delays each way and the queueing on top.
 */
#ifndef SIM_PATH_H
#define SIM_PATH_H

#include <stdbool.h>

#include "random.h"

/* The distribution of one way's queueing delay; each has the way's jitter as its scale. */
enum path_shape {
	PATH_EXPONENTIAL,	/* mean: the jitter */
	PATH_SQUARED_NORMAL,	/* the jitter times the square of a standard normal */
	PATH_PARETO,		/* nine in ten exponential with a tenth of it, else Pareto */
	PATH_ERLANG3,		/* sum of three exponentials with that mean each: never near zero */
	PATH_BURSTY,		/* exponential; for minutes at a time with ten times the mean */
	PATH_BIMODAL,		/* seven in ten exponential with a tenth of it, or thrice it */
	PATH_LOGNORMAL,		/* the jitter times the exponential of 1.5 times a normal */
	PATH_STALLS,		/* one in ten exponential, the others with a 50,000th of it */
	PATH_NORMAL,		/* a refclock: normal noise of the offset, no round trip */
};

/**
 * struct path_options - a path
 * @shape: of the queueing
 * @up_ns: least delay to the server
 * @down_ns: least delay back
 * @jitter_ns: scale of the queueing, mean of both ways
 * @skew: which way queues more: 1: all of it is on the way up, -1: down
 * @loss: share of exchanges that are lost
 * @readings: PATH_NORMAL: so many readings make a sample, as sources/refclock_combine.c has it
 *	with brackets of equal width; 0: one
 */
struct path_options {
	enum path_shape shape;
	double up_ns;
	double down_ns;
	double jitter_ns;
	double skew;
	double loss;
	double readings;
};

struct path {
	struct path_options options;
	struct random random;
	bool congested;
};

void path_start(struct path *path, const struct path_options *options, uint64_t seed,
		uint64_t stream);

/* The delays of the next exchange; false: it is lost. Negative values: PATH_NORMAL's noise. */
bool path_exchange(struct path *path, double *up_ns, double *down_ns);

/* The shape called @name; false: there is none. */
bool path_shape_find(const char *name, enum path_shape *shape);

#endif /* SIM_PATH_H */
