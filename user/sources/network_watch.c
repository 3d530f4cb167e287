// SPDX-License-Identifier: GPL-2.0-only
/*
 * Routing netlink's notifications, of which only the type is read.
 */
#include "sources/network_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Notifications read at once; there are seldom more than a few. */
#define READS_MAX	16

int network_watch_open(void)
{
	struct sockaddr_nl address = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE |
			     RTMGRP_IPV6_ROUTE,
	};
	int fd, err;

	fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	if (fd < 0)
		return -errno;
	if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		err = -errno;
		close(fd);
		return err;
	}

	return fd;
}

/* A new address or route: one that goes makes nothing reachable. */
static bool is_arrival(const char *bytes, size_t left)
{
	struct nlmsghdr header;
	size_t step;

	while (left >= sizeof(header)) {
		memcpy(&header, bytes, sizeof(header));
		if (header.nlmsg_type == RTM_NEWADDR || header.nlmsg_type == RTM_NEWROUTE)
			return true;
		step = NLMSG_ALIGN((size_t)header.nlmsg_len);
		if (header.nlmsg_len < sizeof(header) || step >= left)
			return false;
		bytes += step;
		left -= step;
	}

	return false;
}

bool network_watch_read(int fd)
{
	char bytes[8192];
	bool arrived = false;

	for (int i = 0; i < READS_MAX; i++) {
		ssize_t length = recv(fd, bytes, sizeof(bytes), 0);

		if (length > 0)
			arrived |= is_arrival(bytes, (size_t)length);
		else if (length < 0 && errno == ENOBUFS)
			arrived = true;	/* notifications were lost */
		else
			break;
	}

	return arrived;
}
