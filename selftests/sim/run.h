/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One run of a simulated world, and all that is measured of it.
 */
#ifndef SIM_RUN_H
#define SIM_RUN_H

#include <stdint.h>

#include "measure.h"
#include "reference.h"
#include "world.h"

/**
 * struct run - of one seed
 * @measure: of the client's clocks; measure_start() comes before the run
 * @reference: the filters to compare with; reference_start() comes before the run
 * @summary: what the world counted
 */
struct run {
	struct measure measure;
	struct reference reference;
	struct world_summary summary;
};

/* Run the world with @seed. 0, or -errno. */
int run_world(struct run *run, const struct world_options *world, uint64_t seed);

#endif /* SIM_RUN_H */
