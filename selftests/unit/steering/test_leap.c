// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leap seconds by the calendar: announced ones count on the last days of June and December only,
 * come to pass once, and not for those who slept through them.
 */
#include "user/steering/leap.h"

#include "selftests/unit/unit.h"

#define S	1000000000LL

/* 2027-06-30 00:00:00, a day that may end with one, and its end. */
#define DAY_NS		(1814313600 * S)
#define MIDNIGHT_NS	(DAY_NS + 86400 * S)

static const struct {
	const char *date;
	int64_t utc_s;
	bool may;
} days[] = {
	{ "2027-06-29 23:59:59", 1814313599, false },
	{ "2027-06-30 00:00:00", 1814313600, true },
	{ "2027-06-30 23:59:59", 1814399999, true },
	{ "2027-07-01 00:00:00", 1814400000, false },
	{ "2016-12-31 12:00:00", 1483185600, true },
	{ "2017-01-01 00:00:00", 1483228800, false },
	{ "2027-12-30 12:00:00", 1830168000, false },
	{ "2028-02-29 12:00:00", 1835438400, false },
	{ "before 1970", -1, false },
};

TEST(only_june_and_december_end_with_one)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(days); i++) {
		struct leap leap = { .announced = 1 };

		leap_check(&leap, days[i].utc_s * S);
		EXPECT_EQ(days[i].may, leap.kind)
			TH_LOG("%s", days[i].date);
	}
}

TEST(none_without_an_announcement)
{
	struct leap leap = { 0 };

	leap_check(&leap, DAY_NS);
	EXPECT_EQ(0, leap.kind);
	EXPECT_FALSE(leap_has_come(&leap, MIDNIGHT_NS));
	leap.announced = 2;
	leap_check(&leap, DAY_NS);
	EXPECT_EQ(2, leap.kind);
	leap.announced = 0;
	leap_check(&leap, DAY_NS + S);
	EXPECT_EQ(0, leap.kind);
}

TEST(inserted_at_midnight_which_comes_again)
{
	struct leap leap = { .announced = 1 };

	leap_check(&leap, MIDNIGHT_NS - 1);
	EXPECT_FALSE(leap_has_come(&leap, MIDNIGHT_NS - 1));
	leap_check(&leap, MIDNIGHT_NS);
	ASSERT_TRUE(leap_has_come(&leap, MIDNIGHT_NS));
	EXPECT_EQ(-S, leap_change_ns(leap.kind));
	leap_done(&leap);
	leap_check(&leap, MIDNIGHT_NS - S);
	EXPECT_EQ(0, leap.kind);
	leap_check(&leap, MIDNIGHT_NS);
	EXPECT_FALSE(leap_has_come(&leap, MIDNIGHT_NS));
}

TEST(left_out_one_second_before_midnight)
{
	struct leap leap = { .announced = 2 };

	leap_check(&leap, MIDNIGHT_NS - S - 1);
	EXPECT_FALSE(leap_has_come(&leap, MIDNIGHT_NS - S - 1));
	leap_check(&leap, MIDNIGHT_NS - S);
	ASSERT_TRUE(leap_has_come(&leap, MIDNIGHT_NS - S));
	EXPECT_EQ(S, leap_change_ns(leap.kind));
	leap_done(&leap);
	leap_check(&leap, MIDNIGHT_NS - S / 2);
	EXPECT_EQ(0, leap.kind);
}

TEST(whoever_slept_through_it_does_not_leap)
{
	struct leap leap = { .announced = 1 };

	leap_check(&leap, MIDNIGHT_NS - 60 * S);
	leap_check(&leap, MIDNIGHT_NS + 60 * S);
	EXPECT_EQ(0, leap.kind);
	EXPECT_FALSE(leap_has_come(&leap, MIDNIGHT_NS + 60 * S));
}

TEST(near_is_two_seconds_either_way)
{
	struct leap leap = { .announced = 1 };

	EXPECT_FALSE(leap_is_near(&leap, MIDNIGHT_NS));
	leap_check(&leap, DAY_NS);
	EXPECT_FALSE(leap_is_near(&leap, MIDNIGHT_NS - 2 * S - 1));
	EXPECT_TRUE(leap_is_near(&leap, MIDNIGHT_NS - 2 * S));
	EXPECT_TRUE(leap_is_near(&leap, MIDNIGHT_NS + 2 * S));
	EXPECT_FALSE(leap_is_near(&leap, MIDNIGHT_NS + 2 * S + 1));
}

/* The clock was ahead by a day, and set back. */
TEST(follows_a_clock_that_is_set)
{
	struct leap leap = { .announced = 1 };

	leap_check(&leap, DAY_NS);
	EXPECT_EQ(1, leap.kind);
	leap_check(&leap, DAY_NS - 86400 * S);
	EXPECT_EQ(0, leap.kind);
	leap_check(&leap, DAY_NS + S);
	EXPECT_EQ(1, leap.kind);
}

TEST_HARNESS_MAIN
