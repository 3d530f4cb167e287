// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the server process is started with.
 */
#include "user/daemon/server_process.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "selftests/unit/unit.h"
#include "selftests/unit/wrapped_calls.h"
#include "user/lib/memory_file.h"
#include "user/lib/spawn.h"
#include "user/server/settings.h"

/* The process does what it is to; false: its code is not its own any more. */
static bool is_ours = true;

/* Whoever waits for it at all does so for long enough, however busy the machine is. */
int __wrap_poll(struct pollfd *fds, unsigned long count, int timeout_ms)
{
	return __real_poll(fds, count, is_ours && timeout_ms > 0 ? 60000 : timeout_ms);
}

/* What a process counts, of each client that it has room for. */
static void count_one(int fd)
{
	struct server_statistics *statistics = memory_file_map(fd, 0, PROT_READ | PROT_WRITE);

	if (!statistics)
		abort();
	statistics->counts[SERVER_RECEIVED]++;
	statistics->clients[0].hits++;
}

/* It has a batch to answer when the daemon lets go of the lifeline, and counts it. */
static void __attribute__((noreturn)) serve(int statistics_fd, int lifeline_fd)
{
	struct pollfd lifeline = { .fd = lifeline_fd };

	poll(&lifeline, 1, -1);
	usleep(20000);
	count_one(statistics_fd);
	_exit(0);
}

pid_t spawn_beside(const char *program, const char *argument, const int *fds, int count)
{
	pid_t pid;

	count_one(fds[SERVER_FD_STATISTICS - SPAWN_FD_FIRST]);
	pid = fork();
	if (pid)
		return pid;
	/* But not for longer than the test. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (is_ours) {
		dup2(fds[SERVER_FD_STATISTICS - SPAWN_FD_FIRST], 100);
		dup2(fds[SERVER_FD_LIFELINE - SPAWN_FD_FIRST], 101);
		close_range(STDERR_FILENO + 1, 99, 0);
		serve(100, 101);
	}
	/* It has system calls to close and wait. */
	close_range(STDERR_FILENO + 1, ~0U, 0);
	for (;;)
		pause();
}

static int start(struct server_process *process, int64_t log_bytes)
{
	const struct server_sockets sockets = { .ipv4_fd = -1, .ipv6_fd = -1 };
	const struct config_server config = { .log_bytes = log_bytes };
	const struct server_keys keys = { .count = 0 };
	const struct server_uses uses = { .nts = false };

	return server_process_start(process, &config, &keys, &sockets, -1, &uses);
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
	struct server_process process;
	char how[128];

	memset(&process, 0, sizeof(process));
	is_ours = false;
	ASSERT_EQ(0, start(&process, 2048));
	ASSERT_EQ(1, poll(&(struct pollfd){ .fd = process.lifeline_fd }, 1, 10000));
	alarm(60);
	server_process_ended(&process, how, sizeof(how));
	EXPECT_STREQ("signal 9 ended it", how);
	EXPECT_EQ(0, process.pid);
	server_process_clear(&process);
}

/* One that is stopped to be given other rules answers what it has received, and is gone on from. */
TEST(the_next_process_goes_on_counting)
{
	struct server_process process;
	char how[128];

	memset(&process, 0, sizeof(process));
	for (unsigned int i = 1; i <= 5; i += 2) {
		ASSERT_EQ(0, start(&process, 2048));
		EXPECT_EQ(i, process.statistics->counts[SERVER_RECEIVED]);
		EXPECT_EQ(i, process.statistics->clients[0].hits);
		server_process_stop(&process);
		EXPECT_EQ(i + 1, process.statistics->counts[SERVER_RECEIVED]);
	}
	/* With room for more of them each has another place. */
	ASSERT_EQ(0, start(&process, 4096));
	EXPECT_EQ(1, process.statistics->clients[0].hits);
	/* One that failed may have failed by what it had written. */
	server_process_ended(&process, how, sizeof(how));
	ASSERT_EQ(0, start(&process, 4096));
	EXPECT_EQ(1, process.statistics->clients[0].hits);
	server_process_clear(&process);
	EXPECT_EQ(NULL, process.statistics);
}

/* It is logged: who reads that memory is missing looks for the wrong thing. */
TEST(without_descriptors_it_says_so)
{
	struct server_process process;
	struct rlimit limit;
	int first, err;

	memset(&process, 0, sizeof(process));
	is_ours = false;
	first = dup(STDERR_FILENO);
	close(first);
	for (rlim_t count = 0; count <= 4; count++) {
		getrlimit(RLIMIT_NOFILE, &limit);
		limit.rlim_cur = (rlim_t)first + count;
		setrlimit(RLIMIT_NOFILE, &limit);
		err = start(&process, 2048);
		EXPECT_EQ(count < 4 ? -EMFILE : 0, err) {
			TH_LOG("%d descriptors", (int)count);
		}
		server_process_clear(&process);
	}
}

/*
 * On a machine that has no time for it one does not end when it is told to, and the daemon, which
 * has a clock to keep, does not wait for it. What it had counted is all there.
 */
TEST(what_was_counted_is_kept_of_a_process_that_does_not_end)
{
	struct server_process process;

	memset(&process, 0, sizeof(process));
	is_ours = false;
	ASSERT_EQ(0, start(&process, 2048));
	alarm(60);
	server_process_stop(&process);
	EXPECT_EQ(0, process.pid);
	ASSERT_EQ(0, start(&process, 2048));
	EXPECT_EQ(2, process.statistics->counts[SERVER_RECEIVED]);
	EXPECT_EQ(2, process.statistics->clients[0].hits);
	server_process_clear(&process);
	EXPECT_EQ(NULL, process.statistics);
}

TEST_HARNESS_MAIN
