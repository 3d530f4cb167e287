/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A listening socket in the file system: how it is made, found missing and removed. The folder may
 * be somebody else's, so that no link is followed and nothing but a socket is replaced.
 */
#ifndef IPC_SOCKET_FILE_H
#define IPC_SOCKET_FILE_H

#include <stdbool.h>

/**
 * socket_file_listen() - make a socket to which everyone may connect, and listen
 * @path: of the socket, which is replaced if no process listens there
 * @backlog: connections that may wait to be accepted
 *
 * Of several processes that do so at the same time one succeeds.
 *
 * Return: a descriptor that does not block; -EADDRINUSE: another process listens there, -ENOTSOCK:
 * there is a file that is no socket, which is left alone, -errno.
 */
int socket_file_listen(const char *path, int backlog);

/* Longer ones have no socket in them. */
#define SOCKET_FOLDER_MAX	128

/* The folder of @path. false: it has none, or one with too long a name. */
bool socket_file_folder(const char *path, char folder[SOCKET_FOLDER_MAX]);

/* Nothing is at @path, as after rm -r of its folder: who listens there is found by nobody. */
bool socket_file_is_gone(const char *path);

/* Remove the socket at @path. 0, also if nothing is there; -ENOTSOCK: it is none; -errno. */
int socket_file_remove(const char *path);

#endif /* IPC_SOCKET_FILE_H */
