/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All clocks read before something and again after it: did they mean the same all the while, and
 * what was the reference's time at an instant between that another clock tells? Pure.
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
	CLOCK_SPAN_DISRUPTED,	/* the reference changed its meaning, or raw went back */
	CLOCK_SPAN_STEPPED,	/* the system clock was set */
};

enum clock_span_verdict clock_span_judge(const struct clock_span *span);

/*
 * The reference's time when raw, or realtime, said so: interpolated, as the clocks may run at
 * different rates. An instant outside of the span is carried on at the same rates.
 */
int64_t clock_span_from_raw(const struct clock_span *span, int64_t raw_ns);
int64_t clock_span_from_realtime(const struct clock_span *span, int64_t realtime_ns);

#endif /* CLOCKS_CLOCK_SPAN_H */
