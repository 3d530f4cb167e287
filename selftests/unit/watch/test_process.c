// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether the process that changed the clock is still there, by the kernel's own answers.
 */
#include "user/watch/process.h"

#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "selftests/unit/unit.h"

static pid_t begin_process(pid_t number)
{
	struct clone_args how = {
		.exit_signal = SIGCHLD,
		.set_tid = number ? (uintptr_t)&number : 0,
		.set_tid_size = !!number,
	};
	pid_t pid = (pid_t)syscall(SYS_clone3, &how, sizeof(how));

	while (!pid)
		pause();

	return pid;
}

static void end_process(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* An advice to end it would be one to end something else. Both have this program's name. */
TEST(another_process_with_its_number_is_not_it)
{
	struct tally_rival rival = { .pid = begin_process(0) };
	struct utsname system;

	ASSERT_LT(0, rival.pid);
	ASSERT_EQ(0, prctl(PR_GET_NAME, rival.program));
	rival.process = process_identify(rival.pid);
	EXPECT_TRUE(process_runs(&rival));
	end_process(rival.pid);
	EXPECT_FALSE(process_runs(&rival));
	ASSERT_EQ(0, uname(&system));
	if (strverscmp(system.release, "6.9") < 0)
		SKIP(return, "machine: its kernel has one inode for all processes");
	if (begin_process(rival.pid) != rival.pid)
		SKIP(return, "machine: processes cannot have a number of choice: %s",
		     strerror(errno));
	EXPECT_FALSE(process_runs(&rival));
	end_process(rival.pid);
}

/* The name by which it changed the clock is what an advice would end. */
TEST(a_process_of_another_name_is_not_it)
{
	struct tally_rival rival = { .pid = getpid(), .program = "ntpdate" };

	EXPECT_FALSE(process_runs(&rival));
	ASSERT_EQ(0, prctl(PR_GET_NAME, rival.program));
	EXPECT_TRUE(process_runs(&rival));
}

TEST(the_record_says_where_a_process_is)
{
	struct watch_record record = {
		.tgid = INT32_MAX, .group_count = 2, .groups = { "odd.service", "system.slice" },
	};
	char path[sizeof(((struct tally_rival *)NULL)->path)];

	process_path(&record, path, sizeof(path));
	EXPECT_STREQ("/system.slice/odd.service", path);
}

TEST_HARNESS_MAIN
