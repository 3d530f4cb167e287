// SPDX-License-Identifier: GPL-2.0-only
/*
 * Likelihoods: every closed form against the same integral done numerically.
 */
#include "user/likelihood.h"

#include <math.h>

#include "unit.h"

#define STEPS	400000

struct moments {
	double log_mass;
	double mean;
	double variance;
};

static double normal_density(double x, double variance)
{
	return exp(-0.5 * x * x / variance) / sqrt(2 * M_PI * variance);
}

static double gamma_density(double t, double scale, int shape)
{
	return pow(t / scale, shape - 1) * exp(-t / scale) / scale / tgamma(shape);
}

/* Without noise: the belief of the truth w times the density of the delay measured - w. */
static struct moments integrate(const struct normal *belief, double measured, double scale,
				int shape)
{
	double deviation = sqrt(belief->variance);
	double high = fmin(measured, belief->mean + 12 * deviation);
	double low = fmin(belief->mean - 12 * deviation, high - 60 * scale);
	double step = (high - low) / STEPS;
	double mass = 0, mean = 0, square = 0;
	int i;

	for (i = 0; i < STEPS; i++) {
		double w = low + (i + 0.5) * step;
		double density = normal_density(w - belief->mean, belief->variance) *
				 gamma_density(measured - w, scale, shape) * step;

		mass += density;
		mean += w * density;
		square += w * w * density;
	}
	mean /= mass;
	return (struct moments){ log(mass), mean, square / mass - mean * mean };
}

#define CASES	9

static const struct {
	double mean;
	double deviation;
	double measured;
	double scale;
} cases[CASES] = {
	{ 0, 1, 1, 1 }, { 0, 1, 5, 1 }, { 0, 1, -2, 1 }, { 0, 10, 1, 1 }, { 0, 1, 3, 10 },
	{ 100, 20, 90, 5 }, { -7, 3, -6, 0.5 }, { 0, 30, 4, 1 }, { 0, 60, 10, 1.5 },
};

TEST(queueing_agrees_with_the_integral)
{
	size_t i;
	int shape;

	for (i = 0; i < CASES; i++) {
		for (shape = 1; shape <= LIKELIHOOD_SHAPE_MAX; shape++) {
			struct normal belief = { cases[i].mean,
						 cases[i].deviation * cases[i].deviation };
			struct moments want = integrate(&belief, cases[i].measured,
							cases[i].scale, shape);
			double got = likelihood_queueing(&belief, cases[i].measured, 0,
							 cases[i].scale, shape);

			EXPECT_LT(fabs(got - want.log_mass), 2e-3)
				TH_LOG("case %zu shape %d: %g, not %g", i, shape, got,
				       want.log_mass);
			EXPECT_LT(fabs(belief.mean - want.mean), 2e-3 * sqrt(want.variance));
			EXPECT_LT(fabs(belief.variance / want.variance - 1), 1e-2)
				TH_LOG("case %zu shape %d: variance %g, not %g", i, shape,
				       belief.variance, want.variance);
		}
	}
}

/* Where the recursion hands over to the series nothing jumps. */
TEST(far_tail_is_continuous)
{
	double scale, last_mean = NAN, last_log = NAN;

	for (scale = 0.0405; scale > 0.0395; scale -= 0.0001) {
		struct normal belief = { 0, 1 };
		double log_density = likelihood_queueing(&belief, 0, 0, scale, 3);

		EXPECT_TRUE(isfinite(log_density));
		EXPECT_GT(belief.variance, 0);
		if (!isnan(last_mean)) {
			EXPECT_LT(fabs(belief.mean / last_mean - 1), 0.01);
			EXPECT_LT(fabs(log_density - last_log), 0.01);
		}
		last_mean = belief.mean;
		last_log = log_density;
	}
}

TEST(noise_widens_what_a_measurement_leaves_open)
{
	struct normal clean = { 0, 100 }, noisy = { 0, 100 };

	likelihood_queueing(&clean, 3, 0, 1, 1);
	likelihood_queueing(&noisy, 3, 400, 1, 1);
	EXPECT_LT(clean.variance, noisy.variance);
	EXPECT_LT(noisy.variance, 100);
}

TEST(normal_is_bayes)
{
	struct normal belief = { 10, 4 };
	double log_density = likelihood_normal(&belief, 14, 12);

	EXPECT_LT(fabs(belief.mean - 11), 1e-12);
	EXPECT_LT(fabs(belief.variance - 3), 1e-12);
	EXPECT_LT(fabs(log_density - log(normal_density(4, 16))), 1e-12);
}

TEST_HARNESS_MAIN
