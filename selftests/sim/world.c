// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated client: an event loop over one second at a time, as user/main.c's is over poll(2).
 * What clocks and networks do is oscillator.c's and path.c's; what it all means is the scenario's.
 */
#include "world.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "client_clock.h"

#define NS_PER_S	1e9

/* What the server takes to answer, and how long the client waits for it. */
#define PROCESSING_NS	10e3
#define TIMEOUT_NS	1e9

enum stream {
	STREAM_COUNTER,
	STREAM_HOST,
	STREAM_NOISE,
	STREAM_PATH = 16,
	STREAM_SERVER = 64,
};

/* One request under way. */
struct exchange {
	bool pending;
	bool lost;
	double end_ns;		/* the answer arrives, or is no longer waited for */
	double sent_reference;	/* the client's stamps, by the reference */
	double sent_raw;
	double received;	/* the server's stamps */
	double answered;
	uint32_t epoch;
};

struct server {
	struct world_server options;
	struct source *source;
	struct path path;
	struct oscillator clock;
	struct exchange exchange;
};

struct world {
	struct world_options options;
	const struct world_observer *observer;
	struct world_summary *summary;
	struct client_clock clock;
	struct random noise;
	struct server server[WORLD_SERVERS];
	struct source *sources[WORLD_SERVERS];
	struct discipline *discipline;
	struct discipline_result result;
	bool synchronised;
};

void world_options_init(struct world_options *options)
{
	*options = (struct world_options){
		.duration_s = 22000,
		.settle_s = 2000,
		.oscillator.frequency = 50e-6,
		.oscillator.wander = 1e-9,
		.offset_ns = 10e6,
		.module = true,
		.discipline = {
			.step_threshold_ns = 1000000000,
			.step_limit = 3,
			.maxclockerror = 1e-6,
			.maxdistance_ns = 3000000000,
		},
	};
}

static double server_time(const struct world *world, const struct server *server, double true_ns)
{
	return oscillator_read(&server->clock, true_ns) + world->clock.shift_ns;
}

static double stamp(struct world *world, double reading_ns)
{
	if (world->options.noise_ns > 0)
		reading_ns += world->options.noise_ns * random_normal(&world->noise);
	return reading_ns;
}

static void send_request(struct world *world, struct server *server, double true_ns)
{
	struct exchange *exchange = &server->exchange;
	double up_ns, down_ns;

	source_polled(server->source, client_clock_raw(&world->clock, true_ns));
	world->summary->requests++;
	exchange->pending = true;
	exchange->lost = !path_exchange(&server->path, &up_ns, &down_ns) || server->options.silent;
	exchange->epoch = world->clock.epoch;
	exchange->sent_raw = oscillator_read(&world->clock.counter, true_ns);
	exchange->sent_reference = stamp(world, client_clock_reference(&world->clock, true_ns));
	if (server->options.path.shape == PATH_NORMAL) {
		exchange->received = server_time(world, server, true_ns) + up_ns;
		exchange->answered = exchange->received;
		exchange->end_ns = true_ns;
		return;
	}
	exchange->received = server_time(world, server, true_ns + up_ns);
	exchange->answered = exchange->received + PROCESSING_NS;
	exchange->end_ns = true_ns + up_ns + PROCESSING_NS + down_ns;
	if (exchange->lost)
		exchange->end_ns = true_ns + TIMEOUT_NS;
}

/* What the discipline decided is done to the clocks, in the order that user/main.c has. */
static int act(struct world *world, double true_ns)
{
	struct timescale_now now;
	int error;

	client_clock_now(&world->clock, true_ns, &now);
	error = discipline_update(world->discipline, world->sources, world->options.servers, &now,
				  &world->result);
	world->synchronised = world->result.synchronised;
	if (error) {
		world->summary->fatal = true;
		return error;
	}
	if (!world->result.changed)
		return 0;
	world->summary->jumps += world->result.jump;
	world->summary->leap = world->result.leap;
	client_clock_correct(&world->clock, true_ns, &world->result.correction, world->result.jump);
	if (world->result.step == DISCIPLINE_STEP) {
		world->summary->steps++;
		client_clock_step(&world->clock, true_ns);
	}
	client_clock_follow(&world->clock, true_ns);
	return 0;
}

/* With its noisy stamps, as the client has it. */
static void observe_sample(struct world *world, int index, const struct exchange *exchange,
			   double arrived, double true_ns)
{
	double raw_ns = 0.5 * (oscillator_read(&world->clock.counter, true_ns) +
			       exchange->sent_raw);
	double middle = 0.5 * (exchange->sent_reference + arrived);
	double offset_ns = 0.5 * (exchange->received + exchange->answered) - middle;
	double round_trip = arrived - exchange->sent_reference -
			    (exchange->answered - exchange->received);

	if (world->clock.has_host)
		offset_ns += middle - raw_ns;
	if (world->observer->sample)
		world->observer->sample(world->observer->context, index, raw_ns, offset_ns,
					round_trip);
}

static int finish_exchange(struct world *world, int index, double true_ns)
{
	struct server *server = &world->server[index];
	struct exchange *exchange = &server->exchange;
	int64_t raw_ns = client_clock_raw(&world->clock, true_ns);
	struct source_sample sample = { 0 };
	double arrived;

	exchange->pending = false;
	if (exchange->lost) {
		source_failed(server->source, raw_ns, -ETIMEDOUT);
		return act(world, true_ns);
	}
	arrived = stamp(world, client_clock_reference(&world->clock, true_ns));
	sample.at_ns = client_clock_int(0.5 * (exchange->sent_reference + arrived));
	sample.offset_ns = client_clock_int(0.5 * (exchange->received + exchange->answered)) -
			   sample.at_ns;
	sample.delay_ns = llrint(fmax(arrived - exchange->sent_reference -
				      (exchange->answered - exchange->received), 0));
	sample.noise_ns = llrint(world->options.noise_ns * M_SQRT2);
	sample.root_delay_ns = llrint(server->options.root_delay_ns);
	sample.root_dispersion_ns = llrint(server->options.root_dispersion_ns);
	sample.refid = (uint32_t)index + 1;
	sample.epoch = exchange->epoch;
	sample.stratum = (uint8_t)server->options.stratum;
	sample.leap = (uint8_t)server->options.leap;
	if (source_add(server->source, raw_ns, &sample))
		return 0;
	world->summary->samples++;
	observe_sample(world, index, exchange, arrived, true_ns);
	return act(world, true_ns);
}

/* The reference changed its meaning, or guest time was disrupted: as the daemon does then. */
static void rebase(struct world *world, double true_ns, bool known, double shift_ns)
{
	int64_t raw_ns = client_clock_raw(&world->clock, true_ns);
	size_t i;

	for (i = 0; i < world->options.servers; i++) {
		source_rebase(world->sources[i], world->clock.epoch, known, llrint(shift_ns));
		source_burst(world->sources[i], raw_ns, 4);
	}
	discipline_rebase(world->discipline, known, llrint(shift_ns));
}

static void change_server(struct world *world, struct server *server,
			  const struct world_event *event, double true_ns)
{
	(void)world;
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
	case WORLD_FREQUENCY:
	case WORLD_AGING:
	case WORLD_HOST_STEP:
	case WORLD_HOST_FREQUENCY:
	case WORLD_REVERT:
		break;
	}
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
		clock->host.reading_ns += event->value;
		clock->epoch++;
		rebase(world, true_ns, false, 0);
		break;
	case WORLD_HOST_FREQUENCY:
		clock->host.options.frequency = event->value;
		break;
	case WORLD_REVERT:
		clock->shift_ns += event->value;
		if (clock->has_host) {
			client_clock_step(clock, true_ns);
			client_clock_follow(clock, true_ns);
		} else if (event->value2 > 0) {
			clock->epoch++;
			rebase(world, true_ns, false, 0);
		}
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

static void apply_events(struct world *world, double true_ns)
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
				change_server(world, &world->server[j], event, true_ns);
	}
}

/* The next thing to happen: a server's index, @servers for the follower, or -1 before @end_ns. */
static int next_event(const struct world *world, double *when_ns, double end_ns)
{
	const struct client_clock *clock = &world->clock;
	size_t count = world->options.servers;
	int next = -1;
	size_t i;

	*when_ns = end_ns;
	for (i = 0; i <= count; i++) {
		double at_ns;

		if (i < count && world->server[i].exchange.pending)
			at_ns = world->server[i].exchange.end_ns;
		else
			at_ns = client_clock_when(clock, i < count ?
						  source_next_poll(world->sources[i]) :
						  clock->next_look_ns);
		if (at_ns >= *when_ns)
			continue;
		*when_ns = fmax(at_ns, clock->counter.begin_ns);
		next = (int)i;
	}
	return next;
}

static int run_second(struct world *world, double end_ns)
{
	double when_ns;
	int error = 0;
	int next;

	while (!error && (next = next_event(world, &when_ns, end_ns)) >= 0) {
		if (next == (int)world->options.servers)
			client_clock_follow(&world->clock, when_ns);
		else if (world->server[next].exchange.pending)
			error = finish_exchange(world, next, when_ns);
		else
			send_request(world, &world->server[next], when_ns);
	}
	return error;
}

static void observe_second(struct world *world, double true_ns)
{
	struct world_second second = { .at_s = true_ns / NS_PER_S };

	client_clock_describe(&world->clock, true_ns, &second);
	second.synchronised = world->synchronised;
	world->observer->second(world->observer->context, &second);
}

static int start(struct world *world, uint64_t seed)
{
	struct world_options *options = &world->options;
	size_t i;

	client_clock_start(&world->clock, options, seed);
	random_seed(&world->noise, seed, STREAM_NOISE);
	world->discipline = discipline_new(&options->discipline);
	if (!world->discipline)
		return -ENOMEM;
	for (i = 0; i < options->servers; i++) {
		struct server *server = &world->server[i];

		server->options = options->server[i];
		oscillator_start(&server->clock, &server->options.clock, server->options.offset_ns,
				 seed, STREAM_SERVER + i);
		path_start(&server->path, &server->options.path, seed, STREAM_PATH + i);
		server->source = source_new(&server->options.source,
					    client_clock_raw(&world->clock, 0));
		if (!server->source)
			return -ENOMEM;
		world->sources[i] = server->source;
	}
	return 0;
}

static void finish(struct world *world)
{
	struct source_status status;
	size_t i;

	for (i = 0; i < world->options.servers; i++) {
		if (!world->sources[i])
			continue;
		source_get_status(world->sources[i], 0, &status);
		if (status.verdict == SOURCE_FALSETICKER)
			world->summary->falsetickers |= 1U << i;
		if (status.verdict >= SOURCE_COMBINED)
			world->summary->combined |= 1U << i;
		source_free(world->sources[i]);
	}
	discipline_free(world->discipline);
}

int world_run(const struct world_options *options, uint64_t seed,
	      const struct world_observer *observer, struct world_summary *summary)
{
	struct world *world = calloc(1, sizeof(*world));
	double second_s;
	int error;
	size_t i;

	if (!world)
		return -ENOMEM;
	world->options = *options;
	world->observer = observer;
	world->summary = summary;
	memset(summary, 0, sizeof(*summary));
	error = start(world, seed);
	for (second_s = 0; !error && second_s < options->duration_s; second_s++) {
		double end_ns = (second_s + 1) * NS_PER_S;

		apply_events(world, second_s * NS_PER_S);
		error = run_second(world, end_ns);
		observe_second(world, end_ns);
		oscillator_advance(&world->clock.counter, end_ns);
		oscillator_advance(&world->clock.host, end_ns);
		for (i = 0; i < options->servers; i++)
			oscillator_advance(&world->server[i].clock, end_ns);
	}
	finish(world);
	free(world);
	return error == -ERANGE ? 0 : error;
}
