// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated client: an event loop over one second at a time, as user/daemon/main.c's is over
 * poll(2).
 * What clocks and networks do is oscillator.c's and path.c's; what it all means is the scenario's.
 */
#include "world_private.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What the server takes to answer, and how long the client waits for it. */
#define PROCESSING_NS	10e3
#define TIMEOUT_NS	1e9

void world_options_init(struct world_options *options)
{
	*options = (struct world_options){
		.duration_s = 22000,
		.settle_s = 2000,
		.oscillator.frequency = 50e-6,
		.oscillator.wander = 1e-9,
		.offset_ns = 10e6,
		.module = true,
		.host.check_ns = 1e9,
		.host.apart_ns = 10e6,
		.host.slew_ns = 10e9,
		.discipline = {
			.step_threshold_ns = 1000000000,
			.step_limit = 3,
			.maxclockerror = 1e-6,
			.maxdistance_ns = 3000000000,
		},
	};
}

static double server_time(const struct server *server, double true_ns)
{
	return oscillator_read(&server->clock, true_ns);
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
	/* The first hours are asked about by their own limits. */
	if (true_ns >= world->options.settle_s * NS_PER_S)
		world->summary->requests++;
	exchange->pending = true;
	exchange->lost = !path_exchange(&server->path, &up_ns, &down_ns) || server->options.silent;
	exchange->epoch = world->epoch;
	exchange->sent_raw = oscillator_read(&world->clock.counter, true_ns);
	exchange->sent_reference = stamp(world, client_clock_reference(&world->clock, true_ns));
	if (server->options.path.shape == PATH_NORMAL) {
		exchange->received = server_time(server, true_ns) + up_ns;
		exchange->answered = exchange->received;
		exchange->end_ns = true_ns;
		return;
	}
	exchange->received = server_time(server, true_ns + up_ns);
	exchange->answered = exchange->received + PROCESSING_NS;
	exchange->end_ns = true_ns + up_ns + PROCESSING_NS + down_ns;
	if (exchange->lost)
		exchange->end_ns = true_ns + TIMEOUT_NS;
}

/* What the sources say of the host is done to it. */
static void judge_host(struct world *world, double true_ns)
{
	bool demote = world->result.demote_host;

	if (!demote && !world->result.reinstate_host)
		return;
	world->summary->demotions += demote;
	world->summary->reinstatements += !demote;
	client_clock_demote(&world->clock, true_ns, demote);
	world_check_epoch(world, true_ns);
}

/* As steering_correct() and steering_judge(). */
static void correct(struct world *world, double true_ns)
{
	const struct discipline_result *result = &world->result;
	bool confirmed = result->synchronised && result->measured;
	bool wrong = world->disrupted && confirmed &&
		     chime_abs_sat(result->step_ns) > result->correction.maxerror_ns;

	client_clock_correct(&world->clock, true_ns, &result->correction, result->jump || wrong);
	if (result->measured)
		follower_expect_news(&world->clock.follower);
	else
		follower_expect_change(&world->clock.follower);
	if (result->anew)
		follower_expect_anew(&world->clock.follower);
	if (confirmed)
		world->disrupted = false;
	if (result->step == DISCIPLINE_STEP ||
	    (wrong && world_steps_after_disruption(result->step_ns))) {
		world->summary->steps++;
		client_clock_step(&world->clock, true_ns);
	}
}

/*
 * The result is as of @disruptions: what the module has noticed since, as it looked at the host
 * before the correction, the daemon learns afterwards, and nothing has confirmed the clock since.
 */
static void correct_and_learn(struct world *world, double true_ns, unsigned int disruptions)
{
	bool noticed = world->disruptions != disruptions;

	if (noticed)
		world->disrupted = false;
	correct(world, true_ns);
	world->disrupted |= noticed;
}

/* What the discipline decided is done to the clocks, in the order that the daemon has. */
static int act(struct world *world, double true_ns)
{
	unsigned int disruptions = world->disruptions;
	struct timescale_now now;
	int error;

	client_clock_now(&world->clock, true_ns, &now);
	world_note_followed(world, &now);
	if (!world_judge_sources(world, true_ns, &now))
		return 0;
	discipline_select(world->discipline, world->sources, world->options.servers, &now,
			  &world->result.selection);
	error = discipline_update(world->discipline, world->sources, world->options.servers, &now,
				  &world->result);
	world->synchronised = world->result.synchronised;
	if (error) {
		world->summary->fatal = true;
		return error;
	}
	if (!world->result.changed)
		return 0;
	world->summary->leap = world->result.leap;
	if (world_is_stale(world, true_ns))
		return 0;
	world->summary->jumps += world->result.jump;
	correct_and_learn(world, true_ns, disruptions);
	client_clock_follow(&world->clock, true_ns);
	judge_host(world, true_ns);
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

	if (world->clock.module)
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
	struct timescale_now now;
	double arrived;

	exchange->pending = false;
	if (exchange->lost) {
		source_failed(server->source, raw_ns, -ETIMEDOUT);
		return act(world, true_ns);
	}
	client_clock_now(&world->clock, true_ns, &now);
	arrived = stamp(world, client_clock_reference(&world->clock, true_ns));
	sample.at_ns = client_clock_int(0.5 * (exchange->sent_reference + arrived));
	sample.offset_ns = client_clock_int(0.5 * (exchange->received + exchange->answered)) -
			   sample.at_ns;
	sample.delay_ns = llrint(fmax(arrived - exchange->sent_reference -
				      (exchange->answered - exchange->received), 0));
	sample.noise_ns = llrint(world->options.noise_ns * M_SQRT2);
	sample.root_delay_ns = llrint(server->options.root_delay_ns);
	sample.root_dispersion_ns = llrint(server->options.root_dispersion_ns);
	sample.refid = server->options.refid ? server->options.refid : (uint32_t)index + 1;
	sample.epoch = exchange->epoch;
	sample.followed_ns = now.followed_ns;
	sample.stratum = (uint8_t)server->options.stratum;
	sample.leap = (uint8_t)server->options.leap;
	if (source_add(server->source, raw_ns, &sample))
		return 0;
	world->summary->samples++;
	observe_sample(world, index, exchange, arrived, true_ns);
	return act(world, true_ns);
}

/* What happens beside the servers' answers; numbered from the last server on. */
enum turn {
	TURN_FOLLOW,
	TURN_PAIR,
	TURN_HEAR,
	TURNS,
};

static int64_t turn_raw_ns(const struct world *world, enum turn turn)
{
	switch (turn) {
	case TURN_FOLLOW:
		return world->clock.next_check_ns;
	case TURN_PAIR:
		return world->clock.next_pairing_ns;
	case TURN_HEAR:
		return world->check_again_ns;
	case TURNS:
		break;
	}
	return INT64_MAX;
}

/* The next thing to happen: a server's index, or a turn's beyond; -1: nothing before @end_ns. */
static int next_event(const struct world *world, double *when_ns, double end_ns)
{
	const struct client_clock *clock = &world->clock;
	size_t count = world->options.servers;
	int next = -1;
	size_t i;

	*when_ns = end_ns;
	for (i = 0; i < count + TURNS; i++) {
		double at_ns;

		if (i < count && world->server[i].exchange.pending)
			at_ns = world->server[i].exchange.end_ns;
		else if (i < count)
			at_ns = client_clock_when(clock,
						  source_next_poll(world->sources[i]));
		else
			at_ns = client_clock_when(clock,
						  turn_raw_ns(world, (enum turn)(i - count)));
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
		int turn = next - (int)world->options.servers;

		if (turn == TURN_FOLLOW)
			client_clock_follow(&world->clock, when_ns);
		else if (turn == TURN_PAIR)
			world_pair(world, when_ns);
		else if (turn == TURN_HEAR)
			error = act(world, when_ns);
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
	/* With a host alone it is the module that says how well the time is known. */
	second.synchronised = world->options.servers ? world->synchronised :
						       isfinite(second.maxerror_ns);
	world->observer->second(world->observer->context, &second);
}

static int start(struct world *world, uint64_t seed)
{
	struct world_options *options = &world->options;
	struct timescale_now now;
	size_t i;

	if (client_clock_start(&world->clock, options, seed))
		return -ENOMEM;
	client_clock_now(&world->clock, 0, &now);
	world->epoch = now.epoch;
	world->check_again_ns = INT64_MAX;
	random_seed(&world->noise, seed, STREAM_NOISE);
	world->discipline = discipline_new(&options->discipline);
	world->consensus = consensus_new();
	if (!world->discipline || !world->consensus)
		return -ENOMEM;
	if (options->drift.known)
		discipline_prime_rate(world->discipline, -options->drift.frequency,
				      options->drift.sigma);
	for (i = 0; i < options->servers; i++) {
		struct server *server = &world->server[i];

		server->options = options->server[i];
		server->options.source.maxclockerror = options->discipline.maxclockerror;
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
	consensus_free(world->consensus);
	discipline_free(world->discipline);
	client_clock_finish(&world->clock);
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

		world_apply_events(world, second_s * NS_PER_S);
		error = run_second(world, end_ns);
		observe_second(world, end_ns);
		oscillator_advance(&world->clock.counter, end_ns);
		host_clock_advance(&world->clock.host, end_ns);
		for (i = 0; i < options->servers; i++)
			oscillator_advance(&world->server[i].clock, end_ns);
	}
	finish(world);
	free(world);
	return error == -ERANGE ? 0 : error;
}
