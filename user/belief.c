// SPDX-License-Identifier: GPL-2.0-only
/*
 * The linear algebra of three states.
 */
#include "belief.h"

void belief_predict(struct belief *belief, double elapsed_s, double wander)
{
	double power = wander * wander * elapsed_s;
	double (*cov)[BELIEF_STATES] = belief->cov;

	belief->mean[BELIEF_OFFSET] += belief->mean[BELIEF_RATE] * elapsed_s;
	cov[BELIEF_OFFSET][BELIEF_OFFSET] +=
		elapsed_s * (2 * cov[BELIEF_OFFSET][BELIEF_RATE] +
			     elapsed_s * cov[BELIEF_RATE][BELIEF_RATE]) +
		power * elapsed_s * elapsed_s / 3;
	cov[BELIEF_OFFSET][BELIEF_RATE] += elapsed_s * cov[BELIEF_RATE][BELIEF_RATE] +
					   power * elapsed_s / 2;
	cov[BELIEF_RATE][BELIEF_OFFSET] = cov[BELIEF_OFFSET][BELIEF_RATE];
	cov[BELIEF_OFFSET][BELIEF_DELAY] += elapsed_s * cov[BELIEF_RATE][BELIEF_DELAY];
	cov[BELIEF_DELAY][BELIEF_OFFSET] = cov[BELIEF_OFFSET][BELIEF_DELAY];
	cov[BELIEF_RATE][BELIEF_RATE] += power;
}

/* The covariance of every state with the direction. */
static void covariances(const struct belief *belief, struct belief_direction direction,
			double *with)
{
	int i;

	for (i = 0; i < BELIEF_STATES; i++)
		with[i] = direction.offset * belief->cov[i][BELIEF_OFFSET] +
			  direction.delay * belief->cov[i][BELIEF_DELAY];
}

void belief_project(const struct belief *belief, struct belief_direction direction,
		    struct normal *normal)
{
	double with[BELIEF_STATES];

	covariances(belief, direction, with);
	normal->mean = direction.offset * belief->mean[BELIEF_OFFSET] +
		       direction.delay * belief->mean[BELIEF_DELAY];
	normal->variance = direction.offset * with[BELIEF_OFFSET] +
			   direction.delay * with[BELIEF_DELAY];
}

void belief_condition(struct belief *belief, struct belief_direction direction,
		      const struct normal *normal)
{
	double with[BELIEF_STATES];
	struct normal prior;
	double shift, shrink;
	int i, j;

	belief_project(belief, direction, &prior);
	covariances(belief, direction, with);
	shift = (normal->mean - prior.mean) / prior.variance;
	shrink = (normal->variance - prior.variance) / (prior.variance * prior.variance);
	for (i = 0; i < BELIEF_STATES; i++) {
		belief->mean[i] += with[i] * shift;
		for (j = 0; j < BELIEF_STATES; j++)
			belief->cov[i][j] += with[i] * with[j] * shrink;
	}
}
