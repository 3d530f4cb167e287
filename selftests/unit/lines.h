/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lines for tests of the shared arithmetic: likely ones and any that are valid, from a random
 * sequence, and helpers to compare with.
 */
#ifndef UNIT_LINES_H
#define UNIT_LINES_H

#include "kmod/core/line.h"

#include "unit.h"

#define RANDOM_ROUNDS	200000
#define Q32		((s64)1 << 32)
#define SECOND_NS	1000000000LL

static inline s64 clamp(__int128 value)
{
	if (value > S64_MAX)
		return S64_MAX;
	return value < S64_MIN ? S64_MIN : (s64)value;
}

static inline __int128 absolute(__int128 value)
{
	return value < 0 ? -value : value;
}

/* A line as the project has them: instants of this age, rates up to the limit. */
static inline struct chime_line likely_line(struct unit_random *random)
{
	return (struct chime_line) {
		.origin_ns = (s64)(unit_random(random) >> 2),
		.offset_ns = (s64)unit_random(random) >> 2,
		.rate_q32 = (s64)unit_random(random) >> (32 + unit_random_below(random, 32)),
		.sigma_ns = (s64)unit_random_below(random, SECOND_NS),
		.sigma_rate_q32 = (s64)unit_random_below(random, Q32 / 1000),
		.maxerror_ns = (s64)unit_random_below(random, SECOND_NS),
		.maxerror_rate_q32 = (s64)unit_random_below(random, Q32 / 1000),
	};
}

/* Any line that chime_line_valid() accepts. */
static inline struct chime_line valid_line(struct unit_random *random)
{
	struct chime_line line = {
		.origin_ns = unit_random_s64(random),
		.offset_ns = unit_random_s64(random),
		.rate_q32 = unit_random_s64(random) >> 32,
		.sigma_ns = unit_random_s64(random) & S64_MAX,
		.sigma_rate_q32 = unit_random_s64(random) & S64_MAX,
		.maxerror_ns = unit_random_s64(random) & S64_MAX,
		.maxerror_rate_q32 = unit_random_s64(random) & S64_MAX,
	};

	switch (unit_random_below(random, 8)) {
	case 0:
		line.rate_q32 = CHIME_LINE_RATE_MAX_Q32;
		break;
	case 1:
		line.rate_q32 = -CHIME_LINE_RATE_MAX_Q32;
		break;
	case 2:
		line.maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
		break;
	}
	return line;
}

/* The line with horizons from some ns to years away, and other rates beyond them. */
static inline void add_horizon(struct unit_random *random, struct chime_line *line)
{
	line->horizon_ns = 1 + (s64)(unit_random(random) >> (6 + unit_random_below(random, 50)));
	line->rate_horizon_ns = line->horizon_ns;
	if (unit_random_below(random, 2))
		line->rate_horizon_ns =
			1 + (s64)(unit_random(random) >> (6 + unit_random_below(random, 50)));
	line->beyond_rate_q32 = (s64)unit_random(random) >> (32 + unit_random_below(random, 32));
	line->beyond_sigma_rate_q32 = chime_add_sat(line->sigma_rate_q32,
						    (s64)unit_random_below(random, Q32 / 1000));
	line->beyond_maxerror_rate_q32 =
		chime_add_sat(line->maxerror_rate_q32, (s64)unit_random_below(random, Q32 / 1000));
}

#endif /* UNIT_LINES_H */
