// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is refused, by command and by name.
 */
#include "user/chronyc/refusal.h"

#include "selftests/unit/unit.h"

TEST(the_same_by_command_and_by_name)
{
	const struct chronyc_refusal *refusal = chronyc_refusal_of(CHRONYC_RTCDATA);

	ASSERT_NE(NULL, refusal);
	EXPECT_EQ(CHRONYC_NO_RTC, refusal->status);
	EXPECT_EQ(refusal, chronyc_refusal_named("rtcdata"));
	refusal = chronyc_refusal_named("selectopts");
	ASSERT_NE(NULL, refusal);
	EXPECT_EQ(72, refusal->command);
	refusal = chronyc_refusal_named("offset");
	ASSERT_NE(NULL, refusal);
	EXPECT_EQ(73, refusal->command);
	EXPECT_EQ(NULL, chronyc_refusal_of(CHRONYC_TRACKING));
	EXPECT_EQ(NULL, chronyc_refusal_named("tracking"));
	EXPECT_EQ(NULL, chronyc_refusal_named(""));
}

TEST_HARNESS_MAIN
