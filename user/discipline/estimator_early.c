// SPDX-License-Identifier: GPL-2.0-only
/* The first samples of an estimator. */
#include "discipline/estimator_early.h"

void early_open(struct estimator_early *early)
{
	int path;

	early->complete = true;
	early->count = 0;
	for (path = 0; path < ESTIMATOR_PATHS; path++)
		early->up_share[path] = 0.5;
}

void early_close(struct estimator_early *early)
{
	early->complete = false;
	early->count = 0;
}

void early_add(struct estimator_early *early, int path, const struct estimator_sample *sample)
{
	if (early->count >= EARLY_SAMPLES)
		early_close(early);
	if (!early->complete)
		return;
	early->taken[early->count].path = path;
	early->taken[early->count].sample = *sample;
	early->count++;
}

unsigned int early_round_trips(const struct estimator_early *early, int path, double *delay_ns)
{
	unsigned int count = 0, i;

	for (i = 0; i < early->count; i++) {
		if (early->taken[i].path == path)
			delay_ns[count++] = early->taken[i].sample.delay_ns;
	}
	return count;
}
