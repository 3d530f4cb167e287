/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The module's events, each once and in order, whether they come by notification, from the module's
 * history, or both, and however slow the receiver is.
 */
#ifndef LIB_EVENT_STREAM_H
#define LIB_EVENT_STREAM_H

#include "lib/module_group.h"
#include "lib/module_link.h"

/**
 * struct event_stream - the receiver of events, and its position
 * @link: to the module; subscribe it first
 * @handle: called for each event
 * @lost: called with a sentence that says why events are lost
 * @context: for @handle
 * @last: sequence of the latest event that was handled; 0: none
 * @instance: of that event
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
	uint64_t instance;
};

/* Skip the events so far. 0, -errno: the module does not return the latest one. */
int event_stream_skip(struct event_stream *stream);

/*
 * Handle the events after the one of that identity, which an earlier process has handled; sequence
 * 0: all. So are all of a module that was loaded since. 0, -errno: it does not return them.
 */
int event_stream_resume(struct event_stream *stream, uint64_t instance, uint32_t sequence);

/*
 * Read one notification, and handle its event and those that were missed before it. 0; -EAGAIN:
 * there is none; -errno: the module cannot be asked.
 */
int event_stream_next(struct event_stream *stream);

/*
 * Wait for events until @watch reports that the module was unloaded. -ENODEV: it was; -EPIPE:
 * nobody reads @output_fd, unless it is -1, any more; -errno.
 */
int event_stream_follow(struct event_stream *stream, struct module_watch *watch, int output_fd);

#endif /* LIB_EVENT_STREAM_H */
