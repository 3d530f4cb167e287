/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What worlds drawn at random have in common: honest servers across networks of all kinds, what may
 * happen to these, and the judgement of the published bound in every second.
 */
#ifndef SIM_DRAW_WORLD_H
#define SIM_DRAW_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "random.h"
#include "world.h"

/**
 * struct draw - a world, and what came of its bound
 * @seed: it was drawn from
 * @world: it
 * @violations: seconds in which the truth was outside the bound
 * @first_s: the first of them ...
 * @error_ns: ... with this error ...
 * @bound_ns: ... and this bound
 */
struct draw {
	uint64_t seed;
	struct world_options world;
	unsigned int violations;
	double first_s;
	double error_ns;
	double bound_ns;
};

/* Between -@most and @most, evenly. */
double draw_side(struct random *random, double most);

/* From 0 to @count - 1, evenly. */
int draw_number(struct random *random, int count);

/*
 * Begin a world of @seed, and @random with it, of which @stream is for this kind of world: how long
 * it lasts, its oscillator, and how far the system clock is off at the start.
 */
void draw_begin(struct draw *draw, uint64_t seed, uint64_t stream, double shortest_s,
		double longest_s, struct random *random);

/* One to five servers, near and far, whose clocks are as right as they say. */
void draw_servers(struct random *random, struct world_options *world);

/* Something happens to the @server, -1: to all, or to the world. It can still be changed. */
struct world_event *draw_add_event(struct world_options *world, double at_s,
				   enum world_event_kind kind, int server, double value);

/* A route or its queueing changes, servers fall silent, or the counter's rate changes. */
void draw_event(struct random *random, struct world_options *world, double at_s);

/* Run it. true: the bound held in every second. */
bool draw_run(struct draw *draw, struct world_summary *summary);

/* Say what was drawn, and what came of it. */
void draw_describe(const struct draw *draw, const struct world_summary *summary);

#endif /* SIM_DRAW_WORLD_H */
