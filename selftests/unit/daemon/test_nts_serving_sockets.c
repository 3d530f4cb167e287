// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sockets at which keys of NTS are established, while the configuration changes.
 */
#include "user/daemon/nts_serving.h"

#include <arpa/inet.h>
#include <errno.h>
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

TEST_HARNESS_MAIN
