// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module as a whole: the guest is on another host, whose clock or counter is another one, or
 * may be.
 */
#include "selftests/unit/module_fixture.h"

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

/*
 * What was measured before says less of this host by as much, after each stop: a sample may have
 * been taken in between. Where a bound of the hosts is stated two of them differ by twice that.
 */
TEST_F(module, what_was_measured_before_a_move_is_told_to_say_less)
{
	s64 before_ns;
	int i;

	ASSERT_EQ(0, load());
	/* With a correction or without. */
	for (i = 0; i < 3; i++) {
		run(10 * S);
		before_ns = status().now.followed_ns;
		stand_still(300 * MS);
		check();
		EXPECT_EQ(TRUECHIME_CAUSE_PAUSE, latest()->cause);
		EXPECT_LE(before_ns + 10 * MS, status().now.followed_ns);
		EXPECT_GE(before_ns + 11 * MS, status().now.followed_ns);
		if (!i)
			ASSERT_EQ(0, correct());
	}
	machine.chime->host.apart_ns = 0;
	before_ns = status().now.followed_ns;
	stand_still(300 * MS);
	check();
	EXPECT_GE(before_ns + MS, status().now.followed_ns);
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

TEST_HARNESS_MAIN
