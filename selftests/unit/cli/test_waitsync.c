// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime waitsync: what it waits for, how often it looks, and what it says. The daemon is a
 * stand-in that becomes better with each look.
 */
#include "user/cli/cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "selftests/unit/unit.h"

static struct {
	int looks;
	int synchronised_at;
	bool running;
	int err;	/* why it cannot be asked; 0: it does not run */
	int answer_s;	/* so long the daemon may be silent */
} world;

/* 0.1 s off at the first look, 0.01 s at the second ...; the skew is 100, 10 ... ppm. */
int client_ask(const struct cli *cli, const char *command, json_t **reply)
{
	double share = 1;
	int i;

	world.looks++;
	world.answer_s = cli->answer_s;
	if (!world.running)
		return world.err ? world.err : -ECONNREFUSED;
	for (i = 0; i < world.looks; i++)
		share /= 10;
	*reply = json_pack("{s:b,s:b,s:I,s:I,s:f}", "ok", 1, "synchronised",
			   world.looks >= world.synchronised_at, "refid", (json_int_t)0xc0000201,
			   "offset_ns", (json_int_t)(-1e9 * share), "skew_ppb", 1e6 * share);
	return 0;
}

/* The exit status of "waitsync TRIES CORRECTION SKEW 0", and what it said last. */
static int wait_for(const char *tries, const char *correction, const char *skew, char *line,
		    size_t size)
{
	char *arguments[4] = { (char *)tries, (char *)correction, (char *)skew, (char *)"0" };
	const struct cli cli = { .json = false };
	FILE *before = stdout;
	char *text = NULL, *last;
	size_t length = 0;
	int status;

	world.looks = 0;
	stdout = open_memstream(&text, &length);
	if (!stdout)
		exit(1);
	status = verb_waitsync(&cli, 4, arguments);
	fclose(stdout);
	stdout = before;
	text[strlen(text) - 1] = '\0';
	last = strrchr(text, '\n');
	snprintf(line, size, "%s", last ? last + 1 : text);
	free(text);
	return status;
}

TEST(it_waits_for_what_was_asked)
{
	char line[128];

	memset(&world, 0, sizeof(world));
	world.running = true;
	world.synchronised_at = 2;
	EXPECT_EQ(CLI_OK, wait_for("0", "0", "0", line, sizeof(line)));
	EXPECT_STREQ("try: 2, refid: C0000201, correction: 0.010000000, skew: 10.000", line);
	EXPECT_EQ(CLI_OK, wait_for("9", "0.0011", "0", line, sizeof(line)));
	EXPECT_EQ(3, world.looks);
	EXPECT_EQ(CLI_OK, wait_for("9", "0", "0.11", line, sizeof(line)));
	EXPECT_EQ(4, world.looks);
	EXPECT_EQ(CLI_NOT, wait_for("1", "0", "0", line, sizeof(line)));
	EXPECT_EQ(1, world.looks);
}

TEST(a_daemon_that_does_not_run_yet_is_waited_for)
{
	char line[128];

	memset(&world, 0, sizeof(world));
	EXPECT_EQ(CLI_NOT, wait_for("3", "0", "0", line, sizeof(line)));
	EXPECT_EQ(3, world.looks);
	EXPECT_STREQ("try: 3, refid: 00000000, correction: 0.000000000, skew: 0.000", line);
}

/* Who waited in vain has to look elsewhere each time. */
TEST(why_the_daemon_was_not_asked_is_said)
{
	static const struct {
		int err;
		const char *said;
	} rows[] = {
		{ -ECONNREFUSED, "truechime: the daemon truechimed is not running. See" },
		{ -EACCES, "truechime: the daemon truechimed may not be asked: permission denied" },
		{ -ETIMEDOUT, "truechime: the daemon truechimed does not answer. See" },
	};
	FILE *before = stderr;
	char *said, line[128];
	size_t size;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		memset(&world, 0, sizeof(world));
		world.err = rows[i].err;
		stderr = open_memstream(&said, &size);
		if (!stderr)
			exit(1);
		EXPECT_EQ(CLI_NOT, wait_for("1", "0", "0", line, sizeof(line)));
		fclose(stderr);
		stderr = before;
		EXPECT_EQ(0, strncmp(said, rows[i].said, strlen(rows[i].said)))
			TH_LOG("%s", said);
		free(said);
	}
}

/* "waitsync 60 0 0 1" takes a minute, also where the daemon is stuck. */
TEST(each_look_takes_no_longer_than_the_interval)
{
	static const struct {
		const char *interval;
		int answer_s;
	} rows[] = { { "0", 1 }, { "1", 1 }, { "2.5", 3 }, { "10", 10 }, { "1e9", 10 },
		    { "-1", 1 } };

	memset(&world, 0, sizeof(world));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *arguments[4] = { (char *)"1", (char *)"0", (char *)"0",
				       (char *)rows[i].interval };
		const struct cli cli = { .json = true };

		EXPECT_EQ(CLI_NOT, verb_waitsync(&cli, 4, arguments));
		EXPECT_EQ(rows[i].answer_s, world.answer_s) TH_LOG("%s", rows[i].interval);
	}
}

/* As with chronyc: nothing is below a negative limit, and 0, with or without a sign, is none. */
TEST(negative_numbers_are_those_of_chronyc)
{
	char line[128];

	memset(&world, 0, sizeof(world));
	world.running = true;
	world.synchronised_at = 2;
	EXPECT_EQ(CLI_NOT, wait_for("-1", "0", "0", line, sizeof(line)));
	EXPECT_EQ(1, world.looks);
	EXPECT_EQ(CLI_NOT, wait_for("3", "-1", "0", line, sizeof(line)));
	EXPECT_EQ(3, world.looks);
	EXPECT_EQ(CLI_NOT, wait_for("3", "0", "-1", line, sizeof(line)));
	EXPECT_EQ(3, world.looks);
	EXPECT_EQ(CLI_OK, wait_for("-0", "-0", "-0.0", line, sizeof(line)));
	EXPECT_EQ(2, world.looks);
}

TEST(what_is_no_number_is_refused)
{
	static const char *const words[] = { "x", "nan", "1e99", "-1e99", "-", "" };
	size_t i;

	memset(&world, 0, sizeof(world));
	stderr = fopen("/dev/null", "w");
	for (i = 0; i < ARRAY_SIZE(words); i++) {
		char *arguments[1] = { (char *)words[i] };
		const struct cli cli = { .json = false };

		EXPECT_EQ(CLI_ERROR, verb_waitsync(&cli, 1, arguments));
	}
	EXPECT_EQ(0, world.looks);
}

TEST_HARNESS_MAIN
