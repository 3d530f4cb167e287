/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the clock was like in the last day, in memory: a point a second at most, and fewer of what
 * is longer ago. Pure.
 */
#ifndef IPC_HISTORY_H
#define IPC_HISTORY_H

#include <stddef.h>
#include <stdint.h>

/*
 * Points that are kept, 80 KiB: with the seven digits of a float, which are more than a plot shows.
 */
#define HISTORY_POINTS	4096

/**
 * struct history_point - the system clock at one instant
 * @time_ns: the instant, UTC by the timescale
 * @offset_ns: timescale - system clock: positive where the clock is behind
 * @maxerror_ns: bound of the system clock's error; CHIME_LINE_UNBOUNDED_NS: none is known
 * @frequency: of the system clock against the raw clock without the correction of its phase, a
 *	fraction: positive where the clock would lose time without it
 */
struct history_point {
	int64_t time_ns;
	int64_t offset_ns;
	int64_t maxerror_ns;
	double frequency;
};

struct history;

/* NULL: no memory. */
struct history *history_new(void);
void history_free(struct history *history);

/*
 * Add @point, read at @raw_ns of the raw clock, unless it is less than a second after the latest
 * one or from the same reading. Nothing is added to NULL.
 */
void history_add(struct history *history, const struct history_point *point, int64_t raw_ns);

/*
 * The points from @from_ns on, oldest first, at most @max: of so many in a row that they would not
 * have room otherwise the one with the largest offset. How many.
 */
size_t history_since(const struct history *history, int64_t from_ns, struct history_point *points,
		     size_t max);

#endif /* IPC_HISTORY_H */
