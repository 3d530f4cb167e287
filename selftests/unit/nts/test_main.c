// SPDX-License-Identifier: GPL-2.0-only
/*
 * The program truechime-nts, without what it does.
 */
#define main nts_main
#include "user/nts/main.c"
#undef main

#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "selftests/unit/unit.h"

/* What came while it was at work, and what would if the daemon crashed. */
int establish(int fd)
{
	int at_its_end = 0;

	raise(SIGINT);
	raise(SIGTERM);

	return prctl(PR_GET_PDEATHSIG, &at_its_end) || at_its_end != SIGKILL ||
	       sched_getscheduler(0) != SCHED_OTHER;
}

int serve(void)
{
	return establish(-1);
}

int serve_check(void)
{
	return establish(-1);
}

/* A service manager that stops the daemon tells all its processes. */
TEST(it_ends_when_the_daemon_does_and_not_before)
{
	static const char *const tasks[] = { NTS_ESTABLISH, NTS_SERVE, NTS_CHECK };

	for (size_t i = 0; i < sizeof(tasks) / sizeof(*tasks); i++) {
		char *const arguments[] = { "truechime-nts", (char *)tasks[i], NULL };
		pid_t pid = fork();
		int status;

		if (!pid)
			_exit(nts_main(2, (char **)arguments));
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_TRUE(WIFEXITED(status));
		EXPECT_EQ(0, WEXITSTATUS(status));
	}
}

/* As the daemon's real-time priority, which not everybody may set. */
TEST(it_does_not_inherit_how_the_daemon_is_scheduled)
{
	const struct sched_param none = { .sched_priority = 0 };
	char *const arguments[] = { "truechime-nts", NTS_SERVE, NULL };
	pid_t pid = fork();
	int status;

	if (!pid) {
		sched_setscheduler(0, SCHED_BATCH, &none);
		_exit(nts_main(2, (char **)arguments));
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFEXITED(status));
	EXPECT_EQ(0, WEXITSTATUS(status));
}

TEST_HARNESS_MAIN
