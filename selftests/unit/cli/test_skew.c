// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime skew: what was found of the hosts, to JSON.
 */
#include "user/cli/cli.h"

#include <stdlib.h>
#include <string.h>

#include "selftests/unit/schema.h"
#include "selftests/unit/unit.h"
#include "user/skew/survey.h"

/* The hosts' clocks, in the order in which they are named. */
static struct skew_clock clocks[3];

static bool by_ssh;
static const char *ssh_said = "";

static size_t asked;

int skew_survey(struct skew_host *hosts, size_t count, const struct skew_survey_options *options)
{
	asked = count;
	for (size_t i = 0; i < count; i++) {
		hosts[i].ask = (struct skew_ask){ .clock = clocks[i], .problem = "no answer" };
		hosts[i].by_ssh = by_ssh;
		snprintf(hosts[i].remote.text, sizeof(hosts[i].remote.text), "%s", ssh_said);
	}
	return 0;
}

const struct skew_clock *skew_clock_of(const struct skew_host *host)
{
	return &host->ask.clock;
}

/* What is printed; free() it. */
static char *print(bool json, int count, char **names)
{
	const struct cli cli = { .json = json, .ntp_only = true };
	FILE *before = stdout;
	size_t size;
	char *text;

	stdout = open_memstream(&text, &size);
	verb_skew(&cli, count, names);
	fclose(stdout);
	stdout = before;
	return text;
}

static json_t *survey(int count, char **names)
{
	char *text = print(true, count, names);
	json_t *report = json_loads(text, 0, NULL);

	free(text);
	/* Whatever is told of them. */
	if (!schema_fits("skew", report))
		exit(1);
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

/* Asked twice it would be two clocks, and outvote this machine. */
TEST(a_host_that_is_named_twice)
{
	char first[] = "wrong", second[] = "wrong";
	char *names[2] = { first, second };
	json_t *report;

	clocks[0] = (struct skew_clock){ .known = true, .offset_ns = 5000000000, .error_ns = 1000 };
	clocks[1] = clocks[0];
	report = survey(2, names);
	EXPECT_EQ(1, asked);
	EXPECT_EQ(2, json_array_size(json_object_get(report, "clocks")));
	EXPECT_TRUE(json_is_null(json_object_get(report, "outlier")));
	json_decref(report);
}

static const char *verdict_on(const json_t *report, size_t limit)
{
	return json_text_of(json_array_get(json_object_get(report, "limits"), limit), "verdict");
}

/* A limit is for all of them: while one is not known, nobody knows whether it is kept. */
TEST(limits_of_a_host_that_does_not_answer)
{
	char first[] = "here", second[] = "silent";
	char *names[2] = { first, second };
	json_t *report;
	char *text;

	clocks[0] = (struct skew_clock){ .known = true, .offset_ns = 2000, .error_ns = 1000 };
	clocks[1] = (struct skew_clock){ .known = false };
	text = print(false, 2, names);
	EXPECT_NE(NULL, strstr(text, "Limit of --within, 50.0 ms: not known to be kept\n"))
		TH_LOG("%s", text);
	EXPECT_EQ(NULL, strstr(text, ": kept"));
	free(text);
	report = survey(2, names);
	EXPECT_STREQ("unsure", verdict_on(report, 0));
	EXPECT_STREQ("within", json_text_of(json_object_get(report, "furthest"), "verdict"));
	json_decref(report);

	/* But it is broken whatever that clock shows. */
	clocks[0].offset_ns = 100000000;
	text = print(false, 2, names);
	EXPECT_NE(NULL, strstr(text, "Limit of --within, 50.0 ms: BROKEN\n")) TH_LOG("%s", text);
	free(text);

	clocks[0].offset_ns = 2000;
	report = survey(1, names);
	EXPECT_STREQ("within", verdict_on(report, 0));
	json_decref(report);
}

/* What is printed of a host that answers neither NTP nor ssh, which says so. */
static char *print_unreached(const char *said)
{
	char name[] = "host";
	char *names[1] = { name }, *text;

	clocks[0] = (struct skew_clock){ .known = false };
	by_ssh = true;
	ssh_said = said;
	text = print(false, 1, names);
	ssh_said = "";
	by_ssh = false;

	return text;
}

/* Some messages of ssh begin with its name, and some do not. */
TEST(ssh_is_named_once)
{
	char *text = print_unreached("ssh: connect to host a port 22: No route to host");

	EXPECT_NE(NULL, strstr(text, "not known: no answer; ssh: connect to host a port 22"))
		TH_LOG("%s", text);
	free(text);
	text = print_unreached("Host key verification failed.");
	EXPECT_NE(NULL, strstr(text, "not known: no answer; ssh: Host key")) TH_LOG("%s", text);
	free(text);
}

/* Of each way to ask, and of all verdicts; survey() looks into the reports. */
TEST(reports_are_what_the_schema_says)
{
	static const int64_t errors_ns[] = { 1000, 200000000 }, offsets_ns[] = { 0, 100000000 };
	char first[] = "host", second[] = "other";
	char *names[2] = { first, second };

	clocks[1] = (struct skew_clock){ .known = false };
	for (int i = 0; i < 8; i++) {
		by_ssh = i & 1;
		clocks[0] = (struct skew_clock){
			.known = true, .offset_ns = offsets_ns[i >> 1 & 1],
			.error_ns = errors_ns[i >> 2],
		};
		json_decref(survey(2, names));
	}
	clocks[0].known = false;
	json_decref(survey(1, names));
	by_ssh = false;
	json_decref(survey(1, names));
}

TEST_HARNESS_MAIN
