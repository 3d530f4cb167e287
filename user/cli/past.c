// SPDX-License-Identifier: GPL-2.0-only
/*
 * From JSON to what is drawn.
 */
#include "cli/past.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

/* What is beyond these is no measurement, and has no room in an int64_t. */
#define TIME_MOST_S		9e9
#define OFFSET_MOST_NS		9e18
#define FREQUENCY_MOST_PPB	1e9

bool past_is_parted(const struct past *past, size_t index)
{
	double from_s = past->points[index - 1].time_s, to_s = past->points[index].time_s;

	if (to_s < from_s)
		return true;
	for (size_t i = 0; i < past->event_count; i++) {
		if (past->events[i].time_s > from_s && past->events[i].time_s <= to_s)
			return true;
	}

	return false;
}

struct error_axis past_error_axis(const struct past *past, double from_s)
{
	double sizes[PAST_POINTS_MAX], most = 0;
	size_t count = 0;

	for (size_t i = 0; i < past->count; i++) {
		const struct past_point *point = &past->points[i];

		if (point->time_s < from_s)
			continue;
		sizes[count++] = fabs(point->offset_ns);
		most = fmax(most, fabs(point->offset_ns));
		if (isfinite(point->bound_ns))
			most = fmax(most, point->bound_ns);
	}

	return error_axis_for(axis_median(sizes, count), most);
}

static double number_at(const json_t *array, size_t index)
{
	const json_t *value = json_array_get(array, index);

	return json_is_number(value) ? json_number_value(value) : NAN;
}

static size_t read_points(const json_t *history, struct past_point points[PAST_POINTS_MAX])
{
	const json_t *times = json_object_get(history, "time_ns");
	const json_t *offsets = json_object_get(history, "offset_ns");
	const json_t *bounds = json_object_get(history, "maxerror_ns");
	const json_t *frequencies = json_object_get(history, "frequency_ppb");
	size_t count = json_array_size(times), taken = 0;

	for (size_t i = 0; i < count && taken < PAST_POINTS_MAX; i++) {
		struct past_point point = {
			.time_s = number_at(times, i) / 1e9,
			.offset_ns = -number_at(offsets, i),
			.bound_ns = fabs(number_at(bounds, i)),
			.frequency_ppb = number_at(frequencies, i),
		};

		if (!(point.bound_ns <= OFFSET_MOST_NS))
			point.bound_ns = NAN;
		if (point.time_s >= 0 && point.time_s <= TIME_MOST_S &&
		    fabs(point.offset_ns) <= OFFSET_MOST_NS &&
		    fabs(point.frequency_ppb) <= FREQUENCY_MOST_PPB)
			points[taken++] = point;
	}

	return taken;
}

/* Add one event, forgetting the oldest if there is no room. */
static void add_event(struct past *past, const json_t *event)
{
	struct past_event *place;

	if (past->event_count == PAST_EVENTS_MAX) {
		memmove(past->events, past->events + 1,
			(PAST_EVENTS_MAX - 1) * sizeof(*past->events));
		past->event_count--;
	}
	place = &past->events[past->event_count++];
	place->time_s = (double)json_int_of(event, "time_ns", 0) / 1e9;
	snprintf(place->cause, sizeof(place->cause), "%s", json_text_of(event, "cause"));
	snprintf(place->text, sizeof(place->text), "%s", json_text_of(event, "text"));
	snprintf(place->action, sizeof(place->action), "%s", json_text_of(event, "action"));
}

/* More than half of a full array goes, so that this is done rarely. */
static void make_room(struct past *past)
{
	size_t stay = PAST_POINTS_MAX / 2;

	if (past->count < PAST_POINTS_MAX)
		return;
	memmove(past->points, &past->points[past->count - stay], stay * sizeof(*past->points));
	past->count = stay;
}

/* The first point since the time was last set back. */
static size_t latest_part(const struct past_point *points, size_t count)
{
	size_t first = 0;

	for (size_t i = 1; i < count; i++) {
		if (points[i].time_s < points[i - 1].time_s)
			first = i;
	}

	return first;
}

void past_append(struct past *past, const json_t *history)
{
	double last_s = past->count ? past->points[past->count - 1].time_s : -INFINITY;
	struct past_point points[PAST_POINTS_MAX];
	size_t count = read_points(history, points);

	past->now_s = fmin(fmax(json_real_of(history, "now_ns", 0) / 1e9, 0), TIME_MOST_S);
	/* The time was set back: what was before is of a time to come, and nothing would follow. */
	if (past->now_s < last_s) {
		past->count = 0;
		last_s = -INFINITY;
	}
	for (size_t i = past->count ? latest_part(points, count) : 0; i < count; i++) {
		if (points[i].time_s <= last_s || points[i].time_s > past->now_s)
			continue;
		make_room(past);
		past->points[past->count++] = points[i];
	}
}

void past_read_events(struct past *past, const json_t *events)
{
	const json_t *list = json_object_get(events, "events");

	past->event_count = 0;
	for (size_t i = 0; i < json_array_size(list); i++)
		add_event(past, json_array_get(list, i));
}

void past_read(struct past *past, const json_t *history, const json_t *events)
{
	memset(past, 0, sizeof(*past));
	past_append(past, history);
	past_read_events(past, events);
}
