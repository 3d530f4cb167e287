/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A connection to a control socket, for the programs that ask there.
 */
#ifndef IPC_CONNECT_H
#define IPC_CONNECT_H

/**
 * ipc_connect() - connect to a control socket
 * @path: of the socket
 * @limit_s: the connection, each send and each receive take at most so long
 *
 * Return: a descriptor, closed on exec; -ECONNREFUSED: nobody answers there, or there is no socket;
 * -ETIMEDOUT: who has it accepts no connection; -ENAMETOOLONG: no socket has such a path; -errno
 */
int ipc_connect(const char *path, int limit_s);

#endif /* IPC_CONNECT_H */
