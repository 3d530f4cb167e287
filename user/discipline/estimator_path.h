/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the estimator remembers of one path whatever the hypothesis, and how it notices that the
 * route has become longer. What follows from that is estimator_track.c's.
 */
#ifndef DISCIPLINE_ESTIMATOR_PATH_H
#define DISCIPLINE_ESTIMATOR_PATH_H

#include <stdbool.h>
#include <stdint.h>

#include "discipline/estimator.h"
#include "discipline/estimator_member.h"
#include "discipline/queueing.h"

/* Round trips remembered. */
#define PATH_DELAYS	256

/* Excesses each way remembered, to tell a change of route by. */
#define PATH_EXCESSES	8

/* Instants remembered: of so many samples that were not believed, and of the one before them. */
#define PATH_INSTANTS	4

/**
 * struct path_memory - the latest samples of a path
 * @used: there was a sample
 * @delay_ns: round trips, a ring
 * @delays: how many of them
 * @next_delay: where the next one goes
 * @readings: samples so far
 * @reading_at_ns: instants of the latest, that first
 * @reading_ns: offsets of the latest, and of the one before
 * @bend_square: sum of squares of how far the middle one of three was off the others' line
 * @right_at_ns: instant of the latest one that was believed
 * @excess_up: what the way to the server took above its least, a ring
 * @excess_down: the way back, likewise
 * @next_excess: where the next ones go
 * @excesses: how many there were, as far as they are remembered
 * @mean_share: mean of the way up's shares in them
 * @queueing: delays each way, as multiples of that way's share
 * @rerouted: samples until the verdict on a change of route; 0: none is due
 * @shortest_ns: the least round trip so far, whatever the route
 * @figures: the sum of it
 */
struct path_memory {
	bool used;
	double delay_ns[PATH_DELAYS];
	unsigned int delays;
	unsigned int next_delay;
	unsigned int readings;
	int64_t reading_at_ns[PATH_INSTANTS];
	int64_t reading_ns[2];
	double bend_square;
	int64_t right_at_ns;
	double excess_up[PATH_EXCESSES];
	double excess_down[PATH_EXCESSES];
	unsigned int next_excess;
	double excesses;
	double mean_share;
	struct queueing queueing;
	unsigned int rerouted;
	double shortest_ns;
	struct path_figures figures;
};

/* Forget all; @sample, which is still to be remembered, is the first. */
void path_memory_start(struct path_memory *path, const struct estimator_sample *sample);

/* A sample more. */
void path_memory_add(struct path_memory *path, const struct estimator_sample *sample);

/*
 * The route has changed: only the latest @count round trips, at most PATH_EXCESSES, are of the new
 * one, and a verdict on its asymmetry becomes due.
 */
void path_memory_reroute(struct path_memory *path, unsigned int count);

/*
 * What the latest sample took above the least delay each way, @delay_ns, when its offset was more
 * by @off_ns than was expected: which way queues how much is learned from that.
 */
void path_memory_add_excess(struct path_memory *path, const struct estimator_sample *sample,
			    double off_ns, double delay_ns);

/*
 * Has the route become longer, one way or both, so that this explains the latest excesses above
 * @delay_ns? @least_ns becomes the least round trip from now on. If so, path_memory_reroute() is
 * done.
 */
bool path_memory_notice_reroute(struct path_memory *path, double delay_ns, double *least_ns);

/*
 * The instant of the sample so many before the latest, or of the oldest that is remembered; where
 * there is none, of when the path was right last.
 */
int64_t path_memory_instant(const struct path_memory *path, unsigned int before);

/* As estimator_change_reference(). */
void path_memory_change_reference(struct path_memory *path, const struct reference_change *change);

#endif /* DISCIPLINE_ESTIMATOR_PATH_H */
