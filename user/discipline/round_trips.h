/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the truth is if every round trip of a source is right to within itself, however unevenly
 * each was spent on its two ways. It needs no statistics, and so refutes those that are wrong.
 * Pure; nothing here can fail.
 */
#ifndef DISCIPLINE_ROUND_TRIPS_H
#define DISCIPLINE_ROUND_TRIPS_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct round_trips - what round trips have in common, UTC minus reference
 * @known: there was one
 * @at_ns: time of the latest, by the reference
 * @low_ns: by then the truth was at least this ...
 * @high_ns: ... and at most this
 */
struct round_trips {
	bool known;
	int64_t at_ns;
	int64_t low_ns;
	int64_t high_ns;
};

/*
 * A sample of @offset_ns that may be off by @distance_ns. The offset has moved by at most @rate
 * (1e-9: one ns a second), either way, since the one before. One that has nothing in common with
 * those before it begins anew: the server, the clock or the path is another one.
 */
void round_trips_add(struct round_trips *trips, int64_t at_ns, int64_t offset_ns,
		     int64_t distance_ns, double rate);

/*
 * How far @offset_ns, which is right to within @distance_ns by other means, may be off at @at_ns,
 * as the round trips exclude all of that: up to their far end. 0: they do not exclude it.
 */
int64_t round_trips_refute(const struct round_trips *trips, int64_t at_ns, int64_t offset_ns,
			   int64_t distance_ns, double rate);

#endif /* DISCIPLINE_ROUND_TRIPS_H */
