/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The end of a child process.
 */
#ifndef LIB_CHILD_H
#define LIB_CHILD_H

#include <errno.h>
#include <poll.h>
#include <sys/pidfd.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

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

/* Give it so long to end by itself; where that cannot be waited for, no time at all. */
static inline void child_await_end(pid_t pid, int ms)
{
	struct pollfd fd = { .fd = pidfd_open(pid, 0), .events = POLLIN };

	if (fd.fd < 0)
		return;
	poll(&fd, 1, ms);
	close(fd.fd);
}

#endif /* LIB_CHILD_H */
