// SPDX-License-Identifier: GPL-2.0-only
/*
 * Following the module's events: notifications, and the module's history where those were lost.
 */
#include "lib/event_stream.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int event_stream_skip(struct event_stream *stream)
{
	struct module_event events[MODULE_EVENTS_MAX];
	int count = 0, err;

	stream->last = 0;
	err = module_link_events(stream->link, events, MODULE_EVENTS_MAX, &count);
	if (!err && count)
		stream->last = events[count - 1].sequence;
	return err;
}

static void event_stream_take(struct event_stream *stream, const struct module_event *event)
{
	if (!module_event_is_newer(event, stream->last))
		return;
	stream->last = event->sequence;
	stream->handle(stream->context, event);
}

/*
 * Notifications were lost: read the events from the module's history, which has all but very many.
 */
static void event_stream_catch_up(struct event_stream *stream)
{
	struct module_event events[MODULE_EVENTS_MAX];
	int count = 0, i, err;
	uint32_t lost;
	char why[128];

	err = module_link_events(stream->link, events, MODULE_EVENTS_MAX, &count);
	if (err) {
		snprintf(why, sizeof(why),
			 "Events may be lost: the module could not be asked for what was missed: %s",
			 strerror(-err));
		stream->lost(why);
		return;
	}
	lost = module_events_lost(events, count, stream->last);
	if (lost) {
		snprintf(why, sizeof(why), "%u events are lost: the module has forgotten them",
			 lost);
		stream->lost(why);
	}
	for (i = 0; i < count; i++)
		event_stream_take(stream, &events[i]);
}

int event_stream_next(struct event_stream *stream)
{
	struct module_event event;
	int err;

	err = module_link_next_event(stream->link, &event);
	if (err && err != -ENOBUFS)
		return err;
	if (err || module_event_is_newer(&event, stream->last + 1))
		event_stream_catch_up(stream);
	if (!err)
		event_stream_take(stream, &event);
	return 0;
}

int event_stream_follow(struct event_stream *stream, struct module_watch *watch)
{
	int err = 0;

	while (!err || err == -EAGAIN) {
		err = module_watch_wait(watch, module_link_events_fd(stream->link));
		if (err)
			break;
		err = event_stream_next(stream);
	}
	/* What the module had reported before it went is still at hand. */
	if (err == -ENODEV)
		while (!event_stream_next(stream))
			;
	return err;
}
