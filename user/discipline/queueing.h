/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The queueing delays of a path: two kinds of exponential delays, fitted to the latest ones.
 */
#ifndef DISCIPLINE_QUEUEING_H
#define DISCIPLINE_QUEUEING_H

/* Delays remembered; each sample brings two. */
#define QUEUEING_DELAYS	512

/**
 * struct queueing_kinds - a mixture of two exponential distributions
 * @share: of the delays, so many are of the short kind; 1: there is but one kind
 * @short_mean: mean of the short kind, as a multiple of the mean of all
 * @long_mean: mean of the long kind, likewise
 */
struct queueing_kinds {
	double share;
	double short_mean;
	double long_mean;
};

/**
 * struct queueing - the latest delays of a path and their fit
 * @delay: a ring; in any unit
 * @count: how many
 * @next: where the next one goes
 * @fitted: as fitted, whether or not two kinds are better than one
 * @kinds: to be used
 */
struct queueing {
	float delay[QUEUEING_DELAYS];
	unsigned int count;
	unsigned int next;
	struct queueing_kinds fitted;
	struct queueing_kinds kinds;
};

/* No delay is known yet: all are taken to be of one kind. */
void queueing_start(struct queueing *queueing);

/* One more sample's delays, one each way; negative ones count as 0. */
void queueing_add(struct queueing *queueing, double up, double down);

#endif /* DISCIPLINE_QUEUEING_H */
