// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who else sets the clock: how often that is worth telling.
 */
#include "user/steering/rival.h"

#include "selftests/unit/unit.h"

#define S	1000000000LL

TEST(an_operator_is_told_each_time)
{
	struct rival rival = { 0 };

	EXPECT_EQ(RIVAL_SET, rival_note(&rival, 5 * S));
	EXPECT_EQ(RIVAL_SET, rival_note(&rival, 1000 * S));
	/* The next day. */
	EXPECT_EQ(RIVAL_SET, rival_note(&rival, 86400 * S));
	EXPECT_EQ(1, rival.count);
}

TEST(a_rival_is_told_once_and_then_every_hour)
{
	int news[4] = { 0 };
	struct rival rival = { 0 };
	int64_t now_ns;

	for (now_ns = 1; now_ns < 36000 * S; now_ns += 3 * S)
		news[rival_note(&rival, now_ns)]++;
	EXPECT_EQ(2, news[RIVAL_SET]);
	EXPECT_EQ(1, news[RIVAL_AGAIN]);
	EXPECT_EQ(9, news[RIVAL_STILL]);
	EXPECT_EQ(12000, rival.count);
}

TEST_HARNESS_MAIN
