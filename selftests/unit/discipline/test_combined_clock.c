// SPDX-License-Identifier: GPL-2.0-only
/*
 * The combined clock: what remains of what sources taught that are not selected any more.
 */
#include "user/discipline/combined_clock.h"

#include <string.h>

#include "selftests/unit/unit.h"

#define US		1000LL
#define MS		1000000LL
#define S		1000000000LL
#define START_NS	(1800000000LL * S)
#define SOURCES		3

FIXTURE(clock) {
	struct combined_clock clock;
	struct source *source[SOURCES];
	struct timescale_now now;
	struct selection selection;
};

FIXTURE_SETUP(clock)
{
	memset(self, 0, sizeof(*self));
}

FIXTURE_TEARDOWN(clock)
{
}

/*
 * 8 s later a source answers, its requests having taken @late_ns longer. The first two are combined
 * with each other, and the third one with nobody.
 */
static void learn(FIXTURE_DATA(clock) *self, int number, int64_t delay_ns, int64_t late_ns)
{
	int64_t wobble_ns = self->now.raw_ns / S * 7919 % 4001;
	struct source_sample sample = {
		.offset_ns = late_ns / 2,
		.delay_ns = delay_ns + late_ns + wobble_ns,
		.epoch = 1,
		.stratum = 1,
	};

	self->now.raw_ns += 8 * S;
	self->now.reference_ns += 8 * S;
	sample.at_ns = self->now.reference_ns;
	source_polled(self->source[number], self->now.raw_ns);
	source_add(self->source[number], self->now.raw_ns, &sample);
	self->selection = (struct selection){
		.candidates = SOURCES,
		.low_ns = -2 * S,
		.high_ns = 2 * S,
		.place_low_ns = -2 * S,
		.place_high_ns = 2 * S,
		.selected = number,
		.count = number < 2 ? 2 : 1,
		.index = { number, !number },
	};
	combined_clock_learn(&self->clock, self->source, SOURCES, &self->selection, &self->now);
}

static double sigma_ns(const FIXTURE_DATA(clock) *self)
{
	struct estimate estimate = { .sigma_ns = -1 };

	estimator_get(self->clock.estimator, self->now.reference_ns, &estimate);

	return estimate.sigma_ns;
}

static void begin(FIXTURE_DATA(clock) *self)
{
	struct source_options options = { .minpoll = 4, .maxpoll = 4 };
	int i;

	combined_clock_init(&self->clock);
	for (i = 0; i < SOURCES; i++)
		self->source[i] = source_new(&options, START_NS);
	self->now.raw_ns = START_NS;
	self->now.reference_ns = START_NS;
	self->now.epoch = 1;
}

static void end(FIXTURE_DATA(clock) *self)
{
	int i;

	for (i = 0; i < SOURCES; i++)
		source_free(self->source[i]);
	combined_clock_exit(&self->clock);
}

/*
 * The nearest servers counted most, and then their requests take seconds. When that is seen to be
 * another route its asymmetry is not known any more, which must not be the clock's error for good
 * if another server is followed just then.
 */
TEST_F(clock, a_path_that_became_long_does_not_spoil_what_others_know)
{
	int late, i;

	for (late = 1; late < 40; late++) {
		begin(self);
		for (i = 0; i < 40; i++)
			learn(self, i % 2, 30 * US, 0);
		for (i = 0; i < late; i++)
			learn(self, i % 2, 30 * US, 2800 * MS);
		for (i = 0; i < 10; i++)
			learn(self, 2, 10 * MS, 0);
		EXPECT_GT((double)(10 * MS), sigma_ns(self))
			TH_LOG("after %d late answers", late);
		end(self);
	}
}

/* A source that has taught the clock turns out to be wrong, and no other one after it. */
TEST_F(clock, says_that_samples_were_weighed_anew)
{
	int i;

	begin(self);
	for (i = 0; i < 40; i++) {
		learn(self, i % 2, MS, 0);
		EXPECT_FALSE(self->clock.anew);
	}
	self->selection.selected = 0;
	self->selection.count = 1;
	self->selection.index[0] = 0;
	self->selection.wrong = 1ULL << 1;
	combined_clock_learn(&self->clock, self->source, SOURCES, &self->selection, &self->now);
	EXPECT_TRUE(self->clock.anew);
	combined_clock_learn(&self->clock, self->source, SOURCES, &self->selection, &self->now);
	EXPECT_FALSE(self->clock.anew);
	end(self);
}

TEST_HARNESS_MAIN
