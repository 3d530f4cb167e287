// SPDX-License-Identifier: GPL-2.0-only
/*
 * When -q and -Q end, and with which status. Sources, steering and log are stand-ins.
 */
#include "user/daemon/daemon.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "selftests/unit/unit.h"

#define S	1000000000LL

struct source {
	struct source_status status;
	bool refused;
};

static struct {
	struct source source[2];
	size_t count;
	int step_error;
	int steps;
	char said[512];
} world;

static void say(const char *format, va_list arguments)
{
	vsnprintf(world.said, sizeof(world.said), format, arguments);
}

void log_err(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say(format, arguments);
	va_end(arguments);
}

void log_info(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say(format, arguments);
	va_end(arguments);
}

size_t associations_sources(const struct associations *associations,
			    struct source *const **sources)
{
	static struct source *const pointers[] = { &world.source[0], &world.source[1] };

	*sources = pointers;

	return world.count;
}

void source_get_record(const struct source *source, struct source_status *status)
{
	*status = source->status;
}

bool source_is_refused(const struct source *source)
{
	return source->refused;
}

void steering_get_status(const struct steering *steering, struct steering_status *status)
{
	memset(status, 0, sizeof(*status));
}

int steering_step(struct steering *steering, const char *why)
{
	world.steps++;

	return world.step_error;
}

const char *daemon_step_words(const struct daemon *daemon, int err)
{
	return "as it was refused";
}

FIXTURE(task) {
	struct daemon *daemon;
	struct daemon_options options;
	struct source_options source;
};

FIXTURE_SETUP(task)
{
	size_t i;

	memset(&world, 0, sizeof(world));
	self->daemon = calloc(1, sizeof(*self->daemon));
	ASSERT_NE(NULL, self->daemon);
	self->options = (struct daemon_options){ .task = DAEMON_SET };
	self->source = (struct source_options){ .kind = SOURCE_SERVER };
	self->daemon->options = &self->options;
	self->daemon->task.begun_ns = 1000 * S;
	self->daemon->update.result.selection.selected = -1;
	self->daemon->status = -1;
	world.count = 2;
	for (i = 0; i < 2; i++)
		world.source[i].status.options = &self->source;
}

FIXTURE_TEARDOWN(task)
{
	free(self->daemon);
}

/* Both were asked so often, the last time @ago_s before 1100 s, and the first @received times. */
static bool is_given_up(FIXTURE_DATA(task) *self, int sent, int ago_s, int received)
{
	size_t i;

	for (i = 0; i < 2; i++) {
		world.source[i].status.sent = (uint64_t)sent;
		world.source[i].status.asked_raw_ns = (1100 - ago_s) * S;
		world.source[i].status.received = (uint64_t)received;
	}
	daemon_give_up_task(self->daemon, 1100 * S);

	return self->daemon->stop;
}

TEST_F(task, silent_sources_are_given_up)
{
	EXPECT_FALSE(is_given_up(self, 3, 60, 0));
	EXPECT_FALSE(is_given_up(self, 4, 1, 0));
	EXPECT_TRUE(is_given_up(self, 4, 3, 0));
	EXPECT_EQ(1, self->daemon->status);
	EXPECT_NE(NULL, strstr(world.said, "the network there"));
}

/* However often they were asked: one that is not synchronised is asked five times in 8 s. */
TEST_F(task, nobody_is_given_up_in_the_first_14_s)
{
	self->daemon->task.begun_ns = 1086 * S;
	EXPECT_FALSE(is_given_up(self, 5, 6, 5));
	self->daemon->task.begun_ns--;
	EXPECT_TRUE(is_given_up(self, 5, 6, 5));
}

/* Their servers are right there, so that is not what to look at. */
TEST_F(task, sources_that_contradict_each_other_are_told_as_such)
{
	EXPECT_TRUE(is_given_up(self, 7, 3, 7));
	EXPECT_NE(NULL, strstr(world.said, "contradict each other"));
}

TEST_F(task, a_source_that_may_still_answer_is_waited_for)
{
	world.source[1].status.sent = 3;
	world.source[0].status.sent = 7;
	daemon_give_up_task(self->daemon, 1100 * S);
	EXPECT_FALSE(self->daemon->stop);
	world.source[1].refused = true;
	daemon_give_up_task(self->daemon, 1100 * S);
	EXPECT_TRUE(self->daemon->stop);
}

TEST_F(task, who_is_offline_is_not_waited_for)
{
	world.source[0].status.withdrawn = true;
	world.source[1].status.withdrawn = true;
	daemon_give_up_task(self->daemon, 1001 * S);
	EXPECT_TRUE(self->daemon->stop);
}

/* A name may not be known yet, or the network not be there. */
TEST_F(task, who_cannot_be_asked_is_waited_for_a_minute)
{
	daemon_give_up_task(self->daemon, 1063 * S);
	EXPECT_FALSE(self->daemon->stop);
	world.count = 0;
	daemon_give_up_task(self->daemon, 1063 * S);
	EXPECT_FALSE(self->daemon->stop);
	daemon_give_up_task(self->daemon, 1065 * S);
	EXPECT_TRUE(self->daemon->stop);
}

TEST_F(task, a_clock_of_this_machine_has_its_polls)
{
	self->source.kind = SOURCE_REFCLOCK;
	world.source[0].status.poll = 4;
	world.source[1].status.poll = 4;
	daemon_give_up_task(self->daemon, 1111 * S);
	EXPECT_FALSE(self->daemon->stop);
	daemon_give_up_task(self->daemon, 1113 * S);
	EXPECT_TRUE(self->daemon->stop);
}

TEST_F(task, who_is_selected_or_no_task_is_not_given_up)
{
	self->daemon->update.result.selection.selected = 0;
	EXPECT_FALSE(is_given_up(self, 100, 60, 100));
	self->daemon->update.result.selection.selected = -1;
	self->options.task = DAEMON_RUN;
	EXPECT_FALSE(is_given_up(self, 100, 60, 100));
}

TEST_F(task, enough_samples_end_it)
{
	struct timescale_now now = { .raw_ns = 1002 * S };

	self->daemon->update.result.selection.selected = 0;
	self->daemon->update.result.changed = true;
	world.source[0].status.samples = 3;
	daemon_judge_task(self->daemon, &now);
	EXPECT_FALSE(self->daemon->stop);
	world.source[0].status.samples = 4;
	daemon_judge_task(self->daemon, &now);
	EXPECT_TRUE(self->daemon->stop);
	EXPECT_EQ(0, self->daemon->status);
	EXPECT_EQ(1, world.steps);
}

TEST_F(task, a_clock_that_is_not_set_is_a_failure)
{
	struct timescale_now now = { .raw_ns = 1002 * S };

	world.step_error = -EACCES;
	self->daemon->update.result.selection.selected = 0;
	self->daemon->update.result.changed = true;
	world.source[0].status.samples = 4;
	daemon_judge_task(self->daemon, &now);
	EXPECT_EQ(1, self->daemon->status);
	EXPECT_NE(NULL, strstr(world.said, "as it was refused"));
}

/* -t is shorter than what they take. */
TEST_F(task, the_end_of_its_time_says_what_is_missing)
{
	world.source[0].status.received = 2;
	world.source[1].status.received = 2;
	daemon_end(self->daemon);
	EXPECT_EQ(1, self->daemon->status);
	EXPECT_NE(NULL, strstr(world.said, "contradict each other"));
	self->daemon->task.first_result_ns = 1;
	daemon_end(self->daemon);
	EXPECT_NE(NULL, strstr(world.said, "not enough yet"));
}

TEST_HARNESS_MAIN
