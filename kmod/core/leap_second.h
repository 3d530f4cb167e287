/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Leap seconds that the kernel executes: the daemon has the timescale leap at once, but it may not
 * run.
 *
 * Pure decisions: module and tests compile this very file. disruption_leap.c acts on them.
 */
#ifndef CHIME_LEAP_SECOND_H
#define CHIME_LEAP_SECOND_H

#include "core/line_env.h"

/**
 * struct chime_leap - what is kept from one check to the next
 * @known: @tai_offset_s was read
 * @tai_offset_s: the kernel's TAI minus UTC at the latest check
 * @change_ns: the kernel's clock was set forward by this, a leap second, and the timescale was not
 *	yet; 0: there is none ...
 * @seen_ns: ... since this instant of the raw clock
 */
struct chime_leap {
	bool known;
	s32 tai_offset_s;
	s64 change_ns;
	s64 seen_ns;
};

/**
 * chime_leap_due() - does the timescale have to leap without a daemon?
 * @leap: of the latest check; this one's on return
 * @tai_offset_s: the kernel's TAI minus UTC, read before ...
 * @ahead_ns: ... the system clock minus the timescale
 * @age_ns: the correction was set so long ago
 * @raw_ns: now, by the raw clock
 *
 * Return: by how much it has to be set forward; 0: it has not to
 */
s64 chime_leap_due(struct chime_leap *leap, s32 tai_offset_s, s64 ahead_ns, s64 age_ns,
		   s64 raw_ns);

#endif /* CHIME_LEAP_SECOND_H */
