// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the server process is started with.
 */
#include "user/daemon/server_process.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

#include "selftests/unit/unit.h"
#include "user/lib/spawn.h"

/* What a process does whose code is not its own any more: it has system calls to close and wait. */
pid_t spawn_beside(const char *program, const char *argument, const int *fds, int count)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	/* But not for longer than the test. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close_range(STDERR_FILENO + 1, ~0U, 0);
	for (;;)
		pause();
}

/* Without records of clients nobody could be limited: little memory is no reason to have none. */
TEST(memory_is_for_so_many_clients)
{
	static const struct {
		int64_t bytes;
		size_t clients;
	} cases[] = {
		{ 0, 0 }, { 1, 8 }, { 500, 8 }, { 1024, 8 }, { 2048, 16 }, { 524288, 4096 },
		{ 1LL << 31, 1 << 24 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		EXPECT_EQ(cases[i].clients, server_process_clients(cases[i].bytes)) {
			TH_LOG("%lld bytes", (long long)cases[i].bytes);
		}
	}
}

/* The daemon has a clock to keep: it waits for nobody. */
TEST(a_process_that_says_it_has_ended_and_has_not_is_ended)
{
	const struct server_sockets sockets = { .ipv4_fd = -1, .ipv6_fd = -1 };
	const struct config_server config = { .log_bytes = 0 };
	const struct server_keys keys = { .count = 0 };
	const struct server_uses uses = { .nts = false };
	struct server_process process;
	char how[128];

	memset(&process, 0, sizeof(process));
	ASSERT_EQ(0, server_process_start(&process, &config, &keys, &sockets, -1, &uses));
	ASSERT_EQ(1, poll(&(struct pollfd){ .fd = process.lifeline_fd }, 1, 10000));
	alarm(5);
	server_process_ended(&process, how, sizeof(how));
	EXPECT_STREQ("signal 9 ended it", how);
	EXPECT_EQ(0, process.pid);
}

TEST_HARNESS_MAIN
