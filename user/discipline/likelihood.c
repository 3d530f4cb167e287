// SPDX-License-Identifier: GPL-2.0-only
/*
 * Moments of a normal prior times the likelihood of a delayed or noisy measurement, in closed form:
 * a truncated normal times a power, whose integrals follow from each other.
 */
#include "discipline/likelihood.h"

#include <math.h>
#include <stdbool.h>

#define LOG_SQRT_2PI	0.91893853320467274178

/* Below this the recursion has lost half of its sixteen digits, and the series is as exact. */
#define FAR	(-25.0)

/* Scales this near to each other count as equal, and so does a difference that cancels to this. */
#define SCALES_APART	0.02
#define CANCELLED	1e-5

/* A window of so few deviations has about the same density everywhere. */
#define NARROW	1e-3

/* Less probable windows are in tails whose digits are lost. */
#define SHARE_LEAST	1e-200

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

/* Condition on the noise: the truth is @sum minus it. */
static void share_noise(struct normal *belief, double mean, double variance, double noise)
{
	double share = belief->variance / (belief->variance + noise);

	belief->mean += share * (mean - belief->mean);
	belief->variance = share * share * variance + belief->variance * (1 - share);
}

/* What the delay's density has besides its power and exponential, in units of the deviation. */
static double density_unit(double deviation, double scale, int shape)
{
	double unit = 1 / scale;
	int n;

	for (n = 1; n < shape; n++)
		unit *= deviation / scale / n;
	return unit;
}

/*
 * Let y = truth + noise and t = measured - y >= 0 the delay, with density t^(k-1) exp(-t / scale).
 * The exponential tilts the normal prior of t, that is, it moves its mean to @mean and keeps its
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
	return log_common + log(integral[shape - 1] * density_unit(deviation, scale, shape)) -
	       innovation / scale + 0.5 * variance / (scale * scale);
}

/* The logarithm of the sum of two numbers given as logarithms. */
static double log_sum(double a, double b)
{
	return fmax(a, b) + log1p(exp(-fabs(a - b)));
}

double likelihood_kinds(struct normal *belief, double measured, double noise,
			const struct likelihood_kinds *kinds)
{
	struct normal other = *belief;
	double log_first, log_other, first, apart;

	log_first = log(kinds->share) +
		    likelihood_queueing(belief, measured, noise, kinds->scale[0], 1);
	if (kinds->share >= 1)
		return log_first;
	log_other = log(1 - kinds->share) +
		    likelihood_queueing(&other, measured, noise, kinds->scale[1], 1);
	first = 1 / (1 + exp(fmin(log_other - log_first, 600)));
	apart = other.mean - belief->mean;
	belief->mean += (1 - first) * apart;
	belief->variance = first * belief->variance + (1 - first) * other.variance +
			   first * (1 - first) * apart * apart;
	return log_sum(log_first, log_other);
}

/*
 * The density of the sum of two exponential delays with scales a and b is the difference of their
 * own densities, weighted by a and b, over a - b. Where that leaves nothing they are as good as
 * equal.
 */
static double log_density_of_sum(const struct normal *belief, double measured, double noise,
				 double up_scale, double down_scale)
{
	double longer = fmax(up_scale, down_scale);
	double shorter = fmin(up_scale, down_scale);
	struct normal copy = *belief;
	double log_longer, log_shorter, rest;

	if (longer - shorter > SCALES_APART * longer) {
		log_longer = log(longer) + likelihood_queueing(&copy, measured, noise, longer, 1);
		copy = *belief;
		log_shorter = log(shorter) +
			      likelihood_queueing(&copy, measured, noise, shorter, 1);
		rest = -expm1(log_shorter - log_longer);
		if (rest > CANCELLED)
			return log_longer + log(rest) - log(longer - shorter);
		copy = *belief;
	}
	return likelihood_queueing(&copy, measured, noise, sqrt(longer * shorter), 2);
}

double likelihood_kinds_sum(const struct normal *belief, double measured, double noise,
			    const struct likelihood_kinds *up,
			    const struct likelihood_kinds *down)
{
	bool alike = up->scale[0] == down->scale[0] && up->scale[1] == down->scale[1];
	double log_total = -INFINITY;
	int i, j;

	for (i = 0; i < 2; i++) {
		/* If both ways are alike, short and long is the same as long and short. */
		for (j = alike ? i : 0; j < 2; j++) {
			double share = (i ? 1 - up->share : up->share) *
				       (j ? 1 - down->share : down->share) *
				       (alike && i != j ? 2 : 1);
			double log_density;

			if (!(share > 0))
				continue;
			log_density = log(share) +
				      log_density_of_sum(belief, measured, noise, up->scale[i],
							 down->scale[j]);
			log_total = isinf(log_total) ? log_density :
						       log_sum(log_total, log_density);
		}
	}
	return log_total;
}

/* At @z, of the standard normal distribution. */
static double standard_density(double z)
{
	return exp(-0.5 * z * z - LOG_SQRT_2PI);
}

double likelihood_window(struct normal *belief, double low, double high, double noise)
{
	double variance = belief->variance + noise;
	double deviation = sqrt(variance);
	double sign = low + high < 2 * belief->mean ? -1 : 1;
	/* As seen from the side where the window is: there, small tails keep their digits. */
	double from = ((sign > 0 ? low : high) - belief->mean) * sign / deviation;
	double to = ((sign > 0 ? high : low) - belief->mean) * sign / deviation;
	double share, shift, narrowed;

	if (to - from < NARROW) {
		shift = 0.5 * (from + to);
		share = standard_density(shift) * (to - from);
		narrowed = (to - from) * (to - from) / 12;
	} else {
		share = 0.5 * (erfc(from * M_SQRT1_2) - erfc(to * M_SQRT1_2));
		shift = (standard_density(from) - standard_density(to)) / share;
		narrowed = 1 - shift * shift +
			   (from * standard_density(from) - to * standard_density(to)) / share;
	}
	if (!(share > SHARE_LEAST))
		return -INFINITY;
	share_noise(belief, belief->mean + sign * deviation * shift, variance * fmax(narrowed, 0),
		    noise);
	return log(share);
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
