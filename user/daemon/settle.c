// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of a slew, without a daemon.
 */
#include "daemon/settle.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "clocks/system_clock.h"
#include "config/config.h"
#include "daemon/run_files.h"
#include "steering/time_daemons.h"

#define PROC		"/proc"
#define CGROUP		"/sys/fs/cgroup"

/* A configuration with errors had no daemon that has left the clock to others. */
static bool yields(const char *path, const char *text)
{
	struct config *config;
	bool result;
	int err;

	/* The daemon says what is wrong with it. */
	err = text ? config_from_text("arguments", text, strlen(text), true, NULL, NULL, &config) :
		     config_load(path, NULL, NULL, &config);
	if (err)
		return false;
	result = config->rivals == CONFIG_RIVALS_YIELD;
	config_free(config);

	return result;
}

/* Who has the clock instead; "": nobody. Agents of a hypervisor do not slew it. */
static void find_others(char text[TIME_DAEMONS_TEXT_MAX])
{
	struct time_daemon found[TIME_DAEMONS_MAX];
	size_t count = time_daemons_find(PROC, CGROUP, found), left = 0;

	for (size_t i = 0; i < count; i++) {
		if (!found[i].is_agent)
			found[left++] = found[i];
	}
	*text = '\0';
	if (left)
		time_daemons_text(found, left, text);
}

int settle_clock(const char *path, const char *text)
{
	char others[TIME_DAEMONS_TEXT_MAX] = "";
	pid_t holder = run_lock_holder(RUN_LOCK_PATH);
	int err;

	if (holder) {
		printf("The clock's rate is left to another truechimed, pid %d\n", (int)holder);
		return 0;
	}
	if (yields(path, text))
		find_others(others);
	if (*others) {
		printf("The clock's rate is left to %s (rivals yield)\n", others);
		return 0;
	}
	err = system_clock_settle();
	if (err)
		fprintf(stderr, "truechimed: the clock's rate cannot be set: %s\n", strerror(-err));

	return err;
}
