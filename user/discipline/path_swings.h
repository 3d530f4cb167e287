/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a server's own clock, or the asymmetry of its path, has changed: learned from the samples
 * that the combined clock could not explain. Pure arithmetic.
 */
#ifndef DISCIPLINE_PATH_SWINGS_H
#define DISCIPLINE_PATH_SWINGS_H

#include <stdbool.h>
#include <stdint.h>

/* A change of route shows in so many round trips. */
#define PATH_SWINGS_DELAYS	6

/**
 * struct path_swings - what a path's lost tracks have shown, each counted less with every sample
 * @has_lost: there was one, by which the next one is timed
 * @lost_at_ns: when the latest was
 * @count: of those since the first
 * @square_ns2: the sum of the squares of what they were off
 * @time_s: the sum of the times between them
 * @delay_ns: the latest round trips, the latest first
 * @delays: how many of them
 * @changed_ns: by how much half a round trip has changed lately
 */
struct path_swings {
	bool has_lost;
	int64_t lost_at_ns;
	double count;
	double square_ns2;
	double time_s;
	double delay_ns[PATH_SWINGS_DELAYS];
	int delays;
	double changed_ns;
};

/**
 * path_swings_take() - one more sample was taken
 * @swings: of its path
 * @delay_ns: its round trip
 */
void path_swings_take(struct path_swings *swings, double delay_ns);

/**
 * path_swings_note() - the track was lost
 * @swings: of the path
 * @at_ns: when
 * @off_ns: what its sample was off
 */
void path_swings_note(struct path_swings *swings, int64_t at_ns, double off_ns);

/**
 * path_swings_expect() - how the path is expected to swing
 * @swings: of the path
 * @square_ns2: mean square of its swings
 * @time_s: mean time that they last
 *
 * Return: false: it does not.
 */
bool path_swings_expect(const struct path_swings *swings, double *square_ns2, double *time_s);

#endif
