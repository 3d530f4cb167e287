// SPDX-License-Identifier: GPL-2.0-only
/*
 * What hooks hear of: each event once and in order, whatever way it comes. The module is a
 * stand-in.
 */
#include "user/hooks/hook_events.h"

#include <errno.h>
#include <string.h>

#include "user/log.h"

#include "unit.h"

/* What the notifications' socket says: an event's number, or -errno. */
struct notice {
	int64_t said;
	uint32_t remembered;	/* the latest event from then on; 0: as before */
	int dump_error;		/* of asking for them from then on */
};

static struct {
	uint32_t remembered;	/* the latest event, and up to 63 before it */
	int dump_error;
	const struct notice *notices;
	size_t notice_count;
	uint32_t handled[256];
	size_t handled_count;
} world;

/* Once everything is said the module goes. */
int module_watch_wait(struct module_watch *watch, int fd)
{
	return world.notice_count ? 0 : -ENODEV;
}

int module_link_subscribe(struct module_link *link)
{
	return 0;
}

int module_link_events_fd(const struct module_link *link)
{
	return 0;
}

int module_link_events(struct module_link *link, struct module_event *events, int max, int *count)
{
	uint32_t sequence = world.remembered > (uint32_t)max ? world.remembered - max : 0;

	*count = 0;
	if (world.dump_error)
		return world.dump_error;
	while (sequence != world.remembered)
		events[(*count)++] = (struct module_event){ .sequence = ++sequence };
	return 0;
}

int module_link_next_event(struct module_link *link, struct module_event *event)
{
	const struct notice *notice = world.notices++;

	world.notice_count--;
	if (notice->remembered)
		world.remembered = notice->remembered;
	world.dump_error = notice->dump_error;
	if (notice->said < 0)
		return (int)notice->said;
	*event = (struct module_event){ .sequence = (uint32_t)notice->said };
	return 0;
}

static void handle(void *context, const struct module_event *event)
{
	if (world.handled_count < ARRAY_SIZE(world.handled))
		world.handled[world.handled_count++] = event->sequence;
}

static int follow(uint32_t remembered, const struct notice *notices, size_t count)
{
	log_set_level(-1);
	memset(&world, 0, sizeof(world));
	world.remembered = remembered;
	world.notices = notices;
	world.notice_count = count;
	return hook_events_follow(NULL, NULL, handle, NULL);
}

/* Find @first to @latest handled, once each. */
static void expect_handled(struct __test_metadata *_metadata, uint32_t first, uint32_t latest)
{
	uint32_t i;

	ASSERT_EQ(latest - first + 1, world.handled_count);
	for (i = first; i <= latest; i++)
		EXPECT_EQ(i, world.handled[i - first]);
}

TEST(what_was_before_is_no_news)
{
	static const struct notice notices[] = {
		{ .said = 4 }, { .said = 5 }, { .said = -EAGAIN }, { .said = 6 },
	};

	EXPECT_EQ(-ENODEV, follow(4, notices, ARRAY_SIZE(notices)));
	expect_handled(_metadata, 5, 6);
}

TEST(what_was_not_notified_is_asked_for)
{
	static const struct notice notices[] = {
		{ .said = 1 }, { .said = -ENOBUFS, .remembered = 3 }, { .said = 3 },
		{ .said = 6, .remembered = 7 }, { .said = 7 }, { .said = 8 },
	};

	EXPECT_EQ(-ENODEV, follow(0, notices, ARRAY_SIZE(notices)));
	expect_handled(_metadata, 1, 8);
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
}

TEST(what_nobody_remembers_is_lost)
{
	static const struct notice notices[] = {
		{ .said = 1 }, { .said = -ENOBUFS, .remembered = 100 }, { .said = 101 },
	};

	EXPECT_EQ(-ENODEV, follow(0, notices, ARRAY_SIZE(notices)));
	ASSERT_EQ(66, world.handled_count);
	EXPECT_EQ(37, world.handled[1]);
	EXPECT_EQ(101, world.handled[65]);
}

TEST_HARNESS_MAIN
