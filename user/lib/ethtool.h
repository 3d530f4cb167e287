/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Questions to the driver of a network interface, as ethtool(8) asks them.
 */
#ifndef LIB_ETHTOOL_H
#define LIB_ETHTOOL_H

#include <errno.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* A socket to ask by; a machine may lack one of the families. -errno. */
static inline int ethtool_socket(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

/* @request: one of linux/ethtool.h, which the answer is put into. 0, -errno. */
static inline int ethtool_ask(int fd, const char *interface, void *request)
{
	struct ifreq ifr = { .ifr_data = request };

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", interface);

	return ioctl(fd, SIOCETHTOOL, &ifr) < 0 ? -errno : 0;
}

#endif /* LIB_ETHTOOL_H */
