// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the daemon does when it is told that a program changes the clock. The clock, steering and
 * the log are stand-ins.
 */
#include "user/daemon/requests.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "selftests/unit/unit.h"

#define S	1000000000LL

static struct {
	int64_t raw_ns;
	int messages;
	char message[1024];
	int checks;
} world;

void log_warning(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(world.message, sizeof(world.message), format, arguments);
	va_end(arguments);
	world.messages++;
}

bool log_limit_pass(struct log_limit *limit, int64_t now_ns, int64_t interval_ns)
{
	if (now_ns < limit->next_ns)
		return false;
	limit->next_ns = now_ns + interval_ns;
	return true;
}

int64_t system_clock_raw_ns(void)
{
	return world.raw_ns;
}

void steering_follow_now(struct steering *steering)
{
	world.checks++;
}

FIXTURE(seen) {
	struct config config;
	struct daemon daemon;
	struct rival_notice notice;
};

FIXTURE_SETUP(seen)
{
	memset(&world, 0, sizeof(world));
	memset(self, 0, sizeof(*self));
	world.raw_ns = 1000 * S;
	self->daemon.config = &self->config;
	self->daemon.rivals.next_ns = INT64_MAX;
	self->notice = (struct rival_notice){
		.program = "oddtime", .where = "odd.service", .what = "stepped it by +3.20 s",
		.advice = "systemctl disable --now odd.service", .pid = getpid(), .runs = true,
		.times = 1,
	};
}

FIXTURE_TEARDOWN(seen)
{
}

/* 0, or -1 when it was refused. */
static int tell(FIXTURE_DATA(seen) *self)
{
	char *arguments = rival_notice_make(&self->notice);
	const char *error = NULL;
	json_t *answer = daemon_note_rival(&self->daemon, arguments, &error);

	free(arguments);
	json_decref(answer);
	return answer ? 0 : -1;
}

TEST_F(seen, who_it_is_is_logged_once_an_hour_and_the_clock_checked_each_time)
{
	self->notice.pid = 77;
	EXPECT_EQ(0, tell(self));
	EXPECT_EQ(1, world.messages);
	EXPECT_NE(NULL, strstr(world.message, "oddtime (process 77, odd.service)"));
	EXPECT_NE(NULL, strstr(world.message, "stepped it by +3.20 s"));
	EXPECT_NE(NULL, strstr(world.message, "systemctl disable --now odd.service"));
	world.raw_ns += S;
	EXPECT_EQ(0, tell(self));
	EXPECT_EQ(1, world.messages);
	EXPECT_EQ(2, world.checks);
	world.raw_ns += 3600 * S;
	EXPECT_EQ(0, tell(self));
	EXPECT_EQ(2, world.messages);
	EXPECT_EQ(1, self->daemon.rivals.seen_count);
}

TEST_F(seen, who_is_to_be_ignored_is_not_logged)
{
	self->config.rivals = CONFIG_RIVALS_IGNORE;
	EXPECT_EQ(0, tell(self));
	EXPECT_EQ(0, world.messages);
}

TEST_F(seen, the_clock_is_left_to_who_goes_on_until_it_ends)
{
	struct time_daemon rivals[TIME_DAEMONS_MAX];

	self->config.rivals = CONFIG_RIVALS_YIELD;
	tell(self);
	EXPECT_EQ(INT64_MAX, self->daemon.rivals.next_ns);
	EXPECT_EQ(0, daemon_add_seen(&self->daemon, rivals, 0));
	self->notice.times = 3;
	tell(self);
	EXPECT_EQ(0, self->daemon.rivals.next_ns);
	ASSERT_EQ(1, daemon_add_seen(&self->daemon, rivals, 0));
	EXPECT_STREQ("oddtime", rivals[0].program);
	EXPECT_STREQ("odd.service", rivals[0].unit);
	EXPECT_EQ(getpid(), rivals[0].pid);
	/* It was found by its unit, too. */
	EXPECT_EQ(1, daemon_add_seen(&self->daemon, rivals, 1));
	self->notice.runs = false;
	self->daemon.rivals.next_ns = INT64_MAX;
	tell(self);
	EXPECT_EQ(0, self->daemon.rivals.next_ns);
	EXPECT_EQ(0, daemon_add_seen(&self->daemon, rivals, 0));
}

TEST_F(seen, who_was_quiet_for_an_hour_has_gone)
{
	struct time_daemon rivals[TIME_DAEMONS_MAX];

	self->config.rivals = CONFIG_RIVALS_YIELD;
	self->notice.times = 3;
	tell(self);
	world.raw_ns += 3600 * S;
	EXPECT_EQ(0, daemon_add_seen(&self->daemon, rivals, 0));
}

/* The watch may have ended with it. */
TEST_F(seen, who_has_ended_without_a_notice_has_gone)
{
	struct time_daemon rivals[TIME_DAEMONS_MAX];
	pid_t child = fork();

	ASSERT_LE(0, child);
	if (!child)
		_exit(0);
	ASSERT_EQ(child, waitpid(child, NULL, 0));
	self->config.rivals = CONFIG_RIVALS_YIELD;
	self->notice.times = 3;
	self->notice.pid = child;
	tell(self);
	EXPECT_EQ(0, daemon_add_seen(&self->daemon, rivals, 0));
}

/* It is process 1 there; the kernel tells truechime-watch the number that it has here. */
TEST_F(seen, who_runs_in_a_container_is_known_by_its_number_here)
{
	struct time_daemon rivals[TIME_DAEMONS_MAX];
	pid_t pid;

	self->config.rivals = CONFIG_RIVALS_YIELD;
	pid = (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, NULL, NULL, NULL, 0);
	while (!pid)
		pause();
	if (pid < 0)
		SKIP(return, "machine: there are no namespaces here: %s", strerror(errno));
	self->notice.pid = pid;
	self->notice.times = 3;
	strcpy(self->notice.where, "docker 1234");
	tell(self);
	EXPECT_EQ(1, daemon_add_seen(&self->daemon, rivals, 0));
	EXPECT_EQ(pid, rivals[0].pid);
	kill(pid, SIGKILL);
	ASSERT_EQ(pid, waitpid(pid, NULL, 0));
	EXPECT_EQ(0, daemon_add_seen(&self->daemon, rivals, 0));
}

TEST_F(seen, it_is_only_left_to_them_where_that_is_wanted)
{
	struct time_daemon rivals[TIME_DAEMONS_MAX];

	self->notice.times = 3;
	tell(self);
	EXPECT_EQ(0, daemon_add_seen(&self->daemon, rivals, 0));
	self->config.rivals = CONFIG_RIVALS_UNDO;
	EXPECT_EQ(0, daemon_add_seen(&self->daemon, rivals, 0));
}

/* date(1), whose processes all have ended, and a driver of the kernel. */
TEST_F(seen, who_has_ended_and_the_kernel_are_not_given_the_clock)
{
	struct time_daemon rivals[TIME_DAEMONS_MAX];

	self->config.rivals = CONFIG_RIVALS_YIELD;
	self->notice.times = 30;
	self->notice.runs = false;
	tell(self);
	strcpy(self->notice.program, "events");
	self->notice.runs = true;
	self->notice.pid = 0;
	tell(self);
	EXPECT_EQ(2, self->daemon.rivals.seen_count);
	EXPECT_EQ(0, daemon_add_seen(&self->daemon, rivals, 0));
}

/* They have other work, and set the clock when the hypervisor says so. */
TEST_F(seen, agents_of_hypervisors_are_not_given_the_clock)
{
	struct time_daemon rivals[TIME_DAEMONS_MAX];

	self->config.rivals = CONFIG_RIVALS_YIELD;
	self->notice.times = 3;
	strcpy(self->notice.program, "qemu-ga");
	strcpy(self->notice.where, "qemu-guest-agent.service");
	strcpy(self->notice.advice, "an option");
	tell(self);
	EXPECT_EQ(1, world.messages);
	EXPECT_EQ(NULL, strstr(world.message, "To end it"));
	EXPECT_NE(NULL, strstr(world.message, "What keeps it from that: an option"));
	EXPECT_EQ(0, daemon_add_seen(&self->daemon, rivals, 0));
}

TEST_F(seen, of_too_many_the_quietest_goes)
{
	for (int i = 0; i <= TIME_DAEMONS_MAX; i++) {
		snprintf(self->notice.where, sizeof(self->notice.where), "%d.service", i);
		world.raw_ns += S;
		tell(self);
	}
	EXPECT_EQ(TIME_DAEMONS_MAX, self->daemon.rivals.seen_count);
	EXPECT_STREQ("8.service", self->daemon.rivals.seen[0].daemon.unit);
}

TEST_F(seen, what_is_in_a_container_has_no_unit)
{
	strcpy(self->notice.where, "docker 0123456789ab");
	tell(self);
	EXPECT_STREQ("", self->daemon.rivals.seen[0].daemon.unit);
}

TEST_F(seen, nonsense_is_refused)
{
	const char *error = NULL;

	EXPECT_EQ(NULL, daemon_note_rival(&self->daemon, "{}", &error));
	EXPECT_NE(NULL, error);
	EXPECT_EQ(0, world.checks);
}

TEST_HARNESS_MAIN
