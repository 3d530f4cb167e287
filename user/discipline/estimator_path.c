// SPDX-License-Identifier: GPL-2.0-only
/*
 * A path's memory: its round trips, the scatter of readings without round trips, and the signs that
 * the route has become longer. Members use it in estimator_member.c.
 */
#include "discipline/estimator_path.h"

#include <math.h>
#include <string.h>

#include "discipline/estimator_early.h"

/* Queueing each way in the first round trip, as a share of it, and its uncertainty. */
#define FIRST_EXCESS	0.25

/*
 * So many round trips, which are not all the same, show whether the guess of the queueing was any
 * good: one that is so many times as long as it can be was not.
 */
#define GUESS_SAMPLES	3
#define GUESS_FACTOR	2

/*
 * A way has become longer if the least excess of PATH_EXCESSES samples is more than this multiple
 * of the usual queueing and of their own spread: congestion has a wide spread.
 */
#define REROUTE_FACTOR	2.5

/*
 * How well the least of PATH_EXCESSES shows how long the new route takes, as a part of their spread
 * above it. It is a seventh of that too long if the queueing is exponential, and a half where few
 * samples come near the least delay (a gamma distribution of shape 3).
 */
#define REROUTE_OPEN	0.5

/*
 * A way is congested if the mean of PATH_EXCESSES is more than this multiple of the usual one; in a
 * single round trip congestion shows if that queued for this multiple.
 */
#define CONGESTED_FACTOR	2.5

/* After so many samples it is decided whether a change of route made the path asymmetric. */
#define REROUTE_VERDICT	24

/* The reach of a sample: its timestamps have errors, too, and its offset has no fractions. */
#define REACH_SIGMAS	4
#define REACH_LEAST	1.0

/*
 * The first answers were late if there were no more of them than this and the shortest took so many
 * times as long as the next one.
 */
#define LATE_READINGS	16
#define LATE_FACTOR	4

/*
 * What looked like a longer route was congestion if one of the next NEW_ROUTE samples queued for
 * less than this share of the difference. The difference is the least of PATH_EXCESSES: a part of
 * it, but a small one, may be queueing.
 */
#define NEW_ROUTE	64
#define LONGER_LEAST	0.5

/* Of so many readings the deviations from a straight line are remembered. */
#define BENDS_MEMORY	128.0

static void sum_up_delays(struct path_memory *path)
{
	struct path_figures *figures = &path->figures;

	figures->samples = path->delays;
	figures->least_ns = spread_least(path->delay_ns, path->delays);
	spread_of(path->delay_ns, path->delays, INFINITY, &figures->all);
	spread_of_usual(path->delay_ns, path->delays, &figures->usual);
}

static void remember_delay(struct path_memory *path, double delay_ns)
{
	path->delay_ns[path->next_delay] = delay_ns;
	path->next_delay = (path->next_delay + 1) % PATH_DELAYS;
	if (path->delays < PATH_DELAYS)
		path->delays++;
	sum_up_delays(path);
}

static void forget_delays(struct path_memory *path, unsigned int count)
{
	double latest[PATH_EXCESSES];
	unsigned int first, i;

	count = count < path->delays ? count : path->delays;
	first = path->next_delay + PATH_DELAYS - count;
	for (i = 0; i < count; i++)
		latest[i] = path->delay_ns[(first + i) % PATH_DELAYS];
	memcpy(path->delay_ns, latest, count * sizeof(*latest));
	path->delays = count;
	path->next_delay = count;
	sum_up_delays(path);
}

static unsigned int kept_readings(const struct path_memory *path)
{
	return path->readings < PATH_READINGS ? path->readings : PATH_READINGS;
}

/* Queueing that is now longer than usual says nothing about the usual one. */
static void learn_shares(struct path_memory *path, double offset_bend_ns, double delay_bend_ns)
{
	struct path_figures *figures = &path->figures;
	double up_share;

	if (figures->one_way || figures->up_now_ns > 0 || figures->down_now_ns > 0)
		return;
	way_shares_add(&path->shares, 0.5 * delay_bend_ns + offset_bend_ns, delay_bend_ns);
	up_share = way_shares_up(&path->shares);
	figures->up_share = up_share == 0.5 ? path->share_foreseen : up_share;
}

/* How far the middle one of three samples is off the straight line through the others. */
static void remember_reading(struct path_memory *path, const struct estimator_sample *sample)
{
	const struct path_reading *middle = &path->reading[0], *oldest = &path->reading[1];
	double whole_ns = (double)(sample->at_ns - oldest->at_ns);
	double share = (double)(sample->at_ns - middle->at_ns) / whole_ns;
	double bend_ns = share * (double)(oldest->offset_ns - middle->offset_ns) +
			 (1 - share) * (double)(sample->offset_ns - middle->offset_ns);
	double delay_bend_ns = share * (oldest->delay_ns - middle->delay_ns) +
			       (1 - share) * (sample->delay_ns - middle->delay_ns);
	double noise = 1 + share * share + (1 - share) * (1 - share);
	double square = bend_ns * bend_ns / noise;

	if (path->readings >= 2 && whole_ns > 0) {
		path->figures.bends++;
		path->figures.bend_variance += (square - path->figures.bend_variance) /
					       fmin(path->figures.bends, BENDS_MEMORY);
		learn_shares(path, bend_ns / sqrt(noise), delay_bend_ns / sqrt(noise));
	}
	path->readings++;
	path->figures.seen = path->readings;
	path->on_route++;
	memmove(&path->reading[1], &path->reading[0],
		(PATH_READINGS - 1) * sizeof(path->reading[0]));
	path->reading[0] = (struct path_reading){
		.at_ns = sample->at_ns,
		.offset_ns = sample->offset_ns,
		.delay_ns = sample->delay_ns,
	};
}

/* The longest queueing each way that the round trips allow, as exactly as @sample was stamped. */
static double most_queueing(const struct path_memory *path, const struct estimator_sample *sample)
{
	return figures_most_scale(&path->figures, path->figures.usual.variance, 1,
				  0.5 * sample->sigma_ns * sample->sigma_ns);
}

/* The guess for the first round trip was far more than all of them allow. */
static bool was_overrated(const struct path_memory *path, const struct estimator_sample *sample)
{
	return path->readings >= GUESS_SAMPLES && path->figures.usual.variance > 0 &&
	       GUESS_FACTOR * most_queueing(path, sample) < path->figures.first_excess_ns;
}

/* Some round trips were alike by chance, and the samples taken for far better than they are. */
static bool was_underrated(const struct path_memory *path)
{
	return GUESS_FACTOR * path->tightest_ns < sqrt(0.5 * path->figures.usual.variance);
}

bool path_memory_was_misjudged(const struct path_memory *path,
			       const struct estimator_sample *sample)
{
	return path->used && !path->figures.one_way &&
	       (was_overrated(path, sample) || was_underrated(path));
}

void path_memory_foresee(struct path_memory *path, const struct estimator_sample *sample,
			 const double *delay_ns, unsigned int count)
{
	memcpy(path->delay_ns, delay_ns, count * sizeof(*delay_ns));
	path->delays = count;
	path->next_delay = count;
	sum_up_delays(path);
	path->figures.first_excess_ns = fmin(path->figures.first_excess_ns,
					     most_queueing(path, sample));
}

bool path_memory_shows_shares(const struct path_memory *path)
{
	return path->share_foreseen == 0.5 && path->figures.up_share != 0.5;
}

void path_memory_start(struct path_memory *path, const struct estimator_sample *sample,
		       double up_share)
{
	memset(path, 0, sizeof(*path));
	path->used = true;
	path->right_at_ns = sample->at_ns;
	path->figures.one_way = sample->delay_ns == 0;
	path->guess_ns = FIRST_EXCESS * sample->delay_ns;
	path->figures.first_excess_ns = path->guess_ns;
	path->shortest_ns = INFINITY;
	path->tightest_ns = INFINITY;
	path->figures.up_share = up_share;
	queueing_start(&path->queueing);
	path->figures.kinds = path->queueing.kinds;
	path->share_foreseen = up_share;
}

void path_memory_add(struct path_memory *path, const struct estimator_sample *sample)
{
	path->shortest_ns = fmin(path->shortest_ns, sample->delay_ns);
	path->figures.root_ns = sample->root_ns;
	/* A round trip that was foreseen is there. */
	if (path->delays <= path->readings)
		remember_delay(path, sample->delay_ns);
	/* Nobody asks how later ones were weighed: only the first can be taken once more. */
	if (path->readings < EARLY_SAMPLES)
		path->tightest_ns = fmin(path->tightest_ns, most_queueing(path, sample));
	remember_reading(path, sample);
}

bool path_memory_was_late(const struct path_memory *path, const struct estimator_sample *sample)
{
	return path->used && path->readings <= LATE_READINGS && sample->delay_ns > 0 &&
	       path->shortest_ns > LATE_FACTOR * (sample->delay_ns + sample->sigma_ns);
}

double path_memory_reach(const struct estimator_sample *sample)
{
	return 0.5 * sample->delay_ns + REACH_SIGMAS * sample->sigma_ns + REACH_LEAST;
}

void path_memory_compare(struct path_memory *path, const struct estimator_sample *sample,
			 double off_ns)
{
	double reach_ns = path_memory_reach(sample);

	if (path->figures.one_way || fabs(off_ns) <= reach_ns)
		path->beyond = 0;
	else if (off_ns > 0)
		path->beyond = path->beyond > 0 ? path->beyond + 1 : 1;
	else
		path->beyond = path->beyond < 0 ? path->beyond - 1 : -1;
}

void path_memory_reroute(struct path_memory *path, unsigned int count)
{
	forget_delays(path, count);
	path->figures.first_excess_ns = path->guess_ns;
	path->rerouted = REROUTE_VERDICT;
	path->on_route = 0;
	path->up = (struct path_change){ 0, 0 };
	path->down = (struct path_change){ 0, 0 };
}

bool path_memory_denies_reroute(const struct path_memory *path, double up_ns, double down_ns)
{
	if (path->on_route > NEW_ROUTE)
		return false;
	return (path->up.longer_ns > 0 && up_ns < LONGER_LEAST * path->up.longer_ns) ||
	       (path->down.longer_ns > 0 && down_ns < LONGER_LEAST * path->down.longer_ns);
}

void path_memory_undo_reroute(struct path_memory *path)
{
	path->up = (struct path_change){ 0, 0 };
	path->down = (struct path_change){ 0, 0 };
	path->rerouted = 0;
}

bool path_memory_is_congested(const struct path_memory *path)
{
	const struct path_figures *figures = &path->figures;
	double usual_ns = figures->usual.mean_ns - figures->least_ns;

	return !figures->one_way &&
	       path->reading[0].delay_ns - figures->least_ns > CONGESTED_FACTOR * usual_ns;
}

static double mean_of(const double *excess)
{
	double sum = 0;
	int i;

	for (i = 0; i < PATH_EXCESSES; i++)
		sum += excess[i];
	return sum / PATH_EXCESSES;
}

/*
 * One way's change of route by its latest excesses: their least is what it became longer by, if
 * that and their spread show that it did. The round trips have become longer by as much then, and
 * what they exceed is the sum of both ways' excesses. If they have not, the clock has run off: one
 * way seems to take longer, and the other one less than it can. A way that took as long as usual is
 * known as before. One that became longer is known as well as those few show; opened by all that it
 * became longer by, it would be known to a share of that for long, as the next samples may be
 * outliers. One that only took longer may be wrong by that: it may be congested, too.
 */
static struct path_change change_of(const double *excess, const double *other, double usual)
{
	struct path_change change = { 0, 0 };
	double mean = mean_of(excess), least = INFINITY;
	int i;

	for (i = 0; i < PATH_EXCESSES; i++)
		least = fmin(least, excess[i] + fmin(other[i], 0));
	if (least > REROUTE_FACTOR * fmax(usual, mean - least))
		change.longer_ns = least;
	if (change.longer_ns > 0)
		change.open_ns = REROUTE_OPEN * (mean - least);
	else if (mean > CONGESTED_FACTOR * usual)
		change.open_ns = mean;
	return change;
}

void path_memory_add_excess(struct path_memory *path, const struct estimator_sample *sample,
			    double off_ns, double delay_ns)
{
	double up_ns = 0.5 * sample->delay_ns + off_ns - delay_ns;
	double down_ns = 0.5 * sample->delay_ns - off_ns - delay_ns;

	if (path->figures.one_way)
		return;
	path->excess_up[path->next_excess] = up_ns;
	path->excess_down[path->next_excess] = down_ns;
	path->next_excess = (path->next_excess + 1) % PATH_EXCESSES;
	queueing_add(&path->queueing, 0.5 * up_ns / path->figures.up_share,
		     0.5 * down_ns / (1 - path->figures.up_share));
	path->figures.kinds = path->queueing.kinds;
}

/* The mean of the latest excesses of one way with the next, if it is much more than usual, or 0. */
static double congestion_of(const struct path_memory *path, const double *excess, double next_ns,
			    double usual_ns)
{
	double mean = mean_of(excess) + (next_ns - excess[path->next_excess]) / PATH_EXCESSES;

	return mean > CONGESTED_FACTOR * usual_ns ? mean : 0;
}

void path_memory_notice_congestion(struct path_memory *path, const struct estimator_sample *sample,
				   double off_ns, double delay_ns)
{
	double half_ns = 0.5 * sample->delay_ns - delay_ns;
	double usual_ns = path->figures.usual.mean_ns - 2 * delay_ns;
	double up_share = path->figures.up_share;

	/* Of a young path neither the delay nor the asymmetry is known. */
	if (path->figures.one_way || path->figures.seen <= PATH_YOUNG)
		return;
	path->figures.up_now_ns = congestion_of(path, path->excess_up, half_ns + off_ns,
						up_share * usual_ns);
	path->figures.down_now_ns = congestion_of(path, path->excess_down, half_ns - off_ns,
						  (1 - up_share) * usual_ns);
}

bool path_memory_notice_reroute(struct path_memory *path, double delay_ns)
{
	struct path_change up, down;
	double usual_ns;

	if (path->figures.one_way || path->delays < 2 * PATH_EXCESSES)
		return false;
	usual_ns = 0.5 * path->figures.usual.mean_ns - delay_ns;
	up = change_of(path->excess_up, path->excess_down, usual_ns);
	down = change_of(path->excess_down, path->excess_up, usual_ns);
	if (!(up.longer_ns > 0) && !(down.longer_ns > 0))
		return false;
	path_memory_reroute(path, PATH_EXCESSES);
	path->up = up;
	path->down = down;
	return true;
}

void path_memory_note_residual(struct path_memory *path, double residual_ns)
{
	path->reading[0].residual_ns = residual_ns;
}

double path_memory_residual(const struct path_memory *path, int64_t at_ns)
{
	unsigned int kept = kept_readings(path), i;

	for (i = 0; i + 1 < kept && path->reading[i].at_ns > at_ns; i++)
		;
	return path->reading[i].residual_ns;
}

int64_t path_memory_instant(const struct path_memory *path, unsigned int before)
{
	unsigned int kept = kept_readings(path);

	if (!kept)
		return path->right_at_ns;
	return path->reading[before < kept ? before : kept - 1].at_ns;
}

void path_memory_change_reference(struct path_memory *path, const struct reference_change *change)
{
	unsigned int i;

	if (!path->used)
		return;
	path->right_at_ns += reference_change_shift(change, path->right_at_ns);
	path->swings.lost_at_ns += reference_change_shift(change, path->swings.lost_at_ns);
	for (i = 0; i < kept_readings(path); i++) {
		struct path_reading *reading = &path->reading[i];

		reading->offset_ns += reference_change_offset(change, reading->at_ns);
		reading->at_ns += reference_change_shift(change, reading->at_ns);
	}
}
