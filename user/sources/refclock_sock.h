/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A socket to which another program, gpsd as a rule, sends samples: chrony's SOCK protocol.
 */
#ifndef SOURCES_REFCLOCK_SOCK_H
#define SOURCES_REFCLOCK_SOCK_H

#include <stddef.h>
#include <stdint.h>

#include "lib/file_identity.h"
#include "sources/refclock_reading.h"

/**
 * struct refclock_sock - the socket
 * @fd: descriptor
 * @path: where it is bound; the configuration's
 * @file: that was made there
 */
struct refclock_sock {
	int fd;
	const char *path;
	struct file_identity file;
};

/*
 * A datagram as a reading. 0, -EBADMSG: it is no sample, or nonsense, and @problem says what;
 * static.
 */
int refclock_sock_parse(const uint8_t *bytes, size_t length, struct refclock_reading *reading,
			const char **problem);

#endif /* SOURCES_REFCLOCK_SOCK_H */
