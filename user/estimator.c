// SPDX-License-Identifier: GPL-2.0-only
/*
 * A bank of filters over (offset, rate, least delay), one for each wander that an oscillator may
 * have and each way that a path may queue, mixed by how well they foretold the samples.
 * docs/discipline.md has the derivation. The arithmetic of one filter is belief.c's and
 * likelihood.c's; what a source is and which of them to believe is left to others.
 */
#include "estimator.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "belief.h"
#include "likelihood.h"

#define NS_PER_S	1e9

/* Wanders from 1e-11 to 1e-7 in steps of the square root of ten. */
#define WANDERS		9
#define WANDER_LEAST	1e-11

/* Larger wanders than usual are believed less at first: by so much in the log, a decade. */
#define WANDER_USUAL	3e-9
#define WANDER_DOUBT	2.0

/* How the path queues, by the shape of the delays' gamma distribution; 0: normal. */
#define SHAPES		3

#define MEMBERS		(WANDERS * SHAPES)

/* Round trips remembered. */
#define DELAYS		256

/* Before anything is known a rate may be anything that crystals do. */
#define RATE_SIGMA_UNKNOWN	100e-6

/* Of a first round trip each way, so much is taken to be queueing, give or take as much. */
#define FIRST_EXCESS	0.25

/* So many measurements are believed to be outliers. */
#define OUTLIER_PROBABILITY	5e-4

/* How much of the past counts in the choice between the members, after each sample. */
#define FORGETTING	0.99

/* No member's weight falls below that of the best times exp() of this: it may be needed soon. */
#define LOG_WEIGHT_LEAST	(-14.0)

/* The least delay walks by this share of the queueing from sample to sample: routers warm up. */
#define DELAY_WALK	1e-4

/* Members below this are kept for later only: they may be far off and have no say. */
#define LOG_WEIGHT_HEARD	(-9.0)

/* The least noise of any sample, ns: a reading has no fractions. */
#define NOISE_LEAST	0.5

/* A member that disbelieved so many samples in a row has lost the track. */
#define MISSES_ADOPT	2
#define MISSES_LOOSEN	3

/* Samples over which the noise of readings without a round trip is learned. */
#define NOISE_MEMORY	128.0
#define NOISE_PRIOR	2.0

/* Samples over which the published error is checked against what they did to the estimate. */
#define CALIBRATION_MEMORY	64.0
#define CALIBRATION_LEAST	0.25
#define CALIBRATION_MOST	4.0

/* What the model's slow errors (the least delay above all) add to the standard error. */
#define SIGMA_MARGIN	1.08

static const int shapes[SHAPES] = { 1, 3, 0 };

static const struct belief_direction upwards = { 1, 1 };
static const struct belief_direction downwards = { -1, 1 };
static const struct belief_direction around = { 0, 2 };
static const struct belief_direction straight = { 1, 0 };

/* Beliefs are in ns from the base and ns per second. */
struct member {
	struct belief belief;
	double wander;
	int shape;
	double log_weight;
	double noise;		/* variance of a reading without a round trip */
	double noise_samples;
	int misses;
};

struct estimator {
	bool started;
	bool one_way;		/* a refclock: no round trips */
	int64_t at_ns;
	int64_t base_ns;
	double rate_prior;
	double rate_prior_sigma;
	double delay_ns[DELAYS];
	unsigned int delays;
	unsigned int next_delay;
	double delay_mean;
	double delay_variance;
	double delay_least;
	double first_excess;
	double moved;		/* what samples did to the estimate, squared ... */
	double foretold;	/* ... and should have done */
	struct member member[MEMBERS];
};

/* One measurement: of what, how large, its noise and the queueing's scale. */
struct measurement {
	struct belief_direction direction;
	double value;
	double noise;
	double scale;
	int shape;
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

static void take_delay(struct estimator *estimator, double delay_ns)
{
	double sum = 0, square = 0;
	unsigned int i;

	estimator->delay_ns[estimator->next_delay] = delay_ns;
	estimator->next_delay = (estimator->next_delay + 1) % DELAYS;
	if (estimator->delays < DELAYS)
		estimator->delays++;
	estimator->delay_least = INFINITY;
	for (i = 0; i < estimator->delays; i++) {
		sum += estimator->delay_ns[i];
		estimator->delay_least = fmin(estimator->delay_least, estimator->delay_ns[i]);
	}
	estimator->delay_mean = sum / estimator->delays;
	for (i = 0; i < estimator->delays; i++) {
		double deviation = estimator->delay_ns[i] - estimator->delay_mean;

		square += deviation * deviation;
	}
	estimator->delay_variance = square / estimator->delays;
}

static void start_member(const struct estimator *estimator, struct member *member,
			 const struct estimator_sample *sample)
{
	double rate_sigma = estimator->rate_prior_sigma * NS_PER_S;
	double spread = estimator->first_excess * estimator->first_excess;
	struct belief *belief = &member->belief;

	memset(belief, 0, sizeof(*belief));
	member->noise = sample->sigma_ns * sample->sigma_ns + NOISE_LEAST * NOISE_LEAST;
	member->noise_samples = NOISE_PRIOR;
	member->log_weight = -fmax(0, WANDER_DOUBT * log10(member->wander / WANDER_USUAL));
	member->misses = 0;
	belief->mean[BELIEF_RATE] = estimator->rate_prior * NS_PER_S;
	belief->mean[BELIEF_DELAY] = 0.5 * sample->delay_ns;
	if (member->shape)
		belief->mean[BELIEF_DELAY] -= estimator->first_excess;
	belief->cov[BELIEF_OFFSET][BELIEF_OFFSET] = spread + member->noise;
	belief->cov[BELIEF_RATE][BELIEF_RATE] = rate_sigma * rate_sigma;
	belief->cov[BELIEF_DELAY][BELIEF_DELAY] = spread + member->noise;
}

static void start(struct estimator *estimator, const struct estimator_sample *sample)
{
	int i;

	estimator->started = true;
	estimator->one_way = sample->delay_ns == 0;
	estimator->at_ns = sample->at_ns;
	estimator->base_ns = sample->offset_ns;
	estimator->first_excess = FIRST_EXCESS * sample->delay_ns;
	estimator->moved = CALIBRATION_MEMORY;
	estimator->foretold = CALIBRATION_MEMORY;
	for (i = 0; i < MEMBERS; i++) {
		struct member *member = &estimator->member[i];

		member->wander = WANDER_LEAST * pow(10, 0.5 * (i % WANDERS));
		member->shape = shapes[i / WANDERS];
		start_member(estimator, member, sample);
	}
}

/* Without round trips there is no queueing to tell apart. */
static int members(const struct estimator *estimator)
{
	return estimator->one_way ? WANDERS : MEMBERS;
}

/* The scale of the queueing each way, as this member has it. */
static double queueing_scale(const struct estimator *estimator, const struct member *member)
{
	double count = estimator->delays;
	double first = estimator->first_excess;
	double excess;

	if (!member->shape)
		return sqrt((0.5 * count * estimator->delay_variance + first * first) / count);
	excess = 0.5 * estimator->delay_mean - member->belief.mean[BELIEF_DELAY];
	return (count * excess + first) / (count + 1) / member->shape;
}

/*
 * The belief after a measurement that may be an outlier, whose density falls off like Cauchy's.
 * Returns the logarithm of the measurement's density; sets @missed when it was taken for an outlier
 * that contradicts the belief (a long delay does not).
 */
static double measure(struct belief *belief, const struct measurement *measurement, bool *missed)
{
	double value = measurement->value;
	struct normal prior, after;
	double log_good, log_bad, spread, good, shift;

	belief_project(belief, measurement->direction, &prior);
	after = prior;
	if (measurement->shape)
		log_good = likelihood_queueing(&after, value, measurement->noise,
					       measurement->scale, measurement->shape);
	else
		log_good = likelihood_normal(&after, value, measurement->noise +
					     measurement->scale * measurement->scale);
	spread = hypot(measurement->scale * (measurement->shape ? measurement->shape : 1),
		       sqrt(prior.variance + measurement->noise));
	log_bad = log(OUTLIER_PROBABILITY / M_PI / spread) -
		  log1p((value - prior.mean) * (value - prior.mean) / (spread * spread));
	log_good += log1p(-OUTLIER_PROBABILITY);
	good = 1 / (1 + exp(fmin(log_bad - log_good, 600)));
	*missed |= good < 0.5 && (value < prior.mean || !measurement->shape);
	shift = after.mean - prior.mean;
	after.mean = prior.mean + good * shift;
	after.variance = good * after.variance + (1 - good) * prior.variance +
			 good * (1 - good) * shift * shift;
	belief_condition(belief, measurement->direction, &after);
	return fmax(log_good, log_bad) + log1p(exp(-fabs(log_good - log_bad)));
}

/*
 * Both ways of a round trip. A member is judged by how well it foretold the offset, given the round
 * trip: how it foretold the round trip itself says nothing about clocks, so that is taken out.
 */
static double take_round_trip(const struct estimator *estimator, struct member *member,
			      double offset, const struct estimator_sample *sample, bool *missed)
{
	struct measurement measurement = {
		.noise = 2 * (sample->sigma_ns * sample->sigma_ns + NOISE_LEAST * NOISE_LEAST),
	};
	struct belief before;
	double log_density;
	bool ignored = false;

	measurement.scale = fmax(queueing_scale(estimator, member), sqrt(measurement.noise));
	member->belief.cov[BELIEF_DELAY][BELIEF_DELAY] +=
		DELAY_WALK * DELAY_WALK * measurement.scale * measurement.scale;
	before = member->belief;
	measurement.shape = member->shape;
	measurement.direction = upwards;
	measurement.value = 0.5 * sample->delay_ns + offset;
	log_density = measure(&member->belief, &measurement, missed);
	measurement.direction = downwards;
	measurement.value = 0.5 * sample->delay_ns - offset;
	log_density += measure(&member->belief, &measurement, missed);
	measurement.direction = around;
	measurement.value = sample->delay_ns;
	measurement.noise *= 2;
	measurement.shape *= 2;
	if (!measurement.shape)
		measurement.scale *= M_SQRT2;
	return log_density - measure(&before, &measurement, &ignored);
}

/* A reading without a round trip: its noise is learned from what it does to the belief. */
static double take_reading(struct member *member, double offset, bool *missed)
{
	double before = offset - member->belief.mean[BELIEF_OFFSET];
	struct measurement measurement = {
		.direction = straight,
		.value = offset,
		.noise = member->noise,
	};
	double log_density = measure(&member->belief, &measurement, missed);
	double after = offset - member->belief.mean[BELIEF_OFFSET];

	if (!*missed) {
		member->noise_samples = fmin(member->noise_samples + 1, NOISE_MEMORY);
		member->noise += (before * after - member->noise) / member->noise_samples;
		member->noise = fmax(member->noise, NOISE_LEAST * NOISE_LEAST);
	}
	return log_density;
}

static double take(const struct estimator *estimator, struct member *member, double offset,
		   const struct estimator_sample *sample)
{
	bool missed = false;
	double log_density = estimator->one_way ?
			     take_reading(member, offset, &missed) :
			     take_round_trip(estimator, member, offset, sample, &missed);

	member->misses = missed ? member->misses + 1 : 0;
	return log_density;
}

static const struct member *best_member(const struct estimator *estimator)
{
	const struct member *best = &estimator->member[0];
	int i;

	for (i = 1; i < members(estimator); i++)
		if (estimator->member[i].log_weight > best->log_weight)
			best = &estimator->member[i];
	return best;
}

/* A shorter path, or a clock that went elsewhere: what the sample contradicts is open again. */
static void loosen(struct member *member, double offset, const struct estimator_sample *sample,
		   double elapsed_s)
{
	double (*cov)[BELIEF_STATES] = member->belief.cov;
	double shorter = member->belief.mean[BELIEF_DELAY] - 0.5 * sample->delay_ns;
	double moved = offset - member->belief.mean[BELIEF_OFFSET];

	if (member->shape && shorter > 0) {
		cov[BELIEF_DELAY][BELIEF_DELAY] += shorter * shorter;
	} else {
		cov[BELIEF_OFFSET][BELIEF_OFFSET] += moved * moved;
		cov[BELIEF_RATE][BELIEF_RATE] += moved * moved / (elapsed_s * elapsed_s);
	}
	member->misses = 0;
}

/* The best member of a shape (what they call the least delay differs between shapes). */
static const struct member *best_of_shape(const struct estimator *estimator, int shape)
{
	const struct member *best = NULL;
	int i;

	for (i = 0; i < members(estimator); i++) {
		const struct member *member = &estimator->member[i];

		if (member->shape == shape && (!best || member->log_weight > best->log_weight))
			best = member;
	}
	return best;
}

/* Members off the track take it up again from the best one; when that is off too, they loosen. */
static void recover(struct estimator *estimator, double offset,
		    const struct estimator_sample *sample, double elapsed_s)
{
	int i;

	for (i = 0; i < members(estimator); i++) {
		struct member *member = &estimator->member[i];
		const struct member *best;

		if (member->misses < MISSES_ADOPT)
			continue;
		best = best_of_shape(estimator, member->shape);
		if (!best->misses) {
			member->belief = best->belief;
			member->misses = 0;
		} else if (member->misses >= MISSES_LOOSEN) {
			loosen(member, offset, sample, fmax(elapsed_s, 1e-3));
			take(estimator, member, offset, sample);
		}
	}
}

/* Weights relative to the best one. */
static void normalise(struct estimator *estimator)
{
	double most = best_member(estimator)->log_weight;
	int i;

	for (i = 0; i < members(estimator); i++) {
		struct member *member = &estimator->member[i];

		member->log_weight = fmax(member->log_weight - most, LOG_WEIGHT_LEAST);
	}
}

/* Offsets relative to a base near them, so that doubles hold them to a fraction of a ns. */
static void recentre(struct estimator *estimator)
{
	double shift = rint(best_member(estimator)->belief.mean[BELIEF_OFFSET]);
	int i;

	estimator->base_ns += (int64_t)shift;
	for (i = 0; i < members(estimator); i++)
		estimator->member[i].belief.mean[BELIEF_OFFSET] -= shift;
}

struct mixture {
	double offset;
	double rate;
	double variance;
	double rate_variance;
	double wander;
	double delay;
};

/* The mixture's means and variances @elapsed_s from the latest sample. */
static void mix(const struct estimator *estimator, double elapsed_s, struct mixture *mixture)
{
	double square = 0, rate_square = 0, sum = 0;
	int i;

	memset(mixture, 0, sizeof(*mixture));
	for (i = 0; i < members(estimator); i++) {
		struct belief belief = estimator->member[i].belief;
		double *mean = belief.mean;
		double weight = exp(estimator->member[i].log_weight);

		if (estimator->member[i].log_weight < LOG_WEIGHT_HEARD)
			continue;
		if (elapsed_s > 0)
			belief_predict(&belief, elapsed_s, estimator->member[i].wander * NS_PER_S);
		else
			mean[BELIEF_OFFSET] += elapsed_s * mean[BELIEF_RATE];
		sum += weight;
		mixture->offset += weight * mean[BELIEF_OFFSET];
		mixture->rate += weight * mean[BELIEF_RATE];
		mixture->delay += weight * mean[BELIEF_DELAY];
		mixture->wander += weight * estimator->member[i].wander;
		square += weight * (belief.cov[BELIEF_OFFSET][BELIEF_OFFSET] +
				    mean[BELIEF_OFFSET] * mean[BELIEF_OFFSET]);
		rate_square += weight * (belief.cov[BELIEF_RATE][BELIEF_RATE] +
					 mean[BELIEF_RATE] * mean[BELIEF_RATE]);
	}
	mixture->offset /= sum;
	mixture->rate /= sum;
	mixture->delay /= sum;
	mixture->wander /= sum;
	mixture->variance = fmax(square / sum - mixture->offset * mixture->offset, 0);
	mixture->rate_variance = fmax(rate_square / sum - mixture->rate * mixture->rate, 0);
}

/*
 * By how much a sample moves the estimate has to be what it takes from its variance; where the
 * model is wrong the two differ, and the published error is corrected by their ratio.
 */
static void calibrate(struct estimator *estimator, const struct mixture *before)
{
	struct mixture after;
	double keep = 1 - 1 / CALIBRATION_MEMORY;
	double shift;

	mix(estimator, 0, &after);
	if (!(before->variance > 0))
		return;
	shift = after.offset - before->offset;
	estimator->moved = keep * estimator->moved + shift * shift / before->variance;
	estimator->foretold = keep * estimator->foretold + 1 - after.variance / before->variance;
}

static bool is_sane(const struct estimator *estimator, const struct estimator_sample *sample)
{
	return sample->delay_ns >= 0 && !isinf(sample->delay_ns) &&
	       sample->sigma_ns >= 0 && !isinf(sample->sigma_ns) &&
	       !(estimator->started && sample->at_ns < estimator->at_ns);
}

int estimator_add(struct estimator *estimator, const struct estimator_sample *sample)
{
	struct mixture before;
	double offset, elapsed_s;
	int i;

	if (!is_sane(estimator, sample))
		return -EINVAL;
	take_delay(estimator, sample->delay_ns);
	if (!estimator->started) {
		start(estimator, sample);
		return 0;
	}
	elapsed_s = (double)(sample->at_ns - estimator->at_ns) / NS_PER_S;
	offset = (double)(sample->offset_ns - estimator->base_ns);
	mix(estimator, elapsed_s, &before);
	estimator->at_ns = sample->at_ns;
	for (i = 0; i < members(estimator); i++) {
		struct member *member = &estimator->member[i];

		belief_predict(&member->belief, elapsed_s, member->wander * NS_PER_S);
		member->log_weight = FORGETTING * member->log_weight +
				     take(estimator, member, offset, sample);
	}
	recover(estimator, offset, sample, elapsed_s);
	normalise(estimator);
	calibrate(estimator, &before);
	recentre(estimator);
	return 0;
}

static double calibration(const struct estimator *estimator)
{
	return SIGMA_MARGIN * SIGMA_MARGIN *
	       fmin(fmax(estimator->moved / estimator->foretold, CALIBRATION_LEAST),
		    CALIBRATION_MOST);
}

bool estimator_get(const struct estimator *estimator, int64_t at_ns, struct estimate *estimate)
{
	struct mixture mixture;

	if (!estimator->started)
		return false;
	mix(estimator, (double)(at_ns - estimator->at_ns) / NS_PER_S, &mixture);
	estimate->at_ns = at_ns;
	estimate->offset_ns = estimator->base_ns + (int64_t)llrint(mixture.offset);
	estimate->rate = mixture.rate / NS_PER_S;
	estimate->sigma_ns = sqrt(mixture.variance * calibration(estimator));
	estimate->rate_sigma = sqrt(mixture.rate_variance * calibration(estimator)) / NS_PER_S;
	estimate->wander = mixture.wander;
	estimate->sample_ns = estimator->one_way ? sqrt(best_member(estimator)->noise) :
						   0.5 * estimator->delay_mean - mixture.delay;
	return true;
}

double estimator_floor(const struct estimator *estimator)
{
	return estimator->delays ? estimator->delay_least : 0;
}

void estimator_shift(struct estimator *estimator, int64_t offset_ns)
{
	estimator->base_ns += offset_ns;
}
