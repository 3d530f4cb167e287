// SPDX-License-Identifier: GPL-2.0-only
/*
 * The shared arithmetic of one line, against a reference that reaches the same exact results in
 * another way: products in two halves that cannot overflow, properties that hold in exact integers.
 * Every combination of the numbers where such arithmetic breaks, then random ones with fixed seeds.
 */
#include "kmod/core/line.h"

#include "selftests/unit/lines.h"
#include "selftests/unit/unit.h"

/* Where arithmetic breaks. */
static const s64 edges[] = {
	S64_MIN, S64_MIN + 1, S64_MIN / 2 - 1, S64_MIN / 2, -SECOND_NS * 1000000000, -2 * Q32 - 1,
	-Q32 - 1, -Q32, -Q32 + 1, -Q32 / 2 - 1, -Q32 / 2, -Q32 / 2 + 1, -SECOND_NS, -3, -2, -1, 0,
	1, 2, 3, SECOND_NS, Q32 / 2 - 1, Q32 / 2, Q32 / 2 + 1, Q32 - 1, Q32, Q32 + 1, 2 * Q32 + 1,
	SECOND_NS * 1000000000, S64_MAX / 2, S64_MAX / 2 + 1, S64_MAX - 1, S64_MAX,
};

#define EDGES		((int)ARRAY_SIZE(edges))

/*
 * floor((distance * rate + bias) / 2^32), exact: the product of the 33 high bits of the distance is
 * a whole number, that of the 32 low ones the remainder. Clang's own check of a 128-bit product
 * needs a function that libgcc lacks; no product here exceeds 2^98.
 */
__attribute__((no_sanitize("undefined")))
static __int128 reference_scale(__int128 distance, s64 rate, s64 bias)
{
	__int128 high = distance >> 32;
	__int128 low = distance & (Q32 - 1);

	return high * rate + ((low * rate + bias) >> 32);
}

static __int128 reference_value(const struct chime_line *line, s64 at)
{
	return (__int128)at + line->offset_ns +
	       reference_scale((__int128)at - line->origin_ns, line->rate_q32, Q32 / 2);
}

static s64 reference_grown(s64 error, s64 growth, __int128 distance)
{
	return clamp(error + reference_scale(absolute(distance), growth, Q32 - 1));
}

TEST(adds_and_subtracts_saturated)
{
	int i, j;

	for (i = 0; i < EDGES; i++) {
		for (j = 0; j < EDGES; j++) {
			ASSERT_EQ(clamp((__int128)edges[i] + edges[j]),
				  chime_add_sat(edges[i], edges[j]));
			ASSERT_EQ(clamp((__int128)edges[i] - edges[j]),
				  chime_sub_sat(edges[i], edges[j]));
		}
	}
	EXPECT_EQ(S64_MAX, chime_add_sat(S64_MAX, 1));
	EXPECT_EQ(S64_MIN, chime_add_sat(S64_MIN, -1));
	EXPECT_EQ(S64_MAX, chime_sub_sat(0, S64_MIN));
	EXPECT_EQ(S64_MIN, chime_sub_sat(-2, S64_MAX));
	for (i = 0; i < EDGES; i++)
		EXPECT_EQ(clamp(absolute(edges[i])), chime_abs_sat(edges[i]));
}

TEST(scales_by_known_rates)
{
	EXPECT_EQ(50000, chime_scale_q32(SECOND_NS, 214748));	/* 50 ppm, to the ns */
	EXPECT_EQ(-50000, chime_scale_q32(SECOND_NS, -214748));
	EXPECT_EQ(SECOND_NS, chime_scale_q32(SECOND_NS, Q32));
	EXPECT_EQ(0, chime_scale_q32(Q32 / 2 - 1, 1));
	EXPECT_EQ(1, chime_scale_q32(Q32 / 2, 1));
	EXPECT_EQ(-1, chime_scale_q32(Q32 / 2 + 1, -1));
	EXPECT_EQ(S64_MAX, chime_scale_q32(S64_MAX, 2 * Q32));
	EXPECT_EQ(S64_MIN, chime_scale_q32(S64_MAX, -2 * Q32));
	EXPECT_EQ(S64_MAX, chime_scale_q32(S64_MIN, S64_MIN));
}

TEST(takes_out_what_a_rate_adds)
{
	static const s64 rates[] = { 0, 214748, -214748, 429496730, -429496730 };
	static const s64 durations[] = { 0, 1, -1, SECOND_NS, 86400 * SECOND_NS,
					 -400 * 86400 * SECOND_NS };
	unsigned int i, j;

	for (i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		for (j = 0; j < sizeof(durations) / sizeof(durations[0]); j++) {
			s64 x_ns = chime_unscale_q32(durations[j], rates[i]);
			s64 back_ns = x_ns + chime_scale_q32(x_ns, rates[i]);

			EXPECT_LE(llabs(back_ns - durations[j]), 1);
		}
	}
	EXPECT_EQ(S64_MAX, chime_unscale_q32(S64_MAX, -429496730));
	EXPECT_EQ(S64_MIN, chime_unscale_q32(S64_MIN, -429496730));
}

TEST(scales_as_the_reference)
{
	struct unit_random random = { 1 };
	int i, j;

	for (i = 0; i < EDGES; i++) {
		for (j = 0; j < EDGES; j++)
			ASSERT_EQ(clamp(reference_scale(edges[i], edges[j], Q32 / 2)),
				  chime_scale_q32(edges[i], edges[j]));
	}
	for (i = 0; i < RANDOM_ROUNDS; i++) {
		s64 duration = unit_random_s64(&random);
		s64 rate = unit_random_s64(&random);

		ASSERT_EQ(clamp(reference_scale(duration, rate, Q32 / 2)),
			  chime_scale_q32(duration, rate));
	}
}

/* "Rounded to nearest, saturated", without dividing: |ratio * d - n * 2^32| <= |d| / 2. */
__attribute__((no_sanitize("undefined")))
static bool ratio_is_nearest(s64 numerator, s64 denominator, s64 ratio)
{
	__int128 size = absolute(denominator);
	__int128 wanted = (__int128)numerator * Q32 * (denominator < 0 ? -1 : 1);
	__int128 left = ratio * size - wanted;

	if (ratio == S64_MAX)
		return 2 * left <= size;
	if (ratio == S64_MIN)
		return 2 * left >= -size;
	return 2 * absolute(left) <= size;
}

TEST(divides_to_the_nearest_rate)
{
	struct unit_random random = { 2 };
	int i, j;

	for (i = 0; i < EDGES; i++) {
		for (j = 0; j < EDGES; j++) {
			if (edges[j])
				ASSERT_TRUE(ratio_is_nearest(edges[i], edges[j],
							     chime_ratio_q32(edges[i], edges[j])));
		}
		ASSERT_EQ(0, chime_ratio_q32(edges[i], 0));
	}
	for (i = 0; i < RANDOM_ROUNDS; i++) {
		s64 numerator = unit_random_s64(&random);
		s64 denominator = unit_random_s64(&random);

		if (denominator)
			ASSERT_TRUE(ratio_is_nearest(numerator, denominator,
						     chime_ratio_q32(numerator, denominator)));
	}
}

TEST(divides_known_ratios)
{
	EXPECT_EQ(Q32, chime_ratio_q32(S64_MIN, S64_MIN));
	EXPECT_EQ(-Q32, chime_ratio_q32(-5, 5));
	EXPECT_EQ(214748, chime_ratio_q32(50000, SECOND_NS));
	EXPECT_EQ(-214748, chime_ratio_q32(50000, -SECOND_NS));
	/* Halves are rounded away from 0. */
	EXPECT_EQ(1, chime_ratio_q32(1, 2 * Q32));
	EXPECT_EQ(-1, chime_ratio_q32(-1, 2 * Q32));
	EXPECT_EQ(0, chime_ratio_q32(1, 2 * Q32 + 1));
	EXPECT_EQ(S64_MAX, chime_ratio_q32(S64_MAX, 1));
	EXPECT_EQ(S64_MIN, chime_ratio_q32(S64_MAX, -1));
	EXPECT_EQ(S64_MIN, chime_ratio_q32(-CHIME_LINE_RATE_MAX_Q32, 1));
	EXPECT_EQ(S64_MAX - Q32 + 1, chime_ratio_q32(CHIME_LINE_RATE_MAX_Q32 - 1, 1));
}

TEST(knows_valid_lines)
{
	const struct chime_line good = { .rate_q32 = CHIME_LINE_RATE_MAX_Q32 };
	struct chime_line line = good;

	EXPECT_TRUE(chime_line_valid(&line));
	line.rate_q32 = -CHIME_LINE_RATE_MAX_Q32;
	EXPECT_TRUE(chime_line_valid(&line));
	line.rate_q32 = CHIME_LINE_RATE_MAX_Q32 + 1;
	EXPECT_FALSE(chime_line_valid(&line));
	line.rate_q32 = -CHIME_LINE_RATE_MAX_Q32 - 1;
	EXPECT_FALSE(chime_line_valid(&line));

	line = good;
	line.sigma_ns = -1;
	EXPECT_FALSE(chime_line_valid(&line));
	line = good;
	line.sigma_rate_q32 = -1;
	EXPECT_FALSE(chime_line_valid(&line));
	line = good;
	line.maxerror_ns = -1;
	EXPECT_FALSE(chime_line_valid(&line));
	line = good;
	line.maxerror_rate_q32 = -1;
	EXPECT_FALSE(chime_line_valid(&line));
}

TEST(evaluates_known_lines)
{
	const struct chime_line line = {
		.origin_ns = 100 * SECOND_NS,
		.offset_ns = 1700000000 * SECOND_NS,
		.rate_q32 = Q32 / 1024,
	};
	const struct chime_line high = { .offset_ns = S64_MAX };
	const struct chime_line low = { .offset_ns = S64_MIN, .rate_q32 = CHIME_LINE_RATE_MAX_Q32 };

	EXPECT_EQ(1700000000 * SECOND_NS, chime_line_offset(&line, 100 * SECOND_NS));
	EXPECT_EQ(1700000110009765625, chime_line_eval(&line, 110 * SECOND_NS));
	EXPECT_EQ(1700000089990234375, chime_line_eval(&line, 90 * SECOND_NS));
	EXPECT_EQ(S64_MAX, chime_line_eval(&high, 1));
	EXPECT_EQ(0, chime_line_eval(&high, -S64_MAX));
	EXPECT_EQ(S64_MIN, chime_line_eval(&low, -1));
	EXPECT_EQ(S64_MIN + 3, chime_line_eval(&low, 2));
}

static bool evaluates_as_reference(const struct chime_line *line, s64 at)
{
	__int128 value = reference_value(line, at);

	return clamp(value) == chime_line_eval(line, at) &&
	       clamp(value - at) == chime_line_offset(line, at);
}

TEST(evaluates_exactly_at_the_edges)
{
	int i, j, k, l;

	for (i = 0; i < EDGES; i++) {
		for (j = 0; j < EDGES; j++) {
			for (k = 0; k < EDGES; k++) {
				struct chime_line line = {
					.origin_ns = edges[i],
					.offset_ns = edges[j],
					.rate_q32 = edges[k],
				};

				for (l = 0; l < EDGES; l++)
					ASSERT_TRUE(evaluates_as_reference(&line, edges[l]));
			}
		}
	}
}

TEST(evaluates_exactly)
{
	struct unit_random random = { 3 };
	int i;

	for (i = 0; i < RANDOM_ROUNDS; i++) {
		struct chime_line line = valid_line(&random);

		ASSERT_TRUE(evaluates_as_reference(&line, unit_random_s64(&random)));
		line.rate_q32 = unit_random_s64(&random);
		ASSERT_TRUE(evaluates_as_reference(&line, unit_random_s64(&random)));
	}
}

TEST(never_runs_backwards)
{
	struct unit_random random = { 4 };
	int i;

	for (i = 0; i < RANDOM_ROUNDS; i++) {
		struct chime_line line = valid_line(&random);
		s64 at = unit_random_s64(&random);
		s64 later = chime_add_sat(at, (s64)(unit_random(&random) >>
						    unit_random_below(&random, 63) >> 1));

		ASSERT_LE(chime_line_eval(&line, at), chime_line_eval(&line, later));
		ASSERT_LE(chime_line_eval(&line, at), chime_line_eval(&line, chime_add_sat(at, 1)));
	}
}

TEST(ages_errors_as_the_reference)
{
	struct unit_random random = { 8 };
	int i, j, k;

	for (i = 0; i < EDGES; i++) {
		for (j = 0; j < EDGES; j++) {
			for (k = 0; k < EDGES; k++) {
				struct chime_line line = {
					.origin_ns = edges[i],
					.sigma_ns = edges[j] & S64_MAX,
					.sigma_rate_q32 = edges[k] & S64_MAX,
					.maxerror_ns = edges[k] & S64_MAX,
					.maxerror_rate_q32 = edges[j] & S64_MAX,
				};
				s64 at = edges[(j + k) % EDGES];
				__int128 age = (__int128)at - edges[i];

				ASSERT_EQ(reference_grown(line.sigma_ns, line.sigma_rate_q32, age),
					  chime_line_sigma(&line, at));
				ASSERT_EQ(reference_grown(line.maxerror_ns, line.maxerror_rate_q32,
							  age),
					  chime_line_maxerror(&line, at));
			}
		}
	}
	for (i = 0; i < RANDOM_ROUNDS; i++) {
		struct chime_line line = valid_line(&random);
		s64 at = unit_random_s64(&random);
		__int128 age = (__int128)at - line.origin_ns;

		ASSERT_EQ(reference_grown(line.sigma_ns, line.sigma_rate_q32, age),
			  chime_line_sigma(&line, at));
		ASSERT_EQ(reference_grown(line.maxerror_ns, line.maxerror_rate_q32, age),
			  chime_line_maxerror(&line, at));
	}
}

TEST(ages_errors_in_both_directions)
{
	const struct chime_line line = {
		.origin_ns = 1000 * SECOND_NS,
		.sigma_ns = 7,
		.sigma_rate_q32 = 4295,			/* 1 ppm */
		.maxerror_ns = 50,
		.maxerror_rate_q32 = 42950,		/* 10 ppm */
	};
	struct chime_line unbounded = line;

	EXPECT_EQ(7, chime_line_sigma(&line, 1000 * SECOND_NS));
	EXPECT_EQ(50, chime_line_maxerror(&line, 1000 * SECOND_NS));
	EXPECT_EQ(51, chime_line_maxerror(&line, 1000 * SECOND_NS + 1));	/* rounded up */
	EXPECT_EQ(7 + 1001, chime_line_sigma(&line, 1001 * SECOND_NS));
	EXPECT_EQ(7 + 1001, chime_line_sigma(&line, 999 * SECOND_NS));
	EXPECT_EQ(50 + 10001, chime_line_maxerror(&line, 999 * SECOND_NS));

	unbounded.maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, chime_line_maxerror(&unbounded, 1000 * SECOND_NS));
	EXPECT_EQ(CHIME_LINE_UNBOUNDED_NS, chime_line_maxerror(&unbounded, 0));
}

TEST(moves_without_changing_the_line)
{
	struct unit_random random = { 9 };
	int i;

	for (i = 0; i < RANDOM_ROUNDS; i++) {
		const struct chime_line line = likely_line(&random);
		struct chime_line moved = line;
		s64 origin = (s64)(unit_random(&random) >> 2);
		s64 at = (s64)(unit_random(&random) >> 2);

		chime_line_move(&moved, origin);
		ASSERT_EQ(origin, moved.origin_ns);
		ASSERT_EQ(line.rate_q32, moved.rate_q32);
		ASSERT_EQ(line.sigma_rate_q32, moved.sigma_rate_q32);
		ASSERT_EQ(line.maxerror_rate_q32, moved.maxerror_rate_q32);
		ASSERT_EQ(chime_line_sigma(&line, origin), moved.sigma_ns);
		ASSERT_EQ(chime_line_maxerror(&line, origin), moved.maxerror_ns);
		ASSERT_LE(absolute((__int128)chime_line_eval(&line, at) -
				   chime_line_eval(&moved, at)), 1);
		ASSERT_GE(chime_line_maxerror(&moved, at), chime_line_maxerror(&line, at));
	}
}

TEST(moves_nowhere_unchanged)
{
	struct unit_random random = { 10 };
	int i;

	for (i = 0; i < RANDOM_ROUNDS; i++) {
		const struct chime_line line = valid_line(&random);
		struct chime_line moved = line;

		chime_line_move(&moved, line.origin_ns);
		ASSERT_EQ(0, memcmp(&line, &moved, sizeof(line)));
	}
}

TEST(converts_one_value_to_another)
{
	struct unit_random random = { 11 };
	unsigned int i;

	for (i = 0; i < RANDOM_ROUNDS; i++) {
		struct chime_line line = likely_line(&random), other = likely_line(&random);
		struct chime_line converted;
		s64 at_ns = line.origin_ns + (s64)unit_random_below(&random, SECOND_NS);
		s64 later_ns = at_ns + (s64)unit_random_below(&random, 1000) * SECOND_NS;

		line.rate_q32 >>= 8;
		other.rate_q32 >>= 8;
		other.origin_ns = line.origin_ns;
		chime_line_convert(&line, &other, at_ns, &converted);
		ASSERT_EQ(chime_line_eval(&line, at_ns),
			  chime_line_eval(&converted, chime_line_eval(&other, at_ns)));
		/* Half a unit of the rate, over 1000 s. */
		ASSERT_LE(llabs(chime_line_eval(&line, later_ns) -
				chime_line_eval(&converted, chime_line_eval(&other, later_ns))),
			  130);
		ASSERT_EQ(chime_line_maxerror(&line, at_ns), converted.maxerror_ns);
		ASSERT_EQ(chime_line_sigma(&line, at_ns), converted.sigma_ns);
	}
}

TEST(argument_that_was_set_ahead_gives_the_same_values)
{
	struct chime_line line = { .origin_ns = 100, .offset_ns = 1000, .rate_q32 = Q32 / 2 };

	chime_line_set_ahead(&line, 70);
	EXPECT_EQ(170, line.origin_ns);
	EXPECT_EQ(1100, chime_line_eval(&line, 170));
	EXPECT_EQ(1100 + 15, chime_line_eval(&line, 180));
}

TEST(lost_rate_is_that_of_the_line_and_of_the_other_clock)
{
	struct chime_line line = { .rate_q32 = -5, .sigma_rate_q32 = 20, .maxerror_rate_q32 = 3 };

	EXPECT_EQ(12, chime_line_lost_rate(&line, 7));
	chime_line_lose_rate(&line, 7);
	EXPECT_EQ(20, line.sigma_rate_q32);
	EXPECT_EQ(12, line.maxerror_rate_q32);
}

/* Beyond the last instant there is no other one to tell a rate by. */
TEST(converts_at_the_end_of_time)
{
	const struct chime_line line = { .rate_q32 = Q32 / 1000, .maxerror_ns = 5 };
	const struct chime_line other = { 0 };
	struct chime_line converted;

	chime_line_convert(&line, &other, S64_MAX, &converted);
	EXPECT_EQ(0, converted.rate_q32);
	EXPECT_EQ(0, converted.rate_horizon_ns);
	EXPECT_EQ(0, converted.horizon_ns);
	EXPECT_EQ(5, converted.maxerror_ns);
}

TEST_HARNESS_MAIN
