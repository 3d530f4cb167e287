// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the daemon says and does where another time daemon runs. Who runs, the clock, steering and
 * the log are stand-ins.
 */
#include "user/daemon/daemon.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "selftests/unit/unit.h"
#include "user/steering/time_daemon_names.h"

#define S	1000000000LL

static const struct time_daemon chronyd = {
	.program = "chronyd", .pid = 77, .unit = "chrony.service",
};

static const struct time_daemon qemu_agent = {
	.program = "qemu-ga", .pid = 78, .unit = "qemu-guest-agent.service", .is_agent = true,
};

static const struct time_daemon by_hand = { .program = "ptp4l", .pid = 80 };

/* A process that chronyd has started, which its control group names first. */
static const struct time_daemon helper = {
	.program = "chronyd", .pid = 81, .unit = "chrony.service",
};

static struct {
	int64_t raw_ns;
	struct time_daemon units[2];		/* found by control group */
	size_t unit_count;
	bool has_process;			/* @process runs, and is not hidden */
	struct time_daemon process;
	int searches;
	int readings;				/* of all processes */
	int messages;
	char message[1024];
	int yields;
	bool yielding;
} world;

static void note(const char *format, va_list arguments)
{
	vsnprintf(world.message, sizeof(world.message), format, arguments);
	world.messages++;
}

void log_warning(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	note(format, arguments);
	va_end(arguments);
}

void log_notice(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	note(format, arguments);
	va_end(arguments);
}

int64_t system_clock_raw_ns(void)
{
	return world.raw_ns;
}

void steering_yield(struct steering *steering, bool yield)
{
	world.yields++;
	world.yielding = yield;
}

size_t time_daemons_find(const char *proc, const char *cgroup,
			 struct time_daemon daemons[TIME_DAEMONS_MAX])
{
	size_t count = 0;

	world.searches++;
	world.readings += !!proc;
	if (proc && world.has_process)
		daemons[count++] = world.process;
	memcpy(&daemons[count], world.units, world.unit_count * sizeof(daemons[0]));
	return count + world.unit_count;
}

bool time_daemon_runs(const char *proc, const struct time_daemon *daemon)
{
	return world.has_process && daemon->pid == world.process.pid;
}

const char *time_daemon_advice(const char *program)
{
	return "an option";
}

void time_daemon_stop_command(const struct time_daemon *daemon,
			      char command[TIME_DAEMON_COMMAND_MAX])
{
	snprintf(command, TIME_DAEMON_COMMAND_MAX, "stop %s", daemon->program);
}

void time_daemons_text(const struct time_daemon *daemons, size_t count,
		       char text[TIME_DAEMONS_TEXT_MAX])
{
	snprintf(text, TIME_DAEMONS_TEXT_MAX, "%s", count ? daemons[0].program : "");
}

size_t daemon_add_seen(struct daemon *daemon, struct time_daemon *rivals, size_t count)
{
	return count;
}

FIXTURE(rivals) {
	struct daemon_options options;
	struct config config;
	struct daemon daemon;
};

FIXTURE_SETUP(rivals)
{
	memset(&world, 0, sizeof(world));
	memset(self, 0, sizeof(*self));
	world.raw_ns = 1000 * S;
	world.process = by_hand;
	self->daemon.options = &self->options;
	self->daemon.config = &self->config;
}

FIXTURE_TEARDOWN(rivals)
{
}

/* A minute later. */
static void watch(FIXTURE_DATA(rivals) *self)
{
	world.raw_ns += 60 * S;
	daemon_watch_rivals(&self->daemon, world.raw_ns);
}

TEST_F(rivals, nobody_is_no_news)
{
	daemon_find_rivals(&self->daemon);
	watch(self);
	EXPECT_EQ(0, world.messages);
	EXPECT_EQ(2, world.searches);
	/* All processes are read at the start only. */
	EXPECT_EQ(1, world.readings);
	daemon_watch_rivals(&self->daemon, world.raw_ns + 59 * S);
	EXPECT_EQ(2, world.searches);
}

TEST_F(rivals, who_runs_is_named_once_with_the_remedy)
{
	world.units[0] = chronyd;
	world.unit_count = 1;
	daemon_find_rivals(&self->daemon);
	EXPECT_EQ(1, world.messages);
	EXPECT_NE(NULL, strstr(world.message, "chronyd"));
	EXPECT_NE(NULL, strstr(world.message, "stop chronyd"));
	EXPECT_EQ(0, world.yields);
	watch(self);
	/* It was restarted. */
	world.units[0].pid++;
	watch(self);
	EXPECT_EQ(1, world.messages);
	world.unit_count = 0;
	watch(self);
	EXPECT_EQ(2, world.messages);
	EXPECT_NE(NULL, strstr(world.message, "No other"));
}

TEST_F(rivals, who_was_started_by_hand_is_known_until_it_ends)
{
	world.has_process = true;
	daemon_find_rivals(&self->daemon);
	EXPECT_NE(NULL, strstr(world.message, "stop ptp4l"));
	watch(self);
	watch(self);
	EXPECT_EQ(1, world.messages);
	EXPECT_EQ(1, self->daemon.rivals.running_count);
	world.has_process = false;
	watch(self);
	EXPECT_EQ(2, world.messages);
	EXPECT_EQ(0, self->daemon.rivals.running_count);
}

/* At the start it is found by one of its processes, and later by another one. */
TEST_F(rivals, a_unit_is_one_whatever_its_processes)
{
	world.has_process = true;
	world.process = chronyd;
	daemon_find_rivals(&self->daemon);
	EXPECT_EQ(1, world.messages);
	world.units[0] = helper;
	world.unit_count = 1;
	watch(self);
	EXPECT_EQ(1, world.messages);
	EXPECT_EQ(1, self->daemon.rivals.running_count);
}

TEST_F(rivals, the_clock_is_left_to_them_as_long_as_they_run)
{
	self->config.rivals = CONFIG_RIVALS_YIELD;
	world.units[0] = chronyd;
	world.unit_count = 1;
	daemon_find_rivals(&self->daemon);
	EXPECT_TRUE(self->daemon.rivals.yielding);
	EXPECT_TRUE(world.yielding);
	EXPECT_NE(NULL, strstr(world.message, "left to"));
	watch(self);
	EXPECT_EQ(1, world.yields);
	world.unit_count = 0;
	watch(self);
	EXPECT_FALSE(self->daemon.rivals.yielding);
	EXPECT_FALSE(world.yielding);
	EXPECT_TRUE(self->daemon.sources_changed);
	EXPECT_EQ(2, world.yields);
	EXPECT_NE(NULL, strstr(world.message, "steered again"));
}

/* By a reload. */
TEST_F(rivals, other_orders_count_at_once)
{
	world.units[0] = chronyd;
	world.unit_count = 1;
	daemon_find_rivals(&self->daemon);
	self->config.rivals = CONFIG_RIVALS_YIELD;
	daemon_find_rivals(&self->daemon);
	EXPECT_TRUE(world.yielding);
	EXPECT_EQ(2, world.messages);
	self->config.rivals = CONFIG_RIVALS_WARN;
	daemon_find_rivals(&self->daemon);
	EXPECT_FALSE(world.yielding);
	EXPECT_NE(NULL, strstr(world.message, "fight"));
}

TEST_F(rivals, who_is_to_be_ignored_is_not_said_to_be_gone)
{
	world.units[0] = chronyd;
	world.unit_count = 1;
	daemon_find_rivals(&self->daemon);
	self->config.rivals = CONFIG_RIVALS_IGNORE;
	daemon_find_rivals(&self->daemon);
	EXPECT_EQ(1, world.messages);
	self->config.rivals = CONFIG_RIVALS_YIELD;
	daemon_find_rivals(&self->daemon);
	EXPECT_TRUE(world.yielding);
	self->config.rivals = CONFIG_RIVALS_IGNORE;
	daemon_find_rivals(&self->daemon);
	EXPECT_FALSE(world.yielding);
	EXPECT_NE(NULL, strstr(world.message, "whatever else runs"));
}

TEST_F(rivals, nobody_is_looked_for_where_it_does_not_matter)
{
	world.units[0] = chronyd;
	world.unit_count = 1;
	self->config.rivals = CONFIG_RIVALS_IGNORE;
	daemon_find_rivals(&self->daemon);
	self->config.rivals = CONFIG_RIVALS_WARN;
	self->options.no_clock = true;
	daemon_find_rivals(&self->daemon);
	self->options.no_clock = false;
	self->options.task = DAEMON_SET;
	daemon_find_rivals(&self->daemon);
	watch(self);
	EXPECT_EQ(0, world.searches);
	EXPECT_EQ(0, world.messages);
	EXPECT_EQ(INT64_MAX, self->daemon.rivals.next_ns);
}

/* An agent of the hypervisor is named once, and the clock is not left to it. */
TEST_F(rivals, agents_are_named)
{
	self->config.rivals = CONFIG_RIVALS_YIELD;
	world.units[0] = qemu_agent;
	world.unit_count = 1;
	daemon_find_rivals(&self->daemon);
	EXPECT_EQ(1, world.messages);
	EXPECT_NE(NULL, strstr(world.message, "qemu-ga"));
	EXPECT_NE(NULL, strstr(world.message, "an option"));
	watch(self);
	daemon_find_rivals(&self->daemon);
	EXPECT_EQ(1, world.messages);
	EXPECT_FALSE(self->daemon.rivals.yielding);
	EXPECT_EQ(0, self->daemon.rivals.running_count);
	/* Beside it a time daemon is one as ever, and when that ends so is the clock ours. */
	world.units[1] = chronyd;
	world.unit_count = 2;
	watch(self);
	EXPECT_TRUE(self->daemon.rivals.yielding);
	EXPECT_EQ(1, self->daemon.rivals.running_count);
	EXPECT_EQ(2, world.messages);
	world.unit_count = 1;
	watch(self);
	EXPECT_FALSE(self->daemon.rivals.yielding);
	EXPECT_EQ(3, world.messages);
}

TEST_F(rivals, agents_are_not_named_if_others_are_to_be_ignored)
{
	self->config.rivals = CONFIG_RIVALS_IGNORE;
	world.units[0] = qemu_agent;
	world.unit_count = 1;
	daemon_find_rivals(&self->daemon);
	EXPECT_EQ(0, world.messages);
}

TEST_HARNESS_MAIN
