// SPDX-License-Identifier: GPL-2.0-only
/*
 * Times that people type: what several of them show of a clock's rate, that a few within minutes
 * do not spoil it, that a wrong one does not either, and that the bound holds.
 */
#include "user/discipline/manual.h"

#include <errno.h>
#include <math.h>

#include "selftests/unit/unit.h"

#define S	1000000000LL
#define DAY	(86400 * S)
#define PPM	1e-6

static const struct manual_rate unknown = {
	.rate = 5 * PPM, .sigma = 50 * PPM, .bound = MANUAL_RATE_BOUND,
};

/* An entry at @at_ns where UTC runs at @rate, typed @late_ns too late. */
static struct manual_entry typed(int64_t at_ns, double rate, int64_t late_ns)
{
	return (struct manual_entry){
		.at_ns = at_ns,
		.offset_ns = llround((double)at_ns * rate) - late_ns,
		.bound_ns = 2 * S,
	};
}

TEST(one_entry_shows_no_rate)
{
	struct manual manual = { .count = 0 };
	struct manual_entry entry = typed(7 * S, 0, 0);
	struct manual_estimate estimate;
	struct chime_line line;

	EXPECT_EQ(0, manual_add(&manual, &entry));
	manual_estimate(&manual, &unknown, &estimate);
	EXPECT_FALSE(estimate.learned);
	EXPECT_FALSE(estimate.contradictory);
	EXPECT_EQ(5 * PPM, estimate.rate.rate);
	manual_line(&manual, &estimate, PPM, &line);
	EXPECT_TRUE(chime_line_valid(&line));
	EXPECT_EQ(7 * S, line.origin_ns);
	EXPECT_EQ(2 * S, line.maxerror_ns);
	/* It may be wrong by 501 ppm from now on. */
	EXPECT_LE(llabs(chime_line_maxerror(&line, 1007 * S) - (2 * S + 501000000)), 1000);
	EXPECT_LE(llabs(chime_line_offset(&line, 1007 * S) - 5000000), 1000);
}

TEST(entries_have_to_be_apart)
{
	struct manual manual = { .count = 0 };
	struct manual_entry entry = typed(7 * S, 0, 0);

	EXPECT_EQ(0, manual_add(&manual, &entry));
	entry.at_ns += S - 1;
	EXPECT_EQ(-EAGAIN, manual_add(&manual, &entry));
	EXPECT_EQ(1, manual.count);
	entry.at_ns++;
	EXPECT_EQ(0, manual_add(&manual, &entry));
}

/* Two that are a minute apart may differ by 4 s: 66000 ppm, which no clock has. */
TEST(entries_of_minutes_leave_the_rate_alone)
{
	struct manual manual = { .count = 0 };
	struct manual_estimate estimate;
	struct manual_entry entry;

	entry = typed(0, 0, 2 * S);
	manual_add(&manual, &entry);
	entry = typed(60 * S, 0, -2 * S);
	manual_add(&manual, &entry);
	manual_estimate(&manual, &unknown, &estimate);
	EXPECT_FALSE(estimate.contradictory);
	EXPECT_FALSE(estimate.learned);
	EXPECT_LT(fabs(estimate.rate.rate - 5 * PPM), 10 * PPM);
	EXPECT_GE(estimate.rate.bound, 499 * PPM);
}

TEST(entries_of_days_show_it)
{
	static const int64_t late[] = { 300, -700, 500, 900, -200, 100, -900, 600 };
	struct manual manual = { .count = 0 };
	struct manual_estimate estimate;

	for (size_t i = 0; i < ARRAY_SIZE(late); i++) {
		struct manual_entry entry = typed((int64_t)i * DAY, -42 * PPM, late[i] * 1000000);

		EXPECT_EQ(0, manual_add(&manual, &entry));
		manual_estimate(&manual, &unknown, &estimate);
		EXPECT_FALSE(estimate.contradictory);
		EXPECT_LE(fabs(estimate.rate.rate + 42 * PPM), estimate.rate.bound);
	}
	EXPECT_TRUE(estimate.learned);
	/* 4 s in a week are 7 ppm at most, and regression is far better than that. */
	EXPECT_LT(estimate.rate.bound, 8 * PPM);
	EXPECT_LT(fabs(estimate.rate.rate + 42 * PPM), 2 * PPM);
}

/* Two entries that are far apart are enough, and ten days show more than one. */
TEST(two_entries_show_it)
{
	struct manual manual = { .count = 0 };
	struct manual_estimate estimate;
	struct manual_entry entry;

	entry = typed(0, -42 * PPM, 0);
	manual_add(&manual, &entry);
	entry = typed(10 * DAY, -42 * PPM, 0);
	manual_add(&manual, &entry);
	manual_estimate(&manual, &unknown, &estimate);
	EXPECT_TRUE(estimate.learned);
	EXPECT_LT(estimate.rate.bound, 5 * PPM);
	EXPECT_LT(fabs(estimate.rate.rate + 42 * PPM), PPM);
}

/* Who is ten times less sure counts a hundredth. */
TEST(entries_count_by_their_bounds)
{
	struct manual manual = { .count = 0 };
	struct manual_estimate estimate;
	struct manual_entry entry;

	for (int i = 0; i < 3; i++) {
		entry = typed(i * DAY, 30 * PPM, i == 2 ? 15 * S : 0);
		if (i == 2)
			entry.bound_ns = 20 * S;
		manual_add(&manual, &entry);
	}
	manual_estimate(&manual, &unknown, &estimate);
	EXPECT_FALSE(estimate.contradictory);
	EXPECT_LT(fabs(estimate.rate.rate - 30 * PPM), 8 * PPM);
}

/* Any two may contradict each other: here those that are next to each other. */
TEST(neighbours_that_contradict_each_other)
{
	for (int wrong = 1; wrong <= 2; wrong++) {
		struct manual manual = { .count = 0 };
		struct manual_estimate estimate;
		struct manual_entry entry;

		for (int i = 0; i <= wrong; i++) {
			entry = typed(i * DAY, 0, 0);
			/* So far from the first that its bound says nothing. */
			if (wrong == 2 && i == 0)
				entry.bound_ns = 3600 * S;
			if (i == wrong)
				entry.offset_ns += 100 * S;
			manual_add(&manual, &entry);
		}
		manual_estimate(&manual, &unknown, &estimate);
		EXPECT_TRUE(estimate.contradictory);
	}
}

TEST(the_oldest_entry_makes_room)
{
	struct manual manual = { .count = 0 };

	for (int i = 0; i <= MANUAL_ENTRIES_MAX; i++) {
		struct manual_entry entry = typed(i * DAY, 0, 0);

		manual_add(&manual, &entry);
	}
	EXPECT_EQ(MANUAL_ENTRIES_MAX, manual.count);
	EXPECT_EQ(DAY, manual.entries[0].at_ns);
	EXPECT_EQ(2 * DAY, manual.entries[1].at_ns);
}

/* Whatever is typed within its bound, the truth is within the estimate's. */
TEST(bounds_hold)
{
	struct unit_random random = { 1 };

	for (int run = 0; run < 2000; run++) {
		double rate = ((double)unit_random_below(&random, 800) - 400) * PPM;
		struct manual manual = { .count = 0 };
		struct manual_estimate estimate;
		struct chime_line line;
		int64_t at_ns = 0;

		for (int i = 0; i < 20; i++) {
			int64_t late_ns = (int64_t)unit_random_below(&random, 4 * S) - 2 * S;
			struct manual_entry entry = typed(at_ns, rate, late_ns);

			ASSERT_EQ(0, manual_add(&manual, &entry));
			at_ns += S + (int64_t)unit_random_below(&random, DAY);
		}
		ASSERT_EQ(MANUAL_ENTRIES_MAX, manual.count);
		manual_estimate(&manual, &unknown, &estimate);
		ASSERT_FALSE(estimate.contradictory);
		ASSERT_LE(fabs(estimate.rate.rate - rate), estimate.rate.bound + 1e-12);
		manual_line(&manual, &estimate, PPM, &line);
		ASSERT_LE(llabs(chime_line_offset(&line, at_ns + DAY) -
				llround((double)(at_ns + DAY) * rate)),
			  chime_line_maxerror(&line, at_ns + DAY));
	}
}

/* One of five is wrong by a minute: the rate is left alone until it is deleted. */
TEST(wrong_entry_is_found_and_deleted)
{
	struct manual manual = { .count = 0 };
	struct manual_estimate estimate;
	struct chime_line line;
	size_t worst = 0;

	for (int i = 0; i < 5; i++) {
		struct manual_entry entry = typed(i * DAY / 4, 20 * PPM, i == 2 ? 60 * S : 0);

		manual_add(&manual, &entry);
	}
	manual_estimate(&manual, &unknown, &estimate);
	EXPECT_TRUE(estimate.contradictory);
	EXPECT_FALSE(estimate.learned);
	EXPECT_EQ(unknown.rate, estimate.rate.rate);
	manual_line(&manual, &estimate, PPM, &line);
	for (size_t i = 1; i < manual.count; i++) {
		if (llabs(manual_residual(&manual, i, &line)) >
		    llabs(manual_residual(&manual, worst, &line)))
			worst = i;
	}
	EXPECT_EQ(2, worst);
	EXPECT_LT(llabs(manual_residual(&manual, worst, &line) + 60 * S), S);
	EXPECT_EQ(-ENOENT, manual_delete(&manual, 5));
	EXPECT_EQ(0, manual_delete(&manual, worst));
	EXPECT_EQ(4, manual.count);
	manual_estimate(&manual, &unknown, &estimate);
	EXPECT_FALSE(estimate.contradictory);
	EXPECT_LT(fabs(estimate.rate.rate - 20 * PPM), PPM);
}

/* A rate that sources have learned is worth more than some days of typing. */
TEST(what_was_known_counts)
{
	const struct manual_rate known = { .rate = 20 * PPM, .sigma = 0.1 * PPM, .bound = 2 * PPM };
	struct manual manual = { .count = 0 };
	struct manual_estimate estimate;
	struct manual_entry entry;

	entry = typed(0, 20 * PPM, 900000000);
	manual_add(&manual, &entry);
	entry = typed(2 * DAY, 20 * PPM, -900000000);
	manual_add(&manual, &entry);
	manual_estimate(&manual, &known, &estimate);
	EXPECT_LT(fabs(estimate.rate.rate - 20 * PPM), 0.2 * PPM);
	EXPECT_LE(estimate.rate.sigma, known.sigma);
	EXPECT_FALSE(estimate.learned);
}

TEST(change_of_the_reference)
{
	const struct reference_change change = {
		.at_ns = 0, .shift_ns = 100 * S, .rate = 10 * PPM, .leap_ns = -S,
	};
	struct manual manual = { .count = 0 };
	struct manual_entry entry = typed(DAY, 0, 0);

	EXPECT_FALSE(manual_change_reference(&manual, &REFERENCE_JUMPED));
	manual_add(&manual, &entry);
	entry = typed(2 * DAY, 0, 0);
	manual_add(&manual, &entry);
	EXPECT_FALSE(manual_change_reference(&manual, &change));
	EXPECT_EQ(DAY + 100 * S + 864000000, manual.entries[0].at_ns);
	EXPECT_EQ(-101 * S - 864000000, manual.entries[0].offset_ns);
	EXPECT_EQ(-101 * S - 2 * 864000000, manual.entries[1].offset_ns);
	EXPECT_TRUE(manual_change_reference(&manual, &REFERENCE_JUMPED));
	EXPECT_EQ(0, manual.count);
}

TEST_HARNESS_MAIN
