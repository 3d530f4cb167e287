// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module as a whole: a host clock is chosen, left, reset, listed, looked for and found.
 */
#include "selftests/unit/module_fixture.h"

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
	rt_mutex_lock(host->lock);
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
	rt_mutex_unlock(host->lock);
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

/* A program has stated it since the module was loaded, seconds after the kernel's start. */
TEST_F(module, stated_policy_decides_about_a_clock_that_a_late_host_finds_wrong)
{
	struct chime_policy *policy;

	machine.raw_ns = S;
	machine.behind_ns = 990 * MS;
	ASSERT_EQ(0, load_without_host());
	rt_mutex_lock(&machine.chime->lock);
	policy = &machine.chime->policy;
	EXPECT_FALSE(policy->stated[TRUECHIME_OCCASION_BOOT]);
	policy->stated[TRUECHIME_OCCASION_BOOT] = true;
	chime_unlock(machine.chime);
	machine.has_host = true;
	run(12 * S);
	EXPECT_STREQ("kvm", status().host_name);
	EXPECT_EQ(0, machine.sets);
	EXPECT_LE(llabs(machine.behind_ns - 990 * MS), CLOSE_NS);
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

TEST_HARNESS_MAIN
