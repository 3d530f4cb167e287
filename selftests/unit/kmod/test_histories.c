// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random histories of a guest: it runs, is restored, forked, moved and paused, often to another
 * host without being told, its host's clock is set, it is demoted and trusted again, and time
 * sources measure. Whatever happens in whatever order, the true time is within the published bound,
 * and time is continuous where the reaction says so. In every other history it is stated how right
 * the hosts' clocks are, and they are.
 *
 * HISTORIES=1000000 plays more of them than the usual 20,000.
 */
#include "kmod/core/reaction.h"
#include "kmod/timescale.h"

#include <stdlib.h>

#include "selftests/unit/timescale_world.h"

#define EVENTS		12
#define PPM_MAX		1	/* a correction's rate is good to this */
#define ERROR_MAX_NS	(10 * US)	/* and its offset to this */
#define APART_NS	(10 * MS)	/* the clocks of two hosts differ by at most this */
#define STATED_NS	(20 * MS)	/* and are stated to be right to within this */

/* The true clocks, and what the module sees of them. */
struct world {
	struct unit_random random;
	struct chime_timescale *timescale;
	bool demoted;
	s64 raw_ns;
	s64 utc_ns;
	s64 host_ns;
	s64 place_ns;	/* the present host's clock against the middle of all hosts' */
	s64 rate_ppb;	/* raw clock and host against UTC */
	bool stated;	/* it is stated how right the hosts are */
	s64 returns;	/* how often a host was followed again for that */
};

static s64 between(struct world *world, s64 low, s64 high)
{
	return low + (s64)unit_random_below(&world->random, high - low + 1);
}

/* Let @host_part_ns pass by the host's clock and @raw_part_ns by the raw clock. */
static void pass(struct world *world, s64 host_part_ns, s64 raw_part_ns)
{
	world->host_ns += host_part_ns;
	world->raw_ns += raw_part_ns;
	world->utc_ns += host_part_ns - host_part_ns / S * world->rate_ppb;
}

static struct chime_line line_of(const struct world *world)
{
	return (struct chime_line) {
		.origin_ns = world->raw_ns,
		.offset_ns = world->host_ns - world->raw_ns,
		.sigma_ns = 5,
		.maxerror_ns = 20,
	};
}

static struct chime_now now_of(const struct world *world)
{
	return now_at(world->timescale, world->raw_ns);
}

static bool holds(const struct world *world)
{
	struct chime_now now = now_of(world);

	return (!chime_timescale_correction(world->timescale) && !world->stated) ||
	       now.maxerror_ns == CHIME_LINE_UNBOUNDED_NS ||
	       llabs(now.time_ns - world->utc_ns) <= now.maxerror_ns + 2;
}

static void weigh(struct world *world, bool jump)
{
	struct chime_stated stated;

	world->returns += chime_timescale_return_to_host(world->timescale, jump, world->raw_ns,
							 &stated);
}

static void run(struct world *world)
{
	s64 ns = between(world, MS, world->stated ? DAY : 1000 * S);
	struct chime_line line;

	pass(world, ns, ns);
	line = line_of(world);
	if (world->demoted)
		chime_timescale_watch_host(world->timescale, &line);
	else
		chime_timescale_set_host(world->timescale, &line, world->raw_ns);
	weigh(world, false);
}

static void measure(struct world *world)
{
	s64 reference_ns = world->demoted ? world->raw_ns : world->host_ns;
	s64 error_ns = between(world, -ERROR_MAX_NS, ERROR_MAX_NS);
	struct chime_line correction;

	correction = correction_line(reference_ns, world->utc_ns - reference_ns + error_ns, 0);
	correction.maxerror_rate_q32 = PPM_MAX * CHIME_PPM_Q32;
	chime_timescale_correct(world->timescale, &correction, now_of(world).epoch,
				between(world, 0, 1), world->raw_ns);
}

static void set_aside(struct world *world)
{
	struct chime_line line = line_of(world);

	world->demoted = !world->demoted;
	chime_timescale_set_reference(world->timescale, &line, !world->demoted, 0, world->raw_ns);
}

/* Let the module react to a disruption. */
static struct chime_reaction disrupt(struct world *world, enum truechime_cause cause,
				     enum chime_measure measure, s64 gap_ns, s64 gap_error_ns)
{
	struct chime_line line = line_of(world);
	const struct chime_disrupted disrupted = {
		.cause = cause,
		.measure = measure,
		.gap_ns = gap_ns,
		.gap_error_ns = gap_error_ns,
		.has_host = true,
		.demoted = world->demoted,
		.corrected = chime_timescale_correction(world->timescale),
		.host_vouched = world->stated && !chime_timescale_refutes_host(world->timescale,
									       world->raw_ns),
		.apart_ns = APART_NS,
		.host_ahead_ns = world->host_ns - now_of(world).time_ns - gap_ns,
		.maxerror_ns = chime_timescale_maxerror(world->timescale, world->raw_ns),
	};
	struct chime_reference_terms terms = {
		.host = measure == CHIME_MEASURED_BY_SOURCES ? NULL : &line,
		.gap_ns = gap_ns,
		.vouched = disrupted.host_vouched,
	};
	struct chime_reaction reaction;

	chime_react(&disrupted, &reaction);
	terms.gap_error_ns = reaction.shift_error_ns;
	terms.apart_ns = reaction.apart_ns;
	if (reaction.suspect_host)
		chime_timescale_suspect_host(world->timescale, world->raw_ns);
	chime_timescale_apply(world->timescale, reaction.change, &terms, world->raw_ns);
	weigh(world, reaction.change == CHIME_REFERENCE_RESYNC);
	return reaction;
}

/* Any of the hosts goes on with this guest. Return how far its clock is ahead of the last one's. */
static s64 move(struct world *world)
{
	s64 place_ns = between(world, -APART_NS / 2, APART_NS / 2), ahead_ns;

	ahead_ns = place_ns - world->place_ns;
	world->place_ns = place_ns;
	world->host_ns += ahead_ns;
	return ahead_ns;
}

/* This guest loses time; the host's clock shows how much. */
static void restore(struct world *world)
{
	static const enum truechime_cause causes[] = {
		TRUECHIME_CAUSE_REVERT, TRUECHIME_CAUSE_FORK, TRUECHIME_CAUSE_PAUSE,
		TRUECHIME_CAUSE_SUSPEND, TRUECHIME_CAUSE_UNKNOWN,
	};
	s64 gap_ns = between(world, MS, 400 * DAY);

	pass(world, gap_ns, 0);
	gap_ns += move(world);
	disrupt(world, causes[between(world, 0, 4)], CHIME_MEASURED_BY_HOST, gap_ns, 0);
}

/* Another host's clock may show any time, unless it is stated how right it is. */
static s64 set_any_time(struct world *world, s64 most_ns)
{
	s64 before_ns = world->host_ns;

	if (!world->stated)
		world->host_ns += between(world, -most_ns, most_ns);
	else
		world->host_ns = world->utc_ns + world->place_ns +
				 between(world, -STATED_NS / 2, STATED_NS / 2);
	return world->host_ns - before_ns;
}

static void migrate(struct world *world)
{
	s64 gap_ns = between(world, MS, S), other_ns;

	pass(world, gap_ns, 0);
	other_ns = set_any_time(world, 10 * S);
	disrupt(world, TRUECHIME_CAUSE_MIGRATION, CHIME_MEASURED_BY_HOST, gap_ns + other_ns, 0);
}

/* Only the sources see that the raw clock moved. */
static void jump(struct world *world)
{
	s64 gap_ns = between(world, S, DAY), error_ns = between(world, 0, MS);

	if (!world->demoted || !chime_timescale_correction(world->timescale))
		return;
	world->utc_ns += gap_ns;
	world->host_ns += gap_ns;
	disrupt(world, TRUECHIME_CAUSE_TIME_SOURCES, CHIME_MEASURED_BY_SOURCES,
		gap_ns + between(world, -error_ns, error_ns), error_ns);
}

/* false: time was not continuous although it should have been. */
static bool set_host_clock(struct world *world)
{
	struct chime_now before = now_of(world);
	s64 gap_ns = set_any_time(world, DAY);
	struct chime_reaction reaction;

	reaction = disrupt(world, TRUECHIME_CAUSE_HOST_STEP, CHIME_MEASURED_BY_HOST, gap_ns, 0);
	return reaction.repair || llabs(now_of(world).time_ns - before.time_ns) <= 2;
}

static bool happen(struct world *world)
{
	switch (between(world, 0, 7)) {
	case 0:
		restore(world);
		break;
	case 1:
		migrate(world);
		break;
	case 2:
		return set_host_clock(world);
	case 3:
		set_aside(world);
		break;
	case 4:
		jump(world);
		break;
	case 5:
		run(world);
		break;
	default:
		measure(world);
	}
	return true;
}

static s64 histories(void)
{
	return (s64)unit_wish("HISTORIES", 20000);
}

TEST_F_TIMEOUT(timescale, every_history_keeps_within_its_bound, 600)
{
	struct world world = { .random = { 7 }, .timescale = &self->timescale };
	s64 i, bounded = 0;
	int event;

	for (i = 0; i < histories(); i++) {
		struct chime_line line;

		unit_clocks.raw = RAW0_NS;
		unit_clocks.real = UTC0_NS;
		chime_timescale_init(&self->timescale, &self->lock, SLEW_MIN_Q32, HOLDOVER_NS);
		world.demoted = false;
		world.raw_ns = RAW0_NS;
		world.utc_ns = UTC0_NS;
		world.stated = i % 2;
		world.place_ns = 0;
		world.host_ns = UTC0_NS;
		set_any_time(&world, S);
		world.rate_ppb = world.stated ? 0 : between(&world, -1000 * PPM_MAX,
							    1000 * PPM_MAX);
		line = line_of(&world);
		chime_timescale_set_reference(&self->timescale, &line, true, 0, world.raw_ns);
		if (world.stated)
			chime_timescale_set_host_maxerror(&self->timescale, STATED_NS);
		for (event = 0; event < EVENTS; event++) {
			u64 state = world.random.state;
			bool right = happen(&world) && holds(&world);

			if (!right)
				TH_LOG("history %lld, event %d, random %llx: %lld ns off by %lld",
				       (long long)i, event, (unsigned long long)state,
				       (long long)(now_of(&world).time_ns - world.utc_ns),
				       (long long)now_of(&world).maxerror_ns);
			ASSERT_TRUE(right);
			bounded += chime_timescale_correction(&self->timescale) &&
				   now_of(&world).maxerror_ns != CHIME_LINE_UNBOUNDED_NS;
		}
	}
	/* Otherwise the test would show nothing. */
	EXPECT_GT(bounded, histories() * EVENTS / 4);
	EXPECT_GT(world.returns, histories() / 5);
}

TEST_HARNESS_MAIN
