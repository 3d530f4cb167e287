// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime policy: which words become which rules, and what is said of others. The module is a
 * stand-in.
 */
#include "user/cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "selftests/unit/cli/fake_module.h"
#include "selftests/unit/unit.h"

static struct {
	int asked;		/* how often the module was looked for */
	struct module_rule rules[2];
	int rule_count;
	bool has_rtc;
	enum truechime_rtc rtc;
	char said[1024];
} world;

int module_link_set_policy(struct module_link *link, const struct module_rule *rules, int count,
			   const enum truechime_rtc *rtc)
{
	world.rule_count = count;
	memcpy(world.rules, rules, sizeof(*rules) * (size_t)count);
	world.has_rtc = rtc;
	if (rtc)
		world.rtc = *rtc;

	return 0;
}

int module_open_loudly(struct module_link **link)
{
	world.asked++;

	return module_link_open(link) ? CLI_ERROR : 0;
}

int module_refused(const struct module_link *link, const char *what, int err)
{
	return CLI_NOT;
}

void print_json(json_t *object)
{
	json_decref(object);
}

static int policy(int count, char **words)
{
	const struct cli cli = { .json = true };
	FILE *before = stderr;
	int status;

	memset(&world, 0, sizeof(world));
	stderr = fmemopen(world.said, sizeof(world.said), "w");
	if (!stderr)
		exit(1);
	status = verb_policy(&cli, count, words);
	fclose(stderr);
	stderr = before;

	return status;
}

#define POLICY(...) \
	policy((int)ARRAY_SIZE(((char *[]){ __VA_ARGS__ })), (char *[]){ __VA_ARGS__, NULL })

TEST(words_become_rules)
{
	fake_module.is_there = true;
	EXPECT_EQ(CLI_OK, POLICY("set", "disruption", "both", "step", "10ms", "1d"));
	ASSERT_EQ(2, world.rule_count);
	EXPECT_FALSE(world.has_rtc);
	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(TRUECHIME_OCCASION_DISRUPTION, world.rules[i].occasion);
		EXPECT_EQ(10000000, world.rules[i].threshold_ns);
		EXPECT_EQ(86400000000000, world.rules[i].maximum_ns);
	}
	EXPECT_EQ(TRUECHIME_DIRECTION_FORWARD, world.rules[0].direction);
	EXPECT_EQ(TRUECHIME_DIRECTION_BACKWARD, world.rules[1].direction);
	EXPECT_EQ(CLI_OK, POLICY("set", "boot", "backward", "slew"));
	EXPECT_EQ(1, world.rule_count);
	EXPECT_EQ(TRUECHIME_DIRECTION_BACKWARD, world.rules[0].direction);
	EXPECT_EQ(CLI_OK, POLICY("set", "rtc", "trust"));
	EXPECT_EQ(0, world.rule_count);
	EXPECT_TRUE(world.has_rtc);
	EXPECT_EQ(TRUECHIME_RTC_TRUST, world.rtc);
}

/* Whoever has no module is not to load it first, to learn then that a word was wrong. */
TEST(words_are_judged_before_the_module_is_asked)
{
	static const struct {
		const char *wrong;
		char *words[7];
	} typed[] = {
		{ "reboot", { "set", "reboot", "both", "step" } },
		{ "up", { "set", "boot", "up", "step" } },
		{ "jump", { "set", "boot", "both", "jump" } },
		{ "10", { "set", "boot", "both", "step", "10" } },
		{ "x", { "set", "boot", "both", "step", "10ms", "x" } },
		{ "maybe", { "set", "rtc", "maybe" } },
		{ "show", { "show" } },
	};
	char quoted[16];
	int count;

	fake_module.is_there = false;
	for (size_t i = 0; i < ARRAY_SIZE(typed); i++) {
		for (count = 0; typed[i].words[count];)
			count++;
		EXPECT_EQ(CLI_ERROR, policy(count, (char **)typed[i].words));
		EXPECT_EQ(0, world.asked);
		snprintf(quoted, sizeof(quoted), "\"%s\"", typed[i].wrong);
		EXPECT_NE(NULL, strstr(world.said, quoted)) TH_LOG("%s", world.said);
		EXPECT_NE(NULL, strstr(world.said, "Usage: truechime policy set"));
	}
	EXPECT_EQ(CLI_ERROR, POLICY("set"));
	EXPECT_NE(NULL, strstr(world.said, "Usage: truechime policy set"));
	EXPECT_EQ(0, world.asked);
}

TEST_HARNESS_MAIN
