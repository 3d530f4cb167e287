// SPDX-License-Identifier: GPL-2.0-only
/*
 * reverts COUNT [SEED]: so many reverts drawn at random, of clients of any age, by gaps from a
 * minute to 400 days, beside hosts that are disciplined or run free, across networks good and bad.
 *
 * The servers are silent for some seconds afterwards, so that what the repair made of the
 * correction alone shows: the published bound holds in every second of every run, and beside a
 * disciplined host nothing is added to the error from before. Half of the clients then get their
 * first answers late, on one way: these add nothing either. Once they have answered the system
 * clock is as right as the timescale.
 */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "draws.h"
#include "random.h"
#include "user/lib/time_units.h"
#include "world.h"

#define DAY_S		86400.0

/* From the revert on nobody answers for so long, and everybody for as long again. */
#define SILENT_S	5
#define ANSWERS_S	60

/*
 * The answers to the requests of so many seconds are late, each way back or there by as much as the
 * memory of a reverted guest takes to be fetched anew.
 */
#define LATE_S		4
#define LATE_LEAST_NS	2e6
#define LATE_MOST_NS	20e6

/* In which the system clock has to have been set right. */
#define SETTLED_S	3

/* What a revert beside a disciplined host may add. */
#define ADDED_NS	1e6

/* What the first answers may add to that, so long after the first one. */
#define ANSWERED_NS	1e6
#define ANSWERED_S	2

/* What the system clock may be beside the timescale: what the policy leaves to be slewed. */
#define BESIDE_NS	1.1e6

struct draw {
	uint64_t seed;
	double age_s;
	double gap_s;
	double jitter_ns;
	bool free;
	bool late;
	struct world_options world;
	double second_s;
	/* what came of it */
	double before_ns;
	double after_ns;
	double answered_s;
	double answered_ns;
	double beside_ns;
	double bound_ns;
	unsigned int violations;
};

static void draw_server(struct random *random, const struct draw *draw,
			struct world_server *server)
{
	*server = (struct world_server){ .stratum = 1 };
	server->path.up_ns = random_log(random, 50e3, 20e6);
	server->path.down_ns = server->path.up_ns;
	server->path.jitter_ns = draw->jitter_ns;
	server->root_dispersion_ns = 10e3;
	server->source.minpoll = (int)(7 * random_uniform(random));
	server->source.maxpoll = server->source.minpoll + (int)(5 * random_uniform(random));
	server->source.iburst = random_uniform(random) < 0.7;
	server->source.kind = SOURCE_SERVER;
}

static void draw_host(struct random *random, struct draw *draw)
{
	struct host_clock_options *host = &draw->world.host;
	double side = random_uniform(random) < 0.5 ? -1 : 1;

	draw->free = random_uniform(random) < 0.5;
	host->offset_ns = side * random_log(random, 1e3, 20e6);
	if (!draw->free)
		return;
	host->oscillator.frequency = (random_uniform(random) < 0.5 ? -1 : 1) *
				     random_log(random, 0.5e-6, 50e-6);
	host->oscillator.wander = random_log(random, 1e-11, 1e-9);
}

static void add_event(struct draw *draw, double at_s, enum world_event_kind kind, double value)
{
	draw->world.event[draw->world.events++] = (struct world_event){
		.at_s = at_s,
		.kind = kind,
		.server = -1,
		.value = value,
	};
}

/* The first answers take longer, on one way: then the paths are as they were. */
static void draw_late_answers(struct random *random, struct draw *draw)
{
	bool back = random_uniform(random) < 0.7;
	size_t i;

	for (i = 0; i < draw->world.servers; i++) {
		const struct path_options *path = &draw->world.server[i].path;
		double late_ns = random_log(random, LATE_LEAST_NS, LATE_MOST_NS);
		struct world_event event = {
			.at_s = draw->age_s + SILENT_S,
			.kind = WORLD_ROUTE,
			.server = (int)i,
			.value = path->up_ns + (back ? 0 : late_ns),
			.value2 = path->down_ns + (back ? late_ns : 0),
		};

		draw->world.event[draw->world.events++] = event;
		event.at_s += LATE_S;
		event.value = path->up_ns;
		event.value2 = path->down_ns;
		draw->world.event[draw->world.events++] = event;
	}
}

static void draw_revert(uint64_t seed, struct draw *draw)
{
	struct random random;
	size_t i;

	*draw = (struct draw){ .seed = seed };
	random_seed(&random, seed, 100);
	world_options_init(&draw->world);
	draw->age_s = random_uniform(&random) < 0.1 ? DAY_S : 7200;
	draw->age_s = floor(random_log(&random, 20, draw->age_s));
	draw->gap_s = floor(random_log(&random, 60, 400 * DAY_S));
	draw->jitter_ns = random_log(&random, 10e3, 10e6);
	draw->world.oscillator.wander = random_log(&random, 1e-11, 1e-9);
	draw->world.has_host = true;
	draw_host(&random, draw);
	draw->world.servers = (size_t)(1 + 4 * random_uniform(&random));
	for (i = 0; i < draw->world.servers; i++)
		draw_server(&random, draw, &draw->world.server[i]);
	draw->world.duration_s = draw->age_s + SILENT_S + ANSWERS_S;
	draw->world.settle_s = 0;
	add_event(draw, draw->age_s, WORLD_SILENT, 1);
	add_event(draw, draw->age_s, WORLD_REVERT, draw->gap_s * NS_PER_S_REAL);
	add_event(draw, draw->age_s + SILENT_S, WORLD_SILENT, 0);
	draw->late = random_uniform(&random) < 0.5;
	if (draw->late)
		draw_late_answers(&random, draw);
}

static void on_second(void *context, const struct world_second *second)
{
	struct draw *draw = context;
	double error_ns = fabs(second->timescale_ns);

	draw->second_s = second->at_s;
	draw->violations += error_ns > second->maxerror_ns;
	if (second->at_s <= draw->age_s)
		draw->before_ns = error_ns;
	if (second->at_s == draw->age_s + 1) {
		draw->after_ns = error_ns;
		draw->bound_ns = second->maxerror_ns;
	}
	if (draw->answered_s > 0 && second->at_s == draw->answered_s + ANSWERED_S)
		draw->answered_ns = error_ns;
	if (second->at_s == draw->age_s + SILENT_S + ANSWERS_S)
		draw->beside_ns = fabs(second->clock_ns - second->timescale_ns);
}

/* In the second that is over when the next one is seen. */
static void on_sample(void *context, int server, double raw_ns, double offset_ns, double delay_ns)
{
	struct draw *draw = context;

	(void)server;
	(void)raw_ns;
	(void)offset_ns;
	(void)delay_ns;
	if (!draw->answered_s && draw->second_s >= draw->age_s + SILENT_S)
		draw->answered_s = draw->second_s + 1;
}

static bool is_good(const struct draw *draw)
{
	return !draw->violations && draw->beside_ns <= BESIDE_NS &&
	       (draw->free || (draw->after_ns - draw->before_ns <= ADDED_NS &&
			       draw->answered_ns - draw->before_ns <= ANSWERED_NS));
}

static void describe(const struct draw *draw, bool good)
{
	printf("# %s seed %llu: age %.0f s, gap %.0f s, jitter %.3f ms, %zu servers, ",
	       good ? "fine" : "MISSED", (unsigned long long)draw->seed, draw->age_s, draw->gap_s,
	       draw->jitter_ns / 1e6, draw->world.servers);
	printf("answers %s, ", draw->late ? "late" : "as usual");
	printf("host %s %.1f ppm: error %.3f ms before, %.3f ms after by a bound of %.3f ms, ",
	       draw->free ? "free" : "disciplined",
	       draw->world.host.oscillator.frequency * 1e6, draw->before_ns / 1e6,
	       draw->after_ns / 1e6, draw->bound_ns / 1e6);
	printf("%.3f ms 2 s after the first answers; ", draw->answered_ns / 1e6);
	printf("%u s outside it; clock and timescale %.3f ms apart\n", draw->violations,
	       draw->beside_ns / 1e6);
}

static bool run(uint64_t seed)
{
	struct world_summary summary;
	struct draw draw;
	const struct world_observer observer = { &draw, on_second, on_sample };
	bool good;

	draw_revert(seed, &draw);
	good = !world_run(&draw.world, seed, &observer, &summary) && is_good(&draw);
	if (!good || getenv("VERBOSE"))
		describe(&draw, good);
	return good;
}

int main(int argc, char **argv)
{
	return draws_run(argc, argv, "reverts", run);
}
