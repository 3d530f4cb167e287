// SPDX-License-Identifier: GPL-2.0-only
/*
 * Servers, networks and what happens to them, drawn at random. See draw_world.h.
 */
#include "draw_world.h"

#include <math.h>
#include <stdio.h>

#include "user/lib/time_units.h"

#define SERVERS_MOST	5

/* What the rate changes by at once: less than the bound allows for, as it wanders as well. */
#define JUMP_MOST	0.9e-6

double draw_side(struct random *random, double most)
{
	return most * (2 * random_uniform(random) - 1);
}

int draw_number(struct random *random, int count)
{
	return (int)(count * random_uniform(random));
}

static double draw_way_ns(struct random *random)
{
	return random_log(random, 30e3, 80e6);
}

static double draw_jitter_ns(struct random *random)
{
	return random_log(random, 2e3, 20e6);
}

static void draw_path(struct random *random, struct path_options *path)
{
	double way_ns = draw_way_ns(random);
	double uneven = random_uniform(random) < 0.25 ? draw_side(random, 0.9) : 0;

	path->up_ns = way_ns * (1 + uneven);
	path->down_ns = way_ns * (1 - uneven);
	path->jitter_ns = draw_jitter_ns(random);
	path->shape = (enum path_shape)draw_number(random, PATH_NORMAL);
	path->skew = random_uniform(random) < 0.25 ? draw_side(random, 1) : 0;
	path->loss = random_uniform(random) < 0.25 ? 0.4 * random_uniform(random) : 0;
}

static void draw_server(struct random *random, int minpoll, int maxpoll,
			struct world_server *server)
{
	*server = (struct world_server){
		.stratum = 1,
		.source = {
			.kind = SOURCE_SERVER, .minpoll = minpoll, .maxpoll = maxpoll,
			.iburst = random_uniform(random) < 0.6,
		},
	};
	draw_path(random, &server->path);
	if (random_uniform(random) > 0.3)
		return;
	server->root_dispersion_ns = random_log(random, 10e3, 5e6);
	server->offset_ns = draw_side(random, 0.9 * server->root_dispersion_ns);
}

void draw_begin(struct draw *draw, uint64_t seed, uint64_t stream, double shortest_s,
		double longest_s, struct random *random)
{
	struct world_options *world = &draw->world;

	*draw = (struct draw){ .seed = seed };
	random_seed(random, seed, stream);
	world_options_init(world);
	world->duration_s = floor(random_log(random, shortest_s, longest_s));
	world->oscillator.wander = random_log(random, 1e-11, 3e-9);
	world->oscillator.frequency = draw_side(random, 80e-6);
	world->offset_ns = random_uniform(random) < 0.5 ? 0 : draw_side(random, 5e9);
}

void draw_servers(struct random *random, struct world_options *world)
{
	int minpoll = draw_number(random, 7);
	int maxpoll = minpoll + draw_number(random, 5);
	size_t i;

	world->servers = 1 + (size_t)draw_number(random, SERVERS_MOST);
	for (i = 0; i < world->servers; i++)
		draw_server(random, minpoll, maxpoll, &world->server[i]);
}

struct world_event *draw_add_event(struct world_options *world, double at_s,
				   enum world_event_kind kind, int server, double value)
{
	struct world_event *event = &world->event[world->events++];

	*event = (struct world_event){
		.at_s = floor(at_s), .kind = kind, .server = server, .value = value,
	};
	return event;
}

void draw_event(struct random *random, struct world_options *world, double at_s)
{
	int server = draw_number(random, (int)world->servers);

	switch (draw_number(random, 5)) {
	case 0:
		draw_add_event(world, at_s, WORLD_ROUTE, server, draw_way_ns(random))->value2 =
			draw_way_ns(random);
		break;
	case 1:
		draw_add_event(world, at_s, WORLD_JITTER, server, draw_jitter_ns(random));
		break;
	case 2:
		server = random_uniform(random) < 0.5 ? server : -1;
		draw_add_event(world, at_s, WORLD_SILENT, server, 1);
		draw_add_event(world, at_s + random_log(random, 30, 5000), WORLD_SILENT, server, 0);
		break;
	case 3:
		draw_add_event(world, at_s, WORLD_FREQUENCY, -1, draw_side(random, JUMP_MOST));
		break;
	case 4:
		draw_add_event(world, at_s, WORLD_AGING, -1, draw_side(random, 1e-10));
		break;
	}
}

static void on_second(void *context, const struct world_second *second)
{
	struct draw *draw = context;
	double error_ns = fabs(second->timescale_ns);

	if (error_ns <= second->maxerror_ns || draw->violations++)
		return;
	draw->first_s = second->at_s;
	draw->error_ns = error_ns;
	draw->bound_ns = second->maxerror_ns;
}

bool draw_run(struct draw *draw, struct world_summary *summary)
{
	const struct world_observer observer = { draw, on_second, NULL };

	return !world_run(&draw->world, draw->seed, &observer, summary) && !draw->violations;
}

static void describe_host(const struct host_clock_options *host)
{
	printf("#   host: %.3f ms off, %.3f ppm, wander %g, ", host->offset_ns / 1e6,
	       host->oscillator.frequency * 1e6, host->oscillator.wander);
	printf("bracket %.0f ns, apart %.3f ms\n", host->bracket_ns, host->apart_ns / 1e6);
}

void draw_describe(const struct draw *draw, const struct world_summary *summary)
{
	size_t i;

	printf("# MISSED seed %llu, %.0f s: %u s outside the bound, first after %.0f s ",
	       (unsigned long long)draw->seed, draw->world.duration_s, draw->violations,
	       draw->first_s);
	printf("(%.3f ms by %.3f ms), %d steps, falsetickers %#x\n", draw->error_ns / 1e6,
	       draw->bound_ns / 1e6, summary->steps, summary->falsetickers);
	if (draw->world.has_host)
		describe_host(&draw->world.host);
	for (i = 0; i < draw->world.servers; i++) {
		const struct world_server *server = &draw->world.server[i];
		const struct path_options *path = &server->path;

		printf("#   server %zu: polls %d to %d, up %.3f ms, down %.3f ms, jitter %.3f ms, ",
		       i, server->source.minpoll, server->source.maxpoll, path->up_ns / 1e6,
		       path->down_ns / 1e6, path->jitter_ns / 1e6);
		printf("shape %d, skew %.2f, loss %.2f, %.3f ms off\n", (int)path->shape,
		       path->skew, path->loss, server->offset_ns / 1e6);
	}
	for (i = 0; i < draw->world.events; i++) {
		const struct world_event *event = &draw->world.event[i];

		printf("#   at %.0f s: event %d of server %d, %g, %g\n", event->at_s,
		       (int)event->kind, event->server, event->value, event->value2);
	}
}
