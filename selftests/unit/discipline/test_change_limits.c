// SPDX-License-Identifier: GPL-2.0-only
/*
 * What makestep and maxchange allow, and which updates they count.
 */
#include "user/discipline/change_limits.h"

#include <errno.h>
#include <limits.h>

#include "core/line.h"
#include "selftests/unit/unit.h"

#define MS	1000000LL
#define S	(1000 * MS)

struct source {
	uint64_t serial;
	uint64_t received;
};

uint64_t source_serial(const struct source *source)
{
	return source->serial;
}

uint64_t source_received(const struct source *source)
{
	return source->received;
}

FIXTURE(limits) {
	struct change_limits limits;
	struct discipline_options options;
	struct selection selection;
	struct source near, far;
	enum discipline_step step;
};

FIXTURE_SETUP(limits)
{
	memset(self, 0, sizeof(*self));
	self->options.step_threshold_ns = S;
	self->options.step_limit = 3;
	self->options.maxchange_ignore = -1;
	self->selection.candidates = 1;
	self->near = (struct source){ .serial = 1, .received = 5 };
	self->far = (struct source){ .serial = 2, .received = 5 };
}

FIXTURE_TEARDOWN(limits)
{
}

/* An update that finds the clock so far off, with a bound of a tenth of that. */
static int update(FIXTURE_DATA(limits) *self, int64_t error_ns)
{
	bool counts = change_limits_has_news(&self->limits, &self->near, &self->selection);
	int err = change_limits_judge(&self->limits, &self->options, error_ns,
				      (double)chime_abs_sat(error_ns) / 10, counts, &self->step);

	if (self->step != DISCIPLINE_REFUSED)
		change_limits_count(&self->limits, counts);
	return err;
}

/* The same, of a new sample. */
static int measure(FIXTURE_DATA(limits) *self, int64_t error_ns)
{
	self->near.received++;
	return update(self, error_ns);
}

TEST_F(limits, a_sample_is_counted_once)
{
	EXPECT_TRUE(change_limits_has_news(&self->limits, &self->near, &self->selection));
	EXPECT_FALSE(change_limits_has_news(&self->limits, &self->near, &self->selection));
	self->near.received++;
	EXPECT_TRUE(change_limits_has_news(&self->limits, &self->near, &self->selection));
	EXPECT_FALSE(change_limits_has_news(&self->limits, &self->near, &self->selection));
}

TEST_F(limits, another_source_with_as_many_answers_is_news)
{
	EXPECT_TRUE(change_limits_has_news(&self->limits, &self->near, &self->selection));
	EXPECT_TRUE(change_limits_has_news(&self->limits, &self->far, &self->selection));
	EXPECT_TRUE(change_limits_has_news(&self->limits, &self->near, &self->selection));
}

TEST_F(limits, first_updates_step_and_later_ones_do_not)
{
	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(0, measure(self, -2 * S));
		EXPECT_EQ(DISCIPLINE_STEP, self->step);
	}
	EXPECT_EQ(0, measure(self, -2 * S));
	EXPECT_EQ(DISCIPLINE_NO_STEP, self->step);
	self->options.step_limit = -1;
	EXPECT_EQ(0, measure(self, -2 * S));
	EXPECT_EQ(DISCIPLINE_STEP, self->step);
}

/* A clock that is read 64 times a second has had them in a year. */
TEST_F(limits, no_number_of_updates_begins_anew)
{
	self->limits.updates = INT_MAX - 1;
	self->options.maxchange_ns = 10 * S;
	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(0, measure(self, 2 * S));
		EXPECT_EQ(DISCIPLINE_NO_STEP, self->step);
	}
	EXPECT_EQ(0, measure(self, 20 * S));
	EXPECT_EQ(DISCIPLINE_REFUSED, self->step);
	self->limits.refused = INT_MAX;
	self->options.maxchange_ignore = 3;
	EXPECT_EQ(-ERANGE, measure(self, 20 * S));
}

TEST_F(limits, no_update_steps_where_none_may)
{
	self->options.step_limit = 0;
	EXPECT_EQ(0, measure(self, -2 * S));
	EXPECT_EQ(DISCIPLINE_NO_STEP, self->step);
}

TEST_F(limits, an_update_without_news_takes_no_turn)
{
	for (int i = 0; i < 10; i++) {
		EXPECT_EQ(0, update(self, 2 * S));
		EXPECT_EQ(DISCIPLINE_STEP, self->step);
	}
	EXPECT_EQ(1, self->limits.updates);
}

TEST_F(limits, only_what_is_beyond_the_threshold_is_stepped)
{
	self->options.step_limit = -1;
	EXPECT_EQ(0, measure(self, S));
	EXPECT_EQ(DISCIPLINE_NO_STEP, self->step);
	EXPECT_EQ(0, measure(self, S + 1));
	EXPECT_EQ(DISCIPLINE_STEP, self->step);
	self->options.step_threshold_ns = 0;
	EXPECT_EQ(0, measure(self, 3600 * S));
	EXPECT_EQ(DISCIPLINE_NO_STEP, self->step);
	self->options.step_threshold_ns = 1;
	EXPECT_EQ(0, measure(self, -2));
	EXPECT_EQ(DISCIPLINE_STEP, self->step);
}

TEST_F(limits, a_step_needs_evidence)
{
	EXPECT_EQ(0, change_limits_judge(&self->limits, &self->options, 4 * S, 1e9, true,
					 &self->step));
	EXPECT_EQ(DISCIPLINE_NO_STEP, self->step);
	EXPECT_EQ(0, change_limits_judge(&self->limits, &self->options, 4 * S, 1e9 - 1, true,
					 &self->step));
	EXPECT_EQ(DISCIPLINE_STEP, self->step);
}

TEST_F(limits, a_step_that_was_not_made_is_given_back_once)
{
	for (int i = 0; i < 3; i++)
		measure(self, 2 * S);
	change_limits_return_step(&self->limits);
	change_limits_return_step(&self->limits);
	measure(self, 2 * S);
	EXPECT_EQ(DISCIPLINE_STEP, self->step);
	measure(self, 2 * S);
	EXPECT_EQ(DISCIPLINE_NO_STEP, self->step);
}

TEST_F(limits, an_update_that_does_not_count_gives_nothing_back)
{
	for (int i = 0; i < 3; i++)
		measure(self, 2 * S);
	change_limits_count(&self->limits, false);
	change_limits_return_step(&self->limits);
	measure(self, 2 * S);
	EXPECT_EQ(DISCIPLINE_NO_STEP, self->step);
}

TEST_F(limits, makestep_that_is_set_anew_counts_from_then_on)
{
	for (int i = 0; i < 5; i++)
		measure(self, 2 * S);
	change_limits_count_steps_anew(&self->limits);
	for (int i = 0; i < 3; i++) {
		measure(self, 2 * S);
		EXPECT_EQ(DISCIPLINE_STEP, self->step);
	}
	measure(self, 2 * S);
	EXPECT_EQ(DISCIPLINE_NO_STEP, self->step);
}

TEST_F(limits, maxchange_refuses_after_its_updates)
{
	self->options.maxchange_ns = S;
	self->options.maxchange_start = 2;
	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(0, measure(self, 2 * S));
		EXPECT_EQ(DISCIPLINE_STEP, self->step);
	}
	EXPECT_EQ(0, measure(self, 2 * S));
	EXPECT_EQ(DISCIPLINE_REFUSED, self->step);
	EXPECT_FALSE(change_limits_forbid(&self->limits, &self->options, -S));
	EXPECT_TRUE(change_limits_forbid(&self->limits, &self->options, -S - 1));
	self->limits.permitted = true;
	EXPECT_EQ(0, measure(self, 2 * S));
	EXPECT_EQ(DISCIPLINE_STEP, self->step);
	/* The least that can be set, and none. */
	self->limits.permitted = false;
	self->options.maxchange_ns = 1;
	EXPECT_TRUE(change_limits_forbid(&self->limits, &self->options, 2));
	self->options.maxchange_ns = 0;
	EXPECT_FALSE(change_limits_forbid(&self->limits, &self->options, 2));
}

TEST_F(limits, maxchange_ends_after_so_many_refusals)
{
	self->options.maxchange_ns = S;
	self->options.maxchange_ignore = 2;
	EXPECT_EQ(0, measure(self, 2 * S));
	EXPECT_EQ(0, update(self, 2 * S));
	EXPECT_EQ(0, measure(self, 2 * S));
	EXPECT_EQ(-ERANGE, measure(self, 2 * S));
	self->limits.refused = 0;
	self->options.maxchange_ignore = 0;
	EXPECT_EQ(-ERANGE, measure(self, 2 * S));
}

TEST_F(limits, what_one_source_counted_is_void_once_two_agree)
{
	for (int i = 0; i < 3; i++)
		measure(self, 2 * S);
	self->limits.refused = 7;
	self->selection.candidates = 3;
	self->selection.falsetickers = 2;
	measure(self, 2 * S);
	EXPECT_EQ(DISCIPLINE_NO_STEP, self->step);
	self->selection.falsetickers = 1;
	measure(self, 2 * S);
	EXPECT_EQ(DISCIPLINE_STEP, self->step);
	EXPECT_EQ(1, self->limits.updates);
	EXPECT_EQ(0, self->limits.refused);
	measure(self, 2 * S);
	EXPECT_EQ(2, self->limits.updates);
	measure(self, 2 * S);
	EXPECT_EQ(DISCIPLINE_STEP, self->step);
	measure(self, 2 * S);
	EXPECT_EQ(DISCIPLINE_NO_STEP, self->step);
}

TEST_HARNESS_MAIN
