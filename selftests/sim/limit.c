// SPDX-License-Identifier: GPL-2.0-only
/*
 * A particle filter. With exponential queueing and a known least delay d a sample says exactly
 * that the offset is between d - down and up - d, and nothing more: both ways' densities together
 * do not depend on where. So a particle is a history of offsets within all these windows. Given its
 * history a particle's rate is normal with a mean of its own and the same variance for all (an
 * oscillator observed exactly), so only the offset is drawn, from the normal distribution that is
 * foreseen within the window, and the mass of that in the window is the particle's weight.
 */
#include "limit.h"

#include <math.h>
#include <string.h>

#include "user/lib/time_units.h"

#define STREAM		128

/* Before anything is known a rate may be anything that crystals do, ns per second. */
#define RATE_SIGMA	1e5

/* Samples are given in whole ns: windows are as much wider. */
#define ROUNDING_NS	2.0

/* Windows that begin so many standard deviations away do not matter. */
#define FAR	8.0

#define APART	0.1

void limit_start(struct limit *limit, const struct limit_truth *truth, uint64_t seed)
{
	memset(limit, 0, sizeof(*limit));
	limit->truth = *truth;
	random_seed(&limit->random, seed, STREAM);
}

/* What is foreseen of an oscillator's offset and rate after so many seconds. */
struct foreseen {
	double elapsed_s;
	double offset_variance;
	double covariance;
	double rate_variance;
};

static struct foreseen foresee(const struct limit *limit, double elapsed_s)
{
	double wander_ns = limit->truth.wander * NS_PER_S_REAL;
	double power = wander_ns * wander_ns * elapsed_s;
	double rate = limit->rate_variance;

	return (struct foreseen){
		.elapsed_s = elapsed_s,
		.offset_variance = limit->offset_variance + elapsed_s * (2 * limit->covariance +
				   elapsed_s * rate) + power * elapsed_s * elapsed_s / 3,
		.covariance = limit->covariance + elapsed_s * rate + power * elapsed_s / 2,
		.rate_variance = rate + power,
	};
}

static double below(double x)
{
	return 0.5 * erfc(-x * M_SQRT1_2);
}

/* Where the standard normal distribution has @share of its mass below, by bisection and Newton. */
static double quantile(double share, double low, double high)
{
	int i;

	for (i = 0; i < 60 && high - low > 1e-9; i++) {
		double middle = 0.5 * (low + high);

		if (below(middle) < share)
			low = middle;
		else
			high = middle;
	}
	return 0.5 * (low + high);
}

/* A standard normal number within a window, and how much of all there is in it. */
static double draw_within(struct random *random, double low, double high, double *mass)
{
	double share;

	*mass = 1;
	if (low < -FAR && high > FAR)
		return random_normal(random);
	/* From the lower tail, where the digits are. */
	if (low > 0)
		return -draw_within(random, -high, -low, mass);
	low = fmax(low, -40);
	high = fmin(high, 40);
	share = below(low);
	*mass = below(high) - share;
	if (!(*mass > 0))
		return 0.5 * (low + high);
	return quantile(share + random_uniform(random) * *mass, low, high);
}

static void sum_up(struct limit *limit)
{
	int i;

	limit->mean_offset = 0;
	limit->mean_rate = 0;
	for (i = 0; i < LIMIT_PARTICLES; i++) {
		limit->mean_offset += limit->weight[i] * limit->offset[i];
		limit->mean_rate += limit->weight[i] * limit->rate[i];
	}
	limit->spread = 0;
	limit->spread_with_rate = 0;
	limit->rate_spread = 0;
	for (i = 0; i < LIMIT_PARTICLES; i++) {
		double offset = limit->offset[i] - limit->mean_offset;
		double rate = limit->rate[i] - limit->mean_rate;

		limit->spread += limit->weight[i] * offset * offset;
		limit->spread_with_rate += limit->weight[i] * offset * rate;
		limit->rate_spread += limit->weight[i] * rate * rate;
	}
}

/*
 * Copies of a particle are moved apart by so much of all particles' spread, and all of them towards
 * the mean so that the spread stays (Liu and West 2001). What an oscillator does by itself is much
 * less where the network is noisy, and copies would stay together.
 */
static void part_copies(struct limit *limit)
{
	double keep = sqrt(1 - APART * APART);
	double sigma = sqrt(limit->spread);
	double slope = sigma > 0 ? limit->spread_with_rate / limit->spread : 0;
	double rest = sqrt(fmax(limit->rate_spread - slope * limit->spread_with_rate, 0));
	int i;

	for (i = 0; i < LIMIT_PARTICLES; i++) {
		double moved = APART * sigma * random_normal(&limit->random);

		limit->offset[i] = limit->mean_offset + moved +
				   keep * (limit->offset[i] - limit->mean_offset);
		limit->rate[i] = limit->mean_rate + slope * moved +
				 APART * rest * random_normal(&limit->random) +
				 keep * (limit->rate[i] - limit->mean_rate);
	}
}

/* Systematic resampling (Kitagawa 1996) where few particles have all the weight. */
static void resample(struct limit *limit)
{
	static double offset[LIMIT_PARTICLES], rate[LIMIT_PARTICLES];
	double square = 0, sum = 0, at;
	int i, from = 0;

	for (i = 0; i < LIMIT_PARTICLES; i++)
		square += limit->weight[i] * limit->weight[i];
	if (1 / square > 0.5 * LIMIT_PARTICLES)
		return;
	at = random_uniform(&limit->random) / LIMIT_PARTICLES;
	for (i = 0; i < LIMIT_PARTICLES; i++) {
		while (from < LIMIT_PARTICLES - 1 && sum + limit->weight[from] < at)
			sum += limit->weight[from++];
		offset[i] = limit->offset[from];
		rate[i] = limit->rate[from];
		at += 1.0 / LIMIT_PARTICLES;
	}
	memcpy(limit->offset, offset, sizeof(offset));
	memcpy(limit->rate, rate, sizeof(rate));
	for (i = 0; i < LIMIT_PARTICLES; i++)
		limit->weight[i] = 1.0 / LIMIT_PARTICLES;
	part_copies(limit);
}

/* All particles anew, anywhere in the window. */
static void scatter(struct limit *limit, double low, double high)
{
	int i;

	for (i = 0; i < LIMIT_PARTICLES; i++) {
		limit->offset[i] = low + (high - low) * random_uniform(&limit->random);
		limit->rate[i] = 0;
		limit->weight[i] = 1.0 / LIMIT_PARTICLES;
	}
	limit->rate_variance = RATE_SIGMA * RATE_SIGMA;
}

static void take_window(struct limit *limit, double elapsed_s, double low, double high)
{
	struct foreseen foreseen = foresee(limit, elapsed_s);
	double sigma = sqrt(foreseen.offset_variance);
	double gain = foreseen.covariance / foreseen.offset_variance;
	double sum = 0;
	int i;

	for (i = 0; i < LIMIT_PARTICLES; i++) {
		double mean = limit->offset[i] + limit->rate[i] * elapsed_s;
		double moved, mass;

		moved = sigma * draw_within(&limit->random, (low - mean) / sigma,
					    (high - mean) / sigma, &mass);
		limit->offset[i] = mean + moved;
		limit->rate[i] += gain * moved;
		limit->weight[i] *= mass;
		sum += limit->weight[i];
	}
	limit->rate_variance = foreseen.rate_variance - gain * foreseen.covariance;
	if (!(sum > 0)) {
		limit->lost++;
		scatter(limit, low, high);
		return;
	}
	for (i = 0; i < LIMIT_PARTICLES; i++)
		limit->weight[i] /= sum;
}

/* The textbook's filter: for normal noise there is no better one. */
static void take_reading(struct limit *limit, double elapsed_s, double offset)
{
	struct foreseen foreseen = foresee(limit, elapsed_s);
	double noise = limit->truth.jitter_ns * limit->truth.jitter_ns;
	double share = foreseen.offset_variance / (foreseen.offset_variance + noise);
	double gain = foreseen.covariance / (foreseen.offset_variance + noise);
	double moved = offset - limit->mean_offset - limit->mean_rate * elapsed_s;

	limit->mean_offset += limit->mean_rate * elapsed_s + share * moved;
	limit->mean_rate += gain * moved;
	limit->offset_variance = (1 - share) * foreseen.offset_variance;
	limit->covariance = (1 - share) * foreseen.covariance;
	limit->rate_variance = foreseen.rate_variance - gain * foreseen.covariance;
}

static void take_first(struct limit *limit, double raw_ns, double offset_ns, double half_ns)
{
	limit->base_ns = offset_ns;
	limit->raw_ns = raw_ns;
	limit->rate_variance = RATE_SIGMA * RATE_SIGMA;
	if (limit->truth.refclock)
		limit->offset_variance = limit->truth.jitter_ns * limit->truth.jitter_ns;
	else
		scatter(limit, -half_ns, half_ns);
}

void limit_sample(struct limit *limit, double raw_ns, double offset_ns, double delay_ns)
{
	double half_ns = 0.5 * delay_ns - limit->truth.least_ns + ROUNDING_NS;
	double elapsed_s = (raw_ns - limit->raw_ns) / NS_PER_S_REAL;
	double offset = offset_ns - limit->base_ns;

	if (!limit->samples++) {
		take_first(limit, raw_ns, offset_ns, half_ns);
		return;
	}
	limit->raw_ns = raw_ns;
	if (limit->truth.refclock) {
		take_reading(limit, elapsed_s, offset);
		return;
	}
	take_window(limit, elapsed_s, offset - half_ns, offset + half_ns);
	sum_up(limit);
	resample(limit);
}

double limit_offset_ns(const struct limit *limit, double raw_ns)
{
	return limit->base_ns + limit->mean_offset +
	       limit->mean_rate * (raw_ns - limit->raw_ns) / NS_PER_S_REAL;
}

double limit_sigma_ns(const struct limit *limit, double raw_ns)
{
	struct foreseen foreseen = foresee(limit, (raw_ns - limit->raw_ns) / NS_PER_S_REAL);

	return sqrt(foreseen.offset_variance + limit->spread + foreseen.elapsed_s *
		    (2 * limit->spread_with_rate + foreseen.elapsed_s * limit->rate_spread));
}
