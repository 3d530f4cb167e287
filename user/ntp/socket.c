// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sockets and control messages. Only plain socket(2), sendmsg and recvmsg with one buffer are used,
 * and each socket option may be unknown, so that this also runs on a simulated network: then the
 * timestamps are missing and the caller's clocks have to do.
 */
#include "ntp/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "lib/control_message.h"

/* Room for timestamps, an extended error and the address of its sender. */
#define CONTROL_SIZE	512

/* What the kernel takes for an error number at most. */
#define ERRNO_MAX	4095

/* A buffer for control messages, aligned for their headers. */
union control {
	struct cmsghdr align;
	char bytes[CONTROL_SIZE];
};

static const struct ntp_socket_options no_options;

static int set_option(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) < 0 ? -errno : 0;
}

/* Set O_NONBLOCK and FD_CLOEXEC here, as simulators do not know them in the socket type. */
static int open_datagram(int family)
{
	int fd = socket(family, SOCK_DGRAM, 0);

	if (fd < 0)
		return -errno;
	if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) {
		int err = -errno;

		close(fd);
		return err;
	}

	return fd;
}

/*
 * The card's timestamps as well as the kernel's. What leaves comes back on the error queue as a
 * whole, because only with it the kernel says by which interface it left.
 */
static bool enable_hardware(int fd, int family)
{
	if (set_option(fd, SOL_SOCKET, SO_TIMESTAMPING,
		       SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_TX_SOFTWARE |
		       SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_HARDWARE |
		       SOF_TIMESTAMPING_TX_HARDWARE | SOF_TIMESTAMPING_RAW_HARDWARE |
		       SOF_TIMESTAMPING_OPT_PKTINFO | SOF_TIMESTAMPING_OPT_TX_SWHW |
		       SOF_TIMESTAMPING_OPT_CMSG) < 0)
		return false;
	if (family == AF_INET6)
		set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
	else
		set_option(fd, IPPROTO_IP, IP_PKTINFO, 1);

	return true;
}

/* Request timestamps in both directions, or on receipt only; having none is no error. */
static bool enable_stamps(int fd)
{
	if (set_option(fd, SOL_SOCKET, SO_TIMESTAMPING,
		       SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_TX_SOFTWARE |
		       SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_TSONLY) == 0)
		return true;
	if (set_option(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1) < 0)
		set_option(fd, SOL_SOCKET, SO_TIMESTAMP, 1);

	return false;
}

/* Requests to several servers are in flight at once, each of a socket with its server's address. */
static int bind_local(int fd, int family, const struct ntp_socket_options *options)
{
	const char *text = family == AF_INET6 ? options->bind_address6 : options->bind_address4;
	in_port_t port = htons((uint16_t)options->bind_port);
	struct sockaddr_in6 local6 = { .sin6_family = AF_INET6, .sin6_port = port };
	struct sockaddr_in local4 = { .sin_family = AF_INET, .sin_port = port };
	bool any = !text || !*text;
	int err;

	if (any && !port)
		return 0;
	if (!any && inet_pton(family, text, family == AF_INET6 ? (void *)&local6.sin6_addr :
							      (void *)&local4.sin_addr) != 1)
		return -EINVAL;
	err = port ? set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1) : 0;
	if (err < 0)
		return err;
	if (family == AF_INET6)
		return bind(fd, (struct sockaddr *)&local6, sizeof(local6)) < 0 ? -errno : 0;

	return bind(fd, (struct sockaddr *)&local4, sizeof(local4)) < 0 ? -errno : 0;
}

/* Configured options have to succeed; the others are improvements. */
static int apply_options(int fd, int family, const struct ntp_socket_options *options)
{
	const char *device = options->bind_device;
	int err;

	if (device && *device &&
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, strlen(device) + 1) < 0)
		return -errno;

	err = bind_local(fd, family, options);
	if (err < 0)
		return err;

	if (options->dscp) {
		if (family == AF_INET6)
			set_option(fd, IPPROTO_IPV6, IPV6_TCLASS, options->dscp << 2);
		else
			set_option(fd, IPPROTO_IP, IP_TOS, options->dscp << 2);
	}
	/* Also report ICMP errors that the kernel does not treat as final. */
	if (family == AF_INET6)
		set_option(fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
	else
		set_option(fd, IPPROTO_IP, IP_RECVERR, 1);

	return 0;
}

int ntp_socket_open(struct ntp_socket *sock, const struct sockaddr *address, socklen_t length,
		    const struct ntp_socket_options *options)
{
	int err;

	sock->fd = open_datagram(address->sa_family);
	if (sock->fd < 0) {
		err = sock->fd;
		sock->fd = -1;
		return err;
	}

	err = apply_options(sock->fd, address->sa_family, options ? options : &no_options);
	if (err < 0)
		goto err_close;
	if (connect(sock->fd, address, length) < 0) {
		err = -errno;
		goto err_close;
	}
	sock->stamps_requests = (options && options->hardware &&
				 enable_hardware(sock->fd, address->sa_family)) ||
				enable_stamps(sock->fd);

	return 0;

err_close:
	ntp_socket_close(sock);
	return err;
}

void ntp_socket_close(struct ntp_socket *sock)
{
	if (sock->fd >= 0)
		close(sock->fd);
	sock->fd = -1;
}

int ntp_socket_send(const struct ntp_socket *sock, const uint8_t *bytes, size_t length)
{
	struct iovec iov = { .iov_base = (uint8_t *)bytes, .iov_len = length };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t sent;

	sent = sendmsg(sock->fd, &message, 0);
	if (sent < 0)
		return -errno;

	return (size_t)sent == length ? 0 : -EMSGSIZE;
}

int ntp_socket_receive(const struct ntp_socket *sock, uint8_t *bytes, size_t size,
		       struct ntp_stamp *stamp)
{
	union control control;
	struct iovec iov = { .iov_base = bytes, .iov_len = size };
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	ssize_t length;

	*stamp = (struct ntp_stamp){ .valid = false };
	length = recvmsg(sock->fd, &message, 0);
	if (length < 0)
		return -errno;

	for (struct cmsghdr *h = control_message_first(&message); h;
	     h = control_message_next(&message, h))
		ntp_stamp_read(h, stamp);
	if (message.msg_flags & MSG_TRUNC)
		return -EMSGSIZE;

	return (int)length;
}

/* The error number of an extended error: 0 for that of a timestamp. */
static int read_error(const struct cmsghdr *header)
{
	struct sock_extended_err error;

	if (!(header->cmsg_level == SOL_IP && header->cmsg_type == IP_RECVERR) &&
	    !(header->cmsg_level == SOL_IPV6 && header->cmsg_type == IPV6_RECVERR))
		return 0;
	if (header->cmsg_len < CMSG_LEN(sizeof(error)))
		return 0;
	memcpy(&error, CMSG_DATA(header), sizeof(error));
	if (error.ee_origin == SO_EE_ORIGIN_TIMESTAMPING || error.ee_errno == 0)
		return 0;

	return error.ee_errno <= ERRNO_MAX ? -(int)error.ee_errno : -EIO;
}

int ntp_socket_read_error(const struct ntp_socket *sock, struct ntp_stamp *stamp)
{
	union control control;
	char byte;
	struct iovec iov = { .iov_base = &byte, .iov_len = sizeof(byte) };
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};

	if (recvmsg(sock->fd, &message, MSG_ERRQUEUE) < 0)
		return -errno;

	for (struct cmsghdr *h = control_message_first(&message); h;
	     h = control_message_next(&message, h)) {
		int error = read_error(h);

		/* The kernel stamps an ICMP error, too: that is not when our packet left. */
		if (error)
			return error;
	}
	for (struct cmsghdr *h = control_message_first(&message); h;
	     h = control_message_next(&message, h))
		ntp_stamp_read(h, stamp);

	return 0;
}

int ntp_socket_keep_stamps(void)
{
	int fd;

	fd = open_datagram(AF_INET);
	if (fd < 0)
		fd = open_datagram(AF_INET6);
	if (fd < 0)
		return fd;

	if (!enable_stamps(fd)) {
		close(fd);
		return -EOPNOTSUPP;
	}

	return fd;
}
