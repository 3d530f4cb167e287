/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A connection to a control socket, for the programs that ask there.
 */
#ifndef IPC_CONNECT_H
#define IPC_CONNECT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * ipc_connect() - connect to a control socket
 * @path: of the socket
 * @limit_s: the connection and each send take at most so long
 *
 * Return: a descriptor, closed on exec; -ECONNREFUSED: nobody answers there, or there is no socket;
 * -ETIMEDOUT: who has it accepts no connection; -ENAMETOOLONG: no socket has such a path; -errno
 */
int ipc_connect(const char *path, int limit_s);

/**
 * ipc_receive() - what has come, or comes next
 * @fd: the connection
 * @bytes: place for it
 * @size: of that
 * @deadline_ns: instant of CLOCK_MONOTONIC at which to give up; INT64_MAX: never. A limit for each
 *	receive would never end an answer that comes byte by byte
 *
 * Return: how much; 0: the connection was closed; -ETIMEDOUT; -errno
 */
ssize_t ipc_receive(int fd, void *bytes, size_t size, int64_t deadline_ns);

#endif /* IPC_CONNECT_H */
