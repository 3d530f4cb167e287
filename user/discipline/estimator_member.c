// SPDX-License-Identifier: GPL-2.0-only
/*
 * The update of one member of the bank by a sample.
 */
#include "discipline/estimator_member.h"

#include <math.h>

/* The share of measurements that are outliers. */
#define OUTLIER_PROBABILITY	5e-4

/* Path states walk by this share of the queueing per sample, as routers warm up. */
#define PATH_WALK	1e-4

/* With an asymmetry this uncertain, zero is as likely as any. */
#define SYMMETRIC_SIGMAS	2.5

/*
 * A round trip that is shorter than the estimated least one by so many standard errors proves the
 * estimate wrong.
 */
#define SHORT_SIGMAS	4

/* A clock is known far worse than by a round trip if its standard error is so many halves of it. */
#define REACH_WORSE	2

/* An exponential distribution of this scale is flat over all times that matter. */
#define FLAT_SCALE	1e18

/*
 * A single round trip says nothing about queueing, but differences do. The scale is at most
 * SPREAD_MARGIN times what they show, times e to the power of SPREAD_LOG_ODDS over their number: so
 * many differences are all so small by chance once in exp(SPREAD_LOG_ODDS) times, some 3 %.
 */
#define SPREAD_MARGIN	2.0
#define SPREAD_LOG_ODDS	3.5

/* The least noise of any sample, ns: a reading has no fractions. */
#define NOISE_LEAST	0.5

/* Samples over which the noise of readings without a round trip is learned. */
#define NOISE_MEMORY	128.0

/*
 * With fewer readings the filters cannot estimate the noise. Then it is taken from how far three
 * readings deviate from a straight line, and taken for larger while there are few (the first may
 * fit by chance).
 */
#define NOISE_READINGS	8
#define NOISE_MARGIN	4.0
#define NOISE_CHANCE	60.0
#define NOISE_UNKNOWN	10e3
#define NOISE_YOUNG	32

/*
 * It is never more than so many times what the latest readings deviate by. What lasts is no noise:
 * it is the clock that runs off.
 */
#define NOISE_MOST	4.0

/*
 * One measurement: its direction and value, its noise, and the scale and shape, or the kinds, of
 * its queueing; with @down, of the sum of both ways' queueing.
 */
struct measurement {
	struct belief_direction direction;
	double value;
	double noise;
	double scale;
	int shape;
	const struct likelihood_kinds *kinds;
	const struct likelihood_kinds *down;
};

static double sample_noise(const struct estimator_sample *sample)
{
	return sample->sigma_ns * sample->sigma_ns + NOISE_LEAST * NOISE_LEAST;
}

void member_start(struct member *member, double rate, double rate_sigma)
{
	belief_clear(&member->belief);
	belief_set(&member->belief, BELIEF_RATE, rate, rate_sigma * rate_sigma);
}

void member_start_path(struct member *member, int path, const struct path_figures *figures,
		       const struct estimator_sample *sample)
{
	double excess = member->shape ? figures->first_excess_ns : 0;
	double spread = figures->first_excess_ns * figures->first_excess_ns;

	member->path[path].noise = sample_noise(sample);
	if (figures->one_way && !(sample->sigma_ns > 0))
		member->path[path].noise = NOISE_UNKNOWN * NOISE_UNKNOWN;
	member->path[path].noise_samples = 0;
	member->path[path].misses = 0;
	belief_add_path(&member->belief, path);
	belief_set(&member->belief, belief_delay(path), 0.5 * sample->delay_ns - excess,
		   spread + member->path[path].noise);
	belief_set(&member->belief, belief_asymmetry(path), 0,
		   figures->asymmetry_ns * figures->asymmetry_ns);
}

void member_start_offset(struct member *member, int path, const struct path_figures *figures)
{
	double spread = figures->first_excess_ns * figures->first_excess_ns;

	belief_set(&member->belief, BELIEF_OFFSET, 0, spread + member->path[path].noise);
}

static void open_state(struct member *member, int state, double by)
{
	belief_add_cov(&member->belief, state, state, by * by);
}

/*
 * A path takes less than was thought. Where it was known for long, or another one was, that is no
 * news of the clock. Else the clock was measured by what was thought of this path.
 */
static void open_path(struct member *member, int path, const struct path_figures *figures,
		      double by)
{
	bool clock_known = figures->seen > PATH_YOUNG || figures->others_known;

	open_state(member, belief_delay(path), by);
	open_state(member, clock_known ? belief_asymmetry(path) : BELIEF_OFFSET, by);
}

/* The variance of the sum stays the same. */
void member_separate_asymmetry(struct member *member, int path, double asymmetry_ns)
{
	double variance = asymmetry_ns * asymmetry_ns;
	int state = belief_asymmetry(path);

	belief_add_cov(&member->belief, BELIEF_OFFSET, BELIEF_OFFSET, variance);
	belief_add_cov(&member->belief, state, state, variance);
	belief_add_cov(&member->belief, BELIEF_OFFSET, state, -variance);
}

/*
 * Without this a far server whose delays hardly vary would look like a queue for hours, because a
 * least delay that is too small and queueing that is too long explain all round trips together.
 */
double figures_most_scale(const struct path_figures *figures, double variance, double shape,
			  double noise)
{
	double differences = (double)figures->samples - 1;
	double spread = sqrt(0.5 * variance / shape);

	if (differences < 1)
		return INFINITY;
	return SPREAD_MARGIN * exp(SPREAD_LOG_ODDS / differences) * spread + sqrt(noise);
}

/* The scale of the queueing each way by this member. */
static double queueing_scale(const struct member *member, int path,
			     const struct path_figures *figures, double noise)
{
	double count = figures->samples;
	double first = figures->first_excess_ns;
	const struct spread *spread;
	double excess, scale;

	/* Two kinds explain all of them. */
	spread = member->kinds && figures->kinds.share < 1 ? &figures->all : &figures->usual;
	if (!member->shape) {
		scale = sqrt((0.5 * count * spread->variance + first * first) / count);
		return fmin(scale, figures_most_scale(figures, spread->variance, 1, noise));
	}
	excess = 0.5 * spread->mean_ns - member->belief.mean[belief_delay(path)];
	scale = (count * excess + first) / (count + 1) / member->shape;
	return fmin(scale, figures_most_scale(figures, spread->variance, member->shape, noise));
}

/* One way queues as usual, unless it is congested: @now_ns in the mean, or 0. */
static double scale_now(const struct member *member, double usual, double now_ns, double noise)
{
	double now = now_ns / (member->shape ? member->shape : 1);

	return fmax(fmax(usual, now), sqrt(noise));
}

/*
 * The logarithm of the density of an outlier that is off by so much, where @square is the square of
 * what may be expected: they fall off like Cauchy's distribution.
 */
static double log_density_of_outlier(double square, double off)
{
	return log(OUTLIER_PROBABILITY / M_PI * sqrt(square) / (square + off * off));
}

/*
 * Update a belief by a measurement that may be an outlier. Returns the logarithm of the
 * measurement's density; @trust becomes the probability that it is no outlier.
 */
static double weigh(const struct measurement *measurement, struct normal *belief, double *trust)
{
	double value = measurement->value;
	const struct normal prior = *belief;
	double log_good, log_bad, square, spread, ratio, good, shift;

	if (measurement->down)
		log_good = likelihood_kinds_sum(belief, value, measurement->noise,
						measurement->kinds, measurement->down);
	else if (measurement->kinds)
		log_good = likelihood_kinds(belief, value, measurement->noise,
					    measurement->kinds);
	else if (measurement->shape)
		log_good = likelihood_queueing(belief, value, measurement->noise,
					       measurement->scale, measurement->shape);
	else
		log_good = likelihood_normal(belief, value, measurement->noise +
					     measurement->scale * measurement->scale);
	spread = measurement->scale * (measurement->shape ? measurement->shape : 1);
	square = spread * spread + prior.variance + measurement->noise;
	log_bad = log_density_of_outlier(square, value - prior.mean);
	log_good += log1p(-OUTLIER_PROBABILITY);
	ratio = exp(-fabs(log_good - log_bad));
	good = (log_good > log_bad ? 1 : ratio) / (1 + ratio);
	*trust = good;
	shift = belief->mean - prior.mean;
	belief->mean = prior.mean + good * shift;
	belief->variance = good * belief->variance + (1 - good) * prior.variance +
			   good * (1 - good) * shift * shift;
	return fmax(log_good, log_bad) + log1p(ratio);
}

/* Sets @missed when an outlier contradicts the belief. No long delay does, whatever the shape. */
static double measure(struct belief *belief, const struct measurement *measurement, bool *missed)
{
	bool is_reading = measurement->direction.delay == 0;
	struct normal prior, after;
	double log_density, trust;

	belief_project(belief, measurement->direction, &prior);
	after = prior;
	log_density = weigh(measurement, &after, &trust);
	belief_condition(belief, measurement->direction, &after);
	*missed |= trust < 0.5 && (measurement->value < prior.mean || is_reading);
	return log_density;
}

/*
 * The log density of the round trip itself; nothing else is learned from that. The sum of both
 * ways' queueing is also taken for a gamma distribution, with about the same variance.
 */
static double predict_delay(const struct member *member, const struct measurement *up,
			    const struct measurement *down, double *trust)
{
	double scale = up->scale + down->scale;
	double square = up->scale * up->scale + down->scale * down->scale;
	struct measurement around = *up;
	struct normal normal;

	around.direction = (struct belief_direction){ up->direction.path, 0, 0, 2 };
	around.value = up->value + down->value;
	around.noise = up->noise + down->noise;
	around.shape = (int)lrint(up->shape * scale * scale / square);
	around.scale = around.shape ? up->shape * scale / around.shape : sqrt(square);
	around.down = down->kinds;
	belief_project(&member->belief, around.direction, &normal);
	return weigh(&around, &normal, trust);
}

/*
 * A round trip is shorter than the least by more than its error: the member took its first, long
 * round trips for the least delay, and its offset is as wrong. If the path was known for long, the
 * route has become shorter, which says nothing of the clock. That a young path was as short before
 * is no excuse: longer ones came since, and the member has forgotten the first.
 */
static void yield_to_short(struct member *member, int path, const struct path_figures *figures,
			   const struct estimator_sample *sample, double noise)
{
	struct belief *belief = &member->belief;
	double variance = belief_cov(belief, belief_delay(path), belief_delay(path)) + noise;
	double shorter = belief->mean[belief_delay(path)] - 0.5 * sample->delay_ns;

	if (!member->shape || figures->seen > PATH_YOUNG ||
	    shorter < SHORT_SIGMAS * sqrt(variance))
		return;
	open_path(member, path, figures, shorter);
}

/*
 * No way takes less than no time. A normal distribution does not know that: after a few late
 * answers the queueing looks long, the least delay short, and the offset anything between.
 */
static void keep_delay_positive(struct member *member, int path, double noise)
{
	const struct belief_direction less = { path, 0, 0, -1 };
	struct normal normal;

	if (member->belief.mean[belief_delay(path)] >= 0)
		return;
	belief_project(&member->belief, less, &normal);
	likelihood_queueing(&normal, 0, noise, FLAT_SCALE, 1);
	belief_condition(&member->belief, less, &normal);
}

/*
 * No way takes less than no time, so the clock is within half a round trip of what that says. Where
 * it was known far worse, as after answers that a machine which stood still held up, one way after
 * the other, each as a normal distribution, would leave a good part of what was not known. Returns
 * the logarithm of how probable the round trip was for that.
 */
static double keep_ways_positive(struct member *member, int path, double offset,
				 const struct estimator_sample *sample, double noise)
{
	const struct belief_direction direction = { path, 1, 1, 0 };
	double half = fmax(0.5 * sample->delay_ns, sqrt(noise));
	struct normal prior, after;
	double log_share, log_bad;

	belief_project(&member->belief, direction, &prior);
	if (prior.variance < REACH_WORSE * REACH_WORSE * half * half)
		return 0;
	after = prior;
	log_share = likelihood_window(&after, offset - half, offset + half, noise);
	log_bad = log_density_of_outlier(prior.variance, offset - prior.mean);
	if (!(log_share - log(2 * half) > log_bad))
		return 0;
	belief_condition(&member->belief, direction, &after);
	return log_share;
}

/* The kinds of delays of the path, scaled to this mean. */
static struct likelihood_kinds kinds_of(const struct path_figures *figures, double mean,
					double noise)
{
	return (struct likelihood_kinds){
		.share = figures->kinds.share,
		.scale = { fmax(figures->kinds.short_mean * mean, sqrt(noise)),
			   fmax(figures->kinds.long_mean * mean, sqrt(noise)) },
	};
}

/*
 * How well a member predicted the offset given the round trip: its prediction of the round trip
 * says nothing about clocks, and is divided out. If the round trip is an outlier to it, it is taken
 * to say that the offset is anywhere.
 *
 * The more one way alone queues, the more the round trip says all that the offset does, and members
 * with different least delays, and clocks, predict the offset alike. Then the round trip is what
 * tells which of them knows how the path queues, and counts.
 */
static double judge(const struct path_figures *figures, double log_density, double log_delay,
		    double trust, double delay_ns)
{
	double uneven = fabs(2 * figures->up_share - 1);

	return trust * (log_density - log_delay) - (1 - trust) * log(fmax(delay_ns, 1)) +
	       uneven * log_delay;
}

/* Update by both ways of a round trip. */
static double take_round_trip(struct member *member, int path, const struct path_figures *figures,
			      double offset, const struct estimator_sample *sample, bool *missed)
{
	struct belief *belief = &member->belief;
	double noise = 0.5 * sample_noise(sample);
	double scale = queueing_scale(member, path, figures, noise);
	double up_share = member->shape ? figures->up_share : 0.5;
	struct likelihood_kinds up_kinds, down_kinds;
	struct measurement up = {
		.direction = { path, 1, 1, 1 },
		.value = 0.5 * sample->delay_ns + offset,
		.noise = noise,
		.scale = scale_now(member, 2 * up_share * scale, figures->up_now_ns, noise),
		.shape = member->shape,
	};
	struct measurement down = {
		.direction = { path, -1, -1, 1 },
		.value = 0.5 * sample->delay_ns - offset,
		.noise = noise,
		.scale = scale_now(member, 2 * (1 - up_share) * scale, figures->down_now_ns,
				   noise),
		.shape = member->shape,
	};
	double walk = PATH_WALK * PATH_WALK * scale * scale;
	double log_density, log_delay, trust;

	if (member->kinds) {
		up_kinds = kinds_of(figures, up.scale, noise);
		down_kinds = kinds_of(figures, down.scale, noise);
		up.kinds = &up_kinds;
		down.kinds = &down_kinds;
	}
	yield_to_short(member, path, figures, sample, noise);
	belief_add_cov(belief, belief_delay(path), belief_delay(path), walk);
	if (figures->asymmetry_ns > 0)
		belief_add_cov(belief, belief_asymmetry(path), belief_asymmetry(path), walk);
	log_delay = predict_delay(member, &up, &down, &trust);
	log_density = keep_ways_positive(member, path, offset, sample, noise);
	log_density += measure(belief, &up, missed);
	log_density += measure(belief, &down, missed);
	keep_delay_positive(member, path, noise);
	return judge(figures, log_density, log_delay, trust, sample->delay_ns);
}

/*
 * The readings so far were taken for better than they are, and so was what they taught. While there
 * are few of them that is nearly all that is known, and its variance goes with theirs. Beside other
 * paths it is not.
 */
static void doubt_readings(struct member *member, int path, const struct path_figures *figures,
			   double taken)
{
	const double rate_most = RATE_SIGMA_MOST * RATE_SIGMA_MOST;
	double *noise = &member->path[path].noise;
	double rate = belief_cov(&member->belief, BELIEF_RATE, BELIEF_RATE);

	if (figures->asymmetry_ns > 0 || member->path[path].noise_samples > NOISE_YOUNG ||
	    *noise <= taken || rate >= rate_most)
		return;
	belief_widen(&member->belief, fmin(*noise / taken, rate_most / rate));
}

/* Learn the noise of readings without a round trip from their differences to the state. */
static void learn_noise(struct member *member, int path, const struct path_figures *figures,
			double square)
{
	double *noise = &member->path[path].noise;
	double bends = figures->bends;

	member->path[path].noise_samples = fmin(member->path[path].noise_samples + 1, NOISE_MEMORY);
	if (member->path[path].noise_samples > NOISE_READINGS)
		*noise += (square - *noise) / member->path[path].noise_samples;
	else if (figures->bends)
		*noise = figures->bend_variance *
			 (1 + NOISE_MARGIN / bends + NOISE_CHANCE / (bends * bends * bends));
	if (member->path[path].noise_samples > NOISE_READINGS)
		*noise = fmin(*noise, NOISE_MOST * figures->bend_variance);
	*noise = fmax(*noise, NOISE_LEAST * NOISE_LEAST);
}

static double take_reading(struct member *member, int path, const struct path_figures *figures,
			   double offset, bool *missed)
{
	struct measurement measurement = {
		.direction = { path, 1, 1, 0 },
		.value = offset,
		.noise = member->path[path].noise,
	};
	double log_density, before, after;
	struct normal normal;

	belief_project(&member->belief, measurement.direction, &normal);
	before = offset - normal.mean;
	log_density = measure(&member->belief, &measurement, missed);
	belief_project(&member->belief, measurement.direction, &normal);
	after = offset - normal.mean;
	if (*missed)
		return log_density;
	learn_noise(member, path, figures, before * after);
	doubt_readings(member, path, figures, measurement.noise);
	return log_density;
}

void member_note_weight(struct member *member, int paths)
{
	int i;

	member->opened = false;
	for (i = 0; i < paths; i++)
		if (member->path[i].misses)
			return;
	member->right_weight = member->log_weight;
}

double member_take(struct member *member, int path, const struct path_figures *figures,
		   double offset, const struct estimator_sample *sample)
{
	bool missed = false;
	double log_density = figures->one_way ?
			     take_reading(member, path, figures, offset, &missed) :
			     take_round_trip(member, path, figures, offset, sample, &missed);

	member->path[path].misses = missed ? member->path[path].misses + 1 : 0;
	return log_density;
}

static struct normal state_of(const struct member *member, int state)
{
	return (struct normal){ member->belief.mean[state],
				belief_cov(&member->belief, state, state) };
}

/* A way is delay plus or minus asymmetry: both change by half of what it does, and together. */
static void lengthen(struct member *member, int path, double sign, const struct path_change *way)
{
	int delay = belief_delay(path), asymmetry = belief_asymmetry(path);
	double variance = 0.25 * way->open_ns * way->open_ns;

	member->belief.mean[delay] += 0.5 * way->longer_ns;
	member->belief.mean[asymmetry] += 0.5 * sign * way->longer_ns;
	belief_add_cov(&member->belief, delay, delay, variance);
	belief_add_cov(&member->belief, asymmetry, asymmetry, variance);
	belief_add_cov(&member->belief, delay, asymmetry, sign * variance);
}

void member_reroute(struct member *member, int path, const struct path_change *up,
		    const struct path_change *down)
{
	member->path[path].former_delay = state_of(member, belief_delay(path));
	member->path[path].former_asymmetry = state_of(member, belief_asymmetry(path));
	lengthen(member, path, 1, up);
	lengthen(member, path, -1, down);
	member->path[path].misses = 0;
}

void member_undo_reroute(struct member *member, int path)
{
	const struct normal *delay = &member->path[path].former_delay;
	const struct normal *asymmetry = &member->path[path].former_asymmetry;

	belief_set(&member->belief, belief_delay(path), delay->mean, delay->variance);
	belief_set(&member->belief, belief_asymmetry(path), asymmetry->mean, asymmetry->variance);
	member->path[path].misses = 0;
}

bool member_is_symmetric(const struct member *member, int path)
{
	struct normal asymmetry = state_of(member, belief_asymmetry(path));

	return asymmetry.mean * asymmetry.mean <
	       SYMMETRIC_SIGMAS * SYMMETRIC_SIGMAS * asymmetry.variance;
}

void member_make_symmetric(struct member *member, int path)
{
	const struct belief_direction direction = { path, 0, 1, 0 };
	const struct normal none = { 0, 0 };
	struct normal prior;

	belief_project(&member->belief, direction, &prior);
	if (prior.variance > 0)
		belief_condition(&member->belief, direction, &none);
	belief_set(&member->belief, belief_asymmetry(path), 0, 0);
}

enum member_loss member_loosen(struct member *member, int path, const struct path_figures *figures,
			       double offset, const struct estimator_sample *sample,
			       double elapsed_s, bool path_alone)
{
	const double *mean = member->belief.mean;
	double shorter = mean[belief_delay(path)] - 0.5 * sample->delay_ns;
	double moved = offset - mean[BELIEF_OFFSET] - mean[belief_asymmetry(path)];
	double off = offset - mean[BELIEF_OFFSET];
	/* Whatever became of the path, no packet is under way for less than no time. */
	bool impossible = !path_alone && fabs(off) > 0.5 * sample->delay_ns +
						     SHORT_SIGMAS * sqrt(sample_noise(sample));

	member->path[path].misses = 0;
	if (impossible && shorter > 0) {
		open_state(member, belief_delay(path), shorter);
		open_state(member, BELIEF_OFFSET, off);
		open_state(member, BELIEF_RATE, off / elapsed_s);
		return MEMBER_CLOCK_WRONG;
	}
	if (member->shape && shorter > 0) {
		open_path(member, path, figures, shorter);
		return MEMBER_PATH_SHORTER;
	}
	if (path_alone) {
		open_state(member, belief_asymmetry(path), moved);
		return MEMBER_PATH_WRONG;
	}
	open_state(member, BELIEF_OFFSET, moved);
	open_state(member, BELIEF_RATE, moved / elapsed_s);
	return MEMBER_CLOCK_WRONG;
}
