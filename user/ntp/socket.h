/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * UDP for one request: a fresh connected socket with a port of the kernel's choice, so that
 * interfaces may come and go and nobody can guess where an answer has to go. Kernel timestamps of
 * both packets where the kernel gives them. Nothing blocks; results are -errno.
 */
#ifndef NTP_SOCKET_H
#define NTP_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "ntp/stamp.h"

/**
 * struct ntp_socket_options - of all requests; NULL or zeroed: the kernel's choice
 * @dscp: 0 to 63
 * @bind_address4: numeric local address of IPv4 requests, "" for none
 * @bind_address6: same for IPv6
 * @bind_device: interface, "" for any
 * @bind_port: local port of all requests; 0: each has another one
 * @hardware: ask for the network card's timestamps, too
 */
struct ntp_socket_options {
	int dscp;
	const char *bind_address4;
	const char *bind_address6;
	const char *bind_device;
	int bind_port;
	bool hardware;
};

/**
 * struct ntp_socket - an open socket; .fd is -1 when it is not
 * @fd: to poll(2) for POLLIN and POLLPRI, and by itself POLLERR
 * @stamps_requests: the kernel timestamps requests
 */
struct ntp_socket {
	int fd;
	bool stamps_requests;
};

/* Connect to @address. 0, or -errno, and then the socket is closed. */
int ntp_socket_open(struct ntp_socket *sock, const struct sockaddr *address, socklen_t length,
		    const struct ntp_socket_options *options);

/* Close, if it is open. */
void ntp_socket_close(struct ntp_socket *sock);

/* Send one packet, whole. 0, -errno. */
int ntp_socket_send(const struct ntp_socket *sock, const uint8_t *bytes, size_t length);

/* One packet and when it came. Its length, -EAGAIN: none, -EMSGSIZE: too long, -errno. */
int ntp_socket_receive(const struct ntp_socket *sock, uint8_t *bytes, size_t size,
		       struct ntp_stamp *stamp);

/*
 * One message of the error queue, on POLLERR or POLLPRI, or after sending when @stamps_requests: a
 * timestamp of the request (@stamp, else untouched), or an ICMP error. 0, -EAGAIN: none, -errno
 * as by ICMP (-ECONNREFUSED, -EHOSTUNREACH ...).
 */
int ntp_socket_read_error(const struct ntp_socket *sock, struct ntp_stamp *stamp);

/*
 * While this descriptor is open the kernel timestamps packets. Otherwise it begins a moment after
 * the first socket asks for it, too late for a quick answer. -errno if that is not supported.
 */
int ntp_socket_keep_stamps(void);

#endif /* NTP_SOCKET_H */
