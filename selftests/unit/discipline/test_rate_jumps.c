// SPDX-License-Identifier: GPL-2.0-only
/*
 * Changes of a rate at once: how large they were, and how large the next one may be.
 */
#include "user/discipline/rate_jumps.h"

#include <math.h>

#include "selftests/unit/unit.h"
#include "user/lib/time_units.h"

#define PPM	1e-6
#define DAY_S	86400

FIXTURE(jumps) {
	struct rate_jumps jumps;
	double at_s;
};

FIXTURE_SETUP(jumps)
{
	self->jumps = (struct rate_jumps){ .known = 0 };
	self->at_s = 1000;
}

FIXTURE_TEARDOWN(jumps)
{
}

static int64_t raw_ns(FIXTURE_DATA(jumps) *self)
{
	return llrint(self->at_s * 1e9);
}

/* A minute later the rate is this, in ppm, known to that. */
static void note(FIXTURE_DATA(jumps) *self, double ppm, double sigma_ppm)
{
	struct estimate estimate = {
		.rate = ppm * PPM, .rate_sigma = sigma_ppm * PPM, .wander = 1e-9,
	};

	self->at_s += 60;
	rate_jumps_note(&self->jumps, raw_ns(self), &estimate, PPM);
}

/* The rate is this one, and known as well as that. */
static void begin(FIXTURE_DATA(jumps) *self, double ppm, double sigma_ppm)
{
	int i;

	for (i = 0; i < 16; i++)
		note(self, ppm, sigma_ppm);
}

/* The rate becomes this one, which is known better with each sample. */
static void jump(FIXTURE_DATA(jumps) *self, double ppm)
{
	double sigma_ppm;

	for (sigma_ppm = 10; sigma_ppm > 0.005; sigma_ppm /= 2)
		note(self, ppm, sigma_ppm);
}

static double most_ppm(FIXTURE_DATA(jumps) *self)
{
	return rate_jumps_most(&self->jumps, raw_ns(self)) / PPM;
}

TEST_F(jumps, a_rate_that_becomes_known_is_none)
{
	EXPECT_EQ(0.0, most_ppm(self));
	note(self, 0, 100);
	note(self, 80, 10);
	note(self, 55, 3);
	note(self, 50, 0.1);
	begin(self, 50, 0.1);
	EXPECT_EQ(0.0, most_ppm(self));
	EXPECT_EQ(0.0, rate_jumps_wander(&self->jumps, raw_ns(self), 1000));
}

/* What the first samples say of a rate may come from an offset that has jumped between them. */
TEST_F(jumps, what_the_first_samples_say_is_none)
{
	int i;

	for (i = 0; i < 15; i++)
		note(self, i % 2 ? 40 : 0, 0.1);
	EXPECT_EQ(0.0, most_ppm(self));
	note(self, 0, 0.1);
	note(self, 40, 0.1);
	EXPECT_LT(39, most_ppm(self));
}

TEST_F(jumps, what_is_allowed_for_is_none)
{
	begin(self, 0, 0.1);
	jump(self, 1.4);
	EXPECT_EQ(0.0, most_ppm(self));
}

/* What is not known of either rate does not count. */
TEST_F(jumps, one_may_come_again)
{
	begin(self, 0, 0.1);
	note(self, 20, 10);
	note(self, 40, 3);
	note(self, 40, 0.3);
	EXPECT_EQ(0.0, most_ppm(self));
	note(self, 40, 0.1);
	EXPECT_LT(fabs(40 - 5 * hypot(0.1, 0.1) - most_ppm(self)), 0.1);
	EXPECT_EQ(1, self->jumps.count);
	/* From then on this is the rate. */
	note(self, 40, 0.05);
	note(self, 40, 0.05);
	EXPECT_EQ(1, self->jumps.count);
	EXPECT_LT(fabs(40 * PPM - self->jumps.rate), 1e-9);
}

TEST_F(jumps, of_many_the_largest_counts_and_a_little_more)
{
	int i;

	begin(self, 0, 0.05);
	for (i = 0; i < 4; i++)
		jump(self, i % 2 ? 0 : 40);
	EXPECT_EQ(4, self->jumps.count);
	EXPECT_LT(40, most_ppm(self));
	EXPECT_GT(50, most_ppm(self));
	jump(self, -60);
	EXPECT_LT(60, most_ppm(self));
	EXPECT_GT(72, most_ppm(self));
}

/* A rate that has wandered away by what such a wander does in that time has not jumped. */
TEST_F(jumps, a_wander_is_none)
{
	begin(self, 0, 0.1);
	self->at_s += 1e7;
	note(self, 14, 0.1);
	EXPECT_EQ(0.0, most_ppm(self));
	self->at_s += 1e7;
	note(self, -10, 0.1);
	EXPECT_LT(0, most_ppm(self));
}

/* The offset has jumped, and the estimate has that for a rate, until the next samples deny it. */
TEST_F(jumps, an_offset_that_jumps_is_none)
{
	int i;

	begin(self, 0, 0.1);
	for (i = 0; i < 7; i++)
		note(self, 400, 30);
	note(self, 30, 10);
	for (i = 0; i < 7; i++)
		note(self, 300, 30);
	jump(self, 0);
	EXPECT_EQ(0.0, most_ppm(self));
	EXPECT_EQ(0, self->jumps.rate);
}

/* The new rate may never be known as well as the former one was. */
TEST_F(jumps, eight_samples_in_a_row_show_one)
{
	int i;

	begin(self, 0, 0.01);
	for (i = 0; i < 7; i++)
		note(self, 40, 1);
	EXPECT_EQ(0.0, most_ppm(self));
	note(self, 40, 1);
	EXPECT_LT(fabs(40 - 5 - most_ppm(self)), 0.1);
	EXPECT_EQ(40 * PPM, self->jumps.rate);
	for (i = 0; i < 8; i++)
		note(self, 0, 1);
	EXPECT_EQ(2, self->jumps.count);
}

/* It becomes the rate by which the next one is measured all the same. */
TEST_F(jumps, what_no_oscillator_does_is_none)
{
	begin(self, 0, 0.01);
	jump(self, 501);
	EXPECT_EQ(0.0, most_ppm(self));
	jump(self, 1000);
	EXPECT_LT(498, most_ppm(self));
}

TEST_F(jumps, one_alone_is_forgotten_after_three_hours)
{
	begin(self, 0, 0.05);
	jump(self, 40);
	self->at_s += 2.5 * 3600;
	note(self, 40, 0.05);
	EXPECT_LT(39, most_ppm(self));
	EXPECT_LT(0, rate_jumps_wander(&self->jumps, raw_ns(self), 1e5));
	self->at_s += 3600;
	note(self, 40, 0.05);
	EXPECT_EQ(0.0, most_ppm(self));
	EXPECT_EQ(0.0, rate_jumps_wander(&self->jumps, raw_ns(self), 1e5));
	/* But not that there was one when there is another. */
	jump(self, 0);
	EXPECT_LT(58, most_ppm(self));
}

TEST_F(jumps, a_day_and_four_hours_later_two_are_forgotten)
{
	begin(self, 0, 0.05);
	jump(self, 40);
	jump(self, 0);
	self->at_s += DAY_S + 3600;
	note(self, 0, 0.05);
	EXPECT_LT(58, most_ppm(self));
	self->at_s += 3 * 3600;
	note(self, 0, 0.05);
	EXPECT_EQ(0.0, most_ppm(self));
	EXPECT_EQ(0, self->jumps.count);
}

TEST_F(jumps, the_latest_eight_are_kept)
{
	int i;

	begin(self, 0, 0.05);
	jump(self, 90);
	for (i = 0; i < RATE_JUMPS; i++)
		jump(self, i % 2 ? 90 : 60);
	EXPECT_EQ(RATE_JUMPS, self->jumps.count);
	EXPECT_GT(30 * 1.125, most_ppm(self));
	EXPECT_LT(29 * 1.125, most_ppm(self));
}

TEST_F(jumps, as_a_wander)
{
	double wander;

	begin(self, 0, 0.01);
	jump(self, 40);
	jump(self, 0);
	wander = rate_jumps_wander(&self->jumps, raw_ns(self), 3600);
	EXPECT_LT(fabs(sqrt(2) * 40 * PPM / 60 - wander), 0.02 * wander);
	/* What came before they are remembered does not make them rarer. */
	EXPECT_EQ(rate_jumps_wander(&self->jumps, raw_ns(self), 1e5),
		  rate_jumps_wander(&self->jumps, raw_ns(self), 1e7));
}

/* Of eight in a row it is not known how many more there were before. */
TEST_F(jumps, as_a_wander_since_the_oldest)
{
	double span_s, wander;
	int i;

	begin(self, 0, 0.01);
	for (i = 0; i < RATE_JUMPS; i++)
		jump(self, i % 2 ? 0 : 40);
	span_s = self->at_s - (double)self->jumps.jump[0].raw_ns / NS_PER_S;
	wander = rate_jumps_wander(&self->jumps, raw_ns(self), 1e5);
	EXPECT_LT(fabs(sqrt(RATE_JUMPS / span_s) * 40 * PPM - wander), 0.02 * wander);
}

TEST_F(jumps, another_reference_of_a_known_rate_is_none)
{
	const struct reference_change change = { .rate = 30 * PPM, .rate_sigma = 3 * PPM };

	begin(self, 50, 0.1);
	rate_jumps_change(&self->jumps, &change);
	note(self, 20, 0.1);
	EXPECT_EQ(0.0, most_ppm(self));
	note(self, 20, 0.1);
	jump(self, 60);
	EXPECT_LT(37, most_ppm(self));
	rate_jumps_change(&self->jumps, &change);
	EXPECT_LT(37, most_ppm(self));
}

TEST_F(jumps, of_another_clock_nothing_is_known)
{
	begin(self, 50, 0.1);
	jump(self, 90);
	rate_jumps_change(&self->jumps, &REFERENCE_REPLACED);
	EXPECT_EQ(0.0, most_ppm(self));
	note(self, 0, 0.1);
	EXPECT_EQ(0.0, most_ppm(self));
}

TEST_HARNESS_MAIN
