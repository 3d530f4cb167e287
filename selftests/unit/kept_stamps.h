/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel begins to stamp packets some time after the first socket wants it, on a busy machine
 * after the first packets, and ends after the last one is closed.
 */
#ifndef UNIT_KEPT_STAMPS_H
#define UNIT_KEPT_STAMPS_H

#include <arpa/inet.h>
#include <linux/net_tstamp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

/* A packet to itself comes with a timestamp of the kernel's. */
static inline bool is_stamped(int fd)
{
	char control[256], byte = 0;
	struct iovec data = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &data, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *item;

	if (send(fd, &byte, 1, 0) != 1 || recvmsg(fd, &message, 0) != 1)
		abort();
	for (item = CMSG_FIRSTHDR(&message); item; item = CMSG_NXTHDR(&message, item))
		if (item->cmsg_level == SOL_SOCKET && item->cmsg_type == SCM_TIMESTAMPING)
			return true;
	return false;
}

/* A socket that keeps the kernel at it, which has begun. */
static inline int kept_stamps(void)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	int flags = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
	struct sockaddr_in self = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t length = sizeof(self);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), i;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof(flags)) ||
	    bind(fd, (struct sockaddr *)&self, length) ||
	    getsockname(fd, (struct sockaddr *)&self, &length) ||
	    connect(fd, (struct sockaddr *)&self, length))
		abort();
	for (i = 0; i < 5000 && !is_stamped(fd); i++)
		nanosleep(&pause, NULL);
	return fd;
}

#endif /* UNIT_KEPT_STAMPS_H */
