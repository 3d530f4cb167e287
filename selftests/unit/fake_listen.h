/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stand-ins for the sockets of a server, which are opened as long as no error is asked for.
 */
#ifndef UNIT_FAKE_LISTEN_H
#define UNIT_FAKE_LISTEN_H

#include <fcntl.h>
#include <sys/socket.h>

#include "user/ntp/listen.h"

static struct {
	int error4;	/* of opening one, 0: none */
	int error6;
} listening;

int ntp_listen(int family, int port, const char *address, const char *device, int dscp)
{
	int err = family == AF_INET ? listening.error4 : listening.error6;

	return err ? err : open("/dev/null", O_RDONLY | O_CLOEXEC);
}

int ntp_listen_tcp(int family, int port, const char *address, const char *device, int waiting)
{
	return ntp_listen(family, port, address, device, 0);
}

void ntp_listen_queue(int fd, int waiting)
{
}

bool ntp_listen_lost_device(int fd)
{
	return false;
}

#endif /* UNIT_FAKE_LISTEN_H */
