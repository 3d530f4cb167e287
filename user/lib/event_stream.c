// SPDX-License-Identifier: GPL-2.0-only
/*
 * Following the module's events: notifications, and the module's history where those were lost.
 */
#include "lib/event_stream.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/plural.h"

int event_stream_skip(struct event_stream *stream)
{
	struct module_event events[MODULE_EVENTS_MAX];
	int count = 0, err;

	stream->last = 0;
	stream->instance = 0;
	err = module_link_events(stream->link, events, MODULE_EVENTS_MAX, &count);
	if (!err && count) {
		stream->last = events[count - 1].sequence;
		stream->instance = events[count - 1].instance;
	}
	return err;
}

static void event_stream_take(struct event_stream *stream, const struct module_event *event)
{
	if (!module_event_is_newer(event, stream->last))
		return;
	stream->last = event->sequence;
	stream->instance = event->instance;
	stream->handle(stream->context, event);
}

/* Those of the module's history that are news. */
static void event_stream_take_all(struct event_stream *stream, const struct module_event *events,
				  int count)
{
	uint32_t lost = module_events_lost(events, count, stream->last);
	char why[128];
	int i;

	if (lost) {
		snprintf(why, sizeof(why), "%u event%s %s lost: the module has forgotten %s",
			 lost, plural(lost), plural_are(lost), lost == 1 ? "it" : "them");
		stream->lost(why);
	}
	for (i = 0; i < count; i++)
		event_stream_take(stream, &events[i]);
}

/*
 * Where to go on in the module's history. It has that very event, or has forgotten it and what was
 * before its own oldest; or the module was loaded since, and numbers from 1.
 */
static uint32_t resume_after(const struct module_event *events, int count, uint64_t instance,
			     uint32_t sequence)
{
	for (int i = 0; i < count; i++)
		if (events[i].sequence == sequence && events[i].instance == instance)
			return sequence;

	return count && module_event_is_newer(&events[0], sequence) ? sequence : 0;
}

int event_stream_resume(struct event_stream *stream, uint64_t instance, uint32_t sequence)
{
	struct module_event events[MODULE_EVENTS_MAX];
	int count = 0, err;

	stream->last = 0;
	stream->instance = 0;
	err = module_link_events(stream->link, events, MODULE_EVENTS_MAX, &count);
	if (err)
		return err;
	stream->last = resume_after(events, count, instance, sequence);
	if (stream->last)
		stream->instance = instance;
	event_stream_take_all(stream, events, count);
	return 0;
}

/*
 * Notifications were lost: read the events from the module's history, which has all but very many.
 */
static void event_stream_catch_up(struct event_stream *stream)
{
	struct module_event events[MODULE_EVENTS_MAX];
	int count = 0, err;
	char why[128];

	err = module_link_events(stream->link, events, MODULE_EVENTS_MAX, &count);
	if (err) {
		snprintf(why, sizeof(why),
			 "Events may be lost: the module could not be asked for what was missed: %s",
			 strerror(-err));
		stream->lost(why);
		return;
	}
	event_stream_take_all(stream, events, count);
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

int event_stream_follow(struct event_stream *stream, struct module_watch *watch, int output_fd)
{
	int err = 0;

	while (!err || err == -EAGAIN) {
		err = module_watch_wait(watch, module_link_events_fd(stream->link), output_fd);
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
