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

	return (struct server *)&server;
}

int sandbox_enter(const int *calls, size_t count)
{
	return 0;
}

int batch_prepare_socket(int fd, int family, bool cards)
{
	return 0;
}

/* As truechimed hands it over. */
static void hand_over(void)
{
	struct server_settings settings = { .client_count = 0 };
	int settings_fd = memory_file("settings", sizeof(settings));
	int page_fd = memory_file("page", 4096);
	int statistics_fd = memory_file("statistics", server_statistics_size(0));

	if (!memory_file_write(settings_fd, &settings, sizeof(settings), 0) ||
	    dup2(settings_fd, SERVER_FD_SETTINGS + SERVER_FD_END) < 0 ||
	    dup2(page_fd, SERVER_FD_PAGE + SERVER_FD_END) < 0 ||
	    dup2(statistics_fd, SERVER_FD_STATISTICS + SERVER_FD_END) < 0)
		_exit(1);
	for (int fd = SERVER_FD_SETTINGS; fd < SERVER_FD_END; fd++)
		dup2(fd + SERVER_FD_END, fd);
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

TEST_HARNESS_MAIN
