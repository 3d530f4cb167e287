// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a change of the reference amounts to.
 */
#include "user/clocks/reference_change.h"

#include "kmod/core/line.h"

#include "selftests/unit/unit.h"
#include "user/lib/time_units.h"

#define RAW_NS		(5000 * NS_PER_S)
#define HOST_NS		(1800000000LL * NS_PER_S)

/* From raw to a host that is 50 ppm fast. */
static const struct chime_line to_host = {
	.origin_ns = RAW_NS - NS_PER_S,
	.offset_ns = HOST_NS - RAW_NS - 50000,
	.rate_q32 = 214748,
	.sigma_rate_q32 = 43,
};

TEST(another_clock_is_taken_at_the_same_instant)
{
	const int64_t before_ns = RAW_NS - 1000 * NS_PER_S;
	struct reference_change change;

	reference_change_of_line(&to_host, &change);
	EXPECT_TRUE(reference_change_keeps_offset(&change));
	EXPECT_TRUE(reference_change_keeps_rate(&change));
	EXPECT_EQ(HOST_NS, RAW_NS + reference_change_shift(&change, RAW_NS));
	EXPECT_LT(fabs(change.rate - 50e-6), 1e-9);
	EXPECT_LT(fabs(change.rate_sigma - 10e-9), 1e-10);
	/* At other instants the line tells. */
	EXPECT_LE(llabs(chime_line_offset(&to_host, before_ns) -
			reference_change_shift(&change, before_ns)), 1);
}

TEST(to_another_clock_and_back_is_nothing)
{
	const struct chime_line raw = { .origin_ns = 0 };
	struct reference_change there, back;
	int64_t at_ns = RAW_NS - 777 * NS_PER_S;
	struct chime_line from_host;
	int64_t host_ns;

	chime_line_convert(&raw, &to_host, RAW_NS, &from_host);
	reference_change_of_line(&to_host, &there);
	reference_change_of_line(&from_host, &back);
	host_ns = at_ns + reference_change_shift(&there, at_ns);
	/* The rates are rounded to 2^-32. */
	EXPECT_LE(llabs(host_ns + reference_change_shift(&back, host_ns) - at_ns), 777);
	EXPECT_LT(fabs(reference_change_rate(&back, reference_change_rate(&there, 7e-6)) - 7e-6),
		  1e-9);
}

TEST(without_a_bound_only_the_rate_is_known)
{
	struct chime_line line = to_host;
	struct reference_change change;

	line.maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
	reference_change_of_line(&line, &change);
	EXPECT_FALSE(reference_change_keeps_offset(&change));
	EXPECT_TRUE(reference_change_keeps_rate(&change));
	EXPECT_LT(fabs(change.rate - 50e-6), 1e-9);
	line.sigma_rate_q32 = CHIME_LINE_RATE_UNKNOWN_Q32;
	reference_change_of_line(&line, &change);
	EXPECT_FALSE(reference_change_keeps_offset(&change));
	EXPECT_FALSE(reference_change_keeps_rate(&change));
	/* Nor is the offset where only the rate is not. */
	line.maxerror_ns = 0;
	reference_change_of_line(&line, &change);
	EXPECT_FALSE(reference_change_keeps_offset(&change));
	EXPECT_FALSE(reference_change_keeps_rate(&change));
}

TEST(what_is_beyond_belief_is_not_known)
{
	struct chime_line line = to_host;
	struct reference_change change;

	line.offset_ns = INT64_MIN;
	reference_change_of_line(&line, &change);
	EXPECT_FALSE(reference_change_keeps_offset(&change));
	EXPECT_TRUE(reference_change_keeps_rate(&change));
	line.offset_ns = INT64_MAX;
	reference_change_of_line(&line, &change);
	EXPECT_FALSE(reference_change_keeps_offset(&change));
	line.offset_ns = INT64_MAX / 2;
	reference_change_of_line(&line, &change);
	EXPECT_TRUE(reference_change_keeps_offset(&change));
	line = to_host;
	line.rate_q32 = CHIME_LINE_RATE_MAX_Q32 + 1;
	reference_change_of_line(&line, &change);
	EXPECT_FALSE(reference_change_keeps_rate(&change));
}

TEST_HARNESS_MAIN
