/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the follower share: follower.c and follower_correction.c.
 */
#ifndef STEERING_FOLLOWER_PRIVATE_H
#define STEERING_FOLLOWER_PRIVATE_H

#include "steering/follower.h"

/*
 * Within this offset checks become rarer; corrections with a smaller error are worth following at
 * once.
 */
#define FINE_NS		50

/* follower_correction.c */

/*
 * The interval between fresh corrections: how long one of them is of use. Those of several sources
 * come at once, and count as one.
 */
void follower_note_news(struct follower *follower, const struct timescale_now *now);

/* This check is at a fresh correction. */
bool follower_is_news(const struct follower *follower, const struct timescale_now *now);

/* The offset that the previous check predicted for this one. */
double follower_predicted(const struct follower *follower, const struct timescale_now *now);

/*
 * Note what this check shows of a correction. Returns the part of @offset_ns that comes from
 * corrections and is still to be removed; offsets within @tolerance_ns count as none.
 */
double follower_note_correction(struct follower *follower, const struct timescale_now *now,
				int64_t offset_ns, int64_t tolerance_ns);

/* The least time to remove an offset of this size; a small one takes @small_ns at least. */
double follower_least_horizon(const struct follower *follower, double size_ns, double small_ns);

/* The time constant of a correction of this size. @calm: the whole offset counts as none. */
double follower_time_constant(const struct follower *follower, const struct timescale_now *now,
			      double corrected_ns, bool calm);

/* When to check again during a correction with this time constant. */
double follower_correction_check(const struct follower *follower, const struct timescale_now *now,
				 double constant_ns);

#endif /* STEERING_FOLLOWER_PRIVATE_H */
