/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the estimator remembers of one path whatever the hypothesis, and the detection of a longer
 * route. The reaction is in estimator_track.c.
 */
#ifndef DISCIPLINE_ESTIMATOR_PATH_H
#define DISCIPLINE_ESTIMATOR_PATH_H

#include <stdbool.h>
#include <stdint.h>

#include "discipline/estimator.h"
#include "discipline/estimator_member.h"
#include "discipline/path_swings.h"
#include "discipline/queueing.h"
#include "discipline/way_shares.h"

/* Round trips remembered. */
#define PATH_DELAYS	SPREAD_DELAYS

/* Excesses each way remembered, to detect a change of route. */
#define PATH_EXCESSES	8

/* Readings remembered: so many outliers, and the sample before them. */
#define PATH_READINGS	4

/**
 * struct path_reading - one sample, as it is remembered
 * @at_ns: its instant
 * @delay_ns: its round trip
 * @offset_ns: its offset ...
 * @residual_ns: ... which was by so much more than expected
 */
struct path_reading {
	int64_t at_ns;
	double delay_ns;
	int64_t offset_ns;
	double residual_ns;
};

/**
 * struct path_memory - the latest samples of a path
 * @used: there was a sample
 * @delay_ns: round trips, a ring
 * @delays: how many of them
 * @next_delay: where the next one goes
 * @readings: samples so far
 * @reading: the latest, that first
 * @right_at_ns: instant of the latest one that was no outlier
 * @excess_up: delays to the server above the least, a ring
 * @excess_down: the way back, likewise
 * @next_excess: where the next ones go
 * @shares: what of the queueing is on each way
 * @share_foreseen: the way up's, as a first look at the samples has shown it, or one half
 * @queueing: delays each way, as multiples of that way's share
 * @rerouted: samples until the decision on a change of route; 0: none is due
 * @on_route: samples since the route changed
 * @up: what became of the way to the server then
 * @down: of the way back
 * @shortest_ns: the least round trip so far, whatever the route
 * @tightest_ns: the least that one of the first EARLY_SAMPLES was weighed by as the longest
 *	queueing each way
 * @beyond: so many samples in a row had the estimate out of their round trips' reach: too low;
 *	negative: too high
 * @guess_ns: the queueing that the first round trip of a route is taken for
 * @swings: how its asymmetry, or its server, has changed
 * @figures: the figures that follow from it
 */
struct path_memory {
	bool used;
	double delay_ns[PATH_DELAYS];
	unsigned int delays;
	unsigned int next_delay;
	unsigned int readings;
	struct path_reading reading[PATH_READINGS];
	int64_t right_at_ns;
	double excess_up[PATH_EXCESSES];
	double excess_down[PATH_EXCESSES];
	unsigned int next_excess;
	struct way_shares shares;
	double share_foreseen;
	struct queueing queueing;
	unsigned int rerouted;
	unsigned int on_route;
	struct path_change up;
	struct path_change down;
	double shortest_ns;
	double tightest_ns;
	int beyond;
	double guess_ns;
	struct path_swings swings;
	struct path_figures figures;
};

/*
 * Forget all; @sample, which will be added next, is the first. @up_share of the queueing is on the
 * way to the server, until the path's samples show how much is.
 */
void path_memory_start(struct path_memory *path, const struct estimator_sample *sample,
		       double up_share);

/*
 * The samples from @sample on, which was the path's first, are being taken once more: these are
 * the round trips of all.
 */
void path_memory_foresee(struct path_memory *path, const struct estimator_sample *sample,
			 const double *delay_ns, unsigned int count);

/* The samples show that the ways queue differently, which was not foreseen. */
bool path_memory_shows_shares(const struct path_memory *path);

/*
 * The queueing that the first round trip was taken for is far more than all of them allow, or that
 * which some were weighed by far less than they show. Asked while there are no more than
 * EARLY_SAMPLES.
 */
bool path_memory_was_misjudged(const struct path_memory *path,
			       const struct estimator_sample *sample);

/*
 * Were all round trips before @sample, the first ones of the path, held up? It leaves open a small
 * part of what these did.
 */
bool path_memory_was_late(const struct path_memory *path, const struct estimator_sample *sample);

/* Add a sample. */
void path_memory_add(struct path_memory *path, const struct estimator_sample *sample);

/* Did the latest round trip queue for far longer than usual? */
bool path_memory_is_congested(const struct path_memory *path);

/* By how much a round trip of a server that is right can be wrong, ns. */
double path_memory_reach(const struct estimator_sample *sample);

/*
 * Compare the estimate with @sample, which was taken: it says that the offset is more by @off_ns,
 * and cannot be wrong by more than half its round trip.
 */
void path_memory_compare(struct path_memory *path, const struct estimator_sample *sample,
			 double off_ns);

/*
 * The route has changed: only the latest @count round trips, at most PATH_EXCESSES, are of the new
 * one, and a decision on its asymmetry becomes due.
 */
void path_memory_reroute(struct path_memory *path, unsigned int count);

/*
 * A sample that exceeded the least delay from before the change of route by so much each way: does
 * it show that there was none?
 */
bool path_memory_denies_reroute(const struct path_memory *path, double up_ns, double down_ns);

/* There was no change of route. */
void path_memory_undo_reroute(struct path_memory *path);

/*
 * Learn which way queues how much from the latest sample: its excess over the least delay each way,
 * @delay_ns, when its offset was more by @off_ns than expected.
 */
void path_memory_add_excess(struct path_memory *path, const struct estimator_sample *sample,
			    double off_ns, double delay_ns);

/*
 * Do the latest samples and @sample, whose offset is more by @off_ns than expected, show that a way
 * is congested? Then its figures say how long it queues now.
 */
void path_memory_notice_congestion(struct path_memory *path, const struct estimator_sample *sample,
				   double off_ns, double delay_ns);

/*
 * Has the route become longer, one way or both, so that this explains the latest excesses above
 * @delay_ns? Then @path->up and @path->down say by how much, and path_memory_reroute() is called.
 */
bool path_memory_notice_reroute(struct path_memory *path, double delay_ns);

/* The latest sample's offset is more by @residual_ns than expected. */
void path_memory_note_residual(struct path_memory *path, double residual_ns);

/* The latest residual of those from up to @at_ns, or else the oldest remembered one. */
double path_memory_residual(const struct path_memory *path, int64_t at_ns);

/*
 * The instant of the sample so many before the latest, or of the oldest remembered one; without
 * one, the instant when the path was right last.
 */
int64_t path_memory_instant(const struct path_memory *path, unsigned int before);

/* As estimator_change_reference(). */
void path_memory_change_reference(struct path_memory *path, const struct reference_change *change);

#endif /* DISCIPLINE_ESTIMATOR_PATH_H */
