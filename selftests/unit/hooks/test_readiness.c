// SPDX-License-Identifier: GPL-2.0-only
/*
 * When a service is ready that is so while the clock is right, and when it ends; on a clock that is
 * a string, a letter a check.
 */
#include "user/hooks/readiness.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "selftests/unit/fake_journal.h"
#include "selftests/unit/unit.h"
#include "selftests/unit/wrapped_calls.h"

#define WITHIN_NS	1100000000LL

/* 'r': right, 'w': wrong; after the last one it stays so. */
static const char *clock_state;
static int checks, ready_after, waited_ms, longest_ms;
static char status[128];

int sd_notifyf(int unset_environment, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(status, sizeof(status), format, arguments);
	va_end(arguments);
	if (strstr(status, "READY=1"))
		ready_after = checks;
	return 1;
}

int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	waited_ms += timeout_ms;
	if (timeout_ms > longest_ms)
		longest_ms = timeout_ms;
	return 0;
}

static bool is_right(int64_t within_ns)
{
	size_t last = strlen(clock_state) - 1;
	size_t at = (size_t)checks++;

	return within_ns == WITHIN_NS && clock_state[at < last ? at : last] == 'r';
}

static void run_on(const char *states)
{
	clock_state = states;
	checks = 0;
	ready_after = 0;
	waited_ms = 0;
	journal_listen(LOG_NOTICE);
	readiness_run(WITHIN_NS, is_right);
}

TEST(ready_while_the_clock_is_right)
{
	run_on("wwwrrrrrw");
	EXPECT_EQ(5, ready_after);
	EXPECT_EQ(10, checks);
	EXPECT_EQ(2, journal.messages);
	EXPECT_NE(NULL, strstr(journal.fields[0], "is not known to be right to within 1.10 s"))
		TH_LOG("%s", journal.fields[0]);
}

TEST(ready_at_once_where_it_is_right)
{
	run_on("rrw");
	EXPECT_EQ(2, ready_after);
	EXPECT_LE(waited_ms, 200);
}

/* A daemon that was overtaken by a disruption withdraws at once what it published. */
TEST(not_ready_by_what_is_withdrawn)
{
	run_on("wrwrwrrw");
	EXPECT_EQ(7, ready_after);
}

/* As it is while the module steps it. */
TEST(not_ended_by_a_moment)
{
	run_on("rrrwrrwrrrww");
	EXPECT_EQ(2, ready_after);
	EXPECT_EQ(12, checks);
}

/* What must not run on a wrong clock stops within a second. */
TEST(ends_in_time)
{
	longest_ms = 0;
	run_on("rrrrrrrrww");
	EXPECT_LE(longest_ms, 500);
}

TEST(says_what_it_waits_for)
{
	run_on("rrw");
	EXPECT_STREQ("READY=1\nSTATUS=The clock is right to within 1.10 s", status);
}

TEST_HARNESS_MAIN
