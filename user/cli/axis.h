/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Axes of graphs. That of errors has powers of ten on either side of zero and is linear around it,
 * so that nanoseconds and hours have room on one; others are linear. Pure.
 */
#ifndef CLI_AXIS_H
#define CLI_AXIS_H

#include <stddef.h>

/**
 * struct error_axis - from -10^high ns to 10^high ns
 * @low: below 10^low ns it is linear
 * @high: greater than @low
 */
struct error_axis {
	int low;
	int high;
};

/* An axis on which |@most_ns| has room and |@usual_ns|, what is there most of the time, is seen. */
struct error_axis error_axis_for(double usual_ns, double most_ns);

/* Where @ns is on it, from -1 to 1. What has no room is at its end. */
double error_axis_place(const struct error_axis *axis, double ns);

/* "+100 us", "0", "-10 s": the power of ten @power of ns with that sign; 0: zero. */
#define AXIS_TEXT_MAX	16
void error_axis_text(int sign, int power, char text[AXIS_TEXT_MAX]);

/* A step of 1, 2 or 5 times a power of ten, of which at most @most are in @span. */
double axis_step(double span, int most);

/* One of 1, 2, 5, 10, 15, 30 s or min, 1, 2, 3, 6, 12 h, or days. */
double axis_time_step(double span_s, int most);

/* The median of @count numbers of @values, which are sorted; 0 of none. */
double axis_median(double *values, size_t count);

#endif /* CLI_AXIS_H */
