// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who else sets the clock: how often that is worth telling, and which programs are found.
 */
#include "user/steering/rival.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "selftests/unit/unit.h"

#define S	1000000000LL

TEST(an_operator_is_told_each_time)
{
	struct rival rival = { 0 };

	EXPECT_EQ(RIVAL_SET, rival_note(&rival, 5 * S));
	EXPECT_EQ(RIVAL_SET, rival_note(&rival, 1000 * S));
	/* The next day. */
	EXPECT_EQ(RIVAL_SET, rival_note(&rival, 86400 * S));
	EXPECT_EQ(1, rival.count);
}

TEST(a_rival_is_told_once_and_then_every_hour)
{
	int news[4] = { 0 };
	struct rival rival = { 0 };
	int64_t now_ns;

	for (now_ns = 1; now_ns < 36000 * S; now_ns += 3 * S)
		news[rival_note(&rival, now_ns)]++;
	EXPECT_EQ(2, news[RIVAL_SET]);
	EXPECT_EQ(1, news[RIVAL_AGAIN]);
	EXPECT_EQ(9, news[RIVAL_STILL]);
	EXPECT_EQ(12000, rival.count);
}

/* A folder like /proc, with one process of that name. */
static void add_process(const char *proc, const char *pid, const char *name)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", proc, pid);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/%s/comm", proc, pid);
	file = fopen(path, "w");
	if (!file || fprintf(file, "%s\n", name) < 0 || fclose(file))
		abort();
}

static void remove_process(const char *proc, const char *pid)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s/comm", proc, pid);
	unlink(path);
	snprintf(path, sizeof(path), "%s/%s", proc, pid);
	rmdir(path);
}

TEST(programs_that_set_clocks_are_named)
{
	char proc[] = "/tmp/test_rival.XXXXXX";
	char text[64], small[12], one[50];

	ASSERT_NE(NULL, mkdtemp(proc));
	rival_find(proc, text, sizeof(text));
	EXPECT_STREQ("", text);
	add_process(proc, "12", "sshd");
	add_process(proc, "self", "chronyd");
	rival_find(proc, text, sizeof(text));
	EXPECT_STREQ("", text);
	add_process(proc, "77", "systemd-timesyn");
	rival_find(proc, text, sizeof(text));
	EXPECT_STREQ("systemd-timesyn (process 77)", text);
	add_process(proc, "80", "phc2sys");
	rival_find(proc, text, sizeof(text));
	EXPECT_NE(NULL, strstr(text, "phc2sys (process 80)"));
	EXPECT_NE(NULL, strstr(text, ", "));
	/* Whole names, or none. */
	rival_find(proc, small, sizeof(small));
	EXPECT_STREQ("", small);
	/* A byte short of both. */
	rival_find(proc, one, sizeof(one));
	EXPECT_NE(NULL, strchr(one, ')'));
	EXPECT_EQ(NULL, strchr(one, ','));
	rival_find("/nonexistent", text, sizeof(text));
	EXPECT_STREQ("", text);

	remove_process(proc, "12");
	remove_process(proc, "self");
	remove_process(proc, "77");
	remove_process(proc, "80");
	EXPECT_EQ(0, rmdir(proc));
}

TEST_HARNESS_MAIN
