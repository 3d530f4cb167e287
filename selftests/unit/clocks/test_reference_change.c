// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a change of the reference amounts to.
 */
#include "user/clocks/reference_change.h"

#include "kmod/core/line.h"
#include "user/clocks/timescale.h"

#include "selftests/unit/unit.h"

#define NS_PER_S	1000000000LL
#define RAW_NS		(5000 * NS_PER_S)
#define HOST_NS		(1800000000LL * NS_PER_S)

static const struct timescale_now host_is_reference = {
	.raw_ns = RAW_NS,
	.reference_ns = HOST_NS,
	.host_ns = HOST_NS,
	.has_host = true,
	.host_known = true,
};

static const struct timescale_now raw_is_reference = {
	.raw_ns = RAW_NS,
	.reference_ns = RAW_NS,
	.host_ns = HOST_NS,
	.host_known = true,
};

/* 50 ppm fast. */
static const struct chime_line steady = {
	.origin_ns = RAW_NS - NS_PER_S,
	.offset_ns = HOST_NS - RAW_NS - 50000,
	.rate_q32 = 214748,
	.sigma_rate_q32 = 43,
};

TEST(host_and_raw_are_taken_at_the_same_instant)
{
	struct reference_change change;

	ASSERT_TRUE(reference_change_of_kind(&host_is_reference, &steady, &change));
	EXPECT_EQ(HOST_NS, RAW_NS + reference_change_shift(&change, RAW_NS));
	EXPECT_LT(fabs(change.rate - 50e-6), 1e-9);
	EXPECT_LT(fabs(change.rate_sigma - 10e-9), 1e-10);
	/* At other instants the line tells. */
	EXPECT_LE(llabs(chime_line_eval(&steady, RAW_NS - 1000 * NS_PER_S) -
			(RAW_NS - 1000 * NS_PER_S) -
			reference_change_shift(&change, RAW_NS - 1000 * NS_PER_S)), 1);

	ASSERT_TRUE(reference_change_of_kind(&raw_is_reference, &steady, &change));
	EXPECT_EQ(RAW_NS, HOST_NS + reference_change_shift(&change, HOST_NS));
	EXPECT_LT(fabs(change.rate + 50e-6), 4e-9);
}

TEST(to_the_host_and_back_is_nothing)
{
	struct reference_change there, back;
	int64_t at_ns = RAW_NS - 777 * NS_PER_S;
	int64_t host_ns;

	ASSERT_TRUE(reference_change_of_kind(&host_is_reference, &steady, &there));
	ASSERT_TRUE(reference_change_of_kind(&raw_is_reference, &steady, &back));
	host_ns = at_ns + reference_change_shift(&there, at_ns);
	EXPECT_LE(llabs(host_ns + reference_change_shift(&back, host_ns) - at_ns), 1);
	EXPECT_LT(fabs(reference_change_rate(&back, reference_change_rate(&there, 7e-6)) - 7e-6),
		  1e-15);
}

TEST(what_cannot_be_read_is_not_known)
{
	struct timescale_now now = raw_is_reference;
	struct chime_line line = steady;
	struct reference_change change;

	now.host_known = false;
	EXPECT_FALSE(reference_change_of_kind(&now, &line, &change));
	now.host_known = true;
	line.rate_q32 = CHIME_LINE_RATE_MAX_Q32 + 1;
	EXPECT_FALSE(reference_change_of_kind(&now, &line, &change));
	line.rate_q32 = 0;
	line.offset_ns = INT64_MIN;
	EXPECT_FALSE(reference_change_of_kind(&now, &line, &change));
	line.offset_ns = INT64_MAX;
	EXPECT_FALSE(reference_change_of_kind(&now, &line, &change));
}

TEST(step_is_its_gap)
{
	struct reference_change change;

	ASSERT_TRUE(reference_change_of_step(-3600 * NS_PER_S, &change));
	EXPECT_EQ(-3600 * NS_PER_S, reference_change_shift(&change, HOST_NS));
	EXPECT_EQ(1e-6, reference_change_rate(&change, 1e-6));
	EXPECT_FALSE(reference_change_of_step(INT64_MIN, &change));
	EXPECT_FALSE(reference_change_of_step(INT64_MAX, &change));
}

TEST_HARNESS_MAIN
