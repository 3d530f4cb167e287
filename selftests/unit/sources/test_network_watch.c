// SPDX-License-Identifier: GPL-2.0-only
/*
 * Addresses that come and go, in a network namespace of the test's own.
 */
#include "user/sources/network_watch.h"

#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "selftests/unit/unit.h"

static int set_loopback(int fd, bool up)
{
	struct ifreq request = { .ifr_flags = up ? IFF_UP : 0 };

	strcpy(request.ifr_name, "lo");
	return ioctl(fd, SIOCSIFFLAGS, &request);
}

static short wait_for(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	poll(&poll_fd, 1, 2000);
	return poll_fd.revents;
}

TEST(what_comes_is_told_from_what_goes)
{
	int watch_fd, fd;

	if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		SKIP(return, "no network namespaces here");
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	ASSERT_LE(0, fd);
	watch_fd = network_watch_open();
	ASSERT_LE(0, watch_fd);
	EXPECT_FALSE(network_watch_read(watch_fd));

	/* 127.0.0.1 comes with it, and what leads there. */
	ASSERT_EQ(0, set_loopback(fd, true));
	ASSERT_EQ(POLLIN, wait_for(watch_fd));
	EXPECT_TRUE(network_watch_read(watch_fd));
	EXPECT_FALSE(network_watch_read(watch_fd));

	ASSERT_EQ(0, set_loopback(fd, false));
	ASSERT_EQ(POLLIN, wait_for(watch_fd));
	EXPECT_FALSE(network_watch_read(watch_fd));
	close(watch_fd);
	close(fd);
}

TEST(a_flood_is_a_change)
{
	int watch_fd, fd;

	if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		SKIP(return, "no network namespaces here");
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	ASSERT_LE(0, fd);
	watch_fd = network_watch_open();
	ASSERT_LE(0, watch_fd);
	/* More than fits into its buffer, and the last of it goes. */
	for (int i = 0; i < 1000; i++) {
		ASSERT_EQ(0, set_loopback(fd, true));
		ASSERT_EQ(0, set_loopback(fd, false));
	}
	EXPECT_TRUE(network_watch_read(watch_fd));
	close(watch_fd);
	close(fd);
}

TEST_HARNESS_MAIN
