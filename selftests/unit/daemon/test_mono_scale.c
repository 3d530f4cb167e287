// SPDX-License-Identifier: GPL-2.0-only
/*
 * The clock without corrections: what it has of the time's changes, and when it begins anew.
 */
#include "user/daemon/mono_scale.h"

#include <stdlib.h>

#include "selftests/unit/unit.h"
#include "user/lib/time_units.h"

#define RATE		20e-6

FIXTURE(scale) {
	struct mono_scale scale;
	struct mono_reading reading;
	uint32_t epoch;
};

FIXTURE_SETUP(scale)
{
	self->scale = (struct mono_scale){ .epoch = 41 };
	self->reading = (struct mono_reading){
		.raw_ns = 1000 * NS_PER_S,
		.time_ns = 1800000000 * NS_PER_S,
		.rate = RATE,
	};
	mono_scale_update(&self->scale, &self->reading);
	self->epoch = self->scale.epoch;
}

FIXTURE_TEARDOWN(scale)
{
}

/* A second later: the time was set forward by @moved_ns meanwhile. */
static void go_on(struct _test_data_scale *self, int64_t moved_ns)
{
	self->reading.raw_ns += NS_PER_S;
	self->reading.time_ns += NS_PER_S + (int64_t)(NS_PER_S * RATE) + moved_ns;
	mono_scale_update(&self->scale, &self->reading);
}

TEST_F(scale, at_first_it_is_the_time)
{
	EXPECT_EQ(0, self->scale.offset_ns);
	EXPECT_EQ(42, self->scale.epoch);
}

TEST_F(scale, it_has_the_rate_of_the_time)
{
	for (int i = 0; i < 100000; i++)
		go_on(self, 0);
	EXPECT_GE(1, llabs(self->scale.offset_ns));
	EXPECT_EQ(self->epoch, self->scale.epoch);
}

TEST_F(scale, it_lacks_corrections)
{
	go_on(self, 3000000);
	EXPECT_EQ(-3000000, self->scale.offset_ns);
	go_on(self, -1000);
	EXPECT_EQ(-2999000, self->scale.offset_ns);
	for (int i = 0; i < 1000; i++)
		go_on(self, 2000000);
	EXPECT_GE(2, llabs(self->scale.offset_ns + 2002999000));
	EXPECT_EQ(self->epoch, self->scale.epoch);
}

/* A change of the rate counts from its reading on: it is no correction. */
TEST_F(scale, it_takes_a_new_rate)
{
	self->reading.rate = -RATE;
	go_on(self, 0);
	EXPECT_EQ(0, self->scale.offset_ns);
	go_on(self, -(int64_t)(2 * NS_PER_S * RATE));
	EXPECT_EQ(0, self->scale.offset_ns);
}

/* The time goes on faster while it is slewed; it is not ahead before that has come about. */
TEST_F(scale, it_lacks_corrections_that_are_slewed_in)
{
	self->reading.slew_ns = 3000000;
	self->reading.rate = RATE + 0.01;
	go_on(self, 0);
	EXPECT_EQ(0, self->scale.offset_ns);
	self->reading.slew_ns = 1000000;
	go_on(self, 2000000);
	EXPECT_EQ(-2000000, self->scale.offset_ns);
	self->reading.slew_ns = 0;
	self->reading.rate = RATE;
	go_on(self, 1000000);
	EXPECT_EQ(-3000000, self->scale.offset_ns);
	go_on(self, 0);
	EXPECT_EQ(-3000000, self->scale.offset_ns);
}

TEST_F(scale, it_begins_anew_after_a_step)
{
	go_on(self, 3000000);
	go_on(self, -NS_PER_S);
	EXPECT_EQ(0, self->scale.offset_ns);
	EXPECT_EQ(self->epoch + 1, self->scale.epoch);
}

TEST_F(scale, it_begins_anew_with_another_time)
{
	go_on(self, 3000000);
	self->reading.epoch++;
	go_on(self, 0);
	EXPECT_EQ(0, self->scale.offset_ns);
	EXPECT_EQ(self->epoch + 1, self->scale.epoch);

	self->reading.is_local = true;
	go_on(self, 0);
	EXPECT_EQ(self->epoch + 2, self->scale.epoch);

	mono_scale_stop(&self->scale);
	go_on(self, 0);
	EXPECT_EQ(self->epoch + 3, self->scale.epoch);

	self->reading.raw_ns -= 10 * NS_PER_S;
	self->reading.time_ns -= 10 * NS_PER_S;
	mono_scale_update(&self->scale, &self->reading);
	EXPECT_EQ(self->epoch + 4, self->scale.epoch);
}

TEST_HARNESS_MAIN
