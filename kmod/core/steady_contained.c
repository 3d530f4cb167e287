// SPDX-License-Identifier: GPL-2.0-only
/*
 * What corrections may contain of a slew. While the pace is not confirmed after this guest resumed,
 * the host is followed, and what it runs at is in the correction, as if another machine's raw clock
 * were the cause. If it is a slew, the correction is off by that from its end on.
 */
#include "core/steady.h"

#include "core/host_line.h"
#include "core/steady_parts.h"

s64 chime_steady_off_contained(const struct chime_steady *steady, s64 rate_q32)
{
	const struct chime_steady_contained *contained = &steady->contained;
	s64 off_q32;

	if (!contained->active)
		return 0;
	off_q32 = chime_max(chime_abs_sat(chime_sub_sat(rate_q32, contained->least_q32)),
			    chime_abs_sat(chime_sub_sat(rate_q32, contained->most_q32)));
	return off_q32 > CHIME_STEADY_TURN_Q32 ? off_q32 : 0;
}

static void chime_steady_contain(struct chime_steady_contained *contained, s64 rate_q32)
{
	contained->least_q32 = chime_min(contained->least_q32, rate_q32);
	contained->most_q32 = chime_max(contained->most_q32, rate_q32);
	contained->latest_q32 = rate_q32;
}

void chime_steady_doubt_contained(struct chime_steady *steady, s64 raw_ns)
{
	struct chime_steady_contained *contained = &steady->contained;
	s64 pace_q32 = steady->pace_q32;

	if (!contained->active)
		*contained = (struct chime_steady_contained){
			.active = true, .least_q32 = pace_q32, .most_q32 = pace_q32,
		};
	chime_steady_contain(contained, pace_q32);
	contained->since_raw_ns = raw_ns;
}

void chime_steady_note_contained(struct chime_steady *steady, s64 raw_ns)
{
	struct chime_steady_contained *contained = &steady->contained;
	s64 rate_q32 = steady->line.rate_q32;

	if (!contained->active)
		return;
	if (!chime_steady_same_rate(rate_q32, contained->latest_q32))
		contained->since_raw_ns = raw_ns;
	else if (chime_sub_sat(raw_ns, contained->since_raw_ns) >= CHIME_SLEW_LONGEST_NS)
		contained->active = false;
	chime_steady_contain(contained, rate_q32);
}
