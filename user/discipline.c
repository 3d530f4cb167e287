// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the selected sources to one correction with its error: combining, the step decision, limits
 * on changes, poll control and the vote on the host. Which sources are right is source_select.c's,
 * what a source says is source.c's, applying the outcome is main.c's.
 */
#include "discipline.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_S	1e9
#define Q32		4294967296.0

/* Bound of the statistical error, in standard errors: as source.c's. */
#define SIGMAS	4

/* A first measurement is acted on when its bound is below this share of what it says. */
#define STEP_EVIDENCE	0.25

/* A phase change that the slew cannot do in some 10 s is jumped. */
#define JUMP_NS	1000000000LL

/* A host further off than this from a majority of at least two sources, so often, is set aside. */
#define HOST_WRONG_NS		100000000LL
#define HOST_WRONG_COUNT	4
#define HOST_WITNESSES		2

/* The poll is doubled when what is unknown grows less than this share of a sample's width ... */
#define POLL_UP		0.35
/* ... and halved when it grows more than this. */
#define POLL_DOWN	1.0
/* Samples before the poll leaves the minimum. */
#define POLL_SAMPLES	8

struct combined {
	struct estimate estimate;	/* UTC minus reference */
	double maxerror_ns;
	double root_delay_ns;
	double root_dispersion_ns;
	int leap;
};

struct discipline {
	struct discipline_options options;
	int selected;
	int updates;
	int refused;
	int host_wrong;
	bool has_correction;
	bool has_rate;
	double rate;
	double rate_sigma;
};

struct discipline *discipline_new(const struct discipline_options *options)
{
	struct discipline *discipline = calloc(1, sizeof(*discipline));

	if (!discipline)
		return NULL;
	discipline->options = *options;
	discipline->selected = -1;
	return discipline;
}

void discipline_free(struct discipline *discipline)
{
	free(discipline);
}

void discipline_set_options(struct discipline *discipline, const struct discipline_options *options)
{
	discipline->options = *options;
}

/* With the meaning of the reference unknown, the next correction is a first one again. */
void discipline_rebase(struct discipline *discipline, bool known, int64_t shift_ns)
{
	(void)shift_ns;
	if (!known)
		discipline->has_correction = false;
	discipline->host_wrong = 0;
}

bool discipline_get_rate(const struct discipline *discipline, double *rate, double *rate_sigma)
{
	if (!discipline->has_rate)
		return false;
	*rate = discipline->rate;
	*rate_sigma = discipline->rate_sigma;
	return true;
}

void discipline_prime_rate(struct discipline *discipline, double rate, double rate_sigma)
{
	discipline->rate = rate;
	discipline->rate_sigma = rate_sigma;
	discipline->has_rate = true;
}

static void combine(struct source *const *sources, const struct selection *selection, int64_t at_ns,
		    struct combined *combined)
{
	double offset = 0, variance = 0, rate_variance = 0, leap_votes[3] = { 0 };
	int64_t base_ns = 0;
	size_t i;

	memset(combined, 0, sizeof(*combined));
	combined->estimate.at_ns = at_ns;
	for (i = 0; i < selection->count; i++) {
		double weight = selection->weight[i];
		struct source_status status;

		source_get_status(sources[selection->index[i]], at_ns, &status);
		if (!i)
			base_ns = status.estimate.offset_ns;
		offset += weight * (double)(status.estimate.offset_ns - base_ns);
		combined->estimate.rate += weight * status.estimate.rate;
		combined->estimate.wander += weight * status.estimate.wander;
		variance += weight * status.estimate.sigma_ns * status.estimate.sigma_ns;
		rate_variance += weight * status.estimate.rate_sigma * status.estimate.rate_sigma;
		combined->maxerror_ns += weight * status.root_distance_ns;
		leap_votes[status.last.leap] += weight;
		if (selection->index[i] != selection->selected)
			continue;
		combined->root_delay_ns = (double)(status.last.root_delay_ns +
						   status.minimum_delay_ns);
		combined->root_dispersion_ns = (double)status.last.root_dispersion_ns;
	}
	combined->estimate.offset_ns = base_ns + (int64_t)llrint(offset);
	combined->estimate.sigma_ns = sqrt(variance);
	combined->estimate.rate_sigma = sqrt(rate_variance);
	combined->leap = leap_votes[1] > 0.5 ? 1 : leap_votes[2] > 0.5 ? 2 : 0;
}

static void make_line(const struct discipline *discipline, const struct combined *combined,
		      struct chime_line *line)
{
	double growth = SIGMAS * combined->estimate.rate_sigma + discipline->options.maxclockerror;

	line->origin_ns = combined->estimate.at_ns;
	line->offset_ns = combined->estimate.offset_ns;
	line->rate_q32 = (s64)llrint(combined->estimate.rate * Q32);
	line->sigma_ns = (s64)ceil(combined->estimate.sigma_ns);
	line->sigma_rate_q32 = (s64)ceil(combined->estimate.rate_sigma * Q32);
	line->maxerror_ns = (s64)ceil(combined->maxerror_ns);
	line->maxerror_rate_q32 = (s64)ceil(growth * Q32);
}

static int64_t magnitude(int64_t value)
{
	return value < 0 ? -value : value;
}

/* What becomes of the system clock; also whether the correction may be set at all. */
static int judge(struct discipline *discipline, const struct combined *combined,
		 const struct timescale_now *now, struct discipline_result *result)
{
	const struct discipline_options *options = &discipline->options;
	int64_t error_ns = chime_sub_sat(chime_add_sat(now->reference_ns,
						       combined->estimate.offset_ns),
					 now->realtime_ns);
	bool may_step = options->step_limit < 0 || discipline->updates < options->step_limit;

	result->step_ns = error_ns;
	result->step = DISCIPLINE_NO_STEP;
	if (options->maxchange_ns > 0 && discipline->updates >= options->maxchange_start &&
	    magnitude(error_ns) > options->maxchange_ns) {
		result->step = DISCIPLINE_REFUSED;
		discipline->refused++;
		if (options->maxchange_ignore >= 0 &&
		    discipline->refused > options->maxchange_ignore)
			return -ERANGE;
		return 0;
	}
	if (options->step_threshold_ns > 0 && magnitude(error_ns) > options->step_threshold_ns &&
	    may_step && combined->maxerror_ns < STEP_EVIDENCE * (double)magnitude(error_ns))
		result->step = DISCIPLINE_STEP;
	return 0;
}

/* The timescale's change of phase is done at once when nothing was known, or it is large. */
static bool may_jump(const struct discipline *discipline, const struct combined *combined,
		     const struct timescale_now *now)
{
	int64_t change_ns = chime_sub_sat(chime_add_sat(now->reference_ns,
							combined->estimate.offset_ns),
					  now->time_ns);

	return !discipline->has_correction || now->maxerror_ns == CHIME_LINE_UNBOUNDED_NS ||
	       magnitude(change_ns) > JUMP_NS;
}

/* A host that a majority of at least two sources excludes by far, again and again. */
static void judge_host(struct discipline *discipline, const struct timescale_now *now,
		       struct discipline_result *result)
{
	const struct selection *selection = &result->selection;
	size_t truechimers = selection->candidates - selection->falsetickers;
	bool wrong = selection->low_ns > HOST_WRONG_NS || selection->high_ns < -HOST_WRONG_NS;

	if (!now->has_host || truechimers < HOST_WITNESSES || !wrong) {
		discipline->host_wrong = 0;
		return;
	}
	discipline->host_wrong++;
	result->demote_host = discipline->host_wrong >= HOST_WRONG_COUNT;
}

static void describe(struct source *const *sources, const struct combined *combined, int64_t at_ns,
		     struct discipline_result *result)
{
	struct source_status status;

	source_get_status(sources[result->selection.selected], at_ns, &status);
	result->stratum = status.last.stratum < 15 ? status.last.stratum + 1 : 16;
	result->refid = status.last.refid;
	result->root_delay_ns = (int64_t)combined->root_delay_ns;
	result->root_dispersion_ns = (int64_t)ceil(combined->root_dispersion_ns +
						   SIGMAS * combined->estimate.sigma_ns);
	result->leap = (uint8_t)combined->leap;
}

/* What grows unknown until the next sample against what a sample leaves open. */
static void control_polls(struct source *const *sources, size_t count, int64_t at_ns)
{
	size_t i;

	for (i = 0; i < count; i++) {
		struct source_status status;
		double interval_s, growth, width;

		source_get_status(sources[i], at_ns, &status);
		if (!status.has_estimate || status.samples < POLL_SAMPLES)
			continue;
		interval_s = ldexp(1, status.poll);
		growth = interval_s * (status.estimate.rate_sigma +
				       status.estimate.wander * sqrt(interval_s / 3)) * NS_PER_S;
		width = status.estimate.halfwidth_ns + (double)status.last.noise_ns;
		if (growth < POLL_UP * width)
			source_set_poll(sources[i], status.poll + 1);
		else if (growth > POLL_DOWN * width)
			source_set_poll(sources[i], status.poll - 1);
	}
}

static void no_selection(struct discipline *discipline, struct discipline_result *result)
{
	discipline->host_wrong = 0;
	result->stratum = 16;
	result->selection.selected = -1;
}

int discipline_update(struct discipline *discipline, struct source *const *sources, size_t count,
		      const struct timescale_now *now, struct discipline_result *result)
{
	struct combined combined;
	int error;

	memset(result, 0, sizeof(*result));
	source_select(sources, count, now->reference_ns, discipline->selected, &result->selection);
	discipline->selected = result->selection.selected;
	if (result->selection.selected < 0) {
		no_selection(discipline, result);
		return 0;
	}
	combine(sources, &result->selection, now->reference_ns, &combined);
	if (combined.maxerror_ns > (double)discipline->options.maxdistance_ns) {
		no_selection(discipline, result);
		return 0;
	}
	error = judge(discipline, &combined, now, result);
	describe(sources, &combined, now->reference_ns, result);
	if (result->step == DISCIPLINE_REFUSED)
		return error;
	make_line(discipline, &combined, &result->correction);
	result->changed = true;
	result->jump = may_jump(discipline, &combined, now);
	result->synchronised = true;
	judge_host(discipline, now, result);
	control_polls(sources, count, now->reference_ns);
	discipline->has_correction = true;
	discipline->updates++;
	discipline_prime_rate(discipline, combined.estimate.rate, combined.estimate.rate_sigma);
	return 0;
}
