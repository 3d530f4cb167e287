// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module as a whole: the guest itself sleeps.
 */
#include "selftests/unit/module_fixture.h"

TEST_F(module, suspend_is_repaired_by_what_the_kernel_missed)
{
	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	sleep_for(HOUR, 700 * MS);
	check();
	ASSERT_EQ(1, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_SUSPEND, latest()->cause);
	EXPECT_EQ(TRUECHIME_ACTION_STEPPED, latest()->action);
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
	/* Some milliseconds are slewed. */
	sleep_for(HOUR, 7 * MS);
	check();
	ASSERT_EQ(2, machine.count);
	EXPECT_NE(TRUECHIME_ACTION_STEPPED, latest()->action);
	EXPECT_LE(llabs(machine.behind_ns - 7 * MS), CLOSE_NS);
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
}

/* The kernel sets its clock forward by the RTC when it wakes. */
TEST_F(module, sleep_is_not_given_back_twice)
{
	ASSERT_EQ(0, load());
	chime_control_set_mode(machine.chime, TRUECHIME_MODE_EXTERNAL);
	machine.behind_ns = 5 * S;
	run(2 * S);
	sleep_for(HOUR, 700 * MS);
	check();
	EXPECT_EQ(TRUECHIME_CAUSE_SUSPEND, latest()->cause);
	EXPECT_LE(llabs(machine.behind_ns - 5 * S), CLOSE_NS);
	EXPECT_LE(llabs(latest()->offset_ns - 700 * MS), CLOSE_NS);

	/* The same with a demoted host. */
	chime_control_set_mode(machine.chime, TRUECHIME_MODE_AUTO);
	chime_control_reset(machine.chime);
	ASSERT_EQ(0, demote_host(true));
	run(2 * S);
	sleep_for(HOUR, 0);
	check();
	EXPECT_LE(llabs(machine.behind_ns - 5 * S), CLOSE_NS);
}

TEST_F(module, suspend_without_a_host_is_noticed_by_boot_time)
{
	ASSERT_EQ(0, load_without_host());
	ASSERT_EQ(0, correct());
	sleep_for(HOUR, 0);
	check();
	ASSERT_EQ(1, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_SUSPEND, latest()->cause);
	EXPECT_EQ(TRUECHIME_STATE_FREE, status().now.state);
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
}

static void notify_suspend(unsigned long event)
{
	machine.suspend->notifier_call(machine.suspend, event, NULL);
}

/* Its RTC may be asleep before the rest is, and must not be asked then. */
TEST_F(module, suspend_begins_when_no_reading_of_the_rtc_is_under_way)
{
	machine.has_rtc = true;
	ASSERT_EQ(0, load_without_host());
	machine_pass(S);
	notify_suspend(PM_SUSPEND_PREPARE);
	EXPECT_EQ(NULL, machine.work);
	run(5 * S);
	EXPECT_EQ(NULL, machine.work);
	notify_suspend(PM_POST_SUSPEND);
	check();
	/* It is read again when it is awake. */
	machine.rtc_ahead_ns += HOUR;
	run(3 * S);
	EXPECT_EQ(1, machine.count);
	EXPECT_TRUE(latest()->evidence & BIT(TRUECHIME_EVIDENCE_RTC));
}

/* It goes to sleep again before a check has had a result. */
TEST_F(module, suspend_soon_after_another_is_no_step_of_the_host)
{
	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	machine.host_silent = true;
	sleep_for(HOUR, 0);
	check();
	notify_suspend(PM_SUSPEND_PREPARE);
	machine.host_silent = false;
	check();
	ASSERT_EQ(1, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_SUSPEND, latest()->cause);
	machine.utc_ns += HOUR;
	machine.slept_ns += HOUR;
	notify_suspend(PM_POST_SUSPEND);
	check();
	ASSERT_EQ(2, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_SUSPEND, latest()->cause);
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
	/* That was the last one. */
	machine.host_ahead_ns += HOUR;
	check();
	EXPECT_EQ(TRUECHIME_CAUSE_HOST_STEP, latest()->cause);
}

TEST_F(module, suspend_soon_after_another_does_not_hide_its_sleep)
{
	ASSERT_EQ(0, load_without_host());
	ASSERT_EQ(0, correct());
	sleep_for(HOUR, 0);
	notify_suspend(PM_SUSPEND_PREPARE);
	ASSERT_EQ(1, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_SUSPEND, latest()->cause);
	EXPECT_EQ(TRUECHIME_STATE_FREE, status().now.state);
	notify_suspend(PM_POST_SUSPEND);
	check();
	EXPECT_EQ(1, machine.count);
}

/*
 * A host that was lost has one answer left when the suspend ends: enough to see that its line is of
 * no use any more, and not for a new one.
 */
TEST_F(module, suspend_is_told_once_whatever_the_host_says)
{
	ASSERT_EQ(0, load());
	machine.host_silent = true;
	run(5 * S);
	revert(HOUR);
	ASSERT_EQ(1, machine.count);
	sleep_for(HOUR, 0);
	machine.host_silent = false;
	machine.answers = 2;
	check();
	EXPECT_TRUE(machine.host_silent);
	ASSERT_EQ(2, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_SUSPEND, latest()->cause);
	EXPECT_EQ(HOUR, latest()->gap_ns);
	run(5 * S);
	EXPECT_EQ(2, machine.count);
}

/* kvm-clock is set when the machine wakes, and the kernel says later that the suspend has ended. */
TEST_F(module, suspend_is_told_once_if_its_stop_is_seen_before_its_end)
{
	ASSERT_EQ(0, load());
	machine.host_silent = true;
	run(5 * S);
	notify_suspend(PM_SUSPEND_PREPARE);
	stand_still(HOUR);
	machine.slept_ns += HOUR;
	check();
	ASSERT_EQ(1, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_SUSPEND, latest()->cause);
	EXPECT_EQ(HOUR, latest()->gap_ns);
	notify_suspend(PM_POST_SUSPEND);
	check();
	EXPECT_EQ(1, machine.count);
}

/* The host has shown what it took, and is lost before the kernel says that it has ended. */
TEST_F(module, suspend_that_the_host_measured_is_not_told_without_it)
{
	ASSERT_EQ(0, load());
	notify_suspend(PM_SUSPEND_PREPARE);
	stand_still(HOUR);
	machine.slept_ns += HOUR;
	check();
	ASSERT_EQ(1, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_SUSPEND, latest()->cause);
	machine.host_silent = true;
	notify_suspend(PM_POST_SUSPEND);
	run(5 * S);
	EXPECT_EQ(TRUECHIME_REFERENCE_RAW, status().now.reference);
	EXPECT_EQ(1, machine.count);
}

/* CLOCK_BOOTTIME follows a slew of the system clock, here by 50,000 ppm. */
TEST_F(module, slew_beside_a_suspend_is_no_sleep)
{
	ASSERT_EQ(0, load_without_host());
	ASSERT_EQ(0, correct());
	notify_suspend(PM_SUSPEND_PREPARE);
	run(S);
	machine.slept_ns += 50 * MS;
	notify_suspend(PM_POST_SUSPEND);
	check();
	EXPECT_EQ(0, machine.count);
	EXPECT_EQ(TRUECHIME_STATE_CORRECTED, status().now.state);
	/* No slew is as fast as that. */
	notify_suspend(PM_SUSPEND_PREPARE);
	run(S);
	machine.slept_ns += 150 * MS;
	notify_suspend(PM_POST_SUSPEND);
	check();
	EXPECT_EQ(1, machine.count);
}

/* The machine does not run between the readings of the two clocks. */
TEST_F(module, stolen_time_beside_a_suspend_is_no_sleep)
{
	ASSERT_EQ(0, load_without_host());
	ASSERT_EQ(0, correct());
	machine.stolen_ns = 30 * MS;
	notify_suspend(PM_SUSPEND_PREPARE);
	notify_suspend(PM_POST_SUSPEND);
	check();
	notify_suspend(PM_SUSPEND_PREPARE);
	notify_suspend(PM_POST_SUSPEND);
	machine.stolen_ns = 30 * MS;
	check();
	EXPECT_EQ(0, machine.count);
}

/* What was slewed or slept before it does not count. */
TEST_F(module, resume_from_hibernation_that_fails_is_no_sleep)
{
	machine.slept_ns = HOUR;
	ASSERT_EQ(0, load_without_host());
	ASSERT_EQ(0, correct());
	machine.slept_ns += 180 * MS;
	notify_suspend(PM_POST_RESTORE);
	check();
	EXPECT_EQ(0, machine.count);
	machine.slept_ns += HOUR;
	notify_suspend(PM_RESTORE_PREPARE);
	run(S);
	notify_suspend(PM_POST_RESTORE);
	check();
	EXPECT_EQ(0, machine.count);
	EXPECT_EQ(TRUECHIME_STATE_CORRECTED, status().now.state);
}

TEST_HARNESS_MAIN
