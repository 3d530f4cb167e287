// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module as a whole, without a host clock: restores, time sources and RTC are the witnesses.
 */
#include "selftests/unit/module_fixture.h"

TEST_F(module, without_a_host_a_restore_ends_what_was_known)
{
	ASSERT_EQ(0, load_without_host());
	EXPECT_EQ(TRUECHIME_STATE_FREE, status().now.state);
	EXPECT_EQ(-ENODATA, chime_control_step(machine.chime, TRUECHIME_OCCASION_OPERATOR));
	EXPECT_EQ(-ENODATA, demote_host(true));
	ASSERT_EQ(0, correct());
	revert(HOUR);
	ASSERT_EQ(1, machine.count);
	EXPECT_EQ(TRUECHIME_ACTION_DISTRUSTED, latest()->action);
	EXPECT_EQ(TRUECHIME_STATE_FREE, status().now.state);
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, status().now.maxerror_ns);
	EXPECT_EQ(0, status().now.change.sigma_rate_q32);
	/* The gap is unknown, so the clock is set to its own time, which marks it. */
	EXPECT_LT(0, machine.sets);
	EXPECT_LE(llabs(machine.behind_ns - HOUR), CLOSE_NS);
}

/* The guest may be on another machine, with another counter. */
TEST_F(module, fork_without_a_host_ends_the_rate_as_well)
{
	u32 epoch;

	ASSERT_EQ(0, load_without_host());
	ASSERT_EQ(0, correct());
	epoch = status().now.epoch;
	machine.genid_changed = true;
	check();
	ASSERT_EQ(1, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_FORK, latest()->cause);
	EXPECT_EQ(TRUECHIME_STATE_FREE, status().now.state);
	/* One epoch more than a daemon has seen: all its measurements are invalid. */
	EXPECT_EQ(epoch + 2, status().now.epoch);
	EXPECT_EQ(status().now.epoch, latest()->epoch);
}

/* UTC has a second more at midnight, and the kernel inserts it. */
static void leap(void)
{
	machine.utc_ns -= S;
	unit_timekeeper.tai_offset++;
	unit_tick();
}

TEST_F(module, leap_second_without_a_daemon_is_the_timescales_as_well)
{
	u32 epoch;

	ASSERT_EQ(0, load_without_host());
	ASSERT_EQ(0, correct());
	epoch = status().now.epoch;
	run(600 * S);
	leap();
	run(11 * S);
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
	EXPECT_NE(NULL, strstr(machine.log, "a second was inserted"));
	/* What was measured of the reference is as right as it was. */
	EXPECT_EQ(epoch + 1, status().now.epoch);
	EXPECT_EQ(0, status().now.change.offset_ns);
	EXPECT_EQ(0, status().now.change.sigma_ns);
	/* It is no disruption, and happens once. */
	run(600 * S);
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
	EXPECT_EQ(epoch + 1, status().now.epoch);
	EXPECT_EQ(0, machine.count);
	EXPECT_EQ(0, machine.sets);
}

TEST_F(module, leap_second_is_left_to_a_daemon)
{
	ASSERT_EQ(0, load_without_host());
	ASSERT_EQ(0, correct());
	run(60 * S);
	leap();
	check();
	EXPECT_LE(llabs(error_ns() - S), CLOSE_NS);
	ASSERT_EQ(0, correct());
	run(600 * S);
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
}

/* Nothing is known to leap, or other programs steer. */
TEST_F(module, leap_second_is_of_no_clock_that_is_not_corrected)
{
	u32 epoch;

	ASSERT_EQ(0, load_without_host());
	epoch = status().now.epoch;
	run(600 * S);
	leap();
	run(600 * S);
	EXPECT_EQ(epoch, status().now.epoch);
}

static struct chime_jump jump_of(s64 offset_ns)
{
	return (struct chime_jump){
		.offset_ns = offset_ns,
		.maxerror_ns = MS,
		.ok_raw_ns = machine.raw_ns - S,
	};
}

TEST_F(module, time_sources_are_a_witness_where_nobody_else_is)
{
	struct chime_jump jump;

	machine.has_genid = false;
	ASSERT_EQ(0, load_without_host());
	jump = jump_of(HOUR);
	EXPECT_EQ(-ENODATA, chime_control_disrupted(machine.chime, status().now.epoch, &jump));
	ASSERT_EQ(0, correct());
	run(60 * S);
	stand_still(HOUR);
	run(5 * S);
	EXPECT_EQ(0, machine.count);
	jump = jump_of(HOUR);
	EXPECT_EQ(-ESTALE, chime_control_disrupted(machine.chime, status().now.epoch + 1, &jump));
	ASSERT_EQ(0, chime_control_disrupted(machine.chime, status().now.epoch, &jump));
	ASSERT_EQ(1, machine.count);
	EXPECT_TRUE(latest()->evidence & BIT(TRUECHIME_EVIDENCE_NTP));
	EXPECT_EQ(TRUECHIME_ACTION_STEPPED, latest()->action);
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
	EXPECT_LE(MS, status().now.maxerror_ns);
}

TEST_F(module, time_sources_are_no_witness_beside_a_host)
{
	const struct chime_jump jump = jump_of(HOUR);

	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	EXPECT_EQ(-EBUSY, chime_control_disrupted(machine.chime, status().now.epoch, &jump));
	EXPECT_EQ(0, machine.count);
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
}

/* It takes long, and a program of a real-time class may begin on this processor meanwhile. */
TEST_F(module, reading_of_the_rtc_needs_no_processor_in_particular)
{
	static int bound, unbound;

	machine.has_rtc = true;
	ASSERT_EQ(0, load_without_host());
	machine.chime->checks.queue = (struct workqueue_struct *)&bound;
	machine.chime->checks.anywhere = (struct workqueue_struct *)&unbound;
	run(5 * S);
	EXPECT_EQ(machine.chime->checks.anywhere, machine.chime->rtc.work.queue);
}

TEST_F(module, jump_of_the_rtc_is_reported)
{
	machine.has_genid = false;
	machine.has_rtc = true;
	ASSERT_EQ(0, load_without_host());
	stand_still(HOUR);
	run(5 * S);
	ASSERT_EQ(1, machine.count);
	EXPECT_TRUE(latest()->evidence & BIT(TRUECHIME_EVIDENCE_RTC));
	EXPECT_EQ(TRUECHIME_ACTION_DISTRUSTED, latest()->action);
	EXPECT_LE(llabs(latest()->gap_ns - HOUR), 2 * S);
	/* With hint the jump is not followed. */
	EXPECT_LE(llabs(machine.behind_ns - HOUR), CLOSE_NS);
	/* With ignore the RTC is not even read. */
	set_rtc_policy(TRUECHIME_RTC_IGNORE);
	stand_still(HOUR);
	run(5 * S);
	EXPECT_EQ(1, machine.count);
}

/* The RTC's jump is followed, not its absolute time, which is an hour off here. */
TEST_F(module, jump_of_a_trusted_rtc_is_followed)
{
	machine.has_genid = false;
	machine.has_rtc = true;
	machine.rtc_ahead_ns = HOUR;
	ASSERT_EQ(0, load_without_host());
	set_rtc_policy(TRUECHIME_RTC_TRUST);
	run(5 * S);
	stand_still(24 * HOUR);
	run(10 * S);
	EXPECT_LE(1, machine.count);
	EXPECT_LE(llabs(machine.behind_ns), 2 * S);
}

/* Another program sets the clock right after the RTC was read: while the clock is marked. */
TEST_F(module, jump_of_a_trusted_rtc_is_not_followed_once_more)
{
	machine.has_genid = false;
	machine.has_rtc = true;
	ASSERT_EQ(0, load_without_host());
	set_rtc_policy(TRUECHIME_RTC_TRUST);
	run(5 * S);
	stand_still(24 * HOUR);
	machine.set_meanwhile_ns = -24 * HOUR;
	run(10 * S);
	EXPECT_LE(1, machine.count);
	EXPECT_EQ(0, machine.set_meanwhile_ns);
	EXPECT_LE(llabs(machine.behind_ns), 2 * S);
}

/*
 * Somebody sets the system clock and then the RTC by an hour. The reading that shows the latter
 * takes two seconds, and what it says is as old: that differs from the system clock by more than a
 * program that sets an RTC does.
 */
TEST_F(module, slow_reading_of_the_rtc_is_no_jump)
{
	machine.has_genid = false;
	machine.has_rtc = true;
	ASSERT_EQ(0, load_without_host());
	set_rtc_policy(TRUECHIME_RTC_TRUST);
	run(5 * S);
	machine.behind_ns += HOUR;
	run(2 * S);
	machine.rtc_ahead_ns -= HOUR;
	machine.rtc_slow_ns = 2 * S;
	run(2 * S);
	machine.rtc_slow_ns = 0;
	run(5 * S);
	EXPECT_EQ(0, machine.count);
	EXPECT_LE(llabs(machine.behind_ns - HOUR), 2 * S);
	stand_still(HOUR);
	run(5 * S);
	EXPECT_LE(1, machine.count);
}

TEST_F(module, rtc_of_a_correction_gives_way_to_sources)
{
	machine.has_genid = false;
	machine.has_rtc = true;
	ASSERT_EQ(0, load_without_host());
	set_rtc_policy(TRUECHIME_RTC_TRUST);
	ASSERT_EQ(0, correct());
	run(5 * S);
	stand_still(24 * HOUR);
	while (!machine.count)
		run(S);
	machine.sets = 0;
	/* The NTP servers answer before the RTC is read again. */
	machine_pass(500 * MS);
	check();
	ASSERT_EQ(0, correct());
	run(5 * S);
	EXPECT_EQ(0, machine.sets);
}

TEST_HARNESS_MAIN
