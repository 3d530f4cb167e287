// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module as a whole: how the system clock is stepped and marked unsynchronised, and when it is
 * not.
 */
#include "selftests/unit/module_fixture.h"

/* From the next setting of the clock on each takes @ns. */
static void sets_take(s64 ns)
{
	int i;

	for (i = 0; i < MACHINE_SETS; i++)
		machine.set_takes_ns[i] = ns;
	machine.sets = 0;
	machine.set_back_ns = 0;
}

/* The first setting is preempted: it says nothing of how long the next one takes. */
TEST_F(module, slow_step_is_not_followed_by_one_back)
{
	sets_take(10 * 1000);
	machine.set_takes_ns[0] = 20 * MS;
	machine.behind_ns = 90 * S;
	ASSERT_EQ(0, load());
	EXPECT_EQ(0, machine.set_back_ns);
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
	/* Again, with three slow ones before. */
	sets_take(20 * MS);
	stand_still(HOUR);
	check();
	EXPECT_EQ(TRUECHIME_ACTION_STEPPED, latest()->action);
	sets_take(10 * 1000);
	machine.chime->policy.rules[TRUECHIME_OCCASION_DISRUPTION]
				   [TRUECHIME_DIRECTION_BACKWARD].rule = TRUECHIME_RULE_SLEW;
	stand_still(HOUR);
	check();
	EXPECT_EQ(TRUECHIME_ACTION_STEPPED, latest()->action);
	EXPECT_EQ(0, machine.set_back_ns);
	/* What went too far is reported, and left to be slewed. */
	EXPECT_LE(llabs(latest()->residual_ns - machine.behind_ns), CLOSE_NS);
	run(S);
	stand_still(HOUR);
	check();
	EXPECT_EQ(0, machine.set_back_ns);
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
}

/* A step as slow as the emulator makes it is allowed for, from the second one on. */
TEST_F(module, steps_that_are_always_slow_are_exact)
{
	s64 gap_ns;

	sets_take(700 * 1000);
	ASSERT_EQ(0, load());
	for (gap_ns = HOUR; gap_ns >= -HOUR; gap_ns -= 2 * HOUR) {
		revert(gap_ns);
		EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
	}
	sets_take(700 * 1000);
	stand_still(HOUR);
	check();
	EXPECT_EQ(1, machine.sets);
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
}

TEST_F(module, clock_is_marked_unsynchronised_without_going_back)
{
	int i;

	sets_take(50 * 1000);
	for (i = 0; i < MACHINE_SETS; i += 3)
		machine.set_takes_ns[i] = 90 * 1000;
	ASSERT_EQ(0, load_without_host());
	for (i = 0; i < 10; i++) {
		if (i)
			machine.set_back_ns = 0;
		ASSERT_EQ(0, correct());
		run(5 * S);
		notify_genid();
		check();
		EXPECT_EQ(TRUECHIME_ACTION_DISTRUSTED, latest()->action);
		/* How long it takes is not known at first. */
		EXPECT_LE(machine.set_back_ns, i ? 0 : 90 * 1000);
	}
	EXPECT_LE(llabs(machine.behind_ns), MS);
}

/* It is marked in a worker: another program may run, and set it, before that one does. */
TEST_F(module, clock_that_is_set_before_it_is_marked_unsynchronised_stays_so)
{
	ASSERT_EQ(0, load_without_host());
	machine.behind_ns = -HOUR;
	notify_genid();
	machine.set_meanwhile_ns = HOUR;
	check();
	EXPECT_EQ(TRUECHIME_ACTION_DISTRUSTED, latest()->action);
	EXPECT_LE(llabs(machine.behind_ns), MS);
	EXPECT_EQ(1, machine.sets);
}

/* The first mark is late, so that there is a second. */
TEST_F(module, clock_that_is_set_between_two_marks_stays_so)
{
	ASSERT_EQ(0, load_without_host());
	sets_take(10 * 1000);
	machine.set_takes_ns[0] = 20 * MS;
	machine.behind_ns = -HOUR;
	notify_genid();
	machine.sets_until_meanwhile = 1;
	machine.set_meanwhile_ns = HOUR;
	check();
	EXPECT_EQ(TRUECHIME_ACTION_DISTRUSTED, latest()->action);
	EXPECT_LE(llabs(machine.behind_ns), 30 * MS);
	EXPECT_LE(2, machine.sets);
}

/* The host says nothing at either request, of which only the second has something to step. */
TEST_F(module, request_for_a_step_is_no_good_check)
{
	ASSERT_EQ(0, load());
	machine.sees_stops = false;
	check();
	stand_still(HOUR);
	machine.host_silent = true;
	machine_pass(400 * MS);
	ASSERT_EQ(0, chime_control_step(machine.chime, TRUECHIME_OCCASION_OPERATOR));
	EXPECT_EQ(0, machine.sets);
	machine_pass(400 * MS);
	machine.behind_ns += S;
	ASSERT_EQ(0, chime_control_step(machine.chime, TRUECHIME_OCCASION_OPERATOR));
	EXPECT_EQ(1, machine.sets);
	machine.host_silent = false;
	machine_pass(400 * MS);
	check();
	EXPECT_EQ(HOUR / S, (latest()->gap_ns + MS) / S);
	EXPECT_LE(1200 * MS, latest()->latency_ns);
	EXPECT_GT(1300 * MS, latest()->latency_ns);
}

/* It may not be set back, and another program has set it ahead before the worker runs. */
TEST_F(module, step_is_decided_again_for_a_clock_that_was_set)
{
	ASSERT_EQ(0, load());
	machine.chime->policy.rules[TRUECHIME_OCCASION_DISRUPTION]
				   [TRUECHIME_DIRECTION_BACKWARD].rule = TRUECHIME_RULE_SLEW;
	machine.set_meanwhile_ns = -3 * HOUR;
	revert(HOUR);
	EXPECT_EQ(0, machine.set_meanwhile_ns);
	EXPECT_EQ(TRUECHIME_ACTION_SLEW, latest()->action);
	EXPECT_LE(llabs(latest()->offset_ns + 2 * HOUR), CLOSE_NS);
	EXPECT_EQ(0, machine.set_back_ns);
	/* What is found to be wrong all the same is set. */
	machine.behind_ns = 0;
	machine.set_meanwhile_ns = -HOUR / 2;
	revert(HOUR);
	EXPECT_EQ(TRUECHIME_ACTION_STEPPED, latest()->action);
	EXPECT_LE(llabs(latest()->offset_ns - HOUR / 2), CLOSE_NS);
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
}

/* The first step is late, so that there is a second. Agents of hypervisors set the clock, too. */
TEST_F(module, clock_that_is_set_between_two_steps_is_judged_as_found)
{
	ASSERT_EQ(0, load());
	machine.set_takes_ns[0] = 20 * MS;
	machine.sets_until_meanwhile = 1;
	machine.set_meanwhile_ns = 3 * S;
	revert(HOUR);
	EXPECT_EQ(0, machine.set_meanwhile_ns);
	EXPECT_EQ(TRUECHIME_ACTION_STEPPED, latest()->action);
	EXPECT_LE(llabs(latest()->offset_ns - HOUR), CLOSE_NS);
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
	/* And not back where that is forbidden. */
	machine.chime->policy.rules[TRUECHIME_OCCASION_DISRUPTION]
				   [TRUECHIME_DIRECTION_BACKWARD].rule = TRUECHIME_RULE_SLEW;
	machine.set_takes_ns[machine.sets] = 20 * MS;
	machine.sets_until_meanwhile = machine.sets + 1;
	machine.set_meanwhile_ns = -3 * S;
	revert(HOUR);
	EXPECT_EQ(0, machine.set_meanwhile_ns);
	EXPECT_EQ(TRUECHIME_ACTION_STEPPED, latest()->action);
	EXPECT_LE(llabs(latest()->residual_ns + 3 * S), 30 * MS);
	EXPECT_LE(llabs(machine.behind_ns + 3 * S), 30 * MS);
}

/* What the stop took is added when the host says it: whoever measures meanwhile has it, too. */
TEST_F(module, offset_that_a_stop_is_part_of_is_not_added)
{
	s64 phc_behind_ns;

	ASSERT_EQ(0, load());
	EXPECT_EQ(-EBUSY, chime_control_add_offset(machine.chime, S));
	chime_control_set_mode(machine.chime, TRUECHIME_MODE_EXTERNAL);
	ASSERT_EQ(0, chime_control_add_offset(machine.chime, S));
	EXPECT_LE(llabs(error_ns() - S), CLOSE_NS);
	machine.host_silent = true;
	stand_still(HOUR);
	/* No check has seen it yet. */
	phc_behind_ns = -error_ns();
	EXPECT_LE(llabs(phc_behind_ns - HOUR + S), CLOSE_NS);
	EXPECT_EQ(-EAGAIN, chime_control_add_offset(machine.chime, phc_behind_ns));
	machine.host_silent = false;
	check();
	EXPECT_LE(llabs(error_ns() - S), CLOSE_NS);
	EXPECT_EQ(0, chime_control_add_offset(machine.chime, -error_ns()));
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
}

TEST_F(module, step_that_the_kernel_refuses_is_reported_with_what_remains)
{
	ASSERT_EQ(0, load());
	machine.set_error = -EINVAL;
	revert(HOUR);
	EXPECT_EQ(TRUECHIME_ACTION_FAILED, latest()->action);
	EXPECT_LE(llabs(latest()->residual_ns - HOUR), CLOSE_NS);
	EXPECT_EQ(-EIO, chime_control_step(machine.chime, TRUECHIME_OCCASION_OPERATOR));
	machine.set_error = 0;
	EXPECT_EQ(0, chime_control_step(machine.chime, TRUECHIME_OCCASION_OPERATOR));
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
}

TEST_F(module, policy_may_forbid_a_step)
{
	struct chime_rule *rules;

	ASSERT_EQ(0, load());
	rules = machine.chime->policy.rules[TRUECHIME_OCCASION_DISRUPTION];
	rules[TRUECHIME_DIRECTION_FORWARD].maximum_ns = 60 * S;
	revert(HOUR);
	EXPECT_EQ(TRUECHIME_ACTION_REFUSED, latest()->action);
	EXPECT_LE(llabs(machine.behind_ns - HOUR), CLOSE_NS);
	rules = machine.chime->policy.rules[TRUECHIME_OCCASION_OPERATOR];
	rules[TRUECHIME_DIRECTION_FORWARD].rule = TRUECHIME_RULE_SLEW;
	EXPECT_EQ(-EPERM, chime_control_step(machine.chime, TRUECHIME_OCCASION_OPERATOR));
}

TEST_F(module, date_before_the_release_is_no_time_to_step_to)
{
	ASSERT_EQ(0, load());
	machine.host_ahead_ns = -UTC0_NS;
	check();
	EXPECT_EQ(TRUECHIME_ACTION_TOO_EARLY, latest()->action);
	EXPECT_EQ(-ERANGE, chime_control_step(machine.chime, TRUECHIME_OCCASION_OPERATOR));
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
}

TEST_HARNESS_MAIN
