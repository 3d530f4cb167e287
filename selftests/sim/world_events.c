// SPDX-License-Identifier: GPL-2.0-only
/*
 * What happens to a simulated client and its servers, and what the module and the daemon do then.
 */
#include "world_private.h"

#include <math.h>

static void change_reference(struct world *world, const struct reference_change *change)
{
	size_t i;

	for (i = 0; i < world->options.servers; i++)
		source_change_reference(world->sources[i], world->epoch, change);
	discipline_change_reference(world->discipline, change);
	consensus_forget(world->consensus);
}

void world_burst(struct world *world, double true_ns, int count)
{
	int64_t raw_ns = client_clock_raw(&world->clock, true_ns);
	size_t i;

	for (i = 0; i < world->options.servers; i++)
		source_burst(world->sources[i], raw_ns, count, !world->reported_by_sources);
}

void world_note_followed(struct world *world, const struct timescale_now *now)
{
	size_t i;

	for (i = 0; i < world->options.servers; i++)
		source_set_followed(world->sources[i], now->followed_ns);
}

void world_check_epoch(struct world *world, double true_ns)
{
	struct reference_change change;
	struct timescale_now now;

	client_clock_now(&world->clock, true_ns, &now);
	world_note_followed(world, &now);
	if (now.epoch == world->epoch)
		return;
	change = timescale_change_since(&now, world->epoch);
	world->epoch = now.epoch;
	change_reference(world, &change);
	if (!reference_change_keeps_offset(&change))
		world_burst(world, true_ns, WORLD_BURST);
}

static enum truechime_cause disruption_cause(const struct world *world)
{
	if (world->host_leapt)
		return TRUECHIME_CAUSE_LEAP;
	return world->host_stepped ? TRUECHIME_CAUSE_HOST_STEP : TRUECHIME_CAUSE_REVERT;
}

void world_pair(struct world *world, double true_ns)
{
	bool counts = true_ns > world->options.settle_s * NS_PER_S;
	enum truechime_cause cause = disruption_cause(world);
	struct guest_module_check look;
	struct timescale_now now;

	client_clock_pair(&world->clock, true_ns, cause,
			  counts ? &world->summary->host : NULL, &look);
	if (look.unsure)
		return;
	world->host_stepped = false;
	world->host_leapt = false;
	world->stopped = false;
	if (look.returned)
		world_check_epoch(world, true_ns);
	if (!look.jumped)
		return;
	client_clock_now(&world->clock, true_ns, &now);
	if (!look.outlived && guest_module_steps(world->clock.module, now.time_ns -
						 now.realtime_ns)) {
		client_clock_step(&world->clock, true_ns);
		world->summary->steps++;
	}
	world_check_epoch(world, true_ns);
	if (discipline_is_suspect(world->discipline, &now))
		change_reference(world, &REFERENCE_JUMPED);
	world->disrupted |= !look.outlived;
	world->disruptions += !look.outlived;
	client_clock_follow(&world->clock, true_ns);
	world_burst(world, true_ns, WORLD_BURST);
}

bool world_is_stale(struct world *world, double true_ns)
{
	uint32_t epoch = world->epoch;

	/* A look that is waiting will see it. */
	if ((world->host_stepped || world->stopped) && !world->clock.unsure)
		world_pair(world, true_ns);
	return world->epoch != epoch;
}

/* Whatever was on its way to the guest arrives at nobody. */
static void stop(struct world *world, double gap_ns, double true_ns)
{
	size_t i;

	client_clock_stop(&world->clock, true_ns, gap_ns);
	world->stopped = world->clock.module;
	for (i = 0; i < world->options.servers; i++) {
		struct server *server = &world->server[i];

		oscillator_elapse(&server->clock, true_ns, gap_ns);
		server->exchange.lost = true;
	}
}

static void lose(struct world *world, double gap_ns, double true_ns)
{
	client_clock_lose(&world->clock, true_ns, gap_ns);
	world_check_epoch(world, true_ns);
	world->disrupted = true;
}

/* The estimates leap with the clocks, as the daemon's do. */
static void leap(struct world *world, double change_ns, double true_ns)
{
	const struct reference_change change = { .leap_ns = llrint(change_ns) };

	client_clock_leap(&world->clock, true_ns, change_ns);
	world->host_stepped = world->clock.module;
	world->host_leapt = world->clock.module;
	change_reference(world, &change);
}

static void change_server(struct server *server, const struct world_event *event, double true_ns)
{
	switch (event->kind) {
	case WORLD_ROUTE:
		server->path.options.up_ns = event->value;
		server->path.options.down_ns = event->value2;
		break;
	case WORLD_JITTER:
		server->path.options.jitter_ns = event->value;
		break;
	case WORLD_SILENT:
		server->options.silent = event->value > 0;
		break;
	case WORLD_SERVER_STEP:
		server->clock.reading_ns += event->value;
		break;
	case WORLD_SERVER_FREQUENCY:
		server->clock.reading_ns = oscillator_read(&server->clock, true_ns);
		server->clock.begin_ns = true_ns;
		server->clock.options.frequency = event->value;
		server->clock.frequency = event->value;
		break;
	case WORLD_LEAP:
		server->options.leap = (int)event->value;
		break;
	case WORLD_LEAP_SECOND:
		server->clock.reading_ns += event->value;
		server->exchange.lost = true;
		break;
	case WORLD_FREQUENCY:
	case WORLD_AGING:
	case WORLD_HOST_STEP:
	case WORLD_HOST_FREQUENCY:
	case WORLD_REVERT:
	case WORLD_SUSPEND:
		break;
	}
}

/* A look at the host tells one disruption: of two at one instant the first is seen first. */
static void look_first(struct world *world, double true_ns)
{
	if (!world->clock.module)
		return;
	if (world->host_stepped || world->stopped)
		world_pair(world, true_ns);
	/* There is no time left to wait. */
	if (world->clock.unsure)
		world_pair(world, true_ns);
}

static void change_client(struct world *world, const struct world_event *event, double true_ns)
{
	struct client_clock *clock = &world->clock;

	switch (event->kind) {
	case WORLD_FREQUENCY:
		clock->counter.options.frequency += event->value;
		break;
	case WORLD_AGING:
		clock->counter.options.aging = event->value;
		break;
	case WORLD_HOST_STEP:
		look_first(world, true_ns);
		host_clock_set(&clock->host, event->value);
		world->host_stepped = true;
		break;
	case WORLD_HOST_FREQUENCY:
		host_clock_set_frequency(&clock->host, true_ns, event->value);
		break;
	case WORLD_LEAP_SECOND:
		look_first(world, true_ns);
		leap(world, event->value, true_ns);
		break;
	case WORLD_REVERT:
		look_first(world, true_ns);
		stop(world, event->value, true_ns);
		if (!clock->module && event->value2 > 0)
			lose(world, 0, true_ns);
		break;
	case WORLD_SUSPEND:
		look_first(world, true_ns);
		stop(world, event->value, true_ns);
		if (!clock->module)
			lose(world, event->value + event->value2, true_ns);
		break;
	case WORLD_ROUTE:
	case WORLD_JITTER:
	case WORLD_SILENT:
	case WORLD_SERVER_STEP:
	case WORLD_SERVER_FREQUENCY:
	case WORLD_LEAP:
		break;
	}
}

void world_apply_events(struct world *world, double true_ns)
{
	size_t i, j;

	for (i = 0; i < world->options.events; i++) {
		struct world_event *event = &world->options.event[i];

		if (event->done || event->at_s * NS_PER_S > true_ns)
			continue;
		event->done = true;
		change_client(world, event, true_ns);
		for (j = 0; j < world->options.servers; j++)
			if (event->server < 0 || event->server == (int)j)
				change_server(&world->server[j], event, true_ns);
	}
}
