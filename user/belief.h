/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A normal belief of three quantities: the offset, its rate, and the least delay of the path each
 * way. Pure arithmetic; what samples mean is the estimator's.
 */
#ifndef BELIEF_H
#define BELIEF_H

#include "likelihood.h"

enum belief_state {
	BELIEF_OFFSET,		/* ns */
	BELIEF_RATE,		/* ns per second */
	BELIEF_DELAY,		/* ns */
	BELIEF_STATES,
};

/* What a measurement is of: @offset times the offset plus @delay times the delay. */
struct belief_direction {
	double offset;
	double delay;
};

struct belief {
	double mean[BELIEF_STATES];
	double cov[BELIEF_STATES][BELIEF_STATES];
};

/* @elapsed_s later; the rate walks by @wander (ns per second) in the square root of a second. */
void belief_predict(struct belief *belief, double elapsed_s, double wander);

/* What is believed of a direction. */
void belief_project(const struct belief *belief, struct belief_direction direction,
		    struct normal *normal);

/* That is now known to be @normal; the rest follows by what they have in common. */
void belief_condition(struct belief *belief, struct belief_direction direction,
		      const struct normal *normal);

#endif /* BELIEF_H */
