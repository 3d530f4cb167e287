/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The end of a child process.
 */
#ifndef LIB_CHILD_H
#define LIB_CHILD_H

#include <errno.h>
#include <sys/types.h>
#include <sys/wait.h>

/*
 * Wait for it, whatever signals come meanwhile. Its status as of waitpid(2); 0: there is no such
 * child.
 */
static inline int child_wait(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;

	return status;
}

#endif /* LIB_CHILD_H */
