// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module as a whole, on a machine that the test controls: what becomes of timescale, system
 * clock and correction, and what is reported, whatever happens to guest or host.
 */
#include "selftests/unit/module_machine.h"

/* Hypercalls take this long in one check, which the steps account for. */
#define CLOSE_NS	(20 * 1000)

#define US	NSEC_PER_USEC

FIXTURE(module) {
	int unused;
};

FIXTURE_SETUP(module)
{
	machine_begin();
}

FIXTURE_TEARDOWN(module)
{
	if (machine.chime)
		played_module_exit();
	EXPECT_EQ(NULL, machine.chime);
	EXPECT_EQ(NULL, machine.suspend);
	EXPECT_EQ(0, machine.queues);
	/* Who watches the clock is to see the module's worker, whatever it was done for. */
	EXPECT_EQ(0, machine.sets_elsewhere);
}

static int load(void)
{
	int ret = played_module_init();

	if (!ret)
		run(10 * S);
	return ret;
}

static int load_without_host(void)
{
	machine.has_host = false;
	return load();
}

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

/* What a revert rewinds comes again, and an event of two lives must not look the same. */
TEST_F(module, each_disruption_begins_an_instance)
{
	u64 loaded, reverted;

	ASSERT_EQ(0, load());
	loaded = status().instance;
	EXPECT_NE(0, loaded);
	revert(HOUR);
	reverted = status().instance;
	EXPECT_NE(loaded, reverted);
	EXPECT_EQ(reverted, latest()->instance);
	EXPECT_STREQ("kvm", latest()->host_name);
	/* A step that somebody asked for is no disruption. */
	machine.behind_ns = S;
	ASSERT_EQ(0, chime_control_step(machine.chime, TRUECHIME_OCCASION_OPERATOR));
	EXPECT_EQ(TRUECHIME_CAUSE_OPERATOR, latest()->cause);
	EXPECT_EQ(reverted, latest()->instance);
	EXPECT_EQ(reverted, status().instance);
	revert(HOUR);
	EXPECT_NE(reverted, status().instance);
	EXPECT_NE(loaded, status().instance);
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

TEST_F(module, quiet_machine_has_no_events)
{
	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	run(HOUR);
	EXPECT_EQ(0, machine.count);
	EXPECT_EQ(0, machine.sets);
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
}

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

/* How well a host is read says nothing of how right it is. */
TEST_F(module, host_that_nobody_vouches_for_has_no_bound)
{
	machine.host_ahead_ns = 5 * S;
	ASSERT_EQ(0, load());
	EXPECT_EQ(TRUECHIME_STATE_HOST, status().now.state);
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, status().now.maxerror_ns);
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, status().now.host_maxerror_ns);
	EXPECT_LE(status().now.reading_ns, MS);
	/* It is followed all the same. */
	EXPECT_LE(llabs(machine.behind_ns + 5 * S), CLOSE_NS);
	revert(HOUR);
	EXPECT_EQ(TRUECHIME_ACTION_STEPPED, latest()->action);
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, latest()->maxerror_before_ns);
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, latest()->maxerror_ns);
	/* A correction knows UTC, whatever the host is worth. */
	ASSERT_EQ(0, correct());
	EXPECT_LE(status().now.maxerror_ns, MS);
	EXPECT_EQ(status().now.reading_ns, status().now.maxerror_ns);
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
}

TEST_F(module, host_is_as_right_as_the_operator_states)
{
	ASSERT_EQ(0, load());
	state_host_maxerror(10 * MS);
	EXPECT_EQ(10 * MS, status().now.host_maxerror_ns);
	EXPECT_EQ(status().now.reading_ns + 10 * MS, status().now.maxerror_ns);
	/* It is stated of the clocks of all hosts. */
	stand_still(HOUR);
	machine.genid_changed = true;
	check();
	EXPECT_EQ(TRUECHIME_CAUSE_FORK, latest()->cause);
	EXPECT_LT(10 * MS, latest()->maxerror_ns);
	EXPECT_GT(11 * MS, latest()->maxerror_ns);
	state_host_maxerror(0);
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, status().now.maxerror_ns);
}

/* Each load is a fork to some hypervisors: marker and generation change. No server answers. */
TEST_F(module, fork_to_a_host_that_is_vouched_for_is_as_right_as_that)
{
	const s64 gaps[] = { HOUR, 0, -HOUR };
	unsigned int i;

	ASSERT_EQ(0, load());
	state_host_maxerror(10 * MS);
	for (i = 0; i < ARRAY_SIZE(gaps); i++) {
		machine.host_ahead_ns = 5 * MS;
		run(10 * S);
		ASSERT_EQ(0, correct());
		EXPECT_LE(status().now.maxerror_ns, MS);
		/* The other host's clock. */
		machine.host_ahead_ns = -5 * MS;
		stand_still(gaps[i]);
		machine.genid_changed = true;
		check();
		EXPECT_EQ(TRUECHIME_CAUSE_FORK, latest()->cause);
		EXPECT_EQ(TRUECHIME_STATE_HOST, status().now.state);
		EXPECT_LE(llabs(error_ns()), latest()->maxerror_ns);
		EXPECT_GE(11 * MS, latest()->maxerror_ns);
		EXPECT_LE(llabs(machine.behind_ns), 6 * MS);
		EXPECT_FALSE(machine.chime->disruption.suspected);
		EXPECT_EQ(CHIME_LINE_RATE_UNKNOWN_Q32, status().now.change.sigma_rate_q32);
	}
}

/* The same without a gap, as at a live migration: it stays as synchronised as the host is. */
TEST_F(module, migration_to_a_host_that_is_vouched_for_is_as_right_as_that)
{
	ASSERT_EQ(0, load());
	state_host_maxerror(10 * MS);
	machine.host_ahead_ns = 5 * MS;
	run(10 * S);
	ASSERT_EQ(0, correct());
	machine.genid_changed = true;
	check();
	EXPECT_EQ(TRUECHIME_CAUSE_MIGRATION, latest()->cause);
	EXPECT_EQ(TRUECHIME_STATE_HOST, status().now.state);
	EXPECT_LE(llabs(error_ns()), latest()->maxerror_ns);
	EXPECT_GE(11 * MS, latest()->maxerror_ns);
	EXPECT_FALSE(machine.chime->disruption.suspected);
}

/* The sources have shown that the host was off by more than the operator states. */
TEST_F(module, fork_from_a_host_that_was_vouched_for_wrongly_has_no_bound)
{
	ASSERT_EQ(0, load());
	state_host_maxerror(10 * MS);
	machine.host_ahead_ns = 5 * S;
	run(10 * S);
	ASSERT_EQ(0, correct());
	stand_still(HOUR);
	machine.genid_changed = true;
	check();
	EXPECT_TRUE(status().corrected);
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, latest()->maxerror_ns);
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
}

/* The servers are silent, the daemon may be gone: hours pass. false: the truth left the bound. */
static bool run_within_bound(s64 ns)
{
	for (; ns > 0; ns -= 10 * S) {
		run(10 * S);
		if (llabs(error_ns()) > status().now.maxerror_ns)
			return false;
	}
	return true;
}

/* What the sources knew grows old. The host's clock is as right as it was. */
TEST_F(module, host_that_is_known_better_than_an_old_correction_is_followed_again)
{
	struct chime_status before, after;

	machine.host_ahead_ns = 3 * MS;
	ASSERT_EQ(0, load());
	state_host_maxerror(10 * MS);
	ASSERT_EQ(0, correct());
	before = status();
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
	/* Its bound grows by 1 ppm. A little worse is as good. */
	EXPECT_TRUE(run_within_bound(14000 * S));
	EXPECT_TRUE(status().corrected);
	EXPECT_TRUE(run_within_bound(2000 * S));
	after = status();
	EXPECT_FALSE(after.corrected);
	EXPECT_EQ(TRUECHIME_STATE_HOST, after.now.state);
	EXPECT_LE(10 * MS, after.now.maxerror_ns);
	EXPECT_GE(11 * MS, after.now.maxerror_ns);
	EXPECT_LE(llabs(error_ns() - 3 * MS), CLOSE_NS);
	/* What was measured can be converted: the two references are known to be the same. */
	EXPECT_EQ(before.now.epoch + 1, after.now.epoch);
	EXPECT_NE(CHIME_LINE_UNBOUNDED_NS, after.now.change.maxerror_ns);
	EXPECT_GE(CLOSE_NS, llabs(after.now.change.offset_ns));
	/* This is neither a step nor a disruption, and the system clock is left to the daemon. */
	EXPECT_EQ(0, machine.sets);
	EXPECT_EQ(0, machine.count);
	/* The sources are back. */
	ASSERT_EQ(0, correct());
	EXPECT_TRUE(run_within_bound(HOUR));
	EXPECT_TRUE(status().corrected);
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
}

/* The hosts' clocks are slewed as any clock, never set back, and never unseen. */
TEST_F(module, return_to_the_host_is_slewed)
{
	s64 ahead_ns[] = { 300 * MS, -300 * MS }, before_ns, least_ns;
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(ahead_ns); i++) {
		machine.host_ahead_ns = ahead_ns[i];
		ASSERT_EQ(0, load());
		ASSERT_EQ(0, correct());
		EXPECT_TRUE(run_within_bound(HOUR));
		/* Nothing was stated, so that a correction without a bound would have stayed. */
		EXPECT_TRUE(status().corrected);
		machine.chime->timescale.correction.maxerror_ns = S;
		run(S);
		before_ns = status().now.time_ns;
		state_host_maxerror(400 * MS);
		check();
		EXPECT_EQ(TRUECHIME_STATE_HOST, status().now.state);
		EXPECT_LE(llabs(status().now.time_ns - before_ns), MS);
		least_ns = status().now.time_ns;
		for (j = 0; j < 500; j++) {
			machine_pass(10 * MS);
			check();
			EXPECT_LE(least_ns, status().now.time_ns);
			EXPECT_LE(llabs(error_ns()), status().now.maxerror_ns);
			least_ns = status().now.time_ns;
		}
		EXPECT_LE(llabs(error_ns() - ahead_ns[i]), CLOSE_NS);
		played_module_exit();
	}
}

TEST_F(module, host_that_was_refuted_is_not_followed_again)
{
	machine.host_ahead_ns = 5 * MS;
	ASSERT_EQ(0, load());
	state_host_maxerror(MS);
	ASSERT_EQ(0, correct());
	/* The correction's bound grows until the two agree, and beyond. */
	EXPECT_TRUE(run_within_bound(3 * HOUR));
	EXPECT_LE(7 * MS, status().now.maxerror_ns);
	EXPECT_TRUE(status().corrected);
	/* Neither after a gap, nor after a fork, which is as wrong a host as this one. */
	stand_still(30 * 24 * HOUR);
	notify_genid();
	check();
	EXPECT_EQ(TRUECHIME_CAUSE_REVERT, latest()->cause);
	EXPECT_TRUE(run_within_bound(HOUR));
	EXPECT_TRUE(status().corrected);
	machine.genid_changed = true;
	check();
	EXPECT_TRUE(status().corrected);
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, status().now.maxerror_ns);
	run(10 * S);
	EXPECT_TRUE(status().corrected);
	/* The operator states something else: nothing has refuted that. */
	state_host_maxerror(20 * MS);
	check();
	EXPECT_EQ(TRUECHIME_STATE_HOST, status().now.state);
	EXPECT_TRUE(run_within_bound(HOUR));
}

/* Sources whose intervals exclude it together, while the bound of their correction does not. */
TEST_F(module, host_that_is_corrected_with_a_larger_bound_is_refuted)
{
	machine.host_ahead_ns = 8 * MS;
	ASSERT_EQ(0, load());
	state_host_maxerror(15 * US);
	ASSERT_EQ(TRUECHIME_STATE_HOST, status().now.state);
	ASSERT_EQ(0, correct_with(0, 10 * MS));
	EXPECT_TRUE(run_within_bound(HOUR));
	EXPECT_TRUE(status().corrected);
	/* And the next one, which is no better, leaves it so. */
	ASSERT_EQ(0, correct_with(0, 11 * MS));
	EXPECT_TRUE(run_within_bound(HOUR));
	EXPECT_TRUE(status().corrected);
	EXPECT_LE(llabs(error_ns()), MS);
	/* Until one shows that the host is right. */
	machine.host_ahead_ns = 0;
	run(60 * S);
	ASSERT_EQ(0, correct_with(0, US));
	EXPECT_TRUE(run_within_bound(HOUR));
	EXPECT_EQ(TRUECHIME_STATE_HOST, status().now.state);
}

/* Sources that agree with the host to less than what is stated have shown that it is right now. */
TEST_F(module, host_that_was_set_right_is_followed_again)
{
	machine.host_ahead_ns = 5 * MS;
	ASSERT_EQ(0, load());
	state_host_maxerror(MS);
	ASSERT_EQ(0, correct());
	run(60 * S);
	machine.host_ahead_ns = 0;
	run(60 * S);
	ASSERT_EQ(0, correct());
	EXPECT_TRUE(run_within_bound(HOUR));
	EXPECT_EQ(TRUECHIME_STATE_HOST, status().now.state);
	/* Set wrong again, while no source answers: that alone refutes what is stated. */
	ASSERT_EQ(0, correct());
	run(60 * S);
	machine.host_ahead_ns = 5 * MS;
	EXPECT_TRUE(run_within_bound(3 * HOUR));
	EXPECT_TRUE(status().corrected);
}

/* A host and this guest pass it at different moments. */
TEST_F(module, leap_second_does_not_refute_what_is_stated)
{
	machine.utc_ns -= machine.utc_ns % (24 * HOUR);
	machine.utc_ns -= 60 * S;
	machine.host_ahead_ns = 145 * US;
	ASSERT_EQ(0, load());
	state_host_maxerror(150 * US);
	ASSERT_EQ(0, correct());
	run(S);
	EXPECT_TRUE(status().corrected);
	run(50 * S);
	machine.host_ahead_ns -= S;
	check();
	EXPECT_EQ(TRUECHIME_CAUSE_LEAP, latest()->cause);
	run(10 * S);
	EXPECT_TRUE(status().corrected);
	/* UTC has leapt: so does the correction, which cannot show that the host is right. */
	machine.utc_ns -= S;
	machine.host_ahead_ns += S;
	ASSERT_EQ(0, correct());
	EXPECT_TRUE(run_within_bound(5 * HOUR));
	EXPECT_EQ(TRUECHIME_STATE_HOST, status().now.state);
}

/* A correction of a month ago, or a host that is right to 10 ms: that is no question. */
TEST_F(module, gap_is_repaired_by_what_is_known_better_after_it)
{
	static const s64 gaps_ns[] = { 30 * 24 * HOUR, 400 * 24 * HOUR, 60 * S };
	unsigned int i;

	machine.host_ahead_ns = 3 * MS;
	ASSERT_EQ(0, load());
	state_host_maxerror(10 * MS);
	for (i = 0; i < ARRAY_SIZE(gaps_ns); i++) {
		bool aged = gaps_ns[i] > 15000 * S;
		s64 off_ns = aged ? 3 * MS : 0;

		ASSERT_EQ(0, correct());
		run(10 * S);
		revert(gaps_ns[i]);
		EXPECT_EQ(TRUECHIME_CAUSE_REVERT, latest()->cause);
		EXPECT_EQ(TRUECHIME_ACTION_STEPPED, latest()->action);
		EXPECT_EQ(!aged, status().corrected);
		EXPECT_EQ(status().now.epoch, latest()->epoch);
		EXPECT_LE(llabs(error_ns()), latest()->maxerror_ns);
		/* A correction may be of another host, and in a gap there may have been a slew. */
		EXPECT_GE(aged ? 11 * MS : 100 * MS, latest()->maxerror_ns);
		EXPECT_LE(llabs(machine.behind_ns + off_ns), CLOSE_NS);
		EXPECT_TRUE(run_within_bound(60 * S));
		EXPECT_EQ(!aged, status().corrected);
	}
}

/* What allows for another host is no reason to follow one that is hardly known. */
TEST_F(module, hidden_move_is_no_reason_to_follow_the_host)
{
	machine.host_ahead_ns = 50 * MS;
	ASSERT_EQ(0, load());
	state_host_maxerror(100 * MS);
	ASSERT_EQ(0, correct());
	run(10 * S);
	revert(HOUR);
	EXPECT_LE(100 * MS, latest()->maxerror_ns);
	EXPECT_TRUE(run_within_bound(HOUR));
	EXPECT_TRUE(status().corrected);
	EXPECT_LE(llabs(error_ns()), MS);
}

TEST_F(module, host_that_is_not_the_reference_is_not_followed)
{
	ASSERT_EQ(0, load());
	state_host_maxerror(MS);
	/* A deselected one. */
	ASSERT_EQ(0, demote_host(true));
	ASSERT_EQ(0, correct());
	EXPECT_TRUE(run_within_bound(3 * HOUR));
	EXPECT_TRUE(status().corrected);
	ASSERT_EQ(0, demote_host(false));
	check();
	EXPECT_EQ(TRUECHIME_STATE_HOST, status().now.state);
	/* One that other programs do not ask for. */
	ASSERT_EQ(0, correct());
	chime_control_set_mode(machine.chime, TRUECHIME_MODE_EXTERNAL);
	run(3 * HOUR);
	EXPECT_TRUE(status().corrected);
	chime_control_set_mode(machine.chime, TRUECHIME_MODE_AUTO);
	check();
	EXPECT_FALSE(status().corrected);
	/* One that does not answer. */
	ASSERT_EQ(0, correct());
	machine.host_silent = true;
	EXPECT_TRUE(run_within_bound(3 * HOUR));
	EXPECT_TRUE(status().corrected);
	machine.host_silent = false;
	EXPECT_TRUE(run_within_bound(60 * S));
	EXPECT_EQ(TRUECHIME_STATE_HOST, status().now.state);
}

TEST_F(module, host_that_was_lost_is_vouched_for_as_before)
{
	ASSERT_EQ(0, load());
	machine.host_silent = true;
	run(10 * S);
	EXPECT_EQ(TRUECHIME_REFERENCE_RAW, status().now.reference);
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, status().now.maxerror_ns);
	EXPECT_LE(status().now.reading_ns, 10 * MS);
	machine.host_silent = false;
	run(10 * S);
	state_host_maxerror(10 * MS);
	machine.host_silent = true;
	run(10 * S);
	EXPECT_EQ(TRUECHIME_REFERENCE_RAW, status().now.reference);
	EXPECT_EQ(status().now.reading_ns + 10 * MS, status().now.maxerror_ns);
	/* That may be withdrawn meanwhile, by the operator ... */
	state_host_maxerror(0);
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, status().now.maxerror_ns);
	state_host_maxerror(10 * MS);
	EXPECT_EQ(status().now.reading_ns + 10 * MS, status().now.maxerror_ns);
	/* ... or by the page. */
	machine.has_page = true;
	machine.page_maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
	machine.page_status = CHIME_VMCLOCK_UNRELIABLE;
	run(S);
	EXPECT_EQ(TRUECHIME_REFERENCE_RAW, status().now.reference);
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, status().now.maxerror_ns);
}

TEST_F(module, host_is_as_right_as_its_page_states)
{
	ASSERT_EQ(0, load());
	machine.has_page = true;
	machine.page_maxerror_ns = 50000;
	run(S);
	EXPECT_EQ(50000, status().now.host_maxerror_ns);
	/* The page is of this host, the operator's word of all of them. */
	state_host_maxerror(10 * MS);
	EXPECT_EQ(50000, status().now.host_maxerror_ns);
	machine.page_maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
	run(S);
	EXPECT_EQ(10 * MS, status().now.host_maxerror_ns);
	machine.page_status = CHIME_VMCLOCK_FREERUNNING;
	run(S);
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, status().now.maxerror_ns);
}

/* A measurement right after a pause gets a clock that has been corrected for it. */
TEST_F(module, reading_to_measure_by_is_taken_after_a_check)
{
	struct chime_status measured;
	s64 error_ns;

	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	stand_still(30 * S);
	machine_pass(300 * MS);
	/* An unprivileged request does not trigger a check. */
	EXPECT_EQ(0, status().disruptions);
	chime_control_now(machine.chime, &measured);
	error_ns = measured.now.time_ns - machine.utc_ns;
	EXPECT_LE(llabs(error_ns), CLOSE_NS);
	EXPECT_EQ(1, measured.disruptions);
	ASSERT_EQ(1, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_PAUSE, latest()->cause);
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

/* The clocks of two hosts differ by 5 ms, and no device tells of a move. */
TEST_F(module, pause_or_revert_may_end_on_another_host)
{
	s64 before_ns;
	int i;

	ASSERT_EQ(0, load());
	for (i = 0; i < 6; i++) {
		run(10 * S);
		ASSERT_EQ(0, correct());
		before_ns = status().now.maxerror_ns;
		stand_still(i % 2 ? 2 * S : 300 * MS);
		machine.host_ahead_ns = i % 2 ? 0 : 5 * MS;
		if (i == 3)
			notify_genid();
		check();
		EXPECT_EQ(i == 3 ? TRUECHIME_CAUSE_REVERT : TRUECHIME_CAUSE_PAUSE, latest()->cause);
		EXPECT_LE(llabs(error_ns()), latest()->maxerror_ns);
		EXPECT_LE(before_ns + 10 * MS, latest()->maxerror_ns);
		EXPECT_GE(20 * MS, latest()->maxerror_ns);
		/* It stays as good as synchronised. */
		EXPECT_TRUE(status().corrected);
		EXPECT_FALSE(machine.chime->disruption.suspected);
	}
	/* However often it moves, no two hosts differ by more. */
	before_ns = status().now.maxerror_ns;
	for (i = 0; i < 5; i++) {
		run(S);
		stand_still(300 * MS);
		machine.host_ahead_ns = i % 2 ? 0 : 5 * MS;
		check();
		EXPECT_LE(llabs(error_ns()), latest()->maxerror_ns);
	}
	EXPECT_GT(before_ns + 5 * MS, status().now.maxerror_ns);
	/* The next answer ends it. */
	ASSERT_EQ(0, correct());
	EXPECT_GE(MS, status().now.maxerror_ns);
}

/* A restore is reported, and took no time: that may be another host as well. */
TEST_F(module, revert_without_a_gap_may_end_on_another_host)
{
	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	notify_genid();
	check();
	EXPECT_EQ(TRUECHIME_CAUSE_REVERT, latest()->cause);
	EXPECT_LE(10 * MS, latest()->maxerror_ns);
	EXPECT_TRUE(status().corrected);
	EXPECT_EQ(TRUECHIME_ACTION_NONE, latest()->action);
}

/* Nothing happened to this guest, or a page would have told of a move. */
TEST_F(module, bound_does_not_allow_for_a_move_that_was_none)
{
	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	machine.host_ahead_ns = 30 * S;
	check();
	EXPECT_EQ(TRUECHIME_CAUSE_HOST_STEP, latest()->cause);
	EXPECT_GE(MS, latest()->maxerror_ns);
	machine.has_page = true;
	machine.page_maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
	run(10 * S);
	stand_still(300 * MS);
	check();
	EXPECT_EQ(TRUECHIME_CAUSE_PAUSE, latest()->cause);
	EXPECT_GE(2 * MS, latest()->maxerror_ns);
}

/* A hypervisor that goes on writing, or writes another version of the page. */
TEST_F(module, page_that_cannot_be_read_shows_no_stay)
{
	machine.has_genid = false;
	machine.has_page = true;
	machine.page_maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	/* For a moment that is no matter. */
	machine.page_unread = true;
	run(S);
	machine.page_unread = false;
	run(S);
	EXPECT_GE(MS, status().now.maxerror_ns);
	stand_still(300 * MS);
	check();
	EXPECT_EQ(TRUECHIME_CAUSE_PAUSE, latest()->cause);
	EXPECT_GE(2 * MS, latest()->maxerror_ns);
	run(10 * S);
	ASSERT_EQ(0, correct());
	machine.page_unread = true;
	machine.host_ahead_ns = -5 * MS;
	stand_still(300 * MS);
	check();
	/* Nor does it show that this was no restore. */
	EXPECT_EQ(TRUECHIME_CAUSE_REVERT, latest()->cause);
	EXPECT_LE(llabs(error_ns()), latest()->maxerror_ns);
	EXPECT_EQ(2, machine.count);
	/* What the page says of it is in time as soon as it can be read. */
	run(S);
	machine.page_unread = false;
	machine.page_evidence = BIT(TRUECHIME_EVIDENCE_MARKER);
	check();
	EXPECT_EQ(3, machine.count);
}

/* What was stated of the first host's clock says nothing of the present one's. */
TEST_F(module, page_that_cannot_be_read_states_no_bound)
{
	machine.has_page = true;
	machine.page_maxerror_ns = 50000;
	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	run(10 * S);
	EXPECT_EQ(50000, status().now.host_maxerror_ns);
	machine.page_unread = true;
	machine.host_ahead_ns = -5 * MS;
	stand_still(300 * MS);
	check();
	EXPECT_LE(llabs(error_ns()), latest()->maxerror_ns);
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, status().now.host_maxerror_ns);
	machine.page_unread = false;
	run(S);
	EXPECT_EQ(50000, status().now.host_maxerror_ns);
}

/* A device that is sure of a move: the new host's time is followed, gap or no gap. */
TEST_F(module, move_that_a_page_reports_ends_the_correction)
{
	static const s64 gaps_ns[] = { 300 * MS, 0 };
	unsigned int i;

	machine.has_page = true;
	machine.page_counts = true;
	machine.page_maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
	ASSERT_EQ(0, load());
	for (i = 0; i < ARRAY_SIZE(gaps_ns); i++) {
		run(10 * S);
		ASSERT_EQ(0, correct());
		stand_still(gaps_ns[i]);
		machine.page_evidence = BIT(TRUECHIME_EVIDENCE_MARKER);
		notify_genid();
		check();
		ASSERT_EQ(i + 1, (unsigned int)machine.count);
		EXPECT_EQ(TRUECHIME_CAUSE_MIGRATION, latest()->cause);
		EXPECT_FALSE(status().corrected);
		EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, latest()->maxerror_ns);
		EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
	}
}

/* Who vouches for the hosts says how far two of them can be apart. */
TEST_F(module, bound_allows_for_another_host_as_far_as_that_is_vouched_for)
{
	static const s64 vouched_ns[] = { 1 * MS, 100 * MS };
	unsigned int i;

	ASSERT_EQ(0, load());
	for (i = 0; i < ARRAY_SIZE(vouched_ns); i++) {
		state_host_maxerror(vouched_ns[i]);
		machine.host_ahead_ns = vouched_ns[i];
		run(10 * S);
		ASSERT_EQ(0, correct());
		run(10 * S);
		machine.host_ahead_ns = -vouched_ns[i];
		stand_still(300 * MS);
		check();
		EXPECT_LE(llabs(error_ns()), latest()->maxerror_ns);
		EXPECT_LE(2 * vouched_ns[i] - CLOSE_NS, latest()->maxerror_ns);
		EXPECT_GE(2 * vouched_ns[i] + MS, latest()->maxerror_ns);
		EXPECT_TRUE(status().corrected);
	}
	/* The sources have shown that the statement is wrong. */
	state_host_maxerror(MS);
	machine.host_ahead_ns = S;
	run(10 * S);
	ASSERT_EQ(0, correct());
	stand_still(300 * MS);
	check();
	EXPECT_LE(10 * MS, latest()->maxerror_ns);
	EXPECT_GE(20 * MS, latest()->maxerror_ns);
	/* What is allowed for a slew during a long gap goes away, this does not. */
	state_host_maxerror(100 * MS);
	machine.host_ahead_ns = 0;
	check();
	run(60 * S);
	ASSERT_EQ(0, correct());
	machine.host_ahead_ns = 50 * MS;
	stand_still(HOUR);
	check();
	run(10 * S);
	EXPECT_LE(100 * MS, status().now.maxerror_ns);
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

/* A demoted host was 3 s off; the one that this guest is on now is right. */
/* KVM leaves a counter that differs by less than 250 ppm as it is. */
TEST_F(module, move_to_another_counter_beside_a_demoted_host_loses_the_rate)
{
	ASSERT_EQ(0, load());
	ASSERT_EQ(0, demote_host(true));
	ASSERT_EQ(0, correct());
	run(10 * S);
	machine.raw_slow_ppm = 200;
	revert(10 * S);
	EXPECT_EQ(TRUECHIME_REFERENCE_RAW, status().now.reference);
	run(600 * S);
	EXPECT_LE(llabs(error_ns()), status().now.maxerror_ns);
	EXPECT_LE(250 * CHIME_PPM_Q32, status().now.change.sigma_rate_q32);
	/* A new measurement has the rate of the new counter. */
	ASSERT_EQ(0, correct_at_rate(200 * CHIME_PPM_Q32));
	run(10 * S);
	EXPECT_GT(100 * US, status().now.maxerror_ns);
	EXPECT_LE(llabs(error_ns()), status().now.maxerror_ns);
}

TEST_F(module, gap_by_a_demoted_host_may_be_that_of_another)
{
	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	machine.host_ahead_ns = 3 * S;
	run(10 * S);
	ASSERT_EQ(0, correct());
	ASSERT_EQ(0, demote_host(true));
	run(10 * S);
	machine.host_ahead_ns = 0;
	stand_still(60 * S);
	check();
	EXPECT_EQ(TRUECHIME_CAUSE_PAUSE, latest()->cause);
	EXPECT_LE(llabs(error_ns()), latest()->maxerror_ns);
	EXPECT_GE(4 * S, latest()->maxerror_ns);
}

/* An idle guest checks once a second, and nothing has shown the other machine's counter yet. */
TEST_F(module, slope_after_a_stop_is_suspect_until_it_is_seen)
{
	int i;

	ASSERT_EQ(0, load());
	run(60 * S);
	stand_still(300 * MS);
	machine.raw_slow_ppm = 250;
	check();
	machine_pass(900 * MS);
	EXPECT_LE(llabs(error_ns()), status().now.reading_ns);
	for (i = 0; i < 50; i++) {
		machine_pass(20 * MS);
		EXPECT_LE(llabs(error_ns()), status().now.reading_ns);
		check();
	}
	machine_pass(900 * MS);
	EXPECT_GE(10 * 1000, status().now.reading_ns);
	/* The same machine's counter is known again within a second, too. */
	run(60 * S);
	stand_still(300 * MS);
	check();
	run(2 * S);
	machine_pass(900 * MS);
	EXPECT_GE(10 * 1000, status().now.reading_ns);
	/* A step of the host's clock leaves the slope as it was. */
	machine.host_ahead_ns = 30 * S;
	check();
	machine_pass(900 * MS);
	EXPECT_GE(10 * 1000, status().now.reading_ns);
}

/* Corrected for a minute it is paused; after that @raw_slow_ppm and @host_rate_ppm hold. */
static int pause_after_a_minute(s64 raw_slow_ppm, s64 host_rate_ppm)
{
	int ret = correct();

	run(60 * S);
	stand_still(200 * MS);
	machine.raw_slow_ppm = raw_slow_ppm;
	machine.host_rate_ppm = host_rate_ppm;
	check();
	return ret;
}

/* KVM does not scale a counter that differs by less than 250 ppm from the first machine's. */
TEST_F(module, move_to_another_counter_breaks_no_bound)
{
	const s64 slow_ppm[] = { 30, 55, -100, 250, -250 };
	unsigned int i;
	int minute;

	ASSERT_EQ(0, load());
	for (i = 0; i < ARRAY_SIZE(slow_ppm); i++) {
		run(10 * S);
		ASSERT_EQ(0, correct());
		run(60 * S);
		ASSERT_EQ(0, correct());
		stand_still(200 * MS);
		machine.raw_slow_ppm += slow_ppm[i];
		check();
		EXPECT_EQ(TRUECHIME_CAUSE_PAUSE, latest()->cause);
		/* No time source renews the correction. */
		for (minute = 0; minute < 330; minute++) {
			run(60 * S);
			ASSERT_LE(llabs(error_ns()), status().now.maxerror_ns)
				TH_LOG("%lld ppm, minute %d", (long long)slow_ppm[i], minute);
		}
		EXPECT_LE(llabs(error_ns()), 300 * MS);
		EXPECT_LE(status().now.maxerror_ns, S);
	}
}

/* A host that was slewed lately is expected to be slewed again, by however little. */
TEST_F(module, move_to_another_counter_after_a_slew_breaks_no_bound)
{
	const s64 slow_ppm[] = { 5, -20, 45 };
	unsigned int i;
	int minute;

	ASSERT_EQ(0, load());
	for (i = 0; i < ARRAY_SIZE(slow_ppm); i++) {
		run(10 * S);
		ASSERT_EQ(0, correct());
		run(20 * S);
		machine.host_rate_ppm = -500;
		run(20 * S);
		machine.host_rate_ppm = 0;
		run(300 * S);
		ASSERT_EQ(0, correct());
		run(10 * S);
		machine.raw_slow_ppm += slow_ppm[i];
		revert(10 * S);
		for (minute = 0; minute < 330; minute++) {
			run(60 * S);
			ASSERT_LE(llabs(error_ns()), status().now.maxerror_ns)
				TH_LOG("%lld ppm, minute %d", (long long)slow_ppm[i], minute);
		}
		EXPECT_LE(llabs(error_ns()), 100 * MS);
		EXPECT_LE(status().now.maxerror_ns, 200 * MS);
	}
}

/* Without a correction there was no pace to wait for. */
TEST_F(module, slew_soon_after_a_restore_moves_no_correction)
{
	ASSERT_EQ(0, load());
	revert(HOUR);
	run(2 * S);
	ASSERT_EQ(0, correct());
	run(2 * S);
	machine.host_rate_ppm = -300;
	run(30 * S);
	EXPECT_LE(llabs(error_ns()), status().now.maxerror_ns);
	machine.host_rate_ppm = 0;
	run(60 * S);
	EXPECT_LE(llabs(error_ns()), status().now.maxerror_ns);
}

/* The rate of the new clocksource is the pace as soon as it is known. */
TEST_F(module, slew_that_another_clocksource_sees_the_end_of_moves_no_correction)
{
	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	run(60 * S);
	machine.host_rate_ppm = -100;
	run(10 * S);
	machine.clocksource++;
	machine.raw_slow_ppm = 46;
	run(5 * S);
	machine.host_rate_ppm = 0;
	run(20 * S);
	EXPECT_LE(llabs(error_ns()), status().now.maxerror_ns);
	run(600 * S);
	EXPECT_LE(llabs(error_ns()), status().now.maxerror_ns);
}

/* Only its length shows whether a change of the host's rate is the raw clock's or a slew's. */
TEST_F(module, slew_beside_another_clocksource_breaks_no_bound)
{
	static const struct {
		s64 slew_ppm;
		s64 begin_s;
		s64 end_s;
		s64 raw_slow_ppm;
	} cases[] = {
		/* It begins or ends in the same second, ... */
		{ 800, -30, 0, 0 }, { -60, -3, 0, 46 }, { 1000, 0, 30, 400 }, { -5, 0, 99, -200 },
		/* ... before the new rate is seen, ... */
		{ -800, -10, 1, -200 }, { 300, 1, 3, 46 }, { 1000, 1, 91, 0 }, { 60, -30, 2, 400 },
		/* ... while it is being confirmed, ... */
		{ -800, 3, 102, 46 }, { 300, 50, 60, -200 }, { 900, 50, 149, 0 },
		{ -1000, -50, 40, 46 },
		/* ... or afterwards. */
		{ 1000, 110, 140, 400 }, { -300, 150, 240, 0 },
	};
	unsigned int i;
	int second;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		machine_begin();
		ASSERT_EQ(0, load());
		ASSERT_EQ(0, correct());
		run(100 * S);
		ASSERT_EQ(0, correct());
		for (second = -60; second < 400; second++) {
			if (second == cases[i].begin_s)
				machine.host_rate_ppm = cases[i].slew_ppm;
			if (second == cases[i].end_s)
				machine.host_rate_ppm = 0;
			if (!second) {
				machine.clocksource++;
				machine.raw_slow_ppm = cases[i].raw_slow_ppm;
			}
			run(S);
			ASSERT_LE(llabs(error_ns()), status().now.maxerror_ns + CLOSE_NS)
				TH_LOG("case %u, second %d", i, second);
		}
		EXPECT_LE(status().now.maxerror_ns, 400 * MS);
		played_module_exit();
	}
}

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

/* Ways by which the host becomes the reference, or again. */
static void choose_again(void)
{
	choose_host("kvm");
}

static void be_silent_for_a_while(void)
{
	machine.host_silent = true;
	run(5 * S);
	machine.host_silent = false;
}

static void demote_for_a_while(void)
{
	demote_host(true);
	run(5 * S);
	demote_host(false);
}

/* What was learned of its rate is that of the slew, but UTC's rate is not. */
TEST_F(module, slew_of_a_host_that_becomes_the_reference_breaks_no_bound)
{
	static const s64 slews_ppm[] = { 565, -900, 1000 };
	static const struct {
		void (*become)(void);
	} ways[] = { { choose_again }, { be_silent_for_a_while }, { demote_for_a_while } };
	unsigned int way, slew;
	int second;

	for (way = 0; way < ARRAY_SIZE(ways); way++) {
		for (slew = 0; slew < ARRAY_SIZE(slews_ppm); slew++) {
			machine_begin();
			ASSERT_EQ(0, load());
			ASSERT_EQ(0, correct());
			run(60 * S);
			machine.host_rate_ppm = slews_ppm[slew];
			run(20 * S);
			ways[way].become();
			for (second = 0; second < 200; second++) {
				if (second == 30)
					machine.host_rate_ppm = 0;
				/* The slew is over, or goes on after an hour as before. */
				if (second == 60 || (second == 15 && slew))
					stand_still(HOUR);
				run(S);
				ASSERT_LE(llabs(error_ns()), status().now.maxerror_ns + CLOSE_NS)
					TH_LOG("way %u, slew %u, second %d", way, slew, second);
			}
			ASSERT_EQ(0, correct());
			EXPECT_LE(status().now.maxerror_ns, 50 * US);
			played_module_exit();
		}
	}
}

/* One that was set while it was silent is seen to jump, and not to be slewed. */
TEST_F(module, slew_of_a_host_that_was_lost_and_set_breaks_no_bound)
{
	int second;

	ASSERT_EQ(0, load());
	machine.host_silent = true;
	run(5 * S);
	ASSERT_EQ(0, correct());
	run(5 * S);
	machine.host_rate_ppm = 800;
	machine.host_ahead_ns += HOUR;
	run(5 * S);
	machine.host_silent = false;
	for (second = 0; second < 60; second++) {
		if (second == 30)
			machine.host_rate_ppm = 0;
		run(S);
		ASSERT_LE(llabs(error_ns()), status().now.maxerror_ns + CLOSE_NS)
			TH_LOG("second %d", second);
	}
}

/* A host that is not slewed is known as well as before. */
TEST_F(module, host_that_becomes_the_reference_again_is_known_as_before)
{
	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	run(120 * S);
	demote_for_a_while();
	run(60 * S);
	be_silent_for_a_while();
	run(60 * S);
	EXPECT_LE(status().now.maxerror_ns, MS);
}

/* The sources have to measure for long enough to know the rate. */
TEST_F(module, move_to_another_counter_is_allowed_for_until_it_is_measured)
{
	int second;

	ASSERT_EQ(0, load());
	ASSERT_EQ(0, pause_after_a_minute(-250, 0));
	for (second = 0; second < 3000; second++) {
		run(S);
		ASSERT_LE(llabs(error_ns()), status().now.maxerror_ns);
		EXPECT_LE(status().now.maxerror_ns, 40 * MS);
		/* The first answer does not show the rate. */
		if (second % 64 == 63)
			ASSERT_EQ(0, correct_at_rate(second < 64 ? 0 : -250 * CHIME_PPM_Q32));
	}
	EXPECT_LE(status().now.maxerror_ns, MS);
	EXPECT_EQ(1, machine.count);
}

/* One measurement is not enough, if none comes after it. */
TEST_F(module, move_to_another_counter_stays_allowed_for_where_sources_end)
{
	int minute;

	ASSERT_EQ(0, load());
	ASSERT_EQ(0, pause_after_a_minute(-250, 0));
	run(64 * S);
	ASSERT_EQ(0, correct());
	for (minute = 0; minute < 330; minute++) {
		run(60 * S);
		ASSERT_LE(llabs(error_ns()), status().now.maxerror_ns);
	}
}

/* A hard slew cannot be distinguished from such a move while it lasts. */
TEST_F(module, hard_slew_after_a_pause_is_no_move)
{
	const s64 slews_ppm[] = { 60, -300, 900 };
	unsigned int i;
	int second;

	ASSERT_EQ(0, load());
	/* The bound of the host's other errors is to be seen. */
	machine.chime->host.apart_ns = 0;
	for (i = 0; i < ARRAY_SIZE(slews_ppm); i++) {
		run(10 * S);
		ASSERT_EQ(0, correct());
		run(60 * S);
		ASSERT_EQ(0, correct());
		stand_still(200 * MS);
		machine.host_rate_ppm = slews_ppm[i];
		check();
		for (second = 0; second < 60; second++) {
			run(S);
			ASSERT_LE(llabs(error_ns()), status().now.maxerror_ns);
		}
		EXPECT_LE(60 * llabs(slews_ppm[i]) * 1000, status().now.maxerror_ns);
		machine.host_rate_ppm = 0;
		run(10 * S);
		EXPECT_LE(llabs(error_ns()), status().now.maxerror_ns);
		EXPECT_LE(llabs(error_ns()), MS);
		EXPECT_LE(status().now.maxerror_ns, 3 * MS);
	}
}

TEST_F(module, step_of_the_host_is_followed_unless_utc_is_known_better)
{
	ASSERT_EQ(0, load());
	machine.host_ahead_ns = 45 * S;
	check();
	ASSERT_EQ(1, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_HOST_STEP, latest()->cause);
	EXPECT_LE(llabs(machine.behind_ns + 45 * S), CLOSE_NS);

	ASSERT_EQ(0, correct());
	ASSERT_EQ(0, chime_control_step(machine.chime, TRUECHIME_OCCASION_OPERATOR));
	EXPECT_EQ(TRUECHIME_CAUSE_OPERATOR, latest()->cause);
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
	machine.host_ahead_ns = -45 * S;
	check();
	ASSERT_EQ(3, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_HOST_STEP, latest()->cause);
	EXPECT_EQ(TRUECHIME_ACTION_NONE, latest()->action);
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
	EXPECT_TRUE(status().corrected);
	EXPECT_LE(llabs(status().now.change.offset_ns + 90 * S), CLOSE_NS);
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
		ASSERT_EQ(0, correct());
		ASSERT_EQ(0, demote_host(demoted));
		ASSERT_EQ(0, correct());
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

/* It cannot be told whether the host was slewed just then: the bound allows for both. */
TEST_F(module, slew_of_the_host_beside_a_short_stop_is_within_the_bound)
{
	unsigned int i;

	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	run(60 * S);
	/* However the hosts' clocks may differ is no part of this. */
	machine.chime->host.apart_ns = 0;
	for (i = 0; i < 20; i++) {
		stand_still(0);
		machine.host_ahead_ns += 900 * US;
		machine_pass(8 * MS);
		check();
		EXPECT_LE(llabs(error_ns()), status().now.maxerror_ns);
		run(2 * S);
	}
	/* The next answers show what it was. */
	ASSERT_EQ(0, correct());
	EXPECT_GE(200 * US, status().now.maxerror_ns);
}

/* A live migration of some 100 ms: no check is missing, but the host may be another one. */
TEST_F(module, short_stop_that_the_hypervisor_gave_back_may_end_on_another_host)
{
	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	run(10 * S);
	machine.host_ahead_ns = 5 * MS;
	stand_still_set_ahead(300 * MS, -5 * MS);
	check();
	EXPECT_EQ(0, machine.count);
	EXPECT_LE(llabs(error_ns()), status().now.maxerror_ns);
	EXPECT_GE(11 * MS, status().now.maxerror_ns);
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
	unit_settling = NULL;
	run(5 * S);
	machine.host_ahead_ns = -HOUR;
	check();
	EXPECT_EQ(TRUECHIME_CAUSE_HOST_STEP, latest()->cause);
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
}

static void run_in_checks(s64 ns, s64 every_ns)
{
	for (; ns > 0; ns -= every_ns) {
		machine_pass(ns < every_ns ? ns : every_ns);
		check();
	}
}

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

/*
 * A host slewed for 5 s by up to 83,333 ppm, chronyd's default maxslewrate, and seen every 0.25 to
 * 1 s by an idle guest.
 */
static void slew_host(struct unit_random *random)
{
	s64 every_ns = 250 * MS + (s64)unit_random_below(random, 750 * MS);
	s64 ppm = 1000 + (s64)unit_random_below(random, 82334);
	s64 after_ns = (s64)unit_random_below(random, (u64)every_ns);

	machine_pass(after_ns);
	machine.host_rate_ppm = unit_random_below(random, 2) ? ppm : -ppm;
	machine_pass(every_ns - after_ns);
	check();
	run_in_checks(5 * S - every_ns, every_ns);
	machine.host_rate_ppm = 0;
	run_in_checks(20 * S, every_ns);
}

TEST_F(module, host_that_is_slewed_hard_is_followed_by_a_slew)
{
	struct unit_random random = { 1 };
	int i;

	ASSERT_EQ(0, load());
	for (i = 0; i < 1000; i++)
		slew_host(&random);
	EXPECT_EQ(0, machine.count);
	EXPECT_EQ(0, machine.sets);
	EXPECT_EQ(1, status().now.epoch);
	EXPECT_LE(llabs(error_ns() - machine.host_ahead_ns), CLOSE_NS);
}

TEST_F(module, host_that_is_slewed_hard_moves_no_correction)
{
	struct unit_random random = { 2 };
	s64 worst_ns = 0;
	u32 epoch;
	int i;

	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	run(60 * S);
	epoch = status().now.epoch;
	for (i = 0; i < 1000; i++) {
		ASSERT_EQ(0, correct());
		slew_host(&random);
		EXPECT_LE(llabs(error_ns()), status().now.maxerror_ns);
		worst_ns = max_t(s64, worst_ns, llabs(error_ns()));
	}
	EXPECT_EQ(0, machine.count);
	EXPECT_EQ(epoch, status().now.epoch);
	EXPECT_LE(worst_ns, 100 * 1000);
}

/* A slew that began and ended between two checks cannot be distinguished from a step. */
TEST_F(module, small_step_of_an_idle_guests_host_is_one)
{
	ASSERT_EQ(0, load());
	machine_pass(500 * MS);
	machine.host_ahead_ns = 50 * MS;
	machine_pass(500 * MS);
	check();
	ASSERT_EQ(1, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_HOST_STEP, latest()->cause);
	EXPECT_LE(llabs(error_ns() - 50 * MS), CLOSE_NS);
	run(10 * S);
	EXPECT_EQ(1, machine.count);
	/* A stop is not taken for a slew. */
	stand_still(50 * MS);
	machine_pass(S);
	check();
	ASSERT_EQ(2, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_PAUSE, latest()->cause);
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

/* The new machine's hypervisor lacks the hypercall, but stopped this guest. */
TEST_F(module, move_to_a_host_without_a_clock_ends_what_was_known)
{
	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	machine.host_silent = true;
	stand_still(300 * MS);
	run(S);
	EXPECT_EQ(0, machine.count);
	run(5 * S);
	ASSERT_EQ(1, machine.count);
	EXPECT_TRUE(latest()->evidence & BIT(TRUECHIME_EVIDENCE_CLOCK_SET));
	EXPECT_EQ(TRUECHIME_ACTION_DISTRUSTED, latest()->action);
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, status().now.maxerror_ns);
	run(60 * S);
	EXPECT_EQ(1, machine.count);

	/* Without a stop this is only a host that does not answer. */
	machine.host_silent = false;
	run(5 * S);
	ASSERT_EQ(0, correct());
	machine.host_silent = true;
	run(60 * S);
	EXPECT_NE(CHIME_LINE_UNBOUNDED_NS, status().now.maxerror_ns);
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

TEST_F(module, leap_second_of_the_host_is_no_disruption)
{
	machine.utc_ns -= machine.utc_ns % (24 * HOUR);
	machine.utc_ns -= 60 * S;
	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	run(51 * S);
	machine.host_ahead_ns = -S;
	check();
	ASSERT_EQ(1, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_LEAP, latest()->cause);
	EXPECT_EQ(0, status().disruptions);
	EXPECT_EQ(0, machine.sets);
}

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

/* Where a page shows no move, the counter is that of before, and so is what was known of it. */
TEST_F(module, stop_on_the_same_host_leaves_the_rate_of_one_that_is_read_coarsely_known)
{
	machine.has_page = true;
	machine.page_maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
	machine.host_late_ns = 10 * NSEC_PER_USEC;
	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	stand_still(S);
	check();
	ASSERT_EQ(1, machine.count);
	run(100 * S);
	/* A slew meanwhile may have taken 1 ms, and 40 ppm are the errors of two readings. */
	EXPECT_GT(6 * MS, status().now.maxerror_ns);
	/* Another machine's counter may differ by 250 ppm. */
	machine.page_evidence = BIT(TRUECHIME_EVIDENCE_MARKER);
	stand_still(S);
	check();
	run(100 * S);
	EXPECT_LT(25 * MS, status().now.maxerror_ns);
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

static void set_rtc_policy(enum truechime_rtc policy)
{
	mutex_lock(&machine.chime->lock);
	chime_rtc_set_policy(machine.chime, policy);
	chime_unlock(machine.chime);
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

/*
 * Sources have corrected the clock since the host fell silent, and so refuted what is stated of the
 * host, which was set. The correction is no less doubted, but a clock that is left to sources does
 * not part from the timescale.
 */
TEST_F(module, statement_that_was_refuted_beside_a_lost_host_is_not_believed_when_that_answers)
{
	int i;

	ASSERT_EQ(0, load());
	state_host_maxerror(MS);
	run(10 * S);
	machine.host_silent = true;
	run(10 * S);
	revert(HOUR);
	run(10 * S);
	ASSERT_EQ(0, correct());
	ASSERT_EQ(0, chime_control_step(machine.chime, TRUECHIME_OCCASION_OPERATOR));
	machine.host_ahead_ns = 300 * S;
	machine.host_silent = false;
	run(60 * S);
	EXPECT_EQ(TRUECHIME_REFERENCE_HOST, status().now.reference);
	EXPECT_EQ(TRUECHIME_ACTION_DISTRUSTED, latest()->action);
	EXPECT_LE(llabs(status().realtime_ns - status().now.time_ns), MS);
	EXPECT_LE(llabs(machine.behind_ns), MS);
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, status().now.maxerror_ns);
	/* What sources say next counts, once they have seen its rate for as long as slews last. */
	for (i = 0; i < 12; i++) {
		ASSERT_EQ(0, correct());
		run(10 * S);
	}
	EXPECT_TRUE(status().corrected);
	EXPECT_LE(llabs(error_ns()), status().now.maxerror_ns);
	EXPECT_GE(MS, status().now.maxerror_ns);
}

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

TEST_F(module, host_is_chosen_and_left_without_a_jump)
{
	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	EXPECT_EQ(-ENOENT, choose_host("nosuch"));
	EXPECT_EQ(0, choose_host("none"));
	EXPECT_EQ(TRUECHIME_REFERENCE_RAW, status().now.reference);
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
	machine.has_host = false;
	EXPECT_EQ(-ENODEV, choose_host("kvm"));
	EXPECT_EQ(0, choose_host("auto"));
	EXPECT_EQ(TRUECHIME_REFERENCE_RAW, status().now.reference);
	machine.has_host = true;
	EXPECT_EQ(0, choose_host("auto"));
	EXPECT_EQ(TRUECHIME_REFERENCE_HOST, status().now.reference);
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
	EXPECT_TRUE(status().corrected);
	chime_control_reset(machine.chime);
	EXPECT_FALSE(status().corrected);
	EXPECT_EQ(TRUECHIME_STATE_HOST, status().now.state);
	EXPECT_EQ(0, machine.count);
}

/* A request may take long: the pause is between its check and the next reading of the host. */
static void pause_amid_request(void)
{
	machine.count = 0;
	machine.stops_at = 2;
	machine.stops_ns = 30 * S;
}

TEST_F(module, pause_amid_a_reset_is_reported)
{
	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	pause_amid_request();
	chime_control_reset(machine.chime);
	check();
	ASSERT_EQ(1, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_PAUSE, latest()->cause);
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
	/* The same if the host is chosen once more. */
	run(10 * S);
	ASSERT_EQ(0, correct());
	pause_amid_request();
	EXPECT_EQ(0, choose_host("kvm"));
	check();
	ASSERT_EQ(1, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_PAUSE, latest()->cause);
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
	EXPECT_TRUE(status().corrected);
}

/* Its readings contradict each other just then, so that no check has a result. */
TEST_F(module, pause_before_a_reset_without_a_result_is_reported)
{
	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	stand_still(30 * S);
	machine.host_wild = true;
	EXPECT_EQ(-ENODEV, choose_host("kvm"));
	chime_control_reset(machine.chime);
	machine.host_wild = false;
	check();
	ASSERT_EQ(1, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_PAUSE, latest()->cause);
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
}

TEST_F(module, reset_forgets_the_rate_of_a_host_that_is_silent)
{
	machine.host_rate_ppm = 50;
	ASSERT_EQ(0, load());
	run(60 * S);
	ASSERT_TRUE(machine.chime->host.track.rate_known);
	machine.host_silent = true;
	chime_control_reset(machine.chime);
	EXPECT_FALSE(machine.chime->host.track.rate_known);
	EXPECT_EQ(0, status().host_line.rate_q32);
	run(S);
	EXPECT_LE(llabs(error_ns() - machine.host_ahead_ns), status().now.reading_ns);
	/* After a while nothing shows how far the host has gone, so that is no disruption. */
	run(HOUR);
	machine.host_silent = false;
	run(10 * S);
	EXPECT_EQ(0, machine.count);
	EXPECT_LE(llabs(error_ns() - machine.host_ahead_ns), CLOSE_NS);
}

/* What a request changes; all else follows from it. */
static bool is_as_before(const struct chime_status *before)
{
	const struct chime_status now = status();

	return now.host_name == before->host_name && now.host_state == before->host_state &&
	       now.now.epoch == before->now.epoch && now.now.reference == before->now.reference &&
	       now.now.host_maxerror_ns == before->now.host_maxerror_ns;
}

TEST_F(module, request_about_the_host_is_carried_out_as_a_whole_or_not_at_all)
{
	const struct chime_host_request refused[] = {
		{ "none", .has_state = true, .demoted = true },
		{ "none", .has_state = true, .has_maxerror = true, .maxerror_ns = MS },
		{ "nosuch", .has_state = true, .demoted = true, .has_maxerror = true },
	};
	const struct chime_host_request demoted = {
		.name = "auto",
		.has_state = true,
		.demoted = true,
		.has_maxerror = true,
		.maxerror_ns = MS,
	};
	struct chime_status before;
	unsigned int i;

	ASSERT_EQ(0, load());
	state_host_maxerror(10 * MS);
	before = status();
	for (i = 0; i < ARRAY_SIZE(refused); i++) {
		EXPECT_EQ(i < 2 ? -ENODATA : -ENOENT,
			  chime_control_set_host(machine.chime, &refused[i]));
		EXPECT_TRUE(is_as_before(&before));
	}
	EXPECT_EQ(0, choose_host("none"));
	machine.has_host = false;
	before = status();
	EXPECT_EQ(-ENODATA, chime_control_set_host(machine.chime, &demoted));
	EXPECT_TRUE(is_as_before(&before));
	EXPECT_EQ(10 * MS, machine.chime->host.stated_maxerror_ns);
	machine.has_host = true;
	EXPECT_EQ(0, chime_control_set_host(machine.chime, &demoted));
	EXPECT_EQ(TRUECHIME_HOST_DEMOTED, status().host_state);
	EXPECT_EQ(MS, status().now.host_maxerror_ns);
}

/* The host is known to be wrong, and only to measure gaps. */
TEST_F(module, host_that_is_chosen_as_a_demoted_one_is_never_followed)
{
	const struct chime_host_request request = {
		.name = "kvm",
		.has_state = true,
		.demoted = true,
	};

	machine.host_ahead_ns = 5 * S;
	ASSERT_EQ(0, load_without_host());
	machine.has_host = true;
	EXPECT_EQ(0, chime_control_set_host(machine.chime, &request));
	EXPECT_EQ(TRUECHIME_HOST_DEMOTED, status().host_state);
	EXPECT_EQ(TRUECHIME_REFERENCE_RAW, status().now.reference);
	run(10 * S);
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
}

TEST_F(module, host_clocks_are_listed)
{
	struct chime_host_info info;
	struct chime_host *host;

	ASSERT_EQ(0, load());
	host = &machine.chime->host;
	mutex_lock(host->lock);
	ASSERT_TRUE(chime_host_list(host, 0, &info));
	EXPECT_EQ(TRUECHIME_HOST_CHOSEN, info.state);
	EXPECT_TRUE(info.exact);
	EXPECT_EQ(EXACT_NS, info.uncertainty_ns);
	EXPECT_FALSE(chime_host_list(host, 1, &info));
	/* The rate of a host that is chosen again is learned anew, and it is trusted again. */
	host->demoted = true;
	EXPECT_EQ(0, chime_host_choose(host, "kvm"));
	EXPECT_FALSE(host->demoted);
	EXPECT_EQ(0, chime_host_choose(host, "none"));
	ASSERT_TRUE(chime_host_list(host, 0, &info));
	EXPECT_EQ(TRUECHIME_HOST_READY, info.state);
	/* A host that does not answer is not chosen. */
	machine.host_silent = true;
	EXPECT_EQ(-ENODEV, chime_host_choose(host, "kvm"));
	machine.has_host = false;
	EXPECT_EQ(-ENODEV, chime_host_choose(host, "kvm"));
	ASSERT_TRUE(chime_host_list(host, 0, &info));
	EXPECT_EQ(TRUECHIME_HOST_ABSENT, info.state);
	mutex_unlock(host->lock);
}

/* Any user may list them, and opening a device costs more than an answer. */
TEST_F(module, list_of_host_clocks_opens_each_once)
{
	struct chime_host_info info;
	int i;

	ASSERT_EQ(0, load_without_host());
	ASSERT_EQ(0, choose_host("none"));
	machine.opens = 0;
	for (i = 0; i < 10; i++) {
		ASSERT_TRUE(chime_status_read_host(machine.chime, 0, &info));
		EXPECT_EQ(TRUECHIME_HOST_ABSENT, info.state);
		EXPECT_FALSE(chime_status_read_host(machine.chime, 1, &info));
		run(S);
	}
	EXPECT_EQ(0, machine.opens);
	/* It is looked for again when somebody chooses it. */
	machine.has_host = true;
	ASSERT_EQ(0, choose_host("kvm"));
	ASSERT_TRUE(chime_status_read_host(machine.chime, 0, &info));
	EXPECT_EQ(TRUECHIME_HOST_CHOSEN, info.state);
	ASSERT_EQ(0, choose_host("none"));
	ASSERT_TRUE(chime_status_read_host(machine.chime, 0, &info));
	EXPECT_EQ(TRUECHIME_HOST_READY, info.state);
}

/* Of the next so many seconds, those after which a host clock was looked for. */
static int seconds_of_search(int seconds, int *found, int most)
{
	int i, count = 0, before;

	for (i = 1; i <= seconds; i++) {
		before = machine.opens;
		run(S);
		if (machine.opens != before && count < most)
			found[count++] = i;
	}
	return count;
}

TEST_F(module, host_that_is_absent_is_looked_for_ever_more_seldom)
{
	const int expected[] = { 1, 3, 7, 15, 31, 63, 127, 255, 511, 1023, 1623, 2223 };
	int found[ARRAY_SIZE(expected) + 1] = { };
	unsigned int i;

	machine.has_host = false;
	ASSERT_EQ(0, played_module_init());
	EXPECT_EQ(1, machine.opens);
	machine.log[0] = '\0';
	EXPECT_EQ(ARRAY_SIZE(expected), seconds_of_search(2700, found, ARRAY_SIZE(found)));
	for (i = 0; i < ARRAY_SIZE(expected); i++)
		EXPECT_EQ(expected[i], found[i]);
	EXPECT_EQ(0, machine.count);
	EXPECT_STREQ("", machine.log);
}

/* Another host may offer one. */
TEST_F(module, host_is_looked_for_at_once_after_a_disruption)
{
	int found[3] = { };

	ASSERT_EQ(0, load_without_host());
	run(HOUR);
	machine.opens = 0;
	revert(HOUR);
	EXPECT_EQ(1, machine.opens);
	EXPECT_EQ(TRUECHIME_ACTION_DISTRUSTED, latest()->action);
	EXPECT_EQ(2, seconds_of_search(5, found, ARRAY_SIZE(found)));
	EXPECT_EQ(1, found[0]);
	EXPECT_EQ(3, found[1]);
}

TEST_F(module, host_that_appears_is_followed)
{
	u32 epoch;

	machine.behind_ns = 90 * S;
	ASSERT_EQ(0, load_without_host());
	EXPECT_EQ(TRUECHIME_STATE_FREE, status().now.state);
	epoch = status().now.epoch;
	machine.has_host = true;
	run(10 * S);
	EXPECT_STREQ("kvm", status().host_name);
	EXPECT_EQ(TRUECHIME_STATE_HOST, status().now.state);
	EXPECT_LT(epoch, status().now.epoch);
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
	/* The clock is wrong as one may be at load. */
	ASSERT_EQ(1, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_BOOT, latest()->cause);
	EXPECT_EQ(TRUECHIME_ACTION_STEPPED, latest()->action);
	EXPECT_LE(llabs(latest()->gap_ns - 90 * S), CLOSE_NS);
	EXPECT_STREQ("kvm", latest()->host_name);
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
	EXPECT_EQ(0, status().disruptions);
	/* From now on it shows what happens. */
	machine.opens = 0;
	revert(HOUR);
	EXPECT_EQ(2, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_REVERT, latest()->cause);
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
	run(HOUR);
	EXPECT_EQ(0, machine.opens);
	EXPECT_EQ(2, machine.count);
}

TEST_F(module, it_says_once_that_a_host_has_appeared)
{
	ASSERT_EQ(0, load_without_host());
	/* A clock that sources have put right needs no other words. */
	ASSERT_EQ(0, correct());
	machine.log[0] = '\0';
	machine.has_host = true;
	run(10 * S);
	EXPECT_STREQ("host clock kvm (exact) is there now, and is followed\n", machine.log);
	machine.log[0] = '\0';
	run(HOUR);
	EXPECT_STREQ("", machine.log);
	EXPECT_EQ(0, machine.count);
}

TEST_F(module, host_that_appears_does_not_move_a_corrected_clock)
{
	ASSERT_EQ(0, load_without_host());
	ASSERT_EQ(0, correct());
	machine.has_host = true;
	machine.host_ahead_ns = 5 * MS;
	machine.behind_ns = 3 * MS;
	run(10 * S);
	EXPECT_EQ(TRUECHIME_REFERENCE_HOST, status().now.reference);
	EXPECT_EQ(TRUECHIME_STATE_CORRECTED, status().now.state);
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
	EXPECT_NE(CHIME_LINE_UNBOUNDED_NS, status().now.maxerror_ns);
	EXPECT_EQ(0, machine.sets);
	EXPECT_EQ(0, machine.count);
}

/* Nothing shows whether this guest was stopped on the way to that host. */
TEST_F(module, host_that_appears_and_contradicts_makes_a_correction_doubtful)
{
	ASSERT_EQ(0, load_without_host());
	ASSERT_EQ(0, correct());
	stand_still(HOUR);
	machine.has_host = true;
	run(10 * S);
	EXPECT_EQ(TRUECHIME_REFERENCE_HOST, status().now.reference);
	ASSERT_EQ(1, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_UNKNOWN, latest()->cause);
	EXPECT_EQ(TRUECHIME_ACTION_DISTRUSTED, latest()->action);
	EXPECT_LE(llabs(latest()->gap_ns - HOUR), 10 * MS);
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, status().now.maxerror_ns);
	/* Sources decide. */
	ASSERT_EQ(0, correct());
	EXPECT_NE(CHIME_LINE_UNBOUNDED_NS, status().now.maxerror_ns);
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
}

TEST_F(module, disruption_that_brings_a_host_is_repaired_by_it)
{
	ASSERT_EQ(0, load_without_host());
	ASSERT_EQ(0, correct());
	run(HOUR);
	machine.has_host = true;
	revert(HOUR);
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
	EXPECT_EQ(TRUECHIME_STATE_HOST, status().now.state);
	/* What the witness saw, and what the host's clock made of it. */
	ASSERT_EQ(2, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_REVERT, machine.events[0].cause);
	EXPECT_EQ(TRUECHIME_ACTION_DISTRUSTED, machine.events[0].action);
	EXPECT_EQ(TRUECHIME_CAUSE_UNKNOWN, machine.events[1].cause);
	EXPECT_EQ(TRUECHIME_ACTION_STEPPED, machine.events[1].action);
	EXPECT_LE(llabs(machine.events[1].gap_ns - HOUR), CLOSE_NS);
	run(HOUR);
	EXPECT_EQ(2, machine.count);
}

TEST_F(module, clock_that_others_discipline_is_left_to_them_when_a_host_appears)
{
	char stated[] = "step:1ms";

	unit_clock_is_disciplined = true;
	ASSERT_EQ(0, load_without_host());
	machine.host_ahead_ns = -5 * S;
	machine.has_host = true;
	run(10 * S);
	EXPECT_EQ(0, machine.sets);
	ASSERT_EQ(1, machine.count);
	EXPECT_EQ(TRUECHIME_CAUSE_BOOT, latest()->cause);
	EXPECT_EQ(TRUECHIME_ACTION_IGNORED, latest()->action);
	played_module_exit();
	/* But not where the policy for a clock found wrong at load is stated. */
	machine_begin();
	unit_clock_is_disciplined = true;
	*(char **)played_param_boot = stated;
	ASSERT_EQ(0, load_without_host());
	machine.host_ahead_ns = -5 * S;
	machine.has_host = true;
	run(10 * S);
	EXPECT_LE(llabs(machine.behind_ns - 5 * S), CLOSE_NS);
}

/* ptp4l may steer it by a better clock than the host's. */
TEST_F(module, host_that_appears_sets_no_clock_in_mode_external)
{
	machine.behind_ns = 90 * S;
	ASSERT_EQ(0, load_without_host());
	chime_control_set_mode(machine.chime, TRUECHIME_MODE_EXTERNAL);
	machine.has_host = true;
	run(10 * S);
	EXPECT_EQ(TRUECHIME_STATE_EXTERNAL, status().now.state);
	EXPECT_EQ(TRUECHIME_REFERENCE_HOST, status().now.reference);
	EXPECT_EQ(0, machine.sets);
	EXPECT_EQ(0, machine.count);
}

TEST_F(module, only_auto_takes_a_host_that_appears)
{
	const struct chime_host_request refused = { "auto", .has_state = true, .demoted = true };

	ASSERT_EQ(0, load_without_host());
	ASSERT_EQ(0, choose_host("none"));
	/* A request that is refused changes nothing. */
	EXPECT_EQ(-ENODATA, chime_control_set_host(machine.chime, &refused));
	EXPECT_EQ(-ENODEV, choose_host("kvm"));
	machine.has_host = true;
	machine.opens = 0;
	run(HOUR);
	revert(HOUR);
	run(10 * S);
	EXPECT_EQ(0, machine.opens);
	EXPECT_EQ(TRUECHIME_HOST_ABSENT, status().host_state);
	/* The operator has it looked for again, at load's pace. */
	machine.has_host = false;
	ASSERT_EQ(0, choose_host("auto"));
	EXPECT_EQ(-ENODEV, choose_host("kvm"));
	machine.has_host = true;
	run(S);
	EXPECT_EQ(TRUECHIME_HOST_CHOSEN, status().host_state);
	ASSERT_EQ(0, choose_host("none"));
	run(HOUR);
	EXPECT_EQ(TRUECHIME_HOST_ABSENT, status().host_state);
}

/* There is one, but it does not answer yet. */
TEST_F(module, host_that_appears_has_to_answer)
{
	ASSERT_EQ(0, load_without_host());
	machine.has_host = true;
	machine.host_silent = true;
	run(60 * S);
	EXPECT_EQ(NULL, status().host_name);
	EXPECT_EQ(TRUECHIME_REFERENCE_RAW, status().now.reference);
	EXPECT_EQ(0, status().failures);
	machine.host_silent = false;
	run(60 * S);
	EXPECT_EQ(TRUECHIME_REFERENCE_HOST, status().now.reference);
}

/* What was not told before the suspend ends it. */
TEST_F(module, host_that_appears_after_a_suspend_repairs_it)
{
	ASSERT_EQ(0, load_without_host());
	ASSERT_EQ(0, correct());
	machine.has_host = true;
	sleep_for(HOUR, S);
	check();
	EXPECT_EQ(TRUECHIME_CAUSE_SUSPEND, machine.events[0].cause);
	EXPECT_EQ(TRUECHIME_REFERENCE_HOST, status().now.reference);
	EXPECT_LE(llabs(machine.behind_ns), CLOSE_NS);
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
}

static struct chime_status amid_repair;

static void ask_amid_repair(void)
{
	struct chime_event event;
	struct chime_policy policy;
	enum truechime_rtc rtc;

	chime_status_read(machine.chime, &amid_repair);
	amid_repair.now.time_ns -= machine.utc_ns;
	chime_status_read_policy(machine.chime, &policy, &rtc);
	amid_repair.disruptions += chime_events_next(&machine.chime->events, 1, &event);
}

/* A lock that is taken twice is a deadlock here. */
TEST_F(module, answers_do_not_wait_for_a_repair)
{
	struct chime_policy policy;
	enum truechime_rtc rtc;

	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	EXPECT_TRUE(status().corrected);
	unit_settling = ask_amid_repair;
	stand_still(HOUR);
	check();
	ASSERT_EQ(1, machine.count);
	EXPECT_LE(llabs(amid_repair.now.time_ns), CLOSE_NS);
	EXPECT_EQ(0, amid_repair.disruptions);
	EXPECT_TRUE(amid_repair.corrected);
	EXPECT_EQ(1, status().disruptions);
	EXPECT_EQ(1, status().steps);
	set_rtc_policy(TRUECHIME_RTC_TRUST);
	chime_status_read_policy(machine.chime, &policy, &rtc);
	EXPECT_EQ(TRUECHIME_RTC_TRUST, rtc);
	EXPECT_EQ(0, memcmp(&policy, &machine.chime->policy, sizeof(policy)));
}

TEST_F(module, timers_run_only_while_witnesses_are_open)
{
	ASSERT_EQ(0, load());
	EXPECT_TRUE(machine.can_ask);
	EXPECT_TRUE(machine.timers_run);
	EXPECT_TRUE(machine.timers_found_witnesses);
	played_module_exit();
	EXPECT_FALSE(machine.timers_run);
	EXPECT_TRUE(machine.timers_left_witnesses);
	/* A witness may ask for a check until it is closed. */
	EXPECT_FALSE(machine.can_ask);
	EXPECT_TRUE(machine.witnesses_left_checks);
}

/* Each adjustment of the PTP clock checks the host first. */
static void adjust_phc(struct chime *chime)
{
	mutex_lock(&chime->lock);
	chime_disruption_check(chime);
	chime_unlock(chime);
}

TEST_F(module, reading_of_the_rtc_is_stopped_when_nobody_can_ask_for_it)
{
	machine.has_rtc = true;
	ASSERT_EQ(0, load_without_host());
	machine_pass(S);
	unit_phc_closing = adjust_phc;
	played_module_exit();
	EXPECT_EQ(NULL, machine.work);
}

/* A timer's reading, and nothing changes by it. */
static enum chime_verdict peek(void)
{
	struct chime_status before = status(), after;
	enum chime_verdict verdict = chime_host_peek(&machine.chime->host);

	after = status();
	if (memcmp(&before, &after, sizeof(before)))
		return -1;
	return verdict;
}

TEST_F(module, timer_sees_what_the_next_check_would_find)
{
	ASSERT_EQ(0, load());
	run(30 * S);
	machine_pass(8 * MS);
	EXPECT_EQ(CHIME_VERDICT_ON_LINE, peek());
	EXPECT_EQ(CHIME_VERDICT_ON_LINE, peek());
	/* The host's clock is set, forward and back: it stays so until a check has accepted it. */
	machine.host_ahead_ns += S;
	EXPECT_EQ(CHIME_VERDICT_JUMPED, peek());
	EXPECT_EQ(CHIME_VERDICT_JUMPED, peek());
	check();
	EXPECT_EQ(1, machine.count);
	machine_pass(8 * MS);
	EXPECT_EQ(CHIME_VERDICT_ON_LINE, peek());
	machine.host_ahead_ns -= 60 * S;
	EXPECT_EQ(CHIME_VERDICT_JUMPED, peek());
	check();
	machine_pass(8 * MS);
	EXPECT_EQ(CHIME_VERDICT_ON_LINE, peek());
	EXPECT_EQ(2, machine.count);
	/* Its rate changes: by so much that it shows within 8 ms. */
	run(30 * S);
	machine.host_rate_ppm = 500;
	machine_pass(8 * MS);
	EXPECT_EQ(CHIME_VERDICT_RATE_CHANGED, peek());
	check();
	run(30 * S);
	machine_pass(8 * MS);
	EXPECT_EQ(CHIME_VERDICT_ON_LINE, peek());
	machine.clocksource++;
	EXPECT_EQ(CHIME_VERDICT_RATE_CHANGED, peek());
}

TEST_F(module, timer_sees_nothing_where_it_may_not_read)
{
	ASSERT_EQ(0, load());
	run(5 * S);
	/* The same instant as the check's. */
	EXPECT_EQ(CHIME_VERDICT_USELESS, peek());
	machine_pass(MS);
	EXPECT_EQ(CHIME_VERDICT_ON_LINE, peek());
	machine.host_silent = true;
	EXPECT_EQ(CHIME_VERDICT_USELESS, peek());
	machine.host_silent = false;
	EXPECT_EQ(CHIME_VERDICT_ON_LINE, peek());
	/* Another processor publishes just now, or takes a reading. */
	spin_lock(&machine.chime->host.peek.lock);
	EXPECT_EQ(CHIME_VERDICT_USELESS, chime_host_peek(&machine.chime->host));
	spin_unlock(&machine.chime->host.peek.lock);
	/* The host clock is closed; its memory must not be used any more. */
	mutex_lock(&machine.chime->lock);
	chime_host_choose(&machine.chime->host, "none");
	EXPECT_EQ(CHIME_VERDICT_USELESS, chime_host_peek(&machine.chime->host));
	chime_unlock(machine.chime);
	EXPECT_EQ(CHIME_VERDICT_USELESS, chime_host_peek(&machine.chime->host));
	mutex_lock(&machine.chime->lock);
	chime_host_choose(&machine.chime->host, "kvm");
	chime_unlock(machine.chime);
	machine_pass(MS);
	EXPECT_EQ(CHIME_VERDICT_ON_LINE, chime_host_peek(&machine.chime->host));
}

/* As the timers compare it. */
static bool memory_has_moved(void)
{
	struct chime_marks checked, now;

	chime_witness_checked_marks(machine.chime, &checked);
	chime_witness_read_marks(machine.chime, &now);
	return memcmp(&checked, &now, sizeof(now));
}

TEST_F(module, check_takes_note_of_what_is_in_memory)
{
	const enum chime_mark seen[] = {
		CHIME_MARK_CLOCK_NS, CHIME_MARK_DISRUPTION, CHIME_MARK_ID_LOW,
	};
	unsigned int i;

	machine.has_page = true;
	ASSERT_EQ(0, load());
	for (i = 0; i < ARRAY_SIZE(seen); i++) {
		EXPECT_FALSE(memory_has_moved());
		unit_marks.words[seen[i]]++;
		EXPECT_TRUE(memory_has_moved());
		check();
	}
	/* Of a host that is not there kvm-clock says nothing. */
	mutex_lock(&machine.chime->lock);
	EXPECT_EQ(0, chime_host_choose(&machine.chime->host, "none"));
	mutex_unlock(&machine.chime->lock);
	check();
	EXPECT_FALSE(memory_has_moved());
	unit_marks.words[CHIME_MARK_CLOCK_NS]++;
	EXPECT_FALSE(memory_has_moved());
}

TEST_F(module, correction_of_another_epoch_or_reference_is_refused)
{
	struct chime_line line = { .rate_q32 = CHIME_LINE_RATE_MAX_Q32 + 1 };
	u32 epoch;

	ASSERT_EQ(0, load());
	epoch = status().now.epoch;
	EXPECT_EQ(-ERANGE, chime_control_correct(machine.chime, &line, epoch, -1, true));
	line.rate_q32 = 0;
	EXPECT_EQ(-ESTALE, chime_control_correct(machine.chime, &line, epoch + 1, -1, true));
	EXPECT_EQ(-ESTALE, chime_control_correct(machine.chime, &line, epoch,
						 TRUECHIME_REFERENCE_RAW, true));
	/* A disruption that no check has detected yet ends the epoch, too. */
	machine.host_ahead_ns = HOUR;
	EXPECT_EQ(-ESTALE, chime_control_correct(machine.chime, &line, epoch, -1, true));
	EXPECT_EQ(1, machine.count);
}

TEST_HARNESS_MAIN
