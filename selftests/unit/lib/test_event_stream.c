// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whoever follows the module's events hears of each once and in order, whatever way it comes:
 * notified, remembered, both, or remembered after its notification was lost.
 */
#include "user/lib/event_stream.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "selftests/unit/event_module.h"

static char loss[256];

/* As it is handled the module goes; 0: never. */
static uint32_t last_of_module;

static void handle(void *context, const struct module_event *event)
{
	world_handle(event->sequence);
	if (event->sequence == last_of_module)
		world.is_gone = true;
}

static void lose(const char *why)
{
	snprintf(loss, sizeof(loss), "%s", why);
}

/* From @remembered on, which is no news, until all is said. */
static int follow(uint32_t remembered, const struct notice *notices, size_t count)
{
	struct event_stream stream = { .handle = handle, .lost = lose };

	*loss = '\0';
	world_begin(remembered, notices, count);
	(void)event_stream_skip(&stream);
	return event_stream_follow(&stream, NULL, -1);
}

TEST(what_was_before_is_no_news)
{
	static const struct notice notices[] = {
		{ .said = 4 }, { .said = 5 }, { .said = -EAGAIN }, { .said = 6 },
	};

	EXPECT_EQ(-ENODEV, follow(4, notices, ARRAY_SIZE(notices)));
	expect_handled(_metadata, 5, 6);
	EXPECT_STREQ("", loss);
}

/* A hook may take as long as it takes to load another version of the module. */
TEST(what_was_notified_before_the_module_went_is_handled)
{
	static const struct notice notices[] = { { .said = 5 }, { .said = 6 }, { .said = 7 } };

	last_of_module = 5;
	EXPECT_EQ(-ENODEV, follow(4, notices, ARRAY_SIZE(notices)));
	last_of_module = 0;
	expect_handled(_metadata, 5, 7);
	EXPECT_STREQ("", loss);
}

TEST(what_was_not_notified_is_asked_for)
{
	static const struct notice notices[] = {
		{ .said = 1 }, { .said = -ENOBUFS, .remembered = 3 }, { .said = 3 },
		{ .said = 6, .remembered = 7 }, { .said = 7 }, { .said = 8 },
		{ .said = -ENOBUFS, .remembered = 8 }, { .said = 9 },
	};

	EXPECT_EQ(-ENODEV, follow(0, notices, ARRAY_SIZE(notices)));
	expect_handled(_metadata, 1, 9);
	EXPECT_STREQ("", loss);
}

TEST(module_that_refuses_to_remember_does_not_end_it)
{
	static const struct notice notices[] = {
		{ .said = 1 }, { .said = -ENOBUFS, .dump_error = -EAGAIN },
		{ .said = 3, .remembered = 3 }, { .said = 4 },
	};

	EXPECT_EQ(-ENODEV, follow(0, notices, ARRAY_SIZE(notices)));
	/* Made up for with the next. */
	expect_handled(_metadata, 1, 4);
	EXPECT_NE(NULL, strstr(loss, strerror(EAGAIN)));
}

TEST(what_nobody_remembers_is_lost_and_counted)
{
	static const struct notice notices[] = {
		{ .said = 1 }, { .said = -ENOBUFS, .remembered = 100 }, { .said = 101 },
	};

	EXPECT_EQ(-ENODEV, follow(0, notices, ARRAY_SIZE(notices)));
	ASSERT_EQ(66, world.handled_count);
	EXPECT_EQ(1, world.handled[0]);
	EXPECT_EQ(37, world.handled[1]);
	EXPECT_EQ(101, world.handled[65]);
	EXPECT_STREQ("35 events are lost: the module has forgotten them", loss);
}

TEST(what_was_before_may_be_unknown)
{
	struct event_stream stream = { .last = 7 };

	world_begin(4, NULL, 0);
	EXPECT_EQ(0, event_stream_skip(&stream));
	EXPECT_EQ(4, stream.last);
	world.dump_error = -EAGAIN;
	EXPECT_EQ(-EAGAIN, event_stream_skip(&stream));
	EXPECT_EQ(0, stream.last);
}

#define INSTANCE	0x0123456789abcdef

/* What is handled of @remembered events by who goes on after that one. */
static void resume(uint32_t remembered, uint64_t instance, uint32_t sequence)
{
	struct event_stream stream = { .handle = handle, .lost = lose };

	*loss = '\0';
	world_begin(remembered, NULL, 0);
	world.instance = INSTANCE;
	if (event_stream_resume(&stream, instance, sequence))
		exit(1);
	if (stream.last != remembered || (remembered && stream.instance != INSTANCE))
		exit(1);
}

TEST(who_begins_anew_goes_on_where_another_ended)
{
	resume(7, INSTANCE, 4);
	expect_handled(_metadata, 5, 7);
	resume(7, INSTANCE, 7);
	EXPECT_EQ(0, world.handled_count);
	/* There was none yet. */
	resume(3, 0, 0);
	expect_handled(_metadata, 1, 3);
	resume(0, 0, 0);
	EXPECT_EQ(0, world.handled_count);
	EXPECT_STREQ("", loss);
}

/* It numbers from 1 again. */
TEST(all_is_news_of_a_module_that_was_loaded_since)
{
	resume(7, INSTANCE + 1, 4);
	expect_handled(_metadata, 1, 7);
	resume(2, INSTANCE + 1, 4);
	expect_handled(_metadata, 1, 2);
	resume(0, INSTANCE + 1, 4);
	EXPECT_EQ(0, world.handled_count);
	EXPECT_STREQ("", loss);
}

TEST(what_was_forgotten_meanwhile_is_counted)
{
	resume(100, INSTANCE, 30);
	expect_handled(_metadata, 37, 100);
	EXPECT_STREQ("6 events are lost: the module has forgotten them", loss);
}

TEST(where_to_go_on_may_be_unknown)
{
	struct event_stream stream = { .handle = handle, .lost = lose, .last = 7 };

	world_begin(4, NULL, 0);
	world.dump_error = -EAGAIN;
	EXPECT_EQ(-EAGAIN, event_stream_resume(&stream, INSTANCE, 4));
	EXPECT_EQ(0, stream.last);
	EXPECT_EQ(0, world.handled_count);
}

TEST(module_that_cannot_be_heard_ends_it)
{
	static const struct notice notices[] = { { .said = 1 }, { .said = -EIO }, { .said = 2 } };

	EXPECT_EQ(-EIO, follow(0, notices, ARRAY_SIZE(notices)));
	expect_handled(_metadata, 1, 1);
}

/* A revert takes the numbers back, and this process with them: what comes then is next. */
TEST(newer_is_what_comes_after_also_where_numbers_wrap)
{
	static const struct {
		uint32_t sequence;
		uint32_t last;
		bool newer;
	} cases[] = {
		{ 1, 0, true }, { 1, 1, false }, { 1, 2, false }, { 2, 1, true }, { 65, 1, true },
		{ 0, UINT32_MAX, true }, { UINT32_MAX, 0, false }, { 3, UINT32_MAX - 3, true },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct module_event event = { .sequence = cases[i].sequence };

		EXPECT_EQ(cases[i].newer, module_event_is_newer(&event, cases[i].last))
			TH_LOG("case %zu", i);
	}
}

TEST(lost_is_what_lies_before_the_oldest_that_is_remembered)
{
	static const struct {
		uint32_t oldest;
		uint32_t last;
		uint32_t lost;
	} cases[] = {
		{ 1, 0, 0 }, { 2, 0, 1 }, { 1, 64, 0 }, { 65, 64, 0 }, { 70, 64, 5 },
		{ 0, UINT32_MAX, 0 }, { 2, UINT32_MAX, 2 }, { UINT32_MAX, 5, 0 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct module_event event = { .sequence = cases[i].oldest };

		EXPECT_EQ(cases[i].lost, module_events_lost(&event, 1, cases[i].last))
			TH_LOG("case %zu", i);
	}
	EXPECT_EQ(0, module_events_lost(NULL, 0, 7));
}

TEST_HARNESS_MAIN
