// SPDX-License-Identifier: GPL-2.0-only
/*
 * disruptions COUNT [SEED]: so many clients beside a host and one to five honest servers, to which
 * much happens within minutes: reverts, suspends, steps of the host's clock, a leap second, servers
 * that fall silent, routes and queueing that change. The host is disciplined or runs free, and its
 * clock may be read coarsely; it is not slewed.
 *
 * Whatever comes together, the published bound holds in every second, nobody is called a
 * falseticker, and nothing is stepped without need.
 */
#include <math.h>
#include <stdbool.h>

#include "draw_world.h"
#include "draws.h"
#include "user/lib/time_units.h"

#define EVENTS_LEAST	2
#define EVENTS_MOST	6

#define SHORTEST_S	1500
#define LONGEST_S	12000

/* From one event to the next. */
#define SOON_S		1
#define LATE_S		600

/* Each disruption is repaired as the host has it, and again if the sources know better. */
#define STEPS_EACH	2

static void draw_host(struct random *random, struct world_options *world)
{
	struct host_clock_options *host = &world->host;

	world->has_host = true;
	if (random_uniform(random) < 0.5)
		host->offset_ns = (random_uniform(random) < 0.5 ? -1 : 1) *
				  random_log(random, 1e3, 1e9);
	host->oscillator.wander = random_log(random, 1e-12, 1e-9);
	if (random_uniform(random) < 0.4)
		host->oscillator.frequency = draw_side(random, 20e-6);
	if (random_uniform(random) < 0.3)
		host->bracket_ns = random_log(random, 100, 20e3);
	if (random_uniform(random) < 0.3)
		host->apart_ns = 0;
}

static void draw_disruption(struct random *random, struct world_options *world, double at_s)
{
	double gap_ns = floor(random_log(random, 5, 1e6)) * NS_PER_S_REAL;
	double step_ns = random_log(random, 2e6, 1e12);

	switch (draw_number(random, 4)) {
	case 0:
	case 1:
		draw_add_event(world, at_s, WORLD_REVERT, -1, gap_ns);
		break;
	case 2:
		draw_add_event(world, at_s, WORLD_SUSPEND, -1, gap_ns);
		break;
	case 3:
		draw_add_event(world, at_s, WORLD_HOST_STEP, -1,
			       random_uniform(random) < 0.5 ? -step_ns : step_ns);
		break;
	}
}

static void draw_beside_host(uint64_t seed, struct draw *draw)
{
	struct world_options *world = &draw->world;
	struct random random;
	double at_s;
	int events;

	draw_begin(draw, seed, 300, SHORTEST_S, LONGEST_S, &random);
	draw_host(&random, world);
	draw_servers(&random, world);
	at_s = (0.1 + 0.4 * random_uniform(&random)) * world->duration_s;
	events = EVENTS_LEAST + draw_number(&random, EVENTS_MOST - EVENTS_LEAST + 1);
	while (events--) {
		at_s += random_log(&random, SOON_S, LATE_S);
		if (random_uniform(&random) < 0.6)
			draw_disruption(&random, world, at_s);
		else
			draw_event(&random, world, at_s);
	}
	if (random_uniform(&random) < 0.3)
		draw_add_event(world, random_uniform(&random) * world->duration_s,
			       WORLD_LEAP_SECOND, -1,
			       random_uniform(&random) < 0.5 ? -NS_PER_S_REAL : NS_PER_S_REAL);
}

static bool is_disruption(enum world_event_kind kind)
{
	return kind == WORLD_REVERT || kind == WORLD_SUSPEND || kind == WORLD_HOST_STEP;
}

/* One is at the start. */
static int steps_most(const struct world_options *world)
{
	int most = 1;
	size_t i;

	for (i = 0; i < world->events; i++)
		if (is_disruption(world->event[i].kind))
			most += STEPS_EACH;
	return most;
}

static bool run(uint64_t seed)
{
	struct world_summary summary;
	struct draw draw;
	bool good;

	draw_beside_host(seed, &draw);
	good = draw_run(&draw, &summary) && summary.steps <= steps_most(&draw.world) &&
	       !summary.falsetickers;
	if (!good)
		draw_describe(&draw, &summary);
	return good;
}

int main(int argc, char **argv)
{
	return draws_run(argc, argv, "disruptions", run);
}
