/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A normal distribution of the state of one clock measured over several paths: its offset, the
 * offset's rate, and for each path the least delay each way and the offset's error by asymmetry.
 * Pure arithmetic; the meaning of samples is the estimator's.
 */
#ifndef DISCIPLINE_BELIEF_H
#define DISCIPLINE_BELIEF_H

#include <stdbool.h>
#include <stddef.h>

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

/**
 * struct belief - the distribution
 * @states: the first ones, which are in use
 * @mean: of each
 * @cov: its covariances with the states up to itself, then the next one's: belief_cov(). The last
 *	ones need not be there: a belief of few paths is of belief_size(), and copied by
 *	belief_copy().
 */
struct belief {
	int states;
	double mean[BELIEF_STATES];
	double cov[BELIEF_STATES * (BELIEF_STATES + 1) / 2];
};

/* Where the covariances of a state with those up to itself begin. */
static inline int belief_row(int state)
{
	return state * (state + 1) / 2;
}

static inline int belief_place(int state, int other)
{
	return state < other ? belief_row(other) + state : belief_row(state) + other;
}

/* The covariance of two states; of one with itself: its variance. */
static inline double belief_cov(const struct belief *belief, int state, int other)
{
	return belief->cov[belief_place(state, other)];
}

static inline void belief_add_cov(struct belief *belief, int state, int other, double by)
{
	belief->cov[belief_place(state, other)] += by;
}

/*
 * A linear combination of the states that a measurement is of: the factors of the offset and of a
 * path's asymmetry and least delay.
 */
struct belief_direction {
	int path;
	double offset;
	double asymmetry;
	double delay;
};

/* Bytes of a belief of so many paths, the first ones. */
size_t belief_size(int paths);

/* Copy what is in use. */
void belief_copy(struct belief *belief, const struct belief *from);

/* No mean, no variance, no path. */
void belief_clear(struct belief *belief);

/* Use the states of @path, and of the paths before it, from now on. */
void belief_add_path(struct belief *belief, int path);

/* Set the mean and variance of a state, uncorrelated with the others. */
void belief_set(struct belief *belief, int state, double mean, double variance);

/*
 * Predict the state @elapsed_s later; the rate walks by @wander (ns per second) in the square root
 * of a second.
 */
void belief_predict(struct belief *belief, double elapsed_s, double wander);

/*
 * A state returns to 0: @keep of it is left, and beside that it has @variance by itself.
 */
void belief_relax(struct belief *belief, int state, double keep, double variance);

/* Multiply all variances and covariances by @factor. */
void belief_widen(struct belief *belief, double factor);

/* Are all means and variances finite? Samples of a liar can make doubles overflow. */
bool belief_is_sane(const struct belief *belief);

/* The distribution of a direction. */
void belief_project(const struct belief *belief, struct belief_direction direction,
		    struct normal *normal);

/* Set the distribution of a direction to @normal; the states follow by their covariances. */
void belief_condition(struct belief *belief, struct belief_direction direction,
		      const struct normal *normal);

#endif /* DISCIPLINE_BELIEF_H */
