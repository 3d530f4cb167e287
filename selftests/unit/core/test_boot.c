// SPDX-License-Identifier: GPL-2.0-only
/*
 * Is this a boot at which nothing but the kernel has set the system clock?
 */
#include "kmod/core/boot.h"

#include "selftests/unit/unit.h"

#define S	1000000000LL

static const struct {
	struct chime_boot boot;
	bool early;
} cases[] = {
	/* The first moment, the initramfs, the udev rule on an emulated machine, and the last. */
	{ { .up_ns = 0, .sets = 1 }, true },
	{ { .up_ns = S / 2, .sets = 1 }, true },
	{ { .up_ns = 6 * S, .sets = 1 }, true },
	{ { .up_ns = 30 * S - 1, .sets = 1 }, true },
	/* A machine without an RTC. */
	{ { .up_ns = 6 * S, .sets = 0 }, true },
	/* Loaded by hand. */
	{ { .up_ns = 30 * S, .sets = 1 }, false },
	{ { .up_ns = 86400 * S, .sets = 0 }, false },
	/* systemd, hwclock, date, an NTP client's step, or this module has set it. */
	{ { .up_ns = 6 * S, .sets = 2 }, false },
	{ { .up_ns = 6 * S, .sets = 255 }, false },
	/* An NTP client has set its rate only. */
	{ { .up_ns = 6 * S, .sets = 1, .disciplined = true }, false },
	{ { .up_ns = 6 * S, .sets = 0, .disciplined = true }, false },
	/* No kernel says so. */
	{ { .up_ns = -1, .sets = 1 }, false },
};

TEST(boot_is_early_while_only_the_kernel_has_set_the_clock)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		EXPECT_EQ(cases[i].early, chime_boot_is_early(&cases[i].boot)) {
			TH_LOG("case %u", i);
		}
}

TEST_HARNESS_MAIN
