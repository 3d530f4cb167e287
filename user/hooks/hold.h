/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hold: a cgroup frozen until the clock can be believed again, and never for longer than it
 * may, whatever becomes of the process that froze it.
 */
#ifndef HOLD_H
#define HOLD_H

#include <stdbool.h>

#include "hooks/freezer.h"

/* How it ended. */
struct hold_result {
	bool right;	/* the clock was right; else the time was up */
	int held_ms;
};

/**
 * hold_run() - freeze, wait, thaw
 * @freezer: what
 * @limit_ms: never longer than this
 * @is_right: asked every few ms whether the clock can be believed
 * @result: how it ended
 *
 * A child thaws should this process die, and when the time is up should it hang.
 * Return: 0; -EALREADY: somebody else froze it, and it stays so; -errno: it was not frozen, or may
 * still be.
 */
int hold_run(const struct freezer *freezer, int limit_ms, bool (*is_right)(void),
	     struct hold_result *result);

/* The kernel calls the system clock synchronised. */
bool hold_clock_is_right(void);

#endif /* HOLD_H */
