// SPDX-License-Identifier: GPL-2.0-only
/*
 * The clock of a network card: its stamps as CLOCK_REALTIME, and which of them cannot be right.
 */
#include "user/ntp/hardware_clock.h"

#include <stdlib.h>

#include "selftests/unit/unit.h"

#define S	1000000000LL
#define MS	1000000LL
#define US	1000LL

#define UTC	(1795160717LL * S)

/* A card's clock that began at 0 and is 20 ppm fast, read at @ns after that. */
static struct hardware_reading read_at(int64_t ns, int64_t width_ns)
{
	return (struct hardware_reading){
		.device_ns = ns + ns / 50000,
		.realtime_ns = UTC + ns,
		.width_ns = width_ns,
	};
}

TEST(without_a_reading_no_stamp)
{
	struct hardware_clock clock = { .count = 0 };
	int64_t at_ns, error_ns;

	EXPECT_FALSE(hardware_clock_convert(&clock, 0, &at_ns, &error_ns));
}

/* One reading shows where the clock is, and nothing of its rate: 1 ms away that is 500 ns. */
TEST(one_reading)
{
	struct hardware_reading reading = read_at(5 * S, 800);
	struct hardware_clock clock = { .count = 0 };
	int64_t at_ns, error_ns;

	hardware_clock_add(&clock, &reading);
	ASSERT_TRUE(hardware_clock_convert(&clock, reading.device_ns - MS, &at_ns, &error_ns));
	EXPECT_EQ(UTC + 5 * S - MS, at_ns);
	EXPECT_EQ(400 + 10 + 500, error_ns);
	/* A stamp of long ago. */
	EXPECT_FALSE(hardware_clock_convert(&clock, reading.device_ns - 9 * S, &at_ns, &error_ns));
	EXPECT_TRUE(hardware_clock_convert(&clock, reading.device_ns - 7 * S, &at_ns, &error_ns));
}

TEST(several_show_the_rate)
{
	struct hardware_clock clock = { .count = 0 };
	int64_t at_ns, error_ns;

	for (int i = 0; i < 300; i++) {
		struct hardware_reading reading = read_at(i * S, 0);

		hardware_clock_add(&clock, &reading);
		if (!i)
			continue;
		ASSERT_TRUE(hardware_clock_convert(&clock, reading.device_ns - 100 * MS, &at_ns,
						   &error_ns));
		/* 100 ms by a clock that is fast are 2 us less. */
		EXPECT_LE(llabs(at_ns - (UTC + i * S - 100 * MS + 2 * US)), 2) TH_LOG("%d", i);
		EXPECT_EQ(10 + 100, error_ns);
	}
}

/* Readings of one exchange are too close to show a rate. */
TEST(close_readings_show_none)
{
	struct hardware_reading one = read_at(S, 1000), other = read_at(S + MS, 1000);
	struct hardware_clock clock = { .count = 0 };

	hardware_clock_add(&clock, &one);
	other.realtime_ns += 300;
	hardware_clock_add(&clock, &other);
	EXPECT_FALSE(clock.has_rate);
}

/* The system clock, or the card's, was set: what was known of them is void. */
TEST(step_starts_anew)
{
	static const int64_t steps_ns[] = { 3600 * S, -3600 * S, 10 * MS, -10 * MS };

	for (size_t i = 0; i < ARRAY_SIZE(steps_ns); i++) {
		struct hardware_clock clock = { .count = 0 };
		struct hardware_reading reading = read_at(10 * S, 100);
		int64_t at_ns, error_ns;

		hardware_clock_add(&clock, &reading);
		reading = read_at(12 * S, 100);
		hardware_clock_add(&clock, &reading);
		EXPECT_TRUE(clock.has_rate);
		reading = read_at(14 * S, 100);
		reading.realtime_ns += steps_ns[i];
		hardware_clock_add(&clock, &reading);
		EXPECT_FALSE(clock.has_rate);
		ASSERT_TRUE(hardware_clock_convert(&clock, reading.device_ns, &at_ns, &error_ns));
		EXPECT_EQ(reading.realtime_ns, at_ns);
		/* And the next one counts from there. */
		reading = read_at(16 * S, 100);
		reading.realtime_ns += steps_ns[i];
		hardware_clock_add(&clock, &reading);
		EXPECT_TRUE(clock.has_rate);
		EXPECT_LT(abs((int)(clock.rate * 1e9) + 20000), 200);
	}
}

/* A clock that is slewed by a tenth: of a stamp of 1 ms ago nobody knows 100 us. */
TEST(slew_is_in_the_error)
{
	struct hardware_clock clock = { .count = 0 };
	int64_t at_ns, error_ns;

	for (int i = 0; i < 5; i++) {
		struct hardware_reading reading = read_at(2 * i * S, 100);

		reading.realtime_ns += i * S / 5;
		hardware_clock_add(&clock, &reading);
		if (!i)
			continue;
		EXPECT_FALSE(clock.has_rate);
		ASSERT_TRUE(hardware_clock_convert(&clock, reading.device_ns - MS, &at_ns,
						   &error_ns));
		EXPECT_GE(error_ns, llabs(at_ns - (reading.realtime_ns - MS - MS / 10)));
		EXPECT_LT(error_ns, MS / 9);
	}
	/* When it is over, that is over. */
	for (int i = 5; i < 7; i++) {
		struct hardware_reading reading = read_at(2 * i * S, 100);

		reading.realtime_ns += S;
		hardware_clock_add(&clock, &reading);
	}
	ASSERT_TRUE(hardware_clock_convert(&clock, clock.latest.device_ns - MS, &at_ns, &error_ns));
	EXPECT_LT(error_ns, US);
}

/* Whatever a broken card says, nothing overflows. */
TEST(any_reading)
{
	struct unit_random random = { 7 };

	for (int run = 0; run < 100000; run++) {
		struct hardware_clock clock = { .count = 0 };
		int64_t at_ns, error_ns;

		for (int i = 0; i < 3; i++) {
			struct hardware_reading reading = {
				.device_ns = unit_random_s64(&random),
				.realtime_ns = unit_random_s64(&random),
				.width_ns = unit_random_s64(&random) & INT64_MAX,
			};

			hardware_clock_add(&clock, &reading);
		}
		if (hardware_clock_convert(&clock, unit_random_s64(&random), &at_ns, &error_ns))
			EXPECT_GT(error_ns, 0);
	}
}

TEST(stamp_between_what_came_before_and_after)
{
	EXPECT_TRUE(hardware_stamp_fits(100, 0, 100, 200));
	EXPECT_TRUE(hardware_stamp_fits(200, 0, 100, 200));
	EXPECT_FALSE(hardware_stamp_fits(99, 0, 100, 200));
	EXPECT_FALSE(hardware_stamp_fits(201, 0, 100, 200));
	EXPECT_TRUE(hardware_stamp_fits(95, 5, 100, 200));
	EXPECT_TRUE(hardware_stamp_fits(205, 5, 100, 200));
	EXPECT_FALSE(hardware_stamp_fits(94, 5, 100, 200));
	EXPECT_FALSE(hardware_stamp_fits(206, 5, 100, 200));
}

TEST(closest_pair_is_the_best_reading)
{
	const struct hardware_reading readings[] = {
		{ .width_ns = 900 }, { .width_ns = 700 }, { .width_ns = 50000 },
	};

	EXPECT_EQ(&readings[1], hardware_reading_best(readings, 3));
	EXPECT_EQ(&readings[0], hardware_reading_best(readings, 1));
}

TEST_HARNESS_MAIN
