// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a known asymmetry takes back of samples, and what it leaves of their round trips.
 */
#include "user/discipline/jitter_asymmetry.h"

#include "selftests/unit/unit.h"

#define US	1000LL
#define LEAST	(200 * US)

FIXTURE(jitter) {
	struct jitter_asymmetry jitter;
	struct source_options options;
	struct source_sample sample;
};

FIXTURE_SETUP(jitter)
{
	self->jitter = (struct jitter_asymmetry){ 0 };
	self->options = (struct source_options){ .asymmetry = 0.5, .mindelay_ns = LEAST };
}

FIXTURE_TEARDOWN(jitter)
{
}

/* A sample of a right clock whose packets queued for @up_ns and @down_ns. */
static void measure(FIXTURE_DATA(jitter) *self, int64_t up_ns, int64_t down_ns)
{
	self->sample = (struct source_sample){
		.offset_ns = (up_ns - down_ns) / 2,
		.delay_ns = LEAST + up_ns + down_ns,
		.root_dispersion_ns = 10 * US,
	};
	jitter_asymmetry_correct(&self->jitter, &self->options, &self->sample);
}

TEST_F(jitter, all_of_it_on_the_way_back_leaves_no_error)
{
	measure(self, 0, 100 * US);
	EXPECT_EQ(0, self->sample.offset_ns);
	EXPECT_EQ(LEAST, self->sample.delay_ns);
	/* All that the round trip allows is still within the bound, on either side. */
	EXPECT_EQ(110 * US, self->sample.root_dispersion_ns);
}

TEST_F(jitter, all_of_it_on_the_way_there_leaves_none_either)
{
	self->options.asymmetry = -0.5;
	measure(self, 100 * US, 0);
	EXPECT_EQ(0, self->sample.offset_ns);
	EXPECT_EQ(LEAST, self->sample.delay_ns);
}

/* Three quarters of it are on the way back, and the rest of what one packet had is noise. */
TEST_F(jitter, part_of_it_is_taken_back)
{
	self->options.asymmetry = 0.25;
	measure(self, 0, 100 * US);
	EXPECT_EQ(-25 * US, self->sample.offset_ns);
	EXPECT_EQ(LEAST + 75 * US, self->sample.delay_ns);
	EXPECT_EQ(10 * US + 37500, self->sample.root_dispersion_ns);
}

TEST_F(jitter, shorter_than_the_least_has_not_queued)
{
	measure(self, -10 * US, -10 * US);
	EXPECT_EQ(0, self->sample.offset_ns);
	EXPECT_EQ(LEAST - 20 * US, self->sample.delay_ns);
	EXPECT_EQ(10 * US, self->sample.root_dispersion_ns);
}

/* 0 is chrony's word for no correction, and its default of 1 is beyond what there can be. */
TEST_F(jitter, unknown_asymmetry_takes_nothing_back)
{
	static const double unknown[] = { 0, 1, -0.51 };
	size_t i;

	for (i = 0; i < sizeof(unknown) / sizeof(*unknown); i++) {
		self->options.asymmetry = unknown[i];
		measure(self, 0, 100 * US);
		EXPECT_EQ(-50 * US, self->sample.offset_ns);
		EXPECT_EQ(LEAST + 100 * US, self->sample.delay_ns);
		EXPECT_EQ(10 * US, self->sample.root_dispersion_ns);
	}
}

TEST_F(jitter, least_round_trip_is_measured_where_it_is_not_known)
{
	int i;

	self->options.mindelay_ns = 0;
	measure(self, 0, 30 * US);
	EXPECT_EQ(-15 * US, self->sample.offset_ns);
	measure(self, 0, 0);
	measure(self, 0, 30 * US);
	EXPECT_EQ(0, self->sample.offset_ns);
	/* A longer route is the new least one, after a while. */
	for (i = 0; i < 128; i++)
		measure(self, 50 * US, 50 * US);
	measure(self, 50 * US, 150 * US);
	EXPECT_EQ(0, self->sample.offset_ns);
}

TEST_HARNESS_MAIN
