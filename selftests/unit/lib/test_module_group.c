// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who is heard on a netlink socket, in a network namespace of the test's own.
 */
#include "user/lib/module_group.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "selftests/unit/unit.h"

static int heard;

static int count(struct nl_msg *msg, void *arg)
{
	(void)msg;
	(void)arg;
	heard++;
	return 0;
}

/* Send what looks like a notification of the controller to that socket. */
static int forge(int to_fd)
{
	struct {
		struct nlmsghdr header;
		struct genlmsghdr genl;
	} message = {
		.header = { .nlmsg_len = sizeof(message), .nlmsg_type = GENL_ID_CTRL },
		.genl = { .cmd = CTRL_CMD_NEWFAMILY, .version = 2 },
	};
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
	struct sockaddr_nl to;
	socklen_t length = sizeof(to);
	int ret;

	if (fd < 0 || getsockname(to_fd, (struct sockaddr *)&to, &length) < 0)
		return -errno;
	to.nl_groups = 0;
	ret = sendto(fd, &message, sizeof(message), 0, (struct sockaddr *)&to, sizeof(to)) < 0 ?
	      -errno : 0;
	close(fd);
	return ret;
}

TEST(nobody_but_the_kernel_is_heard)
{
	struct module_group *group;

	if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		SKIP(return, "no network namespaces here");
	/* The kernel's answers tell the group's number. */
	ASSERT_EQ(0, module_group_open("nlctrl", "notify", count, NULL, &group));
	ASSERT_EQ(0, forge(module_group_fd(group)));
	EXPECT_EQ(0, module_group_receive(group));
	EXPECT_EQ(0, heard);
	EXPECT_EQ(-EAGAIN, module_group_receive(group));
	module_group_close(group);
}

/* Events are printed to a pipe, and there may be none for days. */
TEST(who_waits_is_told_that_nobody_reads)
{
	struct module_watch *watch;
	int ends[2];

	if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		SKIP(return, "no network namespaces here");
	ASSERT_EQ(0, module_watch_open(&watch));
	ASSERT_EQ(0, pipe(ends));
	close(ends[0]);
	EXPECT_EQ(-EPIPE, module_watch_wait(watch, -1, ends[1]));
	module_watch_close(watch);
}

TEST_HARNESS_MAIN
