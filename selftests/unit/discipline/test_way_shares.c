// SPDX-License-Identifier: GPL-2.0-only
/*
 * The share of one way in a path's queueing, from the bends of made-up delays: of ways that queue
 * alike, and of ways that do not, beside a clock that wanders.
 */
#include "user/discipline/way_shares.h"

#include <math.h>
#include <string.h>

#include "selftests/unit/unit.h"

struct path {
	struct unit_random random;
	double up_ns;		/* mean queueing each way */
	double down_ns;
	double wander_ns;	/* of the clock, per sample */
	double long_share;	/* of delays that are 50 times as long */
	double up[3];		/* the latest times of each way, that first */
	double down[3];
	unsigned int count;
};

static double uniform(struct unit_random *random)
{
	return ((double)(unit_random(random) >> 11) + 0.5) * 0x1p-53;
}

static double delay(struct path *path, double mean_ns)
{
	double delay_ns = -mean_ns * log(uniform(&path->random));

	return uniform(&path->random) < path->long_share ? 50 * delay_ns : delay_ns;
}

static double bend(const double *time)
{
	return (time[1] - 0.5 * (time[0] + time[2])) / sqrt(1.5);
}

static void add(struct way_shares *shares, struct path *path)
{
	double clock_ns = path->wander_ns * (uniform(&path->random) - 0.5);
	int i;

	for (i = 2; i > 0; i--) {
		path->up[i] = path->up[i - 1];
		path->down[i] = path->down[i - 1];
	}
	path->up[0] = 1e6 + delay(path, path->up_ns) + clock_ns;
	path->down[0] = 1e6 + delay(path, path->down_ns) - clock_ns;
	if (++path->count > 2)
		way_shares_add(shares, bend(path->up), bend(path->up) + bend(path->down));
}

static double share_after(struct path path, unsigned int seed, unsigned int samples)
{
	struct way_shares shares = { 0 };
	unsigned int i;

	path.random.state = seed;
	for (i = 0; i < samples; i++)
		add(&shares, &path);
	return way_shares_up(&shares);
}

TEST(nothing_is_known_of_no_samples)
{
	struct way_shares shares = { 0 };

	EXPECT_EQ(0.5, way_shares_up(&shares));
}

/* The weight is the bend's, and no share is more than one way's and as much again. */
TEST(bends_are_summed_up)
{
	struct way_shares shares = { 0 };

	way_shares_add(&shares, 1, 2);
	way_shares_add(&shares, -1, -4);
	EXPECT_EQ(2, shares.count);
	EXPECT_EQ(3, shares.mean_bend_ns);
	EXPECT_EQ(6, shares.weight_ns);
	EXPECT_EQ(2, shares.weighted_ns);
	EXPECT_EQ(20, shares.squares_ns2[0]);
	EXPECT_EQ(6, shares.squares_ns2[1]);
	EXPECT_EQ(2, shares.squares_ns2[2]);
	EXPECT_EQ(0.75, shares.shares);
	EXPECT_EQ(0.3125, shares.squares);
	way_shares_add(&shares, 90, 3);
	EXPECT_EQ(8, shares.weighted_ns);
	EXPECT_EQ(1.75, shares.shares);
}

/* A mean of 0.8 with a standard error of 0.05 may be 0.7, which is the slope of such ways. */
TEST(the_share_is_the_least_that_may_be)
{
	const struct way_shares shares = {
		.count = 9,
		.mean_bend_ns = 10,
		.shares = 9,
		.squares = 9,
		.weight_ns = 100,
		.weighted_ns = 80,
		.squares_ns2 = { 100, 80, 89 },
	};

	EXPECT_LT(fabs(way_shares_up(&shares) - 1 / (1 + pow(0.3 / 0.7, 0.59))), 1e-9);
}

TEST(ways_that_queue_alike_count_as_alike)
{
	struct path path = { .up_ns = 1e3, .down_ns = 1e3 }, uneven = path;
	int differ = 0, seed;

	uneven.long_share = 0.1;
	for (seed = 1; seed <= 500; seed++) {
		differ += share_after(path, seed, 16) != 0.5;
		differ += share_after(path, seed, 300) != 0.5;
		differ += share_after(uneven, seed, 16) != 0.5;
		differ += share_after(uneven, seed, 300) != 0.5;
	}
	EXPECT_LT(differ, 20);
}

/* A way that hardly queues shows that within 16 samples, and the exact share in some hundreds. */
TEST(the_share_is_found)
{
	struct path path = { .up_ns = 9e5, .down_ns = 1e5 };
	struct path quiet_up = { .up_ns = 1e3, .down_ns = 1e6 };
	double sum = 0;
	int seed, soon = 0;

	for (seed = 1; seed <= 200; seed++) {
		sum += share_after(path, seed, 300);
		soon += share_after(quiet_up, seed, 16) < 0.1;
	}
	EXPECT_LT(fabs(sum / 200 - 0.87), 0.03);
	EXPECT_LT(180, soon);
}

/* The clock's wander is on both ways, and none of the queueing. */
TEST(a_clock_that_wanders_changes_nothing)
{
	struct path path = { .up_ns = 9e5, .down_ns = 1e5, .wander_ns = 3e5 };
	double sum = 0;
	int seed;

	for (seed = 1; seed <= 200; seed++)
		sum += share_after(path, seed, 300);
	EXPECT_LT(fabs(sum / 200 - 0.87), 0.05);
}

/* The share is anything there by the clock's wander, but it weighs little. */
TEST(a_round_trip_without_a_bend_says_nothing)
{
	struct path path = { .up_ns = 5e5, .wander_ns = 1e3 };
	struct way_shares shares = { 0 };
	int i;

	path.random.state = 1;
	for (i = 0; i < 80; i++)
		add(&shares, &path);
	EXPECT_LT(0.98, way_shares_up(&shares));
	way_shares_add(&shares, 2372, -3650);
	EXPECT_LT(0.98, way_shares_up(&shares));
}

TEST(one_long_delay_does_not_decide)
{
	struct path path = { .up_ns = 1e3, .down_ns = 1e3 };
	struct way_shares shares = { 0 };
	int i;

	path.random.state = 1;
	for (i = 0; i < 100; i++)
		add(&shares, &path);
	way_shares_add(&shares, 1e12, 1e12);
	for (i = 0; i < 100; i++)
		add(&shares, &path);
	EXPECT_EQ(0.5, way_shares_up(&shares));
}

TEST(numbers_that_are_none_are_ignored)
{
	struct path path = { .up_ns = 1e3, .down_ns = 1e6 };
	struct way_shares shares = { 0 }, before;
	int i;

	path.random.state = 1;
	for (i = 0; i < 100; i++)
		add(&shares, &path);
	before = shares;
	way_shares_add(&shares, NAN, 1);
	way_shares_add(&shares, 1, INFINITY);
	way_shares_add(&shares, 0, 0);
	EXPECT_EQ(0, memcmp(&before, &shares, sizeof(shares)));
}

TEST_HARNESS_MAIN
