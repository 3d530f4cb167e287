/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The daemon, at its control socket: which process it is, and notices of rivals to it.
 */
#ifndef WATCH_DAEMON_LINK_H
#define WATCH_DAEMON_LINK_H

#include "ipc/rival_notice.h"

/* The process that listens there, as the kernel says; 0: none does. */
int daemon_link_pid(const char *path);

/*
 * Send it a notice, and wait for its answer. 0, -ECONNREFUSED: it does not run, -EACCES: it
 * refused, and @why (of @size) says why, -ETIMEDOUT, -errno.
 */
int daemon_link_send(const char *path, const struct rival_notice *notice, char *why, size_t size);

#endif /* WATCH_DAEMON_LINK_H */
