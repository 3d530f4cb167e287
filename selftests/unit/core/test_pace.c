// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pace of checks, on machines with many CPUs: one check serves all of them, and none waits for
 * its turn when a hypervisor has changed memory.
 */
#include "kmod/core/pace.h"

#include "selftests/unit/unit.h"

#define MS		1000000LL
#define CHECK_NS	(20 * MS)
#define CPUS_MAX	128

/* As main.c's defaults give it, with 250 ticks a second. */
#define TICK_NS		(4 * MS)
static const struct chime_pace pace = {
	.recent_ns = CHECK_NS - TICK_NS / 2,
	.alone_ns = 250 * MS,
};

struct machine {
	int cpus;
	s64 next_ns[CPUS_MAX];
	s64 asked_ns;
	s64 worst_ns;
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
		if (!chime_pace_is_due(&pace, now_ns - machine->asked_ns, busy))
			continue;
		if (machine->wakeups && now_ns - machine->asked_ns > machine->worst_ns)
			machine->worst_ns = now_ns - machine->asked_ns;
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
		struct machine machine = { .cpus = cpus[i], .asked_ns = -CHECK_NS / 2 };

		machine_run(&machine, &random, true);
		/* As often as one CPU, at least, and hardly more often. */
		EXPECT_LE(499, machine.wakeups);
		EXPECT_LE(machine.wakeups, 556);
		EXPECT_LE(machine.worst_ns, CHECK_NS);
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
	EXPECT_TRUE(chime_pace_is_due(&pace, -1, false));
	EXPECT_TRUE(chime_pace_is_due(&pace, INT64_MIN, true));
	EXPECT_FALSE(chime_pace_is_due(&pace, 0, true));
	EXPECT_FALSE(chime_pace_is_due(&pace, 249 * MS, false));
}

TEST(check_is_due_when_the_time_has_passed)
{
	EXPECT_FALSE(chime_pace_is_due(&pace, CHECK_NS - TICK_NS / 2 - 1, true));
	EXPECT_TRUE(chime_pace_is_due(&pace, CHECK_NS - TICK_NS / 2, true));
	EXPECT_FALSE(chime_pace_is_due(&pace, 250 * MS - 1, false));
	EXPECT_TRUE(chime_pace_is_due(&pace, 250 * MS, false));
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
	EXPECT_FALSE(chime_pace_has_moved(&pace, pace.recent_ns - 1, &checked, &now));
	EXPECT_TRUE(chime_pace_has_moved(&pace, pace.recent_ns, &checked, &now));
	/* The restore of a state in which one had just been asked for. */
	EXPECT_TRUE(chime_pace_has_moved(&pace, -1, &checked, &now));
	EXPECT_TRUE(chime_pace_has_moved(&pace, INT64_MIN, &checked, &now));
}

TEST_HARNESS_MAIN
