// SPDX-License-Identifier: GPL-2.0-only
/*
 * The members of the bank as a set: their hypotheses, the best of them, their mixture. A sample's
 * effect on one member is in estimator_member.c.
 */
#include "discipline/estimator_bank.h"

#include <math.h>
#include <string.h>

#include "lib/time_units.h"

/* BANK_WANDERS from 1e-11 to 1e-7 in steps of the square root of ten. */
#define WANDER_LEAST	1e-11

/* The prior weight of wanders above the usual one: less by so much in the log per decade. */
#define WANDER_USUAL	3e-9
#define WANDER_PRIOR	2.0

/*
 * A host's clock is disciplined more or less well, or runs free: the possible rates, by decades.
 * The wanders begin with one of them each, in turn. Where samples contradict one, another takes
 * over.
 */
static const double host_rate_sigmas[] = { 1e-6, 10e-6, 100e-6 };
#define HOST_RATE_SIGMAS	(sizeof(host_rate_sigmas) / sizeof(host_rate_sigmas[0]))

/**
 * struct supposition - what a primed rate may be worth
 * @log_odds: how likely that is, compared with what is said of it
 * @sigma: it may be wrong by so much besides
 * @other: it is another clock's, and the rate may as well be 0
 */
struct supposition {
	double log_odds;
	double sigma;
	bool other;
};

/*
 * A drift file is right. Or it is this clock's, but that is warmer now, or the kernel has measured
 * it anew since. Or the machine is a copy, and the file is the original's.
 */
static const struct supposition suppositions[BANK_PRIORS] = {
	{ 0, 0, false },
	{ -4, 1e-6, false },
	{ -5, RATE_SIGMA_MOST / NS_PER_S_REAL, true },
};

/* After so many samples the priors are forgotten, and members that still have a say are alike. */
#define PRIOR_SAMPLES	512

/* No weight falls below that of the best member times exp() of this, as it may be needed soon. */
#define LOG_WEIGHT_LEAST	(-14.0)

/* Members below this have no say, because they may be far off; they are kept for later. */
#define LOG_WEIGHT_COUNTED	(-9.0)

static const int shapes[BANK_SHAPES] = { BANK_SHAPE_OF_PATH, 3, 0, BANK_SHAPE_OF_PATH };

/* The member of a wander that assumes delays of two kinds. */
#define SHAPE_OF_KINDS	3

bool bank_is_only_path(const struct estimator *estimator, int path)
{
	int i;

	for (i = 0; i < estimator->paths; i++)
		if (i != path && estimator->path[i].used)
			return false;
	return true;
}

bool bank_others_known(const struct estimator *estimator, int path)
{
	int i;

	for (i = 0; i < estimator->paths; i++)
		if (i != path && estimator->path[i].used &&
		    estimator->path[i].figures.seen > PATH_YOUNG)
			return true;
	return false;
}

/* The prior of a member's rate. */
static void start_rate(const struct estimator *estimator, int wander,
		       const struct supposition *supposition, struct member *member)
{
	double rate = estimator->rate_prior;
	double sigma = hypot(estimator->rate_prior_sigma, supposition->sigma);

	if (supposition->other)
		sigma = hypot(sigma, rate);
	if (estimator->is_host)
		sigma = host_rate_sigmas[(size_t)wander % HOST_RATE_SIGMAS];
	member_start(member, rate * NS_PER_S_REAL, sigma * NS_PER_S_REAL);
	member->log_weight += supposition->log_odds;
}

/* Room in each member for the states of @path, and of those before it. */
static void make_room(struct estimator *estimator, int path)
{
	size_t bytes = member_size(path + 1), before = estimator->member_bytes;
	int i;

	if (bytes <= before)
		return;
	for (i = estimator->members - 1; i > 0; i--)
		memmove(estimator->bank + (size_t)i * bytes, estimator->bank + (size_t)i * before,
			before);
	estimator->member_bytes = bytes;
}

void bank_add_path(struct estimator *estimator, int path, const struct estimator_sample *sample)
{
	int i;

	make_room(estimator, path);
	for (i = 0; i < estimator->members; i++)
		member_start_path(bank_member(estimator, i), path, &estimator->path[path].figures,
				  sample);
}

/* Each member has a part of the table of what members know of the paths. */
static void assign_paths(struct estimator *estimator)
{
	struct member_path *part = estimator->member_paths;
	int i;

	for (i = 0; i < estimator->members; i++, part += estimator->paths)
		bank_member(estimator, i)->path = part;
}

void bank_start(struct estimator *estimator, int path, const struct estimator_sample *sample)
{
	const struct path_figures *figures = &estimator->path[path].figures;
	int each = BANK_WANDERS * BANK_SHAPES;
	int i;

	estimator->started = true;
	estimator->at_ns = sample->at_ns;
	estimator->base_ns = sample->offset_ns;
	/* Without round trips the kinds of queueing cannot be distinguished. */
	if (estimator->paths == 1 && figures->one_way)
		each = BANK_WANDERS;
	estimator->priors = estimator->prior_open ? BANK_PRIORS : 1;
	estimator->members = each * estimator->priors;
	estimator->member_bytes = member_size(path + 1);
	assign_paths(estimator);
	for (i = 0; i < estimator->members; i++) {
		struct member *member = bank_member(estimator, i);
		int shape = i % each / BANK_WANDERS;

		member->wander = WANDER_LEAST * pow(10, 0.5 * (i % BANK_WANDERS));
		member->shape = shapes[shape];
		member->kinds = shape == SHAPE_OF_KINDS;
		member->log_weight = -fmax(0, WANDER_PRIOR *
					      log10(member->wander / WANDER_USUAL));
		memset(member->path, 0, (size_t)estimator->paths * sizeof(*member->path));
		start_rate(estimator, i % BANK_WANDERS, &suppositions[i / each], member);
		member_start_path(member, path, figures, sample);
		member_start_offset(member, path, figures);
	}
	bank_sum_up(estimator);
}

const struct member *bank_best(const struct estimator *estimator)
{
	const struct member *best = bank_member(estimator, 0);
	int i;

	for (i = 1; i < estimator->members; i++)
		if (bank_member(estimator, i)->log_weight > best->log_weight)
			best = bank_member(estimator, i);
	return best;
}

const struct member *bank_best_of(const struct estimator *estimator, int shape, bool kinds)
{
	const struct member *best = NULL;
	int i;

	for (i = 0; i < estimator->members; i++) {
		const struct member *member = bank_member(estimator, i);

		if (member->shape == shape && member->kinds == kinds &&
		    (!best || member->log_weight > best->log_weight))
			best = member;
	}
	return best ? best : bank_best(estimator);
}

/* How far the best member is ahead of all that do not share its prior, and which prior that is. */
static int best_prior(const struct estimator *estimator, int each, double *ahead)
{
	double most = -INFINITY, next = -INFINITY;
	int best = 0, i;

	for (i = 0; i < estimator->members; i++) {
		double weight = bank_member(estimator, i)->log_weight;

		if (weight > most) {
			next = i / each == best ? next : most;
			best = i / each;
			most = weight;
		} else if (i / each != best) {
			next = fmax(next, weight);
		}
	}
	*ahead = most - next;
	return best;
}

/*
 * Not among the first samples, which may be taken once more by what is known then. While others
 * have a say the best one may be ahead only because it allows for the greatest changes of the rate.
 */
void bank_settle_prior(struct estimator *estimator)
{
	int each = estimator->members / estimator->priors;
	double ahead;
	int best;

	if (estimator->priors == 1 || estimator->early.complete)
		return;
	best = best_prior(estimator, each, &ahead);
	if (ahead < -LOG_WEIGHT_COUNTED &&
	    estimator->path[estimator->latest].figures.seen < PRIOR_SAMPLES)
		return;
	estimator->priors = 1;
	estimator->members = each;
	memmove(estimator->member_paths, bank_member(estimator, best * each)->path,
		(size_t)(each * estimator->paths) * sizeof(*estimator->member_paths));
	memmove(bank_member(estimator, 0), bank_member(estimator, best * each),
		(size_t)each * estimator->member_bytes);
	assign_paths(estimator);
}

void bank_normalise(struct estimator *estimator)
{
	double most = bank_best(estimator)->log_weight;
	int i;

	for (i = 0; i < estimator->members; i++) {
		struct member *member = bank_member(estimator, i);

		member->log_weight = fmax(member->log_weight - most, LOG_WEIGHT_LEAST);
	}
}

void bank_recentre(struct estimator *estimator)
{
	double shift = rint(bank_best(estimator)->belief.mean[BELIEF_OFFSET]);
	int i;

	estimator->base_ns += (int64_t)shift;
	for (i = 0; i < estimator->members; i++)
		bank_member(estimator, i)->belief.mean[BELIEF_OFFSET] -= shift;
	estimator->sum.mean.offset -= shift;
}

static bool is_member_sane(const struct estimator *estimator, const struct member *member)
{
	double offset = (double)estimator->base_ns + member->belief.mean[BELIEF_OFFSET];

	return isfinite(member->log_weight) && belief_is_sane(&member->belief) &&
	       fabs(offset) <= BANK_OFFSET_MOST_NS;
}

bool bank_repair(struct estimator *estimator)
{
	const struct member *sane = NULL;
	int i;

	for (i = 0; i < estimator->members && !sane; i++)
		if (is_member_sane(estimator, bank_member(estimator, i)))
			sane = bank_member(estimator, i);
	for (i = 0; sane && i < estimator->members; i++) {
		struct member *member = bank_member(estimator, i);

		if (is_member_sane(estimator, member))
			continue;
		belief_copy(&member->belief, &sane->belief);
		member->log_weight = LOG_WEIGHT_LEAST;
	}
	return sane;
}

/*
 * The likely mean of the paths' asymmetries, each path's part by its likelihood. Only the
 * differences of asymmetries are observable; the part that all have in common is in the bound, not
 * in the mixture's variance.
 */
static void asymmetry_shares(const struct estimator *estimator, double *share)
{
	double total = 0;
	int i;

	for (i = 0; i < estimator->paths; i++) {
		double asymmetry_ns = estimator->path[i].figures.asymmetry_ns;

		share[i] = 0;
		if (estimator->path[i].used && asymmetry_ns > 0)
			share[i] = 1 / (asymmetry_ns * asymmetry_ns);
		total += share[i];
	}
	for (i = 0; i < estimator->paths && total > 0; i++)
		share[i] /= total;
}

/* The variance of a member's offset with the mean asymmetry, as it grows with the rate's. */
static void add_own(struct bank_sum *sum, const struct estimator *estimator, const double *share,
		    const struct belief *belief, double weight)
{
	double variance = belief_cov(belief, BELIEF_OFFSET, BELIEF_OFFSET);
	double with_rate = belief_cov(belief, BELIEF_OFFSET, BELIEF_RATE);
	int i, j;

	for (i = 0; i < estimator->paths; i++) {
		int asymmetry = belief_asymmetry(i);
		double with;

		if (!(share[i] > 0))
			continue;
		with = 2 * belief_cov(belief, asymmetry, BELIEF_OFFSET);
		for (j = 0; j < estimator->paths; j++)
			if (share[j] > 0)
				with += share[j] *
					belief_cov(belief, asymmetry, belief_asymmetry(j));
		variance += share[i] * with;
		with_rate += share[i] * belief_cov(belief, asymmetry, BELIEF_RATE);
	}
	sum->own[0] += weight * variance;
	sum->own[1] += weight * 2 * with_rate;
	sum->own[2] += weight * belief_cov(belief, BELIEF_RATE, BELIEF_RATE);
}

static void add_apart(struct bank_sum *sum, const struct belief *belief, double weight)
{
	double offset = belief->mean[BELIEF_OFFSET] - sum->mean.offset;
	double rate = belief->mean[BELIEF_RATE] - sum->mean.rate;

	sum->apart[0] += weight * offset * offset;
	sum->apart[1] += weight * 2 * offset * rate;
	sum->apart[2] += weight * rate * rate;
}

static void add_mean(struct bank_sum *sum, const struct member *member, double weight)
{
	const double *mean = member->belief.mean;
	double wander = member->wander * NS_PER_S_REAL;

	sum->mean.offset += weight * mean[BELIEF_OFFSET];
	sum->mean.rate += weight * mean[BELIEF_RATE];
	sum->mean.delay += weight * mean[belief_delay(0)];
	sum->mean.asymmetry += weight * mean[belief_asymmetry(0)];
	sum->mean.wander += weight * member->wander;
	sum->power += weight * wander * wander;
}

/* Their weights, which add up to 1. */
static void weights_of(const struct estimator *estimator, double *weight)
{
	double sum = 0;
	int i;

	for (i = 0; i < estimator->members; i++) {
		double log_weight = bank_member(estimator, i)->log_weight;

		weight[i] = log_weight < LOG_WEIGHT_COUNTED ? 0 : exp(log_weight);
		sum += weight[i];
	}
	for (i = 0; i < estimator->members; i++)
		weight[i] /= sum;
}

void bank_sum_up(struct estimator *estimator)
{
	struct bank_sum *sum = &estimator->sum;
	double share[ESTIMATOR_PATHS];
	double weight[BANK_MEMBERS];
	int i;

	memset(sum, 0, sizeof(*sum));
	asymmetry_shares(estimator, share);
	weights_of(estimator, weight);
	for (i = 0; i < estimator->members; i++)
		if (weight[i] > 0)
			add_mean(sum, bank_member(estimator, i), weight[i]);
	for (i = 0; i < estimator->members; i++) {
		const struct belief *belief = &bank_member(estimator, i)->belief;

		if (!(weight[i] > 0))
			continue;
		add_own(sum, estimator, share, belief, weight[i]);
		add_apart(sum, belief, weight[i]);
	}
	sum->rate_variance = sum->own[2] + sum->apart[2];
}

static double quadratic(const double *factor, double x)
{
	return factor[0] + x * (factor[1] + x * factor[2]);
}

void bank_mix(const struct estimator *estimator, double elapsed_s, struct mixture *mixture)
{
	const struct bank_sum *sum = &estimator->sum;
	double ahead_s = fmax(elapsed_s, 0);
	double walked = sum->power * ahead_s;

	*mixture = sum->mean;
	mixture->offset += elapsed_s * sum->mean.rate;
	mixture->variance = fmax(quadratic(sum->own, ahead_s) + quadratic(sum->apart, elapsed_s) +
				 walked * ahead_s * ahead_s / 3, 0);
	mixture->rate_variance = fmax(sum->rate_variance + walked, 0);
}

/*
 * The difference of the references is known at the instant of the change, so an error of their
 * rates falsifies the offset the more, the older the latest sample was then.
 */
void bank_change_reference(struct estimator *estimator, const struct reference_change *change)
{
	double before_s = (double)(change->at_ns - estimator->at_ns) / NS_PER_S_REAL;
	double sigma = change->rate_sigma * NS_PER_S_REAL, shift_sigma = change->shift_sigma_ns;
	int i;

	for (i = 0; i < estimator->members; i++) {
		struct belief *belief = &bank_member(estimator, i)->belief;
		double *rate = &belief->mean[BELIEF_RATE];

		*rate = NS_PER_S_REAL * reference_change_rate(change, *rate / NS_PER_S_REAL);
		belief_add_cov(belief, BELIEF_OFFSET, BELIEF_OFFSET,
			       shift_sigma * shift_sigma + sigma * sigma * before_s * before_s);
		belief_add_cov(belief, BELIEF_OFFSET, BELIEF_RATE, -(sigma * sigma * before_s));
		belief_add_cov(belief, BELIEF_RATE, BELIEF_RATE, sigma * sigma);
	}
	bank_sum_up(estimator);
}
