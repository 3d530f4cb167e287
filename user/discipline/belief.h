/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A normal belief of one clock seen over several paths: its offset, the offset's rate, and for
 * each path the least delay each way and by how much its asymmetry falsifies the offset. Pure
 * arithmetic; what samples mean is the estimator's.
 */
#ifndef DISCIPLINE_BELIEF_H
#define DISCIPLINE_BELIEF_H

#include <stdbool.h>

#include "discipline/likelihood.h"

/* Paths of one belief. */
#define BELIEF_PATHS	8

enum belief_state {
	BELIEF_OFFSET,		/* ns */
	BELIEF_RATE,		/* ns per second */
	BELIEF_FIRST_PATH,	/* from here on two for each path */
	BELIEF_STATES = BELIEF_FIRST_PATH + 2 * BELIEF_PATHS,
};

/* States of a path, ns. */
static inline int belief_delay(int path)
{
	return BELIEF_FIRST_PATH + 2 * path;
}

static inline int belief_asymmetry(int path)
{
	return BELIEF_FIRST_PATH + 2 * path + 1;
}

/* The belief; the first @states are in use. */
struct belief {
	int states;
	double mean[BELIEF_STATES];
	double cov[BELIEF_STATES][BELIEF_STATES];
};

/* What a measurement is of: so much of the offset and of a path's asymmetry and least delay. */
struct belief_direction {
	int path;
	double offset;
	double asymmetry;
	double delay;
};

/* No mean, no variance, no path. */
void belief_clear(struct belief *belief);

/* From now on @path is in use, the ones before it too. */
void belief_add_path(struct belief *belief, int path);

/* A state that has nothing to do with the others, its mean and variance given. */
void belief_set(struct belief *belief, int state, double mean, double variance);

/* @elapsed_s later; the rate walks by @wander (ns per second) in the square root of a second. */
void belief_predict(struct belief *belief, double elapsed_s, double wander);

/* Are all means and variances numbers? Samples from a liar can make doubles lose all meaning. */
bool belief_is_sane(const struct belief *belief);

/* What is believed of a direction. */
void belief_project(const struct belief *belief, struct belief_direction direction,
		    struct normal *normal);

/* That is now known to be @normal; the rest follows by what they have in common. */
void belief_condition(struct belief *belief, struct belief_direction direction,
		      const struct normal *normal);

#endif /* DISCIPLINE_BELIEF_H */
