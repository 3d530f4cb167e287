// SPDX-License-Identifier: GPL-2.0-only
/*
 * Likelihoods: every closed form against the same integral done numerically.
 */
#include "user/discipline/likelihood.h"

#include <math.h>

#include "selftests/unit/unit.h"

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

/* The mixture of what two exponentials leave, each by its own integral. */
TEST(kinds_agree_with_the_integral)
{
	size_t i;

	for (i = 0; i < CASES; i++) {
		struct likelihood_kinds kinds = {
			.share = 0.7,
			.scale = { 0.3 * cases[i].scale, 4 * cases[i].scale },
		};
		struct normal belief = { cases[i].mean, cases[i].deviation * cases[i].deviation };
		struct moments first = integrate(&belief, cases[i].measured, kinds.scale[0], 1);
		struct moments other = integrate(&belief, cases[i].measured, kinds.scale[1], 1);
		double mass = 0.7 * exp(first.log_mass) + 0.3 * exp(other.log_mass);
		double share = 0.7 * exp(first.log_mass) / mass;
		double mean = share * first.mean + (1 - share) * other.mean;
		double square = share * (first.variance + first.mean * first.mean) +
				(1 - share) * (other.variance + other.mean * other.mean);
		double got = likelihood_kinds(&belief, cases[i].measured, 0, &kinds);

		EXPECT_LT(fabs(got - log(mass)), 2e-3);
		EXPECT_LT(fabs(belief.mean - mean), 2e-3 * sqrt(square - mean * mean));
		EXPECT_LT(fabs(belief.variance / (square - mean * mean) - 1), 1e-2);
	}
}

static double kinds_density(double delay, const struct likelihood_kinds *kinds)
{
	return kinds->share * gamma_density(delay, kinds->scale[0], 1) +
	       (1 - kinds->share) * gamma_density(delay, kinds->scale[1], 1);
}

/* The density of the sum of two delays, by the integral over one of them. */
static double sum_density(double sum, const struct likelihood_kinds *up,
			  const struct likelihood_kinds *down)
{
	double step = sum / 2000;
	double density = 0;
	int i;

	for (i = 0; i < 2000; i++)
		density += kinds_density((i + 0.5) * step, up) *
			   kinds_density(sum - (i + 0.5) * step, down) * step;
	return density;
}

TEST(sum_of_kinds_agrees_with_the_integral)
{
	const struct likelihood_kinds up = { 0.7, { 1, 9 } }, down = { 0.4, { 1.001, 3 } };
	const struct likelihood_kinds one = { 1, { 2, 2 } };
	const struct normal belief = { 0, 0.25 };
	double sum;

	for (sum = -1; sum < 30; sum += 3.1) {
		double mixed = 0, single = 0, w;

		for (w = -3; w < 3; w += 0.01) {
			double weight = 0.01 * normal_density(w, belief.variance);

			if (sum <= w)
				continue;
			mixed += weight * sum_density(sum - w, &up, &down);
			single += weight * sum_density(sum - w, &one, &one);
		}
		EXPECT_LT(fabs(likelihood_kinds_sum(&belief, sum, 0, &up, &down) - log(mixed)),
			  0.02);
		EXPECT_LT(fabs(likelihood_kinds_sum(&belief, sum, 0, &one, &one) - log(single)),
			  0.02);
	}
	/* Far below all delays the difference of densities cancels. */
	EXPECT_TRUE(isfinite(likelihood_kinds_sum(&belief, -1e4, 0, &up, &down)));
	EXPECT_TRUE(isfinite(likelihood_kinds_sum(&belief, 1e5, 0, &up, &down)));
}

/* A normal distribution from @low to @high, in so many steps. */
static struct moments integrate_window(const struct normal *belief, double low, double high)
{
	double step = (high - low) / STEPS;
	double mass = 0, mean = 0, square = 0;
	int i;

	for (i = 0; i < STEPS; i++) {
		double off = low + (i + 0.5) * step - belief->mean;
		double density = normal_density(off, belief->variance) * step;

		mass += density;
		mean += off * density;
		square += off * off * density;
	}
	mean /= mass;
	return (struct moments){ log(mass), belief->mean + mean, square / mass - mean * mean };
}

/* Narrow and wide, about the mean and in either tail. */
TEST(window_agrees_with_the_integral)
{
	static const double edges[][2] = {
		{ -1, 1 }, { -5, 20 }, { 0.5, 0.6 }, { 12, 30 }, { -30, -12 }, { 20, 20.001 },
		{ -3.001, -3 }, { -40, 40 }, { 1, 1000 }, { -1000, -1 },
	};
	size_t i;

	for (i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
		struct normal belief = { 2, 9 };
		struct moments whole = integrate_window(&belief, fmax(edges[i][0], -60),
							fmin(edges[i][1], 60));
		double log_share = likelihood_window(&belief, edges[i][0], edges[i][1], 0);

		EXPECT_LT(fabs(log_share - whole.log_mass), 1e-4);
		EXPECT_LT(fabs(belief.mean - whole.mean), 1e-4 * sqrt(whole.variance) + 1e-6);
		EXPECT_LT(fabs(belief.variance - whole.variance), 1e-3 * whole.variance);
	}
}

/* Far beyond all that was believed nothing is left of its digits, and nothing is known. */
TEST(window_that_nobody_believes_leaves_the_belief)
{
	struct normal belief = { 0, 1 };

	EXPECT_TRUE(isinf(likelihood_window(&belief, 1e6, 1e6 + 1, 0)));
	EXPECT_EQ(0, belief.mean);
	EXPECT_EQ(1, belief.variance);
	EXPECT_TRUE(isinf(likelihood_window(&belief, -1e6, -1e6 + 1e-3, 0)));
	EXPECT_EQ(0, belief.mean);
	EXPECT_EQ(1, belief.variance);
}

/* With noise as large as the belief, a narrow window halves the variance, as a measurement does. */
TEST(window_with_noise_is_a_measurement)
{
	struct normal belief = { 0, 4 };

	likelihood_window(&belief, 2 - 1e-6, 2 + 1e-6, 4);
	EXPECT_LT(fabs(belief.mean - 1), 1e-6);
	EXPECT_LT(fabs(belief.variance - 2), 1e-6);
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
