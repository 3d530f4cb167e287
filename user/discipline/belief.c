// SPDX-License-Identifier: GPL-2.0-only
/*
 * The linear algebra of struct belief.
 */
#include "discipline/belief.h"

#include <math.h>
#include <string.h>

size_t belief_size(int paths)
{
	return offsetof(struct belief, cov) +
	       (size_t)belief_row(belief_delay(paths)) * sizeof(((struct belief *)NULL)->cov[0]);
}

void belief_copy(struct belief *belief, const struct belief *from)
{
	memcpy(belief, from, offsetof(struct belief, cov));
	memcpy(belief->cov, from->cov, (size_t)belief_row(from->states) * sizeof(from->cov[0]));
}

/* Use so many states; those that are new have no mean and no variance. */
static void use_states(struct belief *belief, int states)
{
	int i;

	for (i = belief->states; i < states; i++)
		belief->mean[i] = 0;
	for (i = belief_row(belief->states); i < belief_row(states); i++)
		belief->cov[i] = 0;
	belief->states = states;
}

void belief_clear(struct belief *belief)
{
	belief->states = 0;
	use_states(belief, BELIEF_FIRST_PATH);
}

void belief_add_path(struct belief *belief, int path)
{
	if (belief->states <= belief_asymmetry(path))
		use_states(belief, belief_asymmetry(path) + 1);
}

void belief_set(struct belief *belief, int state, double mean, double variance)
{
	int i;

	for (i = 0; i < belief->states; i++)
		belief->cov[belief_place(state, i)] = 0;
	belief->mean[state] = mean;
	belief->cov[belief_place(state, state)] = variance;
}

void belief_predict(struct belief *belief, double elapsed_s, double wander)
{
	double power = wander * wander * elapsed_s;
	double with_rate = belief_cov(belief, BELIEF_OFFSET, BELIEF_RATE);
	double rate = belief_cov(belief, BELIEF_RATE, BELIEF_RATE);
	int i;

	belief->mean[BELIEF_OFFSET] += belief->mean[BELIEF_RATE] * elapsed_s;
	belief_add_cov(belief, BELIEF_OFFSET, BELIEF_OFFSET,
		       elapsed_s * (2 * with_rate + elapsed_s * rate) +
		       power * elapsed_s * elapsed_s / 3);
	belief_add_cov(belief, BELIEF_OFFSET, BELIEF_RATE,
		       elapsed_s * rate + power * elapsed_s / 2);
	belief_add_cov(belief, BELIEF_RATE, BELIEF_RATE, power);
	for (i = BELIEF_FIRST_PATH; i < belief->states; i++)
		belief_add_cov(belief, BELIEF_OFFSET, i,
			       elapsed_s * belief_cov(belief, BELIEF_RATE, i));
}

void belief_relax(struct belief *belief, int state, double keep, double variance)
{
	int i;

	belief->mean[state] *= keep;
	for (i = 0; i < belief->states; i++)
		belief->cov[belief_place(state, i)] *= keep;
	belief->cov[belief_place(state, state)] *= keep;
	belief_add_cov(belief, state, state, (1 - keep * keep) * variance);
}

void belief_widen(struct belief *belief, double factor)
{
	int i;

	for (i = 0; i < belief_row(belief->states); i++)
		belief->cov[i] *= factor;
}

bool belief_is_sane(const struct belief *belief)
{
	int i;

	for (i = 0; i < belief->states; i++) {
		double variance = belief_cov(belief, i, i);

		if (!isfinite(belief->mean[i]) || !isfinite(variance) || variance < 0)
			return false;
	}
	return belief_cov(belief, BELIEF_OFFSET, BELIEF_OFFSET) > 0;
}

static double project(const double *values, struct belief_direction direction)
{
	return direction.offset * values[BELIEF_OFFSET] +
	       direction.asymmetry * values[belief_asymmetry(direction.path)] +
	       direction.delay * values[belief_delay(direction.path)];
}

/* The covariance of a state with the direction. */
static double covariance(const struct belief *belief, int state, struct belief_direction direction)
{
	return direction.offset * belief_cov(belief, state, BELIEF_OFFSET) +
	       direction.asymmetry *
	       belief_cov(belief, state, belief_asymmetry(direction.path)) +
	       direction.delay * belief_cov(belief, state, belief_delay(direction.path));
}

void belief_project(const struct belief *belief, struct belief_direction direction,
		    struct normal *normal)
{
	int asymmetry = belief_asymmetry(direction.path), delay = belief_delay(direction.path);

	normal->mean = project(belief->mean, direction);
	normal->variance = direction.offset * covariance(belief, BELIEF_OFFSET, direction) +
			   direction.asymmetry * covariance(belief, asymmetry, direction) +
			   direction.delay * covariance(belief, delay, direction);
}

void belief_condition(struct belief *belief, struct belief_direction direction,
		      const struct normal *normal)
{
	double with[BELIEF_STATES] = { 0 };
	struct normal prior;
	double shift, shrink;
	int i, j;

	for (i = 0; i < belief->states; i++)
		with[i] = covariance(belief, i, direction);
	prior.mean = project(belief->mean, direction);
	prior.variance = project(with, direction);
	shift = (normal->mean - prior.mean) / prior.variance;
	shrink = (normal->variance - prior.variance) / (prior.variance * prior.variance);
	for (i = 0; i < belief->states; i++) {
		belief->mean[i] += with[i] * shift;
		for (j = 0; j <= i; j++)
			belief->cov[belief_row(i) + j] += with[i] * with[j] * shrink;
	}
}
