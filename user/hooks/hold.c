// SPDX-License-Identifier: GPL-2.0-only
/*
 * The freezing of a cgroup, and the child that thaws it.
 */
#include "hooks/hold.h"
#include "lib/child.h"
#include "lib/clock_ns.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/timex.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The interval between checks of the clock. */
#define CHECK_MS		5

/* For the child to thaw, where it can. */
#define GUARD_END_MS		1000

bool hold_timex_is_right(int state, const struct timex *timex, int64_t within_ns)
{
	/* The kernel counts the maximum error in us. */
	return state >= 0 && state != TIME_ERROR && !(timex->status & STA_UNSYNC) &&
	       timex->maxerror <= within_ns / 1000;
}

bool hold_clock_is_right(int64_t within_ns)
{
	struct timex timex = { .modes = 0 };
	int state = adjtimex(&timex);

	return hold_timex_is_right(state, &timex, within_ns);
}

/* Thaw when the other end of the pipe is closed, by intent or by death, or when the time is up. */
static void guard(const struct freezer *freezer, int pipe_fd, int limit_ms)
{
	struct pollfd fd = { .fd = pipe_fd, .events = POLLIN };
	int64_t end_ms = clock_ms(CLOCK_MONOTONIC) + limit_ms, left_ms = limit_ms;

	/* A signal that stops the service is meant for the parent. */
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	while (left_ms > 0 && poll(&fd, 1, (int)left_ms) < 0 && errno == EINTR)
		left_ms = end_ms - clock_ms(CLOCK_MONOTONIC);
	_exit(freezer_set(freezer, false) ? 1 : 0);
}

/* The child's pid, and the end of the pipe that keeps it waiting. -errno. */
static pid_t start_guard(const struct freezer *freezer, int limit_ms, int *pipe_fd)
{
	int ends[2];
	pid_t pid = child_with_pipe(ends, 0);

	if (pid < 0)
		return pid;
	if (!pid) {
		close(ends[1]);
		guard(freezer, ends[0], limit_ms);
	}
	close(ends[0]);
	*pipe_fd = ends[1];
	return pid;
}

/*
 * Check twice in a row: a daemon that was overtaken by a disruption withdraws at once what it
 * published.
 */
static bool wait_until_right(int64_t end_ms, int64_t within_ns,
			     bool (*is_right)(int64_t within_ns))
{
	bool before = false, right;

	while (clock_ms(CLOCK_MONOTONIC) < end_ms) {
		right = is_right(within_ns);
		if (right && before)
			return true;
		before = right;
		poll(NULL, 0, CHECK_MS);
	}
	return is_right(within_ns);
}

int hold_run(const struct freezer *freezer, int limit_ms, int64_t within_ns,
	     bool (*is_right)(int64_t within_ns), struct hold_result *result)
{
	int64_t begin_ms = clock_ms(CLOCK_MONOTONIC);
	int pipe_fd = -1, err, thaw_err;
	pid_t pid;

	*result = (struct hold_result){ .right = false };
	if (freezer_is_frozen(freezer))
		return -EALREADY;
	pid = start_guard(freezer, limit_ms, &pipe_fd);
	if (pid < 0)
		return pid;
	err = freezer_set(freezer, true);
	if (!err)
		result->right = wait_until_right(begin_ms + limit_ms, within_ns, is_right);
	close(pipe_fd);
	child_await_end(pid, GUARD_END_MS);
	child_end(pid);
	/* Thaw again, in case the child was stopped or killed before it did. */
	thaw_err = freezer_set(freezer, false);
	result->held_ms = (int)(clock_ms(CLOCK_MONOTONIC) - begin_ms);
	return err ? err : thaw_err;
}
