// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime settime: what the daemon is asked for. The daemon and the raw clock are stand-ins.
 */
#include "user/cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "selftests/unit/unit.h"
#include "selftests/unit/wrapped_calls.h"

#define RAW_S	1000

static struct {
	int asked;
	char request[128];
} world;

int client_report_with(const struct cli *cli, const char *command, int argc, char **argv,
		       void (*print)(const struct cli *cli, const json_t *reply))
{
	(void)cli;
	(void)print;
	world.asked++;
	snprintf(world.request, sizeof(world.request), "%s: %s%s%s", command, argv[0],
		 argc > 1 ? " " : "", argc > 1 ? argv[1] : "");

	return CLI_OK;
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
	if (clock != CLOCK_MONOTONIC_RAW)
		return __real_clock_gettime(clock, now);
	*now = (struct timespec){ .tv_sec = RAW_S };

	return 0;
}

FIXTURE(settime) {
	struct cli cli;
	char said[1024];
};

FIXTURE_SETUP(settime)
{
	memset(self, 0, sizeof(*self));
	memset(&world, 0, sizeof(world));
}

FIXTURE_TEARDOWN(settime)
{
}

static int run(FIXTURE_DATA(settime) *self, char **words)
{
	FILE *before = stderr;
	int count = 0, status;

	while (words[count])
		count++;
	stderr = fmemopen(self->said, sizeof(self->said), "w");
	if (!stderr)
		exit(1);
	status = verb_settime(&self->cli, count, words);
	fclose(stderr);
	stderr = before;

	return status;
}

/* The daemon may be busy for seconds: when it was typed is told, too. */
TEST_F(settime, tells_the_time_its_bound_and_when_that_was)
{
	EXPECT_EQ(CLI_OK, run(self, (char *[]){ "@1800000005.25", NULL }));
	EXPECT_STREQ("settime: set 1800000005250000000 1010000000 1000000000000", world.request);
	EXPECT_EQ(CLI_OK, run(self, (char *[]){ "@1800000005", "within", "0.5", NULL }));
	EXPECT_STREQ("settime: set 1800000005000000000 500000000 1000000000000", world.request);
	EXPECT_EQ(CLI_OK, run(self, (char *[]){ "2027-01-15", "08:00:05", "UTC", NULL }));
	EXPECT_STREQ("settime: set 1800000005000000000 2000000000 1000000000000", world.request);
}

TEST_F(settime, other_words_are_passed_on)
{
	EXPECT_EQ(CLI_OK, run(self, (char *[]){ "list", NULL }));
	EXPECT_STREQ("settime: list", world.request);
	EXPECT_EQ(CLI_OK, run(self, (char *[]){ "delete", "0", NULL }));
	EXPECT_STREQ("settime: delete 0", world.request);
}

TEST_F(settime, what_makes_no_sense_is_not_asked_for)
{
	static char longer[256];

	EXPECT_EQ(CLI_ERROR, run(self, (char *[]){ NULL }));
	EXPECT_EQ(CLI_ERROR, run(self, (char *[]){ "now", NULL }));
	EXPECT_EQ(CLI_ERROR, run(self, (char *[]){ "@1800000005", "within", "0", NULL }));
	EXPECT_EQ(CLI_ERROR, run(self, (char *[]){ "@1800000005", "within", "nan", NULL }));
	EXPECT_EQ(CLI_ERROR, run(self, (char *[]){ "@1800000005", "within", "1s", NULL }));
	/* A part of what was typed is something else. */
	memset(longer, ' ', sizeof(longer) - 1);
	memcpy(longer, "16:30", 5);
	EXPECT_EQ(CLI_ERROR, run(self, (char *[]){ longer, "+05:00", NULL }));
	EXPECT_EQ(0, world.asked);
}

/* Which of the words, and what it is to be. */
TEST_F(settime, what_is_wrong_is_said)
{
	static char *const bounds[] = { "-1", "0", "1e9", "nan", "1s", "x" };
	char quoted[16];

	for (size_t i = 0; i < ARRAY_SIZE(bounds); i++) {
		EXPECT_EQ(CLI_ERROR, run(self, (char *[]){ "16:30", "within", bounds[i], NULL }));
		snprintf(quoted, sizeof(quoted), "not \"%s\"", bounds[i]);
		EXPECT_NE(NULL, strstr(self->said, quoted)) TH_LOG("%s", self->said);
		EXPECT_NE(NULL, strstr(self->said, "more than 0 and 86400 at most"));
		EXPECT_EQ(NULL, strstr(self->said, "takes a time"));
	}
	EXPECT_EQ(CLI_ERROR, run(self, (char *[]){ "25:00", "within", "1", NULL }));
	EXPECT_NE(NULL, strstr(self->said, "\"25:00\" is no time")) TH_LOG("%s", self->said);
	EXPECT_EQ(CLI_ERROR, run(self, (char *[]){ "16:30", "within", NULL }));
	EXPECT_NE(NULL, strstr(self->said, "\"16:30 within\" is no time"));
	EXPECT_EQ(0, world.asked);
}

TEST_HARNESS_MAIN
