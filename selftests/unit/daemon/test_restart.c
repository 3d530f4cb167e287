// SPDX-License-Identifier: GPL-2.0-only
/*
 * When a process that ends is started again: soon at first, then more and more seldom.
 */
#include "user/daemon/restart.h"

#include "selftests/unit/unit.h"

#define S	1000000000LL

TEST(nothing_is_to_be_started_at_first)
{
	struct restart restart;

	restart_init(&restart);
	EXPECT_EQ(INT64_MAX, restart.next_ns);
}

TEST(each_failure_waits_twice_as_long_up_to_a_minute)
{
	static const int waits_s[] = { 1, 2, 4, 8, 16, 32, 64, 64, 64 };
	struct restart restart;
	size_t i;

	restart_init(&restart);
	for (i = 0; i < sizeof(waits_s) / sizeof(*waits_s); i++) {
		restart_after_failure(&restart, 1000 * S);
		EXPECT_EQ((1000 + waits_s[i]) * S, restart.next_ns);
	}
	restart_forgive(&restart);
	restart_after_failure(&restart, 2000 * S);
	EXPECT_EQ(2001 * S, restart.next_ns);
}

/* Two that end together count as one failure. */
TEST(a_start_that_is_to_come_stays)
{
	struct restart restart;

	restart_init(&restart);
	restart_after_end(&restart, 0, 10 * S);
	restart_after_end(&restart, 0, 10 * S + S / 2);
	EXPECT_EQ(11 * S, restart.next_ns);
	EXPECT_EQ(2 * S, restart.wait_ns);
}

TEST(who_ran_for_long_is_started_soon_again)
{
	struct restart restart;
	int i;

	restart_init(&restart);
	for (i = 0; i < 5; i++)
		restart_after_failure(&restart, 0);
	restart.next_ns = INT64_MAX;
	restart_after_end(&restart, 0, 599 * S);
	EXPECT_EQ((599 + 32) * S, restart.next_ns);
	restart.next_ns = INT64_MAX;
	restart_after_end(&restart, 0, 600 * S);
	EXPECT_EQ(601 * S, restart.next_ns);
}

TEST(an_instant_at_the_end_of_time_saturates)
{
	struct restart restart;

	restart_init(&restart);
	restart_after_failure(&restart, INT64_MAX);
	EXPECT_EQ(INT64_MAX, restart.next_ns);
}

/* The log has it once, however often it is tried, until it is something else or was mended. */
TEST(a_trouble_is_news_once)
{
	struct restart restart;

	restart_init(&restart);
	EXPECT_TRUE(restart_is_news(&restart, "Too many open files"));
	EXPECT_FALSE(restart_is_news(&restart, "Too many open files"));
	EXPECT_TRUE(restart_is_news(&restart, "signal 9 ended it"));
	EXPECT_FALSE(restart_is_news(&restart, "signal 9 ended it"));
	restart_forgive(&restart);
	EXPECT_TRUE(restart_is_news(&restart, "signal 9 ended it"));
	restart_init(&restart);
	EXPECT_TRUE(restart_is_news(&restart, "signal 9 ended it"));
}

TEST(what_runs_for_ten_seconds_is_mended)
{
	struct restart restart;

	restart_init(&restart);
	EXPECT_EQ(INT64_MAX, restart_proof_ns(&restart, 100 * S));
	EXPECT_FALSE(restart_is_mended(&restart, 100 * S, 200 * S));
	EXPECT_TRUE(restart_is_news(&restart, "test"));
	EXPECT_EQ(110 * S, restart_proof_ns(&restart, 100 * S));
	EXPECT_FALSE(restart_is_mended(&restart, 100 * S, 110 * S - 1));
	EXPECT_TRUE(restart_is_mended(&restart, 100 * S, 110 * S));
	EXPECT_FALSE(restart_is_mended(&restart, 100 * S, 120 * S));
	EXPECT_TRUE(restart_is_news(&restart, "test"));
}

TEST_HARNESS_MAIN
