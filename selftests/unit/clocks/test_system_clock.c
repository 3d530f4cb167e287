// SPDX-License-Identifier: GPL-2.0-only
/*
 * The system clock: the rate that the kernel is told is the rate that was asked for, within its
 * limits; steps of either sign; and what is published is never better than the truth.
 */
#include "user/clocks/system_clock.h"

#include "selftests/unit/fake_clock.h"
#include "selftests/unit/unit.h"

#include <limits.h>

#define S	1000000000LL
#define MS	1000000LL

FIXTURE(clock)
{
	struct system_clock *clock;
};

FIXTURE_SETUP(clock)
{
	fake_clock_start();
	ASSERT_EQ(0, system_clock_open(&self->clock, false));
	ASSERT_EQ(0, system_clock_take(self->clock));
}

FIXTURE_TEARDOWN(clock)
{
	system_clock_close(self->clock);
}

TEST(takes_over_rate_and_stops_the_pll)
{
	struct system_clock *clock;

	fake_clock_start();
	fake_clock.tick_us = 10001;
	fake_clock.freq = -655360;
	fake_clock.status = STA_PLL;
	fake_clock.offset = 12345;
	/* Not before it is to be steered: it may be somebody else's. */
	ASSERT_EQ(0, system_clock_open(&clock, false));
	EXPECT_LT(fabs(system_clock_rate(clock) - (100e-6 - 10e-6)), 1e-12);
	EXPECT_EQ(0, fake_clock.adjustments);
	EXPECT_EQ(12345, fake_clock.offset);
	EXPECT_EQ(STA_PLL, fake_clock.status);
	ASSERT_EQ(0, system_clock_take(clock));
	EXPECT_LT(fabs(system_clock_rate(clock) - (100e-6 - 10e-6)), 1e-12);
	EXPECT_EQ(0, fake_clock.offset);
	EXPECT_EQ(STA_UNSYNC, fake_clock.status);
	EXPECT_EQ(10001, fake_clock.tick_us);
	EXPECT_EQ(-655360, fake_clock.freq);
	system_clock_close(clock);
}

TEST(ends_a_slew_that_nobody_ended)
{
	struct system_clock *clock;

	fake_clock_start();
	fake_clock.tick_us = 10900;
	fake_clock.freq = 655360;
	fake_clock.status = 0;
	ASSERT_EQ(0, system_clock_open(&clock, false));
	ASSERT_EQ(0, system_clock_take(clock));
	EXPECT_EQ(0, system_clock_rate(clock));
	EXPECT_EQ(0, fake_clock_rate());
	EXPECT_EQ(STA_UNSYNC, fake_clock.status);
	system_clock_close(clock);

	fake_clock.tick_us = 9100;
	fake_clock.status = 0;
	EXPECT_EQ(0, system_clock_settle());
	EXPECT_EQ(0, fake_clock_rate());
	EXPECT_EQ(STA_UNSYNC, fake_clock.status);

	/* This is what an oscillator may be off by. */
	fake_clock.tick_us = 10004;
	fake_clock.freq = 6000000;
	fake_clock.status = 0;
	fake_clock.adjustments = 0;
	EXPECT_EQ(0, system_clock_settle());
	EXPECT_EQ(10004, fake_clock.tick_us);
	EXPECT_EQ(6000000, fake_clock.freq);
	EXPECT_EQ(0, fake_clock.status);
	EXPECT_EQ(0, fake_clock.adjustments);
	fake_clock.error = EPERM;
	EXPECT_EQ(-EPERM, system_clock_settle());
}

TEST(says_when_it_may_not)
{
	struct system_clock *clock;

	fake_clock_start();
	ASSERT_EQ(0, system_clock_open(&clock, false));
	fake_clock.error = EPERM;
	EXPECT_EQ(-EPERM, system_clock_take(clock));
	system_clock_close(clock);
}

TEST(null_commands_nothing)
{
	struct system_clock *clock;

	fake_clock_start();
	ASSERT_EQ(0, system_clock_open(&clock, true));
	EXPECT_EQ(0, system_clock_take(clock));
	EXPECT_EQ(0, system_clock_set_rate(clock, 1e-3));
	EXPECT_EQ(0, system_clock_step(clock, S));
	EXPECT_EQ(0, system_clock_publish(clock, true, 0, 0, 0));
	EXPECT_EQ(0, fake_clock.adjustments);
	EXPECT_EQ(1700000000 * S, fake_clock.realtime_ns);
	EXPECT_LT(fabs(system_clock_rate(clock) - 1e-3), 1e-11);
	system_clock_close(clock);
}

static struct system_clock_change changed(struct system_clock *clock)
{
	struct system_clock_change change;

	system_clock_reread(clock, &change);
	return change;
}

/* A rate of one's own is none of somebody else's, whatever the kernel's units make of it. */
TEST_F(clock, sees_who_else_changes_the_rate)
{
	static const double rates[] = { 0, 1e-9, -1e-9, 12.345678e-6, -499.9e-6, 0.0833, -0.1 };

	for (size_t i = 0; i < ARRAY_SIZE(rates); i++) {
		ASSERT_EQ(0, system_clock_set_rate(self->clock, rates[i]));
		EXPECT_EQ(0.0, changed(self->clock).rate) TH_LOG("%zu", i);
	}
	ASSERT_EQ(0, system_clock_set_rate(self->clock, 10e-6));
	fake_clock.freq += 3 * 65536;
	EXPECT_LT(fabs(changed(self->clock).rate - 3e-6), 1e-12);
	EXPECT_LT(fabs(system_clock_rate(self->clock) - 13e-6), 1e-10);
	EXPECT_EQ(0.0, changed(self->clock).rate);
	fake_clock.tick_us -= 2;
	EXPECT_LT(fabs(changed(self->clock).rate + 200e-6), 1e-12);
	fake_clock.error = EPERM;
	EXPECT_EQ(0.0, changed(self->clock).rate);
	fake_clock.error = 0;
	ASSERT_EQ(0, system_clock_set_rate(self->clock, 10e-6));
	EXPECT_EQ(0.0, changed(self->clock).rate);
}

/* What it has still to do shows without a change, and would be added to a rate of one's own. */
TEST_F(clock, ends_a_slew_of_somebody_else)
{
	ASSERT_EQ(0, system_clock_set_rate(self->clock, 10e-6));
	fake_clock.adjustments = 0;
	fake_clock.adjtime_us = -1500;
	EXPECT_EQ(-1500000, changed(self->clock).slew_ns);
	EXPECT_EQ(-1500000, changed(self->clock).slew_ns);
	EXPECT_EQ(0.0, changed(self->clock).rate);
	EXPECT_EQ(0, fake_clock.adjustments);
	ASSERT_EQ(0, system_clock_set_rate(self->clock, 10e-6));
	EXPECT_EQ(2, fake_clock.adjustments);
	EXPECT_EQ(0, fake_clock.adjtime_us);
	EXPECT_EQ(0, changed(self->clock).slew_ns);
	/* Where there is none the rate alone is set. */
	ASSERT_EQ(0, system_clock_set_rate(self->clock, 10e-6));
	EXPECT_EQ(3, fake_clock.adjustments);

	fake_clock.adjtime_us = LONG_MIN;
	EXPECT_EQ(INT64_MIN, changed(self->clock).slew_ns);
	fake_clock.adjtime_us = LONG_MAX;
	EXPECT_EQ(INT64_MAX, changed(self->clock).slew_ns);
	ASSERT_EQ(0, system_clock_take(self->clock));
	EXPECT_EQ(0, fake_clock.adjtime_us);
}

TEST_F(clock, sets_every_rate)
{
	double rate;

	for (rate = -0.0999; rate < 0.1; rate += 1.00371e-4) {
		ASSERT_EQ(0, system_clock_set_rate(self->clock, rate));
		ASSERT_LT(fabs(fake_clock_rate() - rate), 1e-11) TH_LOG("%g", rate);
		ASSERT_EQ(fake_clock_rate(), system_clock_rate(self->clock));
	}
	for (rate = -600e-6; rate < 600e-6; rate += 0.9173e-6) {
		ASSERT_EQ(0, system_clock_set_rate(self->clock, rate));
		ASSERT_LT(fabs(fake_clock_rate() - rate), 1e-11) TH_LOG("%g", rate);
	}
}

TEST_F(clock, leaves_the_tick_alone_where_frequency_can_do)
{
	ASSERT_EQ(0, system_clock_set_rate(self->clock, 499e-6));
	EXPECT_EQ(10000, fake_clock.tick_us);
	ASSERT_EQ(0, system_clock_set_rate(self->clock, 501e-6));
	EXPECT_EQ(10005, fake_clock.tick_us);
	ASSERT_EQ(0, system_clock_set_rate(self->clock, 900e-6));
	EXPECT_EQ(10005, fake_clock.tick_us);
	ASSERT_EQ(0, system_clock_set_rate(self->clock, -100e-6));
	EXPECT_EQ(10000, fake_clock.tick_us);
}

/* adjtimex(8), or a chronyd that was killed: frequency and tick. */
TEST_F(clock, undoes_what_others_did_to_the_rate)
{
	ASSERT_EQ(0, system_clock_set_rate(self->clock, 50e-6));
	fake_clock.tick_us = 10001;
	fake_clock.freq = -655360;
	ASSERT_EQ(0, system_clock_set_rate(self->clock, 50e-6));
	EXPECT_LT(fabs(fake_clock_rate() - 50e-6), 1e-11);
	/* In a slew, too. */
	ASSERT_EQ(0, system_clock_set_rate(self->clock, 900e-6));
	fake_clock.tick_us = 10000;
	ASSERT_EQ(0, system_clock_set_rate(self->clock, 900e-6));
	EXPECT_LT(fabs(fake_clock_rate() - 900e-6), 1e-11);
}

TEST_F(clock, keeps_within_limits)
{
	ASSERT_EQ(0, system_clock_set_rate(self->clock, 5));
	EXPECT_EQ(0.1, fake_clock_rate());
	ASSERT_EQ(0, system_clock_set_rate(self->clock, -5));
	EXPECT_EQ(-0.1, fake_clock_rate());
	EXPECT_EQ(-EINVAL, system_clock_set_rate(self->clock, NAN));
	EXPECT_EQ(-EINVAL, system_clock_set_rate(self->clock, INFINITY));
	EXPECT_EQ(-0.1, fake_clock_rate());
}

TEST_F(clock, a_refused_rate_is_not_believed)
{
	ASSERT_EQ(0, system_clock_set_rate(self->clock, 1e-3));
	fake_clock.error = EPERM;
	EXPECT_EQ(-EPERM, system_clock_set_rate(self->clock, 2e-3));
	EXPECT_LT(fabs(system_clock_rate(self->clock) - 1e-3), 1e-11);
}

TEST_F(clock, steps_either_way)
{
	static const int64_t offsets_ns[] = { 1, -1, 999999999, -999999999, S, -S, 3600 * S + 7,
					      -3600 * S - 7 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(offsets_ns); i++) {
		int64_t before_ns = fake_clock.realtime_ns;

		ASSERT_EQ(0, system_clock_step(self->clock, offsets_ns[i]));
		EXPECT_EQ(offsets_ns[i], fake_clock.realtime_ns - before_ns);
	}
}

TEST_F(clock, publishes_no_better_than_true)
{
	fake_clock.status = 0;
	ASSERT_EQ(0, system_clock_publish(self->clock, true, 1001, 1, 0));
	EXPECT_EQ(0, fake_clock.status);
	EXPECT_EQ(2, fake_clock.maxerror_us);
	EXPECT_EQ(1, fake_clock.esterror_us);
	ASSERT_EQ(0, system_clock_publish(self->clock, true, INT64_MAX, INT64_MAX, 0));
	EXPECT_EQ(STA_UNSYNC, fake_clock.status);
	EXPECT_EQ(16000000, fake_clock.maxerror_us);
	fake_clock.status = 0;
	ASSERT_EQ(0, system_clock_publish(self->clock, true, 15 * S, 0, 0));
	EXPECT_EQ(0, fake_clock.status);
	ASSERT_EQ(0, system_clock_publish(self->clock, true, -1, -1, 0));
	EXPECT_EQ(STA_UNSYNC, fake_clock.status);
	ASSERT_EQ(0, system_clock_publish(self->clock, false, 1000, 1000, 0));
	EXPECT_EQ(STA_UNSYNC, fake_clock.status);
	EXPECT_EQ(16000000, fake_clock.maxerror_us);
}

/* Whoever marked the clock may have had a reason: the mark goes by a call of its own. */
TEST_F(clock, leaves_the_mark_until_it_is_told_to_clear_it)
{
	fake_clock.status = STA_UNSYNC | STA_DEL;
	ASSERT_EQ(1, system_clock_publish(self->clock, true, MS, MS, 1));
	EXPECT_EQ(STA_UNSYNC | STA_INS, fake_clock.status);
	fake_clock.adjustments = 0;
	ASSERT_EQ(1, system_clock_publish(self->clock, true, MS, MS, 1));
	EXPECT_EQ(1, fake_clock.adjustments);
	EXPECT_EQ(STA_UNSYNC | STA_INS, fake_clock.status);
	ASSERT_EQ(0, system_clock_clear_mark(self->clock, 1));
	EXPECT_EQ(STA_INS, fake_clock.status);
	ASSERT_EQ(0, system_clock_publish(self->clock, true, MS, MS, 0));
	EXPECT_EQ(0, fake_clock.status);
}

/* What is right already is not written: whoever marks the clock meanwhile is not overruled. */
TEST_F(clock, publishes_errors_alone_where_the_status_is_right)
{
	fake_clock.adjustments = 0;
	fake_clock.status = STA_PPSSIGNAL;
	ASSERT_EQ(0, system_clock_publish(self->clock, true, 2 * MS, MS, 0));
	EXPECT_EQ(1, fake_clock.adjustments);
	EXPECT_EQ(STA_PPSSIGNAL, fake_clock.status);
	EXPECT_EQ(2000, fake_clock.maxerror_us);
}

TEST_F(clock, notices_the_kernels_leap_second)
{
	EXPECT_EQ(0, changed(self->clock).leapt_ns);
	/* adjtimex already counts a second that the clock has still to repeat. */
	fake_clock.leap_foreseen = 1;
	EXPECT_EQ(0, changed(self->clock).leapt_ns);
	fake_clock_leap();
	EXPECT_EQ(-S, changed(self->clock).leapt_ns);
	EXPECT_EQ(0, changed(self->clock).leapt_ns);
	fake_clock.tai_s--;
	EXPECT_EQ(S, changed(self->clock).leapt_ns);
	/* In units that another program has chosen, too. */
	fake_clock.status |= STA_NANO;
	fake_clock.realtime_ns += 999999999;
	fake_clock.leap_foreseen = 1;
	EXPECT_EQ(0, changed(self->clock).leapt_ns);
	fake_clock_leap();
	EXPECT_EQ(-S, changed(self->clock).leapt_ns);
	/* Somebody tells the kernel what TAI is. */
	fake_clock.tai_s = 37;
	EXPECT_EQ(0, changed(self->clock).leapt_ns);
}

TEST_F(clock, tells_the_kernel_what_tai_is)
{
	ASSERT_EQ(0, system_clock_set_tai(self->clock, 37));
	EXPECT_EQ(37, fake_clock.tai_s);
	/* That was no leap second. */
	EXPECT_EQ(0, changed(self->clock).leapt_ns);
	EXPECT_EQ(0, system_clock_set_tai(self->clock, 37));
	ASSERT_EQ(0, system_clock_set_tai(self->clock, 38));
	EXPECT_EQ(0, changed(self->clock).leapt_ns);
	fake_clock_leap();
	EXPECT_EQ(-S, changed(self->clock).leapt_ns);
	EXPECT_EQ(39, fake_clock.tai_s);
}

/* CLOCK_TAI does not leap; a kernel that nobody has told of TAI has none. */
TEST_F(clock, keeps_tai_over_a_leap_second_of_ours)
{
	EXPECT_EQ(0, system_clock_leap_tai(self->clock, -S));
	EXPECT_EQ(0, fake_clock.tai_s);
	ASSERT_EQ(0, system_clock_set_tai(self->clock, 37));
	EXPECT_EQ(0, system_clock_leap_tai(self->clock, -S));
	EXPECT_EQ(38, fake_clock.tai_s);
	/* That was none of the kernel's. */
	EXPECT_EQ(0, changed(self->clock).leapt_ns);
	EXPECT_EQ(0, system_clock_leap_tai(self->clock, S));
	EXPECT_EQ(37, fake_clock.tai_s);
}

TEST_F(clock, announces_leap_seconds)
{
	fake_clock.status = 0;
	ASSERT_EQ(0, system_clock_publish(self->clock, true, MS, MS, 1));
	EXPECT_EQ(STA_INS, fake_clock.status);
	ASSERT_EQ(0, system_clock_publish(self->clock, true, MS, MS, 2));
	EXPECT_EQ(STA_DEL, fake_clock.status);
	ASSERT_EQ(0, system_clock_publish(self->clock, true, MS, MS, 0));
	EXPECT_EQ(0, fake_clock.status);
	ASSERT_EQ(0, system_clock_publish(self->clock, false, MS, MS, 1));
	EXPECT_EQ(STA_UNSYNC, fake_clock.status);
}

/* What is asked of a clock that an earlier daemon left, before it is taken. */
TEST(knows_what_leap_second_was_left_to_the_kernel)
{
	static const struct {
		int state, status;
		int64_t leapt_ns;
		int armed;
	} left[] = {
		{ TIME_OK, 0, 0, 0 },
		{ TIME_INS, STA_INS, 0, 1 },
		{ TIME_DEL, STA_DEL, 0, 2 },
		{ TIME_OOP, STA_INS, -S, 0 },
		/* The daemon that withdrew it has just ended. */
		{ TIME_OOP, 0, -S, 0 },
		{ TIME_WAIT, STA_INS, -S, 0 },
		{ TIME_WAIT, STA_DEL, S, 0 },
		{ TIME_WAIT, 0, 0, 0 },
		{ TIME_WAIT, STA_INS | STA_UNSYNC, 0, 0 },
		{ TIME_INS, STA_INS | STA_UNSYNC, 0, 0 },
	};
	struct system_clock *clock;

	for (size_t i = 0; i < ARRAY_SIZE(left); i++) {
		fake_clock_start();
		fake_clock.leap_state = left[i].state;
		fake_clock.status = left[i].status;
		ASSERT_EQ(0, system_clock_open(&clock, false));
		ASSERT_EQ(0, system_clock_take(clock));
		EXPECT_EQ(TIME_OK, fake_clock.leap_state);
		EXPECT_EQ(left[i].leapt_ns, system_clock_left_leapt(clock)) TH_LOG("%zu", i);
		EXPECT_EQ(left[i].armed, system_clock_left_armed(clock)) TH_LOG("%zu", i);
		system_clock_close(clock);
	}
	ASSERT_EQ(0, system_clock_open(&clock, true));
	EXPECT_EQ(0, system_clock_left_leapt(clock));
	EXPECT_EQ(0, system_clock_left_armed(clock));
	system_clock_close(clock);
}

TEST_HARNESS_MAIN
