/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * By how much the combined clock's rate may be wrong, as the sources that agree on the time see it.
 * Pure.
 */
#ifndef DISCIPLINE_RATE_DOUBT_H
#define DISCIPLINE_RATE_DOUBT_H

#include <stddef.h>

/**
 * struct rate_opinion - what one source says of the combined clock's rate
 * @apart: how far its own is from that, >= 0
 * @sigma: one standard error of the difference
 */
struct rate_opinion {
	double apart;
	double sigma;
};

/* Two rates that differ by less are the same; @sigma: one standard error of the difference. */
double rate_tolerance(double sigma);

/*
 * A minority that drifts alike, within what the others allow, leads the clock along. Then there are
 * sources that contradict its rate, and a majority may do so: those, and who does not know. 0: it
 * does not. @opinions, of @count sources, are put in another order.
 */
double rate_doubt(struct rate_opinion *opinions, size_t count);

#endif /* DISCIPLINE_RATE_DOUBT_H */
