// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime skew: what was found of the hosts, to JSON.
 */
#include "user/cli/cli.h"

#include <stdlib.h>
#include <string.h>

#include "selftests/unit/unit.h"
#include "user/skew/survey.h"

/* The hosts' clocks, in the order in which they are named. */
static struct skew_clock clocks[3];

static size_t asked;

int skew_survey(struct skew_host *hosts, size_t count, const struct skew_survey_options *options)
{
	asked = count;
	for (size_t i = 0; i < count; i++)
		hosts[i].ask = (struct skew_ask){ .clock = clocks[i], .problem = "no answer" };
	return 0;
}

const struct skew_clock *skew_clock_of(const struct skew_host *host)
{
	return &host->ask.clock;
}

static json_t *survey(int count, char **names)
{
	const struct cli cli = { .json = true, .ntp_only = true };
	FILE *before = stdout;
	json_t *report;
	size_t size;
	char *text;

	stdout = open_memstream(&text, &size);
	verb_skew(&cli, count, names);
	fclose(stdout);
	stdout = before;
	report = json_loads(text, 0, NULL);
	free(text);
	return report;
}

/* As in all other verbs. */
TEST(names_that_are_empty)
{
	const struct cli cli = { .ntp_only = true };
	char first[] = "host", second[] = "";
	char *names[2] = { first, second };

	asked = 0;
	EXPECT_EQ(CLI_ERROR, verb_skew(&cli, 2, names));
	EXPECT_EQ(0, asked);
}

/* A file's line in Latin-1: what was found of it is told, and which host is meant. */
TEST(names_that_are_no_text)
{
	char first[] = "caf\xe9", second[] = "h\xf6st", third[] = "host";
	char *names[3] = { first, second, third };
	const json_t *list, *furthest;
	json_t *report;

	clocks[0] = (struct skew_clock){ .known = true, .offset_ns = 5000000000, .error_ns = 1000 };
	clocks[2] = (struct skew_clock){ .known = true, .offset_ns = 2000, .error_ns = 1000 };
	report = survey(3, names);
	list = json_object_get(report, "clocks");
	ASSERT_EQ(4, json_array_size(list));
	EXPECT_STREQ("caf?", json_text_of(json_array_get(list, 1), "name"));
	EXPECT_STREQ("h?st", json_text_of(json_array_get(list, 2), "name"));
	furthest = json_object_get(report, "furthest");
	EXPECT_STREQ("caf?", json_text_of(furthest, "ahead"));
	EXPECT_STREQ("caf?", json_text_of(report, "outlier"));
	json_decref(report);
}

TEST_HARNESS_MAIN
