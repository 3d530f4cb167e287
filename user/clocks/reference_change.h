/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Another clock takes the reference's place, or the reference itself jumps: what was measured
 * against the one, as measured against the other. Pure.
 *
 * A sample, or a line's origin, at an instant by the old reference with an offset from it becomes
 *	at + shift(at), offset - shift(at)
 * and a rate becomes (rate - r) / (1 + r): the server's time is the same by both. A leap second
 * changes the server's time instead, and no reference. What is not known of the change is lost of
 * what was measured: offsets, or rates, too.
 */
#ifndef CLOCKS_REFERENCE_CHANGE_H
#define CLOCKS_REFERENCE_CHANGE_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/line.h"

/**
 * struct reference_change - a new reference against the old one
 * @at_ns: an instant, by the old one
 * @shift_ns: the new one minus the old one then
 * @shift_sigma_ns: one standard error of @shift_ns; INFINITY: it is not known
 * @rate: how fast that grows with the old one's time (1e-9: one ns a second)
 * @rate_sigma: one standard error of @rate; INFINITY: it is not known, nor is @shift_ns
 * @leap_ns: by how much servers' time, UTC, was set forward by a leap second
 */
struct reference_change {
	int64_t at_ns;
	int64_t shift_ns;
	double shift_sigma_ns;
	double rate;
	double rate_sigma;
	int64_t leap_ns;
};

/* The reference jumped by an unknown amount, and its rate is as before. */
#define REFERENCE_JUMPED \
	((struct reference_change){ .shift_sigma_ns = INFINITY })

/* The reference is another clock, of which nothing is known. */
#define REFERENCE_REPLACED \
	((struct reference_change){ .shift_sigma_ns = INFINITY, .rate_sigma = INFINITY })

/* Measured offsets can be converted. */
static inline bool reference_change_keeps_offset(const struct reference_change *change)
{
	return isfinite(change->shift_sigma_ns) && isfinite(change->rate_sigma);
}

/* Measured rates can be converted. */
static inline bool reference_change_keeps_rate(const struct reference_change *change)
{
	return isfinite(change->rate_sigma);
}

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

/* What was measured at *@at_ns by the old reference, with that offset from it, by the new one. */
static inline void reference_change_convert(const struct reference_change *change, int64_t *at_ns,
					    int64_t *offset_ns)
{
	*offset_ns = chime_add_sat(*offset_ns, reference_change_offset(change, *at_ns));
	*at_ns = chime_add_sat(*at_ns, reference_change_shift(change, *at_ns));
}

/* A rate against the old reference, as one against the new. */
static inline double reference_change_rate(const struct reference_change *change, double rate)
{
	return (rate - change->rate) / (1 + change->rate);
}

/*
 * A change from the line "new reference minus old one", a function of the old one's time. A line
 * without a bound gives only the rate; one whose rate is CHIME_LINE_RATE_UNKNOWN_Q32, or
 * impossible, gives nothing.
 */
void reference_change_of_line(const struct chime_line *line, struct reference_change *change);

#endif /* CLOCKS_REFERENCE_CHANGE_H */
