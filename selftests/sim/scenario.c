// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs a scenario's seeds and sums them up. Reading the file is scenario_read.c's.
 */
#include "scenario.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "run.h"

static void run_value(const struct scenario *scenario, const struct run *run,
		      double value[SCENARIO_QUANTITIES])
{
	const struct measure *measure = &run->measure;
	const struct world_summary *summary = &run->summary;
	const struct world_host_record *host = &summary->host;

	value[SCENARIO_RMS] = measure_rms_ns(measure);
	value[SCENARIO_MAX] = measure->worst_ns;
	value[SCENARIO_FREQUENCY] = sqrt(measure->frequency_square / measure->seconds);
	value[SCENARIO_VIOLATIONS] = (double)measure->violations;
	value[SCENARIO_COVERAGE] = measure_coverage(measure);
	value[SCENARIO_BOUND] = measure_median_bound_ns(measure);
	value[SCENARIO_WITHIN_1MS] = 1e9 * measure->last_over_s[0];
	value[SCENARIO_WITHIN_100US] = 1e9 * measure->last_over_s[1];
	value[SCENARIO_WITHIN_10US] = 1e9 * measure->last_over_s[2];
	value[SCENARIO_STEPS] = summary->steps;
	value[SCENARIO_FALSETICKERS] = summary->falsetickers;
	value[SCENARIO_COMBINED] = summary->combined;
	value[SCENARIO_INTERVAL] = 1e9 * (scenario->world.duration_s - scenario->world.settle_s) *
				   (double)scenario->world.servers / (double)summary->requests;
	value[SCENARIO_UNSYNCHRONISED] = (double)measure->unsynchronised / measure->seconds;
	value[SCENARIO_VERSUS_BANK] = measure_rms_ns(measure) /
				      reference_bank_rms_ns(&run->reference);
	value[SCENARIO_DEMOTIONS] = summary->demotions;
	value[SCENARIO_REINSTATEMENTS] = summary->reinstatements;
	value[SCENARIO_WITNESSED] = summary->witnessed;
	value[SCENARIO_LEAP] = summary->leap;
	value[SCENARIO_FIRST] = measure_first(measure);
	value[SCENARIO_HOST_RMS] = sqrt(host->square / host->straight);
	value[SCENARIO_HOST_MAX] = host->worst_ns;
	value[SCENARIO_HOST_VIOLATIONS] = host->violations;
	value[SCENARIO_HOST_SURPRISES] = host->surprises;
	value[SCENARIO_HOST_BOUND] = host->bound / host->looks;
}

bool scenario_is_invariant(enum scenario_quantity quantity)
{
	switch (quantity) {
	case SCENARIO_VIOLATIONS:
	case SCENARIO_STEPS:
	case SCENARIO_FALSETICKERS:
	case SCENARIO_COMBINED:
	case SCENARIO_UNSYNCHRONISED:
	case SCENARIO_DEMOTIONS:
	case SCENARIO_REINSTATEMENTS:
	case SCENARIO_WITNESSED:
	case SCENARIO_LEAP:
	case SCENARIO_HOST_VIOLATIONS:
	case SCENARIO_HOST_SURPRISES:
		return true;
	case SCENARIO_RMS:
	case SCENARIO_MAX:
	case SCENARIO_FREQUENCY:
	case SCENARIO_COVERAGE:
	case SCENARIO_BOUND:
	case SCENARIO_WITHIN_1MS:
	case SCENARIO_WITHIN_100US:
	case SCENARIO_WITHIN_10US:
	case SCENARIO_INTERVAL:
	case SCENARIO_VERSUS_BANK:
	case SCENARIO_VERSUS_UNPRIMED:
	case SCENARIO_FIRST:
	case SCENARIO_HOST_RMS:
	case SCENARIO_HOST_MAX:
	case SCENARIO_HOST_BOUND:
	case SCENARIO_QUANTITIES:
		break;
	}
	return false;
}

double scenario_sum_up(enum scenario_quantity quantity, double *values, size_t count)
{
	double most = -INFINITY;
	double square = 0;
	double sum = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		most = fmax(most, values[i]);
		sum += values[i];
		square += values[i] * values[i];
	}
	if (scenario_is_invariant(quantity) || quantity == SCENARIO_MAX ||
	    quantity == SCENARIO_HOST_MAX)
		return most;
	if (quantity == SCENARIO_COVERAGE)
		return sum / (double)count;
	if (quantity == SCENARIO_FIRST || quantity == SCENARIO_VERSUS_UNPRIMED)
		return sqrt(square / (double)count);
	return measure_median(values, (int)count);
}

/* NaN is within no limit. */
static bool within(const struct scenario_limit *limit, double value)
{
	return value >= limit->least && value <= limit->most;
}

ssize_t scenario_judge(const struct scenario_limit *limit, double *values, size_t count,
		       double *worst)
{
	size_t i;

	for (i = 0; scenario_is_invariant(limit->quantity) && i < count; i++) {
		*worst = values[i];
		if (!within(limit, values[i]))
			return (ssize_t)i;
	}
	*worst = scenario_sum_up(limit->quantity, values, count);
	return within(limit, *worst) ? -1 : (ssize_t)count;
}

static int run_once(const struct scenario *scenario, uint64_t seed, struct run *run)
{
	measure_start(&run->measure, scenario->world.settle_s, scenario->mark_s);
	reference_start(&run->reference, NULL, 0, scenario->world.settle_s);
	return run_world(run, &scenario->world, seed);
}

/* The same world, but nothing was known of the rate. */
static int run_unprimed(const struct scenario *scenario, uint64_t seed, struct run *run)
{
	struct scenario unprimed = *scenario;

	unprimed.world.drift.known = false;
	return run_once(&unprimed, seed, run);
}

static bool has_limit(const struct scenario *scenario, enum scenario_quantity quantity)
{
	size_t i;

	for (i = 0; i < scenario->limits; i++)
		if (scenario->limit[i].quantity == quantity)
			return true;
	return false;
}

int scenario_run_seed(const struct scenario *scenario, uint64_t seed,
		      double value[SCENARIO_QUANTITIES])
{
	struct run *run = malloc(sizeof(*run));
	int error;

	if (!run)
		return -ENOMEM;
	error = run_once(scenario, seed, run);
	if (!error)
		run_value(scenario, run, value);
	value[SCENARIO_VERSUS_UNPRIMED] = NAN;
	if (!error && has_limit(scenario, SCENARIO_VERSUS_UNPRIMED)) {
		error = run_unprimed(scenario, seed, run);
		value[SCENARIO_VERSUS_UNPRIMED] = value[SCENARIO_RMS] /
						  measure_rms_ns(&run->measure);
	}
	free(run);
	return error;
}
