// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control messages beside a packet, of any kind and length: a timestamp is taken or none is.
 */
#include "user/ntp/socket.h"

#include <errno.h>

#include "fuzz.h"

static struct fuzz_input input;

/* The kernel's part: the packet, what came with it, and how much of both. */
ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	size_t control = fuzz_take_u8(&input) * 2;
	size_t length = fuzz_take_u8(&input);

	(void)fd;
	(void)flags;
	if (length == UINT8_MAX) {
		errno = EAGAIN;
		return -1;
	}
	if (length > message->msg_iov->iov_len)
		length = message->msg_iov->iov_len;
	if (control > message->msg_controllen)
		control = message->msg_controllen;
	message->msg_flags = fuzz_take_u8(&input) & 1 ? MSG_TRUNC : 0;
	message->msg_controllen = control;
	fuzz_take(&input, message->msg_control, control);
	memset(message->msg_iov->iov_base, 0, length);
	return (ssize_t)length;
}

int fuzz_one_input(const uint8_t *data, size_t size)
{
	const struct ntp_socket sock = { .fd = 3, .stamps_requests = true };
	struct ntp_stamp stamp = { .realtime_ns = -77, .valid = true };
	uint8_t bytes[48];
	int result;

	input = (struct fuzz_input){ data, size };
	result = ntp_socket_receive(&sock, bytes, sizeof(bytes), &stamp);
	FUZZ_CHECK(result <= (int)sizeof(bytes));
	FUZZ_CHECK(!stamp.valid || stamp.realtime_ns > 0);
	stamp = (struct ntp_stamp){ .realtime_ns = -77 };
	result = ntp_socket_read_error(&sock, &stamp);
	FUZZ_CHECK(result <= 0);
	FUZZ_CHECK(stamp.valid == (stamp.realtime_ns != -77));
	return 0;
}
