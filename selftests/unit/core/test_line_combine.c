// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lines made of others: two composed to one, and one through two readings. Their bounds have to
 * cover every case within the errors of the lines or readings that they are made of.
 */
#include "kmod/core/line.h"

#include <float.h>
#include <math.h>

#include "selftests/unit/lines.h"
#include "selftests/unit/unit.h"

/* A distance from some ns to some hours. */
static s64 random_distance(struct unit_random *random)
{
	return (s64)(unit_random(random) >> (20 + unit_random_below(random, 40)));
}

/* The rate of the composition is rounded to half a unit; besides, three values are to the ns. */
TEST(composes_two_lines)
{
	struct unit_random random = { 11 };
	int i;

	for (i = 0; i < RANDOM_ROUNDS; i++) {
		struct chime_line outer = likely_line(&random);
		struct chime_line inner = likely_line(&random);
		s64 origin = (s64)(unit_random(&random) >> 3);
		s64 at = (s64)(unit_random(&random) >> 3);
		struct chime_line both;

		outer.offset_ns >>= 2;
		inner.offset_ns >>= 2;
		chime_line_compose(&outer, &inner, origin, &both);
		ASSERT_EQ(origin, both.origin_ns);
		ASSERT_EQ(chime_line_eval(&outer, chime_line_eval(&inner, origin)),
			  chime_line_eval(&both, origin));
		ASSERT_LE(absolute((__int128)chime_line_eval(&both, at) -
				   chime_line_eval(&outer, chime_line_eval(&inner, at))),
			  2 + (absolute((__int128)at - origin) >> 33));
	}
}

/* Every case within the two bounds is within the bound of the composition. */
TEST(composes_a_bound_that_holds)
{
	struct unit_random random = { 12 };
	int i;

	for (i = 0; i < RANDOM_ROUNDS; i++) {
		struct chime_line outer = likely_line(&random);
		struct chime_line inner = likely_line(&random);
		s64 origin = (s64)(unit_random(&random) >> 3);
		s64 at = origin + (s64)(unit_random(&random) >> 8);
		s64 middle, wrong, bound;
		struct chime_line both;

		outer.offset_ns >>= 2;
		inner.offset_ns >>= 2;
		chime_line_compose(&outer, &inner, origin, &both);
		bound = chime_line_maxerror(&both, at);

		middle = chime_line_eval(&inner, at);
		wrong = unit_random_below(&random, 2) ? 1 : -1;
		wrong = chime_line_eval(&outer, middle + wrong * chime_line_maxerror(&inner, at)) +
			wrong * chime_line_maxerror(&outer, middle);
		ASSERT_LE(absolute((__int128)chime_line_eval(&both, at) - wrong), 3 + bound);
	}
}

TEST(composes_errors)
{
	struct chime_line outer = { .sigma_ns = 3, .sigma_rate_q32 = 10, .maxerror_ns = 40,
				    .maxerror_rate_q32 = 100 };
	struct chime_line inner = { .sigma_ns = 4, .sigma_rate_q32 = 20, .maxerror_ns = 2,
				    .maxerror_rate_q32 = 200 };
	struct chime_line both;

	chime_line_compose(&outer, &inner, 0, &both);
	EXPECT_EQ(5, both.sigma_ns);
	EXPECT_EQ(30, both.sigma_rate_q32);
	EXPECT_EQ(42, both.maxerror_ns);
	EXPECT_EQ(301, both.maxerror_rate_q32);

	inner.rate_q32 = CHIME_LINE_RATE_MAX_Q32;
	chime_line_compose(&outer, &inner, 0, &both);
	EXPECT_EQ(15 + 20, both.sigma_rate_q32);
	EXPECT_EQ(1 + 150 + 200, both.maxerror_rate_q32);

	inner.rate_q32 = 0;
	outer.rate_q32 = CHIME_LINE_RATE_MAX_Q32;
	chime_line_compose(&outer, &inner, 0, &both);
	EXPECT_EQ(7, both.sigma_ns);			/* sqrt(3^2 + 6^2) = 6.7 */
	EXPECT_EQ(43, both.maxerror_ns);

	outer.rate_q32 = -CHIME_LINE_RATE_MAX_Q32;
	chime_line_compose(&outer, &inner, 0, &both);
	EXPECT_EQ(5, both.sigma_ns);
	EXPECT_EQ(42, both.maxerror_ns);
	EXPECT_EQ(301, both.maxerror_rate_q32);

	/* However small a positive rate is, what it adds is rounded up. */
	outer.rate_q32 = 1;
	chime_line_compose(&outer, &inner, 0, &both);
	EXPECT_EQ(43, both.maxerror_ns);
	outer.rate_q32 = 0;

	inner.maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
	inner.sigma_ns = S64_MAX;
	outer.sigma_ns = S64_MAX;
	chime_line_compose(&outer, &inner, 0, &both);
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, both.maxerror_ns);
	EXPECT_EQ(S64_MAX, both.sigma_ns);
}

/* Rounded up, by no more than 1 and one part in 2^29. */
static bool is_quadrature_sum(s64 a, s64 b, s64 sum)
{
	const long double exact = sqrtl((long double)a * a + (long double)b * b);

	if (exact >= (long double)S64_MAX)
		return sum == S64_MAX;
	return sum >= exact * (1 - LDBL_EPSILON) && sum <= 1 + exact * (1 + 1.0L / (1 << 29));
}

TEST(adds_sigmas_in_quadrature)
{
	struct unit_random random = { 13 };
	int i;

	for (i = 0; i < RANDOM_ROUNDS; i++) {
		struct chime_line outer = { .sigma_ns = unit_random_s64(&random) & S64_MAX };
		struct chime_line inner = { .sigma_ns = unit_random_s64(&random) & S64_MAX };
		struct chime_line both;

		chime_line_compose(&outer, &inner, 0, &both);
		ASSERT_TRUE(is_quadrature_sum(outer.sigma_ns, inner.sigma_ns, both.sigma_ns));
	}
}

TEST(composes_in_place)
{
	struct unit_random random = { 14 };
	int i;

	for (i = 0; i < 1000; i++) {
		const struct chime_line outer = valid_line(&random);
		const struct chime_line inner = valid_line(&random);
		struct chime_line over_outer = outer;
		struct chime_line over_inner = inner;
		struct chime_line both;
		s64 at = unit_random_s64(&random);

		chime_line_compose(&outer, &inner, at, &both);
		chime_line_compose(&over_outer, &inner, at, &over_outer);
		chime_line_compose(&outer, &over_inner, at, &over_inner);
		ASSERT_EQ(0, memcmp(&both, &over_outer, sizeof(both)));
		ASSERT_EQ(0, memcmp(&both, &over_inner, sizeof(both)));
	}
}

TEST(composes_with_nothing)
{
	const struct chime_line nothing = { 0 };
	struct unit_random random = { 15 };
	int i;

	for (i = 0; i < RANDOM_ROUNDS; i++) {
		const struct chime_line line = likely_line(&random);
		struct chime_line expected = line;
		struct chime_line both;
		s64 at = (s64)(unit_random(&random) >> 3);

		chime_line_move(&expected, at);
		expected.maxerror_rate_q32 += 1;
		chime_line_compose(&line, &nothing, at, &both);
		ASSERT_EQ(expected.offset_ns, both.offset_ns);
		ASSERT_EQ(expected.rate_q32, both.rate_q32);
		ASSERT_EQ(expected.maxerror_ns, both.maxerror_ns);
		ASSERT_EQ(expected.maxerror_rate_q32, both.maxerror_rate_q32);
	}
}

TEST(fits_two_readings)
{
	struct chime_line line;

	ASSERT_EQ(0, chime_line_fit(10 * SECOND_NS, 110 * SECOND_NS,
				    20 * SECOND_NS, 120 * SECOND_NS + 500000, 5, &line));
	EXPECT_EQ(20 * SECOND_NS, line.origin_ns);
	EXPECT_EQ(100 * SECOND_NS + 500000, line.offset_ns);
	EXPECT_EQ(chime_ratio_q32(500000, 10 * SECOND_NS), line.rate_q32);
	EXPECT_EQ(5, line.sigma_ns);
	EXPECT_EQ(5, line.maxerror_ns);
	EXPECT_EQ(5, line.sigma_rate_q32);		/* 10 ns in 10 s: 1 ppb; and one unit */
	EXPECT_EQ(5, line.maxerror_rate_q32);
	EXPECT_EQ(120 * SECOND_NS + 500000, chime_line_eval(&line, 20 * SECOND_NS));
	EXPECT_LE(llabs(chime_line_eval(&line, 10 * SECOND_NS) - 110 * SECOND_NS), 2);
}

TEST(refuses_to_fit_nonsense)
{
	const struct chime_line before = { .origin_ns = 1, .offset_ns = 2, .rate_q32 = 3 };
	struct chime_line line = before;

	EXPECT_EQ(-ERANGE, chime_line_fit(5, 5, 5, 6, 0, &line));	/* no distance */
	EXPECT_EQ(-ERANGE, chime_line_fit(6, 5, 5, 6, 0, &line));	/* out of order */
	EXPECT_EQ(-ERANGE, chime_line_fit(0, 0, 10, 10, -1, &line));	/* negative uncertainty */
	EXPECT_EQ(-ERANGE, chime_line_fit(0, 0, 1000, 1501, 0, &line));	/* too fast */
	EXPECT_EQ(-ERANGE, chime_line_fit(0, 0, 1000, 499, 0, &line));	/* too slow */
	EXPECT_EQ(-ERANGE, chime_line_fit(S64_MIN, 0, S64_MAX, 0, 0, &line));
	EXPECT_EQ(-ERANGE, chime_line_fit(-10, S64_MAX, 0, S64_MAX, 0, &line));
	EXPECT_EQ(-ERANGE, chime_line_fit(0, 0, 10, S64_MIN, 0, &line));
	EXPECT_EQ(-ERANGE, chime_line_fit(0, S64_MIN, 1, S64_MAX, 0, &line));
	EXPECT_EQ(0, memcmp(&before, &line, sizeof(line)));

	EXPECT_EQ(0, chime_line_fit(0, 0, 1000, 1500, 0, &line));
	EXPECT_EQ(CHIME_LINE_RATE_MAX_Q32, line.rate_q32);
	EXPECT_EQ(0, chime_line_fit(0, 0, 1000, 500, 0, &line));
	EXPECT_EQ(-CHIME_LINE_RATE_MAX_Q32, line.rate_q32);
	EXPECT_EQ(0, chime_line_fit(0, 0, 1, 1, S64_MAX, &line));
	EXPECT_EQ(S64_MAX, line.maxerror_rate_q32);
}

/* Readings of a known line, each wrong by up to the uncertainty: the truth is within the bound. */
TEST(fits_a_bound_that_holds)
{
	struct unit_random random = { 16 };
	int fitted = 0;
	int i;

	for (i = 0; i < RANDOM_ROUNDS; i++) {
		struct chime_line truth = likely_line(&random);
		s64 from = truth.origin_ns;
		s64 to = from + 1 + random_distance(&random);
		s64 uncertainty = (s64)unit_random_below(&random, 1000000);
		s64 first = (s64)unit_random_below(&random, 2 * uncertainty + 1) - uncertainty;
		s64 second = (s64)unit_random_below(&random, 2 * uncertainty + 1) - uncertainty;
		s64 at = to + 1000 * random_distance(&random);
		struct chime_line line;

		truth.offset_ns >>= 1;
		truth.rate_q32 /= 2;
		/* one ns more: what the truth itself is rounded by */
		if (chime_line_fit(from, chime_line_eval(&truth, from) + first, to,
				   chime_line_eval(&truth, to) + second, uncertainty + 1, &line))
			continue;
		fitted++;
		ASSERT_TRUE(chime_line_valid(&line));
		ASSERT_LE(absolute((__int128)chime_line_eval(&truth, at) -
				   chime_line_eval(&line, at)),
			  1 + (__int128)chime_line_maxerror(&line, at));
	}
	EXPECT_GT(fitted, RANDOM_ROUNDS / 2);
}

TEST_HARNESS_MAIN
