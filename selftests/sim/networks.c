// SPDX-License-Identifier: GPL-2.0-only
/*
 * networks COUNT [SEED]: so many clients of one to five honest servers across networks drawn at
 * random: near and far, all shapes of queueing, uneven ways, losses, routes that change, queueing
 * that comes and goes, servers that fall silent, a clock whose rate changes by as much as the bound
 * has to allow for.
 *
 * Whatever comes together, the published bound holds in every second, the clock is synchronised
 * once the first answers are there, it is stepped at its start only, and nobody is called a
 * falseticker.
 */
#include <stdbool.h>

#include "draw_world.h"
#include "draws.h"

#define EVENTS_MOST	4

#define SHORTEST_S	1500
#define LONGEST_S	20000

static void draw_network(uint64_t seed, struct draw *draw)
{
	struct world_options *world = &draw->world;
	struct random random;
	int events;

	draw_begin(draw, seed, 200, SHORTEST_S, LONGEST_S, &random);
	draw_servers(&random, world);
	events = draw_number(&random, EVENTS_MOST + 1);
	while (events--)
		draw_event(&random, world,
			   (0.2 + 0.75 * random_uniform(&random)) * world->duration_s);
}

static bool run(uint64_t seed)
{
	struct world_summary summary;
	struct draw draw;
	bool good;

	draw_network(seed, &draw);
	good = draw_run(&draw, &summary) && summary.steps <= 1 && !summary.falsetickers;
	if (!good)
		draw_describe(&draw, &summary);
	return good;
}

int main(int argc, char **argv)
{
	return draws_run(argc, argv, "networks", run);
}
