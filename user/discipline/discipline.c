// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the selected sources to one correction. Selection is in source_select.c, the estimate of one
 * source in source.c, of all in combined_clock.c, what the selected ones say of themselves in
 * selected.c, the correction's line and how its errors grow in correction.c, what may be changed or
 * stepped in change_limits.c, the vote on the host in host_vote.c, that on reference clocks
 * in refclock_vote.c, that on leap seconds in leap_vote.c; the daemon applies the outcome.
 */
#include "discipline/discipline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "discipline/agreement.h"
#include "discipline/change_limits.h"
#include "discipline/combined_clock.h"
#include "discipline/correction.h"
#include "discipline/fallback_drift.h"
#include "discipline/free_running.h"
#include "discipline/host_vote.h"
#include "discipline/leap_vote.h"
#include "discipline/outlasted.h"
#include "discipline/selected.h"
#include "discipline/settled_rate.h"
#include "discipline/vouched_host.h"
#include "lib/time_units.h"

/* A phase change that a slew would take more than some 10 s for is a jump. */
#define JUMP_NS	1000000000LL

/*
 * If the timescale's error is so much greater than the combined clock's, it knows of an error that
 * the combined clock does not. The noise of host readings, some 10 us where they are bracketed, is
 * none.
 */
#define SUSPECT_SIGMAS	5
#define SUSPECT_LEAST_NS	20e3

/* A disciplined host's clock has no greater rate. */
#define DISCIPLINED_RATE	1e-6

struct discipline {
	struct discipline_options options;
	struct combined_clock clock;
	uint64_t selected;		/* serial of the source; 0: none */
	struct change_limits limits;
	struct refutation host_vote;
	bool had_reference;		/* one was seen ... */
	bool had_host;			/* ... and it was the host */
	bool has_correction;
	bool has_line;
	bool has_rate;
	bool refused;			/* maxchange forbade what the sources showed latest */
	bool returned;			/* what was measured latest, which could not be set ... */
	uint32_t disruptions;		/* ... until so many of them */
	bool has_learned;		/* by this reference, until then: */
	int64_t learned_ns;
	struct free_running free_running;
	struct settled_rate settled;
	struct chime_line line;		/* the latest correction ... */
	uint32_t epoch;			/* ... and the epoch of its reference */
	struct outlasted outlasted;	/* the timescale may know the offset better */
	struct fallback_drift drift;
	int fallback;			/* the power whose mean rate is in force, 0: none */
	double rate;
	double rate_sigma;
};

struct discipline *discipline_new(const struct discipline_options *options)
{
	struct discipline *discipline = calloc(1, sizeof(*discipline));

	if (!discipline)
		return NULL;
	if (combined_clock_init(&discipline->clock)) {
		free(discipline);
		return NULL;
	}
	discipline->options = *options;
	return discipline;
}

void discipline_free(struct discipline *discipline)
{
	if (!discipline)
		return;
	combined_clock_exit(&discipline->clock);
	free(discipline);
}

void discipline_set_options(struct discipline *discipline,
			    const struct discipline_options *options)
{
	discipline->options = *options;
}

void discipline_count_steps_anew(struct discipline *discipline)
{
	change_limits_count_steps_anew(&discipline->limits);
}

void discipline_return_step(struct discipline *discipline)
{
	change_limits_return_step(&discipline->limits);
}

void discipline_return_sample(struct discipline *discipline)
{
	discipline->returned = true;
}

/* Offsets from now on are against another clock, or from another instant. */
static void forget_drift(struct discipline *discipline)
{
	memset(&discipline->drift, 0, sizeof(discipline->drift));
	discipline->fallback = 0;
}

/* The offset of UTC from the reference is unknown: the next correction is a first one. */
static void lose_offset(struct discipline *discipline)
{
	discipline->has_correction = false;
	free_running_begin_span(&discipline->free_running);
	combined_clock_forget_sources(&discipline->clock);
}

static void lose_rate(struct discipline *discipline)
{
	discipline->has_rate = false;
	discipline->settled.known = false;
	discipline->free_running.known = false;
}

static void change_rate(struct discipline *discipline, const struct reference_change *change)
{
	discipline->rate = reference_change_rate(change, discipline->rate);
	discipline->rate_sigma = hypot(discipline->rate_sigma, change->rate_sigma);
	settled_rate_change(&discipline->settled, change);
}

/*
 * The reference may be a host that somebody disciplines: it is not known to run free, by how far it
 * has moved or by a rate that no disciplined clock has.
 */
static bool may_be_disciplined(const struct discipline *discipline)
{
	return !discipline->free_running.known &&
	       (fabs(discipline->rate) <= DISCIPLINED_RATE ||
		fabs(discipline->rate) < CORRECTION_REACH_SIGMAS * discipline->rate_sigma);
}

/* The estimates begin anew, and what holds meanwhile is the timescale. */
static void begin_relearning(struct discipline *discipline, bool keeps_rate)
{
	bool known = keeps_rate && discipline->has_line && may_be_disciplined(discipline);

	outlasted_begin(&discipline->outlasted, known ? &discipline->line : NULL,
			discipline->epoch);
}

void discipline_change_reference(struct discipline *discipline,
				 const struct reference_change *change)
{
	bool keeps_rate = reference_change_keeps_rate(change);

	refutation_break(&discipline->host_vote);
	if (!reference_change_keeps_offset(change))
		begin_relearning(discipline, keeps_rate);
	discipline->has_line = false;
	discipline->has_learned = false;
	forget_drift(discipline);
	if (keeps_rate)
		change_rate(discipline, change);
	else
		lose_rate(discipline);
	if (!reference_change_keeps_offset(change)) {
		estimator_reset(discipline->clock.estimator, keeps_rate);
		lose_offset(discipline);
		return;
	}
	free_running_change(&discipline->free_running, change);
	estimator_change_reference(discipline->clock.estimator, change);
}

/*
 * The combined clock's rate has moved it further than the correction goes, whose rate has ended at
 * its horizon.
 */
static bool is_beyond_reach(const struct discipline *discipline, const struct estimate *estimate)
{
	const struct chime_line *line = &discipline->line;
	int64_t apart_ns;

	if (!discipline->has_line || !line->rate_horizon_ns)
		return false;
	apart_ns = chime_sub_sat(estimate->offset_ns, chime_line_offset(line, estimate->at_ns));
	return chime_line_rate(line, estimate->at_ns) != line->rate_q32 &&
	       (double)chime_abs_sat(apart_ns) > (double)line->sigma_ns + SUSPECT_LEAST_NS;
}

/*
 * The gap is longer than the rate counts, and the combined clock, to which any host is a crystal,
 * is less sure than the correction is if the host is disciplined.
 */
static bool is_less_sure(const struct discipline *discipline, const struct timescale_now *now,
			 const struct estimate *estimate)
{
	const struct chime_line *line = &discipline->line;

	return discipline->has_line && now->has_host && line->rate_horizon_ns &&
	       chime_abs_sat(chime_sub_sat(estimate->at_ns, line->origin_ns)) >
	       line->rate_horizon_ns &&
	       may_be_disciplined(discipline) && estimate->sigma_ns > outlasted_sigma_ns(line);
}

/*
 * The guest was reverted, and the host's clock was set back after the snapshot: the measurements
 * are from instants in the future, and no new sample fits them.
 */
static bool went_back(const struct discipline *discipline, const struct timescale_now *now)
{
	return discipline->has_learned &&
	       chime_sub_sat(discipline->learned_ns, now->reference_ns) > ESTIMATOR_DISORDER_NS;
}

bool discipline_is_suspect(const struct discipline *discipline, const struct timescale_now *now)
{
	double sigma_ns = (double)chime_sub_sat(now->sigma_ns, chime_abs_sat(now->slew_ns));
	struct estimate estimate;

	if (went_back(discipline, now))
		return true;
	return discipline->has_correction &&
	       estimator_get(discipline->clock.estimator, now->reference_ns, &estimate) &&
	       (sigma_ns > SUSPECT_SIGMAS * estimate.sigma_ns + SUSPECT_LEAST_NS ||
		is_beyond_reach(discipline, &estimate) ||
		is_less_sure(discipline, now, &estimate));
}

static void remember_rate(struct discipline *discipline, double rate, double rate_sigma)
{
	discipline->rate = rate;
	discipline->rate_sigma = rate_sigma;
	discipline->has_rate = true;
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
	remember_rate(discipline, rate, rate_sigma);
	estimator_prime_rate(discipline->clock.estimator, rate, rate_sigma);
}

bool discipline_rate_is_open(const struct discipline *discipline)
{
	return estimator_rate_is_open(discipline->clock.estimator);
}

static void learn_whether_free(struct discipline *discipline, const struct timescale_now *now)
{
	struct estimate estimate;

	if (estimator_get(discipline->clock.estimator, now->reference_ns, &estimate))
		free_running_learn(&discipline->free_running, now->has_host, &estimate);
}

static bool has_news(struct discipline *discipline, struct source *const *sources,
		     const struct selection *selection)
{
	return change_limits_has_news(&discipline->limits, sources[selection->selected], selection);
}

static struct correction_terms terms_of(const struct discipline *discipline,
					const struct selection_terms *selection)
{
	return (struct correction_terms){
		.clock = discipline->clock.estimator,
		.maxclockerror = discipline->options.maxclockerror,
		.learned_from_ns = discipline->free_running.from_ns,
		.crystal = discipline->free_running.known,
		.selection = selection,
	};
}

bool discipline_forbids(const struct discipline *discipline, int64_t change_ns)
{
	return change_limits_forbid(&discipline->limits, &discipline->options, change_ns);
}

void discipline_permit(struct discipline *discipline, bool permit)
{
	discipline->limits.permitted = permit;
}

/* Decide on a step of the system clock, and whether the correction may be set at all. */
static int judge(struct discipline *discipline, const struct combined *combined,
		 const struct timescale_now *now, bool counts, struct discipline_result *result)
{
	int64_t utc_ns = chime_add_sat(now->reference_ns, combined->estimate.offset_ns);

	result->step_ns = chime_sub_sat(utc_ns, now->realtime_ns);
	return change_limits_judge(&discipline->limits, &discipline->options, result->step_ns,
				   combined->maxerror_ns, counts, &result->step);
}

/*
 * The timescale's phase jumps if no UTC was known, if the change is large, or if the operator asked
 * for it.
 */
static bool may_jump(const struct discipline *discipline, const struct combined *combined,
		     const struct timescale_now *now)
{
	int64_t change_ns = chime_sub_sat(chime_add_sat(now->reference_ns,
							combined->estimate.offset_ns),
					  now->time_ns);

	return !discipline->has_correction || discipline->limits.permitted ||
	       now->maxerror_ns == CHIME_LINE_UNBOUNDED_NS || chime_abs_sat(change_ns) > JUMP_NS;
}

static void vote_on_host(struct discipline *discipline, const struct combined *combined,
			 const struct timescale_now *now, struct discipline_result *result)
{
	enum host_verdict verdict = host_vote_count(&discipline->host_vote, &result->selection,
						    combined->estimate.offset_ns, now);

	result->demote_host = verdict == HOST_DEMOTED;
	result->reinstate_host = verdict == HOST_REINSTATED;
}

void discipline_recall_outvoted_host(struct discipline *discipline)
{
	discipline->host_vote.refuted = true;
}

/*
 * The reference became another clock, host or raw: the raw clock's rate says nothing of the host's.
 */
static void notice_reference(struct discipline *discipline, const struct timescale_now *now)
{
	if (discipline->had_reference && discipline->had_host != now->has_host) {
		discipline->free_running.known = false;
		free_running_begin_span(&discipline->free_running);
	}
	discipline->had_reference = true;
	discipline->had_host = now->has_host;
	if (now->has_host && !discipline->has_rate)
		estimator_expect_host(discipline->clock.estimator);
}

/*
 * fallbackdrift: no source has answered for long, and the clock goes on at the mean rate of as much
 * time before. Not with a host, whose rate has rules of its own. true: such a rate is in force.
 */
static bool fall_back(struct discipline *discipline, const struct timescale_now *now,
		      struct discipline_result *result)
{
	const struct discipline_options *options = &discipline->options;
	double rate;
	int power;

	if (!options->fallback_most || now->has_host || !discipline->has_line)
		return false;
	power = fallback_drift_get(&discipline->drift, options->fallback_least,
				   options->fallback_most, now->reference_ns, &rate);
	if (power <= discipline->fallback)
		return discipline->fallback > 0;
	discipline->fallback = power;
	correction_turn_line(&discipline->line, now->reference_ns, llrint(rate * Q32));
	result->correction = discipline->line;
	result->step_ns = chime_sub_sat(chime_line_eval(&discipline->line, now->reference_ns),
					now->realtime_ns);
	result->changed = true;
	return true;
}

static void no_selection(struct discipline *discipline, struct discipline_result *result)
{
	refutation_break(&discipline->host_vote);
	result->stratum = 16;
	result->selection.selected = -1;
}

static void note_drift(struct discipline *discipline)
{
	discipline->fallback = 0;
	if (discipline->options.fallback_most)
		fallback_drift_note(&discipline->drift, discipline->line.origin_ns,
				    discipline->line.offset_ns);
}

/*
 * Judge a host that is followed as is stated of it. Without a new sample nothing is known better of
 * UTC than when that was last decided.
 */
static enum vouched_host judge_vouched_host(const struct timescale_now *now,
					    const struct selection *selection,
					    const struct combined *combined,
					    const struct pace *pace, bool measured)
{
	double grown_ns = combined->maxerror_growth * pace->interval_s * NS_PER_S_REAL;
	int64_t until_ns = measured ? llrint(combined->maxerror_ns + grown_ns) : INT64_MAX;

	return vouched_host_judge(now, selection, llrint(combined->maxerror_ns), until_ns);
}

/* One update: what it goes by, and what the selected sources show. */
struct update {
	struct source *const *sources;
	size_t count;
	const struct timescale_now *now;
	bool fresh;	/* one of them has a new sample ... */
	bool measured;	/* ... or the latest one is still to be told of as such */
	struct selection_terms selection_terms;	/* of the selection that it goes by */
	struct pace pace;
	struct correction_terms terms;
	struct combined combined;
};

static void vote_on_refclocks(const struct update *update, struct discipline_result *result)
{
	refclock_vote_count(update->sources, update->count, update->now->reference_ns,
			    &result->selection, &result->refclock_vote);
}

/*
 * The host's own time is followed, with the bound that was stated of it, and stays so: an earlier
 * correction has ended, and no other is set. The sources watch it, and makestep and maxchange count
 * what they say.
 */
static void leave_to_host(struct discipline *discipline, const struct update *update,
			  struct discipline_result *result)
{
	bool counts = has_news(discipline, update->sources, &result->selection) && update->measured;

	discipline->has_line = false;
	discipline->refused = false;
	change_limits_count(&discipline->limits, counts);
	if (result->vouched_host == VOUCHED_HOST_SUSPECT) {
		result->disputed_ns =
			chime_abs_sat(chime_sub_sat(update->combined.estimate.offset_ns,
						    chime_sub_sat(update->now->host_ns,
								  update->now->reference_ns)));
		no_selection(discipline, result);
		return;
	}
	refutation_break(&discipline->host_vote);
	if (counts)
		vote_on_refclocks(update, result);
	selected_describe(update->sources, result);
	result->measured = update->measured;
	result->synchronised = true;
}

/* The place of the source that was selected last: others may have come or gone. -1: it is gone. */
static int previous_place(const struct discipline *discipline, struct source *const *sources,
			  size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (source_serial(sources[i]) == discipline->selected)
			return (int)i;
	}
	return -1;
}

static struct selection_terms selection_terms_of(const struct discipline *discipline,
						 struct source *const *sources, size_t count)
{
	return (struct selection_terms){
		.previous = previous_place(discipline, sources, count),
		.minsources = discipline->options.minsources,
		.stratumweight_ns = discipline->options.stratumweight_ns,
		.knows_rate = discipline->settled.known,
		.rate = discipline->settled.rate,
	};
}

void discipline_select(const struct discipline *discipline, struct source *const *sources,
		       size_t count, const struct timescale_now *now, struct selection *selection)
{
	struct selection_terms terms = selection_terms_of(discipline, sources, count);

	source_select(sources, count, now->reference_ns, &terms, selection);
}

/* Combine what the selected sources show. false: none is, or they do not show the time. */
static bool combine_selected(struct discipline *discipline, struct update *update,
			     const struct selection *selection)
{
	int64_t at_ns = update->now->reference_ns;
	bool returned = discipline->returned &&
			discipline->disruptions == update->now->disruptions;

	update->selection_terms = selection_terms_of(discipline, update->sources, update->count);
	discipline->returned = false;
	discipline->disruptions = update->now->disruptions;
	discipline->selected = selection->selected < 0 ? 0 :
			       source_serial(update->sources[selection->selected]);
	if (selection->selected < 0)
		return false;
	update->fresh = combined_clock_learn(&discipline->clock, update->sources, update->count,
					     selection, update->now);
	update->measured = update->fresh || returned;
	discipline->has_learned = true;
	discipline->learned_ns = at_ns;
	learn_whether_free(discipline, update->now);
	selected_pace(update->sources, selection, at_ns, &update->pace);
	update->terms = terms_of(discipline, &update->selection_terms);
	return correction_combine(&update->terms, selection, at_ns, &update->pace,
				  &update->combined);
}

/* The bound of what they show, and how it grows until the next update. */
static void bound_error(struct discipline *discipline, struct update *update,
			const struct selection *selection)
{
	const struct timescale_now *now = update->now;
	struct combined *combined = &update->combined;

	outlasted_keep(&discipline->outlasted, now, selection,
		       selected_late_ns(update->sources, selection),
		       combined);
	if (!update->fresh || combined->estimate.suspect)
		correction_keep_bound(combined, now->maxerror_ns);
	combined->maxerror_growth = fmax(combined->maxerror_growth,
					 settled_rate_odd(&discipline->settled,
							  &combined->estimate, update->fresh));
	correction_foresee(&update->terms, update->sources, update->count, combined);
}

static void make_correction(struct discipline *discipline, const struct update *update,
			    struct discipline_result *result)
{
	const struct timescale_now *now = update->now;

	correction_make_line(&update->terms, &update->combined, &result->correction);
	discipline->line = result->correction;
	discipline->epoch = now->epoch;
	discipline->has_line = true;
	if (update->fresh)
		note_drift(discipline);
	result->changed = true;
	result->measured = update->measured;
	result->anew = discipline->clock.anew;
	result->agreed_raw_ns = agreement_since(update->sources, update->count, now->reference_ns);
	result->jump = may_jump(discipline, &update->combined, now);
	result->synchronised = true;
}

/* The bound with which the timescale would hold what maxchange has not let it follow. */
static int64_t reach_of(const struct combined *combined, const struct timescale_now *now)
{
	int64_t offset_ns = combined->estimate.offset_ns;
	int64_t maxerror_ns = (int64_t)ceil(combined->maxerror_ns);

	return correction_reach(now, chime_sub_sat(offset_ns, maxerror_ns),
				chime_add_sat(offset_ns, maxerror_ns));
}

int discipline_update(struct discipline *discipline, struct source *const *sources, size_t count,
		      const struct timescale_now *now, struct discipline_result *result)
{
	struct update update = { .sources = sources, .count = count, .now = now };
	const struct combined *combined = &update.combined;
	bool known, old, fallen, counts;
	int error;

	*result = (struct discipline_result){ .selection = result->selection };
	change_limits_count(&discipline->limits, false);
	notice_reference(discipline, now);
	known = combine_selected(discipline, &update, &result->selection);
	/* What the sources showed latest is in force, and may go on without them. */
	old = !update.fresh && !discipline->refused;
	fallen = old && fall_back(discipline, now, result);
	if (!known || combined->maxerror_ns > (double)discipline->options.maxdistance_ns) {
		no_selection(discipline, result);
		return 0;
	}
	bound_error(discipline, &update, &result->selection);
	result->leap = (uint8_t)leap_vote(sources, count);
	remember_rate(discipline, combined->estimate.rate, combined->estimate.rate_sigma);
	result->vouched_host = judge_vouched_host(now, &result->selection, combined, &update.pace,
						  update.measured);
	if (vouched_host_stays(result->vouched_host)) {
		leave_to_host(discipline, &update, result);
		return 0;
	}
	if (fallen || (old && is_beyond_reach(discipline, &combined->estimate))) {
		selected_describe(sources, result);
		result->synchronised = true;
		discipline->has_correction = true;
		return 0;
	}
	counts = has_news(discipline, sources, &result->selection) && update.fresh;
	error = judge(discipline, combined, now, counts, result);
	selected_describe(sources, result);
	discipline->refused = result->step == DISCIPLINE_REFUSED;
	if (discipline->refused) {
		result->reach_ns = reach_of(combined, now);
		return error;
	}
	make_correction(discipline, &update, result);
	if (counts) {
		vote_on_host(discipline, combined, now, result);
		vote_on_refclocks(&update, result);
	}
	discipline->has_correction = true;
	change_limits_count(&discipline->limits, counts);
	return 0;
}

int64_t discipline_reach(const struct discipline *discipline, struct source *const *sources,
			 size_t count, const struct timescale_now *now)
{
	const struct selection_terms terms = selection_terms_of(discipline, sources, count);
	int64_t low_ns, high_ns;

	if (!source_select_foresee(sources, count, now->reference_ns, &terms, &low_ns, &high_ns))
		return 0;
	return correction_reach(now, low_ns, high_ns);
}
