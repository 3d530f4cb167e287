/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The module's events, each once and in order, whether it is notified, remembered, or both, and
 * however long whoever hears of it takes.
 */
#ifndef LIB_EVENT_STREAM_H
#define LIB_EVENT_STREAM_H

#include "lib/module_group.h"
#include "lib/module_link.h"

/**
 * struct event_stream - who hears of events, and how far
 * @link: to the module; subscribe it first
 * @handle: called for each event
 * @lost: called with a sentence that says why events that nobody will hear of are lost
 * @context: for @handle
 * @last: sequence of the latest event that was handled; 0: none
 *
 * Where @handle closes the link, events that are at hand still reach it; event_stream_next() needs
 * another link then.
 */
struct event_stream {
	struct module_link *link;
	void (*handle)(void *context, const struct module_event *event);
	void (*lost)(const char *why);
	void *context;
	uint32_t last;
};

/* What happened before now is no news. 0, -errno: the module does not say what that was. */
int event_stream_skip(struct event_stream *stream);

/*
 * Read one notification, and handle what it says and what was missed before it. 0; -EAGAIN: none
 * is there; -errno: the module cannot be asked.
 */
int event_stream_next(struct event_stream *stream);

/* Wait for events until the module goes, of which @watch tells. -ENODEV: it went; -errno. */
int event_stream_follow(struct event_stream *stream, struct module_watch *watch);

#endif /* LIB_EVENT_STREAM_H */
