/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Running one hook, in its own process group, with nothing inherited but the standard output, and
 * with a time limit.
 */
#ifndef HOOK_RUN_H
#define HOOK_RUN_H

#include <stdbool.h>

/* How it ended. */
struct hook_result {
	bool timed_out;		/* it was terminated, and killed if it did not end */
	bool is_left;		/* it, or what it started, did not end even so */
	int status;		/* of one that ended in time, as of waitpid(2) */
};

/**
 * hook_run() - run a hook and wait for its end
 * @path: the program
 * @environment: all of its environment, NULL at the end
 * @limit_ms: after so long its process group gets SIGTERM, and a second later all that it started
 *	SIGKILL; time in which the machine stands still does not count
 * @result: how it ended
 *
 * What a hook that ends in time leaves in its process group is killed; what has left that goes on.
 * Return: 0, -errno: it was not started.
 */
int hook_run(const char *path, char *const environment[], int limit_ms,
	     struct hook_result *result);

#endif /* HOOK_RUN_H */
