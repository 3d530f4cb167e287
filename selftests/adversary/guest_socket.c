// SPDX-License-Identifier: GPL-2.0-only
/*
 * UDP as the daemon sees it: ntp/socket.h over the played network.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "guest.h"
#include "user/ntp/socket.h"
#include "world.h"

/* Descriptors that no kernel gave. */
#define FIRST_FD	1000
#define SOCKETS_MAX	64
#define BYTES_MAX	64

/**
 * struct socket - one request
 * @number: of this socket among all that ever were; 0: it is not open
 * @server: to whom
 * @sent_ns: the kernel's timestamp of the request; 0: it was read
 * @received_ns: the kernel's timestamp of the answer
 * @length: of the answer; 0: there is none
 * @bytes: the answer
 */
struct socket {
	uint32_t number;
	int server;
	int64_t sent_ns;
	int64_t received_ns;
	size_t length;
	uint8_t bytes[BYTES_MAX];
};

static struct socket sockets[SOCKETS_MAX];

static struct socket *socket_of(int fd)
{
	return fd >= FIRST_FD && fd < FIRST_FD + SOCKETS_MAX ? &sockets[fd - FIRST_FD] : NULL;
}

bool guest_socket_ready(int fd)
{
	const struct socket *sock = socket_of(fd);

	return sock && sock->number && sock->length;
}

bool guest_deliver(uint32_t number, const uint8_t *bytes, size_t length)
{
	int i;

	for (i = 0; i < SOCKETS_MAX; i++) {
		struct socket *sock = &sockets[i];

		if (sock->number != number || sock->length)
			continue;
		memcpy(sock->bytes, bytes, length);
		sock->length = length;
		sock->received_ns = guest_realtime_ns();
		return true;
	}
	return false;
}

int ntp_socket_open(struct ntp_socket *sock, const struct sockaddr *address, socklen_t length,
		    const struct ntp_socket_options *options)
{
	const struct sockaddr_in *to = (const struct sockaddr_in *)address;
	int i;

	(void)length;
	(void)options;
	sock->fd = -1;
	if (guest.unrouted)
		return -ENETUNREACH;
	troubles_happen(MOMENT_BEFORE_REQUEST);
	for (i = 0; i < SOCKETS_MAX && sockets[i].number; i++)
		;
	if (i == SOCKETS_MAX)
		return -EMFILE;
	sockets[i] = (struct socket){
		.number = ++world->next_socket,
		.server = (int)(ntohl(to->sin_addr.s_addr) & 0xff) - 1,
	};
	sock->fd = FIRST_FD + i;
	sock->stamps_requests = true;
	return 0;
}

void ntp_socket_close(struct ntp_socket *sock)
{
	struct socket *closed = socket_of(sock->fd);

	if (closed)
		closed->number = 0;
	sock->fd = -1;
}

int ntp_socket_send(const struct ntp_socket *sock, const uint8_t *bytes, size_t length)
{
	struct socket *from = socket_of(sock->fd);

	from->sent_ns = guest_realtime_ns();
	troubles_happen(MOMENT_REQUEST);
	network_send(from->server, from->number, bytes, length);
	return 0;
}

int ntp_socket_receive(const struct ntp_socket *sock, uint8_t *bytes, size_t size,
		       struct ntp_stamp *stamp)
{
	struct socket *from = socket_of(sock->fd);
	size_t length = from->length;

	if (!length)
		return -EAGAIN;
	if (length > size)
		return -EMSGSIZE;
	memcpy(bytes, from->bytes, length);
	from->length = 0;
	troubles_happen(MOMENT_ANSWER);
	stamp->realtime_ns = from->received_ns;
	stamp->valid = true;
	return (int)length;
}

int ntp_socket_read_error(const struct ntp_socket *sock, struct ntp_stamp *stamp)
{
	struct socket *from = socket_of(sock->fd);

	if (!from->sent_ns)
		return -EAGAIN;
	stamp->realtime_ns = from->sent_ns;
	stamp->valid = true;
	from->sent_ns = 0;
	return 0;
}

int ntp_socket_keep_stamps(void)
{
	return -EOPNOTSUPP;
}
