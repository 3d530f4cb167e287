/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A clock of this machine as one number. For clocks that every kernel has: the reading cannot fail.
 */
#ifndef LIB_CLOCK_NS_H
#define LIB_CLOCK_NS_H

#include <stdint.h>
#include <time.h>

/* Since the beginning of the clock, or since 1970. */
static inline int64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);

	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* Likewise, whole ms. */
static inline int64_t clock_ms(clockid_t clock)
{
	return clock_ns(clock) / 1000000;
}

#endif /* LIB_CLOCK_NS_H */
