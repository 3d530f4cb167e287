// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module as a whole: time sources contradict the correction in force, and are not followed, as
 * maxchange has it. What programs are told allows for that, and nothing is decided by it.
 */
#include "selftests/unit/module_fixture.h"

/* The very correction in force, with a bound that is larger by @by_ns. */
static int dispute(s64 by_ns)
{
	struct chime_status now = status();

	now.correction.maxerror_ns += by_ns;
	return chime_control_correct(machine.chime, &now.correction, now.now.epoch, -1, false);
}

TEST_F(module, dispute_widens_what_programs_are_told_until_the_next_correction)
{
	struct chime_status before, after;

	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	run(10 * S);
	before = status();
	ASSERT_EQ(0, dispute(HOUR));
	after = status();
	EXPECT_LE(before.now.maxerror_ns + HOUR, after.now.maxerror_ns);
	EXPECT_GE(before.now.maxerror_ns + HOUR + US, after.now.maxerror_ns);
	EXPECT_EQ(after.now.maxerror_ns, after.now.reading_ns);
	EXPECT_EQ(0, memcmp(&before.correction, &after.correction, sizeof(after.correction)));
	EXPECT_EQ(before.now.epoch, after.now.epoch);
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
	/* By the latest word of the sources, until they have none. */
	ASSERT_EQ(0, dispute(S));
	EXPECT_GT(2 * S, status().now.maxerror_ns);
	EXPECT_LT(S, status().now.maxerror_ns);
	ASSERT_EQ(0, dispute(0));
	EXPECT_GT(MS, status().now.maxerror_ns);
	ASSERT_EQ(0, dispute(HOUR));
	run(S);
	ASSERT_EQ(0, correct());
	EXPECT_GT(MS, status().now.maxerror_ns);
}

/* The module has widened its bound, as after a stop, since the daemon has read it. */
TEST_F(module, dispute_takes_no_bound_from_a_correction)
{
	struct chime_status before;

	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	before = status();
	ASSERT_EQ(0, dispute(-1));
	EXPECT_EQ(before.now.maxerror_ns, status().now.maxerror_ns);
	ASSERT_EQ(0, dispute(HOUR));
	ASSERT_EQ(0, dispute(-1));
	EXPECT_EQ(before.correction.maxerror_ns, status().correction.maxerror_ns);
	EXPECT_GT(MS, status().now.maxerror_ns);
}

/* No source has said anything new: it is as old as before. */
TEST_F(module, dispute_renews_no_correction)
{
	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	run(48 * HOUR);
	EXPECT_EQ(TRUECHIME_STATE_HOLDOVER, status().now.state);
	ASSERT_EQ(0, dispute(HOUR));
	EXPECT_EQ(TRUECHIME_STATE_HOLDOVER, status().now.state);
}

/*
 * A host falls silent as this guest stands still for 42 days, and nobody sees that but the
 * sources. When it answers again it shows the 42 days, whatever the sources were not believed.
 */
TEST_F(module, dispute_lets_a_host_that_answers_again_repair_the_clock)
{
	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	run(10 * S);
	machine.sees_stops = false;
	machine.host_silent = true;
	stand_still(42 * 24 * HOUR);
	run(60 * S);
	ASSERT_EQ(0, dispute(42 * 24 * HOUR + S));
	EXPECT_LE(llabs(error_ns()), status().now.maxerror_ns);
	machine.host_silent = false;
	run(S);
	EXPECT_LE(llabs(error_ns()), MS);
	EXPECT_LE(llabs(error_ns()), status().now.maxerror_ns);
	EXPECT_EQ(TRUECHIME_ACTION_STEPPED, latest()->action);
	EXPECT_LE(llabs(machine.behind_ns), MS);
	ASSERT_EQ(0, correct());
	EXPECT_GT(MS, status().now.maxerror_ns);
}

/* It denies the correction by less than that is disputed by, and by more than it was worth. */
TEST_F(module, dispute_hides_no_contradiction_of_a_host_that_answers_again)
{
	ASSERT_EQ(0, load());
	machine.host_silent = true;
	run(5 * S);
	revert(HOUR);
	ASSERT_EQ(0, correct());
	run(60 * S);
	machine.sees_stops = false;
	stand_still(213 * S);
	ASSERT_EQ(0, dispute(HOUR));
	machine.host_silent = false;
	check();
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, status().now.maxerror_ns);
	EXPECT_EQ(TRUECHIME_CAUSE_UNKNOWN, latest()->cause);
}

/* A line that only stands in for a host that is silent ends with its next answer. */
TEST_F(module, dispute_makes_no_correction_of_a_host_that_was_lost)
{
	ASSERT_EQ(0, load());
	machine.host_silent = true;
	run(5 * S);
	ASSERT_TRUE(status().corrected);
	ASSERT_EQ(0, dispute(HOUR));
	EXPECT_LT(HOUR, status().now.reading_ns);
	machine.host_silent = false;
	run(S);
	EXPECT_FALSE(status().corrected);
	EXPECT_GT(MS, status().now.reading_ns);
}

TEST_HARNESS_MAIN
