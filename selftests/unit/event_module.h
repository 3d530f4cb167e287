/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A stand-in for the module, for those who follow its events: it remembers, notifies, loses
 * notifications, and goes.
 */
#ifndef EVENT_MODULE_H
#define EVENT_MODULE_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include "user/lib/module_group.h"
#include "user/lib/module_link.h"

#include "unit.h"

/* What the notifications' socket says: an event's number, or -errno. */
struct notice {
	int64_t said;
	uint32_t remembered;	/* the latest event from then on; 0: as before */
	int dump_error;		/* of asking for them from then on */
};

static struct {
	uint32_t remembered;	/* the latest event */
	uint64_t instance;	/* of all events */
	int dump_error;
	const struct notice *notices;
	size_t notice_count;
	bool is_gone;		/* before all of that was read */
	uint32_t handled[256];
	size_t handled_count;
} world;

/* The latest that is remembered, and what is said then; nobody has heard of any yet. */
static void world_begin(uint32_t remembered, const struct notice *notices, size_t count)
{
	world.remembered = remembered;
	world.dump_error = 0;
	world.notices = notices;
	world.notice_count = count;
	world.is_gone = false;
	world.handled_count = 0;
}

static void world_handle(uint32_t sequence)
{
	if (world.handled_count < ARRAY_SIZE(world.handled))
		world.handled[world.handled_count++] = sequence;
}

/* Find @first to @latest handled, once each. */
static void expect_handled(struct __test_metadata *_metadata, uint32_t first, uint32_t latest)
{
	uint32_t i;

	ASSERT_EQ(latest - first + 1, world.handled_count);
	for (i = first; i <= latest; i++)
		EXPECT_EQ(i, world.handled[i - first]);
}

/* Once everything is said the module goes. */
int module_watch_wait(struct module_watch *watch, int fd, int output_fd)
{
	return world.notice_count && !world.is_gone ? 0 : -ENODEV;
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
	uint32_t sequence = world.remembered > MODULE_EVENTS_MAX ?
			    world.remembered - MODULE_EVENTS_MAX : 0;

	*count = 0;
	if (world.dump_error)
		return world.dump_error;
	while (sequence != world.remembered && *count < max)
		events[(*count)++] = (struct module_event){ .instance = world.instance,
							    .sequence = ++sequence };
	return 0;
}

int module_link_next_event(struct module_link *link, struct module_event *event)
{
	const struct notice *notice = world.notices;

	if (!world.notice_count)
		return -EAGAIN;
	world.notices++;
	world.notice_count--;
	if (notice->remembered)
		world.remembered = notice->remembered;
	world.dump_error = notice->dump_error;
	if (notice->said < 0)
		return (int)notice->said;
	*event = (struct module_event){ .instance = world.instance,
					.sequence = (uint32_t)notice->said };
	return 0;
}

#endif /* EVENT_MODULE_H */
