// SPDX-License-Identifier: GPL-2.0-only
/*
 * From JSON to what is drawn.
 */
#include "cli/past.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static double number_at(const json_t *array, size_t index)
{
	const json_t *value = json_array_get(array, index);

	return json_is_number(value) ? json_number_value(value) : NAN;
}

static void read_points(struct past *past, const json_t *history)
{
	const json_t *times = json_object_get(history, "time_ns");
	const json_t *offsets = json_object_get(history, "offset_ns");
	const json_t *bounds = json_object_get(history, "maxerror_ns");
	const json_t *frequencies = json_object_get(history, "frequency_ppb");
	size_t count = json_array_size(times);

	for (size_t i = 0; i < count && past->count < PAST_POINTS_MAX; i++) {
		struct past_point point = {
			.time_s = number_at(times, i) / 1e9,
			.offset_ns = -number_at(offsets, i),
			.bound_ns = fabs(number_at(bounds, i)),
			.frequency_ppb = number_at(frequencies, i),
		};

		if (isfinite(point.time_s) && isfinite(point.offset_ns) &&
		    isfinite(point.frequency_ppb))
			past->points[past->count++] = point;
	}
}

void past_add_event(struct past *past, const json_t *event)
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
	snprintf(place->action, sizeof(place->action), "%s", json_text_of(event, "action"));
}

void past_read(struct past *past, const json_t *history, const json_t *events)
{
	const json_t *list = json_object_get(events, "events");

	memset(past, 0, sizeof(*past));
	past->now_s = json_real_of(history, "now_ns", 0) / 1e9;
	read_points(past, history);
	for (size_t i = 0; i < json_array_size(list); i++)
		past_add_event(past, json_array_get(list, i));
}
