// SPDX-License-Identifier: GPL-2.0-only
/*
 * When there is no room left, every second point of the older half goes: so what is recent stays
 * whole, and what is longer ago gets ever thinner, but is not lost before a day has passed.
 */
#include "ipc/history.h"

#include <stdlib.h>
#include <string.h>

#include "core/line.h"
#include "lib/time_units.h"

/* Between two points. */
#define INTERVAL_NS	NS_PER_S

/* What is older is dropped. */
#define AGE_MOST_NS	(86400 * NS_PER_S)

/**
 * struct history - the points
 * @count: of @points
 * @raw_ns: when the latest was read; INT64_MIN: there is none
 * @points: oldest first
 */
struct history {
	size_t count;
	int64_t raw_ns;
	struct history_point points[HISTORY_POINTS];
};

struct history *history_new(void)
{
	struct history *history = calloc(1, sizeof(*history));

	if (history)
		history->raw_ns = INT64_MIN;

	return history;
}

void history_free(struct history *history)
{
	free(history);
}

/* Of two neighbours in the older half the one with the larger offset stays: it is what matters. */
static void make_room(struct history *history, int64_t now_ns)
{
	struct history_point *points = history->points;
	size_t from = 0, to = 0, half = HISTORY_POINTS / 2;

	while (from < half && points[from].time_ns < chime_sub_sat(now_ns, AGE_MOST_NS))
		from++;
	for (; from + 1 < half; from += 2) {
		const struct history_point *one = &points[from], *other = &points[from + 1];

		points[to++] = llabs(one->offset_ns) > llabs(other->offset_ns) ? *one : *other;
	}
	memmove(&points[to], &points[from], (history->count - from) * sizeof(*points));
	history->count -= from - to;
}

void history_add(struct history *history, const struct history_point *point, int64_t raw_ns)
{
	if (!history || (history->raw_ns != INT64_MIN &&
			 chime_sub_sat(raw_ns, history->raw_ns) < INTERVAL_NS))
		return;
	if (history->count == HISTORY_POINTS)
		make_room(history, point->time_ns);
	history->raw_ns = raw_ns;
	history->points[history->count++] = *point;
}

/* How many of @count points stand for one where there is room for @max. */
static size_t stride_of(size_t count, size_t max)
{
	return count > max ? (count + max - 1) / max : 1;
}

size_t history_since(const struct history *history, int64_t from_ns, struct history_point *points,
		     size_t max)
{
	size_t first = 0, count = 0, stride;

	if (!history || !max)
		return 0;
	while (first < history->count && history->points[first].time_ns < from_ns)
		first++;
	stride = stride_of(history->count - first, max);
	for (size_t i = first; i < history->count; i++) {
		const struct history_point *point = &history->points[i];

		if ((i - first) % stride == 0)
			points[count++] = *point;
		else if (llabs(point->offset_ns) > llabs(points[count - 1].offset_ns))
			points[count - 1] = *point;
	}

	return count;
}
