// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pace of checks, on machines with many CPUs: one check serves all of them, and none waits for
 * its turn when a hypervisor has changed memory. How often the host is read depends on what that
 * costs.
 */
#include "kmod/core/pace.h"

#include "selftests/unit/unit.h"

#define MS		1000000LL
#define CHECK_NS	(20 * MS)
#define CPUS_MAX	128

/* As main.c's defaults give it, with 250 ticks a second. */
#define TICK_NS		(4 * MS)
static const struct chime_pace pace = {
	.soonest_ns = 5 * MS,
	.latest_ns = CHECK_NS,
	.quiet_ns = 100 * MS,
	.alone_ns = 250 * MS,
	.tick_ns = TICK_NS,
};

/* What a reading costs: on hardware, under a hypervisor that is emulated, and where it is worse. */
#define QUICK_NS	2000LL
#define EMULATED_NS	59000LL
#define SLOW_NS		250000LL

struct machine {
	int cpus;
	s64 cost_ns;
	s64 next_ns[CPUS_MAX];
	s64 counted_ns;
	s64 asked_ns;
	s64 worst_ns;
	s64 waits_ns2;
	int wakeups;
};

/* The CPU whose timer fires next. */
static int machine_next(const struct machine *machine)
{
	int cpu, next = 0;

	for (cpu = 1; cpu < machine->cpus; cpu++)
		if (machine->next_ns[cpu] < machine->next_ns[next])
			next = cpu;
	return next;
}

/* All CPUs are busy, or have been woken by interrupts, for 10 s. */
static void machine_run(struct machine *machine, struct unit_random *random, bool busy)
{
	s64 now_ns = 0;
	int cpu;

	for (cpu = 0; cpu < machine->cpus; cpu++)
		machine->next_ns[cpu] = (s64)unit_random_below(random, TICK_NS);
	while (now_ns < 10000 * MS) {
		cpu = machine_next(machine);
		now_ns = machine->next_ns[cpu];
		machine->next_ns[cpu] += TICK_NS;
		/* Nor is any tick on time to the microsecond. */
		now_ns += (s64)unit_random_below(random, TICK_NS / 1000);
		if (!chime_pace_is_due(&pace, now_ns - machine->counted_ns, machine->cost_ns, busy))
			continue;
		if (machine->wakeups) {
			s64 gap_ns = now_ns - machine->asked_ns;

			machine->worst_ns = chime_max(machine->worst_ns, gap_ns);
			machine->waits_ns2 += gap_ns * gap_ns;
		}
		machine->counted_ns = chime_pace_counts_as(&pace, machine->counted_ns, now_ns,
							   machine->cost_ns);
		machine->asked_ns = now_ns;
		machine->wakeups++;
	}
}

TEST(one_check_serves_all_cpus)
{
	const int cpus[] = { 1, 2, 3, 8, 32, 128 };
	struct unit_random random = { 1 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cpus); i++) {
		struct machine machine = {
			.cpus = cpus[i],
			.cost_ns = SLOW_NS,
			.counted_ns = -CHECK_NS / 2,
		};

		machine_run(&machine, &random, true);
		/* As often as one CPU. */
		EXPECT_LE(499, machine.wakeups);
		EXPECT_LE(machine.wakeups, 501);
		EXPECT_LE(machine.worst_ns, CHECK_NS + TICK_NS / 500);
	}
}

TEST(cpus_that_run_nothing_check_seldom)
{
	struct machine machine = { .cpus = 128 };
	struct unit_random random = { 2 };

	machine_run(&machine, &random, false);
	EXPECT_LE(39, machine.wakeups);
	EXPECT_LE(machine.wakeups, 40);
}

TEST(check_is_due_where_the_clock_went_back)
{
	EXPECT_TRUE(chime_pace_is_due(&pace, -TICK_NS - 1, SLOW_NS, false));
	EXPECT_TRUE(chime_pace_is_due(&pace, INT64_MIN, SLOW_NS, true));
	EXPECT_FALSE(chime_pace_is_due(&pace, -TICK_NS / 2, QUICK_NS, true));
	EXPECT_FALSE(chime_pace_is_due(&pace, 0, SLOW_NS, true));
	EXPECT_FALSE(chime_pace_is_due(&pace, 249 * MS, SLOW_NS, false));
}

TEST(pace_is_what_the_parameters_say)
{
	struct chime_pace chosen;

	chime_pace_init(&chosen, 0, 1000 * MS, TICK_NS);
	EXPECT_EQ(pace.soonest_ns, chosen.soonest_ns);
	EXPECT_EQ(pace.latest_ns, chosen.latest_ns);
	EXPECT_EQ(pace.quiet_ns, chosen.quiet_ns);
	EXPECT_EQ(pace.alone_ns, chosen.alone_ns);
	EXPECT_EQ(pace.tick_ns, chosen.tick_ns);
	/* Whoever chooses an interval gets it, whatever a reading costs. */
	chime_pace_init(&chosen, 12 * MS, 1000 * MS, TICK_NS);
	EXPECT_EQ(12 * MS, chime_pace_interval(&chosen, 0));
	EXPECT_EQ(12 * MS, chime_pace_interval(&chosen, QUICK_NS));
	EXPECT_EQ(12 * MS, chime_pace_interval(&chosen, SLOW_NS));
	EXPECT_EQ(100 * MS, chosen.quiet_ns);
	chime_pace_init(&chosen, 1000 * MS, 1000 * MS, TICK_NS);
	EXPECT_EQ(1000 * MS, chosen.quiet_ns);
}

/* A step of the host's clock is found by the next reading: half of them are at most this old. */
TEST(machine_reads_as_often_as_it_costs_little)
{
	EXPECT_EQ(20 * MS, chime_pace_interval(&pace, 0));
	EXPECT_EQ(5 * MS, chime_pace_interval(&pace, 1));
	EXPECT_EQ(5 * MS, chime_pace_interval(&pace, QUICK_NS));
	EXPECT_EQ(5 * MS, chime_pace_interval(&pace, EMULATED_NS));
	EXPECT_EQ(5 * MS, chime_pace_interval(&pace, 62500));
	EXPECT_EQ(8 * MS, chime_pace_interval(&pace, 100000));
	EXPECT_EQ(10 * MS, chime_pace_interval(&pace, 125000));
	EXPECT_EQ(20 * MS, chime_pace_interval(&pace, 250000));
	EXPECT_EQ(20 * MS, chime_pace_interval(&pace, SLOW_NS));
	EXPECT_EQ(20 * MS, chime_pace_interval(&pace, S64_MAX));
}

/* 0.05 % of a processor, with ten checks a second that cost 5.4 readings each (docs/figures.md). */
TEST(readings_cost_what_they_may)
{
	const int cpus[] = { 1, 2, 8, 32 };
	const s64 costs_ns[] = { 500, QUICK_NS };
	struct unit_random random = { 3 };
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(cpus); i++) {
		for (j = 0; j < ARRAY_SIZE(costs_ns); j++) {
			struct machine machine = {
				.cpus = cpus[i],
				.cost_ns = costs_ns[j],
				.counted_ns = -CHECK_NS / 2,
			};
			s64 a_second;

			machine_run(&machine, &random, true);
			/* Each tick of several CPUs is an occasion, and makes no more of them. */
			EXPECT_LE(machine.wakeups, 2001);
			EXPECT_LE(machine.worst_ns, 8 * MS + TICK_NS / 500);
			/* How long the host's step waits for a reading, in the mean. */
			EXPECT_LE(machine.waits_ns2 / 2 / (10000 * MS), 29 * MS / 10);
			/* Each of the ten takes the place of a reading. */
			a_second = (machine.wakeups / 10 + 44) * costs_ns[j];
			EXPECT_LE(a_second, 500000);
		}
	}
}

TEST(cost_is_learned_and_does_not_heed_what_stops_a_guest)
{
	s64 cost_ns = 0;
	int i;

	/* The first reading was interrupted for long. */
	cost_ns = chime_pace_learn(cost_ns, 5000 * MS);
	EXPECT_EQ(20 * MS, chime_pace_interval(&pace, cost_ns));
	for (i = 0; i < 500; i++)
		cost_ns = chime_pace_learn(cost_ns, QUICK_NS + i % 200);
	EXPECT_LE(cost_ns, QUICK_NS + 300);
	EXPECT_LE(QUICK_NS, cost_ns);
	/* One in five is interrupted. */
	for (i = 0; i < 500; i++)
		cost_ns = chime_pace_learn(cost_ns, i % 5 ? QUICK_NS : 3 * MS);
	EXPECT_LE(cost_ns, QUICK_NS * 3 / 2);
	/* It is moved to a machine where each costs more. */
	for (i = 0; i < 200; i++)
		cost_ns = chime_pace_learn(cost_ns, SLOW_NS);
	EXPECT_LE(SLOW_NS * 15 / 16, cost_ns);
	EXPECT_LE(cost_ns, SLOW_NS * 17 / 16 + 1);
	EXPECT_EQ(cost_ns, chime_pace_learn(cost_ns, -1));
}

/* Not even at the first: 0 would be "not known". */
TEST(cost_is_known_once_it_was_measured)
{
	EXPECT_LE(1, chime_pace_learn(0, 0));
	EXPECT_LE(1, chime_pace_learn(1, 0));
	EXPECT_EQ(20 * MS + 1, chime_pace_learn(0, S64_MAX));
	EXPECT_EQ(20 * MS + 1, chime_pace_learn(20 * MS, S64_MAX));
}

/* Whatever a single reading took: a sixteenth, and one ns where that is nothing. */
TEST(cost_moves_by_small_steps)
{
	EXPECT_EQ(1701, chime_pace_learn(1600, S64_MAX));
	EXPECT_EQ(1499, chime_pace_learn(1600, 0));
	EXPECT_EQ(2, chime_pace_learn(1, S64_MAX));
	EXPECT_EQ(14, chime_pace_learn(15, 0));
	/* Not beyond what it took. */
	EXPECT_EQ(1651, chime_pace_learn(1600, 1650));
	EXPECT_EQ(1551, chime_pace_learn(1600, 1550));
}

TEST(reading_is_due_when_the_time_has_passed)
{
	EXPECT_FALSE(chime_pace_is_due(&pace, CHECK_NS - TICK_NS / 2 - 1, SLOW_NS, true));
	EXPECT_TRUE(chime_pace_is_due(&pace, CHECK_NS - TICK_NS / 2, SLOW_NS, true));
	EXPECT_FALSE(chime_pace_is_due(&pace, 5 * MS - TICK_NS / 2 - 1, QUICK_NS, true));
	EXPECT_TRUE(chime_pace_is_due(&pace, 5 * MS - TICK_NS / 2, QUICK_NS, true));
	EXPECT_FALSE(chime_pace_is_due(&pace, 250 * MS - 1, QUICK_NS, false));
	EXPECT_TRUE(chime_pace_is_due(&pace, 250 * MS, QUICK_NS, false));
	EXPECT_TRUE(chime_pace_is_due(&pace, -TICK_NS - 1, QUICK_NS, false));
}

/* By half a tick at most: the raw clock may have been set, or nobody been busy for long. */
TEST(reading_counts_from_when_it_was_due)
{
	EXPECT_EQ(5 * MS, chime_pace_counts_as(&pace, 0, 4 * MS, QUICK_NS));
	EXPECT_EQ(5 * MS, chime_pace_counts_as(&pace, 0, 7 * MS, QUICK_NS));
	EXPECT_EQ(6 * MS, chime_pace_counts_as(&pace, 0, 8 * MS, QUICK_NS));
	EXPECT_EQ(20 * MS, chime_pace_counts_as(&pace, 0, 19 * MS, SLOW_NS));
	EXPECT_EQ(5000 * MS - TICK_NS / 2, chime_pace_counts_as(&pace, 0, 5000 * MS, QUICK_NS));
	EXPECT_EQ(TICK_NS / 2, chime_pace_counts_as(&pace, 5000 * MS, 0, QUICK_NS));
}

/* Ticks that are longer than that are not waited for twice. */
TEST(slow_ticks_read_at_each)
{
	struct chime_pace slow = pace;

	slow.tick_ns = 10 * MS;
	EXPECT_FALSE(chime_pace_is_due(&slow, 5 * MS / 2 - 1, QUICK_NS, true));
	EXPECT_TRUE(chime_pace_is_due(&slow, 5 * MS / 2, QUICK_NS, true));
}

TEST(check_follows_what_the_reading_shows)
{
	/* The host's clock was set: at once. */
	EXPECT_TRUE(chime_pace_needs_check(&pace, 0, CHIME_VERDICT_JUMPED));
	/* It is as it was: seldom. */
	EXPECT_FALSE(chime_pace_needs_check(&pace, 0, CHIME_VERDICT_ON_LINE));
	EXPECT_FALSE(chime_pace_needs_check(&pace, 98 * MS - 1, CHIME_VERDICT_ON_LINE));
	EXPECT_TRUE(chime_pace_needs_check(&pace, 98 * MS, CHIME_VERDICT_ON_LINE));
	/* It is slewed, or did not answer: as often as without readings in the timer. */
	EXPECT_FALSE(chime_pace_needs_check(&pace, 18 * MS - 1, CHIME_VERDICT_RATE_CHANGED));
	EXPECT_TRUE(chime_pace_needs_check(&pace, 18 * MS, CHIME_VERDICT_RATE_CHANGED));
	EXPECT_FALSE(chime_pace_needs_check(&pace, 18 * MS - 1, CHIME_VERDICT_USELESS));
	EXPECT_TRUE(chime_pace_needs_check(&pace, 18 * MS, CHIME_VERDICT_USELESS));
	EXPECT_TRUE(chime_pace_needs_check(&pace, 18 * MS, CHIME_VERDICT_STARTED));
	/* The restore of a state in which one had just been asked for. */
	EXPECT_TRUE(chime_pace_needs_check(&pace, -1, CHIME_VERDICT_ON_LINE));
}

TEST(change_of_each_word_asks_for_a_check)
{
	int i;

	for (i = 0; i < CHIME_MARKS; i++) {
		struct chime_marks checked = { .words = { 1, 2, 3, 4, 5, 6 } }, now = checked;

		EXPECT_FALSE(chime_pace_has_moved(&pace, CHECK_NS, &checked, &now));
		now.words[i]++;
		EXPECT_TRUE(chime_pace_has_moved(&pace, CHECK_NS, &checked, &now));
		now.words[i] = 0;
		EXPECT_TRUE(chime_pace_has_moved(&pace, CHECK_NS, &checked, &now));
	}
}

/* Nor do all CPUs ask for one, until it has begun. */
TEST(memory_that_changes_all_the_time_asks_seldom)
{
	const struct chime_marks checked = { }, now = { .words = { 1 } };

	EXPECT_FALSE(chime_pace_has_moved(&pace, 0, &checked, &now));
	EXPECT_FALSE(chime_pace_has_moved(&pace, CHECK_NS - TICK_NS / 2 - 1, &checked, &now));
	EXPECT_TRUE(chime_pace_has_moved(&pace, CHECK_NS - TICK_NS / 2, &checked, &now));
	/* The restore of a state in which one had just been asked for. */
	EXPECT_TRUE(chime_pace_has_moved(&pace, -1, &checked, &now));
	EXPECT_TRUE(chime_pace_has_moved(&pace, INT64_MIN, &checked, &now));
}

TEST_HARNESS_MAIN
