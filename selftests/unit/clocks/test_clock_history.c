// SPDX-License-Identifier: GPL-2.0-only
/*
 * The latest readings of all clocks: which two are around an instant, and what ends the history.
 */
#include "user/clocks/clock_history.h"

#include <errno.h>

#include "selftests/unit/unit.h"
#include "user/clocks/clock_span.h"
#include "user/lib/time_units.h"

#define UTC_NS		(1795160717LL * NS_PER_S)
#define RAW_NS		(7200LL * NS_PER_S)

/* @elapsed_ns after the start, when realtime has gained @gained_ns. */
static struct timescale_now reading(int64_t elapsed_ns, int64_t gained_ns)
{
	return (struct timescale_now) {
		.raw_ns = RAW_NS + elapsed_ns,
		.reference_ns = RAW_NS + elapsed_ns,
		.realtime_ns = UTC_NS + elapsed_ns + gained_ns,
	};
}

static void add(struct clock_history *history, int64_t elapsed_ns, int64_t gained_ns)
{
	struct timescale_now now = reading(elapsed_ns, gained_ns);

	clock_history_add(history, &now);
}

TEST(nothing_is_known_at_first)
{
	static struct clock_history history;
	struct clock_span span;

	EXPECT_EQ(-ESTALE, clock_history_find(&history, UTC_NS, &span));
	add(&history, 0, 0);
	EXPECT_EQ(-ESTALE, clock_history_find(&history, UTC_NS - 1, &span));
	EXPECT_EQ(-EAGAIN, clock_history_find(&history, UTC_NS + 1, &span));
	EXPECT_EQ(0, clock_history_find(&history, UTC_NS, &span));
	EXPECT_EQ(RAW_NS, clock_span_from_realtime(&span, UTC_NS));
}

/* Realtime runs at 100 ppm for a second, and then at -100 ppm: each second has its own rate. */
TEST(an_instant_is_converted_at_the_rate_of_its_time)
{
	static struct clock_history history;
	struct clock_span span;
	int64_t at_ns;

	add(&history, 0, 0);
	add(&history, NS_PER_S, 100000);
	add(&history, 2 * NS_PER_S, 0);
	ASSERT_EQ(0, clock_history_find(&history, UTC_NS + NS_PER_S / 2 + 50000, &span));
	at_ns = clock_span_from_realtime(&span, UTC_NS + NS_PER_S / 2 + 50000);
	EXPECT_EQ(RAW_NS + NS_PER_S / 2, at_ns);
	ASSERT_EQ(0, clock_history_find(&history, UTC_NS + 3 * NS_PER_S / 2 + 50000, &span));
	at_ns = clock_span_from_realtime(&span, UTC_NS + 3 * NS_PER_S / 2 + 50000);
	EXPECT_EQ(RAW_NS + 3 * NS_PER_S / 2, at_ns);
}

TEST(a_busy_loop_leaves_seconds)
{
	static struct clock_history history;
	struct clock_span span;
	int64_t ms;

	for (ms = 0; ms < 60000; ms++)
		add(&history, ms * 1000000, 0);
	EXPECT_EQ(0, clock_history_find(&history, UTC_NS + 57 * NS_PER_S, &span));
	EXPECT_EQ(RAW_NS + 57 * NS_PER_S,
		  clock_span_from_realtime(&span, UTC_NS + 57 * NS_PER_S));
	EXPECT_EQ(0, clock_history_find(&history, UTC_NS + 59999 * 1000000LL, &span));
	EXPECT_EQ(-ESTALE, clock_history_find(&history, UTC_NS + 50 * NS_PER_S, &span));
}

TEST(a_clock_that_was_set_ends_it)
{
	static struct clock_history history;
	struct clock_span span;

	add(&history, 0, 0);
	add(&history, NS_PER_S, 0);
	/* A reading before the step and one after it. */
	add(&history, 2 * NS_PER_S, 0);
	add(&history, 2 * NS_PER_S + 1000, 2000000);
	EXPECT_EQ(-ESTALE, clock_history_find(&history, UTC_NS + NS_PER_S, &span));
	EXPECT_EQ(-ESTALE, clock_history_find(&history, UTC_NS + 2 * NS_PER_S, &span));
	/* The step is in no later span either. */
	add(&history, 3 * NS_PER_S, 2000000);
	EXPECT_EQ(0, clock_history_find(&history, UTC_NS + 5 * NS_PER_S / 2, &span));
	EXPECT_EQ(RAW_NS + 5 * NS_PER_S / 2 - 2000000,
		  clock_span_from_realtime(&span, UTC_NS + 5 * NS_PER_S / 2));
}

/* What was kept before it is not used again, though the step is small beside the time since. */
TEST(a_clock_that_was_set_a_little_ends_it)
{
	static struct clock_history history;
	struct clock_span span;

	add(&history, 0, 0);
	add(&history, 40 * NS_PER_MS, 0);
	add(&history, 41 * NS_PER_MS, 3 * NS_PER_MS);
	EXPECT_EQ(-ESTALE, clock_history_find(&history, UTC_NS + 20 * NS_PER_MS, &span));
}

/* Nor is an instant converted between two readings if the clock was set bit by bit meanwhile. */
TEST(a_clock_that_was_set_bit_by_bit)
{
	static struct clock_history history;
	struct clock_span span;

	for (int i = 0; i < 49; i++)
		add(&history, i * NS_PER_MS, i * NS_PER_MS);
	EXPECT_EQ(-ESTALE, clock_history_find(&history, UTC_NS + 20 * NS_PER_MS, &span));
}

TEST(a_disruption_ends_it)
{
	static struct clock_history history;
	struct timescale_now now = reading(NS_PER_S, 0);
	struct clock_span span;

	add(&history, 0, 0);
	now.disruptions++;
	clock_history_add(&history, &now);
	EXPECT_EQ(-ESTALE, clock_history_find(&history, UTC_NS + NS_PER_S / 2, &span));
	now = reading(2 * NS_PER_S, 0);
	now.disruptions++;
	now.epoch++;
	clock_history_add(&history, &now);
	EXPECT_EQ(-ESTALE, clock_history_find(&history, UTC_NS + 3 * NS_PER_S / 2, &span));
	EXPECT_EQ(0, clock_history_find(&history, UTC_NS + 2 * NS_PER_S, &span));
}

TEST_HARNESS_MAIN
