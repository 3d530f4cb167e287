/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When this program was built: no right clock shows an earlier time.
 */
#ifndef BUILD_DATE_H
#define BUILD_DATE_H

#include <stdint.h>

/* Since 1970: the beginning of the day, or of that of SOURCE_DATE_EPOCH. */
int64_t build_date_ns(void);

#endif /* BUILD_DATE_H */
