// SPDX-License-Identifier: GPL-2.0-only
/*
 * Selection: who may be right, and whom of those to follow. Estimates come from source.c, and who
 * agrees from intersection.c; discipline.c applies the outcome.
 */
#include "discipline/source_select.h"

#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "discipline/candidate.h"
#include "discipline/intersection.h"
#include "discipline/quorum.h"
#include "discipline/source_interval.h"

/* A better source must be better by this factor to take over as the selected one. */
#define RESELECT_FACTOR	1.5

/*
 * Sources worse than the best by more than this factor (chrony's combinelimit) are combined only if
 * their samples are better ...
 */
#define COMBINE_LIMIT	3.0

/*
 * ... by this factor in their standard errors, and they are no further from it than so many
 * expected errors: else their asymmetry is none that the combined clock expects.
 */
#define COMBINE_BETTER	0.7
#define COMBINE_APART	2.5

/*
 * A source allows for rates within so many standard errors of its own, and half of the margin: two
 * that are known equally well differ by six standard errors of the difference if they exclude one
 * another.
 */
#define RATE_SIGMAS	4.25
#define RATE_MARGIN	100e-9

/* The unknown asymmetry of a path: a share of half its least round trip. */
#define ASYMMETRY	0.1

/*
 * The interval of a single sample grows by what a crystal may gain, and a crystal that has settled
 * does not change its rate by so much.
 */
#define CRYSTAL_RATE	100e-6

/*
 * Each stratum by which the operator raises a source's counts as so much expected error, unless he
 * says otherwise (the default of chrony's stratumweight).
 */
#define STRATUM_NS	1e6

static bool may_answer(const struct source *source, const struct source_status *status)
{
	return !status->lost && !source_is_refused(source) && !status->withdrawn;
}

static enum source_verdict admit(const struct source *source, const struct source_status *status,
				 bool lost_too)
{
	if (!status->has_estimate || (!may_answer(source, status) && !lost_too) ||
	    status->worn_out || status->orphan || status->loop)
		return SOURCE_UNUSABLE;
	if (status->smear == SOURCE_SMEARS || status->refuted)
		return SOURCE_FALSETICKER;
	if (status->jitter_ns > SOURCE_JITTER_LIMIT_NS)
		return SOURCE_TOO_VARIABLE;
	if (!quorum_is_near(status))
		return SOURCE_UNUSABLE;
	return SOURCE_NOT_COMBINED;
}

/*
 * It answers, but for so long none of its answers was quick enough for maxdelay that there is no
 * other word of it.
 */
static bool is_only_overlong(const struct source_status *status)
{
	return status->overlong && (status->lost || !status->has_estimate);
}

/* The sample that it votes by; NULL: none. A reading without a round trip bounds nothing. */
static const struct source_sample *ballot_of(const struct source_status *status)
{
	if (is_only_overlong(status))
		return status->overlong;
	return status->has_estimate && status->last.delay_ns ? &status->last : NULL;
}

static bool has_vote(const struct source *source, const struct source_status *status,
		     bool lost_too)
{
	if (lost_too)
		return quorum_would_count(source, status);
	return quorum_may_vote(source, status);
}

/*
 * A source that contradicts its own estimate is not used, but votes by its latest sample. Without
 * that a disruption that most sources see would leave the decision to the others, which go on as
 * before and may lie. Nor is one that answers silent because its answers take longer than maxdelay:
 * the truth is within their round trips, and who delays them must not take its vote. Where none can
 * answer any more (@lost_too) what each said last holds, of these as well.
 */
static bool may_only_vote(const struct source *source, const struct source_status *status,
			  bool lost_too)
{
	const struct source_sample *ballot = ballot_of(status);

	return ballot && !status->loop && has_vote(source, status, lost_too) &&
	       source_interval_distance(ballot) < quorum_distance_ns(status->options);
}

/* The interval of a source by all its samples. */
static void place_estimate(const struct source_status *status, struct candidate *candidate)
{
	candidate->offset_ns = status->estimate.offset_ns;
	candidate->distance = status->root_distance_ns;
}

/*
 * A stop of this machine that nobody has noticed looks like a rate to a source that was not asked
 * for long. Since its latest sample it has gone on by a rate that the oscillator does not have.
 */
static void widen_by_rate(const struct source_status *status, const struct selection_terms *terms,
			  struct candidate *candidate)
{
	double apart = fabs(status->estimate.rate - terms->rate);

	if (terms->knows_rate && candidate->usable && apart > CRYSTAL_RATE)
		candidate->distance += apart * fabs((double)(status->estimate.at_ns -
							     status->last.at_ns));
}

/* The interval by one sample alone. */
static void place_ballot(const struct source_status *status, struct candidate *candidate)
{
	const struct source_sample *ballot = ballot_of(status);
	double age_ns = (double)(status->estimate.at_ns - ballot->at_ns);

	candidate->offset_ns = ballot->offset_ns;
	candidate->distance = (double)source_interval_distance(ballot) +
			      CRYSTAL_RATE * fabs(age_ns);
}

static void nominate(const struct source_status *status, const struct selection_terms *terms,
		     size_t index, bool usable, struct candidate *candidate)
{
	double expected;

	candidate->index = (int)index;
	candidate->usable = usable;
	if (usable)
		place_estimate(status, candidate);
	else
		place_ballot(status, candidate);
	widen_by_rate(status, terms, candidate);
	candidate->sigma = status->estimate.sigma_ns;
	/* What a refclock's rate may have done unseen is no error that it is expected to have. */
	expected = candidate->distance - (usable ? status->unseen_ns : 0);
	candidate->quality = hypot(candidate->sigma, ASYMMETRY * (expected - candidate->sigma));
	candidate->handicap = 0;
	candidate->stratum = status->stratum;
	candidate->raised = status->stratum - status->last.stratum;
	candidate->trust = usable && status->options->trust;
	candidate->prefer = status->options->prefer;
	candidate->require = status->options->require;
	candidate->distrusted = status->distrusted || status->smear == SOURCE_MAY_SMEAR;
	candidate->rate = status->estimate.rate;
	candidate->rate_sigma = status->estimate.rate_sigma;
}

static size_t collect(struct source *const *sources, size_t count, int64_t at_ns,
		      const struct selection_terms *terms, bool lost_too,
		      struct candidate *candidates)
{
	size_t found = 0;
	size_t i;

	for (i = 0; i < count && i < SOURCE_SELECT_MAX; i++) {
		struct source_status status;
		enum source_verdict verdict;

		source_get_status(sources[i], at_ns, &status);
		verdict = admit(sources[i], &status, lost_too);
		source_set_verdict(sources[i], verdict);
		if (status.options->noselect)
			continue;
		if (verdict != SOURCE_NOT_COMBINED && !may_only_vote(sources[i], &status, lost_too))
			continue;
		nominate(&status, terms, i, verdict == SOURCE_NOT_COMBINED, &candidates[found++]);
	}
	return found;
}

/* Is that the offset of which half of the others are less? Of equal ones the first is the least. */
static bool is_median(const struct candidate *candidates, size_t count, size_t which)
{
	int64_t offset_ns = candidates[which].offset_ns;
	size_t less = 0, i;

	for (i = 0; i < which; i++)
		less += candidates[i].offset_ns <= offset_ns;
	for (i = which + 1; i < count; i++)
		less += candidates[i].offset_ns < offset_ns;
	return less == count / 2;
}

/*
 * State all offsets from the median, which is returned. A liar's may be years away, and from there
 * a double does not tell 100 ns.
 */
static int64_t state_from_median(struct candidate *candidates, size_t count)
{
	int64_t median_ns = 0;
	size_t i;

	for (i = 0; i < count; i++)
		if (is_median(candidates, count, i))
			median_ns = candidates[i].offset_ns;
	for (i = 0; i < count; i++)
		candidates[i].offset = (double)chime_sub_sat(candidates[i].offset_ns, median_ns);
	return median_ns;
}

static size_t count_usable(const struct candidate *candidates, size_t count)
{
	size_t i, number = 0;

	for (i = 0; i < count; i++)
		number += candidates[i].usable;
	return number;
}

/*
 * Count sources, not lost ones, that have not answered since their samples became void, not even so
 * late that they only vote.
 */
static size_t count_silent(struct source *const *sources, size_t count)
{
	struct source_status status;
	size_t i, silent = 0;

	for (i = 0; i < count && i < SOURCE_SELECT_MAX; i++) {
		if (source_has_samples(sources[i]))
			continue;
		source_get_record(sources[i], &status);
		if (status.loop || may_only_vote(sources[i], &status, false))
			continue;
		silent += quorum_may_be_right(sources[i], &status);
	}
	return silent;
}

/* Is one of the sources configured with "require" among them? */
static bool is_required(struct source *const *sources, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (source_get_options(sources[i])->require)
			return true;
	return false;
}

/* Chrony's minsources and require: enough sources agree, and a required one is among them. */
static bool are_enough(const struct candidate *candidates, size_t count, bool required,
		       int minsources)
{
	int agreeing = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		agreeing += candidates[i].usable && candidates[i].agrees;
		required = required && !(candidates[i].agrees && candidates[i].require);
	}
	return agreeing >= minsources && !required;
}

/* The least rate that the source allows for. */
static double least_rate(const struct candidate *candidate)
{
	return candidate->rate - RATE_SIGMAS * candidate->rate_sigma - RATE_MARGIN / 2;
}

static bool allows_rate(const struct candidate *candidate, double rate)
{
	double most = candidate->rate + RATE_SIGMAS * candidate->rate_sigma + RATE_MARGIN / 2;

	return candidate->usable && candidate->agrees && least_rate(candidate) <= rate &&
	       rate <= most;
}

/* Do at least half of those who agree on the offset allow for it? */
static bool is_common_rate(const struct candidate *candidates, size_t count, double rate)
{
	size_t agreeing = 0, allowing = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		agreeing += candidates[i].usable && candidates[i].agrees;
		allowing += allows_rate(&candidates[i], rate);
	}
	return 2 * allowing >= agreeing;
}

/* Where intervals of rates have a common point they have one where one of them begins. */
static bool runs_along(const struct candidate *candidate, const struct candidate *candidates,
		       size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		double rate = least_rate(&candidates[i]);

		if (candidates[i].usable && candidates[i].agrees && allows_rate(candidate, rate) &&
		    is_common_rate(candidates, count, rate))
			return true;
	}
	return false;
}

/*
 * Two clocks that run apart cannot both be right for long: a source runs along if it allows for a
 * rate for which at least half of all do. Where there is no such rate, as several servers swing,
 * theirs tell nothing. A source that hardly knows its rate excludes nobody's then, which does not
 * make it a better one.
 */
static void compare_rates(struct candidate *candidates, size_t count)
{
	bool common = false;
	size_t i;

	for (i = 0; i < count; i++) {
		candidates[i].runs_along = runs_along(&candidates[i], candidates, count);
		common |= candidates[i].runs_along;
	}
	for (i = 0; i < count && !common; i++)
		candidates[i].runs_along = true;
}

/*
 * Whatever the operator prefers, a source is not preferred if it lies outside of where most agree
 * that the truth is, or if it was wrong lately.
 */
static void judge_preference(struct candidate *candidates, size_t count,
			     const struct extent *place)
{
	size_t i;

	for (i = 0; i < count; i++) {
		struct candidate *candidate = &candidates[i];

		candidate->prefer = candidate->prefer && candidate->runs_along &&
				    !candidate->distrusted &&
				    candidate->offset >= place->low &&
				    candidate->offset <= place->high;
	}
}

static double gap_between(const struct candidate *one, const struct candidate *other)
{
	double gap = fabs(one->offset - other->offset) - one->distance - other->distance;

	return fmax(gap, 0);
}

/*
 * Two that exclude one another may both agree with most, if the others leave enough open. Nobody
 * knows which of them is right, so each may be wrong by as much as they are apart. A liar whose
 * figures are the best ones would have the clock to itself: rather one whom nobody contradicts.
 */
static void worsen_contradicted(struct candidate *candidates, size_t count)
{
	size_t i, j;

	for (i = 0; i < count; i++) {
		struct candidate *candidate = &candidates[i];
		double gap = 0;

		if (!candidate->agrees)
			continue;
		for (j = 0; j < count; j++)
			if (candidates[j].agrees && !candidates[j].distrusted)
				gap = fmax(gap, gap_between(candidate, &candidates[j]));
		candidate->quality = hypot(candidate->quality, gap);
	}
}

static bool is_selectable(const struct candidate *candidate)
{
	return candidate->usable && candidate->agrees && candidate->within;
}

/*
 * A stratum says little of a source that is measured, so by default none counts. As in chrony a
 * weight decides who is selected, and not who is combined with that one.
 */
static void weigh_strata(struct candidate *candidates, size_t count, int64_t weight_ns)
{
	int lowest = INT_MAX;
	size_t i;

	for (i = 0; i < count; i++)
		if (is_selectable(&candidates[i]) && candidates[i].stratum < lowest)
			lowest = candidates[i].stratum;
	for (i = 0; i < count; i++) {
		if (weight_ns < 0)
			candidates[i].quality += STRATUM_NS * candidates[i].raised;
		else if (is_selectable(&candidates[i]))
			candidates[i].handicap = (double)weight_ns *
						 (candidates[i].stratum - lowest);
	}
}

/* Expected error and handicap. */
static double merit_of(const struct candidate *candidate)
{
	return candidate->quality + candidate->handicap;
}

static bool is_better(const struct candidate *a, const struct candidate *b)
{
	if (a->prefer != b->prefer)
		return a->prefer;
	if (a->runs_along != b->runs_along)
		return a->runs_along;
	if (a->distrusted != b->distrusted)
		return b->distrusted;
	return merit_of(a) < merit_of(b);
}

static const struct candidate *choose(const struct candidate *candidates, size_t count,
				      int previous)
{
	const struct candidate *best = NULL;
	const struct candidate *incumbent = NULL;
	size_t i;

	for (i = 0; i < count; i++) {
		if (!is_selectable(&candidates[i]))
			continue;
		if (candidates[i].index == previous)
			incumbent = &candidates[i];
		if (!best || is_better(&candidates[i], best))
			best = &candidates[i];
	}
	if (incumbent && incumbent->prefer == best->prefer && incumbent->runs_along &&
	    incumbent->distrusted == best->distrusted &&
	    merit_of(incumbent) < RESELECT_FACTOR * merit_of(best))
		return incumbent;
	return best;
}

/*
 * Is it worth combining with the best? One that is about as good is. So is one whose samples are
 * better, though its distance leaves more open: where a near server queues for ms, one far away
 * that hardly queues shows the rate, and the combined clock learns from both how far that one is
 * off.
 */
static bool has_use(const struct candidate *candidate, const struct candidate *best)
{
	double apart = fabs(candidate->offset - best->offset);

	return candidate->quality <= COMBINE_LIMIT * best->quality ||
	       (candidate->sigma < COMBINE_BETTER * best->sigma &&
		candidate->rate_sigma < COMBINE_BETTER * best->rate_sigma &&
		apart < COMBINE_APART * hypot(candidate->quality, best->quality));
}

/* Combine the sources that are of use beside the selected one. */
static void combine(const struct candidate *candidates, size_t count, const struct candidate *best,
		    struct source *const *sources, struct selection *selection)
{
	size_t i;

	for (i = 0; i < count; i++) {
		const struct candidate *candidate = &candidates[i];

		if (!is_selectable(candidate) || candidate->prefer != best->prefer ||
		    !has_use(candidate, best) ||
		    candidate->distrusted != best->distrusted ||
		    (candidate != best && !candidate->runs_along))
			continue;
		source_set_verdict(sources[candidate->index], SOURCE_COMBINED);
		selection->index[selection->count++] = candidate->index;
	}
	selection->selected = best->index;
	source_set_verdict(sources[best->index], SOURCE_SELECTED);
}

/* Sources that are not used while the operator prefers the @best one, or trusts others. */
static void find_unwanted(const struct candidate *candidates, size_t count,
			  const struct candidate *best, struct selection *selection)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (candidates[i].usable && candidates[i].agrees &&
		    (!candidates[i].within || (best->prefer && !candidates[i].prefer)))
			selection->unwanted |= 1ULL << candidates[i].index;
}

/* Without a majority no source is known to be right. */
static void call_falsetickers(const struct candidate *candidates, size_t count,
			      struct source *const *sources)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (candidates[i].usable)
			source_set_verdict(sources[candidates[i].index], SOURCE_FALSETICKER);
}

/* Those that the majority excludes, and no others. */
static void exclude_falsetickers(const struct candidate *candidates, size_t count,
				 struct source *const *sources, struct selection *selection)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (!candidates[i].usable || candidates[i].agrees)
			continue;
		selection->falsetickers++;
		selection->wrong |= 1ULL << candidates[i].index;
		source_set_verdict(sources[candidates[i].index], SOURCE_FALSETICKER);
	}
}

void source_select(struct source *const *sources, size_t count, int64_t at_ns,
		   const struct selection_terms *terms, struct selection *selection)
{
	struct candidate candidates[SOURCE_SELECT_MAX];
	const struct candidate *best;
	struct extent place = { 0, 0 }, bound = { 0, 0 };
	size_t found, usable, i;
	int64_t median_ns;

	memset(selection, 0, sizeof(*selection));
	selection->selected = -1;
	found = collect(sources, count, at_ns, terms, false, candidates);
	/* When all are lost the last estimate holds, within a bound that grows. */
	usable = count_usable(candidates, found);
	if (!usable) {
		found = collect(sources, count, at_ns, terms, true, candidates);
		usable = count_usable(candidates, found);
	}
	median_ns = state_from_median(candidates, found);
	selection->candidates = usable;
	if (!usable || !intersection_find(candidates, found, count_silent(sources, count),
					  &place, &bound)) {
		call_falsetickers(candidates, found, sources);
		return;
	}
	exclude_falsetickers(candidates, found, sources, selection);
	selection->place_low_ns = median_ns + (int64_t)floor(place.low);
	selection->place_high_ns = median_ns + (int64_t)ceil(place.high);
	selection->low_ns = median_ns + (int64_t)floor(bound.low);
	selection->high_ns = median_ns + (int64_t)ceil(bound.high);
	if (!are_enough(candidates, found, is_required(sources, count), terms->minsources))
		return;
	compare_rates(candidates, found);
	judge_preference(candidates, found, &place);
	worsen_contradicted(candidates, found);
	weigh_strata(candidates, found, terms->stratumweight_ns);
	for (i = 0; i < found; i++)
		if (candidates[i].usable && candidates[i].agrees && !candidates[i].runs_along)
			selection->wrong |= 1ULL << candidates[i].index;
	best = choose(candidates, found, terms->previous);
	if (!best)
		return;
	find_unwanted(candidates, found, best, selection);
	combine(candidates, found, best, sources, selection);
}

/* By its latest verdict a source may be selected, and not only vote. */
static bool was_usable(const struct source_status *status)
{
	return status->verdict != SOURCE_UNUSABLE && status->verdict != SOURCE_TOO_VARIABLE &&
	       status->smear != SOURCE_SMEARS && !status->refuted;
}

/* The latest selection was among sources of which none can answer any more. */
static bool were_lost(struct source *const *sources, size_t count)
{
	struct source_status status;
	size_t i;

	for (i = 0; i < count && i < SOURCE_SELECT_MAX; i++) {
		source_get_record(sources[i], &status);
		if (was_usable(&status) && may_answer(sources[i], &status))
			return false;
	}
	return true;
}

bool source_select_foresee(struct source *const *sources, size_t count, int64_t at_ns,
			   const struct selection_terms *terms, int64_t *low_ns, int64_t *high_ns)
{
	struct candidate candidates[SOURCE_SELECT_MAX];
	struct extent place = { 0, 0 }, bound = { 0, 0 };
	bool lost_too = were_lost(sources, count), usable;
	size_t found = 0, i;
	int64_t median_ns;

	for (i = 0; i < count && i < SOURCE_SELECT_MAX; i++) {
		struct source_status status;

		source_get_status(sources[i], at_ns, &status);
		usable = was_usable(&status);
		if (status.options->noselect)
			continue;
		if (!usable && !may_only_vote(sources[i], &status, lost_too))
			continue;
		nominate(&status, terms, i, usable, &candidates[found++]);
	}
	median_ns = state_from_median(candidates, found);
	if (!found || !intersection_find(candidates, found, count_silent(sources, count),
					 &place, &bound))
		return false;
	*low_ns = median_ns + (int64_t)floor(bound.low);
	*high_ns = median_ns + (int64_t)ceil(bound.high);
	return true;
}
