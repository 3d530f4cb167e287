/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The precision of the system clock, as packets state it (RFC 5905 section 7.3).
 */
#ifndef SERVER_CLOCK_PRECISION_H
#define SERVER_CLOCK_PRECISION_H

/* The smallest step that readings in a row show, as log2 seconds, rounded up. */
int clock_precision(void);

#endif /* SERVER_CLOCK_PRECISION_H */
