// SPDX-License-Identifier: GPL-2.0-only
/*
 * Round trips that a stall held up are told from those that queued, and queues from stalls.
 */
#include "user/discipline/spread.h"

#include <math.h>

#include "selftests/unit/unit.h"

#define LEAST_NS	200e3
#define QUEUE_NS	10e3
#define STALL_NS	300e6

/* The sum of two exponential ways above the least: quantiles, in an order that is no order. */
static double queued(unsigned int i)
{
	double up = -log(((i * 977u + 131u) % 1009u + 0.5) / 1009);
	double down = -log(((i * 619u + 17u) % 1013u + 0.5) / 1013);

	return LEAST_NS + QUEUE_NS * (up + down);
}

/* One in @every round trips is held up, with the last ones. */
static void fill(double *delay_ns, unsigned int count, unsigned int every)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		delay_ns[i] = queued(i);
		if (every && i % every == every - 1)
			delay_ns[i] += STALL_NS / (1 + i % 7);
	}
}

TEST(all_are_taken_up_to_the_most)
{
	const double delay_ns[] = { 3, 1, 8, 100 };
	struct spread spread;

	spread_of(delay_ns, 4, 8, &spread);
	EXPECT_EQ(4, spread.mean_ns);
	EXPECT_LT(fabs(spread.variance - 26 / 3.0), 1e-12);
	spread_of(delay_ns, 4, INFINITY, &spread);
	EXPECT_EQ(28, spread.mean_ns);
}

TEST(stalls_are_not_usual)
{
	static const unsigned int every[] = { 2, 3, 10, 100 };
	double delay_ns[SPREAD_DELAYS];
	struct spread spread;
	size_t i;

	for (i = 0; i < sizeof(every) / sizeof(every[0]); i++) {
		fill(delay_ns, SPREAD_DELAYS, every[i]);
		spread_of_usual(delay_ns, SPREAD_DELAYS, &spread);
		EXPECT_LT(fabs(spread.mean_ns - LEAST_NS - 2 * QUEUE_NS), 0.5 * QUEUE_NS);
		EXPECT_LT(sqrt(spread.variance), 2 * QUEUE_NS);
	}
}

/* From the fourth answer on. */
TEST(one_stall_among_the_first_answers_is_not_usual)
{
	double delay_ns[SPREAD_DELAYS];
	struct spread spread;
	unsigned int count;

	for (count = 4; count < 40; count++) {
		fill(delay_ns, count, count);
		spread_of_usual(delay_ns, count, &spread);
		EXPECT_LT(spread.mean_ns, LEAST_NS + 5 * QUEUE_NS);
	}
	fill(delay_ns, 3, 3);
	spread_of_usual(delay_ns, 3, &spread);
	EXPECT_LT(STALL_NS / 10, spread.mean_ns);
}

/* Of queues nothing is left out, with thrice the mean on three ways in ten neither. */
TEST(queues_are_usual)
{
	double delay_ns[SPREAD_DELAYS];
	struct spread all, usual;
	unsigned int count, i;

	for (count = 1; count <= SPREAD_DELAYS; count++) {
		fill(delay_ns, count, 0);
		spread_of(delay_ns, count, INFINITY, &all);
		spread_of_usual(delay_ns, count, &usual);
		EXPECT_EQ(all.mean_ns, usual.mean_ns);
		EXPECT_EQ(all.variance, usual.variance);
	}
	for (i = 0; i < SPREAD_DELAYS; i += 2)
		delay_ns[i] += 30 * QUEUE_NS;
	spread_of(delay_ns, SPREAD_DELAYS, INFINITY, &all);
	spread_of_usual(delay_ns, SPREAD_DELAYS, &usual);
	EXPECT_EQ(all.mean_ns, usual.mean_ns);
}

/* A clock with coarse readings: what is the least, and what a stall, it does not show. */
TEST(round_trips_that_are_alike_leave_nothing_out)
{
	double delay_ns[SPREAD_DELAYS];
	struct spread all, usual;
	unsigned int i;

	for (i = 0; i < SPREAD_DELAYS; i++)
		delay_ns[i] = i % 3 ? 1000 : 2000;
	spread_of(delay_ns, SPREAD_DELAYS, INFINITY, &all);
	spread_of_usual(delay_ns, SPREAD_DELAYS, &usual);
	EXPECT_EQ(all.mean_ns, usual.mean_ns);
	EXPECT_EQ(all.variance, usual.variance);
}

TEST_HARNESS_MAIN
