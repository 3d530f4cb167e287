// SPDX-License-Identifier: GPL-2.0-only
/*
 * A bank of filters over a clock and its paths, one for each wander that an oscillator may have and
 * each way that a path may queue, mixed by how well they foretold the samples. docs/discipline.md
 * has the derivation. What happens in one filter is estimator_member.c's; what a source is and
 * which of them to believe is left to others.
 */
#include "estimator.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "estimator_member.h"

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

/* A path's asymmetry falsifies offsets by some such share of half its round trip. */
#define ASYMMETRY	0.1

/* How much of the past counts in the choice between the members: so long, or so many samples. */
#define FORGETTING_S	1600.0
#define FORGETTING_SAMPLES	100.0

/* No member's weight falls below that of the best times exp() of this: it may be needed soon. */
#define LOG_WEIGHT_LEAST	(-14.0)

/* Members below this are kept for later only: they may be far off and have no say. */
#define LOG_WEIGHT_HEARD	(-9.0)

/* A member that disbelieved so many samples of a path in a row has lost the track. */
#define MISSES_ADOPT	2
#define MISSES_LOOSEN	3

/*
 * A way has become longer when the least excess of so many samples is more than this multiple of
 * the usual queueing and of their own spread: mere congestion spreads.
 */
#define REROUTE_SAMPLES	8
#define REROUTE_FACTOR	2.5

/* So many samples after a change of route it is decided whether that made the path asymmetric. */
#define REROUTE_VERDICT	24

/* Samples over which the published error is checked against what they did to the estimate. */
#define CALIBRATION_MEMORY	64.0
#define CALIBRATION_LEAST	0.25
#define CALIBRATION_MOST	4.0

/* What the model's slow errors (the least delay above all) add to the standard error. */
#define SIGMA_MARGIN	1.08

/* Samples of different paths overlap by round trips, at most so long. */
#define DISORDER_MOST_S	2.0

static const int shapes[SHAPES] = { 1, 3, 0 };

/* The latest round trips of a path. */
struct path_memory {
	bool used;
	double delay_ns[DELAYS];
	unsigned int delays;
	unsigned int next_delay;
	unsigned int readings;
	int64_t reading_at_ns[2];	/* the latest, and the one before */
	int64_t reading_ns[2];
	double bend_square;
	int64_t right_at_ns;		/* the latest one that was believed */
	double excess_up[REROUTE_SAMPLES];
	double excess_down[REROUTE_SAMPLES];
	unsigned int next_excess;
	unsigned int rerouted;		/* samples until the verdict on a change of route */
	struct path_figures figures;
};

struct estimator {
	bool started;
	int paths;
	int members;
	int64_t at_ns;
	int64_t base_ns;
	double rate_prior;
	double rate_prior_sigma;
	double moved;		/* what samples did to the estimate, squared ... */
	double foretold;	/* ... and should have done */
	unsigned int restarts;
	struct path_memory path[ESTIMATOR_PATHS];
	struct member member[MEMBERS];
};

/* The mixture of the members at some instant. */
struct mixture {
	double offset;
	double rate;
	double variance;
	double rate_variance;
	double wander;
	double delay;
	double asymmetry;
};

struct estimator *estimator_new(int paths)
{
	struct estimator *estimator = calloc(1, sizeof(*estimator));

	if (!estimator)
		return NULL;
	estimator->paths = paths;
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
	memset(estimator->path, 0, sizeof(estimator->path));
}

void estimator_drop_path(struct estimator *estimator, int path)
{
	memset(&estimator->path[path], 0, sizeof(estimator->path[path]));
}

static void sum_up_delays(struct path_memory *path)
{
	struct path_figures *figures = &path->figures;
	double sum = 0, square = 0;
	unsigned int i;

	figures->least_ns = INFINITY;
	for (i = 0; i < path->delays; i++) {
		sum += path->delay_ns[i];
		figures->least_ns = fmin(figures->least_ns, path->delay_ns[i]);
	}
	figures->samples = path->delays;
	figures->mean_ns = sum / path->delays;
	for (i = 0; i < path->delays; i++) {
		double deviation = path->delay_ns[i] - figures->mean_ns;

		square += deviation * deviation;
	}
	figures->variance = square / path->delays;
}

static void remember_delay(struct path_memory *path, double delay_ns)
{
	path->delay_ns[path->next_delay] = delay_ns;
	path->next_delay = (path->next_delay + 1) % DELAYS;
	if (path->delays < DELAYS)
		path->delays++;
	sum_up_delays(path);
}

/* Only the latest @count round trips are of the path as it is now. */
static void forget_delays(struct path_memory *path, unsigned int count)
{
	double latest[REROUTE_SAMPLES];
	unsigned int i;

	count = count < path->delays ? count : path->delays;
	for (i = 0; i < count; i++)
		latest[i] = path->delay_ns[(path->next_delay + DELAYS - count + i) % DELAYS];
	memcpy(path->delay_ns, latest, count * sizeof(*latest));
	path->delays = count;
	path->next_delay = count;
	sum_up_delays(path);
}

/* By how much the middle one of three readings is off the straight line through the others. */
static void remember_reading(struct path_memory *path, const struct estimator_sample *sample)
{
	double whole_ns = (double)(sample->at_ns - path->reading_at_ns[1]);
	double share = (double)(sample->at_ns - path->reading_at_ns[0]) / whole_ns;
	double bend_ns = share * (double)(path->reading_ns[1] - path->reading_ns[0]) +
			 (1 - share) * (double)(sample->offset_ns - path->reading_ns[0]);

	if (path->readings >= 2 && whole_ns > 0) {
		path->bend_square += bend_ns * bend_ns /
				     (1 + share * share + (1 - share) * (1 - share));
		path->figures.bends++;
		path->figures.bend_variance = path->bend_square / path->figures.bends;
	}
	path->readings++;
	path->reading_at_ns[1] = path->reading_at_ns[0];
	path->reading_ns[1] = path->reading_ns[0];
	path->reading_at_ns[0] = sample->at_ns;
	path->reading_ns[0] = sample->offset_ns;
}

static void start_path(struct path_memory *path, const struct estimator_sample *sample)
{
	memset(path, 0, sizeof(*path));
	path->used = true;
	path->figures.one_way = sample->delay_ns == 0;
	path->figures.first_excess_ns = FIRST_EXCESS * sample->delay_ns;
}

/* The only path's asymmetry cannot be told from the clock's offset, and is part of it. */
static bool is_only_path(const struct estimator *estimator, int path)
{
	int i;

	for (i = 0; i < estimator->paths; i++)
		if (i != path && estimator->path[i].used)
			return false;
	return true;
}

static void start(struct estimator *estimator, int path, const struct estimator_sample *sample)
{
	const struct path_figures *figures = &estimator->path[path].figures;
	int i;

	estimator->started = true;
	estimator->at_ns = sample->at_ns;
	estimator->base_ns = sample->offset_ns;
	estimator->moved = CALIBRATION_MEMORY;
	estimator->foretold = CALIBRATION_MEMORY;
	/* Without round trips there is no queueing to tell apart. */
	estimator->members = estimator->paths == 1 && figures->one_way ? WANDERS : MEMBERS;
	for (i = 0; i < estimator->members; i++) {
		struct member *member = &estimator->member[i];

		member->wander = WANDER_LEAST * pow(10, 0.5 * (i % WANDERS));
		member->shape = shapes[i / WANDERS];
		member->log_weight = -fmax(0, WANDER_DOUBT *
					      log10(member->wander / WANDER_USUAL));
		member_start(member, estimator->rate_prior * NS_PER_S,
			     estimator->rate_prior_sigma * NS_PER_S);
		member_start_path(member, path, figures, sample);
		member_start_offset(member, path, figures);
	}
}

static const struct member *best_member(const struct estimator *estimator)
{
	const struct member *best = &estimator->member[0];
	int i;

	for (i = 1; i < estimator->members; i++)
		if (estimator->member[i].log_weight > best->log_weight)
			best = &estimator->member[i];
	return best;
}

/*
 * The best member of a shape (what they call the least delay differs between shapes), or of all if
 * none has it.
 */
static const struct member *best_of_shape(const struct estimator *estimator, int shape)
{
	const struct member *best = NULL;
	int i;

	for (i = 0; i < estimator->members; i++) {
		const struct member *member = &estimator->member[i];

		if (member->shape == shape && (!best || member->log_weight > best->log_weight))
			best = member;
	}
	return best ? best : best_member(estimator);
}

/* The least of the latest excesses one way, if that and their spread say that the way is longer. */
static double longer_by(const double *excess, double usual)
{
	double least = INFINITY, sum = 0;
	int i;

	for (i = 0; i < REROUTE_SAMPLES; i++) {
		least = fmin(least, excess[i]);
		sum += excess[i];
	}
	return least > REROUTE_FACTOR * fmax(usual, sum / REROUTE_SAMPLES - least) ? least : 0;
}

/* Has the path become longer, one way or both? Then that explains the latest samples. */
static void notice_reroute(struct estimator *estimator, int path, double offset,
			   const struct estimator_sample *sample)
{
	struct path_memory *memory = &estimator->path[path];
	const struct member *member = best_of_shape(estimator, shapes[0]);
	const double *mean = member->belief.mean;
	double delay = mean[belief_delay(path)];
	double off = offset - mean[BELIEF_OFFSET] - mean[belief_asymmetry(path)];
	double up, down, usual;
	int i;

	if (memory->figures.one_way)
		return;
	memory->excess_up[memory->next_excess] = 0.5 * sample->delay_ns + off - delay;
	memory->excess_down[memory->next_excess] = 0.5 * sample->delay_ns - off - delay;
	memory->next_excess = (memory->next_excess + 1) % REROUTE_SAMPLES;
	if (memory->delays < 2 * REROUTE_SAMPLES)
		return;
	usual = 0.5 * memory->figures.mean_ns - delay;
	up = longer_by(memory->excess_up, usual);
	down = longer_by(memory->excess_down, usual);
	if (!(up > 0) && !(down > 0))
		return;
	forget_delays(memory, REROUTE_SAMPLES);
	memory->rerouted = REROUTE_VERDICT;
	for (i = 0; i < estimator->members; i++)
		member_reroute(&estimator->member[i], path, 2 * delay + up + down,
			       &memory->figures);
}

/*
 * A change of route leaves open what of it is asymmetry, and holds the clock for the time being.
 * Most are symmetric: when no asymmetry shows, the path tells the offset again. Where there are
 * other paths they tell, and nothing has to be decided.
 */
static void judge_reroute(struct estimator *estimator, int path)
{
	struct path_memory *memory = &estimator->path[path];
	int i;

	if (!memory->rerouted || --memory->rerouted || !is_only_path(estimator, path) ||
	    !member_is_symmetric(best_member(estimator), path))
		return;
	for (i = 0; i < estimator->members; i++)
		member_make_symmetric(&estimator->member[i], path);
}

/* Do others, heard of since this path was last right, bear the clock out? Then it is to blame. */
static bool others_agree(const struct estimator *estimator, const struct member *member, int path)
{
	const struct path_memory *own = &estimator->path[path];
	int i;

	for (i = 0; i < estimator->paths; i++)
		if (i != path && estimator->path[i].used && !member->misses[i] &&
		    estimator->path[i].reading_at_ns[0] > own->right_at_ns)
			return true;
	return false;
}

/* What the loss means for what all members share. */
static void note_loss(struct estimator *estimator, int path, enum member_loss loss)
{
	switch (loss) {
	case MEMBER_PATH_SHORTER:
		forget_delays(&estimator->path[path], MISSES_LOOSEN);
		estimator->path[path].rerouted = REROUTE_VERDICT;
		break;
	case MEMBER_PATH_ASTRAY:
		break;
	case MEMBER_CLOCK_ASTRAY:
		estimator->restarts++;
		break;
	}
}

/* Members off the track take it up again from the best one; when that is off too, they loosen. */
static void recover(struct estimator *estimator, int path, double offset,
		    const struct estimator_sample *sample, double elapsed_s)
{
	const struct path_figures *figures = &estimator->path[path].figures;
	int i;

	for (i = 0; i < estimator->members; i++) {
		struct member *member = &estimator->member[i];
		const struct member *best;
		enum member_loss loss;

		if (member->misses[path] < MISSES_ADOPT)
			continue;
		best = best_of_shape(estimator, member->shape);
		if (!best->misses[path]) {
			member->belief = best->belief;
			memcpy(member->misses, best->misses, sizeof(member->misses));
		} else if (member->misses[path] >= MISSES_LOOSEN) {
			loss = member_loosen(member, path, offset, sample, fmax(elapsed_s, 1e-3),
					     others_agree(estimator, member, path));
			if (member == best && member->shape == shapes[0])
				note_loss(estimator, path, loss);
			member_take(member, path, figures, offset, sample);
		}
	}
}

/* Weights relative to the best one. */
static void normalise(struct estimator *estimator)
{
	double most = best_member(estimator)->log_weight;
	int i;

	for (i = 0; i < estimator->members; i++) {
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
	for (i = 0; i < estimator->members; i++)
		estimator->member[i].belief.mean[BELIEF_OFFSET] -= shift;
}

/*
 * What a member's offset may be wrong by for statistical reasons. Of the paths' asymmetries only
 * the differences can be known; what all have in common is part of the bound, not of this.
 */
static double offset_variance(const struct member *member, const double *share, double elapsed_s)
{
	double power = member->wander * NS_PER_S * member->wander * NS_PER_S;
	double variance = 0;
	int i, j;

	for (i = 0; i < member->belief.states; i++)
		for (j = 0; share[i] != 0 && j < member->belief.states; j++)
			variance += share[i] * share[j] * member->belief.cov[i][j];
	return variance + power * elapsed_s * elapsed_s * elapsed_s / 3;
}

/* The states' shares in the offset @elapsed_s later and the mean asymmetry, by what is likely. */
static void offset_shares(const struct estimator *estimator, double elapsed_s, double *share)
{
	double total = 0;
	int i;

	memset(share, 0, BELIEF_STATES * sizeof(*share));
	share[BELIEF_OFFSET] = 1;
	share[BELIEF_RATE] = elapsed_s;
	for (i = 0; i < estimator->paths; i++) {
		double asymmetry_ns = estimator->path[i].figures.asymmetry_ns;

		if (estimator->path[i].used && asymmetry_ns > 0)
			share[belief_asymmetry(i)] = 1 / (asymmetry_ns * asymmetry_ns);
		total += share[belief_asymmetry(i)];
	}
	for (i = 0; i < estimator->paths && total > 0; i++)
		share[belief_asymmetry(i)] /= total;
}

/* The mixture's means and variances @elapsed_s from the latest sample. */
static void mix(const struct estimator *estimator, double elapsed_s, struct mixture *mixture)
{
	double square = 0, rate_square = 0, sum = 0;
	double ahead_s = fmax(elapsed_s, 0);
	double share[BELIEF_STATES];
	int i;

	memset(mixture, 0, sizeof(*mixture));
	offset_shares(estimator, ahead_s, share);
	for (i = 0; i < estimator->members; i++) {
		const struct member *member = &estimator->member[i];
		double wander = member->wander * NS_PER_S;
		double rate = member->belief.mean[BELIEF_RATE];
		double offset = member->belief.mean[BELIEF_OFFSET] + elapsed_s * rate;
		double weight = exp(member->log_weight);

		if (member->log_weight < LOG_WEIGHT_HEARD)
			continue;
		sum += weight;
		mixture->offset += weight * offset;
		mixture->rate += weight * rate;
		mixture->delay += weight * member->belief.mean[belief_delay(0)];
		mixture->asymmetry += weight * member->belief.mean[belief_asymmetry(0)];
		mixture->wander += weight * member->wander;
		square += weight * (offset_variance(member, share, ahead_s) + offset * offset);
		rate_square += weight * (member->belief.cov[BELIEF_RATE][BELIEF_RATE] +
					 wander * wander * ahead_s + rate * rate);
	}
	mixture->offset /= sum;
	mixture->rate /= sum;
	mixture->delay /= sum;
	mixture->asymmetry /= sum;
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

static double calibration(const struct estimator *estimator)
{
	return SIGMA_MARGIN * SIGMA_MARGIN *
	       fmin(fmax(estimator->moved / estimator->foretold, CALIBRATION_LEAST),
		    CALIBRATION_MOST);
}

static bool is_sane(const struct estimator *estimator, const struct estimator_sample *sample,
		    double elapsed_s)
{
	return sample->delay_ns >= 0 && !isinf(sample->delay_ns) &&
	       sample->sigma_ns >= 0 && !isinf(sample->sigma_ns) &&
	       !(estimator->started &&
		 elapsed_s < (estimator->paths > 1 ? -DISORDER_MOST_S : 0));
}

/* With a second path, asymmetries begin to matter. */
static void separate_asymmetry(struct estimator *estimator, int path)
{
	struct path_figures *figures = &estimator->path[path].figures;
	int i;

	if (!estimator->path[path].used || figures->asymmetry_ns > 0)
		return;
	figures->asymmetry_ns = 0.5 * ASYMMETRY * figures->least_ns;
	for (i = 0; i < estimator->members; i++)
		member_separate_asymmetry(&estimator->member[i], path, figures->asymmetry_ns);
}

/* A path's first sample founds what is believed of the path. */
static void found_path(struct estimator *estimator, int path,
		       const struct estimator_sample *sample)
{
	int i;

	for (i = 0; estimator->started && i < estimator->paths; i++)
		separate_asymmetry(estimator, i);
	start_path(&estimator->path[path], sample);
	if (!is_only_path(estimator, path))
		estimator->path[path].figures.asymmetry_ns = 0.5 * ASYMMETRY * sample->delay_ns;
	for (i = 0; estimator->started && i < estimator->members; i++)
		member_start_path(&estimator->member[i], path, &estimator->path[path].figures,
				  sample);
}

/* An offset measured a little before the latest one is carried on to it. */
static double carry(const struct member *member, double offset, double elapsed_s)
{
	return elapsed_s < 0 ? offset - elapsed_s * member->belief.mean[BELIEF_RATE] : offset;
}

static void take_first(struct estimator *estimator, int path,
		       const struct estimator_sample *sample)
{
	found_path(estimator, path, sample);
	remember_delay(&estimator->path[path], sample->delay_ns);
	remember_reading(&estimator->path[path], sample);
	start(estimator, path, sample);
}

static bool is_member_sane(const struct member *member)
{
	return isfinite(member->log_weight) && belief_is_sane(&member->belief);
}

/* Members that lost their meaning become like one that has not. false: all have lost it. */
static bool repair(struct estimator *estimator)
{
	const struct member *sane = NULL;
	int i;

	for (i = 0; i < estimator->members && !sane; i++)
		if (is_member_sane(&estimator->member[i]))
			sane = &estimator->member[i];
	for (i = 0; sane && i < estimator->members; i++) {
		struct member *member = &estimator->member[i];

		if (is_member_sane(member))
			continue;
		member->belief = sane->belief;
		member->log_weight = LOG_WEIGHT_LEAST;
	}
	return sane;
}

static void take(struct estimator *estimator, int path, const struct estimator_sample *sample,
		 double elapsed_s)
{
	const struct path_figures *figures = &estimator->path[path].figures;
	double offset = (double)(sample->offset_ns - estimator->base_ns);
	double ahead_s = fmax(elapsed_s, 0);
	double keep = 1 - fmin(ahead_s / FORGETTING_S, 1 / FORGETTING_SAMPLES);
	struct mixture before;
	int i;

	mix(estimator, ahead_s, &before);
	for (i = 0; i < estimator->members; i++) {
		struct member *member = &estimator->member[i];

		belief_predict(&member->belief, ahead_s, member->wander * NS_PER_S);
		member->log_weight = keep * member->log_weight +
				     member_take(member, path, figures,
						 carry(member, offset, elapsed_s), sample);
	}
	if (!best_member(estimator)->misses[path])
		estimator->path[path].right_at_ns = sample->at_ns;
	recover(estimator, path, offset, sample, ahead_s);
	if (!repair(estimator)) {
		estimator_reset(estimator, false);
		take_first(estimator, path, sample);
		return;
	}
	notice_reroute(estimator, path, offset, sample);
	judge_reroute(estimator, path);
	normalise(estimator);
	calibrate(estimator, &before);
	recentre(estimator);
}

int estimator_add(struct estimator *estimator, int path, const struct estimator_sample *sample)
{
	double elapsed_s = (double)(sample->at_ns - estimator->at_ns) / NS_PER_S;

	if (path < 0 || path >= estimator->paths || !is_sane(estimator, sample, elapsed_s))
		return -EINVAL;
	if (!estimator->started) {
		take_first(estimator, path, sample);
		return 0;
	}
	if (!estimator->path[path].used)
		found_path(estimator, path, sample);
	remember_delay(&estimator->path[path], sample->delay_ns);
	remember_reading(&estimator->path[path], sample);
	if (elapsed_s > 0)
		estimator->at_ns = sample->at_ns;
	take(estimator, path, sample, elapsed_s);
	return 0;
}

bool estimator_get(const struct estimator *estimator, int64_t at_ns, struct estimate *estimate)
{
	const struct path_figures *figures = &estimator->path[0].figures;
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
	estimate->asymmetry_ns = mixture.asymmetry;
	estimate->restarts = estimator->restarts;
	estimate->suspect = best_member(estimator)->misses[0] > 0;
	estimate->sample_ns = figures->one_way ? sqrt(best_member(estimator)->noise[0]) :
						 0.5 * figures->mean_ns - mixture.delay;
	return true;
}

double estimator_floor(const struct estimator *estimator)
{
	return estimator->path[0].used ? estimator->path[0].figures.least_ns : 0;
}

void estimator_shift(struct estimator *estimator, int64_t offset_ns)
{
	estimator->base_ns += offset_ns;
}
