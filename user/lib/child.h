/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The beginning and the end of a child process.
 */
#ifndef LIB_CHILD_H
#define LIB_CHILD_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock_ns.h"

/* Start one with a pipe of these flags; both have both @ends. Its pid, 0 in the child, -errno. */
static inline pid_t child_with_pipe(int ends[2], int flags)
{
	pid_t pid;

	if (pipe2(ends, flags))
		return -errno;
	pid = fork();
	if (pid < 0) {
		pid = -errno;
		close(ends[0]);
		close(ends[1]);
	}

	return pid;
}

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

/*
 * Give it so long to end by itself, whatever signals come meanwhile; where that cannot be waited
 * for, no time at all.
 */
static inline void child_await_end(pid_t pid, int ms)
{
	struct pollfd fd = { .fd = pidfd_open(pid, 0), .events = POLLIN };
	int64_t end_ms = clock_ms(CLOCK_MONOTONIC) + ms;

	if (fd.fd < 0)
		return;
	while (ms > 0 && poll(&fd, 1, ms) < 0 && errno == EINTR)
		ms = (int)(end_ms - clock_ms(CLOCK_MONOTONIC));
	close(fd.fd);
}

/*
 * It is gone afterwards. One that has ended keeps the status with which it did; for one that only
 * says so nobody waits.
 */
static inline int child_end(pid_t pid)
{
	kill(pid, SIGKILL);

	return child_wait(pid);
}

/* How it ended, for people; @words_of: what its own exit status means. */
static inline void child_describe_end(int status, const char *(*words_of)(int exit_status),
				      char *how, size_t size)
{
	if (WIFSIGNALED(status))
		snprintf(how, size, "signal %d ended it", WTERMSIG(status));
	else
		snprintf(how, size, "%s", words_of(WEXITSTATUS(status)));
}

#endif /* LIB_CHILD_H */
