// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lines with a horizon: one rate up to it, another one beyond. Moving, composing and converting a
 * line keep both.
 */
#include "kmod/core/line.h"

#include "selftests/unit/lines.h"
#include "selftests/unit/unit.h"

#define DAY_NS	(86400 * SECOND_NS)
#define PPM	CHIME_PPM_Q32

/* 100 ppm for a minute, then none. */
static struct chime_line short_lived(void)
{
	return (struct chime_line){
		.origin_ns = DAY_NS,
		.offset_ns = 5000,
		.rate_q32 = 100 * PPM,
		.sigma_ns = 10,
		.sigma_rate_q32 = PPM,
		.maxerror_ns = 1000,
		.maxerror_rate_q32 = 10 * PPM,
		.rate_horizon_ns = 60 * SECOND_NS,
		.horizon_ns = 60 * SECOND_NS,
		.beyond_sigma_rate_q32 = 20 * PPM,
		.beyond_maxerror_rate_q32 = 200 * PPM,
	};
}

static s64 ppm_of(s64 rate_ppm, s64 duration_ns)
{
	return chime_scale_q32(duration_ns, rate_ppm * PPM);
}

TEST(keeps_the_offset_of_its_horizon)
{
	const struct chime_line line = short_lived();
	const s64 kept = 5000 + ppm_of(100, 60 * SECOND_NS);

	EXPECT_TRUE(chime_line_valid(&line));
	EXPECT_EQ(5000 + ppm_of(100, 10 * SECOND_NS),
		  chime_line_offset(&line, DAY_NS + 10 * SECOND_NS));
	EXPECT_EQ(kept, chime_line_offset(&line, DAY_NS + 60 * SECOND_NS));
	EXPECT_EQ(kept, chime_line_offset(&line, DAY_NS + 61 * SECOND_NS));
	EXPECT_EQ(kept, chime_line_offset(&line, 400 * DAY_NS));
	EXPECT_EQ(kept, chime_line_offset(&line, S64_MAX));
	/* The same in the other direction, if the host's clock goes back. */
	EXPECT_EQ(5000 - ppm_of(100, 60 * SECOND_NS), chime_line_offset(&line, -30 * DAY_NS));
	EXPECT_EQ(5000 - ppm_of(100, 60 * SECOND_NS), chime_line_offset(&line, S64_MIN));

	EXPECT_EQ(100 * PPM, chime_line_rate(&line, DAY_NS + 60 * SECOND_NS));
	EXPECT_EQ(0, chime_line_rate(&line, DAY_NS + 60 * SECOND_NS + 1));
	EXPECT_EQ(0, chime_line_rate(&line, DAY_NS - 60 * SECOND_NS - 1));
}

TEST(lets_its_errors_grow_beyond_its_horizon)
{
	const struct chime_line line = short_lived();
	const s64 near = 60 * SECOND_NS;

	EXPECT_LE(llabs(1000 + ppm_of(10, near) - chime_line_maxerror(&line, DAY_NS + near)), 1);
	EXPECT_LE(llabs(1000 + ppm_of(10, near) + ppm_of(200, 29 * DAY_NS - near) -
			chime_line_maxerror(&line, 30 * DAY_NS)), 2);
	EXPECT_LE(llabs(10 + ppm_of(1, near) + ppm_of(20, 31 * DAY_NS - near) -
			chime_line_sigma(&line, -30 * DAY_NS)), 2);
	EXPECT_GT(chime_line_maxerror(&line, S64_MAX), 0);
	EXPECT_GT(chime_line_maxerror(&line, S64_MIN), 0);
}

TEST(is_valid_only_if_no_error_shrinks)
{
	struct chime_line line = short_lived();

	line.horizon_ns = -1;
	EXPECT_FALSE(chime_line_valid(&line));
	line = short_lived();
	line.rate_horizon_ns = -1;
	EXPECT_FALSE(chime_line_valid(&line));
	line = short_lived();
	line.beyond_rate_q32 = -CHIME_LINE_RATE_MAX_Q32;
	EXPECT_TRUE(chime_line_valid(&line));
	line.beyond_rate_q32--;
	EXPECT_FALSE(chime_line_valid(&line));
	line = short_lived();
	line.beyond_sigma_rate_q32 = line.sigma_rate_q32 - 1;
	EXPECT_FALSE(chime_line_valid(&line));
	line = short_lived();
	line.beyond_maxerror_rate_q32 = line.maxerror_rate_q32 - 1;
	EXPECT_FALSE(chime_line_valid(&line));
	line = short_lived();
	line.beyond_sigma_rate_q32 = line.sigma_rate_q32;
	line.beyond_maxerror_rate_q32 = line.maxerror_rate_q32;
	EXPECT_TRUE(chime_line_valid(&line));
	/* Without a horizon the rates beyond do not matter. */
	line.horizon_ns = 0;
	line.rate_horizon_ns = 0;
	line.beyond_rate_q32 = S64_MAX;
	EXPECT_TRUE(chime_line_valid(&line));
}

TEST(never_runs_backwards_across_its_horizon)
{
	struct unit_random random = { 21 };
	int i;

	for (i = 0; i < RANDOM_ROUNDS; i++) {
		struct chime_line line = valid_line(&random);
		s64 side = unit_random_below(&random, 2) ? 1 : -1;
		s64 at;

		add_horizon(&random, &line);
		ASSERT_TRUE(chime_line_valid(&line));
		at = chime_add_sat(line.origin_ns, side * line.rate_horizon_ns);
		at = chime_add_sat(at, (s64)unit_random_below(&random, 9) - 4);
		ASSERT_LE(chime_line_eval(&line, chime_sub_sat(at, 1)), chime_line_eval(&line, at));
		ASSERT_LE(chime_line_eval(&line, at), chime_line_eval(&line, chime_add_sat(at, 1)));
		at = unit_random_s64(&random);
		ASSERT_LE(chime_line_eval(&line, at), chime_line_eval(&line, chime_add_sat(at, 1)));
	}
}

/* A point near either end of the horizon, far from it, or anywhere. */
static s64 random_instant(struct unit_random *random, const struct chime_line *line)
{
	s64 side = unit_random_below(random, 2) ? 1 : -1;
	s64 around = (s64)(unit_random(random) >> (20 + unit_random_below(random, 40)));

	return chime_add_sat(chime_add_sat(line->origin_ns, side * (unit_random_below(random, 2) ?
							     line->horizon_ns :
							     line->rate_horizon_ns)),
			     unit_random_below(random, 2) ? around : -around);
}

/* From some ns to years. */
static s64 random_age(struct unit_random *random)
{
	return (s64)(unit_random(random) >> (4 + unit_random_below(random, 50)));
}

/* From the new origin on it is the same line, but for rounding. */
TEST(moves_its_horizon_along)
{
	struct unit_random random = { 23 };
	int i;

	for (i = 0; i < RANDOM_ROUNDS; i++) {
		struct chime_line line = likely_line(&random);
		struct chime_line moved;
		s64 to, at;

		add_horizon(&random, &line);
		line.origin_ns >>= 1;
		line.offset_ns >>= 1;
		to = chime_add_sat(line.origin_ns, random_age(&random));
		at = chime_add_sat(to, random_age(&random));
		moved = line;
		chime_line_move(&moved, to);
		ASSERT_TRUE(chime_line_valid(&moved));
		ASSERT_EQ(chime_line_eval(&line, to), chime_line_eval(&moved, to));
		ASSERT_LE(absolute((__int128)chime_line_offset(&line, at) -
				   chime_line_offset(&moved, at)), 2);
		ASSERT_LE(chime_line_maxerror(&line, at), chime_line_maxerror(&moved, at));
		ASSERT_LE(absolute((__int128)chime_line_maxerror(&line, at) -
				   chime_line_maxerror(&moved, at)), 2);
		if (to != S64_MAX && to != at)
			ASSERT_EQ(chime_line_rate(&line, chime_add_sat(to, 1)),
				  chime_line_rate(&moved, chime_add_sat(to, 1)));
	}
}

/* Back beyond the old origin the only promise is that no bound becomes tighter. */
TEST(never_gains_by_being_moved)
{
	struct unit_random random = { 24 };
	int i;

	for (i = 0; i < RANDOM_ROUNDS; i++) {
		struct chime_line line = valid_line(&random);
		struct chime_line moved;
		s64 at;

		add_horizon(&random, &line);
		moved = line;
		chime_line_move(&moved, random_instant(&random, &line));
		ASSERT_TRUE(chime_line_valid(&moved));
		at = random_instant(&random, &line);
		ASSERT_LE(chime_line_maxerror(&line, at), chime_line_maxerror(&moved, at));
		ASSERT_LE(chime_line_sigma(&line, at), chime_line_sigma(&moved, at));
	}
}

TEST(ends_where_its_horizon_does)
{
	struct chime_line line = short_lived();

	chime_line_move(&line, DAY_NS + 60 * SECOND_NS - 1);
	EXPECT_EQ(1, line.rate_horizon_ns);
	EXPECT_EQ(1, line.horizon_ns);
	EXPECT_EQ(100 * PPM, line.rate_q32);
	EXPECT_EQ(10 * PPM, line.maxerror_rate_q32);
	line = short_lived();
	chime_line_move(&line, DAY_NS + 60 * SECOND_NS);
	EXPECT_EQ(0, line.rate_horizon_ns);
	EXPECT_EQ(0, line.horizon_ns);
	EXPECT_EQ(0, line.rate_q32);
	EXPECT_EQ(20 * PPM, line.sigma_rate_q32);
	EXPECT_EQ(200 * PPM, line.maxerror_rate_q32);
	EXPECT_EQ(0, line.beyond_rate_q32);
	EXPECT_EQ(0, line.beyond_sigma_rate_q32);
	EXPECT_EQ(0, line.beyond_maxerror_rate_q32);
}

/* A ns is a horizon, and neither moved nor composed nor converted lines lose it. */
TEST(may_end_after_a_ns)
{
	const struct chime_line nothing = { 0 }, far = short_lived();
	struct chime_line line = short_lived(), both;

	line.rate_horizon_ns = 1;
	line.horizon_ns = 1;
	line.rate_q32 = CHIME_LINE_RATE_MAX_Q32;
	EXPECT_EQ(5001, chime_line_offset(&line, DAY_NS + 1000));
	EXPECT_LE(1000 + ppm_of(200, SECOND_NS - 1),
		  chime_line_maxerror(&line, DAY_NS + SECOND_NS));
	chime_line_compose(&line, &nothing, DAY_NS, &both);
	EXPECT_EQ(1, both.rate_horizon_ns);
	EXPECT_EQ(1, both.horizon_ns);
	chime_line_compose(&nothing, &line, DAY_NS, &both);
	EXPECT_EQ(1, both.rate_horizon_ns);
	EXPECT_EQ(1, both.horizon_ns);
	chime_line_compose(&nothing, &far, DAY_NS, &both);
	EXPECT_EQ(60 * SECOND_NS, both.horizon_ns);
	chime_line_compose(&nothing, &nothing, DAY_NS, &both);
	EXPECT_EQ(0, both.rate_horizon_ns);
	EXPECT_EQ(0, both.horizon_ns);
	line.offset_ns = 0;
	chime_line_compose(&far, &line, DAY_NS, &both);
	EXPECT_EQ(1, both.rate_horizon_ns);
	EXPECT_EQ(1, both.horizon_ns);
	chime_line_convert(&line, &nothing, DAY_NS, &both);
	EXPECT_EQ(1, both.rate_horizon_ns);
	EXPECT_EQ(1, both.horizon_ns);
	chime_line_move(&line, DAY_NS + 1);
	EXPECT_EQ(0, line.rate_q32);
	EXPECT_EQ(200 * PPM, line.maxerror_rate_q32);
}

/* Like a correction to a host's line. */
TEST(composes_a_horizon)
{
	struct unit_random random = { 25 };
	int i;

	for (i = 0; i < RANDOM_ROUNDS; i++) {
		struct chime_line outer = likely_line(&random);
		struct chime_line inner = likely_line(&random);
		s64 origin = (s64)(unit_random(&random) >> 3);
		s64 at = chime_add_sat(origin, (s64)(unit_random(&random) >>
						     (4 + unit_random_below(&random, 50))));
		struct chime_line both;

		outer.offset_ns >>= 2;
		inner.offset_ns >>= 2;
		add_horizon(&random, &outer);
		/* From a while before to a while after. */
		outer.origin_ns = chime_sub_sat(chime_line_eval(&inner, origin),
						(s64)(unit_random(&random) >>
						      (4 + unit_random_below(&random, 50))));
		chime_line_compose(&outer, &inner, origin, &both);
		ASSERT_TRUE(!both.horizon_ns ||
			    (both.beyond_maxerror_rate_q32 >= both.maxerror_rate_q32 &&
			     both.beyond_sigma_rate_q32 >= both.sigma_rate_q32));
		ASSERT_EQ(chime_line_eval(&outer, chime_line_eval(&inner, origin)),
			  chime_line_eval(&both, origin));
		ASSERT_LE(absolute((__int128)chime_line_eval(&both, at) -
				   chime_line_eval(&outer, chime_line_eval(&inner, at))),
			  4 + (absolute((__int128)at - origin) >> 32));
		ASSERT_LE(chime_line_maxerror(&outer, chime_line_eval(&inner, at)),
			  chime_add_sat(3, chime_line_maxerror(&both, at)));
	}
}

TEST(composes_the_nearer_horizon)
{
	const struct chime_line outer = short_lived();
	struct chime_line inner = {
		.rate_horizon_ns = 10 * SECOND_NS,
		.horizon_ns = 20 * SECOND_NS,
	};
	struct chime_line both;

	/* The inner line is beyond its horizon, the outer one has 55 s left. */
	chime_line_compose(&outer, &inner, DAY_NS - 5 * SECOND_NS, &both);
	EXPECT_EQ(55 * SECOND_NS, both.horizon_ns);
	EXPECT_EQ(55 * SECOND_NS, both.rate_horizon_ns);
	EXPECT_EQ(0, both.beyond_rate_q32);
	inner.origin_ns = DAY_NS;
	inner.beyond_rate_q32 = PPM;
	chime_line_compose(&outer, &inner, DAY_NS, &both);
	EXPECT_EQ(10 * SECOND_NS, both.rate_horizon_ns);
	EXPECT_EQ(20 * SECOND_NS, both.horizon_ns);
	EXPECT_EQ(100 * PPM, both.rate_q32);
	EXPECT_EQ(PPM, both.beyond_rate_q32);
	/* Stretched by 1 ppm, and one for the roundings. */
	EXPECT_EQ(200 * PPM + 2, both.beyond_maxerror_rate_q32);
}

/* As happens to a correction when its host is demoted or reinstated. */
TEST(converts_a_horizon)
{
	struct unit_random random = { 26 };
	int i;

	for (i = 0; i < RANDOM_ROUNDS; i++) {
		struct chime_line line = likely_line(&random);
		struct chime_line other = likely_line(&random);
		s64 at = (s64)(unit_random(&random) >> 4), later;
		struct chime_line converted;

		add_horizon(&random, &line);
		line.rate_horizon_ns = 1 + (line.rate_horizon_ns >> 10);
		line.offset_ns >>= 3;
		other.offset_ns >>= 3;
		line.origin_ns = at - (s64)unit_random_below(&random, 4000 * SECOND_NS);
		chime_line_convert(&line, &other, at, &converted);
		if (labs(converted.rate_q32) >= CHIME_LINE_RATE_MAX_Q32 - 1 ||
		    !converted.rate_q32 || !converted.beyond_rate_q32)
			continue;
		ASSERT_TRUE(chime_line_valid(&converted));
		later = at + (s64)unit_random_below(&random, 1000 * SECOND_NS);
		ASSERT_EQ(chime_line_eval(&line, at),
			  chime_line_eval(&converted, chime_line_eval(&other, at)));
		ASSERT_LE(absolute((__int128)chime_line_eval(&line, later) -
				   chime_line_eval(&converted, chime_line_eval(&other, later))),
			  6 + ((later - at) >> 31));
		ASSERT_EQ(chime_line_maxerror(&line, at), converted.maxerror_ns);
	}
}

TEST_HARNESS_MAIN
