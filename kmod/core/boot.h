/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The beginning of a boot: may an error of the system clock that is less than a second be stepped,
 * because nothing but the kernel has set that clock yet?
 *
 * Pure decisions, so that the tests compile this very file; disruption.c acts on them.
 */
#ifndef CHIME_BOOT_H
#define CHIME_BOOT_H

#include "core/line_env.h"

/**
 * struct chime_boot - what a module that is being loaded sees of the boot
 * @up_ns: CLOCK_BOOTTIME
 * @sets: how often the system clock was set since the kernel started
 * @disciplined: so was its rate, or the offset of TAI
 */
struct chime_boot {
	s64 up_ns;
	u32 sets;
	bool disciplined;
};

/* The kernel has just started, and nothing but the kernel has set the system clock. */
bool chime_boot_is_early(const struct chime_boot *boot);

#endif /* CHIME_BOOT_H */
