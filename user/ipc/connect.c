// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connecting to a control socket.
 */
#include "ipc/connect.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

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
	/* The one to send is of the connection, too: a stuck daemon accepts none. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) ||
	    connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		err = error_of_connect(errno);
		close(fd);
		return err;
	}

	return fd;
}
