// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any notifications and any history of the module, in any order, from now on or from an earlier
 * event on: each event is handled once and in order, the position is the latest that was handled,
 * and following ends when the module is gone.
 */
#include "user/lib/event_stream.h"

#include <errno.h>

#include "fuzz.h"

/* What the module says next, who hears it, whether anything was handled, and the latest. */
static struct fuzz_input module;
static struct event_stream stream;
static bool has_begun;
static uint32_t handled;

static const int errors[] = { 0, 0, 0, 0, -EAGAIN, -ENOBUFS, -EIO, -ENODEV };

static int next_error(void)
{
	return module.size ? errors[fuzz_take_u8(&module) % 8] : -ENODEV;
}

/* Mostly near the latest, so that it is news now and then; seldom anywhere. */
static uint32_t next_sequence(void)
{
	uint8_t step = fuzz_take_u8(&module);

	return step == 255 ? (uint32_t)fuzz_take_s64(&module) : handled + step - 4;
}

int module_link_events(struct module_link *link, struct module_event *events, int max, int *count)
{
	int err = next_error(), i;

	(void)link;
	*count = 0;
	if (err)
		return err;
	*count = fuzz_take_u8(&module) % (max + 1);
	for (i = 0; i < *count; i++)
		events[i] = (struct module_event){ .sequence = next_sequence() };
	return 0;
}

int module_link_next_event(struct module_link *link, struct module_event *event)
{
	int err = next_error();

	(void)link;
	if (!err)
		*event = (struct module_event){ .sequence = next_sequence() };
	return err;
}

int module_link_events_fd(const struct module_link *link)
{
	(void)link;
	return -1;
}

int module_watch_wait(struct module_watch *watch, int fd, int output_fd)
{
	(void)watch;
	(void)fd;
	(void)output_fd;
	return module.size ? 0 : -ENODEV;
}

static void handle(void *context, const struct module_event *event)
{
	(void)context;
	FUZZ_CHECK(!has_begun || module_event_is_newer(event, handled));
	FUZZ_CHECK(stream.last == event->sequence);
	has_begun = true;
	handled = event->sequence;
}

static void lose(const char *why)
{
	FUZZ_CHECK(*why && strlen(why) < 127);
}

int fuzz_one_input(const uint8_t *data, size_t size)
{
	int err;

	module = (struct fuzz_input){ data, size };
	stream = (struct event_stream){ .handle = handle, .lost = lose };
	handled = 0;
	has_begun = false;
	if (fuzz_take_u8(&module) & 1)
		(void)event_stream_skip(&stream);
	else
		(void)event_stream_resume(&stream, 0, next_sequence());
	FUZZ_CHECK(!has_begun || stream.last == handled);
	has_begun = true;
	handled = stream.last;
	err = event_stream_follow(&stream, NULL, -1);
	FUZZ_CHECK(err && err != -EAGAIN);
	FUZZ_CHECK(stream.last == handled);
	return 0;
}
