// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the round trips of one source say together of the rate, and of the offset.
 */
#include "user/discipline/round_trips.h"

#include <math.h>
#include <stdlib.h>

#include "selftests/unit/unit.h"
#include "user/lib/time_units.h"

#define START_NS	(1800000000LL * NS_PER_S)

static const struct rate_limits crystal = { .least = -500e-6, .most = 500e-6 };

FIXTURE(trips) {
	struct round_trips trips;
};

/* An offset that no double holds to the ns: the raw clock begins at a boot. */
static void add(struct round_trips *trips, int64_t at_ns, int64_t offset_ns, int64_t distance_ns)
{
	const struct round_trip trip = {
		at_ns, START_NS + offset_ns - distance_ns, START_NS + offset_ns + distance_ns, 0,
	};

	round_trips_add(trips, &trip, &crystal);
}

static int64_t distance(const struct round_trips *trips, int64_t at_ns, int64_t offset_ns)
{
	return round_trips_distance(trips, &trips->rate, at_ns, START_NS + offset_ns);
}

FIXTURE_SETUP(trips)
{
	self->trips = (struct round_trips){ .count = 0 };
	add(&self->trips, 0, 0, 1000);
}

FIXTURE_TEARDOWN(trips)
{
}

TEST_F(trips, say_nothing_without_one)
{
	const struct round_trips none = { .count = 0 };

	EXPECT_EQ(0, distance(&none, 0, 12345));
}

TEST_F(trips, reach_the_far_end_of_one)
{
	EXPECT_EQ(1000, distance(&self->trips, 0, 0));
	EXPECT_EQ(1300, distance(&self->trips, 0, 300));
	EXPECT_EQ(1300, distance(&self->trips, 0, -300));
	EXPECT_EQ(6000, distance(&self->trips, 0, 5000));
}

/* Of one alone the rate is what the caller says. */
TEST_F(trips, age)
{
	EXPECT_EQ(1000 + 1000000, distance(&self->trips, 2 * NS_PER_S, 0));
}

/* From -1000 to 2100, or from 1000 to -900, within ten seconds. */
TEST_F(trips, bound_the_rate)
{
	add(&self->trips, 10 * NS_PER_S, 600, 1500);
	EXPECT_LT(fabs(310e-9 - self->trips.rate.most), 1e-12);
	EXPECT_LT(fabs(-190e-9 - self->trips.rate.least), 1e-12);
	EXPECT_EQ(2100, distance(&self->trips, 10 * NS_PER_S, 0));
	EXPECT_EQ(1600, distance(&self->trips, 10 * NS_PER_S, 700));
	EXPECT_EQ(2100 + 310, distance(&self->trips, 11 * NS_PER_S, 0));
}

/* The earlier one says more of the offset, even now. */
TEST_F(trips, keep_what_earlier_ones_said)
{
	add(&self->trips, 1000 * NS_PER_S, 0, 1000);
	add(&self->trips, 1010 * NS_PER_S, 50000, 100000);
	EXPECT_EQ(1020, distance(&self->trips, 1010 * NS_PER_S, 0));
}

/* As far as the rate is still the same. */
TEST_F(trips, allow_for_wander)
{
	const struct rate_limits wanders = { .least = -500e-6, .most = 500e-6, .wander = 1e-9 };
	const struct round_trip same = { 300 * NS_PER_S, START_NS - 1000, START_NS + 1000, 0 };

	round_trips_add(&self->trips, &same, &wanders);
	/* 1e-9 * 300 s * sqrt(300 / 3) is 3000 ns. */
	EXPECT_LT(fabs(5000e-9 / 300 - self->trips.rate.most), 1e-12);
}

/* Two from before the reference may have moved know the rate as they did, and two from after it. */
TEST_F(trips, know_the_rate_however_often_the_reference_may_have_moved)
{
	add(&self->trips, 1000 * NS_PER_S, 0, 1000);
	round_trips_widen(&self->trips, 10000000);
	EXPECT_EQ(10001000, distance(&self->trips, 1000 * NS_PER_S, 0));
	/* One that tells less than what it may have moved by since the others. */
	add(&self->trips, 1001 * NS_PER_S, 8000000, 50000000);
	EXPECT_EQ(3, self->trips.count);
	EXPECT_LT(fabs(2e-9 - self->trips.rate.most), 1e-12);
	EXPECT_EQ(10001002 + 8000000, distance(&self->trips, 1001 * NS_PER_S, 8000000));
	add(&self->trips, 1002 * NS_PER_S, 9000000, 1000);
	EXPECT_EQ(4, self->trips.count);
	EXPECT_EQ(1000 + 20, distance(&self->trips, 1012 * NS_PER_S, 9000000));
	/* That it has moved was no rate, but this is one, and the oldest contradicts it. */
	add(&self->trips, 1003 * NS_PER_S, 9500000, 1000);
	EXPECT_EQ(4, self->trips.count);
}

/* Those from before say less of the rate, too: a slew is no contradiction. */
TEST_F(trips, say_less_once_the_reference_may_have_moved)
{
	round_trips_widen(&self->trips, 400000);
	EXPECT_EQ(401000, distance(&self->trips, 0, 0));
	EXPECT_EQ(401300, distance(&self->trips, 0, -300));
	add(&self->trips, NS_PER_S / 10, 300000, 1000);
	EXPECT_EQ(2, self->trips.count);
	EXPECT_EQ(1000, distance(&self->trips, NS_PER_S / 10, 300000));
}

TEST_F(trips, begin_anew_where_they_contradict)
{
	add(&self->trips, NS_PER_S, NS_PER_S, 1000);
	EXPECT_EQ(1, self->trips.count);
	EXPECT_EQ(1000, distance(&self->trips, NS_PER_S, NS_PER_S));
}

/* Two of one instant, and nothing in common. */
TEST_F(trips, begin_anew_at_the_same_instant)
{
	add(&self->trips, 0, 2002000, 1000);
	EXPECT_EQ(1, self->trips.count);
	EXPECT_EQ(1000, distance(&self->trips, 0, 2002000));
}

/* Of more than there is room for the widest goes, be it the latest but one. */
TEST_F(trips, keep_the_narrow_ones)
{
	int i;

	for (i = 1; i < 3 * (ROUND_TRIPS - 1); i++)
		add(&self->trips, i * NS_PER_S, 0, i % 3 ? 50000 : 1000);
	EXPECT_EQ(ROUND_TRIPS, self->trips.count);
	EXPECT_EQ(START_NS - 1000, self->trips.trip[0].low_ns);
	EXPECT_EQ(0, self->trips.trip[0].at_ns);
	EXPECT_GE(1100, distance(&self->trips, (i - 1) * NS_PER_S, 0));
}

/*
 * However unevenly each is spent on its ways: a clock that keeps its rate is never outside, now or
 * later.
 */
TEST(round_trips_hold_any_clock_that_keeps_its_rate)
{
	int run, i;

	srand48(1);
	for (run = 0; run < 1000; run++) {
		struct round_trips trips = { .count = 0 };
		double rate = 200e-6 * (drand48() - 0.5);
		int64_t at_ns = 0;

		for (i = 0; i < 2 * ROUND_TRIPS; i++) {
			int64_t up_ns = llrint(-1e6 * log(1 - drand48()));
			int64_t down_ns = llrint(-1e6 * log(1 - drand48()));
			int64_t off_ns;

			at_ns += NS_PER_S + llrint(drand48() * 1e10);
			off_ns = llrint((double)at_ns * rate);
			add(&trips, at_ns, off_ns + (up_ns - down_ns) / 2,
			    (up_ns + down_ns) / 2 + 2);
			EXPECT_LE(llabs(off_ns), distance(&trips, at_ns, 0));
			at_ns += NS_PER_S;
			off_ns = llrint((double)at_ns * rate);
			EXPECT_LE(llabs(off_ns), distance(&trips, at_ns, 0));
		}
		EXPECT_LE(trips.rate.least, rate);
		EXPECT_GE(trips.rate.most, rate);
	}
}

/* By what is known of the rate alone: that it has always been the same does not count. */
static int64_t changed_distance(const struct round_trips *trips, const struct rate_limits *changed,
				int64_t at_ns)
{
	struct round_trips any = *trips;

	any.rate = *changed;
	return round_trips_distance(&any, changed, at_ns, 0);
}

/*
 * A clock whose rate changes at once, by what is allowed for, is never outside either, for whoever
 * knows either rate or any between them.
 */
TEST(round_trips_hold_a_clock_whose_rate_jumps)
{
	const double jump = 1e-6;
	int run, i;

	srand48(3);
	for (run = 0; run < 1000; run++) {
		const struct rate_limits any = { .least = -500e-6, .most = 500e-6, .jump = jump };
		double rate = 200e-6 * (drand48() - 0.5);
		double by = jump * (2 * drand48() - 1);
		double known = rate + by * drand48();
		const struct rate_limits limits = { .least = known - jump, .most = known + jump };
		struct round_trips trips = { .count = 0 };
		double off_ns = 0;
		int64_t at_ns = 0;

		for (i = 0; i < 2 * ROUND_TRIPS; i++) {
			int64_t up_ns = llrint(-1e5 * log(1 - drand48()));
			int64_t down_ns = llrint(-1e5 * log(1 - drand48()));
			int64_t passed_ns = NS_PER_S + llrint(drand48() * 1e11);
			struct round_trip trip;

			at_ns += passed_ns;
			off_ns += (double)passed_ns * rate;
			if (i == ROUND_TRIPS)
				rate += by;
			trip.at_ns = at_ns;
			trip.low_ns = llrint(off_ns) - up_ns - 2;
			trip.high_ns = llrint(off_ns) + down_ns + 2;
			round_trips_add(&trips, &trip, &any);
			EXPECT_LE(llabs(llrint(off_ns)), changed_distance(&trips, &limits, at_ns));
		}
	}
}

/* One of long ago says less than a wider one of now, if the rate may have changed since. */
TEST_F(trips, forget_what_a_jump_has_made_void)
{
	const struct rate_limits jumps = { .least = -500e-6, .most = 500e-6, .jump = 1e-6 };
	int i;

	for (i = 1; i <= 2 * ROUND_TRIPS; i++) {
		const struct round_trip trip = {
			.at_ns = i * NS_PER_S,
			.low_ns = START_NS - 2000,
			.high_ns = START_NS + 2000,
		};

		round_trips_add(&self->trips, &trip, &jumps);
	}
	EXPECT_LT(ROUND_TRIPS * NS_PER_S, self->trips.trip[0].at_ns);
}

/* What is not known of the change widens each by its share, and the rate. */
TEST_F(trips, follow_the_reference)
{
	const struct reference_change change = {
		.at_ns = 10 * NS_PER_S, .shift_ns = NS_PER_S, .shift_sigma_ns = 30, .rate = 1e-6,
		.rate_sigma = 4e-9,
	};

	round_trips_change_reference(&self->trips, &change, 10);
	EXPECT_EQ(NS_PER_S - 10000, self->trips.trip[0].at_ns);
	EXPECT_EQ(START_NS - 1000 - NS_PER_S + 10000 - 500, self->trips.trip[0].low_ns);
	EXPECT_EQ(START_NS + 1000 - NS_PER_S + 10000 + 500, self->trips.trip[0].high_ns);
	EXPECT_LT(fabs(-501e-6 - 40e-9 - self->trips.rate.least), 1e-9);
	EXPECT_LT(fabs(499e-6 + 40e-9 - self->trips.rate.most), 1e-9);
}

/* After every fourth one, by what is up to twice its standard errors off, of three that count. */
TEST(round_trips_hold_a_clock_whose_reference_changes)
{
	int run, i;

	srand48(2);
	for (run = 0; run < 1000; run++) {
		struct round_trips trips = { .count = 0 };
		double rate = 200e-6 * (drand48() - 0.5);
		int64_t at_ns = 0, off_ns = 0;

		for (i = 1; i <= 2 * ROUND_TRIPS; i++) {
			int64_t up_ns = llrint(-1e6 * log(1 - drand48()));
			int64_t down_ns = llrint(-1e6 * log(1 - drand48()));
			int64_t passed_ns = NS_PER_S + llrint(drand48() * 1e10);
			struct reference_change change = {
				.shift_ns = llrint(1e12 * (drand48() - 0.5)),
				.shift_sigma_ns = 1e6 * drand48(),
				.rate = 20e-6 * (drand48() - 0.5), .rate_sigma = 1e-6 * drand48(),
			};

			at_ns += passed_ns;
			off_ns += llrint((double)passed_ns * rate);
			add(&trips, at_ns, off_ns + (up_ns - down_ns) / 2,
			    (up_ns + down_ns) / 2 + 2);
			EXPECT_LE(0, distance(&trips, at_ns, off_ns));
			EXPECT_LE(llabs(off_ns), distance(&trips, at_ns, 0));
			if (i % 4)
				continue;
			change.at_ns = at_ns;
			round_trips_change_reference(&trips, &change, 3);
			at_ns += change.shift_ns;
			off_ns -= change.shift_ns;
			off_ns += llrint(2 * change.shift_sigma_ns * (2 * drand48() - 1));
			rate = reference_change_rate(&change, rate) +
			       2 * change.rate_sigma * (2 * drand48() - 1);
			EXPECT_LE(llabs(off_ns), distance(&trips, at_ns, 0));
		}
	}
}

/* What a liar states does not overflow, nor does a rate that is not known. */
TEST_F(trips, extremes)
{
	const struct rate_limits any = { .least = -1e300, .most = 1e300, .wander = 1e-7 };
	const struct round_trip all = { INT64_MAX, INT64_MIN, INT64_MAX, 0 };
	const struct round_trip far = { INT64_MAX, INT64_MAX, INT64_MAX, 0 };

	round_trips_add(&self->trips, &all, &any);
	EXPECT_LE(0, distance(&self->trips, INT64_MIN, INT64_MAX - START_NS));
	EXPECT_LE(0, distance(&self->trips, INT64_MAX, INT64_MIN));
	round_trips_add(&self->trips, &far, &any);
	EXPECT_LE(0, distance(&self->trips, INT64_MAX, INT64_MIN));
}

TEST_F(trips, extremes_of_a_change)
{
	const struct reference_change change = { .shift_sigma_ns = 1e300, .rate_sigma = 1e300 };
	const struct reference_change leap = { .leap_ns = INT64_MAX };
	const struct round_trip all = { NS_PER_S, INT64_MIN, INT64_MAX, 0 };

	round_trips_add(&self->trips, &all, &crystal);
	round_trips_change_reference(&self->trips, &change, 5);
	round_trips_change_reference(&self->trips, &leap, 5);
	round_trips_widen(&self->trips, INT64_MAX);
	EXPECT_LE(INT64_MAX / 4, distance(&self->trips, 2 * NS_PER_S, 0));
}

TEST_HARNESS_MAIN
