/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What one measurement says about a quantity of which a normal belief is held: the belief after it,
 * as a normal distribution with the right mean and variance, and how probable the measurement was.
 * Pure arithmetic; docs/discipline.md has the derivations.
 */
#ifndef DISCIPLINE_LIKELIHOOD_H
#define DISCIPLINE_LIKELIHOOD_H

/* Largest shape of likelihood_queueing(). */
#define LIKELIHOOD_SHAPE_MAX	6

/* A normal distribution. */
struct normal {
	double mean;
	double variance;
};

/**
 * likelihood_queueing() - measured = truth + queueing delay + normal noise
 * @belief: of the truth; becomes the belief after the measurement
 * @measured: the measurement
 * @noise: variance of the normal noise
 * @scale: of the delay's gamma distribution, > 0
 * @shape: its shape: 1 (exponential) to LIKELIHOOD_SHAPE_MAX
 *
 * Return: the logarithm of the measurement's probability density.
 */
double likelihood_queueing(struct normal *belief, double measured, double noise, double scale,
			   int shape);

/**
 * struct likelihood_kinds - delays of two kinds, either exponential
 * @share: of the first kind
 * @scale: their means, > 0
 */
struct likelihood_kinds {
	double share;
	double scale[2];
};

/* As likelihood_queueing(), where the delay is of one kind or the other. */
double likelihood_kinds(struct normal *belief, double measured, double noise,
			const struct likelihood_kinds *kinds);

/*
 * How probable a measurement is whose delay is the sum of two, one of @up and one of @down. The
 * belief is left as it is.
 */
double likelihood_kinds_sum(const struct normal *belief, double measured, double noise,
			    const struct likelihood_kinds *up,
			    const struct likelihood_kinds *down);

/* The same with measured = truth + normal noise. */
double likelihood_normal(struct normal *belief, double measured, double noise);

#endif /* DISCIPLINE_LIKELIHOOD_H */
