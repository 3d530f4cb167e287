// SPDX-License-Identifier: GPL-2.0-only
/*
 * A bank of filters over a clock and its paths, one for each wander that an oscillator may have and
 * each kind of queueing that a path may have, weighted by how well they predicted the samples.
 * docs/discipline.md has the derivation. This file takes a sample through the bank; the set of
 * members is estimator_bank.c, samples that do not fit are estimator_track.c, one filter is
 * estimator_member.c. Sources, and which of them are right, are decided elsewhere.
 */
#include "discipline/estimator.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "discipline/estimator_bank.h"
#include "discipline/estimator_track.h"
#include "lib/time_units.h"

/* Before the first sample the rate may be any that crystals have. */
#define RATE_SIGMA_UNKNOWN	(RATE_SIGMA_MOST / NS_PER_S_REAL)

/* A path's asymmetry and the server's own error falsify offsets by such a share of the most. */
#define ASYMMETRY	0.1

/* The weights of the members forget over so long, or so many samples. */
#define FORGETTING_S	1600.0
#define FORGETTING_SAMPLES	100.0

/* The published error is compared over so many samples with how they moved the estimate. */
#define CALIBRATION_MEMORY	64.0
#define CALIBRATION_LEAST	0.25
#define CALIBRATION_MOST	4.0

/* A sample that leaves the variance this many times larger has opened a lost track. */
#define CALIBRATION_OPENED	2.0

/* The factor on the standard error for the model's slow errors (the least delay above all). */
#define SIGMA_MARGIN	1.08

/*
 * The number of standard errors that reach to wherever a sample allows the truth to be, and of the
 * steps to that: a step widens each filter, and not by how much they differ.
 */
#define SAMPLE_SIGMAS	5.0
#define SAMPLE_STEPS	4

/* After so many samples of the only path the queueing is known, and which way it prefers. */
#define SAMPLE_YOUNG	4

struct estimator *estimator_new(int paths)
{
	struct estimator *estimator = calloc(1, sizeof(*estimator) +
					     (size_t)paths * sizeof(*estimator->path));

	if (!estimator)
		return NULL;
	estimator->bank = calloc((size_t)BANK_MEMBERS, member_size(paths));
	estimator->member_paths = calloc((size_t)(BANK_MEMBERS * paths),
					 sizeof(*estimator->member_paths));
	if (!estimator->bank || !estimator->member_paths) {
		estimator_free(estimator);
		return NULL;
	}
	estimator->paths = paths;
	estimator->rate_prior_sigma = RATE_SIGMA_UNKNOWN;
	early_open(&estimator->early);
	return estimator;
}

void estimator_free(struct estimator *estimator)
{
	if (!estimator)
		return;
	free(estimator->bank);
	free(estimator->member_paths);
	free(estimator);
}

static void set_prior(struct estimator *estimator, double rate, double rate_sigma)
{
	estimator->rate_prior = rate;
	estimator->rate_prior_sigma = fmin(fabs(rate_sigma), RATE_SIGMA_UNKNOWN);
	estimator->is_host = false;
}

static void forget_prior(struct estimator *estimator)
{
	set_prior(estimator, 0, RATE_SIGMA_UNKNOWN);
	estimator->prior_open = false;
}

void estimator_prime_rate(struct estimator *estimator, double rate, double rate_sigma)
{
	set_prior(estimator, rate, rate_sigma);
	estimator->prior_open = true;
}

void estimator_expect_host(struct estimator *estimator)
{
	forget_prior(estimator);
	estimator->is_host = true;
}

bool estimator_rate_is_open(const struct estimator *estimator)
{
	return estimator->started && estimator->priors > 1;
}

/*
 * A rate that is known worse than any crystal's was spoilt by samples that contradict, and what was
 * known before the first one is better.
 */
static bool has_rate(const struct estimator *estimator, struct estimate *estimate)
{
	return estimator_get(estimator, estimator->at_ns, estimate) &&
	       estimate->rate_sigma < RATE_SIGMA_UNKNOWN;
}

/* The next sample is the first. */
static void forget_samples(struct estimator *estimator)
{
	int i;

	estimator->started = false;
	/* Those that are not used take no memory until they are. */
	for (i = 0; i < estimator->paths; i++)
		if (estimator->path[i].used)
			memset(&estimator->path[i], 0, sizeof(estimator->path[i]));
	early_open(&estimator->early);
}

static void keep_rate_of(struct estimator *estimator, const struct estimate *estimate)
{
	set_prior(estimator, estimate->rate, estimate->rate_sigma);
	estimator->prior_open &= estimator->priors > 1;
}

void estimator_reset(struct estimator *estimator, bool keep_rate)
{
	struct estimate estimate;

	if (!keep_rate)
		forget_prior(estimator);
	else if (has_rate(estimator, &estimate))
		keep_rate_of(estimator, &estimate);
	forget_samples(estimator);
}

void estimator_begin_as(struct estimator *estimator, const struct estimator *other, bool is_host)
{
	estimator_reset(estimator, false);
	if (is_host && other->rate_prior_sigma >= RATE_SIGMA_UNKNOWN) {
		estimator_expect_host(estimator);
		return;
	}
	set_prior(estimator, other->rate_prior, other->rate_prior_sigma);
	estimator->prior_open = other->prior_open;
}

void estimator_drop_path(struct estimator *estimator, int path)
{
	if (estimator->path[path].used)
		early_close(&estimator->early);
	memset(&estimator->path[path], 0, sizeof(estimator->path[path]));
	bank_sum_up(estimator);
}

/*
 * A sample has to move the estimate by as much as it takes from the variance. Where the model is
 * wrong the two differ, and their ratio corrects the published error. One that opens a lost track
 * takes nothing, and says nothing of the model while it has the track.
 */
static void calibrate(struct estimator *estimator, const struct mixture *before)
{
	struct mixture after;
	double keep = 1 - 1 / CALIBRATION_MEMORY;
	double shift;

	bank_mix(estimator, 0, &after);
	if (!(before->variance > 0) || after.variance > CALIBRATION_OPENED * before->variance)
		return;
	shift = after.offset - before->offset;
	estimator->moved = keep * estimator->moved + shift * shift / before->variance;
	estimator->predicted = keep * estimator->predicted + 1 - after.variance / before->variance;
}

static double calibration(const struct estimator *estimator)
{
	double ratio = estimator->predicted > 0 ? estimator->moved / estimator->predicted :
						  CALIBRATION_MOST;

	return SIGMA_MARGIN * SIGMA_MARGIN *
	       fmin(fmax(ratio, CALIBRATION_LEAST), CALIBRATION_MOST);
}

/*
 * Where the clock was known worse than the queueing of this round trip, the sample alone says where
 * it is now, and that is anywhere within the queueing: the bound has the least round trip besides.
 * The filters take one way after the other, each as a normal distribution, and exclude a part of it
 * if nearly all of the queueing was on one way.
 */
static void cover_sample(struct estimator *estimator, const struct path_figures *figures,
			 const struct mixture *before, double offset,
			 const struct estimator_sample *sample)
{
	double queueing_ns = 0.5 * (sample->delay_ns - figures->least_ns);
	struct mixture after;
	double reach_ns, most_ns;
	int step, i;

	if (before->variance < queueing_ns * queueing_ns)
		return;
	for (step = 0; step < SAMPLE_STEPS; step++) {
		bank_mix(estimator, 0, &after);
		most_ns = fabs(after.offset - offset) + queueing_ns;
		reach_ns = SAMPLE_SIGMAS * sqrt(after.variance * calibration(estimator));
		if (!(reach_ns > 0 && reach_ns < most_ns))
			return;
		for (i = 0; i < estimator->members; i++)
			belief_widen(&bank_member(estimator, i)->belief,
				     most_ns * most_ns / (reach_ns * reach_ns));
		bank_sum_up(estimator);
	}
}

static bool is_sane(const struct estimator *estimator, const struct estimator_sample *sample)
{
	double elapsed_s = (double)(sample->at_ns - estimator->at_ns) / NS_PER_S_REAL;

	return sample->delay_ns >= 0 && !isinf(sample->delay_ns) &&
	       sample->sigma_ns >= 0 && !isinf(sample->sigma_ns) &&
	       sample->root_ns >= 0 && !isinf(sample->root_ns) &&
	       sample->offset_ns <= BANK_OFFSET_MOST_NS &&
	       sample->offset_ns >= -BANK_OFFSET_MOST_NS &&
	       !(estimator->started &&
		 elapsed_s < (estimator->paths > 1 ? -ESTIMATOR_DISORDER_NS / NS_PER_S_REAL : 0));
}

/*
 * The standard deviation of what does not change from sample to sample. A reading without a round
 * trip has no path.
 */
static double asymmetry_of(double delay_ns, double root_ns)
{
	return delay_ns > 0 ? ASYMMETRY * (0.5 * delay_ns + root_ns) : 0;
}

/* From the second path on asymmetries are estimated. */
static void separate_asymmetry(struct estimator *estimator, int path)
{
	struct path_figures *figures = &estimator->path[path].figures;
	int i;

	if (!estimator->path[path].used || figures->asymmetry_ns > 0)
		return;
	figures->asymmetry_ns = asymmetry_of(figures->least_ns, figures->root_ns);
	for (i = 0; i < estimator->members; i++)
		member_separate_asymmetry(bank_member(estimator, i), path, figures->asymmetry_ns);
}

/* The first sample of a path sets its prior. */
static void found_path(struct estimator *estimator, int path,
		       const struct estimator_sample *sample)
{
	double delay_ns[EARLY_SAMPLES];
	unsigned int foreseen;
	int i;

	for (i = 0; estimator->started && i < estimator->paths; i++)
		separate_asymmetry(estimator, i);
	path_memory_start(&estimator->path[path], sample, estimator->early.up_share[path]);
	foreseen = early_round_trips(&estimator->early, path, delay_ns);
	if (foreseen)
		path_memory_foresee(&estimator->path[path], sample, delay_ns, foreseen);
	if (!bank_is_only_path(estimator, path))
		estimator->path[path].figures.asymmetry_ns = asymmetry_of(sample->delay_ns,
									  sample->root_ns);
	if (estimator->started)
		bank_add_path(estimator, path, sample);
	bank_sum_up(estimator);
}

/* An offset from before the latest sample is extrapolated to that. */
static double carry(const struct member *member, double offset, double elapsed_s)
{
	return elapsed_s < 0 ? offset - elapsed_s * member->belief.mean[BELIEF_RATE] : offset;
}

static void take_first(struct estimator *estimator, int path,
		       const struct estimator_sample *sample)
{
	found_path(estimator, path, sample);
	path_memory_add(&estimator->path[path], sample);
	bank_start(estimator, path, sample);
	estimator->moved = CALIBRATION_MEMORY;
	estimator->predicted = CALIBRATION_MEMORY;
}

/* The rate that was learned is no better than the rest; what was known before it holds. */
static void take_anew(struct estimator *estimator, int path, const struct estimator_sample *sample)
{
	forget_samples(estimator);
	estimator->restarts++;
	take_first(estimator, path, sample);
}

/*
 * For how much of a witness a sample counts between the members. Paths that have a line in common
 * queue together while that is full, and what their samples say of it is said once, not by each of
 * them: four of a round would be taken for the proof of a shape that none of them is proof of.
 */
static double testimony_of(const struct estimator *estimator, int path)
{
	const struct path_memory *own = &estimator->path[path];
	int64_t since_ns = path_memory_instant(own, 1);
	int witnesses = 1, i;

	if (!path_memory_is_congested(own))
		return 1;
	for (i = 0; i < estimator->paths; i++) {
		const struct path_memory *other = &estimator->path[i];

		witnesses += i != path && other->used && other->reading[0].at_ns > since_ns &&
			     path_memory_is_congested(other);
	}
	return 1.0 / witnesses;
}

static void take(struct estimator *estimator, int path, const struct estimator_sample *sample,
		 double elapsed_s)
{
	struct path_figures *figures = &estimator->path[path].figures;
	double offset = (double)(sample->offset_ns - estimator->base_ns);
	double ahead_s = fmax(elapsed_s, 0);
	double keep = 1 - fmin(ahead_s / FORGETTING_S, 1 / FORGETTING_SAMPLES);
	double testimony = testimony_of(estimator, path);
	struct mixture before;
	int i;

	figures->others_known = bank_others_known(estimator, path);
	bank_mix(estimator, ahead_s, &before);
	for (i = 0; i < estimator->members; i++)
		belief_predict(&bank_member(estimator, i)->belief, ahead_s,
			       bank_member(estimator, i)->wander * NS_PER_S_REAL);
	track_relax(estimator, ahead_s);
	if (elapsed_s >= 0)
		track_check_reroute(estimator, path, offset, sample);
	track_compare(estimator, path, offset, sample);
	for (i = 0; i < estimator->members; i++) {
		struct member *member = bank_member(estimator, i);

		member_note_weight(member, estimator->paths);
		member->log_weight = keep * member->log_weight + testimony *
				     member_take(member, path, figures,
						 carry(member, offset, elapsed_s), sample);
	}
	if (!bank_best(estimator)->path[path].misses)
		estimator->path[path].right_at_ns = sample->at_ns;
	track_recover(estimator, path, offset, sample);
	if (!bank_repair(estimator)) {
		estimator_reset(estimator, false);
		take_first(estimator, path, sample);
		return;
	}
	track_notice_reroute(estimator, path, offset, sample);
	track_judge_reroute(estimator, path);
	track_return_common(estimator);
	bank_normalise(estimator);
	bank_settle_prior(estimator);
	bank_sum_up(estimator);
	calibrate(estimator, &before);
	if (estimator->paths == 1 && !figures->one_way && figures->seen <= SAMPLE_YOUNG)
		cover_sample(estimator, figures, &before, offset, sample);
	bank_recentre(estimator);
	if (track_is_denied(estimator, path, sample))
		take_anew(estimator, path, sample);
}

static void take_next(struct estimator *estimator, int path, const struct estimator_sample *sample)
{
	double elapsed_s = (double)(sample->at_ns - estimator->at_ns) / NS_PER_S_REAL;

	estimator->latest = path;
	if (!estimator->started) {
		take_first(estimator, path, sample);
		return;
	}
	if (path_memory_was_late(&estimator->path[path], sample)) {
		if (track_was_late(estimator, sample)) {
			take_anew(estimator, path, sample);
			return;
		}
		estimator_drop_path(estimator, path);
	}
	if (!estimator->path[path].used)
		found_path(estimator, path, sample);
	path_memory_add(&estimator->path[path], sample);
	if (elapsed_s > 0)
		estimator->at_ns = sample->at_ns;
	take(estimator, path, sample, elapsed_s);
}

/*
 * The first samples were weighed by a guess of the queueing, which the round trips by now show to
 * be far too long, or by what a few alike showed, which was far too short, or as if both ways
 * queued alike, which they do not: take all of them by what is known now.
 */
static void take_once_more(struct estimator *estimator)
{
	struct estimator_early early = estimator->early;
	unsigned int restarts = estimator->restarts, i;
	int path;

	for (path = 0; path < estimator->paths; path++)
		if (estimator->path[path].used)
			early.up_share[path] = estimator->path[path].figures.up_share;
	forget_samples(estimator);
	estimator->early = early;
	for (i = 0; i < early.count; i++)
		take_next(estimator, early.taken[i].path, &early.taken[i].sample);
	/* One of them was the first of a new beginning. */
	if (estimator->early.count != early.count)
		early_close(&estimator->early);
	estimator->restarts = restarts;
}

int estimator_add(struct estimator *estimator, int path, const struct estimator_sample *sample)
{
	if (path < 0 || path >= estimator->paths || !is_sane(estimator, sample))
		return -EINVAL;
	take_next(estimator, path, sample);
	early_add(&estimator->early, path, sample);
	if (estimator->early.complete &&
	    (path_memory_was_misjudged(&estimator->path[path], sample) ||
	     path_memory_shows_shares(&estimator->path[path])))
		take_once_more(estimator);
	return 0;
}

/*
 * The rate of a server that lies by decades, extrapolated by an hour, overflows 64 bits;
 * differences to a server's offset do not.
 */
static int64_t offset_ns(const struct estimator *estimator, double offset)
{
	double sum = (double)estimator->base_ns + offset;

	if (fabs(sum) > BANK_OFFSET_MOST_NS)
		return sum < 0 ? -BANK_OFFSET_MOST_NS : BANK_OFFSET_MOST_NS;
	return estimator->base_ns + (int64_t)llrint(offset);
}

/*
 * Each way bounds the offset on one side, and comes near its least time the more often, the less it
 * queues. So it is the harmonic mean of both ways' queueing that says how near a sample comes to
 * the truth: if one way hardly queues, each sample does. Readings are taken to queue evenly.
 */
static double sample_error(const struct path_figures *figures, double queueing_ns)
{
	return 4 * figures->up_share * (1 - figures->up_share) * queueing_ns;
}

bool estimator_get(const struct estimator *estimator, int64_t at_ns, struct estimate *estimate)
{
	const struct path_figures *figures = &estimator->path[0].figures;
	struct mixture mixture;

	if (!estimator->started)
		return false;
	bank_mix(estimator, (double)(at_ns - estimator->at_ns) / NS_PER_S_REAL, &mixture);
	estimate->at_ns = at_ns;
	estimate->offset_ns = offset_ns(estimator, mixture.offset);
	estimate->rate = mixture.rate / NS_PER_S_REAL;
	estimate->sigma_ns = sqrt(mixture.variance * calibration(estimator));
	estimate->rate_sigma = sqrt(mixture.rate_variance * calibration(estimator)) / NS_PER_S_REAL;
	estimate->wander = mixture.wander;
	estimate->asymmetry_ns = mixture.asymmetry;
	estimate->restarts = estimator->restarts;
	estimate->suspect = bank_best(estimator)->path[estimator->latest].misses > 0;
	/* A path's length is an estimate, too, and may exceed what was seen of it. */
	estimate->queueing_ns = figures->one_way ?
				sqrt(bank_best(estimator)->path[0].noise) :
				fmax(0.5 * figures->usual.mean_ns - mixture.delay, 0);
	estimate->sample_ns = sample_error(figures, estimate->queueing_ns);
	return true;
}

double estimator_floor(const struct estimator *estimator)
{
	return estimator->path[0].used ? estimator->path[0].figures.least_ns : 0;
}

void estimator_change_reference(struct estimator *estimator, const struct reference_change *change)
{
	int i;

	estimator->rate_prior = reference_change_rate(change, estimator->rate_prior);
	estimator->rate_prior_sigma = fmin(hypot(estimator->rate_prior_sigma, change->rate_sigma),
					   RATE_SIGMA_UNKNOWN);
	if (!estimator->started)
		return;
	early_close(&estimator->early);
	for (i = 0; i < estimator->paths; i++)
		path_memory_change_reference(&estimator->path[i], change);
	bank_change_reference(estimator, change);
	estimator->base_ns += reference_change_offset(change, estimator->at_ns);
	estimator->at_ns += reference_change_shift(change, estimator->at_ns);
}
