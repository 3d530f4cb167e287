// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hands what happens in a world on to all who measure it.
 */
#include "run.h"

static void on_second(void *context, const struct world_second *second)
{
	struct run *run = context;

	measure_second(&run->measure, second);
	reference_second(&run->reference, second->at_s, second->raw_ns,
			 second->at_s * 1e9 - second->raw_ns);
}

static void on_sample(void *context, int server, double raw_ns, double offset_ns, double delay_ns)
{
	struct run *run = context;

	(void)server;
	reference_sample(&run->reference, raw_ns, offset_ns, delay_ns);
}

int run_world(struct run *run, const struct world_options *world, uint64_t seed)
{
	const struct world_observer observer = { run, on_second, on_sample };

	return world_run(world, seed, &observer, &run->summary);
}
