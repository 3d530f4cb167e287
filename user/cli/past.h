/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The recent past of the clock, as the daemon remembers it, for those who draw it. Instants in s of
 * UTC; offsets are positive where the clock is ahead, as in tables.
 */
#ifndef CLI_PAST_H
#define CLI_PAST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/axis.h"

/* More is not drawn. */
#define PAST_POINTS_MAX	1024
#define PAST_EVENTS_MAX	128

/**
 * struct past_point - the clock at one instant
 * @time_s: the instant
 * @offset_ns: how far it was ahead
 * @bound_ns: how wrong it may have been; NAN: not known
 * @frequency_ppb: by how much it is fast if nothing corrects it
 */
struct past_point {
	double time_s;
	double offset_ns;
	double bound_ns;
	double frequency_ppb;
};

/**
 * struct past_event - a disruption or a step
 * @time_s: when
 * @cause: its name
 * @action: what was done
 * @text: all of it in a sentence
 */
struct past_event {
	double time_s;
	char cause[32];
	char action[32];
	char text[192];
};

/**
 * struct past - both, oldest first
 * @now_s: the daemon's time
 * @count: of @points
 * @points: of the clock
 * @event_count: of @events
 * @events: disruptions and steps
 */
struct past {
	double now_s;
	size_t count;
	struct past_point points[PAST_POINTS_MAX];
	size_t event_count;
	struct past_event events[PAST_EVENTS_MAX];
};

/* From the daemon's answers to "history" and "events"; what is not as expected is left out. */
void past_read(struct past *past, const json_t *history, const json_t *events);

/* Add what is newer than the latest point; the oldest give way. */
void past_append(struct past *past, const json_t *history);

/* The events anew. */
void past_read_events(struct past *past, const json_t *events);

/* A disruption lies before that point, so that no line leads to it. @index is not 0. */
bool past_is_parted(const struct past *past, size_t index);

/* An axis for the errors of the clock that are shown, from @from_s on. */
struct error_axis past_error_axis(const struct past *past, double from_s);

struct cli;

/* Ask the daemon for the last @since_s seconds. An exit status; what is wrong was said. */
int past_ask(const struct cli *cli, int64_t since_s, struct past *past);

#endif /* CLI_PAST_H */
