// SPDX-License-Identifier: GPL-2.0-only
/*
 * The follower: that the system clock comes to the timescale and stays there, how often it looks,
 * and that its commands stay within limits, whatever it is told. Clock and timescale are simulated
 * in double precision; the commands take effect as the kernel's do.
 */
#include "user/steering/follower.h"

#include <math.h>

#include "selftests/unit/unit.h"

#define S	1000000000LL
#define MS	1000000LL
#define US	1000LL

struct world {
	struct follower follower;
	struct timescale_now now;
	struct follower_command command;
	double rate;		/* of the timescale against raw */
	double error_ns;	/* timescale minus system clock, exactly */
	double bias;		/* what the kernel's clock lacks of the rate commanded */
	double dither_ns;	/* what a reading of it may be off by, either way */
	double slope_error;	/* likewise of the timescale's rate */
	struct unit_random random;
	double square;		/* of the error, times ns */
	double rate_square;	/* of the clock's frequency, times ns */
};

static void world_start(struct world *world, double rate, double error_ns)
{
	*world = (struct world){
		.follower.options = {
			.max_rate = 0.1,
			.max_slew = 0.1,
			.min_interval_ns = S,
			.max_interval_ns = 64 * S,
		},
		.now = { .raw_ns = 1000 * S, .sigma_ns = 100, .maxerror_ns = US },
		.rate = rate,
		.error_ns = error_ns,
	};
}

static double either_way(struct world *world)
{
	return ldexp((double)(unit_random(&world->random) >> 11), -52) - 1;
}

/* One look, and what the snapshot would say. */
static void world_look(struct world *world)
{
	struct timescale_now *now = &world->now;

	now->rate = world->rate + world->slope_error * either_way(world);
	now->time_ns = 1700000000 * S + now->raw_ns;
	now->realtime_ns = now->time_ns - llround(world->error_ns +
						  world->dither_ns * either_way(world));
	follower_update(&world->follower, now, &world->command);
}

/* A sample moves the timescale by @change_ns. */
static void world_correct(struct world *world, double change_ns)
{
	world->error_ns += change_ns;
	follower_expect_news(&world->follower);
	world_look(world);
}

/* Time goes on to @raw_ns at the rate commanded. */
static void world_run(struct world *world, int64_t raw_ns)
{
	double elapsed_ns = (double)(raw_ns - world->now.raw_ns);

	double gain = world->rate - world->command.rate + world->bias;
	double end_ns = world->error_ns + elapsed_ns * gain;

	/* A straight line's, from one end to the other. */
	world->square += elapsed_ns / 3 * (world->error_ns * world->error_ns +
					   world->error_ns * end_ns + end_ns * end_ns);
	world->rate_square += elapsed_ns * gain * gain;
	world->error_ns = end_ns;
	world->now.raw_ns = raw_ns;
}

/* Looks when it wants to for @duration_ns. How many. */
static int world_follow(struct world *world, int64_t duration_ns)
{
	int64_t end_ns = world->now.raw_ns + duration_ns;
	int looks = 0;

	world_look(world);
	while (world->command.next_ns < end_ns) {
		world_run(world, world->command.next_ns);
		world_look(world);
		looks++;
	}
	world_run(world, end_ns);
	return looks;
}

TEST(takes_an_offset_away_and_keeps_the_rate)
{
	static const double offsets_ns[] = { 1, -300, 20e3, -5e6, 0.1e9, -0.1e9 };
	static const double rates[] = { 0, 50e-6, -400e-6, 0.01 };
	struct world world;
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(offsets_ns); i++) {
		for (j = 0; j < ARRAY_SIZE(rates); j++) {
			world_start(&world, rates[j], offsets_ns[i]);
			world_follow(&world, 60 * S);
			EXPECT_LT(fabs(world.error_ns), 20.0)
				TH_LOG("offset %g rate %g", offsets_ns[i], rates[j]);
			EXPECT_LT(fabs(world.command.rate - rates[j]), 1e-7);
			EXPECT_TRUE(world.command.settled);
		}
	}
}

TEST(is_quick_where_it_can_be)
{
	struct world world;

	world_start(&world, 20e-6, 0.1e9);
	world_follow(&world, S + S / 2);
	EXPECT_LT(fabs(world.error_ns), 1e6);
	world_follow(&world, 2 * S);
	EXPECT_LT(fabs(world.error_ns), 1e3);
}

TEST(a_large_offset_is_removed_sooner_than_a_small_one)
{
	static const struct {
		double offset_ns;
		int64_t duration_ns;
	} cases[] = {
		{ 99999, S }, { 100000, S / 8 }, { -99999, S }, { -100000, S / 8 },
		/* As fast as permitted. */
		{ 1e9, 10 * S },
	};
	struct world world;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		world_start(&world, 0, cases[i].offset_ns);
		world_look(&world);
		EXPECT_EQ(cases[i].duration_ns, world.command.next_ns - world.now.raw_ns)
			TH_LOG("offset %g", cases[i].offset_ns);
		/* It is no correction. */
		EXPECT_EQ(0.0, world.follower.corrected_ns);
	}
}

/* Settled is what the kernel's clock, the reading and the timescale may be wrong by. */
TEST(an_offset_within_the_error_is_none)
{
	static const struct {
		int64_t sigma_ns, reading_ns, most_ns;
	} cases[] = {
		{ 0, 0, 150 }, { 0, US, 150 + US }, { 100, 0, 150 + 25 }, { 10 * US, 0, 10 * US },
		{ CHIME_LINE_UNBOUNDED_NS, 0, 150 },
	};
	struct world world;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		world_start(&world, 0, (double)cases[i].most_ns);
		world.now.sigma_ns = cases[i].sigma_ns;
		world.now.reading_ns = cases[i].reading_ns;
		world_look(&world);
		EXPECT_TRUE(world.command.settled) TH_LOG("case %u", i);
		world.error_ns++;
		world_look(&world);
		EXPECT_FALSE(world.command.settled) TH_LOG("case %u", i);
	}
}

TEST(looks_less_often_when_all_is_well)
{
	struct world world;
	int looks;

	world_start(&world, 20e-6, 0);
	world_follow(&world, 1200 * S);
	looks = world_follow(&world, 6400 * S);
	EXPECT_GE(looks, 99);
	EXPECT_LE(looks, 102);
}

TEST(never_looks_more_than_once_a_second_without_need)
{
	struct world world;
	int looks;

	world_start(&world, 20e-6, 0);
	looks = world_follow(&world, 60 * S);
	EXPECT_LE(looks, 60);
	looks = world_follow(&world, 540 * S);
	EXPECT_LE(looks, 50);
}

/* However calm it looks: what the rate is wrong by shows over longer looks only. */
TEST(looks_often_while_the_rate_is_young)
{
	struct world world;

	world_start(&world, 20e-6, 0);
	world_follow(&world, 60 * S);
	EXPECT_EQ(S, world.follower.interval_ns);
	world_follow(&world, 60 * S);
	EXPECT_GT(world.follower.interval_ns, 4 * S);
	EXPECT_LE(world.follower.interval_ns, 8 * S);
}

/* The kernel's clock as it was seen in a guest: off by some ppb, and read with some 30 ns. */
TEST(learns_what_the_kernels_clock_lacks)
{
	static const double biases[] = { 6e-9, -20e-9 };
	struct world world;
	unsigned int i;
	int looks;

	for (i = 0; i < ARRAY_SIZE(biases); i++) {
		world_start(&world, 20e-6, 0);
		world.now.sigma_ns = 13;
		world.bias = biases[i];
		world.dither_ns = 30;
		world.slope_error = 1e-9;
		looks = world_follow(&world, 300 * S);
		EXPECT_LT(sqrt(world.square / 300e9), 100.0) TH_LOG("bias %g", biases[i]);
		EXPECT_LE(looks, 150);
		world.square = 0;
		looks = world_follow(&world, 6400 * S);
		EXPECT_LT(sqrt(world.square / 6400e9), 50.0) TH_LOG("bias %g", biases[i]);
		EXPECT_LE(looks, 170);
	}
}

/* Neither fresh corrections nor a turn of the rate are taken for it. */
TEST(learns_nothing_from_what_is_not_the_kernels)
{
	struct world world;
	int i;

	world_start(&world, 20e-6, 0);
	world_follow(&world, 600 * S);
	for (i = 0; i < 100; i++) {
		world.now.raw_ns++;
		world_correct(&world, i & 1 ? 300 : -100);
		world_follow(&world, 16 * S);
	}
	EXPECT_LT(fabs(world.follower.bias), 3e-9);
	world_follow(&world, 600 * S);
	world.rate += 20e-6;
	world_follow(&world, 600 * S);
	EXPECT_LT(fabs(world.follower.bias), 3e-9);
}

/* By an interval's part of itself and 16 s; nothing from one that is too short to show it. */
TEST(learns_the_more_the_longer_it_waited)
{
	struct world world;
	int i;

	for (i = 0; i < 2; i++) {
		world_start(&world, 0, 0);
		world_follow(&world, 600 * S);
		world_look(&world);
		follower_check_again(&world.follower);
		world.now.raw_ns += 4 * S - i;
		world.error_ns = 100;
		world_look(&world);
		EXPECT_LT(fabs(world.follower.bias - (i ? 0 : 25e-9 * 4 / 20)), 1e-12);
	}
}

TEST(no_kernel_lacks_more_than_100_ppb)
{
	struct world world;
	int i;

	for (i = 0; i < 2; i++) {
		world_start(&world, 0, 0);
		world_follow(&world, 600 * S);
		world.now.raw_ns = world.command.next_ns;
		world.rate = i ? 101e-9 : 100e-9;
		world.error_ns = 0;
		world_look(&world);
		EXPECT_EQ(!i, world.follower.bias < 0);
	}
}

/* Half of what may as well be the kernel's way to keep its clock, and all of what is more. */
TEST(removes_half_of_what_may_be_nothing)
{
	struct world world;

	world_start(&world, 0, 150);
	world.now.sigma_ns = 0;
	world_look(&world);
	EXPECT_LT(fabs(world.command.rate - 75e-9), 1e-12);
	world_start(&world, 0, 151);
	world.now.sigma_ns = 0;
	world_look(&world);
	EXPECT_LT(fabs(world.command.rate - 151e-9), 1e-12);
}

/* 150 ns and a quarter of the error: until the next look, and more in the least interval. */
TEST(removes_at_leisure_what_counts_as_none)
{
	static const double offsets_ns[] = { 175, -175, 176, -176 };
	struct world world;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(offsets_ns); i++) {
		world_start(&world, 0, 0);
		world_follow(&world, 1200 * S);
		world.error_ns = offsets_ns[i];
		world_look(&world);
		EXPECT_EQ(i < 2 ? 64 * S : S, world.command.next_ns - world.now.raw_ns)
			TH_LOG("offset %g", offsets_ns[i]);
	}
}

TEST(looks_again_soon_when_the_rate_turns)
{
	struct world world;

	world_start(&world, 20e-6, 0);
	world_follow(&world, 1200 * S);
	EXPECT_EQ(64 * S, world.follower.interval_ns);
	world.rate += 1e-6;
	world_look(&world);
	EXPECT_LE(world.command.next_ns - world.now.raw_ns, S);
	EXPECT_LT(fabs(world.command.rate - world.rate), 1e-7);
}

/* In half the time, until it makes no more than what counts as none: here all of 64 s do. */
TEST(looks_again_before_the_rate_makes_an_offset)
{
	struct world world;
	int i;

	for (i = 0; i < 2; i++) {
		world_start(&world, 0, 0);
		world_follow(&world, 1200 * S);
		EXPECT_EQ(64 * S, world.follower.interval_ns);
		world.now.reading_ns = 64 * S / (1 << 15) - 150 - 25 - i;
		world.rate = 0x1p-15;
		world_look(&world);
		EXPECT_EQ(i ? 32 * S : 64 * S, world.follower.interval_ns);
	}
}

/* Twice as late if it finds as good as nothing, and sooner the more it finds. */
TEST(looks_as_often_as_it_finds_something)
{
	static const struct {
		double found_ns;
		int64_t interval_ns;
	} cases[] = {
		{ 0, 16 * S }, { 75, 16 * S }, { -75, 16 * S }, { 76, 6 * S }, { -76, 6 * S },
		{ 150, 6 * S }, { 151, 2 * S }, { -151, 2 * S },
	};
	struct world world;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		world_start(&world, 0, 0);
		world_follow(&world, 1200 * S);
		world.follower.interval_ns = 8 * S;
		/* Before its time a look says nothing. */
		world_look(&world);
		EXPECT_EQ(8 * S, world.follower.interval_ns);
		world.now.raw_ns = world.command.next_ns;
		world.error_ns = cases[i].found_ns;
		world_look(&world);
		EXPECT_EQ(cases[i].interval_ns, world.follower.interval_ns)
			TH_LOG("found %g", cases[i].found_ns);
	}
}

TEST(a_rate_misread_for_a_moment_costs_little)
{
	struct world world;
	double worst_ns = 0;
	int i;

	world_start(&world, 20e-6, 0);
	world_follow(&world, 1200 * S);
	for (i = 0; i < 50; i++) {
		world.rate += 1e-7;
		world_look(&world);
		world.rate -= 1e-7;
		world_run(&world, world.command.next_ns);
		worst_ns = fmax(worst_ns, fabs(world.error_ns));
		world_follow(&world, 30 * S);
	}
	EXPECT_LT(worst_ns, 200.0);
}

TEST(a_slew_of_the_timescale_is_not_taken_for_its_rate)
{
	struct world world;

	world_start(&world, 20e-6, 0);
	world_follow(&world, 300 * S);

	/* 5 us in 10 ms at 500 ppm: the snapshot's rate has it, its time not yet all of it. */
	world.now.slew_ns = 5000;
	world.rate = 20e-6 + 500e-6;
	world_look(&world);
	EXPECT_LT(fabs(world.command.base_rate - 20e-6), 1e-9);
	EXPECT_GT(world.command.rate, 20e-6);
	world_run(&world, world.now.raw_ns + 10 * MS);
	world.now.slew_ns = 0;
	world.rate = 20e-6;
	world_follow(&world, 60 * S);
	EXPECT_LT(fabs(world.error_ns), 60.0);
}

/*
 * The clock was stepped while the timescale slews by a tenth: that is not its rate, which is the
 * one that it had before. Nor is it where nothing was seen before; then it is asked again soon.
 */
TEST(a_slew_of_the_timescale_is_not_its_rate_after_a_step)
{
	struct world world;
	bool known;
	int i;

	for (i = 0; i < 2; i++) {
		known = i;
		world_start(&world, 50e-6, 0);
		if (known)
			world_follow(&world, 100 * S);
		follower_restart(&world.follower);
		world.rate = 0.1;
		world.now.slew_ns = 48 * MS;
		world_look(&world);
		EXPECT_LT(fabs(world.command.base_rate - (known ? 50e-6 : 0)), 1e-9);
		EXPECT_GE(S / 8, world.command.next_ns - world.now.raw_ns);
		/* Nearly over: the next check is to see the rate itself, and nothing runs away. */
		world.now.raw_ns += S / 2;
		world.now.slew_ns = 4;
		world.error_ns = 0;
		world_look(&world);
		EXPECT_LT(world.command.rate * (double)(world.command.next_ns - world.now.raw_ns),
			  MS / 10);
		EXPECT_EQ(known, world.command.next_ns - world.now.raw_ns > S / 8);
	}
}

TEST(an_offset_within_the_error_is_no_hurry)
{
	struct world world;

	world_start(&world, 20e-6, 0);
	world.now.sigma_ns = 20 * US;
	world_follow(&world, 300 * S);
	world_correct(&world, 0);
	world_follow(&world, 64 * S);
	world_correct(&world, 15e3);
	/* More than a minute, since the next correction is a minute away. */
	EXPECT_LT(fabs(world.command.rate - 20e-6), 0.25e-6);
	EXPECT_TRUE(world.command.settled);
	/* An offset that is not the timescale's is gone at once. */
	world.error_ns += 15e3;
	world_run(&world, world.command.next_ns);
	world_look(&world);
	EXPECT_GT(fabs(world.command.rate - 20e-6), 10e-6);
}

/*
 * Corrections as samples bring them, each a third of the standard error, and before each a look
 * because a request was sent. The clock is hardly further from the truth than the timescale is, and
 * its frequency is not shaken.
 */
TEST(corrections_do_not_shake_the_frequency)
{
	static const int64_t paces_ns[] = { S, 2 * S, 16 * S, 64 * S, 1024 * S };
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(paces_ns); i++) {
		double seconds, frequency, constant_s;
		struct world world;

		world_start(&world, 20e-6, 0);
		world.now.sigma_ns = 30 * US;
		world_correct(&world, 0);
		world_follow(&world, 600 * S);
		world.square = 0;
		world.rate_square = 0;
		for (j = 0; j < 200; j++) {
			/* Looked at for another reason: nothing is new. */
			world_look(&world);
			world_run(&world, world.now.raw_ns + 200 * US);
			world_correct(&world, 17e3 * either_way(&world));
			world_follow(&world, paces_ns[i] - 200 * US);
		}
		seconds = 200e-9 * (double)paces_ns[i];
		frequency = sqrt(world.rate_square / seconds / 1e9);
		/* A clock in the machine is followed twice as closely. */
		constant_s = fmin((i ? 3e-9 : 1.5e-9) * (double)paces_ns[i],
				  500.0 * 500.0 / (1e-9 * (double)paces_ns[i]));
		/* sqrt(T / 2P) and 1 / sqrt(2TP) of 10 us. */
		EXPECT_LT(sqrt(world.square / seconds / 1e9), i ? 14e3 : 12e3) TH_LOG("pace %u", i);
		EXPECT_LT(frequency, 1.2e-5 / sqrt(2e-9 * constant_s * (double)paces_ns[i]))
			TH_LOG("pace %u", i);
	}
}

/*
 * Corrections of seven tenths of the standard error: where requests are rare they disturb the
 * frequency as little as smaller ones do. Where they are not, and where corrections are as large as
 * what an oscillator does in an interval, the clock is to come along.
 */
TEST(corrections_are_calmer_where_requests_are_rare)
{
	static const struct {
		int64_t pace_ns;
		double change_ns;
		double share;	/* the time constant, in intervals */
	} cases[] = {
		{ 16 * S, 21e3, 0.6 / 0.49 },
		{ 64 * S, 21e3, 1.2 / 0.49 },
		{ 128 * S, 21e3, 3 },
		{ 256 * S, 21e3, 3 },
		{ 128 * S, 40e3, 0.6 / 1.78 },
	};
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		double seconds = 400e-9 * (double)cases[i].pace_ns, change = cases[i].change_ns;
		double frequency = change / (double)cases[i].pace_ns / sqrt(2 * cases[i].share);
		struct world world;

		world_start(&world, 20e-6, 0);
		world.now.sigma_ns = 30 * US;
		for (j = 0; j < 440; j++) {
			if (j == 40) {
				world.square = 0;
				world.rate_square = 0;
			}
			world_correct(&world, either_way(&world) < 0 ? -change : change);
			world_run(&world, world.now.raw_ns + MS);
			world_follow(&world, cases[i].pace_ns - MS);
		}
		EXPECT_LT(sqrt(world.square / seconds / 1e9), 1.15 * change *
			  sqrt(cases[i].share / 2)) TH_LOG("case %u", i);
		EXPECT_LT(sqrt(world.rate_square / seconds / 1e9), 1.15 * frequency)
			TH_LOG("case %u", i);
	}
}

/* A real one, as after a change of route, is gone at once, and the next are as calm as ever. */
TEST(one_large_correction_does_not_hasten_the_next)
{
	struct world world;
	int i;

	world_start(&world, 20e-6, 0);
	world.now.sigma_ns = 30 * US;
	for (i = 0; i < 8; i++) {
		world_correct(&world, i & 1 ? 10e3 : -10e3);
		world_follow(&world, 64 * S);
	}
	world_correct(&world, 3e6);
	world_follow(&world, 16 * S);
	EXPECT_LT(fabs(world.error_ns), 30e3);
	world_follow(&world, 48 * S);
	world_correct(&world, 10e3);
	EXPECT_LT(fabs(world.command.rate - 20e-6), 11e3 / 64e9);
	/* After a disruption all are. */
	world.now.disruptions++;
	world_correct(&world, 20e3);
	world_follow(&world, 16 * S);
	EXPECT_LT(fabs(world.error_ns), 3e3);
	world_correct(&world, 20e3);
	world_follow(&world, 16 * S);
	EXPECT_LT(fabs(world.error_ns), 3e3);
}

/* One in six is four standard errors: no larger than errors of samples are now and then. */
TEST(a_correction_of_a_few_standard_errors_is_calm)
{
	double seconds = 240 * 64.0;
	struct world world;
	int i;

	world_start(&world, 20e-6, 0);
	world.now.sigma_ns = 10 * US;
	world_correct(&world, 0);
	world_follow(&world, 600 * S);
	world.square = 0;
	world.rate_square = 0;
	for (i = 0; i < 240; i++) {
		world_correct(&world, (i % 6 ? 5e3 : 40e3) * (either_way(&world) < 0 ? -1 : 1));
		world_follow(&world, 64 * S);
	}
	/* Corrections of 17 us leave little more; only large ones are gone before the next. */
	EXPECT_LT(sqrt(world.square / seconds / 1e9), 18e3);
	EXPECT_LT(sqrt(world.rate_square / seconds / 1e9), 23e-6 / 64);
}

/*
 * Where requests are rarest all corrections are carried out in a fraction of the interval anyway.
 * One in six is four standard errors, and is no reason for more disturbance.
 */
TEST(a_large_correction_is_calm_where_requests_are_rarest)
{
	double pace_s = 1024, constant_s = 500.0 * 500.0 / pace_s, seconds = 240 * pace_s;
	double change_ns = sqrt((5 * 5e3 * 5e3 + 40e3 * 40e3) / 6);
	struct world world;
	int i;

	world_start(&world, 20e-6, 0);
	world.now.sigma_ns = 10 * US;
	for (i = 0; i < 276; i++) {
		if (i == 36) {
			world.square = 0;
			world.rate_square = 0;
		}
		world_correct(&world, (i % 6 ? 5e3 : 40e3) * (either_way(&world) < 0 ? -1 : 1));
		world_follow(&world, 1024 * S);
	}
	/* sqrt(T / 2P) and 1 / sqrt(2TP) of a correction. */
	EXPECT_LT(sqrt(world.square / seconds / 1e9),
		  1.15 * change_ns * sqrt(constant_s / (2 * pace_s)));
	EXPECT_LT(sqrt(world.rate_square / seconds / 1e9),
		  1.15e-9 * change_ns / sqrt(2 * constant_s * pace_s));
}

/* Far from its servers a clock begins with ms of error, which shrink as the time since grows. */
TEST(a_young_clock_comes_along)
{
	static const int64_t gaps_ns[] = { 3 * S, 5 * S, 9 * S, 17 * S, 30 * S };
	struct world world;
	unsigned int i;

	world_start(&world, 20e-6, 0);
	world.now.sigma_ns = 20 * MS;
	world_correct(&world, 0);
	for (i = 0; i < ARRAY_SIZE(gaps_ns); i++) {
		world_follow(&world, gaps_ns[i]);
		world_correct(&world, 0);
	}
	world_correct(&world, 6e6);
	world_follow(&world, 120 * S);
	EXPECT_LT(fabs(world.error_ns), 1.6e6);
}

/* A doubtful answer is followed by two more requests, and then the pace is as before. */
TEST(a_burst_is_no_reason_to_hurry)
{
	struct world world;
	int i;

	world_start(&world, 20e-6, 0);
	world.now.sigma_ns = 200 * US;
	for (i = 0; i < 8; i++) {
		world_correct(&world, 0);
		world_follow(&world, 150 * S);
	}
	world_correct(&world, 0);
	world_follow(&world, 2 * S);
	world_correct(&world, 0);
	world_follow(&world, 2 * S);
	world_correct(&world, 1.4e6);
	EXPECT_LT(fabs(world.command.rate - 20e-6), 40e-6);
	world_follow(&world, 600 * S);
	EXPECT_LT(fabs(world.error_ns), 50e3);
}

TEST(the_interval_between_corrections_grows_at_once_and_shrinks_slowly)
{
	struct world world;
	int i;

	world_start(&world, 20e-6, 0);
	world_correct(&world, 0);
	world_follow(&world, 16 * S);
	world_correct(&world, 0);
	EXPECT_EQ(16 * S, world.follower.pace_ns);
	world_follow(&world, 64 * S);
	world_correct(&world, 0);
	EXPECT_EQ(64 * S, world.follower.pace_ns);
	for (i = 0; i < 20; i++) {
		world_follow(&world, 16 * S);
		world_correct(&world, 0);
		EXPECT_GE(world.follower.pace_ns, i ? 16 * S : 50 * S);
	}
	EXPECT_LE(world.follower.pace_ns, 17 * S);
	/* After a disruption it is not known. */
	world.now.disruptions++;
	world_correct(&world, 0);
	EXPECT_EQ(0, world.follower.pace_ns);
}

/* In squared standard errors. What appears between them is not counted. */
TEST(the_mean_square_is_that_of_corrections)
{
	static const struct {
		double change_ns, least, most;
	} cases[] = {
		{ 6e3, 0.03, 0.05 }, { 21e3, 0.44, 0.54 }, { 30e3, 0.9, 1.1 },
		/* Large ones say little of those to come. */
		{ 300e3, 2.9, 3.1 },
	};
	struct world world;
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		world_start(&world, 20e-6, 0);
		world.now.sigma_ns = 30 * US;
		world_look(&world);
		EXPECT_GT(world.follower.spread, 0.0);
		for (j = 0; j < 60; j++) {
			world_correct(&world, (j & 1 ? 1 : -1) * cases[i].change_ns);
			world_run(&world, world.now.raw_ns + MS);
			world_follow(&world, 32 * S);
			world.error_ns += 60e3;
			world_follow(&world, 32 * S);
		}
		EXPECT_GT(world.follower.spread, cases[i].least) TH_LOG("case %u", i);
		EXPECT_LT(world.follower.spread, cases[i].most) TH_LOG("case %u", i);
	}
}

/* A correction by @change_ns after many by @usual_ns, either way, in a clock that is not young. */
static void world_correct_again(struct world *world, int64_t pace_ns, int64_t sigma_ns,
				double usual_ns, double change_ns)
{
	int i;

	world_start(world, 20e-6, 0);
	world->now.sigma_ns = sigma_ns;
	world_follow(world, 1200 * S);
	for (i = 0; i < 40; i++) {
		world_correct(world, i & 1 ? usual_ns : -usual_ns);
		world_run(world, world->now.raw_ns + MS);
		world_follow(world, pace_ns - MS);
	}
	world_correct(world, change_ns);
}

/* How long that takes, in seconds. */
static double correction_s(int64_t pace_ns, int64_t sigma_ns, double usual_ns, double change_ns)
{
	struct world world;

	world_correct_again(&world, pace_ns, sigma_ns, usual_ns, change_ns);
	return world.follower.corrected_ns / world.follower.corrected_slew / 1e9;
}

/* Twice as closely, and corrections of more than a standard error as large ones. */
TEST(a_clock_in_the_machine_is_followed_closely)
{
	double usual_s = 0.5 * 3 * 1.5;

	EXPECT_LT(fabs(correction_s(1500 * MS - 1, US, 0, 1000) - usual_s), 0.01);
	EXPECT_LT(fabs(correction_s(1500 * MS - 1, US, 0, 1050) - usual_s / 1.05), 0.01);
	/* Elsewhere two are not large. */
	EXPECT_LT(fabs(correction_s(1500 * MS, US, 0, 1000) - 2 * usual_s), 0.01);
	EXPECT_LT(fabs(correction_s(1500 * MS, US, 0, 1050) - 2 * usual_s), 0.01);
}

/* Corrections of a standard error or more: what remains is small against the next one. */
TEST(larger_corrections_take_less_time)
{
	EXPECT_LT(fabs(correction_s(16 * S, 10 * US, 10e3, 10e3) - 0.6 * 16), 0.1);
	/* At the longest intervals it is a part of these. */
	EXPECT_LT(fabs(correction_s(1024 * S, 10 * US, 0, 5e3) - 500.0 * 500 / 1024), 0.1);
	EXPECT_LT(fabs(correction_s(1024 * S, 10 * US, 14142, 14142) - 500.0 * 500 / 1024 / 2), 1);
	/* A large one in a quarter of the interval at least, and in no more than a second. */
	EXPECT_LT(fabs(correction_s(S, US, 0, 40e3) - 0.25), 0.01);
	EXPECT_LT(fabs(correction_s(2 * S, US, 0, 80e3) - 0.5), 0.01);
	EXPECT_LT(fabs(correction_s(8 * S, US, 0, 99e3) - 1), 0.01);
	/* What no bound explains, here a microsecond and 10 ms, is gone at once. */
	EXPECT_GT(correction_s(64 * S, 20 * MS, 0, 10e6 + 1000), 100.0);
	EXPECT_LT(correction_s(64 * S, 20 * MS, 0, 10e6 + 1001), 0.2);
}

/* Four times in its time constant; a large one, or a quick one, at its end or with the next. */
TEST(a_correction_is_looked_at_on_its_way)
{
	static const struct {
		int64_t pace_ns;
		double usual_ns, change_ns, check_s;
	} cases[] = {
		{ 64 * S, 0, 500, 48 }, { 64 * S, 0, -500, 48 },
		{ 64 * S, 0, 2000, 48 }, { 64 * S, 0, 2001, 64 },
		{ S, 0, 500, 1.5 },
		/* But not more than once a second. */
		{ 2 * S, 1000, 1000, 1 },
	};
	struct world world;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		world_correct_again(&world, cases[i].pace_ns, US, cases[i].usual_ns,
				    cases[i].change_ns);
		EXPECT_LT(fabs((double)(world.command.next_ns - world.now.raw_ns) / 1e9 -
			       cases[i].check_s), 0.02) TH_LOG("case %u", i);
	}
}

/* In half of the time since the first look. */
TEST(a_young_clock_removes_errors_sooner)
{
	struct world world;
	int i;

	world_start(&world, 20e-6, 0);
	world.now.sigma_ns = 10 * US;
	for (i = 0; i < 20; i++) {
		world_correct(&world, 0);
		world_follow(&world, S);
	}
	world_follow(&world, 20 * S);
	world_correct(&world, 5e3);
	EXPECT_LT(fabs(world.follower.corrected_ns / world.follower.corrected_slew - 20e9), 1e9);
}

/*
 * Its corrections are as large as its standard error, because it learns: that is no reason to
 * hurry, and none later on.
 */
TEST(a_young_clocks_corrections_are_no_reason_to_hurry)
{
	static const int64_t gaps_ns[] = { 2 * S, 2 * S, 2 * S, 2 * S, 3 * S, 4 * S, 5 * S, 6 * S };
	struct world world;
	double age_ns = 0, constant_ns;
	unsigned int i;

	world_start(&world, 20e-6, 0);
	world.now.sigma_ns = 12 * US;
	world_correct(&world, 0);
	for (i = 0; i < ARRAY_SIZE(gaps_ns); i++) {
		world_run(&world, world.now.raw_ns + MS);
		world_follow(&world, gaps_ns[i] - MS);
		age_ns += (double)gaps_ns[i];
		world_correct(&world, i & 1 ? 15e3 : -15e3);
		constant_ns = world.follower.corrected_ns / world.follower.corrected_slew;
		EXPECT_GT(constant_ns, 0.49 * age_ns) TH_LOG("correction %u", i);
	}
	EXPECT_LE(world.follower.spread, 0.25);
	for (i = 0; i < 20; i++) {
		world_run(&world, world.now.raw_ns + MS);
		world_follow(&world, 8 * S - MS);
		world_correct(&world, i & 1 ? 15e3 : -15e3);
	}
	EXPECT_GT(world.follower.spread, 1.2);
}

/* Nor do small ones, in the first seconds, say that those to come are small. */
TEST(a_young_clocks_corrections_are_no_reason_to_take_long)
{
	struct world world;
	double first;
	int i;

	world_start(&world, 20e-6, 0);
	world.now.sigma_ns = 12 * US;
	world_correct(&world, 0);
	first = world.follower.spread;
	for (i = 0; i < 5; i++) {
		world_run(&world, world.now.raw_ns + MS);
		world_follow(&world, 2 * S - MS);
		world_correct(&world, 0);
		EXPECT_EQ(first, world.follower.spread) TH_LOG("correction %d", i);
	}
	for (i = 0; i < 20; i++) {
		world_run(&world, world.now.raw_ns + MS);
		world_follow(&world, 2 * S - MS);
		world_correct(&world, 0);
	}
	EXPECT_GT(first / 2, world.follower.spread);
}

/* By the next check, which is a minute away; sooner if others follow and have a small error. */
TEST(a_correction_that_counts_as_none_is_no_hurry)
{
	struct world world;
	int i;

	world_start(&world, 20e-6, 0);
	world.now.sigma_ns = 20;
	world_follow(&world, 1200 * S);
	for (i = 0; i < 3; i++) {
		world.error_ns = 0;
		world_correct(&world, 10);
		EXPECT_EQ(64 * S, world.follower.interval_ns);
		EXPECT_LT(fabs(world.follower.corrected_slew * 64e9 - 10), 0.1);
		world_follow(&world, 64 * S);
	}
	EXPECT_LT(fabs(correction_s(2 * S, 50, 0, 10) - 4), 0.1);
	EXPECT_LT(fabs(correction_s(2 * S, 51, 0, 10) - 64), 0.1);
	/* What counts as none is 50 ns and a quarter of the error. */
	EXPECT_LT(fabs(correction_s(64 * S, 20, 0, 55) - 64), 0.1);
	EXPECT_GT(correction_s(64 * S, 20, 0, 56), 100.0);
	/* Nor is one that the kernel's clock makes up for. */
	world_correct_again(&world, 64 * S, US, 0, 20e3);
	EXPECT_LT(world.follower.corrected_ns / world.follower.corrected_slew, 20e9);
	world.now.raw_ns += MS;
	world.error_ns = 0;
	world_look(&world);
	EXPECT_LT(fabs(world.follower.corrected_ns / world.follower.corrected_slew - 64e9), 1e8);
}

/* What is left of a correction is known until its slew is over, and no longer. */
TEST(a_correction_is_over_with_its_slew)
{
	static const double parts[] = { 1e-9, 0.95, 2 };
	double constant_ns, left_ns;
	struct world world;
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		for (j = 0; j < 2; j++) {
			world_start(&world, 0, 0);
			world_follow(&world, S);
			world_correct(&world, j ? 1 : -1);
			constant_ns = world.follower.corrected_ns / world.follower.corrected_slew;
			world.now.raw_ns += llround(constant_ns * parts[i]);
			world_look(&world);
			left_ns = parts[i] < 1 ? 1 - parts[i] : 0;
			EXPECT_LT(fabs(world.follower.corrected_ns - (j ? left_ns : -left_ns)),
				  0.01) TH_LOG("part %g", parts[i]);
		}
	}
}

/* Those of several servers that are asked at once. */
TEST(corrections_that_come_together_are_one)
{
	struct world world;
	int i, j;

	world_start(&world, 20e-6, 0);
	world.now.sigma_ns = 30 * US;
	for (i = 0; i < 4; i++) {
		for (j = 0; j < 3; j++) {
			world_correct(&world, 0);
			world_follow(&world, 20 * MS);
		}
		world_follow(&world, 64 * S - 60 * MS);
	}
	EXPECT_EQ(64 * S, world.follower.pace_ns);

	/* Two that add nothing to the first, which was a standard error, do not make it smaller. */
	world.square = 0;
	for (i = 0; i < 200; i++) {
		world_correct(&world, either_way(&world) < 0 ? -30e3 : 30e3);
		for (j = 0; j < 2; j++) {
			world_follow(&world, 20 * MS);
			world_correct(&world, 0);
		}
		world_follow(&world, 64 * S - 40 * MS);
	}
	EXPECT_LT(sqrt(world.square / (200 * 64e9)), 33e3);
}

/* Not only the large ones: a refclock's corrections of a few ns are worth having. */
TEST(follows_small_corrections_that_come_quickly)
{
	struct unit_random random = { 4 };
	struct world world;
	double square = 0;
	int i;

	world_start(&world, 20e-6, 0);
	world.now.sigma_ns = 10;
	world_follow(&world, 600 * S);
	for (i = 0; i < 1000; i++) {
		/* The timescale wanders, 40 ns either way. */
		world_correct(&world, 8 * sin(i / 5.0) +
				      (double)unit_random_below(&random, 5) - 2);
		world_follow(&world, S);
		square += world.error_ns * world.error_ns;
	}
	EXPECT_LT(sqrt(square / 1000), 17.0);
}

TEST(a_daemon_that_was_late_recovers)
{
	struct world world;

	world_start(&world, 0, 1e6);
	world_look(&world);
	world_run(&world, world.now.raw_ns + 10 * S);
	EXPECT_GT(fabs(world.error_ns), 1e6);
	world_follow(&world, 30 * S);
	EXPECT_LT(fabs(world.error_ns), 20.0);
}

/* A machine that is starved of its processor: what was to take an eighth of a second takes two. */
TEST(late_looks_do_not_rock_the_clock)
{
	struct world world;
	double most_ns = 0.0;
	int i;

	world_start(&world, 20e-6, 0);
	world_follow(&world, 600 * S);
	for (i = 0; i < 2000; i++) {
		double late_s = 2.0 * fabs(either_way(&world));

		world_run(&world, world.command.next_ns + (int64_t)(late_s * 1e9));
		most_ns = fmax(most_ns, fabs(world.error_ns));
		world.error_ns += 300.0 * either_way(&world);
		world_look(&world);
	}
	EXPECT_LT(most_ns, 5e3);
}

/* And as soon as it is itself again it is as quick as ever. */
TEST(lateness_is_forgotten)
{
	struct world world;

	world_start(&world, 0, 0);
	world_follow(&world, 60 * S);
	world_run(&world, world.command.next_ns + 2 * S);
	world.error_ns = 1e6;
	world_look(&world);
	EXPECT_GE(world.command.next_ns - world.now.raw_ns, 4 * S);
	while (world.now.raw_ns < 1300 * S) {
		world_run(&world, world.command.next_ns);
		world_look(&world);
	}
	world_run(&world, world.command.next_ns);
	world.error_ns = 1e6;
	world_look(&world);
	EXPECT_LE(world.command.next_ns - world.now.raw_ns, S / 8);
}

/* But not at once: by a second in a minute. */
TEST(lateness_is_kept_in_mind_for_a_while)
{
	struct world world;

	world_start(&world, 0, 0);
	world_follow(&world, 60 * S);
	world_run(&world, world.command.next_ns + 2 * S);
	world_look(&world);
	EXPECT_EQ(2 * S, world.follower.late_ns);
	world_follow(&world, 64 * S);
	EXPECT_GT(world.follower.late_ns, 900 * MS);
	EXPECT_LT(world.follower.late_ns, 1200 * MS);
	world_follow(&world, 200 * S);
	EXPECT_EQ(0, world.follower.late_ns);
}

/* Samples every 16 s have taught it the time to 9 us. */
static void world_settle(struct world *world)
{
	int i;

	world_start(world, 20e-6, 0);
	world->now.sigma_ns = 9 * US;
	world->now.maxerror_ns = MS;
	for (i = 0; i < 40; i++) {
		world_correct(world, i & 1 ? 2e3 : -2e3);
		world_follow(world, 16 * S);
	}
}

/* A source among others turns out to be wrong: without a sample the time is another one. */
TEST(sources_weighed_anew_do_not_shake_the_frequency)
{
	struct world world;
	double fastest = 0;
	int64_t pace_ns;
	int i;

	world_settle(&world);
	pace_ns = world.follower.pace_ns;
	world.error_ns += 144e3;
	follower_expect_change(&world.follower);
	world_look(&world);
	for (i = 0; i < 16; i++) {
		fastest = fmax(fastest, fabs(world.command.rate - world.rate));
		world_run(&world, world.command.next_ns);
		world_look(&world);
	}
	EXPECT_LE(fastest, 50e-6);
	EXPECT_LE(fabs(world.error_ns), 9e3);
	/* That is no sample, and says nothing of when the next one comes. */
	EXPECT_EQ(pace_ns, world.follower.pace_ns);
	/* What the kernel's clock is off by is no correction, whatever is said of that. */
	world_follow(&world, 60 * S);
	world.error_ns += 10e3;
	follower_expect_change(&world.follower);
	world_look(&world);
	EXPECT_FALSE(world.follower.changed);
}

/*
 * The samples were weighed without a source that is wrong. The rest knows the time well, so what it
 * was off by is many standard errors.
 */
TEST(samples_weighed_anew_do_not_shake_the_frequency)
{
	struct world world;
	double fastest = 0;
	int i;

	world_settle(&world);
	world.now.sigma_ns = 5 * US;
	follower_expect_anew(&world.follower);
	world_correct(&world, 144e3);
	/* Neither now nor at the checks and samples that follow. */
	for (i = 0; i < 16; i++) {
		fastest = fmax(fastest, fabs(world.command.rate - world.rate));
		world_follow(&world, 16 * S);
		world_correct(&world, i & 1 ? 2e3 : -2e3);
	}
	EXPECT_LE(fastest, 6e-6);
	EXPECT_LE(fabs(world.error_ns), 4e3);
	/* A large correction is one again. */
	world_correct(&world, 144e3);
	EXPECT_GE(fabs(world.command.rate - world.rate), 30e-6);
}

/*
 * The source had misled the clock: its samples and those of the others corrected it to and fro. The
 * latest of these corrections is still being removed, and was small by what was known then.
 */
TEST(corrections_by_a_source_that_is_wrong_hurry_nothing)
{
	struct world world;
	int i;

	world_settle(&world);
	world.now.sigma_ns = 36 * US;
	for (i = 0; i < 8; i++) {
		world_correct(&world, i & 1 ? 70e3 : -70e3);
		world_follow(&world, 16 * S);
	}
	EXPECT_GT(world.follower.spread, 1);
	world_correct(&world, 70e3);
	world_follow(&world, S / 5);
	world.now.sigma_ns = 5 * US;
	world.error_ns += 96e3;
	follower_expect_change(&world.follower);
	follower_expect_anew(&world.follower);
	world_look(&world);
	/* In three of the 16 s from sample to sample. */
	EXPECT_LE(fabs(world.command.rate - world.rate), 3.6e-6);
	world_follow(&world, 120 * S);
	EXPECT_LE(fabs(world.error_ns), 16e3);
}

/* As one by more than a standard error and by more than the kernel's clock may be off. */
TEST(sources_weighed_anew_are_a_correction_if_it_shows)
{
	static const struct {
		int64_t sigma_ns;
		double change_ns;
		bool changed;
	} cases[] = {
		{ 9 * US, 9000, false }, { 9 * US, -9000, false },
		{ 9 * US, 9001, true }, { 9 * US, -9001, true },
		/* 150 ns and a quarter. */
		{ 20, 155, false }, { 20, 156, true },
	};
	struct world world;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		world_start(&world, 0, 0);
		world.now.sigma_ns = cases[i].sigma_ns;
		world_correct(&world, 0);
		world.now.raw_ns += MS;
		world.error_ns = cases[i].change_ns;
		follower_expect_change(&world.follower);
		world_look(&world);
		EXPECT_EQ(cases[i].changed, world.follower.changed) TH_LOG("case %u", i);
		/* The same offset is none the second time, nor is another one by itself. */
		world.now.raw_ns++;
		follower_expect_change(&world.follower);
		world_look(&world);
		EXPECT_FALSE(world.follower.changed);
		world.now.raw_ns++;
		world.error_ns += 144e3;
		world_look(&world);
		EXPECT_FALSE(world.follower.changed);
	}
}

TEST(looking_again_is_no_correction)
{
	struct world world;

	world_start(&world, 0, 0);
	world_follow(&world, 60 * S);
	world_run(&world, world.command.next_ns);
	world_look(&world);
	world.follower.pace_ns = 0;
	follower_check_again(&world.follower);
	world_run(&world, world.now.raw_ns + MS);
	world_look(&world);
	EXPECT_EQ(0, world.follower.pace_ns);
	EXPECT_EQ(MS, world.follower.late_ns);
}

TEST(restart_forgets)
{
	struct world world;

	world_start(&world, 20e-6, 0);
	world_follow(&world, 1200 * S);
	follower_restart(&world.follower);
	world_look(&world);
	EXPECT_EQ(S, world.follower.interval_ns);
}

/* Of any size, the ends of the range more often than chance would have it. */
static int64_t any_s64(struct unit_random *random)
{
	switch (unit_random_below(random, 6)) {
	case 0:
		return INT64_MIN;
	case 1:
		return INT64_MAX;
	default:
		return unit_random_s64(random);
	}
}

TEST(whatever_it_is_told_commands_stay_within_limits)
{
	struct unit_random random = { 7 };
	struct world world;
	int i;

	world_start(&world, 0, 0);
	for (i = 0; i < 200000; i++) {
		struct timescale_now *now = &world.now;

		now->raw_ns = any_s64(&random);
		now->time_ns = any_s64(&random);
		now->realtime_ns = any_s64(&random);
		now->slew_ns = any_s64(&random);
		now->sigma_ns = any_s64(&random) & INT64_MAX;
		now->reading_ns = unit_random_below(&random, 1000);
		now->rate = ldexp((double)any_s64(&random), -32);
		follower_update(&world.follower, now, &world.command);
		ASSERT_LE(fabs(world.command.rate), 0.1);
		ASSERT_LE(fabs(world.command.base_rate), 0.1);
		ASSERT_GE(world.command.next_ns, now->raw_ns);
		ASSERT_GE(world.follower.interval_ns, S);
		ASSERT_LE(world.follower.interval_ns, 64 * S);
	}
}

TEST_HARNESS_MAIN
