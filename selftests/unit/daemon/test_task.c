// SPDX-License-Identifier: GPL-2.0-only
/*
 * When -q and -Q end, and with which status. Sources, steering and log are stand-ins.
 */
#include "user/daemon/requests.h"

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
	struct source source[3];
	size_t count;
	int step_error;
	int steps;
	char said[1024];
} world;

/* All of it, a line each. */
static void say(const char *format, va_list arguments)
{
	size_t length = strlen(world.said);

	vsnprintf(world.said + length, sizeof(world.said) - length, format, arguments);
	length = strlen(world.said);
	snprintf(world.said + length, sizeof(world.said) - length, "\n");
}

void log_err(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say(format, arguments);
	va_end(arguments);
}

void log_warning(const char *format, ...)
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
	static struct source *const pointers[] = {
		&world.source[0], &world.source[1], &world.source[2],
	};

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

int steering_try_step(struct steering *steering, const char *why)
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

static void both_agree(void)
{
	world.source[0].status.verdict = SOURCE_SELECTED;
	world.source[1].status.verdict = SOURCE_COMBINED;
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
	both_agree();
	self->daemon->update.result.selection.selected = 0;
	EXPECT_FALSE(is_given_up(self, 100, 60, 100));
	self->daemon->update.result.selection.selected = -1;
	self->options.task = DAEMON_RUN;
	EXPECT_FALSE(is_given_up(self, 100, 60, 100));
}

TEST_F(task, enough_samples_end_it)
{
	struct timescale_now now = { .raw_ns = 1002 * S };

	both_agree();
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

	both_agree();
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

/* --- one of several --- */

/*
 * Of three servers the first one gives the time, and the others are silent, and were asked so often
 * that they are given up.
 */
static void have_one_of_three(FIXTURE_DATA(task) *self, struct source_options options[3])
{
	static const char *const names[] = { "one.example", "two.example", "three.example" };
	size_t i;

	world.count = 3;
	for (i = 0; i < 3; i++) {
		options[i] = (struct source_options){ .kind = SOURCE_SERVER };
		snprintf(options[i].name, sizeof(options[i].name), "%s", names[i]);
		world.source[i].status = (struct source_status){
			.options = &options[i],
			.sent = 4,
			.asked_raw_ns = 1010 * S,
		};
	}
	world.source[0].status.received = 4;
	world.source[0].status.samples = 4;
	world.source[0].status.verdict = SOURCE_SELECTED;
	self->daemon->update.result.selection.selected = 0;
	self->daemon->update.result.changed = true;
	self->daemon->update.result.step_ns = 1500 * S;
}

/* What it does at @second of the task. */
static void go_on(FIXTURE_DATA(task) *self, int second)
{
	struct timescale_now now = { .raw_ns = (1000 + second) * S };
	struct selection *selection = &self->daemon->update.result.selection;
	int selected = selection->selected;

	if (daemon_awaits_others(self->daemon))
		selection->selected = -1;
	else
		daemon_judge_task(self->daemon, &now);
	daemon_give_up_task(self->daemon, now.raw_ns);
	selection->selected = selected;
}

/* The configuration wants more than agree: that is no fault of the servers. */
TEST_F(task, too_few_for_the_configuration_are_told_as_such)
{
	struct source_options options[3];

	have_one_of_three(self, options);
	world.source[0].status.verdict = SOURCE_NOT_COMBINED;
	world.source[1].status.verdict = SOURCE_NOT_COMBINED;
	self->daemon->update.result.selection.selected = -1;
	go_on(self, 15);
	EXPECT_EQ(1, self->daemon->status);
	EXPECT_NE(NULL, strstr(world.said, "2 of 3 time sources agree"));
	EXPECT_NE(NULL, strstr(world.said, "minsources"));
}

TEST_F(task, one_of_several_sets_no_clock)
{
	struct source_options options[3];

	have_one_of_three(self, options);
	go_on(self, 10);
	EXPECT_FALSE(self->daemon->stop);
	go_on(self, 15);
	EXPECT_TRUE(self->daemon->stop);
	EXPECT_EQ(1, self->daemon->status);
	EXPECT_EQ(0, world.steps);
	EXPECT_NE(NULL, strstr(world.said, "Only one.example of 3 time sources"));
	EXPECT_NE(NULL, strstr(world.said, "not set"));
	EXPECT_NE(NULL, strstr(world.said, "two.example, three.example"));
	EXPECT_NE(NULL, strstr(world.said, "trust"));
	EXPECT_EQ(NULL, strstr(world.said, "(step)"));
}

/* That touches nothing, and whoever asks wants to know. */
TEST_F(task, one_of_several_is_measured_and_told_as_such)
{
	struct source_options options[3];

	have_one_of_three(self, options);
	self->options.task = DAEMON_MEASURE;
	go_on(self, 15);
	EXPECT_TRUE(self->daemon->stop);
	EXPECT_EQ(0, self->daemon->status);
	EXPECT_EQ(0, world.steps);
	EXPECT_NE(NULL, strstr(world.said, "wrong by 1500.000000 seconds (ignored)"));
	EXPECT_NE(NULL, strstr(world.said, "Only one.example of 3 time sources"));
	EXPECT_NE(NULL, strstr(world.said, "-q would not set"));
}

/* The time of -t may be over before the others are given up. */
TEST_F(task, the_end_of_its_time_leaves_one_of_several_as_it_is)
{
	struct source_options options[3];

	have_one_of_three(self, options);
	go_on(self, 10);
	daemon_end(self->daemon);
	EXPECT_EQ(1, self->daemon->status);
	EXPECT_EQ(0, world.steps);
	EXPECT_NE(NULL, strstr(world.said, "Only one.example of 3 time sources"));

	self->options.task = DAEMON_MEASURE;
	daemon_end(self->daemon);
	EXPECT_EQ(0, self->daemon->status);
	EXPECT_NE(NULL, strstr(world.said, "wrong by 1500.000000 seconds (ignored)"));
}

TEST_F(task, a_second_one_that_agrees_is_enough)
{
	struct source_options options[3];

	have_one_of_three(self, options);
	go_on(self, 10);
	EXPECT_FALSE(self->daemon->stop);
	world.source[2].status.verdict = SOURCE_NOT_COMBINED;
	go_on(self, 11);
	EXPECT_EQ(0, self->daemon->status);
	EXPECT_EQ(1, world.steps);
	EXPECT_NE(NULL, strstr(world.said, "2 of 3 time sources say so"));
}

/* Pulses have no date of their own: they agree with whatever the one server says. */
TEST_F(task, pulses_are_no_second_one)
{
	struct source_options options[3];

	have_one_of_three(self, options);
	options[2].numbered = true;
	world.source[2].status.verdict = SOURCE_SELECTED;
	self->daemon->update.result.selection.selected = 2;
	world.source[2].status.samples = 4;
	go_on(self, 15);
	EXPECT_EQ(1, self->daemon->status);
	EXPECT_EQ(0, world.steps);
	EXPECT_NE(NULL, strstr(world.said, "Only one.example of 2 time sources"));
}

TEST_F(task, one_that_is_trusted_is_enough)
{
	struct source_options options[3];

	have_one_of_three(self, options);
	options[0].trust = true;
	go_on(self, 10);
	EXPECT_EQ(0, self->daemon->status);
	EXPECT_EQ(1, world.steps);
	EXPECT_NE(NULL, strstr(world.said, "1 of 3 time sources says so"));
}

/* Those that are only watched, or were taken offline, are none of several. */
TEST_F(task, the_only_one_that_may_be_used_is_enough)
{
	struct source_options options[3];

	have_one_of_three(self, options);
	options[1].noselect = true;
	world.source[2].status.withdrawn = true;
	go_on(self, 10);
	EXPECT_EQ(0, self->daemon->status);
	EXPECT_EQ(1, world.steps);
}

/* Nor are other names that lead to it. */
TEST_F(task, a_server_with_three_names_is_one)
{
	struct source_options options[3];

	have_one_of_three(self, options);
	world.source[1].status.twin = true;
	world.source[2].status.twin = true;
	go_on(self, 10);
	EXPECT_EQ(0, self->daemon->status);
	EXPECT_EQ(1, world.steps);
}

TEST_HARNESS_MAIN
