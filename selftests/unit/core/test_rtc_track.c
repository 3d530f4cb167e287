// SPDX-License-Identifier: GPL-2.0-only
/*
 * The RTC against the raw clock: reverts are seen to the second; other behaviour of an RTC is no
 * jump.
 */
#include "kmod/core/rtc_track.h"

#include <stdlib.h>

#include "selftests/unit/unit.h"

#define MS	1000000LL
#define S	1000000000LL
#define BOOT	(1800000000 * S)	/* UTC at raw time 0 */

/* A machine: its RTC and system clock against the raw clock, and how long a reading takes. */
struct machine {
	s64 raw_ns;
	s64 rtc_ahead_ns;	/* of BOOT + raw_ns */
	s64 realtime_ahead_ns;
	s64 rtc_ppb;
	s64 reading_ns;
	struct chime_rtc_reading reading;
	struct chime_rtc_track track;
};

static enum chime_rtc_verdict take_reading(struct machine *machine, s64 *gap_ns)
{
	struct chime_rtc_reading reading = { .before_ns = machine->raw_ns };
	s64 rtc_ns;

	machine->raw_ns += machine->reading_ns;
	reading.after_ns = machine->raw_ns;
	rtc_ns = BOOT + machine->raw_ns + machine->rtc_ahead_ns +
		 machine->raw_ns / S * machine->rtc_ppb;
	reading.rtc_ns = rtc_ns / S * S;
	reading.realtime_ns = BOOT + machine->raw_ns + machine->realtime_ahead_ns;
	reading.system_ns = reading.realtime_ns;
	machine->reading = reading;
	return chime_rtc_track_update(&machine->track, &reading, gap_ns);
}

static void run(struct machine *machine, s64 seconds, struct unit_random *random,
		struct __test_metadata *_metadata)
{
	s64 gap_ns;

	while (seconds--) {
		machine->raw_ns += S + unit_random_below(random, 20 * MS);
		ASSERT_EQ(CHIME_RTC_OK, take_reading(machine, &gap_ns));
	}
}

TEST(a_day_of_drift_is_no_jump)
{
	static const s64 drifts_ppb[] = { -200000, -50000, 0, 20000, 200000 };
	struct unit_random random = { 1 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(drifts_ppb); i++) {
		struct machine machine = { .rtc_ppb = drifts_ppb[i], .reading_ns = MS };

		run(&machine, 86400, &random, _metadata);
	}
}

/* Nobody reads it for so long that the drift is more than an RTC may be off in its setting. */
TEST(hours_of_drift_between_two_readings_are_no_jump)
{
	static const s64 drifts_ppb[] = { -200000, 200000 };
	struct unit_random random = { 1 };
	unsigned int i;
	s64 gap_ns;

	for (i = 0; i < ARRAY_SIZE(drifts_ppb); i++) {
		/* The system clock is elsewhere: an RTC that agrees with it was set to it. */
		struct machine machine = {
			.rtc_ppb = drifts_ppb[i], .realtime_ahead_ns = 3600 * S, .reading_ns = MS,
		};

		run(&machine, 600, &random, _metadata);
		machine.raw_ns += 6 * 3600 * S;
		EXPECT_EQ(CHIME_RTC_OK, take_reading(&machine, &gap_ns));
	}
}

TEST(a_revert_is_a_jump_of_its_size)
{
	static const s64 gaps_ns[] = { 2200 * MS, 5 * S, 300 * S, 43200 * S, 400 * 86400 * S,
				       -7200 * S };
	struct unit_random random = { 2 };
	unsigned int i, times;
	s64 gap_ns;

	for (i = 0; i < ARRAY_SIZE(gaps_ns); i++) {
		for (times = 0; times < 100; times++) {
			struct machine machine = {
				.raw_ns = unit_random_below(&random, S),
				.rtc_ppb = 50000,
				.reading_ns = MS,
			};

			run(&machine, 10, &random, _metadata);
			machine.rtc_ahead_ns += gaps_ns[i];
			machine.raw_ns += S;
			ASSERT_EQ(CHIME_RTC_JUMPED, take_reading(&machine, &gap_ns));
			EXPECT_LE(llabs(gap_ns - gaps_ns[i]), S);
			run(&machine, 10, &random, _metadata);
		}
	}
}

/* It may be too small for the RTC to show it at once, and the RTC must not show it later. */
TEST(a_disruption_that_was_reported_is_no_jump_at_a_later_reading)
{
	struct unit_random random = { 4 };
	int times, readings;
	s64 gap_ns;

	for (times = 0; times < 2000; times++) {
		/* The system clock is elsewhere: an RTC that agrees with it was set to it. */
		struct machine machine = {
			.raw_ns = unit_random_below(&random, S),
			.realtime_ahead_ns = 3600 * S,
			.reading_ns = MS,
		};

		take_reading(&machine, &gap_ns);
		machine.rtc_ahead_ns += unit_random_below(&random, 2 * S);
		machine.track.moved = true;
		machine.raw_ns += unit_random_below(&random, 2 * S);
		take_reading(&machine, &gap_ns);
		for (readings = 0; readings < 50; readings++) {
			machine.raw_ns += S + unit_random_below(&random, S);
			ASSERT_EQ(CHIME_RTC_OK, take_reading(&machine, &gap_ns));
		}
	}
}

/*
 * A revert of a machine whose RTC is in another time zone, or was set in a wrong one: the system
 * clock, which was right, is behind by the gap, and not by its difference from the RTC.
 */
TEST(the_jump_counts_and_not_what_the_rtc_shows)
{
	static const s64 off_ns[] = { 0, 3600 * S, -3600 * S, 7 * 86400 * S };
	static const s64 gaps_ns[] = { 5 * S, 777 * S, 86400 * S, -600 * S };
	struct unit_random random = { 9 };
	unsigned int i, j;
	s64 gap_ns;

	for (i = 0; i < ARRAY_SIZE(off_ns); i++) {
		for (j = 0; j < ARRAY_SIZE(gaps_ns); j++) {
			struct machine machine = {
				.rtc_ahead_ns = off_ns[i], .rtc_ppb = 50000, .reading_ns = MS,
			};
			struct chime_rtc_track before;
			s64 behind_ns;

			run(&machine, 60, &random, _metadata);
			before = machine.track;
			machine.rtc_ahead_ns += gaps_ns[j];
			machine.raw_ns += S;
			ASSERT_EQ(CHIME_RTC_JUMPED, take_reading(&machine, &gap_ns));
			run(&machine, 2, &random, _metadata);
			behind_ns = chime_rtc_behind_ns(&before, &machine.track, &machine.reading);
			EXPECT_LE(llabs(behind_ns - gaps_ns[j]), 1000 * MS);
			EXPECT_FALSE(chime_rtc_is_small(behind_ns));

			/* Another program has corrected it meanwhile. */
			machine.realtime_ahead_ns += gaps_ns[j];
			run(&machine, 1, &random, _metadata);
			behind_ns = chime_rtc_behind_ns(&before, &machine.track, &machine.reading);
			EXPECT_TRUE(chime_rtc_is_small(behind_ns));
		}
	}
}

/* The kernel has set the system clock forward by as much as the RTC ran on. */
TEST(a_suspend_is_no_jump_of_an_rtc_that_is_off)
{
	struct unit_random random = { 10 };
	struct machine machine = { .rtc_ahead_ns = 3600 * S, .reading_ns = MS };
	s64 gap_ns;

	run(&machine, 10, &random, _metadata);
	machine.rtc_ahead_ns += 300 * S;
	machine.realtime_ahead_ns += 300 * S;
	machine.raw_ns += S;
	EXPECT_EQ(CHIME_RTC_SET, take_reading(&machine, &gap_ns));
	run(&machine, 10, &random, _metadata);
}

/* Readings at all phases of the second narrow the bounds: then any jump of two seconds shows. */
TEST(many_readings_see_what_few_do_not)
{
	struct unit_random random = { 3 };
	struct machine machine = { .rtc_ahead_ns = 300 * MS, .reading_ns = MS };
	s64 gap_ns;

	run(&machine, 600, &random, _metadata);
	machine.rtc_ahead_ns += 1950 * MS;
	machine.raw_ns += S;
	EXPECT_EQ(CHIME_RTC_JUMPED, take_reading(&machine, &gap_ns));
}

/* A kernel that was preempted while it was setting the RTC, or an emulation that was late. */
TEST(less_than_a_second_says_nothing)
{
	static const s64 gaps_ns[] = { 300 * MS, -300 * MS, 890 * MS, -890 * MS };
	struct unit_random random = { 6 };
	unsigned int i, times;
	s64 gap_ns;

	for (i = 0; i < ARRAY_SIZE(gaps_ns); i++) {
		for (times = 0; times < 100; times++) {
			struct machine machine = {
				.raw_ns = unit_random_below(&random, S),
				.realtime_ahead_ns = 3600 * S,
				.reading_ns = MS,
			};

			run(&machine, 60, &random, _metadata);
			machine.rtc_ahead_ns += gaps_ns[i];
			machine.raw_ns += S;
			ASSERT_EQ(CHIME_RTC_OK, take_reading(&machine, &gap_ns));
			run(&machine, 60, &random, _metadata);
		}
	}
}

TEST(setting_the_rtc_to_the_system_clock_is_no_jump)
{
	static const s64 before_ns[] = { 7200 * S, -30 * S, 3 * S, -3600 * S };
	/* A preempted program sets it late; an emulated RTC's second is nearly over already. */
	static const s64 late_ns[] = { 40 * MS, 650 * MS, 300 * MS, -950 * MS };
	struct unit_random random = { 4 };
	unsigned int i;
	s64 gap_ns;

	for (i = 0; i < ARRAY_SIZE(before_ns); i++) {
		struct machine machine = {
			.rtc_ahead_ns = before_ns[i], .realtime_ahead_ns = late_ns[i],
			.reading_ns = MS,
		};

		run(&machine, 10, &random, _metadata);
		machine.rtc_ahead_ns = 0;
		machine.raw_ns += S;
		EXPECT_EQ(CHIME_RTC_SET, take_reading(&machine, &gap_ns));
		run(&machine, 10, &random, _metadata);
	}
}

/* hwclock --set, to another time than the system's: it counts as a jump. */
TEST(setting_the_rtc_to_anything_else_is_one)
{
	struct unit_random random = { 5 };
	struct machine machine = { .reading_ns = MS };
	s64 gap_ns;

	run(&machine, 10, &random, _metadata);
	machine.rtc_ahead_ns = 3600 * S;
	machine.raw_ns += S;
	EXPECT_EQ(CHIME_RTC_JUMPED, take_reading(&machine, &gap_ns));
}

TEST(steps_of_the_system_clock_are_no_concern_of_the_rtc)
{
	struct unit_random random = { 6 };
	struct machine machine = { .reading_ns = MS };

	run(&machine, 10, &random, _metadata);
	machine.realtime_ahead_ns = 3600 * S;
	run(&machine, 10, &random, _metadata);
}

TEST(a_slow_reading_tells_less_and_nothing_wrong)
{
	struct unit_random random = { 7 };
	struct machine machine = { .reading_ns = MS };

	run(&machine, 10, &random, _metadata);
	machine.reading_ns = 3 * S;
	run(&machine, 3, &random, _metadata);
	machine.reading_ns = MS;
	run(&machine, 10, &random, _metadata);
}

/* A reading that takes no time, of an RTC that is @gap_ns off where it was; the system is not. */
static enum chime_rtc_verdict read_off(struct chime_rtc_track *track, s64 gap_ns)
{
	struct chime_rtc_reading reading = { .rtc_ns = BOOT + gap_ns, .realtime_ns = 1 };
	s64 jump_ns;

	return chime_rtc_track_update(track, &reading, &jump_ns);
}

/* The resolution of a second and 900 ms of slack, either way. */
TEST(a_jump_is_more_than_resolution_and_slack)
{
	static const struct {
		s64 gap_ns;
		enum chime_rtc_verdict verdict;
	} cases[] = {
		{ 1900 * MS, CHIME_RTC_OK }, { 1900 * MS + 1, CHIME_RTC_JUMPED },
		{ -1900 * MS, CHIME_RTC_OK }, { -1900 * MS - 1, CHIME_RTC_JUMPED },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct chime_rtc_track track = { 0 };

		ASSERT_EQ(CHIME_RTC_OK, read_off(&track, 0));
		EXPECT_EQ(cases[i].verdict, read_off(&track, cases[i].gap_ns));
	}
}

/* What two readings both allow; where that is nothing, but for the slack, what the latter does. */
TEST(readings_narrow_the_bounds)
{
	static const struct {
		s64 gap_ns, low_ns, high_ns;
	} cases[] = {
		{ 0, 0, S },
		{ 300 * MS, 300 * MS, S }, { -300 * MS, 0, 700 * MS },
		{ S, S, S }, { -S, 0, 0 },
		{ S + 1, S + 1, 2 * S + 1 }, { -S - 1, -S - 1, -1 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct chime_rtc_track track = { 0 };

		read_off(&track, 0);
		ASSERT_EQ(CHIME_RTC_OK, read_off(&track, cases[i].gap_ns));
		EXPECT_EQ(BOOT + cases[i].low_ns, track.low_ns);
		EXPECT_EQ(BOOT + cases[i].high_ns, track.high_ns);
	}
}

/* The middle of the second that it shows, and set by a program that may be 0.7 s late. */
TEST(an_rtc_shows_the_time_to_its_resolution)
{
	struct chime_rtc_reading reading = { .rtc_ns = BOOT, .realtime_ns = BOOT + 500 * MS };

	EXPECT_EQ(0, chime_rtc_ahead_ns(&reading));
	EXPECT_TRUE(chime_rtc_is_small(1200 * MS));
	EXPECT_FALSE(chime_rtc_is_small(1200 * MS + 1));
	EXPECT_TRUE(chime_rtc_is_small(-1200 * MS));
	EXPECT_FALSE(chime_rtc_is_small(-1200 * MS - 1));
	reading.realtime_ns += 1200 * MS;
	EXPECT_TRUE(chime_rtc_is_realtime(&reading));
	reading.realtime_ns++;
	EXPECT_FALSE(chime_rtc_is_realtime(&reading));
	/* Or with a second that is over at once. */
	reading.realtime_ns = BOOT + 500 * MS - 1500 * MS;
	EXPECT_TRUE(chime_rtc_is_realtime(&reading));
	reading.realtime_ns--;
	EXPECT_FALSE(chime_rtc_is_realtime(&reading));
}

/* Nonsense causes no undefined behaviour. */
TEST(any_reading_is_taken)
{
	struct unit_random random = { 8 };
	struct chime_rtc_track track = { 0 };
	unsigned int i;
	s64 gap_ns;

	for (i = 0; i < 100000; i++) {
		struct chime_rtc_reading reading = {
			.before_ns = unit_random_s64(&random),
			.after_ns = unit_random_s64(&random),
			.rtc_ns = unit_random_s64(&random),
			.realtime_ns = unit_random_s64(&random),
			.system_ns = unit_random_s64(&random),
		};
		struct chime_rtc_track before = track;

		chime_rtc_track_update(&track, &reading, &gap_ns);
		chime_rtc_behind_ns(&before, &track, &reading);
	}
}

TEST(rtc_is_in_the_zone_that_it_is_nearer_to)
{
	static const s64 hour = 3600 * S;
	static const struct {
		s64 rtc_ns;
		s64 realtime_ns;
		s32 west_min;
		s64 zone_ns;
	} zones[] = {
		{ BOOT, BOOT, 300, BOOT },
		{ BOOT - 5 * hour, BOOT, 300, BOOT - 5 * hour },
		{ BOOT + 9 * hour, BOOT + S, -540, BOOT + 9 * hour + S },
		{ BOOT - 2 * hour, BOOT, 240, BOOT },
		{ BOOT - 2 * hour - S, BOOT, 240, BOOT - 4 * hour },
		{ BOOT - hour, BOOT, 0, BOOT },
		/* The last second of all, when the system clock has just begun: UTC is nearer. */
		{ S64_MAX / S * S, 10 * S, 300, 10 * S },
		{ S64_MAX / S * S, 10 * S, -300, 5 * hour + 10 * S },
		{ S64_MAX / S * S, -10 * S, -300, 5 * hour - 10 * S },
		{ 0, S64_MAX, -300, S64_MAX },
		{ 0, S64_MAX, 300, S64_MAX - 5 * hour },
		{ S64_MIN, S64_MAX, 300, S64_MAX },
		{ S64_MAX, S64_MIN, -900, S64_MIN },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(zones); i++)
		EXPECT_EQ(zones[i].zone_ns, chime_rtc_zone_ns(zones[i].rtc_ns,
							      zones[i].realtime_ns,
							      zones[i].west_min))
			TH_LOG("%u", i);
}

TEST_HARNESS_MAIN
