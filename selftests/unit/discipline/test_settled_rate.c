// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rate that an oscillator has settled at, and rates that none can have.
 */
#include "user/discipline/settled_rate.h"

#include <math.h>

#include "selftests/unit/unit.h"

#define PPM	1e-6

static double note(struct settled_rate *settled, double rate, double rate_sigma, bool fresh)
{
	struct estimate estimate = { .rate = rate, .rate_sigma = rate_sigma };

	return settled_rate_odd(settled, &estimate, fresh);
}

TEST(any_rate_may_be_the_first)
{
	struct settled_rate settled = { .known = false };

	EXPECT_EQ(0.0, note(&settled, 400 * PPM, 11 * PPM, true));
	EXPECT_FALSE(settled.known);
	EXPECT_EQ(0.0, note(&settled, 400 * PPM, 10e-6, true));
	EXPECT_FALSE(settled.known);
	EXPECT_EQ(0.0, note(&settled, 400 * PPM, 9 * PPM, true));
	EXPECT_TRUE(settled.known);
	EXPECT_EQ(400 * PPM, settled.rate);
}

TEST(small_changes_are_followed)
{
	struct settled_rate settled = { .known = false };

	note(&settled, 0, PPM, true);
	EXPECT_EQ(0.0, note(&settled, 100e-6, PPM, true));
	EXPECT_EQ(0.0, note(&settled, 198 * PPM, PPM, true));
	/* What is not known well settles nothing. */
	EXPECT_EQ(0.0, note(&settled, 290 * PPM, 20 * PPM, true));
	EXPECT_EQ(198 * PPM, settled.rate);
}

TEST(a_change_that_no_oscillator_makes_is_odd_either_way)
{
	struct settled_rate settled = { .known = false };

	note(&settled, 0, PPM, true);
	EXPECT_LT(fabs(note(&settled, 150 * PPM, PPM, true) - 150 * PPM), 1e-12);
	EXPECT_EQ(0.0, settled.rate);
	EXPECT_LT(fabs(note(&settled, -150 * PPM, PPM, true) - 150 * PPM), 1e-12);
	EXPECT_EQ(0.0, settled.rate);
}

TEST(sixteen_samples_in_a_row_confirm_it)
{
	struct settled_rate settled = { .known = false };

	note(&settled, 0, PPM, true);
	for (int i = 1; i < 16; i++) {
		EXPECT_LT(0.0, note(&settled, 150 * PPM, PPM, true));
		/* Without a new sample nothing is confirmed. */
		EXPECT_LT(0.0, note(&settled, 150 * PPM, PPM, false));
	}
	EXPECT_EQ(0.0, note(&settled, 150 * PPM, PPM, true));
	EXPECT_EQ(150 * PPM, settled.rate);
	EXPECT_LT(0.0, note(&settled, 0, PPM, true));
}

TEST(one_that_fits_begins_the_count_anew)
{
	struct settled_rate settled = { .known = false };

	note(&settled, 0, PPM, true);
	for (int i = 1; i < 16; i++)
		note(&settled, 150 * PPM, PPM, true);
	EXPECT_EQ(0.0, note(&settled, 10 * PPM, PPM, true));
	EXPECT_LT(0.0, note(&settled, 150 * PPM, PPM, true));
}

TEST(another_reference_has_another_rate)
{
	struct settled_rate settled = { .known = true, .rate = 30 * PPM };
	struct reference_change change = { .rate = 130 * PPM };

	settled_rate_change(&settled, &change);
	EXPECT_LT(fabs(settled.rate + 100 * PPM), 1e-7);
	EXPECT_TRUE(settled.known);
}

TEST_HARNESS_MAIN
