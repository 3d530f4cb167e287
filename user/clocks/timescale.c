// SPDX-License-Identifier: GPL-2.0-only
/*
 * What both backends of the timescale share.
 */
#include "clocks/timescale.h"

/*
 * The two instants are at most seconds apart, the clocks' rates differ by less than 1e-3 unless
 * somebody slews hard, and @now is read within milliseconds of a packet: the difference is carried
 * over as it is, its error below 1 us per ms of distance.
 */
int64_t timescale_realtime_to_reference(const struct timescale_now *now, int64_t realtime_ns)
{
	return chime_add_sat(now->reference_ns, chime_sub_sat(realtime_ns, now->realtime_ns));
}
