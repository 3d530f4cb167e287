// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which references are known to run free.
 */
#include "user/discipline/free_running.h"

#include "selftests/unit/unit.h"
#include "user/lib/time_units.h"

#define HOUR_NS		(3600 * NS_PER_S)
#define PPM		1e-6

/* A host whose offset grows by @rate, which is known to @rate_sigma. */
static void learn(struct free_running *running, int64_t at_ns, double rate, double rate_sigma)
{
	struct estimate estimate = {
		.at_ns = at_ns,
		.offset_ns = (int64_t)(rate * (double)at_ns),
		.rate = rate,
		.rate_sigma = rate_sigma,
	};

	free_running_learn(running, true, &estimate);
}

TEST(the_raw_clock_always_does)
{
	struct free_running running = { .known = false };
	struct estimate estimate = { .at_ns = 0 };

	free_running_learn(&running, false, &estimate);
	EXPECT_TRUE(running.known);
}

TEST(a_host_does_that_moves_on_and_on)
{
	struct free_running running = { .known = false };

	learn(&running, 0, 40 * PPM, PPM / 10);
	EXPECT_FALSE(running.known);
	learn(&running, HOUR_NS - 1, 40 * PPM, PPM / 10);
	EXPECT_FALSE(running.known);
	learn(&running, HOUR_NS, 40 * PPM, PPM / 10);
	EXPECT_TRUE(running.known);
}

TEST(ntpd_moves_a_host_by_less)
{
	struct free_running running = { .known = false };

	learn(&running, 0, -35 * PPM, 0);
	/* 126 ms. */
	learn(&running, HOUR_NS, -35 * PPM, 0);
	EXPECT_FALSE(running.known);
	/* 140 ms. */
	learn(&running, HOUR_NS * 40 / 36, -35 * PPM, 0);
	EXPECT_TRUE(running.known);
}

TEST(a_rate_that_is_not_sure_shows_nothing)
{
	struct free_running running = { .known = false };

	learn(&running, 0, 40 * PPM, PPM);
	learn(&running, HOUR_NS, 40 * PPM, PPM);
	EXPECT_FALSE(running.known);
	learn(&running, 2 * HOUR_NS, 40 * PPM, 10 * PPM);
	EXPECT_FALSE(running.known);
	learn(&running, 2 * HOUR_NS, 40 * PPM, 4 * PPM);
	EXPECT_TRUE(running.known);
}

TEST(no_crystal_is_so_wrong)
{
	struct free_running running = { .known = false };

	learn(&running, 0, 101 * PPM, 0);
	learn(&running, HOUR_NS, 101 * PPM, 0);
	EXPECT_FALSE(running.known);
	running = (struct free_running){ .known = false };
	learn(&running, 0, -100 * PPM, 0);
	learn(&running, HOUR_NS, -100 * PPM, 0);
	EXPECT_TRUE(running.known);
}

TEST(a_new_span_begins_with_the_next_estimate)
{
	struct free_running running = { .known = false };

	learn(&running, 0, 40 * PPM, 0);
	free_running_begin_span(&running);
	learn(&running, HOUR_NS, 40 * PPM, 0);
	EXPECT_FALSE(running.known);
	learn(&running, 2 * HOUR_NS, 40 * PPM, 0);
	EXPECT_TRUE(running.known);
	free_running_begin_span(&running);
	EXPECT_TRUE(running.known);
}

TEST(another_reference_moves_the_span_along)
{
	struct free_running running = { .has_span = true, .from_ns = 10, .offset_ns = 7 };
	struct reference_change change = { .at_ns = 10, .shift_ns = 1000 };

	free_running_change(&running, &change);
	EXPECT_EQ(1010, running.from_ns);
	EXPECT_EQ(-993, running.offset_ns);
}

TEST_HARNESS_MAIN
