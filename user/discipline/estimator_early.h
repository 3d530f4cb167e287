/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The first samples of an estimator, kept so that they can be taken once more. They were weighed by
 * a guess of how long their paths queue; a few round trips later it is known.
 *
 * Pure, like the estimator.
 */
#ifndef DISCIPLINE_ESTIMATOR_EARLY_H
#define DISCIPLINE_ESTIMATOR_EARLY_H

#include <stdbool.h>

#include "discipline/estimator.h"

#define EARLY_SAMPLES	16

/**
 * struct estimator_early - the first samples
 * @complete: no sample was taken that is not here, and nothing else has changed the estimate
 * @up_share: of each path's queueing the share on the way to the server, as these show it
 * @count: of @taken
 * @taken: as they came
 */
struct estimator_early {
	bool complete;
	double up_share[ESTIMATOR_PATHS];
	unsigned int count;
	struct {
		int path;
		struct estimator_sample sample;
	} taken[EARLY_SAMPLES];
};

/* The next sample is the first. */
void early_open(struct estimator_early *early);

/* The samples alone no longer say what is known. */
void early_close(struct estimator_early *early);

/* Keep @sample, while there is room. */
void early_add(struct estimator_early *early, int path, const struct estimator_sample *sample);

/* Copy the round trips of @path, at most EARLY_SAMPLES, and return how many. */
unsigned int early_round_trips(const struct estimator_early *early, int path, double *delay_ns);

#endif /* DISCIPLINE_ESTIMATOR_EARLY_H */
