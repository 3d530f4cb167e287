// SPDX-License-Identifier: GPL-2.0-only
/*
 * When there is no room left, every second point of the older half goes: so what is recent stays
 * whole, and what is longer ago gets ever thinner, but is not lost before a day has passed.
 */
#include "ipc/history.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/line.h"
#include "lib/time_units.h"

/* Between two points. */
#define INTERVAL_NS	NS_PER_S

/* What is older is dropped. */
#define AGE_MOST_NS	(86400 * NS_PER_S)

/**
 * struct kept_point - struct history_point, in as little memory as it takes
 * @time_ns: as it is
 * @offset_ns: to seven digits
 * @maxerror_ns: likewise
 * @frequency: likewise
 */
struct kept_point {
	int64_t time_ns;
	float offset_ns;
	float maxerror_ns;
	float frequency;
} __attribute__((packed, aligned(4)));

/**
 * struct history - the points
 * @count: of @points
 * @raw_ns: when the latest was read; INT64_MIN: there is none
 * @points: oldest first
 */
struct history {
	size_t count;
	int64_t raw_ns;
	struct kept_point points[HISTORY_POINTS];
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

static struct kept_point keep(const struct history_point *point)
{
	return (struct kept_point){
		.time_ns = point->time_ns,
		.offset_ns = (float)point->offset_ns,
		.maxerror_ns = (float)point->maxerror_ns,
		.frequency = (float)point->frequency,
	};
}

/* What was the greatest number, either way, is so again. */
static int64_t whole_ns(float ns)
{
	if (ns >= 0x1p63f)
		return INT64_MAX;

	return ns <= -0x1p63f ? -INT64_MAX : (int64_t)ns;
}

static struct history_point show(const struct kept_point *kept)
{
	return (struct history_point){
		.time_ns = kept->time_ns,
		.offset_ns = whole_ns(kept->offset_ns),
		.maxerror_ns = whole_ns(kept->maxerror_ns),
		.frequency = (double)kept->frequency,
	};
}

/* Of two neighbours in the older half the one with the larger offset stays: it is what matters. */
static void make_room(struct history *history, int64_t now_ns)
{
	struct kept_point *points = history->points;
	size_t from = 0, to = 0, half = HISTORY_POINTS / 2;

	while (from < half && points[from].time_ns < chime_sub_sat(now_ns, AGE_MOST_NS))
		from++;
	for (; from + 1 < half; from += 2) {
		const struct kept_point *one = &points[from], *other = &points[from + 1];

		points[to++] = fabsf(one->offset_ns) > fabsf(other->offset_ns) ? *one : *other;
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
	history->points[history->count++] = keep(point);
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
		const struct history_point point = show(&history->points[i]);

		if ((i - first) % stride == 0)
			points[count++] = point;
		else if (llabs(point.offset_ns) > llabs(points[count - 1].offset_ns))
			points[count - 1] = point;
	}

	return count;
}
