// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon's real-time priority, which the process that serves inherits.
 */
#include "user/daemon/daemon.h"

#include <sched.h>

#include "selftests/unit/unit.h"

static struct {
	int policy;
	int priority;
} asked;

int sched_setscheduler(pid_t pid, int policy, const struct sched_param *param)
{
	asked.policy = policy;
	asked.priority = param->sched_priority;

	return 0;
}

/* One that is flooded never waits: by SCHED_FIFO the daemon would not run beside it again. */
TEST(who_is_flooded_takes_turns_with_the_daemon)
{
	struct config config = { .sched_priority = 7 };
	struct daemon daemon = { .config = &config };

	daemon_be_prompt(&daemon);
	EXPECT_EQ(SCHED_RR, asked.policy);
	EXPECT_EQ(7, asked.priority);
}

TEST(without_a_priority_none_is_asked_for)
{
	struct config config = { .sched_priority = 0 };
	struct daemon daemon = { .config = &config };

	asked.priority = -1;
	daemon_be_prompt(&daemon);
	EXPECT_EQ(-1, asked.priority);
}

TEST_HARNESS_MAIN
