/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When this program was released: no right clock shows an earlier time, or one that is absurdly
 * later.
 */
#ifndef CLOCKS_RELEASE_DATE_H
#define CLOCKS_RELEASE_DATE_H

#include <stdbool.h>
#include <stdint.h>

/* A right clock shows no time so long after the release. The kernel's can be set up to 2232. */
#define RELEASE_CENTURY_NS	(36525 * 86400LL * 1000000000)

/* Since 1970: the beginning of the day that dkms.conf names, whatever the build machine's clock. */
int64_t release_date_ns(void);

/* @time_ns is before the release, so a clock that shows it is wrong. */
static inline bool is_before_release(int64_t time_ns)
{
	return time_ns < release_date_ns();
}

/* @time_ns is a century after the release, or later. */
static inline bool is_century_after_release(int64_t time_ns)
{
	return !is_before_release(time_ns) && time_ns - release_date_ns() >= RELEASE_CENTURY_NS;
}

#endif /* CLOCKS_RELEASE_DATE_H */
