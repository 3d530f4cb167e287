// SPDX-License-Identifier: GPL-2.0-only
/*
 * The median filter of refclocks.
 */
#include "user/sources/refclock_filter.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "selftests/unit/unit.h"
#include "user/lib/time_units.h"

#define AT_NS		(7200LL * NS_PER_S)
#define OFFSET_NS	(1795160717LL * NS_PER_S)

static void add(struct refclock_filter *filter, int64_t after_ns, int64_t offset_ns)
{
	struct refclock_point point = { AT_NS + after_ns, OFFSET_NS + offset_ns };

	refclock_filter_add(filter, &point);
}

/* Uniform within +-@width_ns. */
static int64_t jitter(struct unit_random *random, int64_t width_ns)
{
	return (int64_t)unit_random_below(random, 2 * (uint64_t)width_ns + 1) - width_ns;
}

TEST(nothing_is_no_sample)
{
	static struct refclock_filter filter;
	struct refclock_point mean;
	double noise_ns;

	refclock_filter_init(&filter, 64);
	EXPECT_EQ(-ENODATA, refclock_filter_take(&filter, &mean, &noise_ns));
}

TEST(the_first_readings_wait_until_they_show_their_noise)
{
	static struct refclock_filter filter;
	struct refclock_point mean;
	double noise_ns;

	refclock_filter_init(&filter, 64);
	for (int i = 0; i < 3; i++) {
		add(&filter, i * NS_PER_S, i % 2 ? 100 : -100);
		EXPECT_EQ(-EAGAIN, refclock_filter_take(&filter, &mean, &noise_ns));
	}
	add(&filter, 3 * NS_PER_S, 100);
	ASSERT_EQ(0, refclock_filter_take(&filter, &mean, &noise_ns));
	EXPECT_LT(10, noise_ns);
	EXPECT_GT(1000, noise_ns);
	/* They are used up, and from then on one is enough. */
	EXPECT_EQ(-ENODATA, refclock_filter_take(&filter, &mean, &noise_ns));
	add(&filter, 4 * NS_PER_S, 50);
	ASSERT_EQ(0, refclock_filter_take(&filter, &mean, &noise_ns));
	EXPECT_EQ(AT_NS + 4 * NS_PER_S, mean.at_ns);
	EXPECT_EQ(OFFSET_NS + 50, mean.offset_ns);
	EXPECT_LT(10, noise_ns);
}

TEST(spikes_do_not_count)
{
	static struct refclock_filter filter;
	struct refclock_point mean;
	double noise_ns;

	refclock_filter_init(&filter, 64);
	for (int i = 0; i < 16; i++)
		add(&filter, i * NS_PER_S, i == 3 ? 500000000 : i == 9 ? -400000000 : i % 3);
	ASSERT_EQ(0, refclock_filter_take(&filter, &mean, &noise_ns));
	EXPECT_LE(OFFSET_NS - 2, mean.offset_ns);
	EXPECT_GE(OFFSET_NS + 4, mean.offset_ns);
	EXPECT_GT(10, noise_ns);
}

/* With two spikes among four readings the middle is no better than the rest. */
TEST(a_window_of_spikes_is_left_out)
{
	struct unit_random random = { .state = 3 };
	static struct refclock_filter filter;
	struct refclock_point mean;
	double noise_ns;
	int64_t s = 0;

	refclock_filter_init(&filter, 64);
	for (int window = 0; window < 30; window++) {
		bool wrong = window == 10;

		for (int i = 0; i < 4; i++, s++)
			add(&filter, s * NS_PER_S, wrong && i > 1 ? 300000000 :
			    jitter(&random, 1000));
		EXPECT_EQ(wrong ? -EDOM : 0, refclock_filter_take(&filter, &mean, &noise_ns));
		if (!wrong)
			EXPECT_GT(2000, llabs(mean.offset_ns - OFFSET_NS));
	}
	/* When the refclock stays like that, it is taken for what it is. */
	for (int window = 0; window < 4; window++) {
		for (int i = 0; i < 4; i++, s++)
			add(&filter, s * NS_PER_S, jitter(&random, 10000000));
		EXPECT_EQ(window < 3 ? -EDOM : 0,
			  refclock_filter_take(&filter, &mean, &noise_ns));
	}
	EXPECT_LT(100000, noise_ns);
}

/* The raw clock is 40 ppm off: in 16 s that is a thousand times the scatter. */
TEST(a_reference_that_drifts_is_no_scatter)
{
	struct unit_random random = { .state = 1 };
	static struct refclock_filter filter;
	struct refclock_point mean;
	double noise_ns;
	int64_t on_line_ns;

	refclock_filter_init(&filter, 64);
	for (int window = 0; window < 20; window++) {
		for (int i = 0; i < 16; i++) {
			int64_t s = window * 16 + i;

			add(&filter, s * NS_PER_S, s * 40000 + jitter(&random, 600));
		}
		ASSERT_EQ(0, refclock_filter_take(&filter, &mean, &noise_ns));
		on_line_ns = (mean.at_ns - AT_NS) / NS_PER_S * 40000 +
			     (mean.at_ns - AT_NS) % NS_PER_S * 40000 / NS_PER_S;
		EXPECT_GT(400, llabs(mean.offset_ns - OFFSET_NS - on_line_ns));
	}
	/* A uniform deviation of 346 ns, over 16 readings; trimming costs some of that. */
	EXPECT_LT(60, noise_ns);
	EXPECT_GT(180, noise_ns);
	EXPECT_GT(1e-6, fabs(filter.rate - 40e-6));
}

/* The noise that it states is that of the means. */
TEST(noise_is_that_of_the_means)
{
	struct unit_random random = { .state = 2 };
	static struct refclock_filter filter;
	double square = 0, stated = 0;

	refclock_filter_init(&filter, 64);
	for (int window = 0; window < 400; window++) {
		struct refclock_point mean;
		double noise_ns;

		for (int i = 0; i < 16; i++)
			add(&filter, (window * 16 + i) * NS_PER_S, jitter(&random, 10000) +
			    jitter(&random, 10000));
		ASSERT_EQ(0, refclock_filter_take(&filter, &mean, &noise_ns));
		square += (double)(mean.offset_ns - OFFSET_NS) *
			  (double)(mean.offset_ns - OFFSET_NS);
		stated += noise_ns * noise_ns;
	}
	EXPECT_LT(0.6, sqrt(stated / square));
	EXPECT_GT(1.7, sqrt(stated / square));
}

TEST(the_oldest_give_way)
{
	static struct refclock_filter filter;
	struct refclock_point mean;
	double noise_ns;

	refclock_filter_init(&filter, 4);
	for (int i = 0; i < 100; i++)
		add(&filter, i * NS_PER_S, i < 96 ? 1000000 : 0);
	ASSERT_EQ(0, refclock_filter_take(&filter, &mean, &noise_ns));
	EXPECT_EQ(OFFSET_NS, mean.offset_ns);
	EXPECT_LT(AT_NS + 95 * NS_PER_S, mean.at_ns);
	/* More than chrony keeps are not kept either. */
	refclock_filter_init(&filter, 100000);
	EXPECT_EQ(REFCLOCK_FILTER_MAX, filter.size);
}

TEST(each_size_works)
{
	for (int size = 1; size <= 9; size++) {
		static struct refclock_filter filter;
		struct refclock_point mean;
		double noise_ns = 0;

		refclock_filter_init(&filter, size);
		for (int i = 0; i < 20; i++)
			add(&filter, i * NS_PER_S, 7);
		ASSERT_EQ(0, refclock_filter_take(&filter, &mean, &noise_ns));
		EXPECT_EQ(OFFSET_NS + 7, mean.offset_ns);
		EXPECT_LE(0, noise_ns);
	}
}

TEST(a_reading_counts_once)
{
	static struct refclock_filter filter;
	struct refclock_point point = { AT_NS, OFFSET_NS };

	refclock_filter_init(&filter, 64);
	EXPECT_EQ(0, refclock_filter_add(&filter, &point));
	EXPECT_EQ(-EALREADY, refclock_filter_add(&filter, &point));
	point.at_ns--;
	EXPECT_EQ(-EALREADY, refclock_filter_add(&filter, &point));
	EXPECT_EQ(1, filter.count);
	refclock_filter_drop(&filter);
	EXPECT_EQ(0, refclock_filter_add(&filter, &point));
}

/* Of the time since the latest reading it has gone on by less than a thousandth. */
TEST(a_clock_that_does_not_go_on_stands_still)
{
	static const struct {
		int64_t elapsed_ns;
		int64_t offset_ns;
		bool still;
	} cases[] = {
		{ NS_PER_S, 0, false },
		{ NS_PER_S, -NS_PER_S, true },
		{ NS_PER_S, -NS_PER_S + 1000000, true },
		{ NS_PER_S, -NS_PER_S - 1000000, true },
		{ NS_PER_S, -NS_PER_S + 1000001, false },
		{ NS_PER_S, -NS_PER_S - 1000001, false },
		{ NS_PER_S, -3600 * NS_PER_S, false },
		{ 0, 0, false },
		{ -NS_PER_S, NS_PER_S, false },
	};
	static struct refclock_filter filter;
	struct refclock_point still;

	refclock_filter_init(&filter, 64);
	add(&filter, 0, 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct refclock_point point = filter.last;

		point.at_ns += cases[i].elapsed_ns;
		point.offset_ns += cases[i].offset_ns;
		EXPECT_EQ(cases[i].still, refclock_filter_is_still(&filter, &point))
			TH_LOG("case %zu", i);
	}
	/* Of a clock that has shown nothing yet nothing of the kind can be said. */
	still = (struct refclock_point){ AT_NS + NS_PER_S, OFFSET_NS - NS_PER_S };
	EXPECT_TRUE(refclock_filter_is_still(&filter, &still));
	refclock_filter_drop(&filter);
	EXPECT_FALSE(refclock_filter_is_still(&filter, &still));
}

TEST(nothing_wraps)
{
	struct unit_random random = { .state = 5 };
	static struct refclock_filter filter;

	refclock_filter_init(&filter, 32);
	for (int i = 0; i < 5000; i++) {
		struct refclock_point mean;
		double noise_ns;

		for (uint64_t j = unit_random_below(&random, 40); j > 0; j--) {
			struct refclock_point point = {
				.at_ns = unit_random_s64(&random),
				.offset_ns = unit_random_s64(&random),
			};

			refclock_filter_add(&filter, &point);
		}
		if (!refclock_filter_take(&filter, &mean, &noise_ns))
			ASSERT_TRUE(isfinite(noise_ns) && noise_ns >= 0);
		refclock_filter_drop(&filter);
	}
}

TEST_HARNESS_MAIN
