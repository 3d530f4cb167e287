/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the page of time to that by which the program in the kernel answers. The page is a function
 * of the system clock, which may be set; the program reads CLOCK_MONOTONIC, which may not, and runs
 * at the same rate: whoever slews one slews the other. So one is as good as the other for as long
 * as the page's line is, and between two readings of the clocks both are wrong by the same.
 */
#ifndef XDP_TIME_H
#define XDP_TIME_H

#include "lib/time_page.h"
#include "xdp/shared.h"

/**
 * struct xdp_clocks - the kernel's clocks at one instant
 * @monotonic_ns: CLOCK_MONOTONIC
 * @realtime_ns: CLOCK_REALTIME
 * @tai_ns: CLOCK_TAI
 * @error_ns: by which the first one may be another instant's
 */
struct xdp_clocks {
	int64_t monotonic_ns;
	int64_t realtime_ns;
	int64_t tai_ns;
	int64_t error_ns;
};

/* The best of a few readings: the one with the least error. */
void xdp_clocks_read(struct xdp_clocks *clocks);

/**
 * xdp_time_fill() - by what to answer from now on
 * @time: result; not valid where @content is not synchronised or its rate is none of a clock
 * @content: the page of time
 * @precision: of the system clock, log2 seconds
 * @clocks: now, since when the system clock was not set
 * @valid_ns: for how long, less than 2^31 and at most until a leap second
 *
 * The root dispersion is that of the end.
 */
void xdp_time_fill(struct xdp_time *time, const struct time_content *content, int precision,
		   const struct xdp_clocks *clocks, int64_t valid_ns);

#endif /* XDP_TIME_H */
