// SPDX-License-Identifier: GPL-2.0-only
/*
 * Running one hook. A process of its own watches it, and is the parent of whatever it starts and
 * leaves: so all of that can be found, and this service keeps no child. Where it does not do so any
 * more, the service does.
 */
#include "hooks/hook_run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/child.h"

/* From SIGTERM to SIGKILL. */
#define GRACE_MS	1000

/* Who watches a hook says what came of it so long after the limit at the latest. */
#define WATCHER_GRACE_MS	(5 * GRACE_MS)

/* How often the hook is checked. */
#define SLICE_MS	100

/* The exit status of a shell for a program that it could not start. */
#define EXIT_NOT_STARTED	126

static void become(const char *path, char *const environment[])
{
	char *const arguments[] = { (char *)path, NULL };
	int nothing = open("/dev/null", O_RDONLY);

	setpgid(0, 0);
	/* systemd has services ignore it, and a pipeline would not end with its last part. */
	signal(SIGPIPE, SIG_DFL);
	if (nothing >= 0)
		dup2(nothing, STDIN_FILENO);
	syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0);
	execve(path, arguments, environment);
	/* As a script without "#!", or whose shell is not there. */
	dprintf(STDERR_FILENO, "%s cannot be started: %s\n", path, strerror(errno));
	_exit(EXIT_NOT_STARTED);
}

/*
 * Whether the process whose descriptor @from is, by pidfd or by its report, has come to an end
 * within @limit_ms. While the machine stands still, or has no processor for us, it has none for the
 * hook either, and the clock may go on all the same: each look counts for a slice, however long it
 * took.
 */
static bool has_ended(int from, int limit_ms)
{
	struct pollfd fd = { .fd = from, .events = POLLIN };
	int ready = 0, slice_ms;

	while (ready <= 0 && limit_ms > 0) {
		slice_ms = limit_ms < SLICE_MS ? limit_ms : SLICE_MS;
		ready = poll(&fd, 1, slice_ms);
		/* Where the kernel cannot say, time passes as well. */
		if (ready < 0)
			poll(NULL, 0, slice_ms);
		if (ready <= 0)
			limit_ms -= SLICE_MS;
	}
	return ready > 0;
}

/* Kill each child of this process. */
static void kill_children(void)
{
	char path[64];
	FILE *list;
	int pid;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	list = fopen(path, "re");
	if (!list)
		return;
	while (fscanf(list, "%d", &pid) == 1)
		kill(pid, SIGKILL);
	fclose(list);
}

/*
 * Whoever calls setsid(2) leaves the process group, but as an orphan becomes our child. So do the
 * children of those that are killed. Who cannot be killed, as one that waits in the kernel for a
 * device, is left after a while: false.
 */
static bool kill_descendants(void)
{
	pid_t ended = 0;
	int left_ms;

	for (left_ms = GRACE_MS; left_ms > 0 && ended >= 0; left_ms--) {
		kill_children();
		do
			ended = waitpid(-1, NULL, WNOHANG);
		while (ended > 0);
		if (!ended)
			poll(NULL, 0, 1);
	}
	return ended < 0;
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
	if (result->timed_out)
		result->is_left = !kill_descendants();
	else
		result->status = child_wait(pid);
}

/* What the watching process says in the end. */
struct hook_report {
	int err;
	struct hook_result result;
};

static int watch(const char *path, char *const environment[], int limit_ms,
		 struct hook_result *result)
{
	int pidfd, err = 0;
	pid_t pid;

	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))
		return -errno;
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

/*
 * A hook may stop who watches it, too, and nobody would end either. What the watcher leaves becomes
 * our child then. Whether all is gone.
 */
static bool end_for_watcher(void)
{
	bool is_gone;

	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	is_gone = kill_descendants();
	prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
	return is_gone;
}

/* A hook that killed who watches it, as it may, ended so itself. */
static int receive_report(int from, pid_t watcher, int limit_ms, struct hook_result *result)
{
	struct hook_report report;
	ssize_t length;
	int status;

	if (!has_ended(from, limit_ms + WATCHER_GRACE_MS)) {
		*result = (struct hook_result){ .timed_out = true, .is_left = !end_for_watcher() };
		return 0;
	}
	do
		length = read(from, &report, sizeof(report));
	while (length < 0 && errno == EINTR);
	status = child_wait(watcher);
	if (length != (ssize_t)sizeof(report))
		report = (struct hook_report){ .result.status = status };
	*result = report.result;
	return report.err;
}

int hook_run(const char *path, char *const environment[], int limit_ms, struct hook_result *result)
{
	struct hook_report report = { .err = 0 };
	int ends[2], err;
	pid_t pid;

	pid = child_with_pipe(ends, O_CLOEXEC);
	if (pid < 0)
		return pid;
	if (!pid) {
		close(ends[0]);
		report.err = watch(path, environment, limit_ms, &report.result);
		_exit(write(ends[1], &report, sizeof(report)) != (ssize_t)sizeof(report));
	}
	close(ends[1]);
	err = receive_report(ends[0], pid, limit_ms, result);
	close(ends[0]);
	return err;
}
