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
	refusal = chronyc_refusal_named("smoothtime");
	ASSERT_NE(NULL, refusal);
	EXPECT_EQ(52, refusal->command);
	EXPECT_EQ(NULL, chronyc_refusal_of(CHRONYC_TRACKING));
	EXPECT_EQ(NULL, chronyc_refusal_named("tracking"));
	EXPECT_EQ(NULL, chronyc_refusal_named(""));
}

/* They are commands to chronyc alone. */
TEST(what_is_never_sent_is_refused_by_name_only)
{
	EXPECT_NE(NULL, chronyc_refusal_named("dns"));
	EXPECT_NE(NULL, chronyc_refusal_named("keygen"));
	EXPECT_EQ(NULL, chronyc_refusal_of(CHRONYC_NULL));
}

/* They are done. */
TEST(options_of_sources_are_not_refused)
{
	EXPECT_EQ(NULL, chronyc_refusal_named("selectopts"));
	EXPECT_EQ(NULL, chronyc_refusal_named("minpoll"));
	EXPECT_EQ(NULL, chronyc_refusal_of(CHRONYC_OFFSET));
	EXPECT_NE(NULL, chronyc_refusal_named("maxdelaydevratio"));
}

TEST_HARNESS_MAIN
