/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Scenarios: a world and the limits within which the client has to stay, from a small text file.
 * README.md has the words.
 */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

#include "world.h"

#define SCENARIO_LIMITS	16

/* What a limit is on; see README.md. */
enum scenario_quantity {
	SCENARIO_RMS,		/* ns, median over the seeds */
	SCENARIO_MAX,		/* ns, worst over the seeds */
	SCENARIO_FREQUENCY,	/* RMS, fraction, median */
	SCENARIO_VIOLATIONS,	/* seconds with the truth outside maxerror, all seeds */
	SCENARIO_COVERAGE,	/* share of seconds within one sigma, at least and at most */
	SCENARIO_BOUND,		/* ns, median over time and seeds */
	SCENARIO_WITHIN_1MS,	/* s since the mark until it stays so, median */
	SCENARIO_WITHIN_100US,
	SCENARIO_WITHIN_10US,
	SCENARIO_STEPS,		/* of the system clock, at least and at most, any seed */
	SCENARIO_FALSETICKERS,	/* mask of servers, all seeds */
	SCENARIO_COMBINED,	/* mask of servers that are in use, all seeds */
	SCENARIO_INTERVAL,	/* s between requests, at least */
	SCENARIO_UNSYNCHRONISED,	/* share of seconds, at least and at most */
	SCENARIO_VERSUS_BANK,	/* RMS as a multiple of the Kalman bank's, median */
	SCENARIO_DEMOTIONS,	/* of the host, at least and at most */
	SCENARIO_REINSTATEMENTS,	/* of the host, at least and at most */
	SCENARIO_WITNESSED,	/* disruptions that the sources alone told, at least and at most */
	SCENARIO_LEAP,		/* as announced at the end */
	SCENARIO_FIRST,		/* error right after the mark over the RMS before, RMS of seeds */
	SCENARIO_HOST_RMS,	/* of the host's line while the host's rate could be known, ns */
	SCENARIO_HOST_MAX,	/* worst of that, any seed */
	SCENARIO_HOST_VIOLATIONS,	/* of these outside the line's bound, all seeds */
	SCENARIO_HOST_SURPRISES,	/* of all other looks */
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
 * @seeds: how often, each with its own randomness
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

/* Run all seeds and fill in @value, indexed by quantity. 0 or -errno. */
int scenario_run(const struct scenario *scenario, double value[SCENARIO_QUANTITIES]);

const char *scenario_quantity_name(enum scenario_quantity quantity);

#endif /* SIM_SCENARIO_H */
