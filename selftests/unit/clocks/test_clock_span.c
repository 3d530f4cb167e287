// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two readings of all clocks: what they say of the time between.
 */
#include "user/clocks/clock_span.h"

#include "selftests/unit/unit.h"
#include "user/lib/time_units.h"

#define UTC_NS		(1795160717LL * NS_PER_S)
#define RAW_NS		(7200LL * NS_PER_S)

/* @passed_ns by raw, the reference and realtime gaining so many parts per million. */
static struct clock_span make_span(int64_t passed_ns, int64_t reference_ppm, int64_t realtime_ppm)
{
	struct clock_span span = {
		.before = {
			.raw_ns = RAW_NS,
			.reference_ns = 5 * RAW_NS,
			.realtime_ns = UTC_NS,
		},
	};

	span.after = span.before;
	span.after.raw_ns += passed_ns;
	span.after.reference_ns += passed_ns + passed_ns * reference_ppm / 1000000;
	span.after.realtime_ns += passed_ns + passed_ns * realtime_ppm / 1000000;
	return span;
}

TEST(an_instant_between_is_interpolated)
{
	struct clock_span span = make_span(100 * NS_PER_MS, 500, -100000);

	EXPECT_EQ(5 * RAW_NS, clock_span_from_raw(&span, RAW_NS));
	EXPECT_EQ(5 * RAW_NS + 50 * NS_PER_MS + 25000,
		  clock_span_from_raw(&span, RAW_NS + 50 * NS_PER_MS));
	EXPECT_EQ(5 * RAW_NS + 100 * NS_PER_MS + 50000,
		  clock_span_from_raw(&span, RAW_NS + 100 * NS_PER_MS));
	EXPECT_EQ(5 * RAW_NS + 50 * NS_PER_MS + 25000,
		  clock_span_from_realtime(&span, UTC_NS + 45 * NS_PER_MS));
}

TEST(an_instant_outside_is_carried_on)
{
	struct clock_span span = make_span(100 * NS_PER_MS, 1000, 0);

	EXPECT_EQ(5 * RAW_NS - 10 * NS_PER_MS - 10000,
		  clock_span_from_raw(&span, RAW_NS - 10 * NS_PER_MS));
	EXPECT_EQ(5 * RAW_NS + 200 * NS_PER_MS + 200000,
		  clock_span_from_realtime(&span, UTC_NS + 200 * NS_PER_MS));
}

TEST(a_rate_needs_time_and_reason)
{
	struct clock_span span = make_span(0, 0, 0);

	/* No time passed. */
	EXPECT_EQ(5 * RAW_NS + 10, clock_span_from_raw(&span, RAW_NS + 10));
	/* Nor enough of it: one ns in a microsecond is the resolution of the clocks. */
	span = make_span(999, 0, 0);
	span.after.reference_ns++;
	EXPECT_EQ(5 * RAW_NS + NS_PER_MS, clock_span_from_raw(&span, RAW_NS + NS_PER_MS));
	span = make_span(1000, 1000, 0);
	EXPECT_EQ(5 * RAW_NS + NS_PER_MS + 1000, clock_span_from_raw(&span, RAW_NS + NS_PER_MS));
	/* The reference stood still: no rate, but something else. */
	span = make_span(NS_PER_MS, -1000000, 0);
	EXPECT_EQ(5 * RAW_NS + 10, clock_span_from_raw(&span, RAW_NS + 10));
}

TEST(spans_are_judged)
{
	struct clock_span span = make_span(100 * NS_PER_MS, 0, 0);

	EXPECT_EQ(CLOCK_SPAN_GOOD, clock_span_judge(&span));
	span.after.epoch++;
	EXPECT_EQ(CLOCK_SPAN_DISRUPTED, clock_span_judge(&span));
	span = make_span(100 * NS_PER_MS, 0, 0);
	span.after.disruptions++;
	EXPECT_EQ(CLOCK_SPAN_DISRUPTED, clock_span_judge(&span));
	span = make_span(-1, 0, 0);
	EXPECT_EQ(CLOCK_SPAN_DISRUPTED, clock_span_judge(&span));

	/* Two readings at one instant are no disruption. */
	span = make_span(0, 0, 0);
	EXPECT_EQ(CLOCK_SPAN_GOOD, clock_span_judge(&span));
	/* A millisecond, and an eighth of the time. */
	span = make_span(8000, 0, 0);
	span.after.realtime_ns += NS_PER_MS + 1000;
	EXPECT_EQ(CLOCK_SPAN_GOOD, clock_span_judge(&span));
	span.after.realtime_ns++;
	EXPECT_EQ(CLOCK_SPAN_STEPPED, clock_span_judge(&span));
	span = make_span(8000, 0, 0);
	span.after.realtime_ns -= NS_PER_MS + 1000;
	EXPECT_EQ(CLOCK_SPAN_GOOD, clock_span_judge(&span));

	/* The fastest slew is one, and a step is none. */
	span = make_span(10 * NS_PER_S, 0, 100000);
	EXPECT_EQ(CLOCK_SPAN_GOOD, clock_span_judge(&span));
	span = make_span(10 * NS_PER_S, 0, -100000);
	EXPECT_EQ(CLOCK_SPAN_GOOD, clock_span_judge(&span));
	span = make_span(10 * NS_PER_S, 0, 200000);
	EXPECT_EQ(CLOCK_SPAN_STEPPED, clock_span_judge(&span));
	span = make_span(NS_PER_MS, 0, 0);
	span.after.realtime_ns -= 2 * NS_PER_MS;
	EXPECT_EQ(CLOCK_SPAN_STEPPED, clock_span_judge(&span));
}

TEST(nothing_wraps)
{
	struct unit_random random = { .state = 3 };

	for (int i = 0; i < 100000; i++) {
		struct clock_span span = {
			.before = {
				.raw_ns = unit_random_s64(&random),
				.reference_ns = unit_random_s64(&random),
				.realtime_ns = unit_random_s64(&random),
			},
			.after = {
				.raw_ns = unit_random_s64(&random),
				.reference_ns = unit_random_s64(&random),
				.realtime_ns = unit_random_s64(&random),
			},
		};

		/* The sanitizers look on. */
		clock_span_judge(&span);
		clock_span_from_raw(&span, unit_random_s64(&random));
		clock_span_from_realtime(&span, unit_random_s64(&random));
	}
}

TEST_HARNESS_MAIN
