/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a module can see of the kernel's timekeeper, beyond its clocks.
 */
#ifndef CHIME_TIMEKEEPER_H
#define CHIME_TIMEKEEPER_H

#include <linux/types.h>

/*
 * Another program disciplines the system clock, or did so since the kernel started: its frequency,
 * or the offset of TAI, is not what a kernel starts with.
 *
 * The kernel lets no module read STA_UNSYNC, maxerror or the frequency itself. Context: process.
 */
bool chime_timekeeper_is_disciplined(void);

#endif /* CHIME_TIMEKEEPER_H */
