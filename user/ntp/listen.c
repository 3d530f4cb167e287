// SPDX-License-Identifier: GPL-2.0-only
/*
 * The options of a server's socket.
 */
#include "ntp/listen.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ntp/address.h"

/* Requests that may wait, with all that the kernel keeps of each: some 10 ms of a full network. */
#define RECEIVE_BUFFER	(4 * 1024 * 1024)

static int set_option(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) ? -errno : 0;
}

/* What is configured has to succeed; the others are improvements. */
static int set_options(int fd, int family, const char *device, int dscp)
{
	if (*device && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device,
				  (socklen_t)strlen(device) + 1))
		return -errno;
	if (family == AF_INET6) {
		(void)set_option(fd, IPPROTO_IPV6, IPV6_FREEBIND, 1);
		(void)set_option(fd, IPPROTO_IPV6, IPV6_TCLASS, dscp << 2);
		/* IPv4 has a socket of its own. */
		return set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	}
	(void)set_option(fd, IPPROTO_IP, IP_FREEBIND, 1);
	(void)set_option(fd, IPPROTO_IP, IP_TOS, dscp << 2);

	return 0;
}

static int bind_to(int fd, int family, int port, const char *text)
{
	struct net_address address = { .family = family };
	struct sockaddr_storage local;
	socklen_t length;

	if (*text && net_address_parse(text, family, &address))
		return -EINVAL;
	length = net_address_to_sockaddr(&address, port, &local);

	return bind(fd, (const struct sockaddr *)&local, length) ? -errno : 0;
}

int ntp_listen_tcp(int family, int port, const char *address, const char *device, int waiting)
{
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -errno;
	/* Connections of a server before this one may not be over. */
	(void)set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	err = set_options(fd, family, device, 0);
	if (!err)
		err = bind_to(fd, family, port, address);
	if (!err && listen(fd, waiting))
		err = -errno;
	if (err) {
		close(fd);
		return err;
	}

	return fd;
}

void ntp_listen_queue(int fd, int waiting)
{
	(void)listen(fd, waiting);
}

int ntp_listen(int family, int port, const char *address, const char *device, int dscp)
{
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -errno;
	(void)set_option(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);
	err = set_options(fd, family, device, dscp);
	if (!err)
		err = bind_to(fd, family, port, address);
	if (err) {
		close(fd);
		return err;
	}

	return fd;
}

bool ntp_listen_lost_device(int fd)
{
	char name[IF_NAMESIZE];
	socklen_t length = sizeof(name);

	return fd >= 0 && getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, &length) &&
	       errno == ENODEV;
}
