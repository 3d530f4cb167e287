/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Scenarios: a world and the limits within which the client has to stay, from a small text file.
 * README.md has the words.
 */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

#include <sys/types.h>

#include "world.h"

#define SCENARIO_LIMITS	16

/* Seeds that statistics are judged over, unless a scenario asks for more. */
#define SCENARIO_SEEDS	30

/*
 * What a limit is on; see README.md. An invariant's limit holds in each seed, any other in what the
 * seeds have in common.
 */
enum scenario_quantity {
	SCENARIO_RMS,		/* ns, median over the seeds */
	SCENARIO_MAX,		/* ns, worst over the seeds */
	SCENARIO_FREQUENCY,	/* RMS, fraction, median */
	SCENARIO_VIOLATIONS,	/* invariant: seconds with the truth outside maxerror */
	SCENARIO_COVERAGE,	/* share of seconds within one sigma, at least and at most */
	SCENARIO_BOUND,		/* ns, median over time and seeds */
	SCENARIO_WITHIN_1MS,	/* s since the mark until it stays so, median */
	SCENARIO_WITHIN_100US,
	SCENARIO_WITHIN_10US,
	SCENARIO_STEPS,		/* invariant: of the system clock, at least and at most */
	SCENARIO_FALSETICKERS,	/* invariant: mask of servers */
	SCENARIO_COMBINED,	/* invariant: mask of servers that are in use */
	SCENARIO_INTERVAL,	/* s between requests, at least */
	SCENARIO_UNSYNCHRONISED,	/* invariant: share of seconds, at least and at most */
	SCENARIO_VERSUS_BANK,	/* RMS as a multiple of the Kalman bank's, median */
	SCENARIO_VERSUS_UNPRIMED,	/* RMS over that without the drift file, RMS of seeds */
	SCENARIO_DEMOTIONS,	/* invariant: of the host, at least and at most */
	SCENARIO_REINSTATEMENTS,	/* invariant: of the host, at least and at most */
	SCENARIO_WITNESSED,	/* invariant: disruptions that the sources alone told */
	SCENARIO_LEAP,		/* invariant: as announced at the end */
	SCENARIO_FIRST,		/* error right after the mark over the RMS before, RMS of seeds */
	SCENARIO_HOST_RMS,	/* of the host's line while the host's rate could be known, ns */
	SCENARIO_HOST_MAX,	/* worst of that, any seed */
	SCENARIO_HOST_VIOLATIONS,	/* invariant: of these outside the line's bound */
	SCENARIO_HOST_SURPRISES,	/* invariant: of all other looks */
	SCENARIO_HOST_BOUND,	/* mean, ns */
	SCENARIO_QUANTITIES,
};

/**
 * struct scenario_limit - one of them
 * @quantity: on what
 * @least: not below
 * @most: not above
 */
struct scenario_limit {
	enum scenario_quantity quantity;
	double least;
	double most;
};

/**
 * struct scenario - as read
 * @title: for people
 * @world: what happens
 * @mark_s: convergence counts from here
 * @seeds: how often at least, each with its own randomness
 * @limits: so many of @limit
 */
struct scenario {
	char title[128];
	struct world_options world;
	double mark_s;
	int seeds;
	size_t limits;
	struct scenario_limit limit[SCENARIO_LIMITS];
};

/* 0, -errno, or -EINVAL after a message on stderr that names file and line. */
int scenario_read(const char *path, struct scenario *scenario);

/* A number with its unit (10us, 50ppm, 1e-9, 3h) in ns, as a fraction or in s. false: not one. */
bool scenario_number(const char *text, double *value);

const char *scenario_quantity_name(enum scenario_quantity quantity);

/* What must hold in each seed, so that seeds of its own at every run can be tried. */
bool scenario_is_invariant(enum scenario_quantity quantity);

/* Run one seed and fill in @value, indexed by quantity. 0 or -errno. */
int scenario_run_seed(const struct scenario *scenario, uint64_t seed,
		      double value[SCENARIO_QUANTITIES]);

/* A statistic of @count seeds' values, whose order may change; an invariant's largest. */
double scenario_sum_up(enum scenario_quantity quantity, double *values, size_t count);

/**
 * scenario_judge() - what a limit says of some seeds
 * @limit: the limit
 * @values: of each seed; their order may change but for an invariant's
 * @count: of seeds
 * @worst: a statistic; an invariant's first value outside the limit, or its largest
 *
 * Return: the seed in @values that broke the limit, or none in particular: @count; -1: none did
 */
ssize_t scenario_judge(const struct scenario_limit *limit, double *values, size_t count,
		       double *worst);

#endif /* SIM_SCENARIO_H */
