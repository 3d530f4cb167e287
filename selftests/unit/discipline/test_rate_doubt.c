// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the sources leave open of the combined clock's rate.
 */
#include "user/discipline/rate_doubt.h"

#include "selftests/unit/unit.h"

TEST(nobody_doubts_what_nobody_contradicts)
{
	struct rate_opinion opinions[] = { { 1e-6, 1e-6 }, { 0, 1e-9 }, { 50e-6, 100e-6 } };

	EXPECT_EQ(0, rate_doubt(opinions, 3));
	EXPECT_EQ(0, rate_doubt(opinions, 0));
}

/* Two lead the clock by 40 ppm; three know better, and one is too noisy to know. */
TEST(most_contradict_whom_the_clock_follows)
{
	struct rate_opinion opinions[] = {
		{ 0, 10e-9 }, { 1e-9, 10e-9 }, { 40e-6, 1e-6 }, { 41e-6, 1e-6 }, { 39e-6, 1e-6 },
		{ 5e-6, 30e-6 },
	};
	double doubt = rate_doubt(opinions, 6);

	EXPECT_GE(doubt, 40e-6);
	EXPECT_LE(doubt, 41e-6);
}

/* One that drifts by itself contradicts the clock, and the others know that it is right. */
TEST(one_alone_raises_little_doubt)
{
	struct rate_opinion opinions[] = { { 40e-6, 10e-9 }, { 0, 10e-9 }, { 1e-9, 20e-9 } };

	EXPECT_LT(rate_doubt(opinions, 3), 1e-6);
}

/* As long as nobody else knows it may be right. */
TEST(one_among_those_who_do_not_know)
{
	struct rate_opinion opinions[] = { { 40e-6, 10e-9 }, { 0, 50e-6 }, { 1e-6, 50e-6 } };

	EXPECT_EQ(40e-6, rate_doubt(opinions, 3));
}

TEST_HARNESS_MAIN
