/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A cgroup is frozen until the clock is right again, and never for longer than a limit, whatever
 * happens to the process that froze it.
 */
#ifndef HOLD_H
#define HOLD_H

#include <stdbool.h>

#include "hooks/freezer.h"

/* How it ended. */
struct hold_result {
	bool right;	/* the clock was right; else the limit was reached */
	int held_ms;
};

/**
 * hold_run() - freeze, wait, thaw
 * @freezer: the cgroup
 * @limit_ms: never longer than this
 * @is_right: called every few ms: is the clock right?
 * @result: how it ended
 *
 * A child thaws it if this process dies, or hangs beyond the limit.
 * Return: 0; -EALREADY: another process froze it, and it stays so; -errno: it was not frozen, or
 * may still be.
 */
int hold_run(const struct freezer *freezer, int limit_ms, bool (*is_right)(void),
	     struct hold_result *result);

/* The kernel calls the system clock synchronised. */
bool hold_clock_is_right(void);

#endif /* HOLD_H */
