/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs that belong to this one and stand beside it: started with some descriptors, and with
 * neither environment nor privileges.
 */
#ifndef LIB_SPAWN_H
#define LIB_SPAWN_H

#include <sys/types.h>

/* The first descriptor that a program is handed. */
#define SPAWN_FD_FIRST	3

/* It ends with this where its limit of descriptors leaves no room for those. */
#define SPAWN_STATUS_DESCRIPTORS	125
#define SPAWN_WORDS_DESCRIPTORS \
	"its limit of descriptors is too low (LimitNOFILE= of the service, or ulimit -n)"

/**
 * spawn_beside() - start a program
 * @program: its file name, in the folder of this one
 * @argument: its only argument; NULL: none
 * @fds: @count descriptors, which it has from SPAWN_FD_FIRST on; -1: not open there
 * @count: how many
 *
 * Return: its pid; -ENOENT: it is not where this one is; -errno.
 */
pid_t spawn_beside(const char *program, const char *argument, const int *fds, int count);

#endif /* LIB_SPAWN_H */
