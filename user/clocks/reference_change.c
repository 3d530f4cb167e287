// SPDX-License-Identifier: GPL-2.0-only
/*
 * A change of the reference, from the line that the timescale states. Applying it to samples and
 * estimates is the work of discipline/source.c and discipline/estimator.c.
 */
#include "clocks/reference_change.h"

#include "lib/time_units.h"

/* Sums of this and a date (before the year 2116) stay within 64 bits. */
#define SHIFT_MAX_NS	(INT64_MAX / 2)

void reference_change_of_line(const struct chime_line *line, struct reference_change *change)
{
	*change = REFERENCE_REPLACED;
	if (!chime_line_valid(line) || line->sigma_rate_q32 == CHIME_LINE_RATE_UNKNOWN_Q32)
		return;
	*change = (struct reference_change){
		.at_ns = line->origin_ns,
		.shift_ns = line->offset_ns,
		.shift_sigma_ns = (double)line->sigma_ns,
		.rate = (double)line->rate_q32 / Q32,
		.rate_sigma = (double)line->sigma_rate_q32 / Q32,
	};
	if (line->maxerror_ns == CHIME_LINE_UNBOUNDED_NS ||
	    chime_abs_sat(line->offset_ns) > SHIFT_MAX_NS)
		change->shift_sigma_ns = INFINITY;
}
