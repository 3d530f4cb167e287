// SPDX-License-Identifier: GPL-2.0-only
/*
 * Words and numbers for people: every number of the family has a word, and durations read well.
 */
#include "user/lib/names.h"

#include <stdlib.h>
#include <string.h>

#include "selftests/unit/unit.h"

#define S	1000000000LL

TEST(durations_have_three_figures_and_a_unit)
{
	static const struct {
		int64_t ns;
		const char *text;
	} cases[] = {
		{ 0, "0 ns" }, { 1, "1 ns" }, { -1, "-1 ns" }, { 999, "999 ns" },
		{ 1000, "1.00 us" }, { 42000, "42.0 us" }, { 999499, "999 us" },
		{ 999500, "1.00 ms" }, { 9994999, "9.99 ms" }, { 9995000, "10.0 ms" },
		{ -3600000000, "-3.60 s" }, { 119 * S, "119 s" }, { 120 * S, "2 min 0 s" },
		{ 3600 * S, "1 h 0 min" }, { 86399 * S, "23 h 59 min" },
		{ 400 * 86400 * S, "400 days 0 h" }, { INT64_MAX, "106751 days 23 h" },
		{ INT64_MIN, "-106751 days 23 h" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct duration_text text = duration_text(cases[i].ns);

		EXPECT_STREQ(cases[i].text, text.text);
	}
}

TEST(seconds_are_whole_and_few)
{
	static const char *const refused[] = {
		"", "0", "-1", "3601", "30x", "1.5", "99999999999999999999",
	};
	unsigned int i;
	int seconds = 7;

	for (i = 0; i < ARRAY_SIZE(refused); i++)
		EXPECT_FALSE(seconds_of_text(refused[i], 3600, &seconds)) TH_LOG("case %u", i);
	EXPECT_EQ(7, seconds);
	EXPECT_TRUE(seconds_of_text("1", 3600, &seconds));
	EXPECT_EQ(1, seconds);
	EXPECT_TRUE(seconds_of_text("3600", 3600, &seconds));
	EXPECT_EQ(3600, seconds);
}

TEST(durations_have_a_unit)
{
	static const char *const refused[] = {
		"", "1", "-1s", "s", "1 s", "1sec", "inf", "nans", "1.2.3s", "1e300d", "107000d",
	};
	static const struct {
		const char *text;
		int64_t ns;
	} taken[] = {
		{ "0", 0 }, { "1ns", 1 }, { "1.5us", 1500 }, { "50ms", 50000000 },
		{ "1.1s", 1100000000 }, { "2min", 120000000000 }, { "2h", 7200000000000 },
		{ "1d", 86400000000000 },
		/* As the module's parameters have it. */
		{ "2m", 120000000000 },
	};
	unsigned int i;
	int64_t ns = 7;

	for (i = 0; i < ARRAY_SIZE(refused); i++)
		EXPECT_FALSE(duration_of_text(refused[i], &ns)) TH_LOG("case %u", i);
	EXPECT_EQ(7, ns);
	for (i = 0; i < ARRAY_SIZE(taken); i++) {
		EXPECT_TRUE(duration_of_text(taken[i].text, &ns));
		EXPECT_EQ(taken[i].ns, ns);
	}
}

TEST(times_are_utc)
{
	static const struct {
		int64_t ns;
		const char *text;
	} cases[] = {
		{ 1795163104771326000, "2026-11-20 08:25:04.771326 UTC" },
		{ -1, "1969-12-31 23:59:59.999999 UTC" },
		{ INT64_MIN, "1677-09-21 00:12:43.145224 UTC" },
		{ INT64_MAX, "2262-04-11 23:47:16.854775 UTC" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct time_text text = time_text(cases[i].ns);

		EXPECT_STREQ(cases[i].text, text.text);
	}
}

TEST(reference_ids_of_letters)
{
	static const struct {
		uint32_t refid;
		const char *text;
	} cases[] = {
		{ 0x52415445, "RATE" }, { 0x50505300, "PPS" }, { 0xc0000201, "" },
		{ 0x1b5b6dff, "[m" }, { 0, "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct refid_text text = refid_text(cases[i].refid);

		EXPECT_STREQ(cases[i].text, text.text);
	}
}

TEST(every_number_has_a_word)
{
	int i;

	for (i = 0; i <= TRUECHIME_CAUSE_TIME_SOURCES; i++)
		EXPECT_STRNE("?", name_of_cause(i));
	for (i = 0; i <= TRUECHIME_ACTION_TOO_EARLY; i++)
		EXPECT_STRNE("?", name_of_action(i));
	for (i = 0; i <= TRUECHIME_STATE_CORRECTED; i++)
		EXPECT_STRNE("?", name_of_state(i));
	for (i = 0; i <= TRUECHIME_HOST_DEMOTED; i++)
		EXPECT_STRNE("?", name_of_host_state(i));
	for (i = 0; i <= TRUECHIME_RTC_TRUST; i++)
		EXPECT_STRNE("?", name_of_rtc(i));
	for (i = 0; i <= TRUECHIME_EVIDENCE_RAW_LOST; i++)
		EXPECT_NE(NULL, name_of_evidence(i));
	EXPECT_EQ(NULL, name_of_evidence(TRUECHIME_EVIDENCE_RAW_LOST + 1));
	EXPECT_STREQ("?", name_of_cause(TRUECHIME_CAUSE_TIME_SOURCES + 1));
	EXPECT_STREQ("?", name_of_cause(255));
	EXPECT_STREQ("?", name_of_rule(TRUECHIME_RULE_IGNORE + 1));
}

TEST(words_are_numbers_again)
{
	enum truechime_occasion occasion;
	enum truechime_direction direction;
	enum truechime_rule rule;
	enum truechime_mode mode;
	int i;

	for (i = 0; i <= TRUECHIME_OCCASION_OPERATOR; i++) {
		ASSERT_TRUE(occasion_of_name(name_of_occasion(i), &occasion));
		EXPECT_EQ(i, occasion);
	}
	ASSERT_TRUE(direction_of_name("backward", &direction));
	EXPECT_EQ(TRUECHIME_DIRECTION_BACKWARD, direction);
	ASSERT_TRUE(rule_of_name("slew", &rule));
	EXPECT_EQ(TRUECHIME_RULE_SLEW, rule);
	ASSERT_TRUE(mode_of_name("external", &mode));
	EXPECT_EQ(TRUECHIME_MODE_EXTERNAL, mode);
	EXPECT_FALSE(mode_of_name("?", &mode));
	EXPECT_FALSE(rule_of_name("", &rule));
}

TEST(events_are_sentences)
{
	struct module_event event = {
		.cause = TRUECHIME_CAUSE_REVERT,
		.evidence = 1U << TRUECHIME_EVIDENCE_HOST_TIME | 1U << TRUECHIME_EVIDENCE_RTC,
		.action = TRUECHIME_ACTION_STEPPED,
		.gap_ns = 26 * S,
		.offset_ns = 26 * S,
		.residual_ns = -1200,
		.maxerror_ns = 3000000,
		.latency_ns = 9000000,
	};
	char text[2 * NAME_TEXT_MAX], brief[16];

	text_of_event(&event, text, sizeof(text));
	EXPECT_NE(NULL, strstr(text, "This guest was restored from an earlier state"));
	EXPECT_NE(NULL, strstr(text, "26.0 s (evidence: host-time, rtc)"));
	EXPECT_NE(NULL, strstr(text, "and was stepped; it is within 1.20 us of the timescale"));
	EXPECT_NE(NULL, strstr(text, "The timescale is within 3.00 ms of UTC."));
	EXPECT_NE(NULL, strstr(text, "seen a time further off than that for 9.00 ms at most"));
	event.maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
	event.reading_ns = 170;
	text_of_event(&event, text, sizeof(text));
	EXPECT_NE(NULL, strstr(text, "The timescale is within 170 ns of the host, whose own"));
	EXPECT_EQ(NULL, strstr(text, "at most"));
	event.reading_ns = CHIME_LINE_UNBOUNDED_NS;
	text_of_event(&event, text, sizeof(text));
	EXPECT_NE(NULL, strstr(text, "The timescale's error against UTC is not known"));
	EXPECT_EQ(NULL, strstr(text, "at most"));
	EXPECT_EQ(-1, number_of_bound(event.maxerror_ns));
	EXPECT_EQ(7, number_of_bound(7));
	text_of_event(&event, brief, sizeof(brief));
	EXPECT_EQ(sizeof(brief) - 1, strlen(brief));
	text_of_evidence(UINT32_MAX, brief, sizeof(brief));
	EXPECT_EQ(sizeof(brief) - 1, strlen(brief));
	text_of_evidence(0, brief, sizeof(brief));
	EXPECT_STREQ("none", brief);
	event.evidence = 0;
	text_of_event(&event, text, sizeof(text));
	EXPECT_EQ(NULL, strstr(text, "moved"));
	event.action = TRUECHIME_ACTION_DISTRUSTED;
	text_of_event(&event, text, sizeof(text));
	EXPECT_NE(NULL, strstr(text, "marked unsynchronised"));
	EXPECT_EQ(NULL, strstr(text, "known to"));
	event.action = TRUECHIME_ACTION_TOO_EARLY;
	text_of_event(&event, text, sizeof(text));
	EXPECT_NE(NULL, strstr(text, "before truechime was released"));
	event.cause = 200;
	event.action = 200;
	event.evidence = UINT32_MAX;
	text_of_event(&event, text, sizeof(text));
	EXPECT_NE(NULL, strstr(text, "disrupted"));
}

TEST_HARNESS_MAIN
