/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Locking in a process that faces the network.
 */
#ifndef SERVER_SANDBOX_H
#define SERVER_SANDBOX_H

#include <stddef.h>

/* Give up all capabilities. 0, -errno. */
int sandbox_drop_capabilities(void);

/*
 * Give up all capabilities and all system calls but the @count ones of @calls (SCMP_SYS()): any
 * other kills the process. 0, -errno.
 */
int sandbox_enter(const int *calls, size_t count);

#endif /* SERVER_SANDBOX_H */
