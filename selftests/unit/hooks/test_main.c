// SPDX-License-Identifier: GPL-2.0-only
/*
 * The program truechime-hooks, without the module: what it refuses before it waits for events.
 */
#define main hooks_main
#include "user/hooks/main.c"
#undef main

#include "selftests/unit/unit.h"
#include "selftests/unit/wrapped_calls.h"

static int waits;

/* It begins to wait, and this ends it. */
int module_watch_open(struct module_watch **watch)
{
	waits++;
	*watch = NULL;

	return -EPERM;
}

void module_watch_close(struct module_watch *watch)
{
}

int module_watch_wait(struct module_watch *watch, int timeout_ms)
{
	return -EPERM;
}

int module_link_open(struct module_link **link)
{
	return -EPERM;
}

void module_link_close(struct module_link *link)
{
}

int module_link_subscribe(struct module_link *link)
{
	return -EPERM;
}

int event_stream_skip(struct event_stream *stream)
{
	return -EPERM;
}

int event_stream_follow(struct event_stream *stream, struct module_watch *watch)
{
	return -EPERM;
}

json_t *event_report(const struct module_event *event)
{
	return NULL;
}

int __wrap_freezer_own(const char *file, char *own, size_t size)
{
	return snprintf(own, size, "/own.slice/hold.service") < (int)size ? 0 : -ENAMETOOLONG;
}

static int run_with(const char *option, const char *value)
{
	char *words[4] = { (char *)"truechime-hooks", (char *)option, (char *)value };

	waits = 0;
	optind = 0;
	return hooks_main(3, words);
}

/* It would wait for ever, and freeze nothing when it counts. */
TEST(what_can_never_be_frozen_is_refused_at_once)
{
	static const char *const names[] = {
		"", "/", "..", "../x.slice", "a.slice//b.slice", "a.slice/", "own.slice",
		"/own.slice/hold.service",
	};

	log_set_level(-1);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		EXPECT_EQ(2, run_with("--freeze", names[i]))
			TH_LOG("'%s'", names[i]);
		EXPECT_EQ(0, waits);
	}
}

TEST(what_is_not_there_yet_is_waited_for)
{
	log_set_level(-1);
	EXPECT_EQ(1, run_with("--freeze", "truechime-test-none.slice"));
	EXPECT_EQ(1, waits);
	EXPECT_EQ(1, run_with("--directory", "/nonexistent"));
	EXPECT_EQ(1, waits);
}

TEST_HARNESS_MAIN
