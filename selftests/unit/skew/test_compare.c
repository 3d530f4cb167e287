// SPDX-License-Identifier: GPL-2.0-only
/*
 * How far apart clocks are: pairs, the one that differs, limits, time zones.
 */
#include "user/skew/compare.h"

#include <limits.h>

#include "selftests/unit/unit.h"

#define MS	1000000LL
#define S	1000000000LL

static struct skew_clock clock_at(int64_t offset_ns, int64_t error_ns)
{
	return (struct skew_clock){ true, offset_ns, error_ns };
}

TEST(errors_of_both_are_in_a_difference)
{
	const struct skew_clock clocks[] = { clock_at(0, 0), clock_at(5 * MS, MS),
					     clock_at(-3 * MS, 2 * MS) };
	struct skew_pair pair;

	ASSERT_TRUE(skew_furthest(clocks, 3, SKEW_NONE, &pair));
	EXPECT_EQ(1, pair.ahead);
	EXPECT_EQ(2, pair.behind);
	EXPECT_EQ(8 * MS, pair.apart_ns);
	EXPECT_EQ(5 * MS, pair.least_ns);
	EXPECT_EQ(11 * MS, pair.most_ns);
}

TEST(clocks_that_may_be_equal_are_apart_by_nothing_at_least)
{
	const struct skew_clock clocks[] = { clock_at(0, MS), clock_at(MS, MS) };
	struct skew_pair pair;

	ASSERT_TRUE(skew_furthest(clocks, 2, SKEW_NONE, &pair));
	EXPECT_EQ(0, pair.least_ns);
	EXPECT_EQ(3 * MS, pair.most_ns);
}

/* An unsure one may be the furthest. */
TEST(pair_is_that_which_may_be_furthest_apart)
{
	const struct skew_clock clocks[] = { clock_at(0, 0), clock_at(5 * MS, 0),
					     clock_at(MS, 80 * MS) };
	struct skew_pair pair;

	ASSERT_TRUE(skew_furthest(clocks, 3, SKEW_NONE, &pair));
	EXPECT_EQ(1, pair.ahead);
	EXPECT_EQ(2, pair.behind);
}

TEST(one_known_clock_is_no_pair)
{
	struct skew_clock clocks[] = { clock_at(0, 0), clock_at(S, 0), clock_at(2 * S, 0) };
	struct skew_pair pair;

	clocks[1].known = false;
	EXPECT_FALSE(skew_furthest(clocks, 3, 2, &pair));
	EXPECT_FALSE(skew_furthest(clocks, 1, SKEW_NONE, &pair));
	ASSERT_TRUE(skew_furthest(clocks, 3, SKEW_NONE, &pair));
	EXPECT_EQ(2 * S, pair.apart_ns);
}

TEST(clocks_of_any_time_do_not_overflow)
{
	const struct skew_clock clocks[] = { clock_at(INT64_MAX, INT64_MAX),
					     clock_at(INT64_MIN, INT64_MAX) };
	struct skew_pair pair;

	ASSERT_TRUE(skew_furthest(clocks, 2, SKEW_NONE, &pair));
	EXPECT_EQ(INT64_MAX, pair.most_ns);
	EXPECT_EQ(0, skew_zone_s(&clocks[0]));
	EXPECT_EQ(0, skew_zone_s(&clocks[1]));
}

TEST(the_one_that_differs_is_named)
{
	const struct skew_clock ahead[] = { clock_at(0, MS), clock_at(MS, MS), clock_at(S, MS) };
	const struct skew_clock behind[] = { clock_at(-S, MS), clock_at(0, MS), clock_at(MS, MS) };
	const struct skew_clock spread[] = { clock_at(0, MS), clock_at(S, MS),
						 clock_at(2 * S, MS) };
	const struct skew_clock unsure[] = { clock_at(0, MS), clock_at(MS, MS), clock_at(S, S) };

	EXPECT_EQ(2, skew_outlier(ahead, 3));
	EXPECT_EQ(0, skew_outlier(behind, 3));
	EXPECT_EQ(SKEW_NONE, skew_outlier(spread, 3));
	EXPECT_EQ(SKEW_NONE, skew_outlier(unsure, 3));
	/* Of two nobody knows which. */
	EXPECT_EQ(SKEW_NONE, skew_outlier(ahead + 1, 2));
}

TEST(limit_is_kept_or_broken_only_if_that_is_sure)
{
	const struct skew_pair pair = { .apart_ns = 50 * MS, .least_ns = 45 * MS,
					.most_ns = 55 * MS };

	EXPECT_EQ(SKEW_WITHIN, skew_judge(&pair, 55 * MS));
	EXPECT_EQ(SKEW_UNSURE, skew_judge(&pair, 54 * MS));
	EXPECT_EQ(SKEW_UNSURE, skew_judge(&pair, 45 * MS));
	EXPECT_EQ(SKEW_BEYOND, skew_judge(&pair, 44 * MS));
}

TEST(local_time_looks_like_a_zone)
{
	const struct skew_clock zones[] = { clock_at(7200 * S + 3 * S, S), clock_at(-18000 * S, S),
					    clock_at(20700 * S - 29 * S, MS) };
	const struct skew_clock none[] = { clock_at(0, 0), clock_at(900 * S, 0),
					   clock_at(7200 * S + 31 * S, 0),
					   clock_at(15 * 3600 * S, 0), clock_at(3600 * S, 40 * S) };
	size_t i;

	EXPECT_EQ(7200, skew_zone_s(&zones[0]));
	EXPECT_EQ(-18000, skew_zone_s(&zones[1]));
	EXPECT_EQ(20700, skew_zone_s(&zones[2]));
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		EXPECT_EQ(0, skew_zone_s(&none[i])) TH_LOG("clock %zu", i);
}

TEST(limits_are_in_order)
{
	size_t i;

	ASSERT_GT(skew_limits_count, 0);
	for (i = 1; i < skew_limits_count; i++)
		EXPECT_GT(skew_limits[i].limit_ns, skew_limits[i - 1].limit_ns);
}

TEST_HARNESS_MAIN
