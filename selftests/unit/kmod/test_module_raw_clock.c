// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module as a whole: the raw clock loses time, the hypervisor sets it ahead, or it counts by
 * another clocksource.
 */
#include "selftests/unit/module_fixture.h"

/* The host's own rate has lasted for longer than slews do: the bound is as narrow as it was. */
TEST_F(module, another_clocksource_of_a_host_that_is_not_slewed_is_confirmed)
{
	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	run(100 * S);
	machine.clocksource++;
	machine.raw_slow_ppm = 46;
	run(50 * S);
	EXPECT_GE(status().now.maxerror_ns, 50 * MS);
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
	run(60 * S);
	EXPECT_LE(status().now.maxerror_ns, 4 * MS);
	ASSERT_EQ(0, correct());
	EXPECT_LE(status().now.maxerror_ns, 50 * US);
}

/* The guest may be paused before the new rate was confirmed. */
TEST_F(module, pause_soon_after_another_clocksource_breaks_no_bound)
{
	static const int pauses_s[] = { 1, 2, 20 };
	unsigned int i;
	int second;

	for (i = 0; i < ARRAY_SIZE(pauses_s); i++) {
		machine_begin();
		ASSERT_EQ(0, load());
		ASSERT_EQ(0, correct());
		run(60 * S);
		machine.clocksource++;
		machine.raw_slow_ppm = -100;
		machine.host_rate_ppm = 700;
		for (second = 0; second < 300; second++) {
			if (second == pauses_s[i]) {
				stand_still(20 * S);
				machine.host_ahead_ns += 20 * 700 * US;
			}
			if (second == 60)
				machine.host_rate_ppm = 0;
			run(S);
			ASSERT_LE(llabs(error_ns()), status().now.maxerror_ns + CLOSE_NS)
				TH_LOG("pause %d, second %d", pauses_s[i], second);
		}
		played_module_exit();
	}
}

/* acpi_pm wraps within 4.7 s. */
TEST_F(module, time_that_the_raw_clock_lost_is_given_back)
{
	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	machine_pass(300 * MS);
	lose_ticks(4680 * MS);
	check();
	ASSERT_EQ(1, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_UNKNOWN, latest()->cause);
	EXPECT_TRUE(latest()->evidence & BIT(TRUECHIME_EVIDENCE_RAW_LOST));
	EXPECT_EQ(TRUECHIME_ACTION_STEPPED, latest()->action);
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
	EXPECT_TRUE(status().corrected);
	/* So little in an idle guest is no slew of the host's either. */
	run(10 * S);
	machine_pass(S);
	lose_ticks(50 * MS);
	check();
	ASSERT_EQ(2, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_UNKNOWN, latest()->cause);
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
	/* The host's own step is none of the raw clock's, whatever the counters' rates. */
	run(10 * S);
	machine.raw_lost_ns += 500 * 1000;
	machine.host_ahead_ns = 3 * S;
	check();
	ASSERT_EQ(3, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_HOST_STEP, latest()->cause);
	/* Nor is it if both happen, and the host's is larger. */
	run(10 * S);
	lose_ticks(S);
	machine.host_ahead_ns = -300 * S;
	check();
	EXPECT_EQ(TRUECHIME_CAUSE_HOST_STEP, latest()->cause);
	/* A counter that was set anew is comparable to nothing. */
	run(10 * S);
	stand_still(S);
	machine.raw_lost_ns -= HOUR;
	check();
	EXPECT_EQ(TRUECHIME_CAUSE_PAUSE, latest()->cause);
}

/*
 * So little could be a slew of the host's clock, but for kvm-clock. Nobody else would put it right
 * where no daemon runs.
 */
TEST_F(module, milliseconds_that_the_raw_clock_moved_are_no_slew)
{
	ASSERT_EQ(0, load());
	lose_ticks(1391 * MS);
	check();
	machine_pass(8 * MS);
	lose_ticks(-5700 * US);
	check();
	ASSERT_EQ(2, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_UNKNOWN, latest()->cause);
	EXPECT_TRUE(latest()->evidence & BIT(TRUECHIME_EVIDENCE_RAW_LOST));
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
	/* The host's own is one. */
	machine.host_ahead_ns = -5700 * US;
	run(5 * S);
	EXPECT_EQ(2, machine.count);
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
	/* Nor does a reading show the raw clock better than to its uncertainty. */
	machine.host_late_ns = 5 * MS;
	check();
	machine.host_late_ns = 0;
	run(5 * S);
	EXPECT_EQ(2, machine.count);
}

/*
 * Cloud Hypervisor and Firecracker set the guest's clock ahead themselves when they restore it: all
 * clocks of the kernel jump together, and some ms are missing.
 */
TEST_F(module, time_that_the_hypervisor_gave_back_is_reported_and_not_given_twice)
{
	static const s64 missing_ns[] = { 3 * MS, 0, -5 * MS, 100 * MS };
	unsigned int i;

	ASSERT_EQ(0, load());
	for (i = 0; i < ARRAY_SIZE(missing_ns); i++) {
		ASSERT_EQ(0, correct());
		run(60 * S);
		ASSERT_EQ(0, correct());
		machine.sets = 0;
		stand_still_set_ahead(HOUR, missing_ns[i]);
		if (i % 2)
			notify_genid();
		machine_pass(50 * MS);
		check();
		ASSERT_EQ(i + 1, machine.count);
		EXPECT_EQ(i % 2 ? TRUECHIME_CAUSE_REVERT : TRUECHIME_CAUSE_PAUSE, latest()->cause);
		/* How long it was stopped is known to the latest check. */
		EXPECT_LE(llabs(latest()->gap_ns - HOUR), 150 * MS);
		EXPECT_LE(llabs(latest()->offset_ns - missing_ns[i]), CLOSE_NS);
		EXPECT_EQ(missing_ns[i] ? TRUECHIME_ACTION_STEPPED : TRUECHIME_ACTION_NONE,
			  latest()->action);
		EXPECT_EQ(!!missing_ns[i], !!machine.sets);
		EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
		EXPECT_LE(llabs(error_ns()), CLOSE_NS);
		EXPECT_TRUE(status().corrected);
		/* What the host's daemon did in an hour is as little known as after any stop. */
		EXPECT_LE(100 * MS, latest()->maxerror_ns);
		EXPECT_GE(200 * MS, latest()->maxerror_ns);
		EXPECT_LE(50 * MS, latest()->latency_ns);
		EXPECT_GE(100 * MS, latest()->latency_ns);
	}
	run(60 * S);
	EXPECT_EQ(i, (unsigned int)machine.count);
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
}

TEST_F(module, time_that_the_hypervisor_gave_back_is_a_fork_only_by_its_id)
{
	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	run(10 * S);
	stand_still_set_ahead(HOUR, 3 * MS);
	machine.genid_changed = true;
	check();
	ASSERT_EQ(1, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_FORK, latest()->cause);
	EXPECT_LE(llabs(latest()->gap_ns - HOUR), CLOSE_NS);
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
	run(10 * S);
	EXPECT_EQ(1, machine.count);
}

/* Nobody else gives it back to the clock of mode external, or to a clock beside a demoted host. */
TEST_F(module, time_that_the_hypervisor_gave_back_is_given_to_all_clocks)
{
	ASSERT_EQ(0, load());
	chime_control_set_mode(machine.chime, TRUECHIME_MODE_EXTERNAL);
	EXPECT_EQ(0, chime_control_add_offset(machine.chime, S));
	machine.behind_ns = 5 * S;
	run(10 * S);
	stand_still_set_ahead(HOUR, 100 * MS);
	check();
	ASSERT_EQ(1, machine.count);
	EXPECT_LE(llabs(error_ns() - S), CLOSE_NS);
	EXPECT_LE(llabs(machine.behind_ns - 5 * S), CLOSE_NS);
	chime_control_set_mode(machine.chime, TRUECHIME_MODE_AUTO);
	ASSERT_EQ(0, correct());
	ASSERT_EQ(0, demote_host(true));
	run(10 * S);
	stand_still_set_ahead(HOUR, 100 * MS);
	check();
	ASSERT_EQ(2, machine.count);
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
	EXPECT_LE(S, status().now.maxerror_ns);
}

/* A hypervisor may also set the clock to something else. */
TEST_F(module, time_that_the_hypervisor_gave_too_much_is_taken_back)
{
	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	run(10 * S);
	stand_still_set_ahead(S, -HOUR);
	check();
	ASSERT_EQ(1, machine.count);
	EXPECT_LE(llabs(latest()->gap_ns + HOUR), CLOSE_NS);
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
	run(10 * S);
	EXPECT_EQ(1, machine.count);
}

/* A TSC runs on while a guest stands still, and kvm-clock does not. */
TEST_F(module, stop_that_the_raw_clock_ran_through_is_nothing_to_report)
{
	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	run(10 * S);
	stand_still_set_ahead(HOUR, 0);
	machine.raw_lost_ns -= HOUR;
	check();
	run(10 * S);
	EXPECT_EQ(0, machine.count);
	EXPECT_EQ(0, machine.sets);
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
}

/* It was checked all the time, and is moved to a host that answers. */
TEST_F(module, silence_of_the_host_is_no_time_that_the_hypervisor_gave_back)
{
	ASSERT_EQ(0, load());
	run(10 * S);
	machine.host_silent = true;
	run(60 * S);
	machine.host_silent = false;
	stand_still(0);
	check();
	EXPECT_EQ(0, machine.count);
	machine.host_silent = true;
	run(600 * S);
	machine.host_silent = false;
	stand_still(300 * MS);
	check();
	ASSERT_EQ(1, machine.count);
	EXPECT_LE(llabs(latest()->gap_ns - 300 * MS), CLOSE_NS);
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
}

/* The host falls silent just then: all that is left when it answers again is its time. */
TEST_F(module, time_that_the_hypervisor_gave_back_beside_a_host_that_falls_silent)
{
	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	run(10 * S);
	stand_still_set_ahead(HOUR, 100 * MS);
	machine.host_wild = true;
	run(10 * S);
	machine.host_wild = false;
	run(10 * S);
	EXPECT_LE(llabs(error_ns()), status().now.maxerror_ns);
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
	EXPECT_EQ(TRUECHIME_REFERENCE_HOST, status().now.reference);
}

/* It answers again at the end of the stop, as a host does that a guest was moved to. */
TEST_F(module, time_that_the_hypervisor_gave_back_when_a_lost_host_answers_is_given_once)
{
	ASSERT_EQ(0, load());
	chime_control_set_mode(machine.chime, TRUECHIME_MODE_EXTERNAL);
	EXPECT_EQ(0, chime_control_add_offset(machine.chime, S));
	run(10 * S);
	machine.host_silent = true;
	run(60 * S);
	EXPECT_EQ(TRUECHIME_REFERENCE_RAW, status().now.reference);
	EXPECT_LE(llabs(error_ns() - S), CLOSE_NS);
	stand_still_set_ahead(HOUR, 100 * MS);
	machine.host_silent = false;
	check();
	ASSERT_EQ(1, machine.count);
	EXPECT_EQ(TRUECHIME_REFERENCE_HOST, status().now.reference);
	EXPECT_LE(llabs(latest()->gap_ns - HOUR), CLOSE_NS);
	EXPECT_LE(llabs(error_ns() - S), CLOSE_NS);
	run(10 * S);
	EXPECT_LE(llabs(error_ns() - S), CLOSE_NS);
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
}

/*
 * So little is told from a slew of the host's clock as little as what was lost, however sure it is
 * that this is no other host.
 */
TEST_F(module, little_that_the_hypervisor_gave_too_much_is_in_the_bound)
{
	unsigned int notifies;

	machine.has_page = true;
	ASSERT_EQ(0, load());
	for (notifies = 0; notifies <= 1; notifies++) {
		ASSERT_EQ(0, correct());
		run(10 * S);
		EXPECT_GE(100 * US, status().now.maxerror_ns);
		stand_still_set_ahead(700 * MS, -900 * US);
		if (notifies)
			notify_genid();
		/* A reading may be off by as much as it says. */
		machine.host_late_ns = 50 * US;
		machine.host_ahead_ns = 100 * US;
		check();
		machine.host_late_ns = 0;
		machine.host_ahead_ns = 0;
		EXPECT_LE(llabs(error_ns()), status().now.maxerror_ns);
		EXPECT_GE(3 * MS, status().now.maxerror_ns);
		run(5 * S);
		EXPECT_LE(llabs(error_ns()), status().now.maxerror_ns);
	}
}

/* A correction is in force, measured against the host, or against raw if that is @demoted. */
static int correct_beside_host(bool demoted)
{
	return correct() ?: demote_host(demoted) ?: correct();
}

/*
 * So little is told from a slew of the host's clock by the stop that was seen. It is reported when
 * several of them took as much as one that is, and nothing is lost meanwhile. The clock of a host
 * that was demoted measures it all the same.
 */
TEST_F(module, many_stops_of_less_than_a_millisecond_leave_the_time_right)
{
	unsigned int demoted, i;

	ASSERT_EQ(0, load());
	for (demoted = 0; demoted <= 1; demoted++) {
		ASSERT_EQ(0, correct_beside_host(demoted));
		run(60 * S);
		machine.count = 0;
		for (i = 0; i < 20; i++) {
			stand_still(900 * US);
			machine_pass(8 * MS);
			check();
			EXPECT_LE(llabs(error_ns()), 20 * US);
			EXPECT_LE(llabs(error_ns()), status().now.maxerror_ns);
			EXPECT_LE(llabs(machine.behind_ns), MS);
			ASSERT_EQ((i + 1) / 2, machine.count);
			run(2 * S);
		}
		EXPECT_EQ(TRUECHIME_CAUSE_PAUSE, latest()->cause);
		EXPECT_EQ(TRUECHIME_ACTION_STEPPED, latest()->action);
		EXPECT_LE(llabs(latest()->gap_ns - 1800 * US), 20 * US);
		EXPECT_TRUE(latest()->evidence & BIT(TRUECHIME_EVIDENCE_CLOCK_SET));
	}
}

/* Each may have taken as much as the errors of the readings hide. */
TEST_F(module, stops_that_coarse_readings_hide_are_within_the_bound)
{
	unsigned int demoted, i;

	ASSERT_EQ(0, load());
	for (demoted = 0; demoted <= 1; demoted++) {
		ASSERT_EQ(0, correct_beside_host(demoted));
		machine.host_late_ns = 300 * US;
		run(60 * S);
		/* However the hosts' clocks may differ is no part of this. */
		machine.chime->host.apart_ns = 0;
		machine.count = 0;
		for (i = 0; i < 20; i++) {
			stand_still(500 * US);
			machine_pass(8 * MS);
			check();
			EXPECT_LE(llabs(error_ns()), status().now.maxerror_ns);
			run(2 * S);
		}
		EXPECT_EQ(0, machine.count);
		machine.host_late_ns = 0;
		run(10 * S);
		ASSERT_EQ(0, correct());
		EXPECT_GE(400 * US, status().now.maxerror_ns);
	}
}

TEST_F(module, another_clocksource_loses_the_rate)
{
	s64 before_ns;

	ASSERT_EQ(0, load_without_host());
	ASSERT_EQ(0, correct());
	before_ns = status().now.maxerror_ns;
	machine.clocksource++;
	run(100 * S);
	EXPECT_EQ(1, status().clocksource_epoch);
	EXPECT_EQ(0, status().now.change.maxerror_ns);
	EXPECT_LT(before_ns + 100 * 400 * 1000, status().now.maxerror_ns);
	EXPECT_EQ(0, machine.count);
}

/* The bound allows for the new counter's rate all the same. */
TEST_F(module, step_of_the_host_soon_after_another_clocksource_takes_nothing_from_the_bound)
{
	s64 before_ns;
	int checks;

	machine.sees_stops = false;
	machine.has_page = true;
	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	machine.clocksource++;
	run(5 * S);
	ASSERT_EQ(0, correct());
	run(S);
	machine.host_ahead_ns -= 2 * S;
	check();
	ASSERT_EQ(1, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_HOST_STEP, latest()->cause);
	for (checks = 0; checks < 20; checks++) {
		before_ns = status().now.maxerror_ns;
		machine_pass(300 * MS);
		EXPECT_LE(before_ns, status().now.maxerror_ns);
		check();
		EXPECT_LE(before_ns, status().now.maxerror_ns);
		EXPECT_LE(llabs(error_ns()), status().now.maxerror_ns);
	}
}

/* Its line is of before: whoever chooses the host anew knows no more of the new counter. */
TEST_F(module, silent_host_that_is_chosen_anew_after_another_clocksource_keeps_its_doubt)
{
	const char *const names[] = { "auto", NULL };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		machine_begin();
		ASSERT_EQ(0, load());
		state_host_maxerror(US);
		machine.host_silent = true;
		machine.clocksource++;
		machine.raw_slow_ppm = 46;
		run_in_checks(S / 2, 100 * MS);
		EXPECT_LE(llabs(error_ns()), status().now.maxerror_ns);
		if (names[i]) {
			ASSERT_EQ(0, choose_host(names[i]));
		} else {
			ASSERT_EQ(0, demote_host(true));
			ASSERT_EQ(0, demote_host(false));
		}
		EXPECT_EQ(TRUECHIME_STATE_HOST, status().now.state);
		EXPECT_LE(llabs(error_ns()), status().now.maxerror_ns);
		run_in_checks(S, 100 * MS);
		EXPECT_LE(llabs(error_ns()), status().now.maxerror_ns);
		EXPECT_GE(2 * MS, status().now.maxerror_ns);
		machine.host_silent = false;
		run(5 * S);
		EXPECT_GE(10 * US, status().now.maxerror_ns);
		machine_unload();
	}
}

/* It has had another rate since the check before, when everything was right. */
TEST_F(module, another_clocksource_may_have_been_taken_right_after_a_check)
{
	ASSERT_EQ(0, load_without_host());
	ASSERT_EQ(0, correct());
	run(S);
	machine.clocksource++;
	machine.raw_slow_ppm = 400;
	run(S);
	EXPECT_LE(llabs(error_ns()), status().now.maxerror_ns);
	run(S);
	EXPECT_LE(llabs(error_ns()), status().now.maxerror_ns);
}

/* The clock goes on by the old one's rate until that is noticed. */
TEST_F(module, another_clocksource_may_be_off_the_other_way)
{
	int second;

	machine.raw_slow_ppm = -450;
	ASSERT_EQ(0, load_without_host());
	ASSERT_EQ(0, correct_at_rate(-450 * CHIME_PPM_Q32));
	run(S);
	machine.clocksource++;
	machine.raw_slow_ppm = 450;
	for (second = 0; second < 10; second++) {
		run(S);
		ASSERT_LE(llabs(error_ns()), status().now.maxerror_ns) TH_LOG("second %d", second);
	}
}

TEST_F(module, another_clocksource_may_be_off_the_other_way_beside_a_silent_host)
{
	int corrected, second;

	for (corrected = 0; corrected < 2; corrected++) {
		machine_begin();
		machine.raw_slow_ppm = -450;
		ASSERT_EQ(0, load());
		run(60 * S);
		state_host_maxerror(MS);
		if (corrected)
			ASSERT_EQ(0, correct());
		run(S);
		machine.host_silent = true;
		machine.clocksource++;
		machine.raw_slow_ppm = 450;
		for (second = 0; second < 100; second++) {
			run(S);
			ASSERT_LE(llabs(error_ns()), status().now.reading_ns)
				TH_LOG("corrected %d, second %d", corrected, second);
		}
		played_module_exit();
	}
}

/* A TSC that becomes unstable may take both the host's answers and this guest's clocksource. */
TEST_F(module, another_clocksource_beside_a_silent_host_loses_the_rate)
{
	int corrected;

	for (corrected = 0; corrected < 2; corrected++) {
		machine_begin();
		ASSERT_EQ(0, load());
		state_host_maxerror(MS);
		if (corrected)
			ASSERT_EQ(0, correct());
		machine.host_silent = true;
		run(S);
		machine.clocksource++;
		machine.raw_slow_ppm = 400;
		run(S);
		EXPECT_EQ(TRUECHIME_REFERENCE_HOST, status().now.reference);
		EXPECT_LE(llabs(error_ns()), status().now.reading_ns);
		run(600 * S);
		EXPECT_EQ(TRUECHIME_REFERENCE_RAW, status().now.reference);
		EXPECT_LE(llabs(error_ns()), status().now.maxerror_ns);
		/* Measurements are converted by a rate that is as little known. */
		EXPECT_LE(500 * CHIME_PPM_Q32, status().now.change.sigma_rate_q32);
		played_module_exit();
	}
}

/* After hours a line by another clocksource is far off, and no clock has jumped. */
TEST_F(module, another_clocksource_while_the_host_is_lost_is_no_step_of_it)
{
	int early;

	for (early = 0; early < 2; early++) {
		machine_begin();
		ASSERT_EQ(0, load());
		machine.host_silent = true;
		run(early ? S : 10 * S);
		machine.clocksource++;
		machine.raw_slow_ppm = 100;
		run(10 * S);
		ASSERT_EQ(0, correct_at_rate(100 * CHIME_PPM_Q32));
		run(HOUR);
		/* The daemon has kept it right. */
		machine.behind_ns = 0;
		machine.host_silent = false;
		run(S);
		EXPECT_EQ(TRUECHIME_REFERENCE_HOST, status().now.reference);
		EXPECT_EQ(0, machine.count);
		run(60 * S);
		EXPECT_EQ(0, machine.count);
		EXPECT_LE(llabs(error_ns()), status().now.maxerror_ns);
		played_module_exit();
	}
}

/* Nothing was disrupted: what another program has set meanwhile is its own. */
TEST_F(module, another_clocksource_while_the_host_is_lost_does_not_undo_what_others_set)
{
	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	machine.host_silent = true;
	run(10 * S);
	machine.clocksource++;
	machine.raw_slow_ppm = -50;
	run(10 * S);
	machine.behind_ns = -HOUR;
	run(10 * S);
	machine.host_silent = false;
	run(60 * S);
	EXPECT_EQ(TRUECHIME_REFERENCE_HOST, status().now.reference);
	EXPECT_EQ(0, machine.count);
	EXPECT_GE(-HOUR + MS, machine.behind_ns);
	EXPECT_LE(llabs(error_ns()), status().now.maxerror_ns);
	/* A step of the host's clock meanwhile shows all the same. */
	machine.host_silent = true;
	run(10 * S);
	machine.clocksource++;
	machine.host_ahead_ns = 300 * S;
	run(10 * S);
	machine.host_silent = false;
	run(S);
	ASSERT_EQ(1, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_HOST_STEP, latest()->cause);
	EXPECT_LE(llabs(error_ns()), status().now.maxerror_ns);
}

TEST_HARNESS_MAIN
