// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sockets at which keys of NTS are established, while the configuration changes.
 */
#include "user/daemon/nts_serving.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "selftests/unit/config_reports.h"
#include "selftests/unit/counted_log.h"
#include "selftests/unit/unit.h"
#include "user/lib/spawn.h"

/* The processes are not what this is about: none is started. */
pid_t spawn_beside(const char *program, const char *argument, const int *fds, int count)
{
	return -ENOENT;
}

static struct sockaddr_in address_of(int port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

/* A port that was free a moment ago. */
static int free_port(void)
{
	struct sockaddr_in address = address_of(0);
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    getsockname(fd, (struct sockaddr *)&address, &length))
		abort();
	close(fd);

	return ntohs(address.sin_port);
}

static bool is_served(int port)
{
	struct sockaddr_in address = address_of(port);
	int fd = socket(AF_INET, SOCK_STREAM, 0), err;

	err = connect(fd, (struct sockaddr *)&address, sizeof(address));
	close(fd);

	return !err;
}

FIXTURE(serving)
{
	struct nts_serving *nts;
	char dir[64];
};

FIXTURE_SETUP(serving)
{
	memset(&logged, 0, sizeof(logged));
	strcpy(self->dir, "/tmp/test_nts_serving.XXXXXX");
	ASSERT_NE(NULL, mkdtemp(self->dir));
	self->nts = nts_serving_new();
	ASSERT_NE(NULL, self->nts);
}

FIXTURE_TEARDOWN(serving)
{
	char path[96];

	nts_serving_free(self->nts);
	snprintf(path, sizeof(path), "%s/ntskeys", self->dir);
	unlink(path);
	EXPECT_EQ(0, rmdir(self->dir));
}

/* Serve at 127.0.0.1 from now on, by these lines more. */
static void serve(FIXTURE_DATA(serving) *self, int port, const char *lines)
{
	struct reports reports;
	struct config *config;
	char text[512];

	snprintf(text, sizeof(text),
		 "bindaddress 127.0.0.1\nntsport %d\nntsdumpdir %s\nntsserverkey /k\n"
		 "ntsservercert /c\n%s", port, self->dir, lines);
	config = parse(text, &reports);
	if (!config)
		abort();
	nts_serving_configure(self->nts, config, 1);
	config_free(config);
}

/* A child that looks up a name has all descriptors until it has closed them. */
TEST_F(serving, other_rules_have_the_same_sockets)
{
	int port = free_port();
	pid_t child;

	serve(self, port, "allow 10.0.0.0/8");
	ASSERT_TRUE(is_served(port));
	child = fork();
	if (!child) {
		pause();
		_exit(0);
	}
	serve(self, port, "allow 10.0.0.0/8\nallow 192.0.2.1");
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	EXPECT_TRUE(is_served(port));
	EXPECT_EQ(0, logged.warnings);
}

TEST_F(serving, another_port_has_another_socket)
{
	int before = free_port(), after = free_port();

	serve(self, before, "allow");
	serve(self, after, "allow");
	EXPECT_TRUE(is_served(after));
	EXPECT_FALSE(is_served(before));
	serve(self, after, "");
	EXPECT_FALSE(is_served(after));
}

/* How many of @count that come at once find room to wait: nobody accepts them. */
static int waiting_of(int port, int count)
{
	struct sockaddr_in address = address_of(port);
	struct pollfd fds[count];
	int found = 0;

	for (int i = 0; i < count; i++) {
		fds[i] = (struct pollfd){
			.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0),
			.events = POLLOUT,
		};
		(void)!connect(fds[i].fd, (struct sockaddr *)&address, sizeof(address));
	}
	for (int i = 0; i < count; i++)
		found += poll(&fds[i], 1, 0) > 0;
	for (int i = 0; i < count; i++)
		close(fds[i].fd);

	return found;
}

/* They have their turn soon where many are served at a time, and would come back after seconds. */
TEST_F(serving, as_many_may_wait_as_are_served)
{
	int port = free_port();

	serve(self, port, "allow\nmaxntsconnections 1");
	EXPECT_LE(128, waiting_of(port, 140));
	/* Those wait until somebody looks at them, although they have gone. */
	serve(self, port, "allow\nmaxntsconnections 150\nntsprocesses 2");
	EXPECT_EQ(160, waiting_of(port, 160));
	serve(self, port, "allow\nmaxntsconnections 400\nntsprocesses 2");
	EXPECT_EQ(400, waiting_of(port, 400));
}

TEST_HARNESS_MAIN
