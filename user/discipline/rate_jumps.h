/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * By how much a reference's rate has been seen to change at once. What it has done it may do again:
 * a guest that is moved from host to host, or an oscillator beside a load that comes and goes.
 * Pure: nothing here can fail.
 */
#ifndef DISCIPLINE_RATE_JUMPS_H
#define DISCIPLINE_RATE_JUMPS_H

#include <stdint.h>

#include "clocks/reference_change.h"
#include "discipline/estimator.h"

/* So many are kept, the latest. */
#define RATE_JUMPS	8

/**
 * struct rate_jump - one of them
 * @raw_ns: when it was known, by the raw clock
 * @by: how large it was at least, either way
 */
struct rate_jump {
	int64_t raw_ns;
	double by;
};

/**
 * struct rate_jumps - what has been seen of them; all 0 to start
 * @known: so many samples have shown a rate, until they are enough for one ...
 * @raw_ns: ... which the clock had then, by the raw clock ...
 * @rate: ... this ...
 * @rate_sigma: ... with this standard error ...
 * @wander: ... and this wander
 * @samples: so many in a row have shown another one, worse known than this
 * @count: so many ...
 * @jump: ... of these, the oldest first
 */
struct rate_jumps {
	unsigned int known;
	int64_t raw_ns;
	double rate;
	double rate_sigma;
	double wander;
	unsigned int samples;
	unsigned int count;
	struct rate_jump jump[RATE_JUMPS];
};

/* There is a new sample, of which @estimate is. Changes by no more than @least are no jumps. */
void rate_jumps_note(struct rate_jumps *jumps, int64_t raw_ns, const struct estimate *estimate,
		     double least);

/*
 * By how much the rate may change at once, by what it has done until the latest sample, at @raw_ns;
 * 0: nothing is known of that.
 */
double rate_jumps_most(const struct rate_jumps *jumps, int64_t raw_ns);

/*
 * As a wander, in which they all are taken to be: the standard deviation of the rate's change in
 * one second. The rate has been watched for @watched_s until the latest sample, at @raw_ns.
 */
double rate_jumps_wander(const struct rate_jumps *jumps, int64_t raw_ns, double watched_s);

/* The reference's rate changed by what @change says. */
void rate_jumps_change(struct rate_jumps *jumps, const struct reference_change *change);

#endif /* DISCIPLINE_RATE_JUMPS_H */
