// SPDX-License-Identifier: GPL-2.0-only
/*
 * Moments of a normal belief times the likelihood of a delayed or noisy measurement, in closed
 * form: a truncated normal times a power, whose integrals follow from each other.
 */
#include "likelihood.h"

#include <math.h>

#define LOG_SQRT_2PI	0.91893853320467274178

/* Below this the recursion has lost half of its sixteen digits and the series is as good. */
#define FAR	(-25.0)

/* I(n) = integral over t > 0 of t^n times the standard normal density at t - z, n = 0 to @most. */
static void integrals_near(double z, int most, double *integral)
{
	int n;

	integral[0] = 0.5 * erfc(-z * M_SQRT1_2);
	integral[1] = z * integral[0] + exp(-0.5 * z * z - LOG_SQRT_2PI);
	for (n = 2; n <= most; n++)
		integral[n] = z * integral[n - 1] + (n - 1) * integral[n - 2];
}

/* The same over the density at z: all mass is near t = 0; expanded in 1 / z^2. */
static void integrals_far(double z, int most, double *integral)
{
	double inverse = 1 / (z * z);
	double lead = -1 / z;
	int n;

	for (n = 0; n <= most; n++) {
		double second = 0.5 * (n + 1) * (n + 2) * inverse;
		double fourth = 0.25 * second * (n + 3) * (n + 4) * inverse;

		integral[n] = lead * (1 - second + fourth);
		lead *= (n + 1) / -z;
	}
}

/* The truth is what is left of @sum's belief when noise is known to be part of it. */
static void share_noise(struct normal *belief, double mean, double variance, double noise)
{
	double share = belief->variance / (belief->variance + noise);

	belief->mean += share * (mean - belief->mean);
	belief->variance = share * share * variance + belief->variance * (1 - share);
}

/*
 * Let y = truth + noise and t = measured - y >= 0 the delay, with density t^(k-1) exp(-t / scale).
 * The exponential tilts the normal belief of t, that is, it moves its mean to @mean and leaves its
 * variance; the power and t >= 0 are left for the integrals.
 */
double likelihood_queueing(struct normal *belief, double measured, double noise, double scale,
			   int shape)
{
	double integral[LIKELIHOOD_SHAPE_MAX + 2] = { 0 };
	double variance = belief->variance + noise;
	double deviation = sqrt(variance);
	double innovation = measured - belief->mean;
	double z = innovation / deviation - deviation / scale;
	double log_common = 0;
	double mean, square;

	if (z > FAR) {
		integrals_near(z, shape + 1, integral);
	} else {
		integrals_far(z, shape + 1, integral);
		log_common = -0.5 * z * z - LOG_SQRT_2PI;
	}
	mean = integral[shape] / integral[shape - 1];
	square = integral[shape + 1] / integral[shape - 1] - mean * mean;
	share_noise(belief, measured - deviation * mean, variance * fmax(square, 0), noise);
	return log_common + log(integral[shape - 1]) - innovation / scale +
	       0.5 * variance / (scale * scale) + (shape - 1) * log(deviation) -
	       shape * log(scale) - lgamma(shape);
}

double likelihood_normal(struct normal *belief, double measured, double noise)
{
	double variance = belief->variance + noise;
	double innovation = measured - belief->mean;
	double share = belief->variance / variance;

	belief->mean += share * innovation;
	belief->variance *= 1 - share;
	return -0.5 * (innovation * innovation / variance + log(variance)) - LOG_SQRT_2PI;
}
