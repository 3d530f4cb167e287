// SPDX-License-Identifier: GPL-2.0-only
/*
 * The program truechime-server, without the server and its sandbox.
 */
#define main server_main
#include "user/server/main.c"
#undef main

#include <stdlib.h>
#include <sys/wait.h>

#include "selftests/unit/unit.h"

static struct server_world given;
static int prepared;

/* What the sandbox allows. */
static const int *allowed;
static size_t allowed_count;

/* What came while it was serving. */
int server_run(struct server *server)
{
	raise(SIGINT);
	raise(SIGTERM);

	return 0;
}

struct server *server_new(const struct server_world *world)
{
	static char server;

	given = *world;

	return (struct server *)&server;
}

int sandbox_enter(const int *calls, size_t count)
{
	allowed = calls;
	allowed_count = count;

	return 0;
}

static bool is_allowed(int call)
{
	for (size_t i = 0; i < allowed_count; i++) {
		if (allowed[i] == call)
			return true;
	}

	return false;
}

int batch_prepare_socket(int fd, int family, bool cards)
{
	prepared++;

	return 0;
}

static bool is_another_version;

/* As truechimed hands it over, beside what comes over pipes and sockets. */
static void hand_over(void)
{
	struct server_settings settings = { .client_count = 0 };
	int settings_fd = memory_file("settings", sizeof(settings));
	int page_fd = memory_file("page", 4096);
	int statistics_fd = memory_file("statistics", server_statistics_size(0));

	own_version_write(settings.version);
	if (is_another_version)
		settings.version[0]++;
	if (!memory_file_write(settings_fd, &settings, sizeof(settings), 0) ||
	    dup2(settings_fd, SERVER_FD_SETTINGS + SERVER_FD_END) < 0 ||
	    dup2(page_fd, SERVER_FD_PAGE + SERVER_FD_END) < 0 ||
	    dup2(statistics_fd, SERVER_FD_STATISTICS + SERVER_FD_END) < 0)
		_exit(1);
	close_range(SERVER_FD_SETTINGS, SERVER_FD_END - 1, 0);
	for (int fd = SERVER_FD_SETTINGS; fd < SERVER_FD_END; fd++)
		dup2(fd + SERVER_FD_END, fd);
	close_range(SERVER_FD_END, ~0U, 0);
}

static void open_at(int place)
{
	int fd = open("/dev/null", O_RDWR);

	if (fd != place && (dup2(fd, place) < 0 || close(fd)))
		_exit(1);
}

/* A service manager that stops the daemon tells all its processes. */
TEST(it_ends_when_the_daemon_does_and_not_before)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		hand_over();
		_exit(server_main());
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFEXITED(status));
	EXPECT_EQ(0, WEXITSTATUS(status));
}

static bool is_as_given(int fd, int place, int without)
{
	bool is_there = fd >= 0, was_given = place != without;

	return is_there == was_given;
}

/* What is opened here takes the lowest free number, which may be that of what is not there. */
TEST(what_is_not_handed_over_is_not_used)
{
	for (int without = SERVER_FD_COOKIE_KEYS; without <= SERVER_FD_IPV6; without++) {
		pid_t pid = fork();
		int status;

		if (!pid) {
			hand_over();
			for (int fd = SERVER_FD_LIFELINE; fd < SERVER_FD_END; fd++) {
				if (fd != without && fcntl(fd, F_GETFD) < 0)
					open_at(fd);
			}
			if (server_main() ||
			    !is_as_given(given.cookie_keys_fd, SERVER_FD_COOKIE_KEYS, without) ||
			    !is_as_given(given.ipv4_fd, SERVER_FD_IPV4, without) ||
			    !is_as_given(given.ipv6_fd, SERVER_FD_IPV6, without))
				_exit(1);
			_exit(prepared != (without == SERVER_FD_COOKIE_KEYS ? 2 : 1));
		}
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_EQ(0, status) {
			TH_LOG("without descriptor %d", without);
		}
	}
}

/* Of a daemon that was not restarted after an upgrade: what it tells may lie elsewhere. */
TEST(it_does_not_serve_by_what_another_version_says)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		is_another_version = true;
		hand_over();
		_exit(server_main());
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFEXITED(status));
	EXPECT_EQ(SERVER_STATUS_SETTINGS, WEXITSTATUS(status));
}

/* arm64 and others have no poll(2): there the C library calls ppoll(2). */
TEST(it_may_wait_on_any_processor)
{
	static const int calls[] = {
		SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(ppoll_time64), SCMP_SYS(clock_gettime64),
		SCMP_SYS(futex_time64), SCMP_SYS(recvmmsg_time64),
	};
	pid_t pid = fork();
	int status;

	if (!pid) {
		hand_over();
		status = server_main();
		for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
			status |= !is_allowed(calls[i]);
		_exit(status);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

TEST_HARNESS_MAIN
