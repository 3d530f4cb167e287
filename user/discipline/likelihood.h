/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The update of a normal prior by one measurement: the posterior, as a normal distribution with the
 * right mean and variance, and how probable the measurement was. Pure arithmetic;
 * docs/discipline.md has the derivations.
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
 * @belief: prior of the truth; becomes the posterior
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

/* As likelihood_queueing(), for a delay of one kind or the other. */
double likelihood_kinds(struct normal *belief, double measured, double noise,
			const struct likelihood_kinds *kinds);

/*
 * The logarithm of the density of a measurement whose delay is the sum of two, one of @up and one
 * of @down. The prior is not changed.
 */
double likelihood_kinds_sum(const struct normal *belief, double measured, double noise,
			    const struct likelihood_kinds *up,
			    const struct likelihood_kinds *down);

/**
 * likelihood_window() - truth + normal noise is from low to high
 * @belief: prior of the truth; becomes the posterior
 * @low: the least that it can be
 * @high: the most, > @low
 * @noise: variance of the normal noise
 *
 * Return: the logarithm of the probability of that; -INFINITY if it is as good as 0, and then the
 * prior is left as it was.
 */
double likelihood_window(struct normal *belief, double low, double high, double noise);

/* As likelihood_queueing(), with measured = truth + normal noise. */
double likelihood_normal(struct normal *belief, double measured, double noise);

#endif /* DISCIPLINE_LIKELIHOOD_H */
