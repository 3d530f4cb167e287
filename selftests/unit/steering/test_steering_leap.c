// SPDX-License-Identifier: GPL-2.0-only
/*
 * Steering over leap seconds.
 */
#include "selftests/unit/steering_fixture.h"

/* 2027-07-01 00:00:00 */
#define LEAP_NS	(1814400000 * S)

/* 2027-06-30 23:58:00 by a clock that is right, and a leap second announced. */
static void set_leap_day(FIXTURE_DATA(steering) *self, enum leap_mode mode)
{
	struct steering_options options = normal;

	options.leap_mode = mode;
	steering_set_options(self->steering, &options);
	fake_clock.realtime_ns = LEAP_NS - 120 * S;
	steering_disrupted(self->steering, false);
	apply(self, found(self, 0));
	steering_announce_leap(self->steering, 1);
}

TEST_F(steering, kernel_leaps_and_nothing_is_wrong)
{
	set_leap_day(self, LEAP_SYSTEM);
	ASSERT_EQ(0, run_truthfully(self, 100 * S));
	EXPECT_EQ(STA_INS, fake_clock.status);
	EXPECT_EQ(1, self->status.leap);
	EXPECT_EQ(fake_clock.raw_ns + 20 * S, self->status.leap_raw_ns);
	ASSERT_EQ(0, run_truthfully(self, 20 * S));
	fake_clock_leap();
	ASSERT_EQ(0, follow(self));
	EXPECT_EQ(-S, steering_leap(self->steering));
	EXPECT_EQ(0, steering_leap(self->steering));
	EXPECT_EQ(0, error_ns(self));
	EXPECT_EQ(0, fake_clock_rate());
	EXPECT_EQ(0, fake_clock.status);
	ASSERT_EQ(0, run_truthfully(self, 100 * S));
	EXPECT_EQ(0, fake_clock_rate());
	EXPECT_EQ(0, fake_clock.status);
	EXPECT_EQ(0, steering_leap(self->steering));
}

/* When the clock is set the kernel forgets what was armed, until it was taken back for a while. */
TEST_F(steering, arms_the_kernel_anew_after_a_step)
{
	set_leap_day(self, LEAP_SYSTEM);
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	ASSERT_EQ(STA_INS, fake_clock.status);
	ASSERT_EQ(0, steering_step(self->steering, "test"));
	ASSERT_EQ(0, follow(self));
	EXPECT_EQ(0, fake_clock.status & STA_INS);
	ASSERT_EQ(0, run_truthfully(self, 3 * S / 2));
	EXPECT_EQ(0, fake_clock.status & STA_INS);
	ASSERT_EQ(0, run_truthfully(self, S));
	EXPECT_EQ(STA_INS, fake_clock.status & STA_INS);
}

TEST_F(steering, leaves_no_leap_second_behind)
{
	set_leap_day(self, LEAP_SYSTEM);
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	ASSERT_EQ(STA_INS, fake_clock.status);
	steering_settle(self->steering);
	EXPECT_EQ(0, fake_clock.status);
}

/* Nor is a clock called synchronised of which that is not known any more. */
TEST_F(steering, leaves_no_leap_second_behind_where_time_was_just_disrupted)
{
	set_leap_day(self, LEAP_SYSTEM);
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	ASSERT_EQ(STA_INS, fake_clock.status);
	steering_disrupted(self->steering, false);
	steering_settle(self->steering);
	EXPECT_EQ(STA_UNSYNC, fake_clock.status);
}

TEST_F(steering, a_second_that_nobody_announced_is_a_set_clock)
{
	set_leap_day(self, LEAP_SYSTEM);
	steering_announce_leap(self->steering, 0);
	ASSERT_EQ(0, run_truthfully(self, 120 * S));
	EXPECT_EQ(0, fake_clock.status);
	fake_clock_leap();
	ASSERT_EQ(0, follow(self));
	EXPECT_EQ(0, steering_leap(self->steering));
	EXPECT_EQ(S, error_ns(self));
}

TEST_F(steering, steps_over_a_leap_second)
{
	unsigned int steps = self->status.steps;

	set_leap_day(self, LEAP_STEP);
	ASSERT_EQ(0, run_truthfully(self, 119 * S));
	EXPECT_EQ(0, fake_clock.status);
	EXPECT_EQ(steps, self->status.steps);
	ASSERT_EQ(0, run_truthfully(self, 2 * S));
	EXPECT_EQ(-S, steering_leap(self->steering));
	EXPECT_EQ(steps + 1, self->status.steps);
	EXPECT_EQ(LEAP_NS, fake_clock.realtime_ns);
	ASSERT_EQ(0, run_truthfully(self, 10 * S));
	EXPECT_EQ(LEAP_NS + 10 * S, fake_clock.realtime_ns);
	EXPECT_EQ(0, fake_clock.status);
}

TEST_F(steering, slews_over_a_leap_second)
{
	set_leap_day(self, LEAP_SLEW);
	ASSERT_EQ(0, run_truthfully(self, 121 * S));
	EXPECT_EQ(-S, steering_leap(self->steering));
	EXPECT_LT(fake_clock_rate(), -0.09);
	ASSERT_EQ(0, run_truthfully(self, 20 * S));
	EXPECT_EQ(0, self->status.steps);
	EXPECT_LT(llabs(fake_clock.realtime_ns - (LEAP_NS + 20 * S)), US);
	EXPECT_EQ(0, fake_clock.status);
}

TEST_F(steering, ignores_a_leap_second_when_told_to)
{
	set_leap_day(self, LEAP_IGNORE);
	ASSERT_EQ(0, run_truthfully(self, 130 * S));
	EXPECT_EQ(0, steering_leap(self->steering));
	EXPECT_EQ(LEAP_NS + 10 * S, fake_clock.realtime_ns);
	EXPECT_EQ(0, fake_clock.status);
}

TEST_HARNESS_MAIN
