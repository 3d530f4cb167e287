// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a change of the reference amounts to: from host to raw or back, or a step. What follows from
 * it for samples and estimates is discipline/source.c's and discipline/estimator.c's.
 */
#include "clocks/reference_change.h"

#include "clocks/timescale.h"
#include "core/line.h"

#define Q32	4294967296.0

/* Sums of this and a date (before the year 2116) stay within 64 bits. */
#define SHIFT_MAX_NS	(INT64_MAX / 2)

bool reference_change_of_kind(const struct timescale_now *now, const struct chime_line *steady,
			      struct reference_change *change)
{
	int64_t ahead_ns = chime_line_offset(steady, now->raw_ns);
	double rate = (double)steady->rate_q32 / Q32;

	*change = (struct reference_change){ 0 };
	if (!now->host_known || !chime_line_valid(steady) || chime_abs_sat(ahead_ns) > SHIFT_MAX_NS)
		return false;
	change->rate_sigma = (double)steady->sigma_rate_q32 / Q32;
	if (now->has_host) {
		change->at_ns = now->raw_ns;
		change->shift_ns = ahead_ns;
		change->rate = rate;
	} else {
		change->at_ns = chime_line_eval(steady, now->raw_ns);
		change->shift_ns = -ahead_ns;
		change->rate = -rate / (1 + rate);
	}
	return true;
}

bool reference_change_of_step(int64_t gap_ns, struct reference_change *change)
{
	*change = (struct reference_change){ .shift_ns = gap_ns };
	return chime_abs_sat(gap_ns) <= SHIFT_MAX_NS;
}
