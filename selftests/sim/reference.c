// SPDX-License-Identifier: GPL-2.0-only
/*
 * The errors of what is compared with: the limit (limit.c) and the textbook's Kalman bank.
 */
#include "reference.h"

#include <math.h>
#include <string.h>

#include "user/lib/time_units.h"

#define RATE_SIGMA	100e-6
#define FORGETTING	0.99

static const struct belief_direction straight = { 0, 1, 1, 0 };

void reference_start(struct reference *reference, const struct limit_truth *truth, uint64_t seed,
		     double settle_s)
{
	memset(reference, 0, sizeof(*reference));
	reference->has_limit = truth;
	if (truth)
		limit_start(&reference->limit, truth, seed);
	reference->settle_s = settle_s;
}

static void start_filter(struct reference_filter *filter, double offset_ns, double variance,
			 double wander)
{
	double rate_sigma = RATE_SIGMA * NS_PER_S_REAL;

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

static void take_bank(struct reference_filter *filter, double offset_ns, double width_ns)
{
	struct normal normal;
	double density;

	belief_project(&filter->belief, straight, &normal);
	density = likelihood_normal(&normal, offset_ns, width_ns * width_ns / 3);
	belief_condition(&filter->belief, straight, &normal);
	filter->log_weight = FORGETTING * filter->log_weight + density;
}

static void start_filters(struct reference *reference, double offset_ns, double width_ns)
{
	int i;

	for (i = 0; i < REFERENCE_BANK; i++)
		start_filter(&reference->bank[i], offset_ns, width_ns * width_ns / 3,
			     1e-11 * pow(10, 0.5 * i));
}

void reference_sample(struct reference *reference, double raw_ns, double offset_ns,
		      double delay_ns)
{
	double elapsed_s = (raw_ns - reference->raw_ns) / NS_PER_S_REAL;
	double width_ns = halfwidth(reference, delay_ns);
	int i;

	reference->raw_ns = raw_ns;
	if (reference->has_limit)
		limit_sample(&reference->limit, raw_ns, offset_ns, delay_ns);
	if (reference->delays == 1) {
		start_filters(reference, offset_ns, width_ns);
		return;
	}
	for (i = 0; i < REFERENCE_BANK; i++) {
		belief_predict(&reference->bank[i].belief, elapsed_s,
			       reference->bank[i].wander * NS_PER_S_REAL);
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
	double elapsed_s = (raw_ns - reference->raw_ns) / NS_PER_S_REAL;
	double limit_error, bank_error;

	if (!reference->delays || at_s <= reference->settle_s)
		return;
	bank_error = predict_bank(reference, elapsed_s) - offset_ns;
	reference->seconds++;
	reference->bank_square += bank_error * bank_error;
	if (!reference->has_limit)
		return;
	limit_error = limit_offset_ns(&reference->limit, raw_ns) - offset_ns;
	reference->limit_square += limit_error * limit_error;
	reference->limit_sigma += limit_sigma_ns(&reference->limit, raw_ns);
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
