// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is known of one source, and what it is worth at some instant: its estimate, and how far from
 * it the truth may be.
 */
#include "discipline/source.h"

#include <math.h>
#include <string.h>

#include "core/line.h"
#include "discipline/source_interval.h"
#include "discipline/source_parts.h"

/* For so many requests an answer that took too long to be learned from is what was heard last. */
#define OVERLONG_REQUESTS	8

/*
 * Bound of the statistical error where no round trip bounds it, in standard errors. Young
 * statistics do not know their own error: the oscillator's wander takes so many readings to show,
 * and until then the bound is up to twice as large.
 */
#define SIGMAS_REFCLOCK	7.5
#define READINGS_YOUNG	900.0

/*
 * The latest sample contradicts the estimate: by more than any path can hide, or as an outlier that
 * no queueing explains. The server's own error is in both, and explains no difference.
 */
static bool contradicts(const struct source_status *status, double residual_ns, double path_ns)
{
	const struct source_sample *last = &status->last;
	double known_ns = SOURCE_SIGMAS * hypot(status->estimate.sigma_ns, (double)last->noise_ns);
	double queued_ns = 0.5 * (double)(last->delay_ns - status->minimum_delay_ns);

	return residual_ns > path_ns + 0.5 * (double)last->delay_ns + known_ns ||
	       (status->estimate.suspect && residual_ns > fmax(queued_ns, 0) + known_ns);
}

/* By how much the rate may change at once, as it has done before. */
static double jump_as_before(const struct source *source)
{
	return rate_jumps_most(&source->jumps, source->last_raw_ns);
}

/*
 * A refclock's reading is only likely to be right, and hardly any clock runs off between two: one
 * that has done so is as likely to be wrong.
 */
static bool may_be_wrong(const struct source *source)
{
	return source->options.kind == SOURCE_REFCLOCK && !(jump_as_before(source) > 0);
}

/* If it does, the next samples show which is right; until then the bound includes both. */
static double contradicted_ns(const struct source *source, const struct source_status *status)
{
	const struct source_sample *last = &source->last;
	double ago_ns = (double)(status->estimate.at_ns - last->at_ns);
	double residual_ns = fabs((double)(last->offset_ns - status->estimate.offset_ns) +
				  ago_ns * status->estimate.rate);
	double path_ns = fabs(status->estimate.asymmetry_ns) +
			 0.5 * (double)status->minimum_delay_ns;

	if (may_be_wrong(source) || !contradicts(status, residual_ns, path_ns))
		return 0;
	return residual_ns + (double)source_interval_distance(last) +
	       SOURCE_SIGMAS * (double)last->noise_ns;
}

double source_rate_jump(const struct source *source)
{
	return fmax(source->options.maxclockerror, jump_as_before(source));
}

/*
 * How far the truth may be by what all round trips, or readings, allow: if the rate has always been
 * the same, known or not, and if it is known, but has changed at once since any of them.
 */
static double round_trips_ns(const struct source *source, const struct estimate *estimate)
{
	double by = source_rate_jump(source) + SOURCE_SIGMAS * estimate->rate_sigma;
	const struct rate_limits changed = {
		.least = estimate->rate - by,
		.most = estimate->rate + by,
	};

	return (double)round_trips_distance(&source->trips, &changed, estimate->at_ns,
					    estimate->offset_ns);
}

/* The number of standard errors in the bound. */
static double sigmas_of(const struct source *source)
{
	double readings = 1 + source_learned_s(source) / source->interval_s;

	if (source->options.kind != SOURCE_REFCLOCK)
		return SOURCE_SIGMAS;
	return SIGMAS_REFCLOCK * fmin(hypot(1, READINGS_YOUNG / readings), 2);
}

/*
 * What the rate may have done at once since the latest reading, which no round trip bounds: as much
 * as it has done before.
 */
static double jumped_ns(const struct source *source, const struct estimate *estimate)
{
	if (source->options.kind != SOURCE_REFCLOCK)
		return 0;
	return jump_as_before(source) *
	       fmax((double)chime_sub_sat(estimate->at_ns, source->last.at_ns), 0);
}

/* By which the truth may differ from the estimate in @status, either way, if that is right. */
static double shown_ns(const struct source *source, const struct source_status *status)
{
	const struct estimate *estimate = &status->estimate;
	/* Asymmetry cannot exceed half the path, but the estimate of it may be wrong. */
	double path_ns = fabs(estimate->asymmetry_ns) +
			 0.5 * (double)(source->last.root_delay_ns + status->minimum_delay_ns);
	double least_ns = path_ns + (double)source->last.root_dispersion_ns +
			  sigmas_of(source) * estimate->sigma_ns;

	return fmax(least_ns, contradicted_ns(source, status)) + jumped_ns(source, estimate);
}

/*
 * The bound, and what of a refclock's is there in case that the rate has changed unseen: that is no
 * error that it is expected to have.
 */
static void bound_error(const struct source *source, struct source_status *status)
{
	double likely_ns = shown_ns(source, status);

	status->root_distance_ns = fmax(likely_ns, round_trips_ns(source, &status->estimate));
	if (source->options.kind == SOURCE_REFCLOCK)
		status->unseen_ns = status->root_distance_ns - likely_ns;
}

const struct source_sample *source_latest_overlong(const struct source *source)
{
	bool counts = source->has_overlong &&
		      source->sent - source->overlong_sent < OVERLONG_REQUESTS;

	return counts ? &source->overlong : NULL;
}

void source_get_record(const struct source *source, struct source_status *status)
{
	memset(status, 0, sizeof(*status));
	status->options = &source->options;
	status->verdict = source->verdict;
	status->last = source->last;
	status->overlong = source_latest_overlong(source);
	status->overlongs = source->overlongs;
	status->stratum = source->last.stratum;
	if (source->received && status->stratum < source->options.minstratum)
		status->stratum = source->options.minstratum;
	status->last_raw_ns = source->last_raw_ns;
	status->samples = source->samples;
	status->poll = (int)lrint(log2(source_interval_in_force_s(source)));
	status->reach = source->reach;
	status->lost = source_is_lost(source);
	status->withdrawn = source->withdrawn;
	status->orphan = source->orphan;
	status->twin = source->twin;
	status->loop = source->loop;
	status->smear = source->smear;
	status->worn_out = source->options.unreach_limit &&
			   source->unreached >= source->options.unreach_limit;
	status->sent = source->sent;
	status->asked = source->sent - source->in_vain;
	status->failed = !source->sent && source->last_error && !source->excused;
	status->asked_raw_ns = source->last_poll_ns;
	status->received = source->received;
	status->last_error = source->last_error;
	status->kiss = source->kiss;
	status->kisses = source->kisses;
	status->distrusted = source->received < source->distrusted_until;
	status->refuted = source->refutation.refuted;
	if (!source->samples)
		return;
	status->minimum_delay_ns = (int64_t)estimator_floor(source->estimator);
	if (source->known_floor_ns > 0)
		status->late_ns = chime_max(status->minimum_delay_ns -
					    (int64_t)source->known_floor_ns, 0);
	status->jitter_ns = source->scatter.jitter_ns;
	status->runs = source->scatter.runs;
	status->span_ns = source->scatter.span_ns;
}

void source_get_status(const struct source *source, int64_t at_ns, struct source_status *status)
{
	source_get_record(source, status);
	status->estimate.at_ns = at_ns;
	status->has_estimate = source->samples &&
			       estimator_get(source->estimator, at_ns, &status->estimate);
	if (status->has_estimate)
		bound_error(source, status);
}
