/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All clocks, read before and after an event: whether they were set or disrupted in between, and
 * the conversion of an instant between the two readings to the reference. Pure.
 */
#ifndef CLOCKS_CLOCK_SPAN_H
#define CLOCKS_CLOCK_SPAN_H

#include <stdint.h>

#include "clocks/timescale.h"

/**
 * struct clock_span - two readings
 * @before: the first
 * @after: the second
 */
struct clock_span {
	struct timescale_now before;
	struct timescale_now after;
};

enum clock_span_verdict {
	CLOCK_SPAN_GOOD,
	CLOCK_SPAN_DISRUPTED,	/* another epoch, or the raw clock went back */
	CLOCK_SPAN_STEPPED,	/* the system clock was set */
};

/* What happened between the two readings. A step is not seen where time was disrupted. */
enum clock_span_verdict clock_span_judge(const struct clock_span *span);

/*
 * The reference's time at an instant of the raw clock, or of CLOCK_REALTIME: interpolated, as the
 * clocks may run at different rates. Outside of the span the same rates are extrapolated.
 */
int64_t clock_span_from_raw(const struct clock_span *span, int64_t raw_ns);
int64_t clock_span_from_realtime(const struct clock_span *span, int64_t realtime_ns);

#endif /* CLOCKS_CLOCK_SPAN_H */
