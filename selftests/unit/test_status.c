// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime status: what it says that the clock rests on. Module and daemon are stand-ins.
 */
#include "user/cli/cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>

#include "unit.h"

static struct {
	bool has_module;
	struct module_status module;
	bool corrected;
	bool aside;
} world;

int module_link_open(struct module_link **link)
{
	return world.has_module ? 0 : -ENOENT;
}

void module_link_close(struct module_link *link)
{
}

int module_link_status(struct module_link *link, struct module_status *status)
{
	*status = world.module;
	return 0;
}

int clock_adjtime(clockid_t id, struct timex *tx)
{
	memset(tx, 0, sizeof(*tx));
	return 0;
}

/* It heard of NTP a minute ago. */
int client_ask(const struct cli *cli, const char *command, json_t **reply)
{
	*reply = json_pack("{s:b,s:b,s:b,s:b,s:f}", "ok", 1, "synchronised", 1,
			   "corrected", world.corrected, "aside", world.aside,
			   "last_update", (double)time(NULL) - 60.5);
	return 0;
}

int client_failed(const struct cli *cli, const char *command, int err, json_t *reply)
{
	return CLI_ERROR;
}

/* Does it say @words? */
static bool says(const char *words)
{
	const struct cli cli = { .json = false };
	FILE *before = stdout;
	char *text = NULL;
	size_t size = 0;
	bool found;

	stdout = open_memstream(&text, &size);
	if (!stdout)
		exit(1);
	verb_status(&cli);
	fclose(stdout);
	stdout = before;
	found = strstr(text, words);
	free(text);
	return found;
}

TEST(correction_that_ended_is_not_called_one)
{
	memset(&world, 0, sizeof(world));
	world.corrected = true;
	EXPECT_TRUE(says("corrected by NTP 60"));
	world.corrected = false;
	EXPECT_FALSE(says("corrected by NTP"));
	EXPECT_TRUE(says("what NTP said 60"));

	/* The module may have ended what the daemon has in force. */
	world.has_module = true;
	world.corrected = true;
	world.module.has_correction = true;
	EXPECT_TRUE(says("corrected by NTP 60"));
	world.module.has_correction = false;
	EXPECT_FALSE(says("corrected by NTP"));
	world.aside = true;
	EXPECT_FALSE(says("what NTP said"));
}

TEST_HARNESS_MAIN
