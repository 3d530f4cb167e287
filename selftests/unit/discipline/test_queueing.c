// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two kinds of delays are told apart where there are two, and not where there is one.
 */
#include "user/discipline/queueing.h"

#include <math.h>

#include "selftests/unit/unit.h"

/* Quantiles of an exponential distribution with mean 1, in an order that is no order. */
static double exponential(unsigned int i)
{
	return -log(((i * 977u + 131u) % 1009u + 0.5) / 1009);
}

static bool is_short(unsigned int i)
{
	return i * 619u % 1009u < 706;
}

TEST(one_kind_is_one)
{
	struct queueing queueing;
	unsigned int i;

	queueing_start(&queueing);
	for (i = 0; i < 2000; i++) {
		EXPECT_EQ(1, queueing.kinds.share);
		EXPECT_EQ(1, queueing.kinds.short_mean);
		queueing_add(&queueing, 500 * exponential(2 * i), 500 * exponential(2 * i + 1));
	}
}

TEST(two_kinds_are_found_whatever_the_unit)
{
	struct queueing queueing;
	double unit, mean;
	unsigned int i;

	for (unit = 1e-3; unit < 1e9; unit *= 1e3) {
		queueing_start(&queueing);
		for (i = 0; i < 256; i++)
			queueing_add(&queueing,
				     unit * exponential(2 * i) * (is_short(i) ? 1 : 20),
				     unit * exponential(2 * i + 1) * (is_short(i + 7) ? 1 : 20));
		mean = 0.7 + 0.3 * 20;
		EXPECT_LT(fabs(queueing.kinds.share - 0.7), 0.07);
		EXPECT_LT(fabs(queueing.kinds.short_mean * mean - 1), 0.25);
		EXPECT_LT(fabs(queueing.kinds.long_mean * mean / 20 - 1), 0.25);
	}
}

TEST(a_kind_that_is_gone_is_forgotten)
{
	struct queueing queueing;
	unsigned int i;

	queueing_start(&queueing);
	for (i = 0; i < 256; i++)
		queueing_add(&queueing, exponential(2 * i) * (i % 3 ? 1 : 20),
			     exponential(2 * i + 1));
	EXPECT_LT(queueing.kinds.share, 1);
	for (i = 256; i < 512; i++)
		queueing_add(&queueing, exponential(2 * i), exponential(2 * i + 1));
	EXPECT_EQ(1, queueing.kinds.share);
}

TEST(any_delay_leaves_sane_kinds)
{
	static const double odd[] = { 0, -1, 1e-30, 1e15, 1e300, 5, 0, 0, 0, 3 };
	struct queueing queueing;
	unsigned int i;

	queueing_start(&queueing);
	for (i = 0; i < 4000; i++) {
		queueing_add(&queueing, odd[i * 7 % 10], i < 2000 ? odd[i % 10] : 0);
		ASSERT_TRUE(queueing.kinds.share > 0 && queueing.kinds.share <= 1);
		ASSERT_TRUE(queueing.kinds.short_mean > 0 && isfinite(queueing.kinds.short_mean));
		ASSERT_TRUE(queueing.kinds.long_mean >= queueing.kinds.short_mean &&
			    isfinite(queueing.kinds.long_mean));
	}
}

TEST_HARNESS_MAIN
