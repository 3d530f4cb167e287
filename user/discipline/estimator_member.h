/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One filter of the estimator's bank: a state, the hypotheses that it stands for, and its update by
 * a sample. The choice between members is in estimator_bank.c, the statistics of delays are in
 * estimator_path.c.
 */
#ifndef DISCIPLINE_ESTIMATOR_MEMBER_H
#define DISCIPLINE_ESTIMATOR_MEMBER_H

#include <stdbool.h>
#include <stddef.h>

#include "discipline/belief.h"
#include "discipline/estimator.h"
#include "discipline/queueing.h"
#include "discipline/spread.h"

/* After so many samples a path is known. */
#define PATH_YOUNG	64

/* The rates that crystals have are within this of 0, ns per second: a standard deviation. */
#define RATE_SIGMA_MOST	100e3

/**
 * struct path_figures - what the samples of a path have shown, the same for all members
 * @one_way: readings without round trips
 * @samples: round trips remembered
 * @seen: samples so far, in all
 * @all: how long all of these are ...
 * @usual: ... and those that no stall has held up
 * @least_ns: the least of them
 * @root_ns: how far the server itself may be off
 * @first_excess_ns: queueing each way that the first one is assumed to have
 * @up_share: share of the queueing that is on the way to the server
 * @up_now_ns: the way to the server is congested, and queues so long in the mean; 0: it is not
 * @down_now_ns: on the way back, likewise
 * @kinds: of the queueing
 * @asymmetry_ns: standard deviation of the asymmetry and of the server's own error; 0: the only
 *	path, where they are in the offset
 * @others_known: another path was measured for long, and separates the offset from the asymmetry
 * @bends: how often three readings without round trips were compared
 * @bend_variance: a reading's variance according to them
 */
struct path_figures {
	bool one_way;
	unsigned int samples;
	unsigned int seen;
	struct spread all;
	struct spread usual;
	double least_ns;
	double root_ns;
	double first_excess_ns;
	double up_share;
	double up_now_ns;
	double down_now_ns;
	struct queueing_kinds kinds;
	double asymmetry_ns;
	bool others_known;
	unsigned int bends;
	double bend_variance;
};

/**
 * struct path_change - what became of one way when the route changed, ns
 * @longer_ns: by how much it is longer; 0: it is not
 * @open_ns: by how much that may be wrong, as a standard deviation
 */
struct path_change {
	double longer_ns;
	double open_ns;
};

/**
 * struct member_path - what one filter knows of a path beside its states
 * @noise: of readings without a round trip, a variance, learned
 * @noise_samples: from so many
 * @misses: outliers in a row
 * @former_delay: least delay before its latest change of route
 * @former_asymmetry: its asymmetry, likewise
 */
struct member_path {
	double noise;
	double noise_samples;
	int misses;
	struct normal former_delay;
	struct normal former_asymmetry;
};

/**
 * struct member - one filter
 * @wander: hypothesis: standard deviation of the rate's change in one second, a fraction
 * @shape: hypothesis: of the queueing delay's gamma distribution; 0: normal
 * @kinds: hypothesis: there are two kinds of exponential delays; @shape is 1
 * @log_weight: how well it predicted samples, compared with the others
 * @right_weight: likewise, before the outliers that it has seen since
 * @opened: at the latest sample its clock was wrong, and its state was widened
 * @path: each of the estimator's
 * @belief: the state, in ns from the estimator's base and ns per second; of the paths in use only,
 *	so a member is of member_size(), and not copied as a whole
 */
struct member {
	double wander;
	int shape;
	bool kinds;
	double log_weight;
	double right_weight;
	bool opened;
	struct member_path *path;
	struct belief belief;
};

/* Bytes of a member that uses so many paths. */
static inline size_t member_size(int paths)
{
	return offsetof(struct member, belief) + belief_size(paths);
}

/* Start, with only the rate known, ns per second. */
void member_start(struct member *member, double rate, double rate_sigma);

/*
 * The greatest scale of the queueing each way, of a gamma distribution of this @shape, that the
 * differences of the round trips, of which @variance is the variance, allow, ns; @noise: that of a
 * way's timestamps.
 */
double figures_most_scale(const struct path_figures *figures, double variance, double shape,
			  double noise);

/* Set the prior of a path by its first sample: least delay and asymmetry. */
void member_start_path(struct member *member, int path, const struct path_figures *figures,
		       const struct estimator_sample *sample);

/* The base was set to the offset of @sample, the first one of the first path. */
void member_start_offset(struct member *member, int path, const struct path_figures *figures);

/* A sample comes: what the member is worth so far counts as long as it is no outlier to it. */
void member_note_weight(struct member *member, int paths);

/*
 * Update by a sample, its offset relative to the base. Returns the log density that was predicted.
 */
double member_take(struct member *member, int path, const struct path_figures *figures,
		   double offset, const struct estimator_sample *sample);

/*
 * The path has become longer, one way or both. A way that did not is known as before, and goes on
 * to measure the clock.
 */
void member_reroute(struct member *member, int path, const struct path_change *up,
		    const struct path_change *down);

/* The offset so far included the path's asymmetry, of which so much is likely: separate them. */
void member_separate_asymmetry(struct member *member, int path, double asymmetry_ns);

/* After a change of route: if no asymmetry shows, set it to none. */
bool member_is_symmetric(const struct member *member, int path);
void member_make_symmetric(struct member *member, int path);

/* There was no change of route: delay and asymmetry are what they were before. */
void member_undo_reroute(struct member *member, int path);

/*
 * The track is lost: widen the states that the sample contradicts, the path's own if the path is
 * shorter or if only @path_alone contradicts, else the clock's. Where a path is shorter that is
 * young and the only one, the clock's are widened with it. Returns which.
 */
enum member_loss {
	MEMBER_PATH_SHORTER,
	MEMBER_PATH_WRONG,
	MEMBER_CLOCK_WRONG,
};

enum member_loss member_loosen(struct member *member, int path, const struct path_figures *figures,
			       double offset, const struct estimator_sample *sample,
			       double elapsed_s, bool path_alone);

#endif /* DISCIPLINE_ESTIMATOR_MEMBER_H */
