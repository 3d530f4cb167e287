// SPDX-License-Identifier: GPL-2.0-only
/*
 * A bank of two-state filters (offset, rate), one for each wander that an oscillator may have,
 * each believing a normal distribution and told by every sample that the truth lies within its
 * halfwidth. They are mixed by how well they foretold the samples. docs/discipline.md has the
 * derivation. What a source is and which of them to believe is left to others.
 */
#include "estimator.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "truncated_normal.h"

#define NS_PER_S	1e9

/* Wanders from 1e-11 to 1e-7 in steps of the square root of ten. */
#define WANDERS		9
#define WANDER_LEAST	1e-11

/* Round trips remembered for the least of them. */
#define DELAYS		256

/* Before anything is known a rate may be anything that crystals do. */
#define RATE_SIGMA_UNKNOWN	100e-6

/* One sample in so many is believed to be an outlier, spread over so much of the delay. */
#define OUTLIER_PROBABILITY	1e-3

/* How much of the past counts in the choice between the members. */
#define FORGETTING	0.99

/* The least noise of any sample, ns: keeps intervals of no width possible. */
#define SIGMA_LEAST	0.5

/* mean and cov: of (offset in ns from the base, rate in ns per second). */
struct belief {
	double wander;
	double log_weight;
	double mean[2];
	double cov[2][2];
};

struct estimator {
	bool started;
	int64_t at_ns;
	int64_t base_ns;
	double rate_prior;
	double rate_prior_sigma;
	double delay_ns[DELAYS];
	unsigned int delays;
	unsigned int next_delay;
	struct belief member[WANDERS];
};

struct estimator *estimator_new(void)
{
	struct estimator *estimator = calloc(1, sizeof(*estimator));

	if (!estimator)
		return NULL;
	estimator->rate_prior_sigma = RATE_SIGMA_UNKNOWN;
	return estimator;
}

void estimator_free(struct estimator *estimator)
{
	free(estimator);
}

void estimator_prime_rate(struct estimator *estimator, double rate, double rate_sigma)
{
	estimator->rate_prior = rate;
	estimator->rate_prior_sigma = fmin(fabs(rate_sigma), RATE_SIGMA_UNKNOWN);
}

void estimator_reset(struct estimator *estimator, bool keep_rate)
{
	struct estimate estimate;

	if (!keep_rate)
		estimator_prime_rate(estimator, 0, RATE_SIGMA_UNKNOWN);
	else if (estimator_get(estimator, estimator->at_ns, &estimate))
		estimator_prime_rate(estimator, estimate.rate, estimate.rate_sigma);
	estimator->started = false;
	estimator->delays = 0;
	estimator->next_delay = 0;
}

static void predict(struct belief *belief, double elapsed_s)
{
	double power = belief->wander * NS_PER_S * belief->wander * NS_PER_S * elapsed_s;
	double (*cov)[2] = belief->cov;

	belief->mean[0] += belief->mean[1] * elapsed_s;
	cov[0][0] += elapsed_s * (2 * cov[0][1] + elapsed_s * cov[1][1]) +
		     power * elapsed_s * elapsed_s / 3;
	cov[0][1] += elapsed_s * cov[1][1] + power * elapsed_s / 2;
	cov[1][0] = cov[0][1];
	cov[1][1] += power;
}

/* The offset now has @mean and @variance; the rate follows by its covariance with the offset. */
static void condition(struct belief *belief, double mean, double variance)
{
	double prior = belief->cov[0][0];
	double gain = belief->cov[0][1] / prior;
	double shrink = variance - prior;

	belief->mean[1] += gain * (mean - belief->mean[0]);
	belief->mean[0] = mean;
	belief->cov[0][0] = variance;
	belief->cov[0][1] += gain * shrink;
	belief->cov[1][0] = belief->cov[0][1];
	belief->cov[1][1] += gain * gain * shrink;
}

/* One sample: the truth is within @halfwidth of @offset but for noise, or it is an outlier. */
static void update(struct belief *belief, double offset, double halfwidth, double sigma,
		   double spread)
{
	double prior = belief->cov[0][0];
	double variance = prior + sigma * sigma;
	double deviation = sqrt(variance);
	double share = prior / variance;
	double width = fmax(halfwidth, 1e-6 * deviation);
	double innovation = offset - belief->mean[0];
	double log_good, log_bad, good, shift, left;
	struct truncated_normal cut;

	truncated_normal((innovation - width) / deviation, (innovation + width) / deviation, &cut);
	log_good = log1p(-OUTLIER_PROBABILITY) + cut.log_mass - log(2 * width);
	log_bad = log(OUTLIER_PROBABILITY) - log(spread + deviation);
	good = 1 / (1 + exp(fmin(log_bad - log_good, 700)));
	shift = share * deviation * cut.mean;
	left = share * share * variance * cut.variance + prior * (1 - share);
	condition(belief, belief->mean[0] + good * shift,
		  good * left + (1 - good) * prior + good * (1 - good) * shift * shift);
	belief->log_weight = FORGETTING * belief->log_weight +
			     log(exp(log_good - log_bad) + 1) + log_bad;
}

/* The least round trip, and how much of a halfwidth its own uncertainty is worth. */
static double least_delay(const struct estimator *estimator, double *slack)
{
	double least = INFINITY;
	double sum = 0;
	unsigned int i;

	for (i = 0; i < estimator->delays; i++) {
		least = fmin(least, estimator->delay_ns[i]);
		sum += estimator->delay_ns[i];
	}
	/* One sample alone: its excess is taken to be half of it. */
	sum += 0.5 * least - least * estimator->delays;
	*slack = 0.5 * sum / estimator->delays / sqrt(estimator->delays);
	return least;
}

static double take_delay(struct estimator *estimator, double delay_ns)
{
	double slack;

	estimator->delay_ns[estimator->next_delay] = delay_ns;
	estimator->next_delay = (estimator->next_delay + 1) % DELAYS;
	if (estimator->delays < DELAYS)
		estimator->delays++;
	return 0.5 * (delay_ns - least_delay(estimator, &slack)) + slack;
}

static void start(struct estimator *estimator, const struct estimator_sample *sample,
		  double halfwidth)
{
	double rate_sigma = estimator->rate_prior_sigma * NS_PER_S;
	double wander = WANDER_LEAST;
	int i;

	estimator->started = true;
	estimator->at_ns = sample->at_ns;
	estimator->base_ns = sample->offset_ns;
	for (i = 0; i < WANDERS; i++, wander *= sqrt(10)) {
		struct belief *belief = &estimator->member[i];

		memset(belief, 0, sizeof(*belief));
		belief->wander = wander;
		belief->mean[1] = estimator->rate_prior * NS_PER_S;
		belief->cov[0][0] = halfwidth * halfwidth / 3 +
				    sample->sigma_ns * sample->sigma_ns +
				    SIGMA_LEAST * SIGMA_LEAST;
		belief->cov[1][1] = rate_sigma * rate_sigma;
	}
}

/* Offsets are kept small, so that doubles hold them to a fraction of a ns. */
static void recentre(struct estimator *estimator)
{
	double shift = rint(estimator->member[0].mean[0]);
	int i;

	estimator->base_ns += (int64_t)shift;
	for (i = 0; i < WANDERS; i++)
		estimator->member[i].mean[0] -= shift;
}

int estimator_add(struct estimator *estimator, const struct estimator_sample *sample)
{
	double offset, halfwidth, elapsed_s;
	int i;

	if (!(sample->delay_ns >= 0) || !(sample->sigma_ns >= 0) || isinf(sample->delay_ns) ||
	    isinf(sample->sigma_ns) || (estimator->started && sample->at_ns < estimator->at_ns))
		return -EINVAL;
	halfwidth = take_delay(estimator, sample->delay_ns);
	if (!estimator->started) {
		start(estimator, sample, halfwidth);
		return 0;
	}
	elapsed_s = (double)(sample->at_ns - estimator->at_ns) / NS_PER_S;
	offset = (double)(sample->offset_ns - estimator->base_ns);
	estimator->at_ns = sample->at_ns;
	for (i = 0; i < WANDERS; i++) {
		predict(&estimator->member[i], elapsed_s);
		update(&estimator->member[i], offset, halfwidth, sample->sigma_ns + SIGMA_LEAST,
		       sample->delay_ns);
	}
	recentre(estimator);
	return 0;
}

static void weights(const struct estimator *estimator, double *weight)
{
	double most = -INFINITY;
	double sum = 0;
	int i;

	for (i = 0; i < WANDERS; i++)
		most = fmax(most, estimator->member[i].log_weight);
	for (i = 0; i < WANDERS; i++) {
		weight[i] = exp(estimator->member[i].log_weight - most);
		sum += weight[i];
	}
	for (i = 0; i < WANDERS; i++)
		weight[i] /= sum;
}

/* The mixture's mean and spread at @elapsed_s from the latest sample. */
static void mix(const struct estimator *estimator, double elapsed_s, struct estimate *estimate,
		double *offset)
{
	double square = 0, rate_square = 0;
	double weight[WANDERS];
	double rate = 0;
	int i;

	weights(estimator, weight);
	*offset = 0;
	estimate->wander = 0;
	for (i = 0; i < WANDERS; i++) {
		struct belief belief = estimator->member[i];

		predict(&belief, fmax(elapsed_s, 0));
		if (elapsed_s < 0)
			belief.mean[0] += elapsed_s * belief.mean[1];
		*offset += weight[i] * belief.mean[0];
		rate += weight[i] * belief.mean[1];
		square += weight[i] * (belief.cov[0][0] + belief.mean[0] * belief.mean[0]);
		rate_square += weight[i] * (belief.cov[1][1] + belief.mean[1] * belief.mean[1]);
		estimate->wander += weight[i] * belief.wander;
	}
	estimate->sigma_ns = sqrt(fmax(square - *offset * *offset, 0));
	estimate->rate_sigma = sqrt(fmax(rate_square - rate * rate, 0)) / NS_PER_S;
	estimate->rate = rate / NS_PER_S;
}

bool estimator_get(const struct estimator *estimator, int64_t at_ns, struct estimate *estimate)
{
	double offset, slack, least, sum = 0;
	unsigned int i;

	if (!estimator->started)
		return false;
	mix(estimator, (double)(at_ns - estimator->at_ns) / NS_PER_S, estimate, &offset);
	estimate->at_ns = at_ns;
	estimate->offset_ns = estimator->base_ns + (int64_t)llrint(offset);
	least = least_delay(estimator, &slack);
	for (i = 0; i < estimator->delays; i++)
		sum += estimator->delay_ns[i] - least;
	estimate->halfwidth_ns = 0.5 * sum / estimator->delays + slack;
	return true;
}

double estimator_floor(const struct estimator *estimator)
{
	double slack;

	return estimator->delays ? least_delay(estimator, &slack) : 0;
}

void estimator_shift(struct estimator *estimator, int64_t offset_ns)
{
	estimator->base_ns += offset_ns;
}
