// SPDX-License-Identifier: GPL-2.0-only
/*
 * Axes of graphs: places and labels.
 */
#include "user/cli/axis.h"

#include <math.h>

#include "selftests/unit/unit.h"

TEST(errors_have_room_on_both_sides)
{
	struct error_axis axis = error_axis_for(250, 3.6e12);

	EXPECT_EQ(2, axis.low);
	EXPECT_EQ(13, axis.high);
	EXPECT_EQ(0, error_axis_place(&axis, 0));
	EXPECT_EQ(1, error_axis_place(&axis, 1e13));
	EXPECT_EQ(-1, error_axis_place(&axis, -1e18));
	EXPECT_LT(error_axis_place(&axis, 50), error_axis_place(&axis, 100));
	EXPECT_LT(error_axis_place(&axis, 100), error_axis_place(&axis, 101));
	EXPECT_EQ(-error_axis_place(&axis, 1e6), error_axis_place(&axis, -1e6));
	/* Nothing, and nonsense, still make an axis. */
	axis = error_axis_for(0, 0);
	EXPECT_LT(axis.low, axis.high);
	axis = error_axis_for(NAN, INFINITY);
	EXPECT_LT(axis.low, axis.high);
	axis = error_axis_for(1e300, 1e300);
	EXPECT_LT(axis.low, axis.high);
}

TEST(labels_have_units)
{
	static const struct {
		int sign;
		int power;
		const char *text;
	} rows[] = {
		{ 0, 5, "0" }, { 1, 0, "+1 ns" }, { -1, 2, "-100 ns" }, { 1, 3, "+1 us" },
		{ -1, 7, "-10 ms" }, { 1, 9, "+1 s" }, { 1, 13, "+10000 s" },
	};
	char text[AXIS_TEXT_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		error_axis_text(rows[i].sign, rows[i].power, text);
		EXPECT_STREQ(rows[i].text, text);
	}
}

TEST(steps_are_round)
{
	EXPECT_EQ(1, axis_step(4, 4));
	EXPECT_EQ(2, axis_step(5, 4));
	EXPECT_EQ(50, axis_step(101, 4));
	EXPECT_EQ(1, axis_step(0, 4));
	EXPECT_EQ(600, axis_time_step(3600, 8));
	EXPECT_EQ(1, axis_time_step(5, 8));
	EXPECT_EQ(2 * 86400, axis_time_step(10 * 86400, 8));
}

TEST(median)
{
	double values[] = { 3, 1, 2 };

	EXPECT_EQ(2, axis_median(values, 3));
	EXPECT_EQ(0, axis_median(values, 0));
}

TEST_HARNESS_MAIN
