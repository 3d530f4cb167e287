/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When this program was released: no right clock shows an earlier time.
 */
#ifndef CLOCKS_RELEASE_DATE_H
#define CLOCKS_RELEASE_DATE_H

#include <stdbool.h>
#include <stdint.h>

/* Since 1970: the beginning of the day that dkms.conf names, whatever the build machine's clock. */
int64_t release_date_ns(void);

/* @time_ns is before the release, so a clock that shows it is wrong. */
static inline bool is_before_release(int64_t time_ns)
{
	return time_ns < release_date_ns();
}

#endif /* CLOCKS_RELEASE_DATE_H */
