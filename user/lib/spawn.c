// SPDX-License-Identifier: GPL-2.0-only
/*
 * fork(2) and exec(2).
 */
#include "lib/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define COUNT_MAX	16

static int path_beside(const char *program, char *path, size_t size)
{
	ssize_t length = readlink("/proc/self/exe", path, size - 1);
	size_t name = strlen(program) + 1;
	char *slash;

	if (length < 0)
		return -errno;
	path[length] = '\0';
	slash = strrchr(path, '/');
	if (!slash || (size_t)(slash + 1 - path) + name > size)
		return -ENAMETOOLONG;
	memcpy(slash + 1, program, name);

	return access(path, X_OK) ? -errno : 0;
}

/* The descriptors in their places; none is lost by being in another one's. */
static bool place_descriptors(const int *fds, int count)
{
	int high[COUNT_MAX], end = SPAWN_FD_FIRST + count;

	for (int i = 0; i < count; i++) {
		high[i] = fds[i] < 0 ? -1 : fcntl(fds[i], F_DUPFD_CLOEXEC, end);
		if (fds[i] >= 0 && high[i] < 0)
			return false;
	}
	for (int i = 0; i < count; i++) {
		close(SPAWN_FD_FIRST + i);
		if (high[i] >= 0 && dup2(high[i], SPAWN_FD_FIRST + i) < 0)
			return false;
	}
	close_range((unsigned int)end, ~0U, 0);

	return true;
}

static void __attribute__((noreturn)) become(const char *path, const char *program,
					     const char *argument, const int *fds, int count)
{
	char *const arguments[] = { (char *)program, (char *)argument, NULL };
	char *const environment[] = { NULL };
	sigset_t signals;

	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigemptyset(&signals);
	sigprocmask(SIG_SETMASK, &signals, NULL);
	/* Privileges that the service manager gave us would be inherited. */
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (!place_descriptors(fds, count))
		_exit(SPAWN_STATUS_DESCRIPTORS);
	execve(path, arguments, environment);
	_exit(EXIT_FAILURE);
}

pid_t spawn_beside(const char *program, const char *argument, const int *fds, int count)
{
	char path[PATH_MAX];
	pid_t pid;
	int err;

	if (count > COUNT_MAX)
		return -EMFILE;
	err = path_beside(program, path, sizeof(path));
	if (err)
		return err;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid)
		become(path, program, argument, fds, count);

	return pid;
}
