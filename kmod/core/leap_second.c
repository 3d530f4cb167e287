// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leap seconds that the kernel executes. See leap_second.h.
 */
#include "core/leap_second.h"

#include "core/line.h"

/*
 * A clock that is left at its rate and the timescale drift apart by less in a day. If what they are
 * apart by is no second to within this, the timescale has leapt, or the clock was set.
 */
#define CHIME_LEFT_APART_NS	(CHIME_NS_PER_S / 10)

/* A daemon that runs renews its correction each minute or two, and passes leap seconds itself. */
#define CHIME_LEFT_NS	(300 * CHIME_NS_PER_S)

/* So it does while its sources are silent, when it renews nothing; but it may be late. */
#define CHIME_LATE_NS	(10 * CHIME_NS_PER_S)

/*
 * A leap second leaves TAI as it is, which tells it from a clock that was set: whoever tells the
 * kernel the offset of TAI for the first time changes it by more than a second.
 */
static s64 chime_leap_change(s32 before_s, s32 after_s)
{
	s64 gained_s = (s64)after_s - before_s;

	return gained_s == 1 || gained_s == -1 ? -gained_s * CHIME_NS_PER_S : 0;
}

s64 chime_leap_due(struct chime_leap *leap, s32 tai_offset_s, s64 ahead_ns, s64 age_ns, s64 raw_ns)
{
	s64 change_ns;

	if (leap->known && tai_offset_s != leap->tai_offset_s) {
		leap->change_ns = chime_leap_change(leap->tai_offset_s, tai_offset_s);
		leap->seen_ns = raw_ns;
	}
	leap->known = true;
	leap->tai_offset_s = tai_offset_s;
	change_ns = leap->change_ns;
	if (chime_abs_sat(chime_sub_sat(ahead_ns, change_ns)) > CHIME_LEFT_APART_NS)
		leap->change_ns = 0;
	if (!leap->change_ns || age_ns < CHIME_LEFT_NS ||
	    chime_sub_sat(raw_ns, leap->seen_ns) < CHIME_LATE_NS)
		return 0;
	leap->change_ns = 0;
	return change_ns;
}
