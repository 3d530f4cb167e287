/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Another clock takes the reference's place: what was measured against the one, as measured
 * against the other. Pure.
 *
 * A sample, or a line's origin, at an instant by the old reference with an offset from it becomes
 *	at + shift(at), offset - shift(at)
 * and a rate becomes (rate - r) / (1 + r): the server's time is the same by both. A leap second
 * changes the server's time instead, and no reference.
 */
#ifndef CLOCKS_REFERENCE_CHANGE_H
#define CLOCKS_REFERENCE_CHANGE_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

/**
 * struct reference_change - a new reference against the old one
 * @at_ns: an instant, by the old one
 * @shift_ns: the new one minus the old one then
 * @rate: how fast that grows with the old one's time (1e-9: one ns a second)
 * @rate_sigma: one standard error of @rate
 * @leap_ns: by how much servers' time, UTC, was set forward by a leap second
 */
struct reference_change {
	int64_t at_ns;
	int64_t shift_ns;
	double rate;
	double rate_sigma;
	int64_t leap_ns;
};

/* The new reference minus the old one, when that one said @at_ns. */
static inline int64_t reference_change_shift(const struct reference_change *change, int64_t at_ns)
{
	return change->shift_ns + llrint(change->rate * ((double)at_ns - (double)change->at_ns));
}

/* An offset that was measured at @at_ns by the old reference becomes another by so much. */
static inline int64_t reference_change_offset(const struct reference_change *change, int64_t at_ns)
{
	return change->leap_ns - reference_change_shift(change, at_ns);
}

/* A rate against the old reference, as one against the new. */
static inline double reference_change_rate(const struct reference_change *change, double rate)
{
	return (rate - change->rate) / (1 + change->rate);
}

struct chime_line;
struct timescale_now;

/**
 * reference_change_of_kind() - between raw and the host, both of which can be read
 * @now: the clocks; its reference is the new one, the other one was the reference before
 * @steady: steady time as a function of raw: the reference that the host is, or was
 * @change: result
 *
 * Return: true; false: the host cannot be read, or what it says is beyond belief.
 */
bool reference_change_of_kind(const struct timescale_now *now, const struct chime_line *steady,
			      struct reference_change *change);

/* The host's clock was set forward by @gap_ns. false: beyond belief. */
bool reference_change_of_step(int64_t gap_ns, struct reference_change *change);

#endif /* CLOCKS_REFERENCE_CHANGE_H */
