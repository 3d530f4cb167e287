/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A cgroup is frozen until the clock is known to be right again, and never for longer than a limit,
 * whatever happens to the process that froze it.
 */
#ifndef HOLD_H
#define HOLD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/timex.h>

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
 * @within_ns: how right the clock has to be
 * @is_right: called every few ms: is the clock right to within so many ns?
 * @result: how it ended
 *
 * A child thaws it if this process dies, or hangs beyond the limit.
 * Return: 0; -EALREADY: another process froze it, and it stays so; -errno: it was not frozen, or
 * may still be.
 */
int hold_run(const struct freezer *freezer, int limit_ms, int64_t within_ns,
	     bool (*is_right)(int64_t within_ns), struct hold_result *result);

/**
 * hold_timex_is_right() - does the kernel say that its clock is right?
 * @state: what adjtimex() returned
 * @timex: what it wrote
 * @within_ns: the error that the clock may have
 *
 * "Synchronised" alone says little: the first answer after a disruption may have been under way for
 * seconds, and the clock is stepped to it all the same, because it is far better than what was.
 *
 * Return: it is synchronised, and its maximum error is at most @within_ns.
 */
bool hold_timex_is_right(int state, const struct timex *timex, int64_t within_ns);

/* hold_timex_is_right() of the system clock, now. */
bool hold_clock_is_right(int64_t within_ns);

#endif /* HOLD_H */
