/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the truth is if every round trip of a source is right to within itself, however unevenly
 * each was spent on its two ways. No two of them allow the offset to have grown faster than from
 * the lower end of the earlier one to the upper end of the later one, or less than the other way
 * round. So they bound the rate, and with that each of them bounds the offset at any later instant.
 * It needs no statistics, but for how much the rate may have changed meanwhile. A rate that is
 * known from elsewhere bounds it as well, if that holds for the time since each of them. Pure;
 * nothing here can fail.
 */
#ifndef DISCIPLINE_ROUND_TRIPS_H
#define DISCIPLINE_ROUND_TRIPS_H

#include <stdint.h>

#include "clocks/reference_change.h"

/* So many are kept: of more, all but the one that says least. */
#define ROUND_TRIPS	32

/**
 * struct round_trip - one of them
 * @at_ns: when, by the reference
 * @low_ns: then UTC minus reference was at least this ...
 * @high_ns: ... and at most this
 * @moved_ns: struct round_trips @moved_ns then; round_trips_add() sets it
 */
struct round_trip {
	int64_t at_ns;
	int64_t low_ns;
	int64_t high_ns;
	int64_t moved_ns;
};

/**
 * struct rate_limits - of the growth of UTC minus reference (1e-9: one ns a second)
 * @least: the rate is at least this ...
 * @most: ... and at most this
 * @wander: by so much it may change within a second, and by sqrt(n) times as much within n seconds
 * @jump: by so much it may change at once
 */
struct rate_limits {
	double least;
	double most;
	double wander;
	double jump;
};

/**
 * struct round_trips - what is kept of them
 * @count: how many ...
 * @trip: ... of these, the oldest first
 * @rate: as they bound it at the time of the latest
 * @moved_ns: by how much the reference may have moved, all told, besides what a rate does
 */
struct round_trips {
	unsigned int count;
	struct round_trip trip[ROUND_TRIPS];
	struct rate_limits rate;
	int64_t moved_ns;
};

/*
 * Add one, which is not older than any before it. What else is known of the rate is in @rate. Those
 * that contradict it are forgotten: the server, the clock or the path is another one.
 */
void round_trips_add(struct round_trips *trips, const struct round_trip *trip,
		     const struct rate_limits *rate);

/*
 * The reference changed, and @change keeps offsets: as it states how, widened by @sigmas standard
 * errors of it.
 */
void round_trips_change_reference(struct round_trips *trips, const struct reference_change *change,
				  double sigmas);

/*
 * The reference may have moved by up to @by_ns since all of them. What two of them say of the rate
 * holds, unless it moved in between.
 */
void round_trips_widen(struct round_trips *trips, int64_t by_ns);

/*
 * How far @offset_ns is at most from the truth at @at_ns, if the rate has always been the same, and
 * if it has been within @changed since the oldest of them (but for the wander that they were added
 * with); 0: there are none.
 */
int64_t round_trips_distance(const struct round_trips *trips, const struct rate_limits *changed,
			     int64_t at_ns, int64_t offset_ns);

#endif /* DISCIPLINE_ROUND_TRIPS_H */
