// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mean rates over powers of two of seconds.
 */
#include "user/discipline/fallback_drift.h"

#include <math.h>

#include "selftests/unit/unit.h"
#include "user/lib/time_units.h"

/* A sample every @step_s, of an oscillator that goes to and fro by 100 ppm every 1000 s. */
static void run(struct fallback_drift *drift, int64_t from_s, int64_t to_s, int64_t step_s)
{
	int64_t at_s;

	for (at_s = from_s; at_s <= to_s; at_s += step_s)
		fallback_drift_note(drift, at_s * NS_PER_S,
				    llrint(1e5 / (2 * M_PI / 1000) *
					   (1 - cos((double)at_s * 2 * M_PI / 1000))));
}

TEST(mean_of_as_much_time_as_has_passed)
{
	static struct fallback_drift drift;
	double rate;

	run(&drift, 0, 4250, 16);
	EXPECT_EQ(-1, fallback_drift_get(&drift, 6, 10, 4300 * NS_PER_S, &rate));
	ASSERT_EQ(6, fallback_drift_get(&drift, 6, 10, 4320 * NS_PER_S, &rate));
	EXPECT_LT(fabs(rate - 98e-6), 5e-6);
	ASSERT_EQ(8, fallback_drift_get(&drift, 6, 10, 4550 * NS_PER_S, &rate));
	/* The whole period, or a little more. */
	ASSERT_EQ(10, fallback_drift_get(&drift, 6, 10, 90000 * NS_PER_S, &rate));
	EXPECT_LT(fabs(rate), 10e-6);
	EXPECT_EQ(9, fallback_drift_get(&drift, 9, 9, 90000 * NS_PER_S, &rate));
	/* Nobody knows what it did in 2^13 s. */
	EXPECT_EQ(12, fallback_drift_get(&drift, 1, 13, 90000 * NS_PER_S, &rate));
	EXPECT_EQ(-1, fallback_drift_get(&drift, 13, 24, 90000000 * NS_PER_S, &rate));
}

/* Seldom asked, or a clock that goes back: short means are of what there is, or not known. */
TEST(notes_that_are_far_apart)
{
	static struct fallback_drift drift;
	double rate;

	EXPECT_EQ(-1, fallback_drift_get(&drift, 1, 24, INT64_MAX, &rate));
	fallback_drift_note(&drift, 0, 0);
	EXPECT_EQ(-1, fallback_drift_get(&drift, 1, 24, 1000 * NS_PER_S, &rate));
	fallback_drift_note(&drift, 1024 * NS_PER_S, 1024 * 7000);
	ASSERT_EQ(6, fallback_drift_get(&drift, 6, 6, 2000 * NS_PER_S, &rate));
	EXPECT_LT(fabs(rate - 7e-6), 1e-12);
	fallback_drift_note(&drift, 512 * NS_PER_S, 0);
	ASSERT_EQ(6, fallback_drift_get(&drift, 6, 6, 2000 * NS_PER_S, &rate));
	EXPECT_LT(fabs(rate - 7e-6), 1e-12);
}

TEST_HARNESS_MAIN
