/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Was the system clock set, by whomever? A timer that never expires, but is cancelled then.
 */
#ifndef LIB_CLOCK_WATCH_H
#define LIB_CLOCK_WATCH_H

#include <stdbool.h>

/* A descriptor that is readable when the system clock was set; -errno: not supported. */
int clock_watch_open(void);

/* Was it set since the last call? */
bool clock_watch_was_set(int fd);

#endif /* LIB_CLOCK_WATCH_H */
