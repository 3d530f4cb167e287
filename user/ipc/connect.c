// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connecting to a control socket, and reading from it.
 */
#include "ipc/connect.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/line.h"
#include "lib/clock_ns.h"
#include "lib/time_units.h"

static int error_of_connect(int err)
{
	switch (err) {
	case EAGAIN:
		return -ETIMEDOUT;
	case ENOENT:
		return -ECONNREFUSED;
	default:
		return -err;
	}
}

int ipc_connect(const char *path, int limit_s)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timeval limit = { .tv_sec = limit_s };
	int fd, err;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	/* It is of the connection, too: a stuck daemon accepts none. */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) ||
	    connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		err = error_of_connect(errno);
		close(fd);
		return err;
	}

	return fd;
}

/* For poll(2), which takes no more than a minute at a time here. */
static int left_ms(int64_t deadline_ns)
{
	int64_t left_ns = chime_sub_sat(deadline_ns, clock_ns(CLOCK_MONOTONIC));

	return (int)(chime_min(chime_max(left_ns, 0), 60 * NS_PER_S) / NS_PER_MS);
}

ssize_t ipc_receive(int fd, void *bytes, size_t size, int64_t deadline_ns)
{
	struct pollfd awaited = { .fd = fd, .events = POLLIN };
	ssize_t received;

	for (;;) {
		/* What has come counts, even if time is over. */
		if (poll(&awaited, 1, left_ms(deadline_ns)) < 0 && errno != EINTR)
			return -errno;
		received = recv(fd, bytes, size, MSG_DONTWAIT);
		if (received >= 0 || (errno != EAGAIN && errno != EINTR))
			return received < 0 ? -errno : received;
		if (clock_ns(CLOCK_MONOTONIC) >= deadline_ns)
			return -ETIMEDOUT;
	}
}
