// SPDX-License-Identifier: GPL-2.0-only
/*
 * How far a correction may be wrong from now on: how long its rate is trusted, how its errors grow,
 * and what the module is told of that.
 */
#include "user/discipline/correction.h"

#include <math.h>
#include <stdlib.h>

#include "user/discipline/source_select.h"
#include "user/lib/time_units.h"
#include "selftests/unit/unit.h"

#define S	1000000000LL
#define NOW_NS	(5000 * S)

/*
 * Stand-ins. The standard error after t seconds is a polynomial in t; the sources' interval around
 * the clock is another, with a peak at one instant.
 */
static struct {
	bool unknown;
	int64_t offset_ns;
	double sigma[3];
	double low[2], high[2];
	double peak_s, peak_ns;
	int asked, disagree_from;
	const struct selection_terms *terms;
} stub;

static double seconds_on(int64_t at_ns)
{
	return (double)(at_ns - NOW_NS) / 1e9;
}

bool estimator_get(const struct estimator *estimator, int64_t at_ns, struct estimate *estimate)
{
	double t = seconds_on(at_ns);

	estimate->offset_ns = stub.offset_ns;
	estimate->sigma_ns = stub.sigma[0] + stub.sigma[1] * t + stub.sigma[2] * t * t;
	return !stub.unknown;
}

bool source_select_foresee(struct source *const *sources, size_t count, int64_t at_ns,
			   const struct selection_terms *terms, int64_t *low_ns, int64_t *high_ns)
{
	double t = seconds_on(at_ns);

	stub.terms = terms;
	if (++stub.asked >= stub.disagree_from)
		return false;
	*low_ns = llrint(stub.low[0] + stub.low[1] * t);
	*high_ns = llrint(stub.high[0] + stub.high[1] * t);
	if (fabs(t - stub.peak_s) < 0.001)
		*high_ns += llrint(stub.peak_ns);
	return true;
}

/* Asked every 16 s, the rate is 1 ppm and known to a hundredth of that. */
FIXTURE(correction) {
	struct correction_terms terms;
	struct selection_terms selection;
	struct pace pace;
	struct combined combined;
	struct chime_line line;
};

FIXTURE_SETUP(correction)
{
	memset(self, 0, sizeof(*self));
	memset(&stub, 0, sizeof(stub));
	stub.disagree_from = 100;
	self->terms.selection = &self->selection;
	self->terms.learned_from_ns = NOW_NS - 60 * S;
	self->pace.interval_s = 16;
	self->combined.estimate.at_ns = NOW_NS;
	self->combined.estimate.rate = 1e-6;
	self->combined.estimate.rate_sigma = 1e-8;
}

FIXTURE_TEARDOWN(correction)
{
}

static void age(FIXTURE_DATA(correction) *self)
{
	correction_age(&self->terms, &self->pace, &self->combined);
}

static void learned_for(FIXTURE_DATA(correction) *self, int64_t seconds)
{
	self->terms.learned_from_ns = NOW_NS - seconds * S;
	age(self);
}

/* To a thousandth of @wanted. */
static bool is_near(double wanted, double value)
{
	return fabs(value - wanted) <= fabs(wanted) / 1000;
}

TEST_F(correction, a_rate_is_trusted_for_as_long_as_it_was_learned)
{
	learned_for(self, 60);
	EXPECT_EQ(60e9, self->combined.reach_ns);
	EXPECT_EQ(60e9, self->combined.horizon_ns);
}

/* It takes that long until the next answer is missed. */
TEST_F(correction, but_no_shorter_than_two_intervals)
{
	learned_for(self, 10);
	EXPECT_EQ(32e9, self->combined.reach_ns);
	EXPECT_EQ(32e9, self->combined.horizon_ns);
}

/* Of 1 ppm half a millisecond takes 500 s. */
TEST_F(correction, and_no_longer_than_it_is_harmless)
{
	learned_for(self, 1000);
	EXPECT_TRUE(is_near(500e9, self->combined.reach_ns));
	EXPECT_EQ(128e9, self->combined.horizon_ns);
	learned_for(self, 400);
	EXPECT_EQ(400e9, self->combined.reach_ns);
	self->combined.estimate.rate = 100e-6;
	learned_for(self, 1000);
	EXPECT_EQ(128e9, self->combined.reach_ns);
	self->combined.estimate.rate = -1e-6;
	learned_for(self, 1000);
	EXPECT_TRUE(is_near(500e9, self->combined.reach_ns));
}

/* 100 ppm move the clock by half a millisecond in 5 s: less than two intervals. */
TEST_F(correction, a_rate_that_may_be_chance_moves_the_clock_by_half_a_millisecond)
{
	self->combined.estimate.rate_sigma = 0.2e-6;
	learned_for(self, 1000);
	EXPECT_TRUE(is_near(500e9, self->combined.reach_ns));
	learned_for(self, 10);
	EXPECT_EQ(32e9, self->combined.reach_ns);
	self->combined.estimate.rate = 100e-6;
	self->combined.estimate.rate_sigma = 20e-6;
	learned_for(self, 10);
	EXPECT_TRUE(is_near(5e9, self->combined.reach_ns));
	EXPECT_EQ(32e9, self->combined.horizon_ns);
}

TEST_F(correction, ten_standard_errors_are_no_chance)
{
	self->combined.estimate.rate = 10 * 0x1p-14;
	self->combined.estimate.rate_sigma = 0x1p-14;
	learned_for(self, 1000);
	EXPECT_EQ(128e9, self->combined.reach_ns);
	self->combined.estimate.rate_sigma = 0x1.01p-14;
	learned_for(self, 1000);
	EXPECT_TRUE(is_near(0.8192e9, self->combined.reach_ns));
}

TEST_F(correction, no_rate_is_trusted_like_any_other)
{
	self->combined.estimate.rate = 0;
	learned_for(self, 60);
	EXPECT_EQ(60e9, self->combined.reach_ns);
}

/* Its next reading comes in a moment, and renews what is said. */
TEST_F(correction, a_refclock_says_no_more_than_until_its_next_reading)
{
	self->pace = (struct pace){ .interval_s = 1, .age_ns = 3e9, .refclock = true };
	learned_for(self, 60);
	EXPECT_EQ(3e9, self->combined.horizon_ns);
	EXPECT_EQ(3e9, self->combined.age_ns);
	self->pace.age_ns = 1e9;
	age(self);
	EXPECT_EQ(2e9, self->combined.horizon_ns);
}

/* 100 ns and 1 ns more each second: 5 ns more of the bound. */
TEST_F(correction, errors_that_grow_as_a_line)
{
	stub.sigma[0] = 100;
	stub.sigma[1] = 1;
	self->combined.estimate.sigma_ns = 100;
	age(self);
	EXPECT_TRUE(is_near(116, self->combined.next_sigma_ns));
	EXPECT_TRUE(is_near(1e-9, self->combined.sigma_growth));
	EXPECT_TRUE(is_near(5e-9, self->combined.maxerror_growth));
	EXPECT_TRUE(is_near(5e-9, self->combined.beyond_growth));
}

/* The first line up to 60 s, where 3600 ns are reached, the next one 128 s beyond. */
TEST_F(correction, errors_that_grow_along_a_curve)
{
	stub.sigma[2] = 1;
	age(self);
	EXPECT_TRUE(is_near(16e-9, self->combined.sigma_growth));
	EXPECT_TRUE(is_near(5 * 60e-9, self->combined.maxerror_growth));
	EXPECT_TRUE(is_near(5 * (188. * 188 - 60 * 60) / 128e9, self->combined.beyond_growth));
}

TEST_F(correction, errors_that_shrink_are_foreseen_as_they_are)
{
	stub.sigma[0] = 1000;
	stub.sigma[1] = -1;
	self->combined.estimate.sigma_ns = 1000;
	age(self);
	EXPECT_EQ(0.0, self->combined.sigma_growth);
	EXPECT_EQ(0.0, self->combined.maxerror_growth);
	EXPECT_EQ(0.0, self->combined.beyond_growth);
}

/*
 * By 1 ppm of t + 256 s (exp(-t / 256 s) - 1), where the latest sample is t old: 3574 ns after 44
 * s, 6513 after a minute, 18533 after 104 s, 54830 after 188 s, 79433 after 232 s.
 */
TEST_F(correction, a_rate_becomes_wrong_by_and_by)
{
	self->terms.maxclockerror = 1e-6;
	age(self);
	EXPECT_TRUE(is_near(6513 / 60e9, self->combined.maxerror_growth));
	EXPECT_TRUE(is_near((54830 - 6513) / 128e9, self->combined.beyond_growth));
	self->pace.age_ns = 44e9;
	age(self);
	EXPECT_TRUE(is_near((18533 - 3574) / 60e9, self->combined.maxerror_growth));
	EXPECT_TRUE(is_near((79433 - 18533) / 128e9, self->combined.beyond_growth));
}

/* Neither causes the other: two that are equal make sqrt(2) of each. */
TEST_F(correction, chance_and_what_was_not_learned_are_independent)
{
	stub.sigma[1] = 6513. / 5 / 60;
	self->terms.maxclockerror = 1e-6;
	age(self);
	EXPECT_TRUE(is_near(hypot(6513, 6513) / 60e9, self->combined.maxerror_growth));
}

/* The clock is @offset_ns from the reference by the samples; the truth is from 300 to 1000 ns. */
static bool combine(FIXTURE_DATA(correction) *self, int64_t offset_ns)
{
	const struct selection selection = {
		.low_ns = 300, .place_low_ns = 500, .place_high_ns = 800, .high_ns = 1000,
	};

	stub.offset_ns = offset_ns;
	return correction_combine(&self->terms, &selection, NOW_NS, &self->pace, &self->combined);
}

TEST_F(correction, a_clock_where_most_agree_stays_there)
{
	ASSERT_TRUE(combine(self, 600));
	EXPECT_EQ(600, self->combined.estimate.offset_ns);
	EXPECT_EQ(400.0, self->combined.maxerror_ns);
	EXPECT_EQ(60e9, self->combined.reach_ns);
}

TEST_F(correction, one_outside_is_put_there)
{
	ASSERT_TRUE(combine(self, -7));
	EXPECT_EQ(500, self->combined.estimate.offset_ns);
	EXPECT_EQ(500.0, self->combined.maxerror_ns);
	ASSERT_TRUE(combine(self, 5000));
	EXPECT_EQ(800, self->combined.estimate.offset_ns);
	EXPECT_EQ(500.0, self->combined.maxerror_ns);
}

TEST_F(correction, no_bound_is_less_than_what_chance_allows)
{
	stub.sigma[0] = 1000;
	ASSERT_TRUE(combine(self, 600));
	EXPECT_EQ(5000.0, self->combined.maxerror_ns);
}

TEST_F(correction, what_knows_no_time_is_not_combined)
{
	stub.unknown = true;
	EXPECT_FALSE(combine(self, 600));
}

TEST_F(correction, the_greater_of_two_bounds_is_kept)
{
	self->combined.maxerror_ns = 1000;
	correction_keep_bound(&self->combined, 900);
	EXPECT_EQ(1000.0, self->combined.maxerror_ns);
	correction_keep_bound(&self->combined, 1100);
	EXPECT_EQ(1100.0, self->combined.maxerror_ns);
	correction_keep_bound(&self->combined, CHIME_LINE_UNBOUNDED_NS);
	EXPECT_EQ(1100.0, self->combined.maxerror_ns);
}

/* Whether the learned rate or the other one is right is not known. */
TEST_F(correction, a_turned_line_goes_on_where_it_was)
{
	struct chime_line line = {
		.origin_ns = NOW_NS,
		.rate_q32 = 1000,
		.maxerror_rate_q32 = 10,
		.beyond_maxerror_rate_q32 = 20,
	};
	int64_t then_ns = NOW_NS + 3600 * S, offset_ns = chime_line_offset(&line, then_ns);

	correction_turn_line(&line, then_ns, -500);
	EXPECT_EQ(offset_ns, chime_line_offset(&line, then_ns));
	EXPECT_EQ(-500, line.rate_q32);
	EXPECT_EQ(1510, line.maxerror_rate_q32);
	EXPECT_EQ(1520, line.beyond_maxerror_rate_q32);
}

static void foresee(FIXTURE_DATA(correction) *self)
{
	self->combined.maxerror_ns = 1000;
	self->combined.horizon_ns = 60e9;
	self->combined.reach_ns = 60e9;
	self->combined.maxerror_growth = 0;
	self->combined.beyond_growth = 0;
	stub.asked = 0;
	correction_foresee(&self->terms, NULL, 3, &self->combined);
}

/* 1 ppm of the clock's are 1000 ns a second, which these intervals follow. */
static void follow(double ns_per_s)
{
	stub.low[1] = ns_per_s;
	stub.high[1] = ns_per_s;
}

TEST_F(correction, sources_that_stay_around_the_clock)
{
	follow(1000);
	stub.low[0] = -900;
	stub.high[0] = 900;
	foresee(self);
	EXPECT_EQ(0.0, self->combined.maxerror_growth);
	EXPECT_EQ(&self->selection, stub.terms);
	EXPECT_EQ(8, stub.asked);
}

/* By 100 ns a second on either side, with 500 ns to spare at first. */
TEST_F(correction, the_bound_grows_until_it_holds_their_intervals)
{
	follow(1000);
	stub.high[0] = 500;
	stub.high[1] = 1100;
	stub.low[0] = -500;
	foresee(self);
	EXPECT_TRUE(is_near((6500 - 1000) / 60e9, self->combined.maxerror_growth));
	stub.high[1] = 1000;
	stub.low[1] = 900;
	foresee(self);
	EXPECT_TRUE(is_near((6500 - 1000) / 60e9, self->combined.maxerror_growth));
}

TEST_F(correction, intervals_are_the_clocks_distance)
{
	self->terms.crystal = true;
	self->combined.estimate.offset_ns = 70000;
	follow(1000);
	stub.low[0] = 69500;
	stub.high[0] = 70500;
	foresee(self);
	EXPECT_EQ(0.0, self->combined.maxerror_growth);
	EXPECT_EQ(0.0, self->combined.beyond_growth);
}

TEST_F(correction, each_quarter_of_the_horizon_is_looked_at)
{
	follow(1000);
	stub.peak_ns = 4000;
	for (int i = 1; i <= 4; i++) {
		stub.peak_s = 15 * i;
		foresee(self);
		EXPECT_TRUE(is_near(3000 / (15e9 * i), self->combined.maxerror_growth));
	}
}

/* 68 s are left of 128, and the bound starts there with what it has grown to. */
TEST_F(correction, and_each_quarter_of_what_is_left_beyond)
{
	stub.peak_ns = 64000;
	for (int i = 1; i <= 4; i++) {
		stub.peak_s = 60 + 17 * i;
		/* The clock's rate is not trusted beyond its reach, so intervals stay with it. */
		self->terms.crystal = true;
		follow(1000);
		foresee(self);
		EXPECT_EQ(0.0, self->combined.maxerror_growth);
		EXPECT_TRUE(is_near(63000 / (17e9 * i), self->combined.beyond_growth));
	}
}

/* It keeps no rate beyond its reach, so that the sources run away from it. */
TEST_F(correction, a_clock_that_is_no_crystal_stops_running_at_its_reach)
{
	follow(1000);
	foresee(self);
	EXPECT_EQ(0.0, self->combined.maxerror_growth);
	EXPECT_TRUE(is_near((68000 - 1000) / 68e9, self->combined.beyond_growth));
}

TEST_F(correction, what_is_beyond_starts_with_what_the_bound_has_grown_to)
{
	self->terms.crystal = true;
	follow(1000);
	stub.high[1] = 1100;
	foresee(self);
	EXPECT_TRUE(is_near(5000 / 60e9, self->combined.maxerror_growth));
	EXPECT_TRUE(is_near(6800 / 68e9, self->combined.beyond_growth));
}

TEST_F(correction, a_horizon_of_two_minutes_has_nothing_beyond)
{
	self->combined.maxerror_ns = 1000;
	self->combined.horizon_ns = 128e9;
	self->combined.reach_ns = 60e9;
	follow(1000);
	correction_foresee(&self->terms, NULL, 3, &self->combined);
	EXPECT_EQ(4, stub.asked);
	EXPECT_EQ(0.0, self->combined.beyond_growth);
}

TEST_F(correction, who_does_not_agree_says_nothing)
{
	follow(5000);
	stub.disagree_from = 1;
	foresee(self);
	EXPECT_EQ(0.0, self->combined.maxerror_growth);
	EXPECT_EQ(0.0, self->combined.beyond_growth);
	stub.disagree_from = 3;
	foresee(self);
	EXPECT_TRUE(is_near((4000 * 30 - 1000) / 30e9, self->combined.maxerror_growth));
	EXPECT_EQ(0.0, self->combined.beyond_growth);
}

static void make_line(FIXTURE_DATA(correction) *self)
{
	correction_make_line(&self->terms, &self->combined, &self->line);
}

/* Rates in units of 2^-32, errors rounded up. */
TEST_F(correction, a_line_is_what_is_known)
{
	self->combined.estimate.offset_ns = -77;
	self->combined.estimate.rate = 3 / Q32;
	self->combined.estimate.sigma_ns = 10.1;
	self->combined.sigma_growth = 4.5 / Q32;
	self->combined.maxerror_ns = 99.5;
	self->combined.maxerror_growth = 7.5 / Q32;
	self->combined.reach_ns = 50e9;
	self->combined.horizon_ns = 60e9;
	make_line(self);
	EXPECT_EQ(NOW_NS, self->line.origin_ns);
	EXPECT_EQ(-77, self->line.offset_ns);
	EXPECT_EQ(3, self->line.rate_q32);
	EXPECT_EQ(11, self->line.sigma_ns);
	EXPECT_EQ(5, self->line.sigma_rate_q32);
	EXPECT_EQ(100, self->line.maxerror_ns);
	EXPECT_EQ(8, self->line.maxerror_rate_q32);
	EXPECT_EQ(50 * S, self->line.rate_horizon_ns);
	EXPECT_EQ(60 * S, self->line.horizon_ns);
}

/* 0 says everywhere. */
TEST_F(correction, no_horizon_is_0)
{
	make_line(self);
	EXPECT_EQ(1, self->line.rate_horizon_ns);
	EXPECT_EQ(1, self->line.horizon_ns);
}

/* The rate is kept by no other clock, so it may be missing there, in both errors. */
TEST_F(correction, beyond_its_horizon_a_rate_may_be_missing)
{
	self->combined.estimate.rate = -3e-6;
	self->combined.estimate.rate_sigma = 4e-6;
	self->terms.maxclockerror = 1e-6;
	make_line(self);
	EXPECT_TRUE(is_near(5e-6, (double)self->line.beyond_sigma_rate_q32 / Q32));
	EXPECT_TRUE(is_near((3 + 1 + 5 * 4) * 1e-6,
			    (double)self->line.beyond_maxerror_rate_q32 / Q32));
}

/*
 * A noisy start may look like a rate that wanders by 30 ppm in a second. In 400 days that would be
 * 51 %, but no clock is slewed by more than 10 %.
 */
TEST_F(correction, no_clock_runs_faster_than_it_can_be_slewed)
{
	self->combined.estimate.rate = -3e-6;
	self->combined.estimate.wander = 30e-6;
	self->terms.maxclockerror = 1e-6;
	make_line(self);
	EXPECT_TRUE(is_near(0.101 + 4e-6, (double)self->line.beyond_maxerror_rate_q32 / Q32));
	self->combined.estimate.wander = 5e-6;
	make_line(self);
	EXPECT_TRUE(is_near(5 * 5e-6 * sqrt(400 * 86400. / 3) + 4e-6,
			    (double)self->line.beyond_maxerror_rate_q32 / Q32));
}

TEST_F(correction, a_crystal_keeps_its_rate)
{
	self->terms.crystal = true;
	self->terms.maxclockerror = 1e-6;
	self->combined.estimate.rate = -3e-6;
	self->combined.estimate.rate_sigma = 4e-6;
	self->combined.reach_ns = 50e9;
	make_line(self);
	EXPECT_EQ(0, self->line.rate_horizon_ns);
	EXPECT_TRUE(is_near(4e-6, (double)self->line.beyond_sigma_rate_q32 / Q32));
	EXPECT_TRUE(is_near((1 + 5 * 4) * 1e-6,
			    (double)self->line.beyond_maxerror_rate_q32 / Q32));
}

/*
 * The mean of a rate that wanders by w in a second is off by w sqrt(t / 3) after t seconds: 34.64
 * times w in an hour, 3394 times in the 400 days that a guest may stand still.
 */
TEST_F(correction, a_rate_wanders)
{
	self->terms.crystal = true;
	self->combined.estimate.rate_sigma = 0;
	self->combined.estimate.wander = 1e-7;
	make_line(self);
	EXPECT_TRUE(is_near(34.64e-7, (double)self->line.beyond_sigma_rate_q32 / Q32));
	EXPECT_TRUE(is_near(5 * 3394e-7, (double)self->line.beyond_maxerror_rate_q32 / Q32));
}

TEST_F(correction, beyond_its_horizon_nothing_grows_more_slowly_than_within)
{
	self->combined.sigma_growth = 5e-5;
	self->combined.maxerror_growth = 6e-5;
	make_line(self);
	EXPECT_TRUE(is_near(5e-5, (double)self->line.beyond_sigma_rate_q32 / Q32));
	EXPECT_TRUE(is_near(6e-5, (double)self->line.beyond_maxerror_rate_q32 / Q32));
	self->combined.beyond_growth = 7e-5;
	make_line(self);
	EXPECT_TRUE(is_near(7e-5, (double)self->line.beyond_maxerror_rate_q32 / Q32));
}

/* From the clock as it will be after its slew, which the timescale adds to its bound. */
TEST(a_bound_reaches_where_sources_say_that_the_truth_is)
{
	struct timescale_now now = {
		.reference_ns = NOW_NS,
		.time_ns = NOW_NS + S - 3000000,
		.slew_ns = 3000000,
	};

	EXPECT_EQ(5100001, correction_reach(&now, S - 4900000, S + 5100001));
	EXPECT_EQ(60000000, correction_reach(&now, S - 60000000, S));
	EXPECT_EQ(70000000, correction_reach(&now, S + 60000000, S + 70000000));
}

TEST_HARNESS_MAIN
