// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a single sample says of UTC, and whether two of them can both be right.
 */
#include "user/discipline/source_interval.h"

#include "selftests/unit/unit.h"

#define MS	1000000LL
#define S	1000000000LL

static const struct source_sample answer = {
	.at_ns = 1000 * S, .offset_ns = 70 * MS, .delay_ns = 10 * MS,
	.root_delay_ns = 4 * MS, .root_dispersion_ns = 3 * MS,
};

TEST(a_distance_is_half_of_both_round_trips_and_the_dispersion)
{
	struct source_sample near = answer;

	EXPECT_EQ(5 * MS, source_interval_root(&answer));
	EXPECT_EQ(10 * MS, source_interval_distance(&answer));
	near.delay_ns = 2 * MS;
	EXPECT_EQ(5 * MS, source_interval_root(&near));
	EXPECT_EQ(6 * MS, source_interval_distance(&near));
}

/* The timescale is 50 ms ahead of the reference, UTC 70 ms. */
TEST(it_is_relative_to_the_timescale)
{
	const struct timescale_now now = {
		.reference_ns = 1000 * S, .time_ns = 1000 * S + 50 * MS,
	};
	struct source_interval interval;

	EXPECT_EQ(10 * MS, source_interval_of(&answer, &now, &interval));
	EXPECT_EQ(10 * MS, interval.low_ns);
	EXPECT_EQ(30 * MS, interval.high_ns);
	EXPECT_EQ(20 * MS, source_interval_middle(&interval));
}

/* 100 s later it is 5 ms further ahead: where it was when the sample was taken counts. */
TEST(a_raw_clock_is_corrected_by_the_rate_since_the_sample)
{
	const struct timescale_now now = {
		.reference_ns = 1100 * S, .time_ns = 1100 * S + 55 * MS, .rate = 50e-6,
	};
	struct source_interval interval;

	source_interval_of(&answer, &now, &interval);
	EXPECT_EQ(10 * MS, interval.low_ns);
	EXPECT_EQ(30 * MS, interval.high_ns);
}

/* The rate is the raw clock's, which says nothing of the host's. */
TEST(a_host_is_taken_as_it_is)
{
	const struct timescale_now now = {
		.reference_ns = 1100 * S, .time_ns = 1100 * S + 55 * MS, .rate = 50e-6,
		.has_host = true,
	};
	struct source_interval interval;

	source_interval_of(&answer, &now, &interval);
	EXPECT_EQ(5 * MS, interval.low_ns);
	EXPECT_EQ(25 * MS, interval.high_ns);
}

/* As far apart as two clocks can be said to be: the interval ends at the last number there is. */
TEST(the_farthest_offset_does_not_wrap)
{
	const struct timescale_now behind = { .reference_ns = 1000 * S, .time_ns = 999 * S };
	const struct timescale_now ahead = { .reference_ns = 1000 * S, .time_ns = 1001 * S };
	struct source_sample far = answer;
	struct source_interval interval;

	far.offset_ns = INT64_MAX;
	source_interval_of(&far, &behind, &interval);
	EXPECT_EQ(INT64_MAX - 10 * MS, interval.low_ns);
	EXPECT_EQ(INT64_MAX, interval.high_ns);
	far.offset_ns = INT64_MIN;
	source_interval_of(&far, &ahead, &interval);
	EXPECT_EQ(INT64_MIN, interval.low_ns);
	EXPECT_EQ(INT64_MIN + 10 * MS, interval.high_ns);
}

/* Half of each: their sum may be more than a number holds. */
TEST(the_middle_of_two_large_numbers)
{
	const struct source_interval late = { INT64_MAX - 11, INT64_MAX - 3 };
	const struct source_interval wide = { -30 * MS, 10 * MS };

	EXPECT_EQ(INT64_MAX - 7, source_interval_middle(&late));
	EXPECT_EQ(-10 * MS, source_interval_middle(&wide));
}

TEST(those_that_touch_meet_whichever_is_asked)
{
	const struct source_interval one = { 0, 10 }, other = { 10, 20 }, apart = { 11, 20 };
	const struct source_interval inside = { 4, 6 };

	EXPECT_TRUE(source_interval_meets(&one, &other, 0));
	EXPECT_TRUE(source_interval_meets(&other, &one, 0));
	EXPECT_FALSE(source_interval_meets(&one, &apart, 0));
	EXPECT_FALSE(source_interval_meets(&apart, &one, 0));
	EXPECT_TRUE(source_interval_meets(&one, &inside, 0));
	EXPECT_TRUE(source_interval_meets(&inside, &one, 0));
}

TEST(a_margin_is_how_far_they_may_miss_each_other)
{
	const struct source_interval one = { 0, 10 }, other = { 15, 20 };
	const struct source_interval first = { INT64_MIN, INT64_MIN + 4 };
	const struct source_interval next = { INT64_MIN + 9, INT64_MIN + 12 };

	EXPECT_FALSE(source_interval_meets(&one, &other, 4));
	EXPECT_FALSE(source_interval_meets(&other, &one, 4));
	EXPECT_TRUE(source_interval_meets(&one, &other, 5));
	EXPECT_TRUE(source_interval_meets(&other, &one, 5));
	EXPECT_FALSE(source_interval_meets(&first, &next, 4));
	EXPECT_TRUE(source_interval_meets(&first, &next, 5));
	EXPECT_TRUE(source_interval_meets(&next, &first, 5));
}

TEST_HARNESS_MAIN
