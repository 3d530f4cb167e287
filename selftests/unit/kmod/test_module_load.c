// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module as a whole: what it does about the system clock when it is loaded, and where others
 * discipline that or steer the timescale.
 */
#include "selftests/unit/module_fixture.h"

TEST_F(module, clock_that_is_wrong_at_boot_is_stepped_to_the_hosts)
{
	machine.behind_ns = 90 * S;
	ASSERT_EQ(0, load());
	ASSERT_EQ(1, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_BOOT, latest()->cause);
	EXPECT_EQ(TRUECHIME_ACTION_STEPPED, latest()->action);
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
	EXPECT_EQ(TRUECHIME_STATE_HOST, status().now.state);
	/* Time need not be measured again. */
	EXPECT_EQ(0, status().disruptions);
}

/* A host's first reading is of no use alone, and the clock is not set by it. */
TEST_F(module, host_that_contradicts_itself_at_once_is_looked_for_again)
{
	int at;

	for (at = 1; at <= 2; at++) {
		machine_begin();
		machine.wild_at = at;
		ASSERT_EQ(0, played_module_init());
		EXPECT_EQ(0, machine.sets);
		EXPECT_EQ(TRUECHIME_HOST_ABSENT, status().host_state);
		run(3 * S);
		EXPECT_EQ(TRUECHIME_HOST_CHOSEN, status().host_state);
		EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
		EXPECT_LE(llabs(error_ns()), status().now.maxerror_ns);
		played_module_exit();
	}
}

TEST_F(module, it_says_what_it_has_found)
{
	unit_phc_index = 3;
	ASSERT_EQ(0, played_module_init());
	EXPECT_STREQ("host clock kvm (exact); PTP clock ptp3\n", machine.log);
	played_module_exit();
	/* A kernel without PTP. */
	unit_phc_index = -1;
	ASSERT_EQ(0, played_module_init());
	EXPECT_STREQ("host clock kvm (exact); no PTP clock\n", machine.log);
	played_module_exit();
	machine.has_host = false;
	ASSERT_EQ(0, played_module_init());
	EXPECT_STREQ("no host clock here: time comes from NTP alone; no PTP clock\n", machine.log);
}

/* A kernel that was started so long ago sets its clock by the RTC, once, to a whole second. */
static void start_kernel(s64 up_ns, s64 behind_ns)
{
	machine.raw_ns = up_ns;
	machine.behind_ns = behind_ns;
	machine.set_before = 1;
	/* Kernels take other clocksources while they start, which counts as a setting, too. */
	machine.clocksource = 254;
}

TEST_F(module, clock_that_the_kernel_has_just_set_is_stepped_by_milliseconds)
{
	const s64 behind_ns[] = { 2 * MS, 990 * MS, -2 * MS, -990 * MS };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(behind_ns); i++) {
		machine.count = 0;
		machine.sets = 0;
		start_kernel(6 * S, behind_ns[i]);
		ASSERT_EQ(0, load());
		ASSERT_EQ(1, machine.count);
		EXPECT_EQ(TRUECHIME_CAUSE_BOOT, latest()->cause);
		EXPECT_EQ(TRUECHIME_ACTION_STEPPED, latest()->action);
		EXPECT_LE(llabs(latest()->offset_ns - behind_ns[i]), CLOSE_NS);
		EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
		/* What the policy says of other occasions, and of a later boot, stays. */
		EXPECT_EQ(S, machine.chime->policy.rules[TRUECHIME_OCCASION_BOOT][0].threshold_ns);
		played_module_exit();
	}
}

TEST_F(module, clock_that_is_right_at_boot_is_not_set)
{
	start_kernel(6 * S, 900 * US);
	ASSERT_EQ(0, load());
	EXPECT_EQ(0, machine.count);
	EXPECT_EQ(0, machine.sets);
}

/* By then programs go by it. */
TEST_F(module, clock_of_a_machine_that_is_up_is_not_stepped_by_less_than_a_second)
{
	start_kernel(31 * S, -990 * MS);
	ASSERT_EQ(0, load());
	EXPECT_EQ(0, machine.count);
	EXPECT_EQ(0, machine.sets);
}

/* The kernel sets it once; who has set it again may know better. */
TEST_F(module, clock_that_somebody_set_is_not_stepped_by_less_than_a_second)
{
	start_kernel(6 * S, 990 * MS);
	machine.set_before = 2;
	ASSERT_EQ(0, load());
	EXPECT_EQ(0, machine.count);
	EXPECT_EQ(0, machine.sets);
}

TEST_F(module, clock_that_somebody_disciplines_is_left_alone_while_the_kernel_starts)
{
	start_kernel(6 * S, 990 * MS);
	unit_clock_is_disciplined = true;
	ASSERT_EQ(0, load());
	EXPECT_EQ(0, machine.count);
	EXPECT_EQ(0, machine.sets);
}

TEST_F(module, second_load_finds_a_clock_that_was_set)
{
	start_kernel(6 * S, 990 * MS);
	ASSERT_EQ(0, load());
	ASSERT_EQ(1, machine.count);
	played_module_exit();
	machine.behind_ns = 300 * MS;
	ASSERT_EQ(0, load());
	EXPECT_EQ(1, machine.count);
	EXPECT_EQ(300 * MS, machine.behind_ns);
}

TEST_F(module, stated_policy_decides_about_a_clock_that_the_kernel_has_just_set)
{
	char forward[] = "step:1ms/ignore", late[] = "step:1s", never[] = "ignore";
	char *const stated[] = { forward, late, never };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(stated); i++) {
		*(char **)played_param_boot = stated[i];
		start_kernel(6 * S, -990 * MS);
		ASSERT_EQ(0, load());
		EXPECT_EQ(0, machine.sets);
		EXPECT_EQ(-990 * MS, machine.behind_ns);
		played_module_exit();
	}
	EXPECT_EQ(0, machine.set_back_ns);
}

/* The kernel shows a leap second as an instant of CLOCK_MONOTONIC, and for the day only. */
TEST_F(module, leap_seconds_are_the_kernels)
{
	const s64 midnight_ns = 1814400000LL * S;

	ASSERT_EQ(0, load());
	EXPECT_EQ(0, status().leaps.tai_offset_s);
	EXPECT_EQ(0, status().leaps.next_ns);
	unit_timekeeper.tai_offset = 37;
	unit_timekeeper.offs_real = midnight_ns - HOUR;
	unit_timekeeper.next_leap_ktime = HOUR;
	unit_tick();
	EXPECT_EQ(37, status().leaps.tai_offset_s);
	EXPECT_EQ(midnight_ns, status().leaps.next_ns);
	unit_timekeeper.tai_offset = 38;
	unit_timekeeper.next_leap_ktime = KTIME_MAX;
	unit_tick();
	EXPECT_EQ(38, status().leaps.tai_offset_s);
	EXPECT_EQ(0, status().leaps.next_ns);
}

/* TAI is set where somebody keeps it, whatever the frequency is. */
TEST_F(module, clock_whose_tai_is_set_is_disciplined)
{
	unit_timekeeper.tai_offset = 37;
	machine.behind_ns = 5 * S;
	ASSERT_EQ(0, load());
	EXPECT_EQ(0, machine.sets);
	EXPECT_EQ(TRUECHIME_ACTION_IGNORED, latest()->action);
}

/* NTP runs here, and the host is 5 s behind: nothing shows yet which of them is right. */
TEST_F(module, clock_that_others_discipline_at_load_is_left_to_them)
{
	unit_clock_is_disciplined = true;
	machine.host_ahead_ns = -5 * S;
	ASSERT_EQ(0, load());
	EXPECT_EQ(0, machine.sets);
	EXPECT_EQ(0, machine.behind_ns);
	ASSERT_EQ(1, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_BOOT, latest()->cause);
	EXPECT_EQ(TRUECHIME_ACTION_IGNORED, latest()->action);
	EXPECT_LE(llabs(latest()->residual_ns + 5 * S), CLOSE_NS);
	/* A disruption takes the same time from both clocks. */
	revert(HOUR);
	EXPECT_EQ(TRUECHIME_CAUSE_REVERT, latest()->cause);
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
	machine.host_ahead_ns -= 3 * S;
	check();
	EXPECT_EQ(TRUECHIME_CAUSE_HOST_STEP, latest()->cause);
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
	/* Sources decide. */
	ASSERT_EQ(0, correct());
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
	machine.behind_ns = 40 * S;
	stand_still(HOUR);
	check();
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
}

TEST_F(module, operator_decides_about_a_clock_that_others_discipline)
{
	unit_clock_is_disciplined = true;
	machine.behind_ns = 5 * S;
	ASSERT_EQ(0, load());
	EXPECT_EQ(5 * S, machine.behind_ns);
	ASSERT_EQ(0, chime_control_step(machine.chime, TRUECHIME_OCCASION_OPERATOR));
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
	machine.behind_ns = 5 * S;
	stand_still(HOUR);
	check();
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
}

/*
 * The module has stepped the clock, and no check has followed: as a step by others it would count
 * against what is lost next.
 */
TEST_F(module, own_step_is_not_taken_for_one_by_others)
{
	int asked;

	for (asked = 0; asked < 2; asked++) {
		machine_begin();
		machine.behind_ns = asked ? 0 : 5 * S;
		ASSERT_EQ(0, played_module_init());
		if (asked) {
			run(10 * S);
			machine.behind_ns = 5 * S;
			ASSERT_EQ(0, chime_control_step(machine.chime,
							TRUECHIME_OCCASION_OPERATOR));
		}
		EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
		chime_control_set_mode(machine.chime, TRUECHIME_MODE_EXTERNAL);
		stand_still(HOUR);
		check();
		EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS) TH_LOG("asked %d", asked);
		machine_unload();
	}
}

/* Policy forbids the operator's step: nothing is decided, and the clock is still the others'. */
TEST_F(module, refused_step_takes_no_clock_from_others)
{
	struct chime_rule *rules;

	unit_clock_is_disciplined = true;
	machine.behind_ns = 5 * S;
	ASSERT_EQ(0, load());
	rules = machine.chime->policy.rules[TRUECHIME_OCCASION_OPERATOR];
	rules[TRUECHIME_DIRECTION_FORWARD].rule = TRUECHIME_RULE_IGNORE;
	ASSERT_EQ(-EPERM, chime_control_step(machine.chime, TRUECHIME_OCCASION_OPERATOR));
	stand_still(HOUR);
	check();
	EXPECT_LE(llabs(machine.behind_ns - 5 * S), CLOSE_NS);
	rules[TRUECHIME_DIRECTION_FORWARD].rule = TRUECHIME_RULE_STEP;
	machine.set_error = -EINVAL;
	ASSERT_EQ(-EIO, chime_control_step(machine.chime, TRUECHIME_OCCASION_OPERATOR));
	machine.set_error = 0;
	stand_still(HOUR);
	check();
	EXPECT_LE(llabs(machine.behind_ns - 5 * S), CLOSE_NS);
	ASSERT_EQ(0, chime_control_step(machine.chime, TRUECHIME_OCCASION_OPERATOR));
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
}

TEST_F(module, does_not_load_without_a_thread_to_set_the_clock)
{
	machine.thread_error = -ENOMEM;
	EXPECT_EQ(-ENOMEM, played_module_init());
	machine.thread_error = 0;
	EXPECT_EQ(0, load());
}

/* Who states what to do with a wrong clock at load has decided, too. */
TEST_F(module, stated_policy_decides_about_a_clock_that_others_discipline)
{
	char stated[] = "step:1ms";

	*(char **)played_param_boot = stated;
	unit_clock_is_disciplined = true;
	machine.behind_ns = 5 * S;
	ASSERT_EQ(0, load());
	ASSERT_EQ(1, machine.count);
	EXPECT_EQ(TRUECHIME_ACTION_STEPPED, latest()->action);
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
	machine.behind_ns = 5 * S;
	stand_still(HOUR);
	check();
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
}

/* ... but not a clock that cannot be right, nor one that agrees with the host. */
TEST_F(module, disciplined_clock_at_load_may_still_be_impossible)
{
	unit_clock_is_disciplined = true;
	machine.behind_ns = UTC0_NS;
	ASSERT_EQ(0, load());
	EXPECT_EQ(TRUECHIME_ACTION_STEPPED, latest()->action);
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
	played_module_exit();
	machine.count = 0;
	ASSERT_EQ(0, load());
	EXPECT_EQ(0, machine.count);
	machine.behind_ns = 5 * S;
	stand_still(HOUR);
	check();
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
}

/* Nothing disciplines a clock any more whose machine lost time unnoticed. */
TEST_F(module, clock_of_others_is_set_when_time_was_lost_beside_a_silent_host)
{
	unit_clock_is_disciplined = true;
	machine.behind_ns = 5 * S;
	ASSERT_EQ(0, load());
	machine.host_silent = true;
	run(5 * S);
	revert(HOUR);
	machine.host_silent = false;
	run(3 * S);
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
}

TEST_F(module, system_clock_stays_apart_where_others_steer)
{
	ASSERT_EQ(0, load());
	chime_control_set_mode(machine.chime, TRUECHIME_MODE_EXTERNAL);
	machine.behind_ns = 5 * S;
	EXPECT_EQ(-EBUSY, chime_control_step(machine.chime, TRUECHIME_OCCASION_OPERATOR));
	EXPECT_EQ(0, chime_control_add_offset(machine.chime, S));
	revert(HOUR);
	/* The lost time comes back, and no more. */
	EXPECT_EQ(TRUECHIME_CAUSE_REVERT, latest()->cause);
	EXPECT_LE(llabs(machine.behind_ns - 5 * S), CLOSE_NS);
	EXPECT_LE(llabs(error_ns() - S), CLOSE_NS);
	chime_control_set_mode(machine.chime, TRUECHIME_MODE_AUTO);
	EXPECT_EQ(-EBUSY, chime_control_add_offset(machine.chime, S));
	run(10 * S);
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
}

TEST_F(module, time_that_somebody_else_gave_back_is_not_given_twice)
{
	ASSERT_EQ(0, load());
	chime_control_set_mode(machine.chime, TRUECHIME_MODE_EXTERNAL);
	machine.behind_ns = 40 * MS;
	run(2 * S);
	/* A guest agent sets the clock to the host's before the next check. */
	stand_still(HOUR);
	machine_pass(300 * MS);
	machine.behind_ns = 0;
	check();
	EXPECT_EQ(TRUECHIME_CAUSE_PAUSE, latest()->cause);
	EXPECT_LE(llabs(machine.behind_ns - 40 * MS), CLOSE_NS);
	run(2 * S);
	/* A slew within chronyd's limit does not count as setting the clock. */
	stand_still(HOUR);
	machine_pass(S);
	machine.behind_ns -= 80 * MS;
	check();
	EXPECT_LE(llabs(machine.behind_ns + 40 * MS), CLOSE_NS);
	/* A step of the host's clock takes no time from this guest. */
	run(2 * S);
	machine.host_ahead_ns = -HOUR;
	machine.behind_ns = 7 * S;
	check();
	EXPECT_EQ(TRUECHIME_CAUSE_HOST_STEP, latest()->cause);
	EXPECT_LE(llabs(machine.behind_ns - 7 * S), CLOSE_NS);
}

TEST_HARNESS_MAIN
