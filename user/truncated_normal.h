/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Moments of a normal variable of which only an interval is possible. Pure arithmetic.
 */
#ifndef TRUNCATED_NORMAL_H
#define TRUNCATED_NORMAL_H

/**
 * struct truncated_normal - a standard normal variable cut to an interval
 * @log_mass: logarithm of the probability of the interval
 * @mean: its mean there
 * @variance: its variance there
 */
struct truncated_normal {
	double log_mass;
	double mean;
	double variance;
};

/* The standard normal within [@low, @high]; an interval beyond 30 is as if at 30. */
void truncated_normal(double low, double high, struct truncated_normal *result);

#endif /* TRUNCATED_NORMAL_H */
