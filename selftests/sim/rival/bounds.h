/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How wide the bounds are that programs are given of the clock's error, and how often the truth is
 * outside of them.
 */
#ifndef RIVAL_BOUNDS_H
#define RIVAL_BOUNDS_H

#include <stddef.h>

/* Who gives it: the kernel's maxerror, the daemon to who asks it for `tracking`, and ClockBound. */
enum bound {
	BOUND_KERNEL,
	BOUND_STATED,
	BOUND_CLOCKBOUND,
	BOUNDS,
};

/* What preload.c has for this: by how much the system clock is ahead now, in ns. */
double rival_error_ns(void);

/* One for each second at most of so many. */
void bounds_start(double seconds);

/* The clock is promised to be right to @bound_ns now; INFINITY: it is not. */
void bounds_note(enum bound bound, double bound_ns);

/*
 * A line of text, for each bound: the seconds that it was given for, those with the truth outside,
 * those without it, and its median and 99th percentile in ns. Returns its length.
 */
size_t bounds_print(char *text, size_t size);

#endif /* RIVAL_BOUNDS_H */
