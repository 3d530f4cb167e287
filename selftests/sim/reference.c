// SPDX-License-Identifier: GPL-2.0-only
/*
 * The filters to compare with. The limit uses the shipped arithmetic of beliefs and likelihoods
 * with every constant known; the Kalman bank is the textbook's.
 */
#include "reference.h"

#include <math.h>
#include <string.h>

#define NS_PER_S	1e9
#define RATE_SIGMA	100e-6
#define FORGETTING	0.99

static const struct belief_direction upwards = { 0, 1, 1, 1 };
static const struct belief_direction downwards = { 0, -1, -1, 1 };
static const struct belief_direction straight = { 0, 1, 1, 0 };

void reference_start(struct reference *reference, const struct reference_truth *truth,
		     double settle_s)
{
	memset(reference, 0, sizeof(*reference));
	reference->truth = *truth;
	reference->settle_s = settle_s;
}

static void start_filter(struct reference_filter *filter, double offset_ns, double variance,
			 double wander)
{
	double rate_sigma = RATE_SIGMA * NS_PER_S;

	filter->wander = wander;
	filter->log_weight = 0;
	belief_clear(&filter->belief);
	belief_add_path(&filter->belief, 0);
	belief_set(&filter->belief, BELIEF_OFFSET, offset_ns, variance);
	belief_set(&filter->belief, BELIEF_RATE, 0, rate_sigma * rate_sigma);
}

/* Half the excess of the round trip over the least of the latest 256, and what that leaves open. */
static double halfwidth(struct reference *reference, double delay_ns)
{
	unsigned int count, i;
	double least = INFINITY;
	double sum = 0;

	reference->delay_ns[reference->delays++ % REFERENCE_DELAYS] = delay_ns;
	count = reference->delays < REFERENCE_DELAYS ? reference->delays : REFERENCE_DELAYS;
	for (i = 0; i < count; i++) {
		least = fmin(least, reference->delay_ns[i]);
		sum += reference->delay_ns[i];
	}
	return 0.5 * (delay_ns - least) + 0.5 * (sum - least * count + 0.5 * least) / count /
	       sqrt(count) + 1;
}

static void take_limit(struct reference *reference, double offset_ns, double delay_ns)
{
	struct belief *belief = &reference->limit.belief;
	double jitter_ns = reference->truth.jitter_ns;
	struct normal normal;

	if (reference->truth.refclock) {
		belief_project(belief, straight, &normal);
		likelihood_normal(&normal, offset_ns, jitter_ns * jitter_ns);
		belief_condition(belief, straight, &normal);
		return;
	}
	belief_project(belief, upwards, &normal);
	likelihood_queueing(&normal, 0.5 * delay_ns + offset_ns, 1, jitter_ns, 1);
	belief_condition(belief, upwards, &normal);
	belief_project(belief, downwards, &normal);
	likelihood_queueing(&normal, 0.5 * delay_ns - offset_ns, 1, jitter_ns, 1);
	belief_condition(belief, downwards, &normal);
}

static void take_bank(struct reference_filter *filter, double offset_ns, double width_ns)
{
	struct normal normal;
	double density;

	belief_project(&filter->belief, straight, &normal);
	density = likelihood_normal(&normal, offset_ns, width_ns * width_ns / 3);
	belief_condition(&filter->belief, straight, &normal);
	filter->log_weight = FORGETTING * filter->log_weight + density;
}

static void start_filters(struct reference *reference, double offset_ns, double delay_ns,
			  double width_ns)
{
	const struct reference_truth *truth = &reference->truth;
	double excess_ns = truth->refclock ? sqrt(3) * truth->jitter_ns :
					     fmax(0.5 * delay_ns - truth->least_ns, 1);
	struct belief *belief = &reference->limit.belief;
	int i;

	start_filter(&reference->limit, offset_ns, excess_ns * excess_ns / 3, truth->wander);
	belief_set(belief, belief_delay(0), truth->least_ns, 1e-6);
	for (i = 0; i < REFERENCE_BANK; i++)
		start_filter(&reference->bank[i], offset_ns, width_ns * width_ns / 3,
			     1e-11 * pow(10, 0.5 * i));
}

void reference_sample(struct reference *reference, double raw_ns, double offset_ns,
		      double delay_ns)
{
	double elapsed_s = (raw_ns - reference->raw_ns) / NS_PER_S;
	double width_ns = halfwidth(reference, delay_ns);
	int i;

	reference->raw_ns = raw_ns;
	if (reference->delays == 1) {
		start_filters(reference, offset_ns, delay_ns, width_ns);
		return;
	}
	belief_predict(&reference->limit.belief, elapsed_s, reference->limit.wander * NS_PER_S);
	take_limit(reference, offset_ns, delay_ns);
	for (i = 0; i < REFERENCE_BANK; i++) {
		belief_predict(&reference->bank[i].belief, elapsed_s,
			       reference->bank[i].wander * NS_PER_S);
		take_bank(&reference->bank[i], offset_ns, width_ns);
	}
}

static double predict(const struct reference_filter *filter, double elapsed_s)
{
	const double *mean = filter->belief.mean;

	return mean[BELIEF_OFFSET] + elapsed_s * mean[BELIEF_RATE];
}

static double predict_bank(const struct reference *reference, double elapsed_s)
{
	double most = -INFINITY, sum = 0, mean = 0;
	int i;

	for (i = 0; i < REFERENCE_BANK; i++)
		most = fmax(most, reference->bank[i].log_weight);
	for (i = 0; i < REFERENCE_BANK; i++) {
		double weight = exp(reference->bank[i].log_weight - most);

		sum += weight;
		mean += weight * predict(&reference->bank[i], elapsed_s);
	}
	return mean / sum;
}

void reference_second(struct reference *reference, double at_s, double raw_ns, double offset_ns)
{
	double elapsed_s = (raw_ns - reference->raw_ns) / NS_PER_S;
	const struct belief *limit = &reference->limit.belief;
	double wander = reference->limit.wander * NS_PER_S;
	double ahead_s = fmax(elapsed_s, 0);
	double limit_error, bank_error;

	if (!reference->delays || at_s <= reference->settle_s)
		return;
	limit_error = predict(&reference->limit, elapsed_s) - offset_ns;
	bank_error = predict_bank(reference, elapsed_s) - offset_ns;
	reference->seconds++;
	reference->limit_square += limit_error * limit_error;
	reference->limit_sigma += sqrt(fmax(limit->cov[BELIEF_OFFSET][BELIEF_OFFSET] +
					    2 * ahead_s * limit->cov[BELIEF_OFFSET][BELIEF_RATE] +
					    ahead_s * ahead_s *
					    limit->cov[BELIEF_RATE][BELIEF_RATE] +
					    wander * wander * ahead_s * ahead_s * ahead_s / 3, 0));
	reference->bank_square += bank_error * bank_error;
}

double reference_limit_rms_ns(const struct reference *reference)
{
	return sqrt(reference->limit_square / reference->seconds);
}

double reference_limit_sigma_ns(const struct reference *reference)
{
	return reference->limit_sigma / reference->seconds;
}

double reference_bank_rms_ns(const struct reference *reference)
{
	return sqrt(reference->bank_square / reference->seconds);
}
