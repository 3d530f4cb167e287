// SPDX-License-Identifier: GPL-2.0-only
/*
 * The beginning of a boot. See boot.h.
 */
#include "core/boot.h"

#include "core/line.h"

/*
 * An emulated Debian starts its programs in the first twenty seconds, a real one in two or three.
 * Later there are programs that measure by a clock that nobody has set back so far.
 */
#define CHIME_BOOT_EARLY_NS	(30 * CHIME_NS_PER_S)

/*
 * The kernel sets its clock by the RTC, once, and to a whole second: the error of up to a second is
 * its own. Programs set it again: systemd where it shows a date before systemd's release, hwclock,
 * and every NTP client that steps.
 */
#define CHIME_BOOT_KERNEL_SETS	1

bool chime_boot_is_early(const struct chime_boot *boot)
{
	return boot->up_ns >= 0 && boot->up_ns < CHIME_BOOT_EARLY_NS &&
	       boot->sets <= CHIME_BOOT_KERNEL_SETS && !boot->disciplined;
}
