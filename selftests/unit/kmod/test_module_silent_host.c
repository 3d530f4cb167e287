// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module as a whole: the host's clock does not answer for a while, or for good, or is demoted.
 */
#include "selftests/unit/module_fixture.h"

/* What was seen of a stop is remembered for as long as the host does not show how long it took. */
TEST_F(module, stop_whose_host_answers_after_just_less_than_it_takes_to_be_lost)
{
	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	run(10 * S);
	stand_still(861 * S);
	machine.host_silent = true;
	check();
	run_in_checks(2 * S - 10 * MS, S - 5 * MS);
	EXPECT_EQ(TRUECHIME_REFERENCE_HOST, status().now.reference);
	machine.host_silent = false;
	run_in_checks(2 * S + 20 * MS, S + 10 * MS);
	ASSERT_EQ(1, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_PAUSE, latest()->cause);
	EXPECT_LE(llabs(error_ns()), status().now.maxerror_ns);
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
}

/* A disruption seen while the host was silent is measured when it answers. */
TEST_F(module, stop_beside_a_host_that_is_silent_for_a_moment_is_a_pause)
{
	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	machine.host_silent = true;
	stand_still(30 * S);
	run(S);
	machine.host_silent = false;
	run(S);
	ASSERT_EQ(1, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_PAUSE, latest()->cause);
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
	EXPECT_TRUE(status().corrected);
}

/* Nothing sees the stop, and the sources correct what it took before the host answers again. */
static void correct_beside_a_silent_host(struct __test_metadata *_metadata, s64 silent_ns)
{
	machine.sees_stops = false;
	machine.has_genid = false;
	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	run(10 * S);
	machine.host_silent = true;
	check();
	stand_still(30 * S);
	EXPECT_EQ(-ESTALE, correct());
	ASSERT_EQ(0, correct());
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
	run(silent_ns);
	machine.host_silent = false;
	run(5 * S);
	EXPECT_EQ(TRUECHIME_REFERENCE_HOST, status().now.reference);
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
	EXPECT_NE(CHIME_LINE_UNBOUNDED_NS, status().now.maxerror_ns);
	EXPECT_LE(llabs(error_ns()), status().now.maxerror_ns);
}

TEST_F(module, stop_that_sources_correct_beside_a_silent_host_is_not_corrected_twice)
{
	correct_beside_a_silent_host(_metadata, 0);
}

TEST_F(module, stop_that_sources_correct_before_a_host_is_lost_is_not_corrected_twice)
{
	correct_beside_a_silent_host(_metadata, 5 * S);
}

/* What the bound allows for is no disruption. */
TEST_F(module, correction_within_the_bound_leaves_a_silent_host_what_it_is)
{
	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct_with(0, 50 * MS));
	run(10 * S);
	machine.host_silent = true;
	check();
	ASSERT_EQ(0, correct_with(0, 40 * MS));
	EXPECT_EQ(TRUECHIME_REFERENCE_HOST, status().now.reference);
}

/* Something has happened, and for two seconds at most nobody can say how much time it took. */
TEST_F(module, time_is_not_known_while_the_host_is_waited_for_after_a_stop)
{
	u32 epoch;

	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	run(S);
	machine.host_silent = true;
	stand_still(30 * S);
	check();
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, status().now.maxerror_ns);
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, status().now.reading_ns);
	EXPECT_EQ(-EAGAIN, chime_control_step(machine.chime, TRUECHIME_OCCASION_OPERATOR));
	EXPECT_EQ(-EAGAIN, correct());
	epoch = status().now.epoch;
	run(S);
	EXPECT_EQ(0, machine.count);
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, status().now.maxerror_ns);
	machine.host_silent = false;
	run(20 * MS);
	ASSERT_EQ(1, machine.count);
	EXPECT_GT(MS, latest()->maxerror_before_ns);
	/* What was measured meanwhile does not count. */
	EXPECT_NE(epoch, status().now.epoch);
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, status().now.change.maxerror_ns);
	EXPECT_NE(CHIME_LINE_UNBOUNDED_NS, status().now.maxerror_ns);
	EXPECT_LE(llabs(error_ns()), status().now.maxerror_ns);
	EXPECT_EQ(0, chime_control_step(machine.chime, TRUECHIME_OCCASION_OPERATOR));
}

/* A restore will be reported in any case: the clock is not called synchronised until then. */
TEST_F(module, clock_is_unsynchronised_while_the_host_is_waited_for_after_a_restore)
{
	int sets;

	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	run(S);
	machine.host_silent = true;
	sets = machine.sets;
	revert(HOUR);
	EXPECT_EQ(0, machine.count);
	/* Setting the clock to its own time marks it unsynchronised, and once is enough. */
	EXPECT_EQ(sets + 1, machine.sets);
	check();
	EXPECT_EQ(sets + 1, machine.sets);
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, status().now.maxerror_ns);
	run(S);
	machine.host_silent = false;
	run(S);
	ASSERT_EQ(1, machine.count);
	EXPECT_EQ(TRUECHIME_ACTION_STEPPED, latest()->action);
	EXPECT_LE(llabs(error_ns()), status().now.maxerror_ns);
	EXPECT_NE(CHIME_LINE_UNBOUNDED_NS, status().now.maxerror_ns);
}

/* Programs run before the module is told that a suspend has ended, and the host is silent then. */
TEST_F(module, time_is_not_known_while_the_host_is_waited_for_after_a_suspend)
{
	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	run(S);
	machine.suspend->notifier_call(machine.suspend, PM_SUSPEND_PREPARE, NULL);
	machine.host_silent = true;
	machine.slept_ns += HOUR;
	machine.utc_ns += HOUR;
	check();
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, status().now.maxerror_ns);
	EXPECT_EQ(-EAGAIN, chime_control_step(machine.chime, TRUECHIME_OCCASION_OPERATOR));
	EXPECT_EQ(-EAGAIN, correct());
	machine.suspend->notifier_call(machine.suspend, PM_POST_SUSPEND, NULL);
	run(S);
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, status().now.maxerror_ns);
	machine.host_silent = false;
	run(S);
	ASSERT_EQ(1, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_SUSPEND, latest()->cause);
	EXPECT_NE(CHIME_LINE_UNBOUNDED_NS, status().now.maxerror_ns);
	EXPECT_LE(llabs(error_ns()), status().now.maxerror_ns);
}

/* It was stopped, and got no processor for long when it ran again. */
TEST_F(module, stop_beside_a_silent_host_is_one_however_late_the_next_check_is)
{
	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	run(S);
	machine.host_silent = true;
	stand_still(HOUR);
	check();
	machine.host_silent = false;
	machine.raw_ns += 26 * S;
	machine.utc_ns += 26 * S;
	check();
	ASSERT_EQ(1, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_PAUSE, latest()->cause);
	EXPECT_LE(llabs(error_ns()), status().now.maxerror_ns);
	EXPECT_LE(llabs(error_ns()), MS);
}

TEST_F(module, silent_host_is_carried_on_and_then_replaced_by_raw)
{
	ASSERT_EQ(0, load());
	machine.host_silent = true;
	run(S);
	EXPECT_EQ(TRUECHIME_REFERENCE_HOST, status().now.reference);
	EXPECT_EQ(TRUECHIME_HOST_FAILING, status().host_state);
	run(5 * S);
	EXPECT_EQ(TRUECHIME_REFERENCE_RAW, status().now.reference);
	EXPECT_EQ(TRUECHIME_STATE_CORRECTED, status().now.state);
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
	/* The offset between the two references is known. */
	EXPECT_EQ(0, status().now.change.maxerror_ns);
	machine.host_silent = false;
	run(2 * S);
	EXPECT_EQ(TRUECHIME_REFERENCE_HOST, status().now.reference);
	EXPECT_EQ(TRUECHIME_STATE_HOST, status().now.state);
	EXPECT_EQ(0, machine.count);
}

/* The slew has gone on for longer than the line remembers, and ends unseen. */
TEST_F(module, host_that_is_lost_amid_a_slew_may_have_ended_it)
{
	ASSERT_EQ(0, load());
	state_host_maxerror(MS);
	machine.host_rate_ppm = 500;
	machine.host_ahead_ns = -10 * MS;
	run(20 * S);
	machine.host_silent = true;
	machine.host_rate_ppm = 0;
	run(600 * S);
	EXPECT_EQ(TRUECHIME_REFERENCE_RAW, status().now.reference);
	EXPECT_LE(llabs(error_ns()), status().now.maxerror_ns);
}

/* What its rate changed by last is not what it is slewed by. */
TEST_F(module, host_that_is_lost_amid_a_slew_whose_rate_changed_may_have_ended_it)
{
	machine.host_ahead_ns = -20 * MS;
	ASSERT_EQ(0, load());
	state_host_maxerror(MS);
	machine.host_rate_ppm = 500;
	run(20 * S);
	machine.host_rate_ppm = 490;
	run(20 * S);
	machine.host_silent = true;
	machine.host_rate_ppm = 0;
	run(600 * S);
	EXPECT_EQ(TRUECHIME_REFERENCE_RAW, status().now.reference);
	EXPECT_LE(llabs(error_ns()), status().now.maxerror_ns);
}

/* A rate that lasts is the host's own. */
TEST_F(module, host_that_is_lost_long_after_a_slew_runs_on)
{
	ASSERT_EQ(0, load());
	state_host_maxerror(MS);
	machine.host_rate_ppm = 500;
	run(150 * S);
	machine.host_silent = true;
	run(600 * S);
	EXPECT_GT(3 * MS, status().now.maxerror_ns);
}

TEST_F(module, host_whose_readings_contradict_each_other_is_as_good_as_silent)
{
	ASSERT_EQ(0, load());
	machine.host_wild = true;
	run(S);
	EXPECT_EQ(TRUECHIME_REFERENCE_HOST, status().now.reference);
	EXPECT_EQ(TRUECHIME_HOST_FAILING, status().host_state);
	run(5 * S);
	EXPECT_EQ(TRUECHIME_REFERENCE_RAW, status().now.reference);
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
	/* Restores are noticed meanwhile. */
	revert(HOUR);
	EXPECT_EQ(1, machine.count);
	EXPECT_EQ(TRUECHIME_ACTION_DISTRUSTED, latest()->action);
	machine.host_wild = false;
	run(2 * S);
	EXPECT_EQ(TRUECHIME_REFERENCE_HOST, status().now.reference);
	EXPECT_EQ(TRUECHIME_HOST_CHOSEN, status().host_state);
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
}

TEST_F(module, revert_beside_a_silent_host_is_reported_and_repaired_when_it_answers)
{
	ASSERT_EQ(0, load());
	machine.host_silent = true;
	run(5 * S);
	revert(HOUR);
	ASSERT_EQ(1, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_REVERT, latest()->cause);
	EXPECT_EQ(TRUECHIME_ACTION_DISTRUSTED, latest()->action);
	EXPECT_EQ(TRUECHIME_STATE_FREE, status().now.state);
	EXPECT_LT(0, machine.sets);
	machine.host_silent = false;
	run(3 * S);
	ASSERT_EQ(2, machine.count);
	EXPECT_EQ(TRUECHIME_ACTION_STEPPED, latest()->action);
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
	/* The raw clock was disrupted: the host's line is restarted, and does not show a jump. */
	EXPECT_EQ(TRUECHIME_CAUSE_UNKNOWN, latest()->cause);
}

/*
 * After the stop nothing but the host says what time it is, so no single reading of it is enough,
 * whichever is the wrong one.
 */
TEST_F(module, lost_host_is_not_followed_by_one_reading_after_a_revert)
{
	int at;

	for (at = 1; at <= 5; at++) {
		machine_begin();
		ASSERT_EQ(0, load());
		machine.host_silent = true;
		run(5 * S);
		revert(HOUR);
		EXPECT_EQ(1, machine.count);
		machine.wild_at = at;
		machine.host_silent = false;
		while (machine.wild_at) {
			check();
			EXPECT_LE(llabs(machine.behind_ns), HOUR + S)
				TH_LOG("reading %d is wrong", at);
			EXPECT_LE(llabs(error_ns()), status().now.maxerror_ns)
				TH_LOG("reading %d is wrong", at);
		}
		run(3 * S);
		EXPECT_EQ(TRUECHIME_HOST_CHOSEN, status().host_state);
		EXPECT_EQ(2, machine.count);
		EXPECT_EQ(TRUECHIME_ACTION_STEPPED, latest()->action);
		EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
		EXPECT_LE(llabs(error_ns()), status().now.maxerror_ns);
		played_module_exit();
	}
}

/*
 * Sources have put a guest right whose host is lost. It is reverted again, and the host answers at
 * the very check that sees it: the correction is of the time before.
 */
TEST_F(module, revert_at_whose_check_a_lost_host_answers_ends_the_correction)
{
	ASSERT_EQ(0, load());
	machine.host_silent = true;
	run(5 * S);
	revert(HOUR);
	ASSERT_EQ(1, machine.count);
	ASSERT_EQ(0, correct());
	run(60 * S);
	stand_still(213 * S);
	notify_genid();
	machine.host_silent = false;
	check();
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
	ASSERT_EQ(3, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_REVERT, machine.events[1].cause);
	EXPECT_EQ(TRUECHIME_ACTION_DISTRUSTED, machine.events[1].action);
	EXPECT_EQ(TRUECHIME_ACTION_STEPPED, machine.events[2].action);
	EXPECT_FALSE(status().corrected);
	run(10 * S);
	EXPECT_EQ(3, machine.count);
}

/*
 * It is moved to a host that answers, and no kvm-clock says how long it stood still. By the line of
 * a minute before, the 50 ms may as well be a slew.
 */
TEST_F(module, move_at_whose_check_a_lost_host_answers_ends_the_correction)
{
	machine.sees_stops = false;
	machine.has_genid = false;
	machine.has_page = true;
	machine.page_maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
	ASSERT_EQ(0, load());
	machine.host_silent = true;
	run(60 * S);
	ASSERT_EQ(0, correct());
	stand_still(50 * MS);
	machine.page_evidence = BIT(TRUECHIME_EVIDENCE_MARKER);
	machine.host_silent = false;
	check();
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, status().now.maxerror_ns);
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
}

/*
 * As above, but nothing sees the second stop: there is no such device, and the hypervisor does not
 * tell. All that is known is that host and correction are not of one opinion any more.
 */
TEST_F(module, stop_that_nothing_saw_before_a_lost_host_answers_leaves_no_bound)
{
	ASSERT_EQ(0, load());
	machine.host_silent = true;
	run(5 * S);
	revert(HOUR);
	ASSERT_EQ(0, correct());
	run(60 * S);
	machine.sees_stops = false;
	stand_still(213 * S);
	machine.host_silent = false;
	check();
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, status().now.maxerror_ns);
	ASSERT_EQ(0, correct());
	EXPECT_GT(MS, status().now.maxerror_ns);
}

/*
 * As above, and an agent has set the system clock right before the host answers. It is not stepped
 * to a time that nobody knows to be right, unless it is further off than host and correction
 * differ.
 */
TEST_F(module, clock_that_others_set_is_left_where_a_lost_host_contradicts)
{
	ASSERT_EQ(0, load());
	machine.host_silent = true;
	run(5 * S);
	revert(HOUR);
	ASSERT_EQ(0, correct());
	run(60 * S);
	machine.sees_stops = false;
	stand_still(213 * S);
	machine.behind_ns = 0;
	machine.sets = 0;
	machine.host_silent = false;
	check();
	/* To its own time, which marks it unsynchronised. */
	EXPECT_EQ(1, machine.sets);
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
	EXPECT_EQ(TRUECHIME_CAUSE_UNKNOWN, latest()->cause);
	EXPECT_EQ(TRUECHIME_ACTION_DISTRUSTED, latest()->action);
	EXPECT_EQ(latest()->offset_ns, latest()->residual_ns);
	EXPECT_LE(llabs(latest()->residual_ns + 213 * S), CLOSE_NS);
}

TEST_F(module, clock_that_others_set_far_off_is_stepped_where_a_lost_host_contradicts)
{
	ASSERT_EQ(0, load());
	machine.host_silent = true;
	run(5 * S);
	revert(HOUR);
	ASSERT_EQ(0, correct());
	run(60 * S);
	machine.sees_stops = false;
	stand_still(213 * S);
	machine.behind_ns = HOUR;
	machine.host_silent = false;
	check();
	EXPECT_EQ(TRUECHIME_ACTION_STEPPED, latest()->action);
	EXPECT_LE(llabs(machine.behind_ns - 213 * S), CLOSE_NS);
}

/* Of its clock only one reading is known, and not its rate against this machine's counter. */
TEST_F(module, correction_is_not_turned_by_the_slope_that_a_host_begins_with)
{
	int restored;

	for (restored = 0; restored < 2; restored++) {
		machine_begin();
		machine.raw_slow_ppm = 50;
		ASSERT_EQ(0, load());
		if (restored) {
			machine.host_silent = true;
			run(10 * S);
			revert(HOUR);
			ASSERT_EQ(0, correct_at_rate(50 * CHIME_PPM_Q32));
			machine.host_silent = false;
			run(S);
		} else {
			ASSERT_EQ(0, correct());
			ASSERT_EQ(0, choose_host("kvm"));
		}
		EXPECT_EQ(TRUECHIME_REFERENCE_HOST, status().now.reference);
		EXPECT_TRUE(status().corrected);
		run(60 * S);
		EXPECT_LE(llabs(error_ns()), 100 * US);
		/* Nor is it known that the host's clock runs as UTC does. */
		EXPECT_LE(60 * S / 1000000 * 500, status().now.maxerror_ns);
		ASSERT_EQ(0, correct());
		EXPECT_GT(100 * US, status().now.maxerror_ns);
		played_module_exit();
	}
}

TEST_F(module, host_that_is_set_aside_still_measures_gaps)
{
	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	ASSERT_EQ(0, demote_host(true));
	EXPECT_EQ(TRUECHIME_REFERENCE_RAW, status().now.reference);
	EXPECT_EQ(TRUECHIME_HOST_DEMOTED, status().host_state);
	revert(HOUR);
	EXPECT_EQ(TRUECHIME_CAUSE_REVERT, latest()->cause);
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
	/* The bound grows by the error of a free clock in that time. */
	EXPECT_LT(S, status().now.maxerror_ns);
	machine.host_ahead_ns = 60 * S;
	check();
	EXPECT_EQ(TRUECHIME_CAUSE_HOST_STEP, latest()->cause);
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
	ASSERT_EQ(0, demote_host(false));
	EXPECT_EQ(TRUECHIME_REFERENCE_HOST, status().now.reference);
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
}

/* The host does not answer; kvm-clock shows a stop, and ACPI says a moment later what it was. */
TEST_F(module, late_notification_of_a_restore_marks_the_clock_beside_a_silent_host)
{
	ASSERT_EQ(0, load());
	machine.host_silent = true;
	stand_still(HOUR);
	check();
	EXPECT_EQ(0, machine.sets);
	machine_pass(100 * MS);
	notify_genid();
	check();
	EXPECT_LT(0, machine.sets);
	/* Once is enough. */
	machine.sets = 0;
	machine_pass(100 * MS);
	check();
	EXPECT_EQ(0, machine.sets);
	machine.host_silent = false;
	check();
	ASSERT_EQ(1, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_REVERT, latest()->cause);
	EXPECT_EQ(TRUECHIME_ACTION_STEPPED, latest()->action);
	/* Each restore is marked. */
	run(20 * S);
	machine.host_silent = true;
	stand_still(HOUR);
	check();
	machine.sets = 0;
	notify_genid();
	check();
	EXPECT_LT(0, machine.sets);
}

/* Check when the RTC's second has begun so long ago. */
static void check_in_second(s64 ns)
{
	machine_pass(S + ns - machine.utc_ns % S);
	check();
}

/* What bounded the RTC before a pause that the host has measured says nothing of it afterwards. */
TEST_F(module, rtc_does_not_report_a_pause_once_more_when_the_host_falls_silent)
{
	machine.has_rtc = true;
	machine.rtc_ahead_ns = 5 * HOUR;
	ASSERT_EQ(0, load());
	/* The RTC is read after each report, when it has shown the same second for long. */
	stand_still(30 * S);
	check();
	check_in_second(970 * MS);
	stand_still(S);
	check();
	check_in_second(984 * MS);
	ASSERT_EQ(0, correct());
	EXPECT_EQ(2, machine.count);
	machine.host_silent = true;
	check_in_second(20 * MS);
	run(10 * S);
	EXPECT_EQ(2, machine.count);
	EXPECT_TRUE(status().corrected);
	/* A pause beside a host that is lost is reported as before. */
	stand_still(30 * S);
	machine.was_set = false;
	run(3 * S);
	EXPECT_EQ(3, machine.count);
	EXPECT_TRUE(latest()->evidence & BIT(TRUECHIME_EVIDENCE_RTC));
}

/* By its size a slew since the host was lost explains the stop as well, but the stop was seen. */
TEST_F(module, stop_at_whose_check_a_lost_host_answers_leaves_no_system_clock_wrong)
{
	static const s64 took_ns[] = { 30 * MS, 100 * MS, 30 * MS };
	unsigned int i;

	ASSERT_EQ(0, load());
	for (i = 0; i < ARRAY_SIZE(took_ns); i++) {
		machine.count = 0;
		machine.host_silent = true;
		run(600 * S);
		EXPECT_EQ(TRUECHIME_REFERENCE_RAW, status().now.reference);
		machine.host_silent = false;
		stand_still(took_ns[i]);
		if (i == 2)
			notify_genid();
		check();
		run(60 * S);
		EXPECT_EQ(TRUECHIME_STATE_HOST, status().now.state);
		EXPECT_LE(llabs(error_ns()), CLOSE_NS);
		ASSERT_EQ(1, machine.count);
		EXPECT_EQ(TRUECHIME_ACTION_STEPPED, latest()->action);
		if (i == 2)
			EXPECT_EQ(TRUECHIME_CAUSE_REVERT, latest()->cause);
		EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
	}
}

/* An adjustable PTP clock gets back what such a stop took from it. */
TEST_F(module, stop_at_whose_check_a_lost_host_answers_leaves_no_external_clock_behind)
{
	static const s64 took_ns[] = { 30 * MS, 60 * MS, 30 * MS };
	unsigned int i;

	ASSERT_EQ(0, load());
	chime_control_set_mode(machine.chime, TRUECHIME_MODE_EXTERNAL);
	EXPECT_EQ(0, chime_control_add_offset(machine.chime, 0));
	for (i = 0; i < ARRAY_SIZE(took_ns); i++) {
		machine.host_silent = true;
		run(600 * S);
		machine.host_silent = false;
		stand_still(took_ns[i]);
		check();
		run(60 * S);
		EXPECT_LE(llabs(error_ns()), CLOSE_NS);
	}
}

/* Its two seconds are those of this guest, and not of the stop that its raw clock ran through. */
TEST_F(module, host_that_is_silent_before_and_after_a_long_stop_is_not_lost_by_that)
{
	unsigned int gave_back;

	ASSERT_EQ(0, load());
	for (gave_back = 0; gave_back <= 1; gave_back++) {
		ASSERT_EQ(0, correct());
		run(S);
		machine.host_silent = true;
		check();
		stand_still_set_ahead(HOUR, 0);
		machine.raw_lost_ns -= gave_back ? 0 : HOUR;
		check();
		EXPECT_TRUE(status().corrected);
		EXPECT_EQ(TRUECHIME_REFERENCE_HOST, status().now.reference);
		machine.host_silent = false;
		run(S);
		EXPECT_EQ(gave_back, machine.count);
		EXPECT_TRUE(status().corrected);
		EXPECT_LE(llabs(error_ns()), CLOSE_NS);
	}
}

TEST_HARNESS_MAIN
