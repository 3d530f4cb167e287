/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The local socket that chronyc sends datagrams to. Their senders are known by what the kernel says
 * of them.
 */
#ifndef CHRONYC_LOCAL_SOCKET_H
#define CHRONYC_LOCAL_SOCKET_H

#include <stdbool.h>
#include <sys/socket.h>

#include "lib/file_identity.h"

/**
 * local_socket_open() - make it and listen
 * @path: of the socket, which is replaced if no process listens there
 * @file: what was made
 *
 * Return: a descriptor that does not block; -EADDRINUSE: another program listens there, -ENOTSOCK:
 * there is a file that is no socket, which is left alone, -errno.
 */
int local_socket_open(const char *path, struct file_identity *file);

/* Close it, and remove its path if that is still @file. */
void local_socket_close(int fd, const char *path, const struct file_identity *file);

/* The sender of this message is root, or of this process' user. */
bool local_socket_is_trusted(const struct msghdr *message);

#endif /* CHRONYC_LOCAL_SOCKET_H */
