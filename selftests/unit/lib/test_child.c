// SPDX-License-Identifier: GPL-2.0-only
/*
 * A child that ends by itself, while signals come.
 */
#include "user/lib/child.h"

#include <stdlib.h>
#include <sys/time.h>

#include "selftests/unit/unit.h"
#include "user/lib/clock_ns.h"

#define STATUS	7

static void note(int number)
{
}

/* So often from now on. */
static void have_alarms(int interval_ms)
{
	struct itimerval interval = {
		.it_interval.tv_usec = interval_ms * 1000,
		.it_value.tv_usec = interval_ms * 1000,
	};
	struct sigaction action = { .sa_handler = note };

	if (sigaction(SIGALRM, &action, NULL) || setitimer(ITIMER_REAL, &interval, NULL))
		abort();
}

static pid_t start(int lasts_ms)
{
	pid_t pid = fork();

	if (!pid) {
		usleep((useconds_t)lasts_ms * 1000);
		_exit(STATUS);
	}

	return pid;
}

/* A second reload, and the alarm that follows each. */
TEST(signals_take_no_time_from_it)
{
	pid_t pid = start(300);
	int status;

	have_alarms(50);
	child_await_end(pid, 20000);
	status = child_end(pid);
	EXPECT_TRUE(WIFEXITED(status));
	EXPECT_EQ(STATUS, WEXITSTATUS(status));
}

/* Nor do they give it any. */
TEST(whoever_does_not_end_is_killed)
{
	int64_t start_ms = clock_ms(CLOCK_MONOTONIC);
	pid_t pid = start(60000);
	int status;

	have_alarms(50);
	child_await_end(pid, 220);
	status = child_end(pid);
	EXPECT_LE(220, clock_ms(CLOCK_MONOTONIC) - start_ms);
	EXPECT_GT(20000, clock_ms(CLOCK_MONOTONIC) - start_ms);
	EXPECT_TRUE(WIFSIGNALED(status));
}

TEST_HARNESS_MAIN
