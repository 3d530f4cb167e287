// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which variations a game has.
 */
#include "variation.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "world.h"

/* Of the games that have any each has one of them with this chance; see README.md for the other. */
#define SHARE	0.25

#define BIT_OF(variation)	(UINT32_C(1) << (variation))

static const char *const names[VARIATION_COUNT] = {
	[VARIATION_LATE_NETWORK] = "late-network",
	[VARIATION_EARLY_THAW] = "early-thaw",
	[VARIATION_SILENT_HOST] = "silent-host",
	[VARIATION_AGENT] = "agent",
	[VARIATION_OTHER_PROGRAM] = "other-program",
	[VARIATION_LONG_GAPS] = "long-gaps",
	[VARIATION_CLOSE_TROUBLES] = "close-troubles",
	[VARIATION_BURSTS] = "bursts",
	[VARIATION_OFFLINE] = "offline",
	[VARIATION_RELOADS] = "reloads",
	[VARIATION_SERVER_OPTIONS] = "server-options",
	[VARIATION_CLIENT_OPTIONS] = "client-options",
	[VARIATION_SLOW_POLICY] = "slow-policy",
	[VARIATION_REVERT_STORM] = "revert-storm",
	[VARIATION_OTHER_HOST] = "other-host",
	[VARIATION_CONGESTION] = "congestion",
	[VARIATION_RESTARTS] = "server-restarts",
	[VARIATION_RATE_LIMITS] = "rate-limits",
	[VARIATION_LIARS_FIRST] = "liars-first",
	[VARIATION_SOURCE_CHANGES] = "source-changes",
	[VARIATION_PLOTS] = "plots",
	[VARIATION_SCHEMES] = "schemes",
	[VARIATION_FORGERIES] = "forgeries",
	[VARIATION_DELAYS] = "delays",
	[VARIATION_PRIMING] = "priming",
	[VARIATION_MIDNIGHT] = "midnight",
	[VARIATION_DRIFT_FILE] = "drift-file",
	[VARIATION_REFCLOCK] = "refclock",
};

static bool is_drawn;
static uint32_t chosen;

static int find(const char *name, size_t length)
{
	for (int i = 0; i < VARIATION_COUNT; i++) {
		if (strlen(names[i]) == length && !strncmp(names[i], name, length))
			return i;
	}
	return -EINVAL;
}

int variation_choose(const char *list)
{
	is_drawn = !strcmp(list, "drawn");
	if (is_drawn)
		return 0;
	for (;;) {
		size_t length = strcspn(list, ",");
		int variation = find(list, length);

		if (variation < 0)
			return variation;
		chosen |= BIT_OF(variation);
		if (!list[length])
			return 0;
		list += length + 1;
	}
}

void variation_draw(void)
{
	struct random random;

	world->variations = chosen;
	if (!is_drawn)
		return;
	random_seed(&random, world->seed, 9);
	if (random_uniform(&random) < 0.5)
		return;
	for (int i = 0; i < VARIATION_COUNT; i++) {
		if (random_uniform(&random) < SHARE && i != VARIATION_CLOSE_TROUBLES)
			world->variations |= BIT_OF(i);
	}
}

bool is_varied(enum variation variation)
{
	return world->variations & BIT_OF(variation);
}

void variation_describe(void)
{
	for (int i = 0; i < VARIATION_COUNT; i++) {
		if (is_varied((enum variation)i))
			world_log("varied by %s", names[i]);
	}
}
