// SPDX-License-Identifier: GPL-2.0-only
/*
 * Following the module's events: notifications, and what it remembers where these were lost.
 */
#include "hook_events.h"

#include <errno.h>
#include <string.h>

#include "../log.h"

/* As many as the module remembers. */
#define EVENTS_MAX	64

struct follower {
	struct module_link *link;
	void (*handle)(void *context, const struct module_event *event);
	void *context;
	uint32_t last;		/* sequence of the latest event handled; 0: none */
};

/* What happened before we came is no news. */
static int skip_past(struct follower *follower)
{
	struct module_event events[EVENTS_MAX];
	int count = 0, err;

	err = module_link_events(follower->link, events, EVENTS_MAX, &count);
	if (!err && count)
		follower->last = events[count - 1].sequence;
	return err;
}

static void take(struct follower *follower, const struct module_event *event)
{
	if (!module_event_is_newer(event, follower->last))
		return;
	follower->last = event->sequence;
	follower->handle(follower->context, event);
}

/* Hooks took so long that notifications were lost: the module remembers what they said. */
static void catch_up(struct follower *follower)
{
	struct module_event events[EVENTS_MAX];
	int count = 0, i, err;
	uint32_t lost;

	err = module_link_events(follower->link, events, EVENTS_MAX, &count);
	if (err) {
		log_warning("Disruptions may have been missed: the module could not be asked for its events: %s",
			    strerror(-err));
		return;
	}
	lost = module_events_lost(events, count, follower->last);
	if (lost)
		log_warning("%u events were missed: the module has forgotten them", lost);
	for (i = 0; i < count; i++)
		take(follower, &events[i]);
}

static void take_notified(struct follower *follower, const struct module_event *event)
{
	if (module_event_is_newer(event, follower->last + 1))
		catch_up(follower);
	take(follower, event);
}

int hook_events_follow(struct module_link *link, struct module_watch *watch,
		       void (*handle)(void *context, const struct module_event *event),
		       void *context)
{
	struct follower follower = { .link = link, .handle = handle, .context = context };
	struct module_event event;
	int err;

	err = module_link_subscribe(link);
	if (!err)
		err = skip_past(&follower);
	while (!err || err == -EAGAIN || err == -ENOBUFS) {
		err = module_watch_wait(watch, module_link_events_fd(link));
		if (err)
			break;
		err = module_link_next_event(link, &event);
		if (err == -ENOBUFS)
			catch_up(&follower);
		else if (!err)
			take_notified(&follower, &event);
	}
	return err;
}
