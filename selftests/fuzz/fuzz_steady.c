// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unslewed host time by the readings of a hypervisor that answers anything, with corrections and
 * disruptions at any moment: no bound is ever negative, and what was followed only grows.
 */
#include "kmod/core/host_line.h"
#include "kmod/core/steady.h"

#include "fuzz.h"

enum {
	FOLLOW,		/* a reading of any numbers */
	FOLLOW_NEAR,	/* a later one, near the line */
	FOLLOW_REBASED,	/* any, and the jump is believed */
	RENEW,		/* a correction is set */
	RESYNC,		/* this guest stood still */
	STEP,		/* the host's clock was set */
	SET_AHEAD,	/* the raw clock was */
	LOSE_PACE,	/* the raw clock's rate changed */
	DOUBT_PACE,
	DOUBT_MACHINE,
	REST_ON_RATE,
	START,		/* the host becomes the reference */
	WAYS,
};

struct world {
	struct chime_host_line host;
	struct chime_steady steady;
};

static void take_reading(struct fuzz_input *input, struct chime_host_line *host, int way)
{
	struct chime_pairing pairing = {
		.raw_ns = fuzz_take_s64(input),
		.utc_ns = fuzz_take_s64(input),
		.uncertainty_ns = fuzz_take_s64(input) & S64_MAX,
		.clocksource_seq = fuzz_take_u8(input) & 1,
	};

	if (way == FOLLOW_NEAR) {
		pairing.raw_ns = chime_add_sat(host->last.raw_ns, pairing.raw_ns & UINT32_MAX);
		pairing.utc_ns = chime_add_sat(chime_line_eval(&host->line, pairing.raw_ns),
					       pairing.utc_ns % CHIME_NS_PER_MS);
		pairing.uncertainty_ns &= UINT16_MAX;
	}
	if (way == FOLLOW || way == FOLLOW_NEAR)
		chime_host_line_update(host, &pairing);
	else
		chime_host_line_rebase(host, &pairing);
}

/* A check, with or without a correction in force. */
static void follow(struct fuzz_input *input, struct world *world, int way)
{
	bool corrected = fuzz_take_u8(input) & 1;

	take_reading(input, &world->host, way);
	chime_steady_follow(&world->steady, &world->host.line, corrected, world->host.last.raw_ns);
}

/* The host's line moves, and @number says how. */
static void disrupt(struct fuzz_input *input, struct world *world, int way, s64 number)
{
	struct chime_steady *steady = &world->steady;
	const struct chime_line before = world->host.line;

	take_reading(input, &world->host, way);
	if (way == RESYNC)
		chime_steady_resync(steady, &before, &world->host.line, number,
				    world->host.last.raw_ns);
	else
		chime_steady_step(steady, &world->host.line, number, world->host.last.raw_ns);
}

static void change(struct world *world, int way, s64 number)
{
	struct chime_steady *steady = &world->steady;
	const s64 raw_ns = world->host.last.raw_ns;

	switch (way) {
	case RENEW:
		chime_steady_renew(steady, raw_ns);
		break;
	case SET_AHEAD:
		chime_steady_set_raw_ahead(steady, number);
		chime_host_line_set_raw_ahead(&world->host, number);
		break;
	case LOSE_PACE:
		chime_steady_lose_pace(steady, &world->host.line, number);
		break;
	case DOUBT_PACE:
		chime_steady_doubt_pace(steady);
		break;
	case DOUBT_MACHINE:
		chime_steady_doubt_machine(steady, raw_ns);
		break;
	case REST_ON_RATE:
		chime_steady_rest_on_rate(steady, raw_ns);
		break;
	case START:
		chime_steady_start(steady, &world->host.line, raw_ns);
		break;
	}
}

static void act(struct fuzz_input *input, struct world *world)
{
	const int way = fuzz_take_u8(input) % WAYS;
	const s64 before_ns = way == START ? 0 : world->steady.followed_ns;

	if (way <= FOLLOW_REBASED)
		follow(input, world, way);
	else if (way == RESYNC || way == STEP)
		disrupt(input, world, way, fuzz_take_s64(input));
	else
		change(world, way, fuzz_take_s64(input));
	FUZZ_CHECK(world->steady.followed_ns >= before_ns);
	FUZZ_CHECK(world->steady.line.maxerror_ns >= 0);
	FUZZ_CHECK(world->steady.line.sigma_ns >= 0);
	FUZZ_CHECK(world->steady.unslew.maxerror_ns >= 0);
}

int fuzz_one_input(const uint8_t *data, size_t size)
{
	struct world world = { 0 };
	struct fuzz_input input = { data, size };

	take_reading(&input, &world.host, FOLLOW);
	chime_steady_start(&world.steady, &world.host.line, world.host.last.raw_ns);
	while (input.size)
		act(&input, &world);
	return 0;
}
