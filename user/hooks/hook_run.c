// SPDX-License-Identifier: GPL-2.0-only
/*
 * Running one hook.
 */
#include "hooks/hook_run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/child.h"

/* From SIGTERM to SIGKILL. */
#define GRACE_MS	1000

/* A look at the hook is due so often. */
#define SLICE_MS	100

/* The exit status of a shell for a program that it could not start. */
#define EXIT_NOT_STARTED	126

static void become(const char *path, char *const environment[])
{
	char *const arguments[] = { (char *)path, NULL };
	int nothing = open("/dev/null", O_RDONLY);

	setpgid(0, 0);
	if (nothing >= 0)
		dup2(nothing, STDIN_FILENO);
	syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0);
	execve(path, arguments, environment);
	/* As a script without "#!", or whose shell is not there. */
	dprintf(STDERR_FILENO, "%s cannot be started: %s\n", path, strerror(errno));
	_exit(EXIT_NOT_STARTED);
}

/*
 * Whether the process of @pidfd has ended within @limit_ms. While the machine stands still, or has
 * no processor for us, it has none for the hook either, and the clock may go on all the same: each
 * look counts for a slice, however long it took.
 */
static bool has_ended(int pidfd, int limit_ms)
{
	struct pollfd fd = { .fd = pidfd, .events = POLLIN };
	int ready = 0;

	while (ready <= 0 && limit_ms > 0) {
		ready = poll(&fd, 1, limit_ms < SLICE_MS ? limit_ms : SLICE_MS);
		if (!ready)
			limit_ms -= SLICE_MS;
	}
	return ready > 0;
}

static void wait_for(pid_t pid, int pidfd, int limit_ms, struct hook_result *result)
{
	result->timed_out = !has_ended(pidfd, limit_ms);
	if (result->timed_out) {
		kill(-pid, SIGTERM);
		has_ended(pidfd, GRACE_MS);
	}
	/* Kill the children that the leader of the group left behind. */
	kill(-pid, SIGKILL);
	result->status = child_wait(pid);
}

int hook_run(const char *path, char *const environment[], int limit_ms, struct hook_result *result)
{
	int pidfd, err = 0;
	pid_t pid;

	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid)
		become(path, environment);
	/* Set here as well, so that the group exists before it is signalled. */
	setpgid(pid, pid);
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0) {
		err = -errno;
		kill(-pid, SIGKILL);
		waitpid(pid, &result->status, 0);
		return err;
	}
	wait_for(pid, pidfd, limit_ms, result);
	close(pidfd);
	return 0;
}
