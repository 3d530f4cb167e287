// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module as a whole: how right the hosts' clocks are is stated, by the operator or a vmclock
 * page, or is not.
 */
#include "selftests/unit/module_fixture.h"

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
	EXPECT_LE(latest()->reading_ns, MS);
	EXPECT_LT(0, latest()->reading_ns);
	/* A correction knows UTC, whatever the host is worth. */
	ASSERT_EQ(0, correct());
	EXPECT_LE(status().now.maxerror_ns, MS);
	EXPECT_EQ(status().now.reading_ns, status().now.maxerror_ns);
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
	revert(HOUR);
	EXPECT_NE(CHIME_LINE_UNBOUNDED_NS, latest()->maxerror_ns);
	EXPECT_EQ(latest()->reading_ns, latest()->maxerror_ns);
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
	EXPECT_EQ(latest()->reading_ns + 10 * MS, latest()->maxerror_ns);
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

TEST_F(module, host_smears_as_its_page_says)
{
	ASSERT_EQ(0, load());
	machine.page_smears = true;
	run(S);
	EXPECT_FALSE(status().host_smears);
	machine.has_page = true;
	machine.page_maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
	run(S);
	EXPECT_TRUE(status().host_smears);
	/* It is another host's page. */
	machine.page_smears = false;
	run(S);
	EXPECT_FALSE(status().host_smears);
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

TEST_HARNESS_MAIN
