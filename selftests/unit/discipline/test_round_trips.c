// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the round trips of one source have in common, and when that refutes an estimate.
 */
#include "user/discipline/round_trips.h"

#include "selftests/unit/unit.h"

#define NS_PER_S	1000000000LL
#define START_NS	(1800000000LL * NS_PER_S)

FIXTURE(trips) {
	struct round_trips trips;
};

/* An offset that no double holds to the ns: the raw clock begins at a boot. */
FIXTURE_SETUP(trips)
{
	self->trips = (struct round_trips){ .known = false };
	round_trips_add(&self->trips, 0, START_NS, 1000, 0);
}

FIXTURE_TEARDOWN(trips)
{
}

TEST_F(trips, nothing_refutes_without_one)
{
	const struct round_trips none = { .known = false };

	EXPECT_EQ(0, round_trips_refute(&none, 0, START_NS, 0, 0));
}

TEST_F(trips, what_touches_is_not_refuted)
{
	EXPECT_EQ(0, round_trips_refute(&self->trips, 0, START_NS + 1500, 500, 0));
	EXPECT_EQ(2501, round_trips_refute(&self->trips, 0, START_NS + 1501, 500, 0));
	EXPECT_EQ(0, round_trips_refute(&self->trips, 0, START_NS - 1500, 500, 0));
	EXPECT_EQ(2501, round_trips_refute(&self->trips, 0, START_NS - 1501, 500, 0));
}

TEST_F(trips, intersect)
{
	round_trips_add(&self->trips, NS_PER_S, START_NS + 1900, 1000, 0);
	EXPECT_EQ(START_NS + 900, self->trips.low_ns);
	EXPECT_EQ(START_NS + 1000, self->trips.high_ns);
	EXPECT_EQ(301, round_trips_refute(&self->trips, NS_PER_S, START_NS + 699, 200, 0));
	EXPECT_EQ(0, round_trips_refute(&self->trips, NS_PER_S, START_NS + 700, 200, 0));
}

/* The clock may have moved either way, since the latest and between two. */
TEST_F(trips, age)
{
	const int64_t later_ns = 2 * NS_PER_S;

	EXPECT_EQ(0, round_trips_refute(&self->trips, later_ns, START_NS + 3000, 1000, 1e-6 / 2));
	EXPECT_LT(0, round_trips_refute(&self->trips, later_ns, START_NS + 3001, 1000, 1e-6 / 2));
	round_trips_add(&self->trips, later_ns, START_NS + 10000, 9000, 1e-6);
	EXPECT_EQ(START_NS + 1000, self->trips.low_ns);
	EXPECT_EQ(START_NS + 3000, self->trips.high_ns);
}

TEST_F(trips, begin_anew_where_nothing_is_common)
{
	round_trips_add(&self->trips, NS_PER_S, START_NS + NS_PER_S, 1000, 1e-6);
	EXPECT_EQ(START_NS + NS_PER_S - 1000, self->trips.low_ns);
	EXPECT_EQ(START_NS + NS_PER_S + 1000, self->trips.high_ns);
}

/* What a liar states does not overflow, nor does a rate that is not known. */
TEST_F(trips, extremes)
{
	round_trips_add(&self->trips, INT64_MAX, INT64_MIN, INT64_MAX, 1e300);
	EXPECT_LE(self->trips.low_ns, self->trips.high_ns);
	EXPECT_LE(0, round_trips_refute(&self->trips, INT64_MIN, INT64_MAX, INT64_MAX, 1e300));
}

TEST_HARNESS_MAIN
