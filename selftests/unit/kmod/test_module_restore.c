// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module as a whole: a guest is reverted, forked or paused, and notifications of that come
 * early, late or not at all.
 */
#include "selftests/unit/module_fixture.h"

TEST_F(module, revert_is_repaired_by_any_gap)
{
	const s64 gaps[] = { 2 * S, HOUR, 400 * 24 * HOUR, -HOUR, -400 * 24 * HOUR };
	unsigned int i;

	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	for (i = 0; i < ARRAY_SIZE(gaps); i++) {
		revert(gaps[i]);
		ASSERT_EQ(i + 1, machine.count);
		EXPECT_EQ(TRUECHIME_CAUSE_REVERT, latest()->cause);
		EXPECT_EQ(TRUECHIME_ACTION_STEPPED, latest()->action);
		EXPECT_LE(llabs(latest()->gap_ns - gaps[i]), CLOSE_NS);
		EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
		EXPECT_LE(llabs(error_ns()), CLOSE_NS);
		EXPECT_LE(llabs(error_ns()), status().now.maxerror_ns);
		/* The correction stays valid, with a bound that grows with the distance from it. */
		EXPECT_TRUE(status().corrected);
		EXPECT_EQ(0, status().now.epoch - latest()->epoch);
		if (gaps[i] > 0)
			EXPECT_LE(latest()->maxerror_before_ns, latest()->maxerror_ns);
		run(10 * S);
		ASSERT_EQ(i + 1, machine.count);
	}
	EXPECT_EQ(ARRAY_SIZE(gaps), status().disruptions);
}

/* A machine is restored that was saved right after its kernel's start: nothing was reported yet. */
TEST_F(module, notification_in_the_first_second_of_the_raw_clock_is_no_late_one)
{
	machine.raw_ns = 100 * MS;
	unit_clocks.raw = 100 * MS;
	ASSERT_EQ(0, played_module_init());
	machine_pass(100 * MS);
	check();
	notify_genid();
	check();
	ASSERT_EQ(1, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_REVERT, latest()->cause);
}

TEST_F(module, fork_leaves_a_correction_without_a_bound)
{
	u32 epoch;

	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	epoch = status().now.epoch;
	stand_still(HOUR);
	machine.genid_changed = true;
	check();
	EXPECT_EQ(TRUECHIME_CAUSE_FORK, latest()->cause);
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, status().now.maxerror_ns);
	EXPECT_LT(epoch, status().now.epoch);
	EXPECT_EQ(CHIME_LINE_RATE_UNKNOWN_Q32, status().now.change.sigma_rate_q32);
	/* A new measurement restores the old bound. */
	ASSERT_EQ(0, correct());
	EXPECT_NE(CHIME_LINE_UNBOUNDED_NS, status().now.maxerror_ns);
}

/* Cloud Hypervisor draws a new id at a live migration, too. It may be a fork all the same. */
TEST_F(module, new_id_without_a_gap_is_a_migration)
{
	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	machine.genid_changed = true;
	check();
	ASSERT_EQ(1, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_MIGRATION, latest()->cause);
	/* The clock goes on by the correction, whose bound was another host's. */
	EXPECT_TRUE(status().corrected);
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, status().now.maxerror_ns);
	EXPECT_EQ(CHIME_LINE_RATE_UNKNOWN_Q32, status().now.change.sigma_rate_q32);
	/* Setting the clock to its own time marks it unsynchronised. */
	EXPECT_LT(0, machine.sets);
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
}

/* A vmclock page shows it. */
static void revert_by_marker(void)
{
	stand_still(HOUR);
	machine.page_evidence = BIT(TRUECHIME_EVIDENCE_MARKER);
}

/* QEMU notifies after each load, and a busy guest takes seconds to hear of it. */
TEST_F(module, late_notification_belongs_to_the_marker_that_was_reported)
{
	machine.has_page = true;
	ASSERT_EQ(0, load());
	revert_by_marker();
	check();
	ASSERT_EQ(1, machine.count);
	run(5 * S);
	notify_genid();
	check();
	EXPECT_EQ(1, machine.count);
	/* A second notification is another restore. */
	run(S);
	notify_genid();
	check();
	EXPECT_EQ(2, machine.count);
}

/* Another restore so soon moves the marker again. */
TEST_F(module, second_restore_shows_by_the_marker)
{
	machine.has_page = true;
	ASSERT_EQ(0, load());
	revert_by_marker();
	check();
	run(5 * S);
	revert_by_marker();
	notify_genid();
	check();
	EXPECT_EQ(2, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_REVERT, latest()->cause);
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
}

TEST_F(module, pause_is_a_stop_that_nobody_calls_a_restore)
{
	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	stand_still(30 * S);
	machine_pass(300 * MS);
	check();
	ASSERT_EQ(1, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_PAUSE, latest()->cause);
	/* The guest ran for 300 ms before the disruption was detected. */
	EXPECT_LE(300 * MS, latest()->latency_ns);
	EXPECT_GT(400 * MS, latest()->latency_ns);
	EXPECT_TRUE(latest()->evidence & BIT(TRUECHIME_EVIDENCE_CLOCK_SET));
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
	EXPECT_TRUE(status().corrected);
}

TEST_F(module, notification_that_comes_late_is_no_second_event)
{
	ASSERT_EQ(0, load());
	stand_still(HOUR);
	check();
	ASSERT_EQ(1, machine.count);
	machine_pass(100 * MS);
	notify_genid();
	check();
	EXPECT_EQ(1, machine.count);
	/* A second notification is a second restore. */
	run(5 * S);
	notify_genid();
	check();
	EXPECT_EQ(2, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_REVERT, latest()->cause);
}

/* A new id is in memory before the guest runs; ACPI may take seconds for the notification of it. */
TEST_F(module, notification_of_a_fork_that_comes_late_is_no_second_event)
{
	ASSERT_EQ(0, load());
	stand_still(HOUR);
	machine.genid_changed = true;
	check();
	ASSERT_EQ(1, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_FORK, latest()->cause);
	run(5 * S);
	notify_genid();
	check();
	EXPECT_EQ(1, machine.count);
	/* A second notification is a second restore. */
	run(2 * S);
	notify_genid();
	check();
	EXPECT_EQ(2, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_REVERT, latest()->cause);
	/* One that comes with the id is not waited for, */
	stand_still(HOUR);
	machine.genid_changed = true;
	notify_genid();
	check();
	EXPECT_EQ(3, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_FORK, latest()->cause);
	run(5 * S);
	notify_genid();
	check();
	EXPECT_EQ(4, machine.count);
	/* and one that never comes not for ever. */
	stand_still(HOUR);
	machine.genid_changed = true;
	check();
	EXPECT_EQ(5, machine.count);
	run(20 * S);
	notify_genid();
	check();
	EXPECT_EQ(6, machine.count);
}

static s64 settling_behind_ns;

/* The interrupt of a generation id, on its way through ACPI. */
static void settle_slowly(void)
{
	settling_behind_ns = machine.behind_ns;
	machine_pass(300 * MS);
	set_bit(TRUECHIME_EVIDENCE_GENID_NOTIFY, &machine.chime->witness.hints);
}

/* The host's clock is set, and nothing here can tell that from a stop of this guest. */
TEST_F(module, gap_that_no_witness_explains_is_doubted)
{
	static const s64 steps_ns[] = { 30 * S, -HOUR, 2 * S };
	unsigned int i;
	u32 epoch;

	machine.sees_stops = false;
	machine.has_genid = false;
	ASSERT_EQ(0, load());
	for (i = 0; i < ARRAY_SIZE(steps_ns); i++) {
		run(10 * S);
		ASSERT_EQ(0, correct());
		epoch = status().now.epoch;
		machine.host_ahead_ns += steps_ns[i];
		check();
		EXPECT_EQ(TRUECHIME_CAUSE_REVERT, latest()->cause);
		EXPECT_EQ(TRUECHIME_ACTION_STEPPED, latest()->action);
		EXPECT_LE(llabs(error_ns()), latest()->maxerror_ns);
		EXPECT_GE(llabs(steps_ns[i]) + 150 * MS, latest()->maxerror_ns);
		/* The offset has to be measured anew. */
		EXPECT_EQ(epoch + 1, status().now.epoch);
		EXPECT_EQ(epoch + 1, latest()->epoch);
		EXPECT_EQ(0, status().now.change.sigma_rate_q32);
		EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, status().now.change.maxerror_ns);
		EXPECT_TRUE(status().corrected);
	}
	/* Twice is twice as much. */
	machine.host_ahead_ns += 2 * S;
	check();
	EXPECT_LE(llabs(error_ns()), latest()->maxerror_ns);
	ASSERT_EQ(0, correct());
	EXPECT_GE(MS, status().now.maxerror_ns);
	/* A revert is repaired as before. */
	stand_still(HOUR);
	check();
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
	EXPECT_LE(HOUR, latest()->maxerror_ns);
}

/* What the correction says of the host's rate would have counted for a stop, and not for a step. */
TEST_F(module, step_of_the_host_that_looks_like_a_stop_does_not_run_at_its_rate)
{
	machine.sees_stops = false;
	machine.has_genid = false;
	machine.host_rate_ppm = -40;
	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct_at_rate(40 * CHIME_PPM_Q32));
	machine.host_ahead_ns += 24 * HOUR;
	check();
	EXPECT_EQ(TRUECHIME_ACTION_STEPPED, latest()->action);
	EXPECT_LE(llabs(error_ns()), latest()->maxerror_ns);
	run(5 * S);
	EXPECT_LE(llabs(error_ns()), status().now.maxerror_ns);
	EXPECT_GE(24 * HOUR + 5 * S, status().now.maxerror_ns);
}

/* Nor does it make a correction younger, of which that little is known. */
TEST_F(module, step_back_of_the_host_that_looks_like_a_stop_takes_no_age_from_a_correction)
{
	const s64 age_ns = 30 * 24 * HOUR;
	struct chime_line correction = {
		.sigma_ns = US,
		.maxerror_ns = 10 * US,
		.maxerror_rate_q32 = CHIME_PPM_Q32,
	};

	machine.sees_stops = false;
	machine.has_genid = false;
	ASSERT_EQ(0, load());
	/* Off by less than a millionth of its age. */
	correction.origin_ns = status().now.reference_ns - age_ns;
	correction.offset_ns = -2 * S;
	ASSERT_EQ(0, chime_control_correct(machine.chime, &correction, status().now.epoch, -1,
					   true));
	ASSERT_LE(llabs(error_ns()), status().now.maxerror_ns);
	machine.host_ahead_ns -= age_ns;
	check();
	EXPECT_EQ(TRUECHIME_ACTION_STEPPED, latest()->action);
	EXPECT_LE(llabs(error_ns()), latest()->maxerror_ns);
	run(5 * S);
	EXPECT_LE(llabs(error_ns()), status().now.maxerror_ns);
}

/* A generation id notifies of restores, but not of pauses. */
TEST_F(module, pause_that_nobody_reports_is_doubted)
{
	u32 epoch;

	machine.sees_stops = false;
	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	machine.host_ahead_ns = 30 * S;
	check();
	EXPECT_EQ(TRUECHIME_CAUSE_PAUSE, latest()->cause);
	EXPECT_LE(llabs(error_ns()), latest()->maxerror_ns);
	/* A restore that is reported after the repair is not. */
	run(10 * S);
	ASSERT_EQ(0, correct());
	epoch = status().now.epoch;
	unit_settling = settle_slowly;
	stand_still(2 * S);
	check();
	EXPECT_EQ(TRUECHIME_CAUSE_REVERT, latest()->cause);
	EXPECT_GE(100 * MS, latest()->maxerror_ns);
	EXPECT_EQ(latest()->reading_ns, latest()->maxerror_ns);
	EXPECT_EQ(epoch, status().now.epoch);
	/* The host's own clock is as right as it is stated to be, whatever happened to it. */
	unit_settling = NULL;
	state_host_maxerror(S);
	machine.host_ahead_ns = -500 * MS;
	run(10 * S);
	ASSERT_EQ(0, correct());
	machine.host_ahead_ns = 900 * MS;
	check();
	EXPECT_LE(llabs(error_ns()), latest()->maxerror_ns);
	EXPECT_GE(1600 * MS, latest()->maxerror_ns);
}

/* A stop takes time, and it is not known how much, so neither is how far the host was set back. */
TEST_F(module, stop_in_which_the_host_was_set_back_leaves_no_bound)
{
	static const enum truechime_cause causes[] = {
		TRUECHIME_CAUSE_UNKNOWN, TRUECHIME_CAUSE_REVERT,
	};
	unsigned int i;
	u32 epoch;

	ASSERT_EQ(0, load());
	for (i = 0; i < ARRAY_SIZE(causes); i++) {
		ASSERT_EQ(0, correct());
		epoch = status().now.epoch;
		machine.host_ahead_ns -= 3 * HOUR;
		stand_still(HOUR);
		if (causes[i] == TRUECHIME_CAUSE_REVERT)
			notify_genid();
		check();
		EXPECT_EQ(causes[i], latest()->cause);
		EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, latest()->maxerror_ns);
		EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, status().now.maxerror_ns);
		EXPECT_TRUE(status().corrected);
		/* What was measured before it cannot be converted. */
		EXPECT_EQ(epoch + 1, status().now.epoch);
		EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, status().now.change.maxerror_ns);
		run(10 * S);
		EXPECT_EQ(i + 1, machine.count);
	}
	/* A slew, or another host, may take as much of a short stop. */
	ASSERT_EQ(0, correct());
	machine.host_ahead_ns -= 6 * MS;
	stand_still(MS);
	check();
	EXPECT_EQ(i + 1, machine.count);
	EXPECT_GE(11 * MS, status().now.maxerror_ns);
	/* How right the host is now is known. */
	state_host_maxerror(HOUR);
	machine.host_ahead_ns = 0;
	run(10 * S);
	ASSERT_EQ(0, correct());
	machine.host_ahead_ns = -HOUR / 2;
	stand_still(HOUR / 4);
	check();
	EXPECT_LE(llabs(error_ns()), status().now.maxerror_ns);
	EXPECT_GE(HOUR + S, status().now.maxerror_ns);
}

/* The same where the host is not the reference, but measures the gap. */
TEST_F(module, gap_by_a_demoted_host_may_be_a_step_of_its_clock)
{
	machine.sees_stops = false;
	machine.has_genid = false;
	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	ASSERT_EQ(0, demote_host(true));
	run(10 * S);
	machine.host_ahead_ns = 30 * S;
	check();
	EXPECT_LE(llabs(error_ns()), latest()->maxerror_ns);
	EXPECT_GE(31 * S, latest()->maxerror_ns);
}

/* Only the notification distinguishes a restore here: the repair does not wait for it. */
TEST_F(module, clock_is_right_before_a_notification_is_waited_for)
{
	machine.sees_stops = false;
	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	unit_settling = settle_slowly;
	stand_still(HOUR);
	check();
	ASSERT_EQ(1, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_REVERT, latest()->cause);
	EXPECT_TRUE(latest()->evidence & BIT(TRUECHIME_EVIDENCE_GENID_NOTIFY));
	EXPECT_LE(llabs(settling_behind_ns), CLOSE_NS);
	EXPECT_LE(latest()->latency_ns, 100 * MS);
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
	/* Without one it is a pause, ... */
	unit_settling = NULL;
	run(5 * S);
	stand_still(HOUR);
	check();
	EXPECT_EQ(TRUECHIME_CAUSE_PAUSE, latest()->cause);
	/* Sources confirm that this was no step of the host's clock. */
	ASSERT_EQ(0, correct());
	/* ... but a gap back may be the host's own step: that is known first. */
	run(5 * S);
	unit_settling = settle_slowly;
	stand_still(-HOUR);
	check();
	EXPECT_EQ(TRUECHIME_CAUSE_REVERT, latest()->cause);
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
	EXPECT_TRUE(status().corrected);
	/* Sources confirm that no other clock was set. */
	ASSERT_EQ(0, correct());
	unit_settling = NULL;
	run(5 * S);
	machine.host_ahead_ns = -HOUR;
	check();
	EXPECT_EQ(TRUECHIME_CAUSE_HOST_STEP, latest()->cause);
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
}

/* A CPU is plugged in: the hypervisor sets kvm-clock. Later the host's own clock is set. */
TEST_F(module, stop_that_took_no_time_is_not_kept_for_the_next_gap)
{
	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	machine.was_set = true;
	run(S);
	machine.host_ahead_ns = 30 * S;
	run(S);
	ASSERT_EQ(1, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_HOST_STEP, latest()->cause);
	EXPECT_EQ(TRUECHIME_ACTION_NONE, latest()->action);
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
}

TEST_HARNESS_MAIN
