/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Units of time, in ns, and of rates. The _REAL ones are for what is computed as a real number, in
 * double.
 */
#ifndef LIB_TIME_UNITS_H
#define LIB_TIME_UNITS_H

#define NS_PER_US	1000LL
#define NS_PER_MS	1000000LL
#define NS_PER_S	1000000000LL

#define NS_PER_MS_REAL	1e6
#define NS_PER_S_REAL	1e9

/* What a rate is multiplied by for a whole number, _q32. */
#define Q32		4294967296.0

#endif /* LIB_TIME_UNITS_H */
