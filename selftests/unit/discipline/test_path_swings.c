// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a path swings is learned from its lost tracks, and a changed route from its round trips.
 */
#include "user/discipline/path_swings.h"

#include <math.h>

#include "selftests/unit/unit.h"

#define SECOND_NS	1000000000LL
#define DELAY_NS	20e6
#define OFF_NS		2e6

static void take(struct path_swings *swings, int count, double delay_ns)
{
	while (count--)
		path_swings_take(swings, delay_ns);
}

TEST(one_lost_track_is_no_swing)
{
	struct path_swings swings = { 0 };
	double square_ns2, time_s;

	path_swings_note(&swings, 1000 * SECOND_NS, OFF_NS);
	EXPECT_FALSE(path_swings_expect(&swings, &square_ns2, &time_s));
	/* Another filter of the bank lost it by the same sample. */
	path_swings_note(&swings, 1000 * SECOND_NS, OFF_NS);
	EXPECT_FALSE(path_swings_expect(&swings, &square_ns2, &time_s));
}

TEST(lost_tracks_show_how_far_and_how_long)
{
	struct path_swings swings = { 0 };
	double square_ns2, time_s;
	int i;

	for (i = 0; i < 5; i++)
		path_swings_note(&swings, 300 * i * SECOND_NS, i % 2 ? OFF_NS : -OFF_NS);
	EXPECT_TRUE(path_swings_expect(&swings, &square_ns2, &time_s));
	EXPECT_LT(fabs(sqrt(square_ns2) - OFF_NS), 1);
	EXPECT_LT(fabs(time_s - 300), 1e-6);
}

TEST(swings_are_forgotten)
{
	struct path_swings swings = { 0 };
	double square_ns2, time_s;

	path_swings_note(&swings, 0, OFF_NS);
	path_swings_note(&swings, 100 * SECOND_NS, OFF_NS);
	path_swings_note(&swings, 200 * SECOND_NS, OFF_NS);
	take(&swings, 64, DELAY_NS);
	EXPECT_TRUE(path_swings_expect(&swings, &square_ns2, &time_s));
	EXPECT_LT(fabs(time_s - 100), 1e-6);
	take(&swings, 256, DELAY_NS);
	EXPECT_FALSE(path_swings_expect(&swings, &square_ns2, &time_s));
}

TEST(a_longer_route_shows_by_its_third_sample)
{
	struct path_swings swings = { 0 };

	take(&swings, 10, DELAY_NS);
	take(&swings, 2, DELAY_NS + 7e6);
	EXPECT_EQ(0, swings.changed_ns);
	take(&swings, 1, DELAY_NS + 7e6);
	EXPECT_LT(fabs(swings.changed_ns - 3.5e6), 1);
	take(&swings, 64, DELAY_NS + 7e6);
	EXPECT_LT(2e6, swings.changed_ns);
	take(&swings, 2048, DELAY_NS + 7e6);
	EXPECT_LT(swings.changed_ns, 1e4);
}

TEST(a_shorter_route_shows_at_once)
{
	struct path_swings swings = { 0 };

	take(&swings, 10, DELAY_NS);
	take(&swings, 1, DELAY_NS - 7e6);
	EXPECT_LT(fabs(swings.changed_ns - 3.5e6), 1);
}

TEST_HARNESS_MAIN
