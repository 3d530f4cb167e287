// SPDX-License-Identifier: GPL-2.0-only
/*
 * The follower on a clock as the kernel keeps it (timekeeping_adjust() in kernel/time): at whole
 * units of a multiplier, and what the rate commanded is more or less than that is made good at
 * ticks, of which an idle machine has few.
 */
#include "user/steering/follower.h"

#include <math.h>

#include "selftests/unit/unit.h"

#define S	1000000000LL
#define MS	1000000LL

/* kvm-clock's: 2^-23. */
#define UNIT	(1.0 / 8388608)

#define TICK_NS		(4 * MS)
#define BUSY_NS		(5 * MS)

/**
 * struct kernel - a system clock against a host's, which is straight
 * @rate: commanded
 * @runs: at which it runs until the next tick
 * @owed_ns: what it made too little of @rate
 * @ahead_ns: system clock minus raw
 * @raw_ns: when that was
 */
struct kernel {
	double rate;
	double runs;
	double owed_ns;
	double ahead_ns;
	int64_t raw_ns;
};

struct world {
	struct follower follower;
	struct follower_command command;
	struct kernel kernel;
	struct unit_random random;
	double host_rate;
	double square;		/* of the errors that were looked at */
	int count;
	int wakes;		/* a second, of an idle machine; 0: one */
	double rate_square;	/* of how far commands were from the host's rate */
	int commands;
};

static void kernel_run(struct kernel *kernel, int64_t raw_ns)
{
	double elapsed_ns = (double)(raw_ns - kernel->raw_ns);

	kernel->ahead_ns += elapsed_ns * kernel->runs;
	kernel->owed_ns += elapsed_ns * (kernel->rate - kernel->runs);
	kernel->raw_ns = raw_ns;
}

static void kernel_tick(struct kernel *kernel)
{
	kernel->runs = floor(kernel->rate / UNIT) * UNIT;
	if (kernel->owed_ns > 0)
		kernel->runs += UNIT;
}

/* What wakes the machine brings a tick if none was of late. */
static void world_wake(struct world *world, int64_t raw_ns)
{
	bool tick = raw_ns - world->kernel.raw_ns >= TICK_NS;

	kernel_run(&world->kernel, raw_ns);
	if (tick)
		kernel_tick(&world->kernel);
}

/* By how much the system clock is behind the host's. */
static double world_error(const struct world *world)
{
	return world->host_rate * (double)world->kernel.raw_ns - world->kernel.ahead_ns;
}

static void world_start(struct world *world, unsigned int seed, double owed_ns)
{
	*world = (struct world){
		.follower.options = {
			.max_rate = 0.1,
			.max_slew = 0.1,
			.min_interval_ns = S,
			.max_interval_ns = 64 * S,
		},
		.random = { seed },
		.kernel.owed_ns = owed_ns,
		.command.next_ns = MS,
	};
	world->host_rate = 20e-6 + UNIT * (double)unit_random_below(&world->random, 1000) / 1000;
}

static void world_look(struct world *world)
{
	struct timescale_now now = {
		.raw_ns = world->kernel.raw_ns,
		.realtime_ns = 1000 * S + world->kernel.raw_ns,
		.rate = world->host_rate,
		.sigma_ns = 13,
		.maxerror_ns = 200,
		.has_host = true,
	};
	double off;

	/* Readings are of whole ns, and one more off. */
	now.time_ns = now.realtime_ns + llround(world_error(world)) +
		      (int64_t)unit_random_below(&world->random, 3) - 1;
	follower_update(&world->follower, &now, &world->command);
	world->kernel.rate = world->command.rate;
	kernel_tick(&world->kernel);
	off = world->command.rate - world->host_rate;
	world->rate_square += off * off;
	world->commands++;
}

static void world_forget(struct world *world)
{
	world->square = 0;
	world->count = 0;
	world->rate_square = 0;
	world->commands = 0;
}

/*
 * An idle machine wakes up about so often a second as is said, and for the follower's looks; a busy
 * one always.
 */
static void world_follow(struct world *world, int64_t duration_ns, bool busy)
{
	int64_t end_ns = world->kernel.raw_ns + duration_ns;

	while (world->kernel.raw_ns < end_ns) {
		int64_t idle_ns = (S - 100 * MS + unit_random_below(&world->random, 200) * MS) /
				  (world->wakes ? world->wakes : 1);
		int64_t next_ns = world->kernel.raw_ns + (busy ? BUSY_NS : idle_ns);
		bool look = world->command.next_ns <= next_ns;
		double error_ns;

		world_wake(world, look ? world->command.next_ns : next_ns);
		error_ns = world_error(world);
		world->square += error_ns * error_ns;
		world->count++;
		if (look)
			world_look(world);
	}
}

static double world_rms(const struct world *world)
{
	return sqrt(world->square / world->count);
}

TEST(does_not_chase_what_the_kernel_makes_good)
{
	double square = 0;
	unsigned int seed;

	for (seed = 1; seed <= 40; seed++) {
		struct world world;

		world_start(&world, seed, 0);
		world_follow(&world, 20 * S, false);
		world_forget(&world);
		world_follow(&world, 10 * S, true);
		EXPECT_LT(world_rms(&world), 30.0) TH_LOG("seed %u", seed);
		square += world_rms(&world) * world_rms(&world);
	}
	EXPECT_LT(sqrt(square / 40), 15.0);
}

/* A machine that was idle for seconds before. */
TEST(outlives_what_the_kernel_owes_at_the_start)
{
	unsigned int seed;

	for (seed = 1; seed <= 40; seed++) {
		struct world world;

		world_start(&world, seed, seed & 1 ? -400.0 : 400.0);
		world_follow(&world, 20 * S, true);
		world_forget(&world);
		world_follow(&world, 10 * S, true);
		EXPECT_LT(world_rms(&world), 25.0) TH_LOG("seed %u", seed);
	}
}

TEST(keeps_an_idle_machine_as_near_as_its_kernel_can)
{
	double square = 0, rate_square = 0;
	unsigned int seed;
	int commands = 0;

	for (seed = 1; seed <= 20; seed++) {
		struct world world;

		world_start(&world, seed, 0);
		world_follow(&world, 1200 * S, false);
		world_forget(&world);
		world_follow(&world, 6400 * S, false);
		/* Where the rate is all but a whole number of units, it is one more or less. */
		EXPECT_LT(world_rms(&world), 130.0) TH_LOG("seed %u", seed);
		square += world_rms(&world) * world_rms(&world);
		rate_square += world.rate_square;
		commands += world.commands;
	}
	EXPECT_LT(sqrt(square / 20), 60.0);
	EXPECT_LT(1e9 * sqrt(rate_square / commands), 50.0);
	EXPECT_LE(commands, 20 * 210);
}

/* RMS error of machines that are woken so often a second, in 90 s from the 30th on. */
static double rms_of_wakes(int wakes)
{
	double square = 0;
	unsigned int seed;

	for (seed = 1; seed <= 40; seed++) {
		struct world world;

		world_start(&world, seed, 0);
		world.wakes = wakes;
		world_follow(&world, 30 * S, false);
		world_forget(&world);
		world_follow(&world, 90 * S, false);
		square += world_rms(&world) * world_rms(&world);
	}
	return sqrt(square / 40);
}

/*
 * What is left is not the follower's: between two ticks the kernel's clock runs at a whole number
 * of units, so that its error is in proportion to the time from one to the next. Whoever wakes the
 * machine 32 times a second for readings has a quarter of the error of one that is woken 8 times.
 */
TEST(is_as_near_as_the_machine_is_woken_often)
{
	const int wakes[] = { 1, 2, 4, 8, 16, 40 };
	double rms_ns[ARRAY_SIZE(wakes)];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(wakes); i++) {
		rms_ns[i] = rms_of_wakes(wakes[i]);
		TH_LOG("woken %d times a second: %.1f ns RMS", wakes[i], rms_ns[i]);
	}
	EXPECT_LT(rms_ns[0], 60.0);
	EXPECT_LT(rms_ns[3], 12.0);
	EXPECT_LT(rms_ns[5], 3.0);
	for (i = 1; i < ARRAY_SIZE(wakes); i++)
		EXPECT_LT(rms_ns[i], 0.85 * rms_ns[i - 1]);
}

TEST(is_nearly_exact_on_a_busy_machine)
{
	unsigned int seed;

	for (seed = 1; seed <= 10; seed++) {
		struct world world;

		world_start(&world, seed, 0);
		world_follow(&world, 600 * S, true);
		world_forget(&world);
		world_follow(&world, 640 * S, true);
		EXPECT_LT(world_rms(&world), 3.0) TH_LOG("seed %u", seed);
		EXPECT_LE(world.commands, 14) TH_LOG("seed %u", seed);
	}
}

TEST_HARNESS_MAIN
