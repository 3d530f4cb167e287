// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module as a whole: the host's clock is slewed or set, or leaps.
 */
#include "selftests/unit/module_fixture.h"

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

/* Nor where nobody could see a stop: none gives time back. */
TEST_F(module, leap_second_of_the_host_needs_no_witness)
{
	s64 before_ns;

	machine.sees_stops = false;
	machine.has_genid = false;
	machine.utc_ns -= machine.utc_ns % (24 * HOUR);
	machine.utc_ns -= 60 * S;
	ASSERT_EQ(0, load());
	ASSERT_EQ(0, correct());
	run(51 * S);
	before_ns = status().now.maxerror_ns;
	machine.host_ahead_ns = -S;
	check();
	EXPECT_EQ(TRUECHIME_CAUSE_LEAP, latest()->cause);
	EXPECT_EQ(0, status().disruptions);
	EXPECT_EQ(0, machine.sets);
	EXPECT_LE(llabs(error_ns()), CLOSE_NS);
	EXPECT_GE(before_ns + MS, status().now.maxerror_ns);
}

TEST_HARNESS_MAIN
