// SPDX-License-Identifier: GPL-2.0-only
/*
 * The discipline: corrections, steps, limits of changes and the vote on the host.
 */
#include "user/discipline/discipline.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "selftests/unit/reused_memory.h"
#include "selftests/unit/unit.h"
#include "user/lib/time_units.h"

#define START_NS	(1800000000LL * NS_PER_S)
#define SOURCES		3

FIXTURE(discipline) {
	struct discipline_options options;
	struct discipline *discipline;
	struct discipline_result result;
	struct source *source[SOURCES];
	struct timescale_now now;
	int64_t offset_ns;		/* truth minus reference */
	int64_t falseticker_ns;		/* the last source minus the truth */
	int64_t ahead_ns;		/* the host minus the reference */
	int only;			/* so many sources answer; 0: all */
	int64_t far_ns;			/* further way to all servers but the first */
	int64_t near_ns;		/* further way to all servers */
	unsigned int leaps;		/* who announces a leap second, a bit each */
	unsigned int numbered;		/* whose pulses the timescale numbers */
};

FIXTURE_SETUP(discipline)
{
	struct source_options options = { .minpoll = 4, .maxpoll = 4 };
	int i;

	memset(self, 0, sizeof(*self));
	self->options = (struct discipline_options){
		.step_threshold_ns = NS_PER_S,
		.step_limit = 3,
		.maxclockerror = 1e-6,
		.maxdistance_ns = 3 * NS_PER_S,
	};
	self->discipline = discipline_new(&self->options);
	for (i = 0; i < SOURCES; i++)
		self->source[i] = source_new(&options, START_NS);
	self->leaps = 3;
	self->now.reference_ns = START_NS;
	self->now.realtime_ns = START_NS;
	self->now.time_ns = START_NS;
	self->now.maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
	self->now.epoch = 1;
}

FIXTURE_TEARDOWN(discipline)
{
	int i;

	for (i = 0; i < SOURCES; i++)
		source_free(self->source[i]);
	discipline_free(self->discipline);
}

static int select_and_update(struct discipline *discipline, struct source *const *sources,
			     size_t count, const struct timescale_now *now,
			     struct discipline_result *result)
{
	discipline_select(discipline, sources, count, now, &result->selection);
	return discipline_update(discipline, sources, count, now, result);
}

/* 16 s later every source answers: @self->offset_ns, across 200 us. */
static int poll_all(struct _test_data_discipline *self)
{
	int i;

	self->now.raw_ns += 16 * NS_PER_S;
	self->now.reference_ns += 16 * NS_PER_S;
	self->now.host_ns = self->now.reference_ns + self->ahead_ns;
	self->now.realtime_ns += 16 * NS_PER_S;
	self->now.time_ns = chime_line_eval(&self->result.correction, self->now.reference_ns);
	for (i = 0; i < (self->only ? self->only : SOURCES); i++) {
		struct source_sample sample = {
			.at_ns = self->now.reference_ns,
			.offset_ns = self->offset_ns + i * 1000 +
				     (i == SOURCES - 1) * self->falseticker_ns,
			.delay_ns = 200000 + self->now.raw_ns / NS_PER_S * 31 % 4000 +
				    self->near_ns + (i ? self->far_ns : 0),
			.refid = 100 + i,
			.epoch = self->now.epoch,
			.stratum = 2,
			.leap = self->leaps >> i & 1,
			.numbered = self->numbered >> i & 1,
		};

		source_polled(self->source[i], self->now.raw_ns);
		source_add(self->source[i], self->now.raw_ns, &sample);
	}
	return select_and_update(self->discipline, self->source, SOURCES, &self->now,
				 &self->result);
}

TEST_F(discipline, nothing_follows_from_nothing)
{
	ASSERT_EQ(0, select_and_update(self->discipline, self->source, SOURCES, &self->now,
				       &self->result));
	EXPECT_FALSE(self->result.changed);
	EXPECT_FALSE(self->result.synchronised);
	EXPECT_EQ(16, self->result.stratum);
	EXPECT_EQ(-1, self->result.selection.selected);
}

/* A reload, or another server of a pool, changes the order of the sources. */
TEST_F(discipline, the_selected_source_stays_selected_at_another_place)
{
	struct source *selected, **place;
	int i;

	for (i = 0; i < 8; i++)
		poll_all(self);
	ASSERT_LE(0, self->result.selection.selected);
	place = &self->source[self->result.selection.selected];
	selected = *place;
	*place = self->source[1];
	self->source[1] = selected;
	poll_all(self);
	EXPECT_EQ(selected, self->source[self->result.selection.selected]);
}

TEST_F(discipline, a_copied_server_gives_us_its_stratum)
{
	struct source_options options = { .minpoll = 4, .maxpoll = 4, .copy = true };

	for (int i = 0; i < SOURCES; i++) {
		source_free(self->source[i]);
		self->source[i] = source_new(&options, START_NS);
	}
	ASSERT_EQ(0, poll_all(self));
	EXPECT_TRUE(self->result.synchronised);
	EXPECT_EQ(2, self->result.stratum);
}

TEST_F(discipline, correction_is_the_truth_within_its_bound)
{
	int64_t error_ns;

	self->offset_ns = 7 * 86400 * NS_PER_S;
	ASSERT_EQ(0, poll_all(self));
	EXPECT_TRUE(self->result.changed);
	EXPECT_TRUE(self->result.jump);
	EXPECT_TRUE(self->result.synchronised);
	EXPECT_EQ(3, self->result.stratum);
	EXPECT_EQ(1, self->result.leap);
	ASSERT_TRUE(chime_line_valid(&self->result.correction));
	error_ns = llabs(chime_line_offset(&self->result.correction, self->now.reference_ns) -
			 self->offset_ns);
	EXPECT_LE(error_ns, chime_line_maxerror(&self->result.correction,
						self->now.reference_ns));
	EXPECT_LT(error_ns, 10000);
	EXPECT_GE(chime_line_maxerror(&self->result.correction, self->now.reference_ns), 100000);
}

/* The near server is selected, and has no more to say of leap seconds than others. */
TEST_F(discipline, leap_seconds_are_counted_by_heads)
{
	self->far_ns = 2000000;
	self->leaps = 1;
	ASSERT_EQ(0, poll_all(self));
	ASSERT_EQ(0, poll_all(self));
	EXPECT_EQ(0, self->result.selection.selected);
	EXPECT_EQ(0, self->result.leap);
	self->leaps = 6;
	ASSERT_EQ(0, poll_all(self));
	EXPECT_EQ(0, self->result.selection.selected);
	EXPECT_EQ(1, self->result.leap);
}

/* What the others announce counts for nothing beside it, as in selection. */
TEST_F(discipline, trusted_source_alone_has_a_say_of_leap_seconds)
{
	struct source_options options = { .minpoll = 4, .maxpoll = 4, .trust = true };

	source_free(self->source[1]);
	self->source[1] = source_new(&options, START_NS);
	self->leaps = 5;
	ASSERT_EQ(0, poll_all(self));
	ASSERT_EQ(0, poll_all(self));
	EXPECT_EQ(0, self->result.leap);
	self->leaps = 2;
	ASSERT_EQ(0, poll_all(self));
	EXPECT_EQ(1, self->result.leap);
}

/* Who has no date of his own does not deny one. */
TEST_F(discipline, pulses_announce_no_leap_second)
{
	self->leaps = 1;
	self->numbered = ~1u;
	ASSERT_EQ(0, poll_all(self));
	EXPECT_EQ(1, self->result.leap);
}

TEST_F(discipline, steps_only_in_the_first_updates_and_above_the_threshold)
{
	int i;

	self->offset_ns = 2 * NS_PER_S;
	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, poll_all(self));
		EXPECT_EQ(i < 3 ? DISCIPLINE_STEP : DISCIPLINE_NO_STEP, self->result.step);
		EXPECT_LT(llabs(self->result.step_ns - self->offset_ns), 10000);
	}
}

/* As where another program has just set the clock: the steps that are left are to be of use. */
TEST_F(discipline, steps_that_could_not_be_made_are_left)
{
	int i;

	self->offset_ns = 2 * NS_PER_S;
	for (i = 0; i < 8; i++) {
		ASSERT_EQ(0, poll_all(self));
		EXPECT_EQ(i < 5 ? DISCIPLINE_STEP : DISCIPLINE_NO_STEP, self->result.step);
		if (i >= 2)
			continue;
		discipline_return_step(self->discipline);
		/* One of them once. */
		discipline_return_step(self->discipline);
	}
}

/* Nor is more left than was spent, where no source has answered. */
TEST_F(discipline, steps_that_were_not_spent_are_not_returned)
{
	int i;

	self->offset_ns = 2 * NS_PER_S;
	ASSERT_EQ(0, poll_all(self));
	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, select_and_update(self->discipline, self->source, SOURCES, &self->now,
					       &self->result));
		EXPECT_EQ(DISCIPLINE_STEP, self->result.step);
		discipline_return_step(self->discipline);
	}
	for (i = 1; i < 5; i++) {
		ASSERT_EQ(0, poll_all(self));
		EXPECT_EQ(i < 3 ? DISCIPLINE_STEP : DISCIPLINE_NO_STEP, self->result.step);
	}
}

/* As where an epoch begins between the reading of the clocks and the correction. */
TEST_F(discipline, what_could_not_be_set_is_measured_again)
{
	const struct reference_change change = { .shift_ns = -5 * NS_PER_S };

	ASSERT_EQ(0, poll_all(self));
	EXPECT_TRUE(self->result.measured);
	discipline_return_sample(self->discipline);
	discipline_change_reference(self->discipline, &change);
	self->now.epoch = 2;
	for (int i = 0; i < SOURCES; i++)
		source_change_reference(self->source[i], 2, &change);
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, select_and_update(self->discipline, self->source, SOURCES, &self->now,
					       &self->result));
		EXPECT_TRUE(self->result.changed);
		EXPECT_EQ(!i, self->result.measured);
	}
	/* What was measured before a disruption confirms nothing after it. */
	discipline_return_sample(self->discipline);
	self->now.disruptions++;
	ASSERT_EQ(0, select_and_update(self->discipline, self->source, SOURCES, &self->now,
				       &self->result));
	EXPECT_FALSE(self->result.measured);
}

/* A source that is lost, or an answer of one that is not selected, is no new word. */
TEST_F(discipline, only_updates_with_a_new_sample_count)
{
	int i;

	self->options.maxchange_ns = NS_PER_S;
	self->options.maxchange_start = 2;
	self->options.maxchange_ignore = 1;
	discipline_set_options(self->discipline, &self->options);
	ASSERT_EQ(0, poll_all(self));
	for (i = 0; i < 10; i++)
		ASSERT_EQ(0, select_and_update(self->discipline, self->source, SOURCES, &self->now,
					       &self->result));
	EXPECT_FALSE(discipline_forbids(self->discipline, INT64_MAX));
	self->now.realtime_ns -= 2 * NS_PER_S;
	ASSERT_EQ(0, select_and_update(self->discipline, self->source, SOURCES, &self->now,
				       &self->result));
	EXPECT_EQ(DISCIPLINE_STEP, self->result.step);

	ASSERT_EQ(0, poll_all(self));
	EXPECT_TRUE(discipline_forbids(self->discipline, INT64_MAX));
	for (i = 0; i < 10; i++) {
		EXPECT_EQ(0, select_and_update(self->discipline, self->source, SOURCES, &self->now,
					       &self->result));
		EXPECT_EQ(DISCIPLINE_REFUSED, self->result.step);
	}
	EXPECT_EQ(0, poll_all(self));
	EXPECT_EQ(-ERANGE, poll_all(self));
}

/* What one of them did while the others were silent. */
TEST_F(discipline, majority_may_still_step_when_one_alone_was_followed_before)
{
	int i;

	self->only = 1;
	for (i = 0; i < 8; i++)
		ASSERT_EQ(0, poll_all(self));
	self->only = 0;
	self->now.realtime_ns -= 3600 * NS_PER_S;
	ASSERT_EQ(0, poll_all(self));
	EXPECT_EQ(DISCIPLINE_STEP, self->result.step);
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, poll_all(self));
	EXPECT_EQ(DISCIPLINE_STEP, self->result.step);
	ASSERT_EQ(0, poll_all(self));
	EXPECT_EQ(DISCIPLINE_NO_STEP, self->result.step);
}

TEST_F(discipline, small_errors_are_not_stepped)
{
	self->offset_ns = NS_PER_S / 2;
	ASSERT_EQ(0, poll_all(self));
	EXPECT_EQ(DISCIPLINE_NO_STEP, self->result.step);
	EXPECT_TRUE(self->result.changed);
}

TEST_F(discipline, maxchange_refuses_and_ends)
{
	int i;

	self->options.maxchange_ns = NS_PER_S;
	self->options.maxchange_start = 1;
	self->options.maxchange_ignore = 2;
	discipline_set_options(self->discipline, &self->options);
	self->offset_ns = 2 * NS_PER_S;
	ASSERT_EQ(0, poll_all(self));
	EXPECT_EQ(DISCIPLINE_STEP, self->result.step);
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(0, poll_all(self));
		EXPECT_EQ(DISCIPLINE_REFUSED, self->result.step);
		EXPECT_FALSE(self->result.changed);
	}
	EXPECT_EQ(-ERANGE, poll_all(self));
}

TEST_F(discipline, operator_has_the_change_made_that_maxchange_refused)
{
	int i;

	self->options.maxchange_ns = NS_PER_S / 10;
	self->options.maxchange_ignore = -1;
	discipline_set_options(self->discipline, &self->options);
	ASSERT_EQ(0, poll_all(self));
	self->now.maxerror_ns = 100000;
	self->offset_ns = NS_PER_S / 2;
	discipline_change_reference(self->discipline, &REFERENCE_JUMPED);
	for (i = 0; i < SOURCES; i++)
		source_change_reference(self->source[i], 1, &REFERENCE_JUMPED);
	ASSERT_EQ(0, poll_all(self));
	EXPECT_EQ(DISCIPLINE_REFUSED, self->result.step);
	EXPECT_LE(NS_PER_S / 2, self->result.reach_ns);
	EXPECT_GE(NS_PER_S / 2 + 1000000, self->result.reach_ns);
	discipline_permit(self->discipline, true);
	ASSERT_EQ(0, select_and_update(self->discipline, self->source, SOURCES, &self->now,
				       &self->result));
	EXPECT_TRUE(self->result.changed);
	EXPECT_TRUE(self->result.jump);
	EXPECT_LT(llabs(self->result.step_ns - self->offset_ns), 10000);
	discipline_permit(self->discipline, false);
	EXPECT_TRUE(discipline_forbids(self->discipline, NS_PER_S / 2));
}

TEST_F(discipline, maxchange_forbids_once_it_has_started)
{
	EXPECT_FALSE(discipline_forbids(self->discipline, INT64_MAX));
	self->options.maxchange_ns = NS_PER_S;
	self->options.maxchange_start = 1;
	discipline_set_options(self->discipline, &self->options);
	EXPECT_FALSE(discipline_forbids(self->discipline, INT64_MAX));
	ASSERT_EQ(0, poll_all(self));
	EXPECT_FALSE(discipline_forbids(self->discipline, -NS_PER_S));
	EXPECT_TRUE(discipline_forbids(self->discipline, -NS_PER_S - 1));
	EXPECT_TRUE(discipline_forbids(self->discipline, INT64_MIN));
}

TEST_F(discipline, jumps_when_much_is_wrong_and_slews_else)
{
	int i;

	ASSERT_EQ(0, poll_all(self));
	EXPECT_TRUE(self->result.jump);
	self->now.maxerror_ns = 100000;
	ASSERT_EQ(0, poll_all(self));
	EXPECT_FALSE(self->result.jump);
	self->offset_ns = 20 * NS_PER_S;
	for (i = 0; i < 8 && !self->result.jump; i++)
		ASSERT_EQ(0, poll_all(self));
	EXPECT_TRUE(self->result.jump);
}

TEST_F(discipline, rebase_makes_the_next_a_first_one)
{
	int i;

	ASSERT_EQ(0, poll_all(self));
	self->now.maxerror_ns = 100000;
	discipline_change_reference(self->discipline, &REFERENCE_JUMPED);
	self->now.epoch = 2;
	for (i = 0; i < SOURCES; i++)
		source_change_reference(self->source[i], 2, &REFERENCE_JUMPED);
	self->offset_ns = 600 * NS_PER_S;
	ASSERT_EQ(0, poll_all(self));
	EXPECT_TRUE(self->result.jump);
	EXPECT_LT(llabs(chime_line_offset(&self->result.correction, self->now.reference_ns) -
			self->offset_ns), 10000);
}

TEST_F(discipline, known_step_of_the_reference_loses_nothing)
{
	const struct reference_change change = { .shift_ns = -5 * NS_PER_S };
	int i;

	for (i = 0; i < 10; i++)
		ASSERT_EQ(0, poll_all(self));
	self->now.maxerror_ns = 100000;
	self->offset_ns = 5 * NS_PER_S;
	discipline_change_reference(self->discipline, &change);
	self->now.epoch = 2;
	for (i = 0; i < SOURCES; i++)
		source_change_reference(self->source[i], 2, &change);
	ASSERT_EQ(0, poll_all(self));
	EXPECT_LT(llabs(chime_line_offset(&self->result.correction, self->now.reference_ns) -
			self->offset_ns), 5000);
	EXPECT_LT(chime_line_sigma(&self->result.correction, self->now.reference_ns), 5000);
}

/* Raw was the reference, and the host, which started later and runs fast, is from now on. */
TEST_F(discipline, change_of_kind_is_continuous)
{
	const int64_t host_ns = START_NS / 2;
	struct reference_change change = { .rate = 20e-6 };
	int64_t raw_ns, time_ns, bound_ns;
	double rate, rate_sigma;
	int i;

	for (i = 0; i < 20; i++)
		ASSERT_EQ(0, poll_all(self));
	ASSERT_TRUE(discipline_get_rate(self->discipline, &rate, &rate_sigma));
	self->now.maxerror_ns = 100000;
	raw_ns = self->now.reference_ns;
	time_ns = chime_line_eval(&self->result.correction, raw_ns);
	bound_ns = chime_line_maxerror(&self->result.correction, raw_ns);

	change.at_ns = raw_ns;
	change.shift_ns = host_ns - raw_ns;
	discipline_change_reference(self->discipline, &change);
	for (i = 0; i < SOURCES; i++)
		source_change_reference(self->source[i], 2, &change);
	self->now.epoch = 2;
	self->now.has_host = true;
	self->now.reference_ns = host_ns;
	self->now.time_ns = time_ns;
	ASSERT_EQ(0, select_and_update(self->discipline, self->source, SOURCES, &self->now,
				       &self->result));
	EXPECT_TRUE(self->result.changed);
	EXPECT_FALSE(self->result.jump);
	EXPECT_LE(llabs(chime_line_eval(&self->result.correction, host_ns) - time_ns), 5);
	EXPECT_LE(chime_line_maxerror(&self->result.correction, host_ns), bound_ns + 5);
	ASSERT_TRUE(discipline_get_rate(self->discipline, &rate, &rate_sigma));
	EXPECT_LT(fabs(rate + 20e-6), 1e-6);

	/* The sources go on by the new clock. */
	self->offset_ns = raw_ns - host_ns;
	for (i = 0; i < 20; i++) {
		self->now.reference_ns += 320000;
		self->offset_ns -= 320000;
		ASSERT_EQ(0, poll_all(self));
		EXPECT_LT(llabs(chime_line_offset(&self->result.correction,
						  self->now.reference_ns) - self->offset_ns),
			  5000);
		EXPECT_FALSE(self->result.jump);
	}
}

TEST_F(discipline, holds_over_when_nobody_answers)
{
	int64_t before_ns;
	int i, j;

	for (i = 0; i < 10; i++)
		ASSERT_EQ(0, poll_all(self));
	before_ns = chime_line_maxerror(&self->result.correction, self->now.reference_ns);
	for (j = 0; j < 9; j++)
		for (i = 0; i < SOURCES; i++)
			source_polled(self->source[i], self->now.raw_ns);
	self->now.reference_ns += 3600 * NS_PER_S;
	ASSERT_EQ(0, select_and_update(self->discipline, self->source, SOURCES, &self->now,
				       &self->result));
	EXPECT_TRUE(self->result.synchronised);
	EXPECT_GT(chime_line_maxerror(&self->result.correction, self->now.reference_ns),
		  before_ns);
}

/* The last source goes astray by @rate (ns per second) until it is excluded. */
static void lead_astray(struct _test_data_discipline *self, struct __test_metadata *_metadata,
			int64_t rate)
{
	int i;

	for (i = 0; i < 200 && !(self->result.selection.wrong & 1 << (SOURCES - 1)); i++) {
		self->falseticker_ns += 16 * rate;
		ASSERT_EQ(0, poll_all(self));
	}
	ASSERT_NE(0, self->result.selection.wrong & 1 << (SOURCES - 1));
}

static int64_t error_ns(struct _test_data_discipline *self)
{
	return llabs(chime_line_offset(&self->result.correction, self->now.reference_ns) -
		     self->offset_ns);
}

TEST_F(discipline, what_a_falseticker_taught_is_forgotten)
{
	int i;

	for (i = 0; i < 50; i++)
		ASSERT_EQ(0, poll_all(self));
	for (i = 0; i < 3; i++) {
		lead_astray(self, _metadata, 2000);
		EXPECT_LT(error_ns(self), 1500);
		EXPECT_LT(llabs(self->result.correction.rate_q32), (int64_t)(1e-9 * 4294967296));
		EXPECT_EQ(2, self->result.selection.count);
		/* Who is right for one sample only has not become right. */
		self->falseticker_ns = 0;
		ASSERT_EQ(0, poll_all(self));
		EXPECT_EQ(2, self->result.selection.count);
		while (self->result.selection.count == 2)
			ASSERT_EQ(0, poll_all(self));
		EXPECT_LT(error_ns(self), 1500);
	}
}

/* A new source where @old was in memory. */
static struct source *replace_in_place(struct source *old)
{
	struct source_options options = *source_get_options(old);
	struct source *source;

	leaving = old;
	source_free(old);
	source = source_new(&options, START_NS);
	leaving = NULL;
	return source;
}

/* A pool replaces a source, and the next one gets its memory. */
TEST_F(discipline, what_another_taught_is_no_fault_of_the_one_in_its_place)
{
	struct source_status status;
	struct source *before;
	int i;

	for (i = 0; i < 20; i++)
		ASSERT_EQ(0, poll_all(self));
	ASSERT_EQ(SOURCES, self->result.selection.count);
	before = self->source[SOURCES - 1];
	self->source[SOURCES - 1] = replace_in_place(before);
	ASSERT_EQ(before, self->source[SOURCES - 1]);
	self->falseticker_ns = NS_PER_S;
	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, poll_all(self));
	ASSERT_NE(0, self->result.selection.wrong & 1 << (SOURCES - 1));
	source_get_status(self->source[SOURCES - 1], self->now.reference_ns, &status);
	EXPECT_FALSE(status.distrusted);
}

/* @later_ns later one source answers, by @falseticker_ns wrong. */
static int poll_one(struct _test_data_discipline *self, int i, int64_t later_ns,
		    int64_t falseticker_ns)
{
	struct source_sample sample = {
		.offset_ns = self->offset_ns + falseticker_ns,
		.delay_ns = 200000 + (i ? self->far_ns : 0),
		.refid = 100 + i,
		.epoch = self->now.epoch,
		.stratum = 2,
	};

	self->now.raw_ns += later_ns;
	self->now.reference_ns += later_ns;
	self->now.realtime_ns += later_ns;
	self->now.time_ns = chime_line_eval(&self->result.correction, self->now.reference_ns);
	sample.at_ns = self->now.reference_ns;
	source_polled(self->source[i], self->now.raw_ns);
	source_add(self->source[i], self->now.raw_ns, &sample);
	return select_and_update(self->discipline, self->source, SOURCES, &self->now,
				 &self->result);
}

/*
 * The nearest of three jumps, within what the others allow, and is back before most have answered.
 * What the combined clock makes of that is a rate that no oscillator turns to.
 */
TEST_F(discipline, rate_that_nothing_turns_to_is_in_the_bound)
{
	int64_t error_ns, at_ns;
	int i, s;

	self->far_ns = 60000000;
	for (i = 0; i < 30; i++)
		ASSERT_EQ(0, poll_all(self));
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, poll_one(self, 0, 2 * NS_PER_S, 24000000));
	ASSERT_EQ(0, poll_one(self, 1, 11 * NS_PER_S, 0));
	ASSERT_EQ(0, poll_one(self, 2, 4 * NS_PER_S, 0));
	for (s = 0; s < 64; s++) {
		at_ns = self->now.reference_ns + s * NS_PER_S;
		error_ns = llabs(chime_line_offset(&self->result.correction, at_ns) -
				 self->offset_ns);
		EXPECT_LE(error_ns, chime_line_maxerror(&self->result.correction, at_ns));
	}
}

/*
 * 16 s later the near source answers, wrong by @wrong_ns, and the others across a way that is
 * longer by @self->far_ns: what they leave open includes the near one.
 */
static int poll_near(struct _test_data_discipline *self, int64_t wrong_ns)
{
	int i;

	if (poll_one(self, 0, 16 * NS_PER_S, wrong_ns))
		return -EINVAL;
	for (i = 1; i < SOURCES - 1; i++)
		if (poll_one(self, i, 0, 0))
			return -EINVAL;
	return poll_one(self, i, 0, 0);
}

/* The near server has the clock at one end of where the others have the truth. */
static void put_clock_at_one_end(struct __test_metadata *_metadata,
				 struct _test_data_discipline *self, int64_t wrong_ns)
{
	const struct chime_line *line = &self->result.correction;
	const struct selection *selection = &self->result.selection;
	int i;

	self->far_ns = 2000000;
	for (i = 0; i < 10; i++)
		ASSERT_EQ(0, poll_near(self, wrong_ns));
	ASSERT_EQ(0, selection->falsetickers);
	/* 2 ms wide, and the clock within 0.4 ms of one end */
	EXPECT_LT(1500000, line->maxerror_ns);
	EXPECT_GT(2200000, line->maxerror_ns);
	EXPECT_LE(selection->high_ns - line->offset_ns, line->maxerror_ns);
	EXPECT_LE(line->offset_ns - selection->low_ns, line->maxerror_ns);
}

TEST_F(discipline, bound_reaches_the_low_end_of_the_intersection)
{
	put_clock_at_one_end(_metadata, self, 900000);
}

TEST_F(discipline, bound_reaches_the_high_end_of_the_intersection)
{
	put_clock_at_one_end(_metadata, self, -900000);
}

/*
 * The near server runs off, well inside of what the others leave open, and the clock runs along.
 * Where the others will have the truth is in the bound for as long as nobody answers any more.
 */
static void run_off(struct __test_metadata *_metadata, struct _test_data_discipline *self,
		    double rate)
{
	const struct selection_terms terms = { .previous = -1 };
	const struct chime_line *line = &self->result.correction;
	int64_t at_ns, clock_ns, low_ns, high_ns, far_ns;
	int i, s;

	self->far_ns = 20000000;
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, poll_near(self, llrint(rate * 16e9 * i)));
	ASSERT_TRUE(chime_line_valid(line));
	for (s = 0; s <= 128; s += 8) {
		at_ns = self->now.reference_ns + s * NS_PER_S;
		clock_ns = chime_line_offset(line, at_ns);
		ASSERT_TRUE(source_select_foresee(self->source, SOURCES, at_ns, &terms, &low_ns,
						  &high_ns));
		far_ns = high_ns - clock_ns > clock_ns - low_ns ? high_ns - clock_ns :
								  clock_ns - low_ns;
		/* But for rounding, and not by much more. */
		EXPECT_LE(far_ns, chime_line_maxerror(line, at_ns) + 10);
		EXPECT_GE(far_ns * 1.02, chime_line_maxerror(line, at_ns));
	}
}

TEST_F(discipline, bound_holds_the_majority_while_the_clock_runs_ahead)
{
	run_off(_metadata, self, 20e-6);
}

TEST_F(discipline, bound_holds_the_majority_while_the_clock_falls_behind)
{
	run_off(_metadata, self, -20e-6);
}

/* What the errors are stated to grow to is what the filter knows by then without a sample. */
TEST_F(discipline, errors_grow_as_the_estimate_ages)
{
	struct source_options options = { .kind = SOURCE_REFCLOCK };
	const struct chime_line *line = &self->result.correction;
	struct source *refclock = source_new(&options, START_NS);
	struct source_sample sample = { .noise_ns = 1000, .epoch = 1 };
	struct chime_line stated;
	int64_t at_ns;
	int i;

	/* Ten readings teach little of the rate: that is what the errors grow by. */
	for (i = 0; i < 10; i++) {
		self->now.raw_ns += NS_PER_S;
		self->now.reference_ns += NS_PER_S;
		sample.at_ns = self->now.reference_ns;
		sample.offset_ns = i * 37 % 101 * 10 - 500;
		source_polled(refclock, self->now.raw_ns);
		ASSERT_EQ(0, source_add(refclock, self->now.raw_ns, &sample));
		ASSERT_EQ(0, select_and_update(self->discipline, &refclock, 1, &self->now,
					       &self->result));
	}
	stated = *line;
	EXPECT_LT(0, stated.sigma_rate_q32);
	for (i = 1; i <= 2; i++) {
		self->now.raw_ns += NS_PER_S;
		self->now.reference_ns += NS_PER_S;
		at_ns = self->now.reference_ns;
		self->now.maxerror_ns = 1;
		ASSERT_EQ(0, select_and_update(self->discipline, &refclock, 1, &self->now,
					       &self->result));
		/* The standard error as far as the next sample, the bound as far as its horizon. */
		if (i == 1)
			EXPECT_LE(llabs(chime_line_sigma(&stated, at_ns) - line->sigma_ns), 2);
		EXPECT_LE(5 * line->sigma_ns, chime_line_maxerror(&stated, at_ns) + 5);
	}
	source_free(refclock);
}

/*
 * A refclock's bound is its statistics, and a reading comes every second: what nobody could learn
 * in two minutes is no part of it before they have passed. Once they have, it is, however often
 * the line was renewed in between.
 */
TEST_F(discipline, bound_of_a_refclock_grows_as_long_as_it_is_silent)
{
	struct source_options options = { .kind = SOURCE_REFCLOCK };
	const struct chime_line *line = &self->result.correction;
	struct source *refclock = source_new(&options, START_NS);
	struct source_sample sample = { .noise_ns = 100, .epoch = 1 };
	int64_t next_ns, before_ns;
	int i;

	for (i = 0; i < 600; i++) {
		self->now.raw_ns += NS_PER_S;
		self->now.reference_ns += NS_PER_S;
		sample.at_ns = self->now.reference_ns;
		sample.offset_ns = i * 37 % 101 - 50;
		source_polled(refclock, self->now.raw_ns);
		ASSERT_EQ(0, source_add(refclock, self->now.raw_ns, &sample));
		ASSERT_EQ(0, select_and_update(self->discipline, &refclock, 1, &self->now,
					       &self->result));
	}
	next_ns = chime_line_maxerror(line, sample.at_ns + NS_PER_S);
	EXPECT_LT(next_ns - chime_line_maxerror(line, sample.at_ns), 50);
	/* An oscillator may have turned by 1 ppm within 256 s: 94 us. Nobody renews it, ... */
	EXPECT_GT(chime_line_maxerror(line, sample.at_ns + 256 * NS_PER_S), 94000);
	/* ... or somebody does so all the time. */
	for (i = 0; i < 256; i++) {
		self->now.raw_ns += NS_PER_S;
		self->now.reference_ns += NS_PER_S;
		before_ns = chime_line_maxerror(line, self->now.reference_ns);
		self->now.maxerror_ns = before_ns;
		ASSERT_EQ(0, select_and_update(self->discipline, &refclock, 1, &self->now,
					       &self->result));
		EXPECT_GE(line->maxerror_ns, before_ns);
	}
	EXPECT_GT(line->maxerror_ns, 94000);
	EXPECT_LT(line->maxerror_ns, 400000);
	source_free(refclock);
}

/*
 * Two servers whose intervals hardly meet leave the truth a microsecond, if both are right. That is
 * less than what their samples' scatter leaves of it: the bound is never below five sigmas.
 */
TEST_F(discipline, bound_is_no_less_than_five_sigmas)
{
	const struct chime_line *line = &self->result.correction;
	const struct selection *selection = &self->result.selection;
	int narrow = 0, i, j;

	for (i = 0; i < 40; i++) {
		self->now.raw_ns += 16 * NS_PER_S;
		self->now.reference_ns += 16 * NS_PER_S;
		for (j = 0; j < 2; j++) {
			struct source_sample sample = {
				.at_ns = self->now.reference_ns,
				.offset_ns = j * 206000 + i * 37 % 11 * 1000,
				.delay_ns = 200000 + i * 53 % 13 * 1000,
				.refid = 100 + j,
				.epoch = 1,
				.stratum = 1,
			};

			source_polled(self->source[j], self->now.raw_ns);
			source_add(self->source[j], self->now.raw_ns, &sample);
		}
		ASSERT_EQ(0, select_and_update(self->discipline, self->source, 2, &self->now,
					       &self->result));
		if (selection->selected < 0)
			continue;
		EXPECT_LE(5 * line->sigma_ns, line->maxerror_ns + 5);
		narrow += selection->high_ns - selection->low_ns < 5 * line->sigma_ns;
	}
	/* The intersection alone would have been narrower in some of them. */
	EXPECT_LT(0, narrow);
}

TEST_F(discipline, nothing_that_the_timescale_doubts_is_known_without_a_sample)
{
	int i;

	for (i = 0; i < 10; i++)
		ASSERT_EQ(0, poll_all(self));
	self->now.maxerror_ns = 50000000;
	ASSERT_EQ(0, select_and_update(self->discipline, self->source, SOURCES, &self->now,
				       &self->result));
	ASSERT_TRUE(self->result.changed);
	EXPECT_EQ(50000000, self->result.correction.maxerror_ns);
	ASSERT_EQ(0, poll_all(self));
	EXPECT_LT(self->result.correction.maxerror_ns, 200000);
}

TEST_F(discipline, is_suspect_beside_a_timescale_that_is_far_less_sure)
{
	int i;

	self->now.sigma_ns = NS_PER_S;
	EXPECT_FALSE(discipline_is_suspect(self->discipline, &self->now));
	for (i = 0; i < 10; i++)
		ASSERT_EQ(0, poll_all(self));
	EXPECT_TRUE(discipline_is_suspect(self->discipline, &self->now));
	/* What is being slewed in is known. */
	self->now.slew_ns = -NS_PER_S;
	EXPECT_FALSE(discipline_is_suspect(self->discipline, &self->now));
	self->now.slew_ns = 0;
	self->now.sigma_ns = self->result.correction.sigma_ns + 10000;
	EXPECT_FALSE(discipline_is_suspect(self->discipline, &self->now));
}

TEST_F(discipline, is_suspect_when_the_reference_went_back)
{
	int64_t here_ns;
	int i;

	for (i = 0; i < 10; i++)
		ASSERT_EQ(0, poll_all(self));
	here_ns = self->now.reference_ns;
	self->now.reference_ns = here_ns - NS_PER_S;
	EXPECT_FALSE(discipline_is_suspect(self->discipline, &self->now));
	self->now.reference_ns = here_ns - 3600LL * NS_PER_S;
	EXPECT_TRUE(discipline_is_suspect(self->discipline, &self->now));
	discipline_change_reference(self->discipline, &REFERENCE_JUMPED);
	EXPECT_FALSE(discipline_is_suspect(self->discipline, &self->now));
}

TEST_F(discipline, rate_is_remembered)
{
	double rate, rate_sigma;

	EXPECT_FALSE(discipline_get_rate(self->discipline, &rate, &rate_sigma));
	discipline_prime_rate(self->discipline, 30e-6, 1e-8);
	ASSERT_EQ(0, poll_all(self));
	ASSERT_TRUE(discipline_get_rate(self->discipline, &rate, &rate_sigma));
	EXPECT_LT(fabs(rate - 30e-6), 1e-6);
}

/*
 * Read from a file: 20 s of answers cannot tell a rate so well. But they do not say either that the
 * file is right.
 */
TEST_F(discipline, primed_rate_of_a_host_is_kept)
{
	double rate, rate_sigma;

	discipline_prime_rate(self->discipline, 30e-6, 1e-8);
	EXPECT_FALSE(discipline_rate_is_open(self->discipline));
	self->now.has_host = true;
	self->now.host_known = true;
	ASSERT_EQ(0, poll_all(self));
	ASSERT_TRUE(discipline_get_rate(self->discipline, &rate, &rate_sigma));
	EXPECT_LT(fabs(rate - 30e-6), 1e-7);
	EXPECT_LT(rate_sigma, 10e-6);
	EXPECT_TRUE(discipline_rate_is_open(self->discipline));
}

TEST_F(discipline, lying_host_is_set_aside_and_taken_up_again)
{
	int i;

	self->now.has_host = true;
	self->now.host_known = true;
	self->offset_ns = 30 * NS_PER_S;
	for (i = 0; i < 8 && !self->result.demote_host; i++)
		ASSERT_EQ(0, poll_all(self));
	EXPECT_TRUE(self->result.demote_host);
	self->now.has_host = false;
	self->ahead_ns = self->offset_ns;
	for (i = 0; i < 200 && !self->result.reinstate_host; i++)
		ASSERT_EQ(0, poll_all(self));
	EXPECT_TRUE(self->result.reinstate_host);
}

/* The process that demoted it has ended. */
TEST_F(discipline, host_that_was_set_aside_before_is_taken_up_again)
{
	int i;

	self->now.host_known = true;
	for (i = 0; i < 200; i++) {
		ASSERT_EQ(0, poll_all(self));
		ASSERT_FALSE(self->result.reinstate_host);
	}
	discipline_recall_outvoted_host(self->discipline);
	for (i = 0; i < 200 && !self->result.reinstate_host; i++)
		ASSERT_EQ(0, poll_all(self));
	EXPECT_TRUE(self->result.reinstate_host);
}

/* A host of which @stated_ns are stated, followed as it is. */
static int poll_beside_vouched_host(struct _test_data_discipline *self, int64_t stated_ns)
{
	self->now.has_host = true;
	self->now.host_known = true;
	self->now.maxerror_ns = 1000;
	self->now.host_maxerror_ns = stated_ns;
	return poll_all(self);
}

TEST_F(discipline, vouched_host_stands_beside_sources_that_agree)
{
	int i;

	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, poll_beside_vouched_host(self, 10000));
		EXPECT_FALSE(self->result.changed);
		EXPECT_TRUE(self->result.measured);
		EXPECT_TRUE(self->result.synchronised);
		EXPECT_EQ(DISCIPLINE_NO_STEP, self->result.step);
		EXPECT_EQ(VOUCHED_HOST_STANDS, self->result.vouched_host);
		EXPECT_EQ(3, self->result.stratum);
	}
}

TEST_F(discipline, sources_that_know_better_correct_a_vouched_host)
{
	ASSERT_EQ(0, poll_beside_vouched_host(self, NS_PER_S));
	EXPECT_TRUE(self->result.changed);
	EXPECT_EQ(VOUCHED_HOST_WORSE, self->result.vouched_host);
}

/* The first answer says where the clock is, but not at which rate it leaves that. */
TEST_F(discipline, sources_that_know_better_for_a_moment_do_not_correct_a_vouched_host)
{
	ASSERT_EQ(0, poll_beside_vouched_host(self, 1000000));
	EXPECT_EQ(VOUCHED_HOST_STANDS, self->result.vouched_host);
	ASSERT_EQ(0, poll_beside_vouched_host(self, 1000000));
	EXPECT_EQ(VOUCHED_HOST_WORSE, self->result.vouched_host);
}

/* The module follows the host again: that is for sources to change that have answered since. */
TEST_F(discipline, only_a_new_sample_corrects_a_vouched_host)
{
	ASSERT_EQ(0, poll_beside_vouched_host(self, NS_PER_S));
	EXPECT_EQ(VOUCHED_HOST_WORSE, self->result.vouched_host);
	self->now.time_ns = self->now.host_ns;
	ASSERT_EQ(0, select_and_update(self->discipline, self->source, SOURCES, &self->now,
				       &self->result));
	EXPECT_EQ(VOUCHED_HOST_STANDS, self->result.vouched_host);
	EXPECT_FALSE(self->result.changed);
	ASSERT_EQ(0, poll_beside_vouched_host(self, NS_PER_S));
	EXPECT_EQ(VOUCHED_HOST_WORSE, self->result.vouched_host);
	EXPECT_TRUE(self->result.changed);
	/* What contradicts it is still true. */
	self->now.host_ns += 2 * NS_PER_S;
	self->now.time_ns = self->now.host_ns;
	ASSERT_EQ(0, select_and_update(self->discipline, self->source, SOURCES, &self->now,
				       &self->result));
	EXPECT_EQ(VOUCHED_HOST_WRONG, self->result.vouched_host);
	EXPECT_EQ(0, self->result.disputed_ns);
	EXPECT_TRUE(self->result.changed);
}

/* The correction has ended, and the host has moved on: what was measured of it still holds. */
TEST_F(discipline, a_vouched_host_is_not_held_to_an_earlier_correction)
{
	int i;

	for (i = 0; i < 200; i++) {
		self->offset_ns += 16000;
		self->ahead_ns = self->offset_ns;
		ASSERT_EQ(0, poll_beside_vouched_host(self, i < 100 ? NS_PER_S : 10000));
		EXPECT_EQ(i < 100, self->result.changed);
	}
	EXPECT_FALSE(discipline_is_suspect(self->discipline, &self->now));
}

/* What was measured is from the future, whoever is followed. */
TEST_F(discipline, is_suspect_when_a_vouched_host_went_back)
{
	int i;

	for (i = 0; i < 10; i++)
		ASSERT_EQ(0, poll_beside_vouched_host(self, 10000));
	EXPECT_FALSE(self->result.changed);
	self->now.reference_ns -= 3600LL * NS_PER_S;
	EXPECT_TRUE(discipline_is_suspect(self->discipline, &self->now));
}

/* One alone is not even a source then. */
TEST_F(discipline, only_sources_that_agree_refute_what_is_stated)
{
	self->offset_ns = 10 * NS_PER_S;
	self->only = 1;
	ASSERT_EQ(0, poll_beside_vouched_host(self, 10000));
	EXPECT_EQ(VOUCHED_HOST_SUSPECT, self->result.vouched_host);
	EXPECT_LT(llabs(self->result.disputed_ns - 10 * NS_PER_S), NS_PER_S / 10);
	EXPECT_FALSE(self->result.changed);
	EXPECT_FALSE(self->result.synchronised);
	EXPECT_EQ(-1, self->result.selection.selected);
	self->only = 0;
	ASSERT_EQ(0, poll_beside_vouched_host(self, 10000));
	EXPECT_EQ(VOUCHED_HOST_WRONG, self->result.vouched_host);
	EXPECT_TRUE(self->result.changed);
	EXPECT_TRUE(self->result.synchronised);
}

/* The last source is a reference clock, ... */
static void use_refclock(struct _test_data_discipline *self, int64_t off_ns)
{
	const struct source_options options = {
		.minpoll = 4, .maxpoll = 4, .kind = SOURCE_REFCLOCK,
	};

	source_free(self->source[SOURCES - 1]);
	self->source[SOURCES - 1] = source_new(&options, START_NS);
	self->falseticker_ns = off_ns;
}

/* ... and it alone answers. */
static int poll_refclock(struct _test_data_discipline *self)
{
	struct source_sample sample = {
		.offset_ns = self->offset_ns + self->falseticker_ns,
		.noise_ns = 100,
		.epoch = self->now.epoch,
	};
	int i;

	self->now.raw_ns += 16 * NS_PER_S;
	self->now.reference_ns += 16 * NS_PER_S;
	self->now.realtime_ns += 16 * NS_PER_S;
	self->now.time_ns = chime_line_eval(&self->result.correction, self->now.reference_ns);
	sample.at_ns = self->now.reference_ns;
	for (i = 0; i < SOURCES - 1; i++) {
		source_polled(self->source[i], self->now.raw_ns - 2 * NS_PER_S);
		source_failed(self->source[i], self->now.raw_ns - NS_PER_S, -ETIMEDOUT);
		source_others_answered(self->source[i], self->now.raw_ns);
	}
	source_polled(self->source[i], self->now.raw_ns);
	source_add(self->source[i], self->now.raw_ns, &sample);
	return select_and_update(self->discipline, self->source, SOURCES, &self->now,
				 &self->result);
}

/* By how far the correction is off the truth, and by how far it may be. */
static int64_t error_of(const struct _test_data_discipline *self)
{
	return llabs(chime_line_offset(&self->result.correction, self->now.reference_ns) -
		     self->offset_ns);
}

static int64_t bound_of(const struct _test_data_discipline *self)
{
	return chime_line_maxerror(&self->result.correction, self->now.reference_ns);
}

/* It is 5 ms off, and was followed once the servers were lost, with a bound of microseconds. */
TEST_F(discipline, refuted_refclock_is_not_followed_when_the_servers_fall_silent)
{
	int64_t before_ns;
	int i;

	use_refclock(self, 5000000);
	for (i = 0; i < 20; i++)
		ASSERT_EQ(0, poll_all(self));
	before_ns = bound_of(self);
	for (i = 0; i < 225; i++) {
		ASSERT_EQ(0, poll_refclock(self));
		ASSERT_TRUE(self->result.synchronised);
		ASSERT_GE(bound_of(self), error_of(self));
	}
	EXPECT_LT(error_of(self), 200000);
	EXPECT_GT(bound_of(self), before_ns + 500000);
	/* One of the servers is enough then: nobody contradicts it. */
	self->only = 1;
	ASSERT_EQ(0, poll_all(self));
	EXPECT_TRUE(self->result.synchronised);
	EXPECT_LT(bound_of(self), before_ns + 500000);
}

TEST_F(discipline, refclock_is_told_of_once_when_it_is_refuted_and_cleared)
{
	int i, refuted = 0, cleared = 0;

	use_refclock(self, 5000000);
	for (i = 0; i < 50; i++) {
		ASSERT_EQ(0, poll_all(self));
		refuted += self->result.refclock_vote.refuted == 1ULL << (SOURCES - 1);
		cleared += !!self->result.refclock_vote.cleared;
	}
	EXPECT_EQ(1, refuted);
	EXPECT_EQ(0, cleared);
	self->falseticker_ns = 0;
	for (i = 0; i < 50; i++) {
		ASSERT_EQ(0, poll_all(self));
		cleared += self->result.refclock_vote.cleared == 1ULL << (SOURCES - 1);
	}
	EXPECT_EQ(1, cleared);
	for (i = 0; i < 30; i++)
		ASSERT_EQ(0, poll_refclock(self));
	EXPECT_EQ(SOURCES - 1, self->result.selection.selected);
}

/* Nobody has said anything against it. */
TEST_F(discipline, refclock_that_is_the_only_source_is_followed)
{
	use_refclock(self, 5000000);
	for (int i = 0; i < 20; i++)
		ASSERT_EQ(0, poll_refclock(self));
	EXPECT_TRUE(self->result.synchronised);
	EXPECT_EQ(SOURCES - 1, self->result.selection.selected);
}

/* A host with a stated bound is followed all the while, and the servers agree with it. */
TEST_F(discipline, refclock_is_refuted_beside_a_vouched_host)
{
	uint64_t refuted = 0;

	use_refclock(self, 5000000);
	for (int i = 0; i < 20; i++) {
		ASSERT_EQ(0, poll_beside_vouched_host(self, 10000));
		EXPECT_EQ(VOUCHED_HOST_STANDS, self->result.vouched_host);
		refuted |= self->result.refclock_vote.refuted;
	}
	EXPECT_EQ(1ULL << (SOURCES - 1), refuted);
}

/* Its changes of rate were taken out of the reference, which is right. */
TEST_F(discipline, host_that_ran_away_from_the_reference_is_set_aside)
{
	int i;

	self->now.has_host = true;
	self->now.host_known = true;
	self->ahead_ns = NS_PER_S / 20;
	for (i = 0; i < 8; i++) {
		ASSERT_EQ(0, poll_all(self));
		EXPECT_FALSE(self->result.demote_host);
	}
	self->ahead_ns = -NS_PER_S / 5;
	for (i = 0; i < 8 && !self->result.demote_host; i++)
		ASSERT_EQ(0, poll_all(self));
	EXPECT_TRUE(self->result.demote_host);
}

/* The host is set aside: raw is the reference, and what was in force is good to 3 us. */
static int set_host_aside(struct _test_data_discipline *self)
{
	int error = 0, i;

	self->now.has_host = true;
	for (i = 0; i < 20 && !error; i++)
		error = poll_all(self);
	self->now.has_host = false;
	self->now.epoch++;
	self->now.sigma_ns = 3000;
	self->now.maxerror_ns = 100000;
	for (i = 0; i < SOURCES; i++)
		source_change_reference(self->source[i], self->now.epoch, &REFERENCE_JUMPED);
	discipline_change_reference(self->discipline, &REFERENCE_JUMPED);
	/* These answers are forgotten along with all that was measured against the host. */
	return error ? error : poll_all(self);
}

TEST_F(discipline, what_was_known_better_holds_while_another_reference_is_learned)
{
	int i;

	ASSERT_EQ(0, set_host_aside(self));
	ASSERT_EQ(0, poll_all(self));
	EXPECT_TRUE(self->result.synchronised);
	EXPECT_EQ(3, self->result.stratum);
	EXPECT_EQ(self->now.maxerror_ns, self->result.correction.maxerror_ns);
	for (i = 1; i < 38 && self->result.correction.maxerror_ns == self->now.maxerror_ns; i++)
		ASSERT_EQ(0, poll_all(self));
	EXPECT_NE(self->now.maxerror_ns, self->result.correction.maxerror_ns);
	EXPECT_FALSE(self->result.jump);
}

TEST_F(discipline, what_was_known_better_does_not_hold_against_the_sources)
{
	ASSERT_EQ(0, set_host_aside(self));
	self->offset_ns = NS_PER_S / 20;
	ASSERT_EQ(0, poll_all(self));
	EXPECT_TRUE(self->result.changed);
}

/*
 * A revert leaves what is known to within 323 ms, by 65 ms in the mean, and the first answers were
 * under way for 0.9 s, more of it one way. They confirm it, and better ones take its place.
 */
TEST_F(discipline, first_answers_after_a_disruption_do_not_replace_what_is_known_better)
{
	int i;

	for (i = 0; i < 30; i++)
		ASSERT_EQ(0, poll_all(self));
	for (i = 0; i < SOURCES; i++)
		source_change_reference(self->source[i], self->now.epoch, &REFERENCE_JUMPED);
	discipline_change_reference(self->discipline, &REFERENCE_JUMPED);
	self->now.maxerror_ns = 323000000;
	self->now.sigma_ns = 65000000;
	self->offset_ns = 172000000;
	self->near_ns = 900000000;
	self->far_ns = 0;
	ASSERT_EQ(0, poll_all(self));
	EXPECT_TRUE(self->result.changed);
	EXPECT_TRUE(self->result.measured);
	EXPECT_TRUE(self->result.synchronised);
	EXPECT_LT(llabs(chime_line_offset(&self->result.correction, self->now.reference_ns)),
		  4000000);
	EXPECT_EQ(323000000, self->result.correction.maxerror_ns);
	self->near_ns = 0;
	self->offset_ns = 0;
	for (i = 0; i < 10; i++)
		ASSERT_EQ(0, poll_all(self));
	EXPECT_TRUE(self->result.changed);
	EXPECT_LT(self->result.correction.maxerror_ns, 100000000);
	EXPECT_LT(llabs(chime_line_offset(&self->result.correction, self->now.reference_ns)),
		  4000000);
}

/* The host was stepped, and the correction ended with that: nobody says how right the host is. */
TEST_F(discipline, a_host_that_nobody_confirmed_is_not_known_better)
{
	self->now.has_host = true;
	self->now.host_known = true;
	self->offset_ns = 90000;
	discipline_change_reference(self->discipline, &REFERENCE_JUMPED);
	self->now.sigma_ns = 100;
	self->now.maxerror_ns = 200;
	ASSERT_EQ(0, poll_all(self));
	EXPECT_TRUE(self->result.synchronised);
	EXPECT_GT(self->result.correction.maxerror_ns, 90000);
}

/* Nothing holds, and the rate was another clock's. */
TEST_F(discipline, forgets_all_of_another_host)
{
	double rate, rate_sigma;
	int i;

	self->now.has_host = true;
	self->now.host_known = true;
	for (i = 0; i < 20; i++) {
		self->offset_ns += 800000;
		ASSERT_EQ(0, poll_all(self));
	}
	ASSERT_TRUE(discipline_get_rate(self->discipline, &rate, &rate_sigma));
	EXPECT_LT(fabs(rate - 50e-6), 1e-6);
	self->now.maxerror_ns = 100000;
	discipline_change_reference(self->discipline, &REFERENCE_REPLACED);
	for (i = 0; i < SOURCES; i++)
		source_change_reference(self->source[i], self->now.epoch, &REFERENCE_REPLACED);
	EXPECT_FALSE(discipline_get_rate(self->discipline, &rate, &rate_sigma));
	self->now.has_host = false;
	ASSERT_EQ(0, poll_all(self));
	EXPECT_TRUE(self->result.changed);
	EXPECT_TRUE(self->result.jump);
	EXPECT_TRUE(self->result.synchronised);
	ASSERT_TRUE(discipline_get_rate(self->discipline, &rate, &rate_sigma));
	EXPECT_LT(fabs(rate), 1e-6);
	EXPECT_GT(rate_sigma, 1e-6);
}

TEST_F(discipline, small_host_error_is_only_corrected)
{
	int i;

	self->now.has_host = true;
	self->offset_ns = NS_PER_S / 20;
	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, poll_all(self));
		EXPECT_FALSE(self->result.demote_host);
	}
}

/* Beside a host: @gap_ns later than what was learned, by the host, as after a revert. */
static void pass_gap(struct _test_data_discipline *self, int64_t gap_ns)
{
	self->now.reference_ns += gap_ns;
	self->now.raw_ns += NS_PER_S;
	self->now.time_ns = chime_line_eval(&self->result.correction, self->now.reference_ns);
	self->now.sigma_ns = chime_line_sigma(&self->result.correction, self->now.reference_ns);
	self->now.maxerror_ns = chime_line_maxerror(&self->result.correction,
						    self->now.reference_ns);
	self->now.disruptions++;
}

/* The host seems to go away at @rate, for @polls of 16 s. */
static int learn_rate(struct _test_data_discipline *self, double rate, int polls)
{
	int i, err = 0;

	self->now.has_host = true;
	self->now.host_known = true;
	for (i = 0; i < polls && !err; i++) {
		self->offset_ns += (int64_t)(rate * 16e9);
		err = poll_all(self);
		self->now.maxerror_ns = chime_line_maxerror(&self->result.correction,
							    self->now.reference_ns);
	}
	return err;
}

/* Ten minutes at 5 ppm: that may be a crystal, or noise, or a slew. */
TEST_F(discipline, rate_of_a_host_is_not_carried_over_a_gap)
{
	const int64_t day_ns = 86400 * NS_PER_S;
	struct chime_line line;
	int64_t then_ns;

	ASSERT_EQ(0, learn_rate(self, 5e-6, 38));
	line = self->result.correction;
	then_ns = self->now.reference_ns;
	ASSERT_TRUE(chime_line_valid(&line));
	/* Until the next sample, and while nobody answers for two minutes, it counts ... */
	EXPECT_EQ(line.rate_q32, chime_line_rate(&line, then_ns + 120 * NS_PER_S));
	/* ... but over a day it is worth a millisecond, and all of it is in the bound. */
	EXPECT_LT(llabs(chime_line_offset(&line, then_ns + day_ns) -
			chime_line_offset(&line, then_ns)), 1000000);
	EXPECT_LT(llabs(chime_line_offset(&line, then_ns - day_ns) -
			chime_line_offset(&line, then_ns)), 1000000);
	EXPECT_GT(chime_line_maxerror(&line, then_ns + day_ns), 5 * 86400000LL + 86400000LL);
	EXPECT_GT(chime_line_sigma(&line, then_ns + day_ns), 4 * 86400000LL);
	EXPECT_LT(chime_line_maxerror(&line, then_ns + 100 * NS_PER_S),
		  chime_line_maxerror(&line, then_ns) + 200000);

	/* What the estimates make of the gap is void, and no correction is made of it. */
	pass_gap(self, day_ns);
	EXPECT_TRUE(discipline_is_suspect(self->discipline, &self->now));
	ASSERT_EQ(0, select_and_update(self->discipline, self->source, SOURCES, &self->now,
				       &self->result));
	EXPECT_FALSE(self->result.changed);
	discipline_change_reference(self->discipline, &REFERENCE_JUMPED);
	EXPECT_FALSE(discipline_is_suspect(self->discipline, &self->now));
}

/* The estimates begin anew, as the daemon has it after a gap. */
static void begin_anew(struct _test_data_discipline *self)
{
	int i;

	for (i = 0; i < SOURCES; i++)
		source_change_reference(self->source[i], self->now.epoch, &REFERENCE_JUMPED);
	discipline_change_reference(self->discipline, &REFERENCE_JUMPED);
}

static int64_t corrected_by(const struct _test_data_discipline *self)
{
	return chime_line_offset(&self->result.correction, self->now.reference_ns);
}

/*
 * Beside a host that is right, a day later: the first answers took 20 ms more, all on one way, and
 * the next ones do not.
 */
TEST_F(discipline, late_answers_after_a_gap_do_not_move_a_disciplined_host)
{
	int i;

	ASSERT_EQ(0, learn_rate(self, 0, 38));
	pass_gap(self, 86400 * NS_PER_S);
	ASSERT_GT(self->now.maxerror_ns, NS_PER_S / 10);
	begin_anew(self);
	self->near_ns = 20000000;
	self->offset_ns = 10000000;
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, poll_all(self));
		EXPECT_TRUE(self->result.changed);
		EXPECT_TRUE(self->result.synchronised);
		EXPECT_LT(llabs(corrected_by(self)), 200000);
		EXPECT_GT(self->result.correction.maxerror_ns, 10000000);
		EXPECT_LT(self->result.correction.maxerror_ns, 60000000);
		EXPECT_LT(self->result.correction.sigma_ns, 2000000);
		self->now.sigma_ns = self->result.correction.sigma_ns;
		self->now.maxerror_ns = self->result.correction.maxerror_ns;
	}
	self->near_ns = 0;
	self->offset_ns = 0;
	for (i = 0; i < 10; i++) {
		ASSERT_EQ(0, poll_all(self));
		EXPECT_LT(llabs(corrected_by(self)), 200000);
	}
	EXPECT_LT(self->result.correction.maxerror_ns, 1000000);
}

/* The host ran free, or was set: the answers say so. */
TEST_F(discipline, answers_that_contradict_what_outlasted_a_gap_are_followed)
{
	ASSERT_EQ(0, learn_rate(self, 0, 38));
	pass_gap(self, 86400 * NS_PER_S);
	begin_anew(self);
	self->near_ns = 20000000;
	self->offset_ns = 72000000;
	ASSERT_EQ(0, poll_all(self));
	EXPECT_TRUE(self->result.jump);
	EXPECT_LT(llabs(corrected_by(self) - 72000000), 11000000);
}

/* At 20 ppm, well known, no daemon disciplines it. */
TEST_F(discipline, a_host_that_ran_free_is_not_where_it_was_before_a_gap)
{
	int64_t before_ns;

	ASSERT_EQ(0, learn_rate(self, 20e-6, 38));
	before_ns = self->offset_ns;
	pass_gap(self, 3600 * NS_PER_S);
	begin_anew(self);
	self->near_ns = 20000000;
	self->offset_ns += 10000000;
	ASSERT_EQ(0, poll_all(self));
	EXPECT_GT(corrected_by(self) - before_ns, 9000000);
}

/* Two hours and a half at 20 ppm: nobody who disciplines a clock lets it go that far. */
TEST_F(discipline, rate_of_a_host_that_runs_free_is_carried)
{
	const int64_t month_ns = 30 * 86400 * NS_PER_S;
	int64_t then_ns, far_ns;
	struct chime_line line;

	ASSERT_EQ(0, learn_rate(self, 20e-6, 9000 / 16));
	line = self->result.correction;
	then_ns = self->now.reference_ns;
	far_ns = (int64_t)(20e-6 * (double)month_ns);
	EXPECT_LT(llabs(chime_line_offset(&line, then_ns + month_ns) - self->offset_ns - far_ns),
		  chime_line_maxerror(&line, then_ns + month_ns));
	EXPECT_LT(llabs(chime_line_offset(&line, then_ns + month_ns) - self->offset_ns - far_ns),
		  far_ns / 10);
	EXPECT_GT(chime_line_maxerror(&line, then_ns + month_ns), month_ns / 1000000);
	pass_gap(self, month_ns);
	self->now.sigma_ns = 0;
	EXPECT_FALSE(discipline_is_suspect(self->discipline, &self->now));
}

/* What runs faster than any oscillator is a slew, however far it goes. */
TEST_F(discipline, slew_of_a_host_is_no_crystal)
{
	struct chime_line line;

	ASSERT_EQ(0, learn_rate(self, 300e-6, 4000 / 16));
	ASSERT_TRUE(self->result.changed);
	line = self->result.correction;
	EXPECT_GT(line.rate_horizon_ns, 0);
	EXPECT_EQ(0, line.beyond_rate_q32);
}

/* Raw is a crystal, and what it taught says nothing of a host that comes. */
TEST_F(discipline, raw_runs_free)
{
	int i;

	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, poll_all(self));
	EXPECT_EQ(0, self->result.correction.rate_horizon_ns);
	EXPECT_GT(self->result.correction.horizon_ns, 0);
	self->now.has_host = true;
	ASSERT_EQ(0, poll_all(self));
	ASSERT_EQ(0, poll_all(self));
	EXPECT_GT(self->result.correction.rate_horizon_ns, 0);
}

/* An oscillator that goes to and fro by 50 ppm every 256 s, and then nobody answers any more. */
static int lose_sources(struct _test_data_discipline *self, struct chime_line *learned)
{
	int i, err = 0;

	for (i = 0; i < 68 && !err; i++) {
		self->offset_ns += i & 8 ? -800000 : 800000;
		err = poll_all(self);
		self->now.maxerror_ns = chime_line_maxerror(&self->result.correction,
							    self->now.reference_ns);
	}
	*learned = self->result.correction;
	return err;
}

/* A look without an answer, so much later. */
static int hear_nothing(struct _test_data_discipline *self, int64_t later_ns)
{
	self->now.raw_ns += later_ns;
	self->now.reference_ns += later_ns;
	self->now.realtime_ns += later_ns;
	return select_and_update(self->discipline, self->source, SOURCES, &self->now,
				 &self->result);
}

TEST_F(discipline, falls_back_to_the_mean_rate)
{
	const double turn_q32 = 20e-6 * 4294967296.0;
	struct chime_line learned, fallen;

	self->options.fallback_least = 8;
	self->options.fallback_most = 9;
	discipline_set_options(self->discipline, &self->options);
	ASSERT_EQ(0, lose_sources(self, &learned));
	ASSERT_LT(turn_q32, fabs((double)learned.rate_q32));
	/* For four minutes nothing changes. */
	ASSERT_EQ(0, hear_nothing(self, 250 * NS_PER_S));
	EXPECT_TRUE(!self->result.changed ||
		    fabs((double)self->result.correction.rate_q32) > turn_q32);
	/* Then the mean of as long is in force, from here on, and the bound knows of it. */
	ASSERT_EQ(0, hear_nothing(self, 10 * NS_PER_S));
	ASSERT_TRUE(self->result.changed);
	EXPECT_FALSE(self->result.measured);
	fallen = self->result.correction;
	ASSERT_TRUE(chime_line_valid(&fallen));
	EXPECT_GT(turn_q32 / 4, fabs((double)fallen.rate_q32));
	EXPECT_LT(llabs(chime_line_eval(&fallen, self->now.reference_ns) -
			chime_line_eval(&learned, self->now.reference_ns)), 200000);
	EXPECT_GT(fallen.maxerror_rate_q32, (int64_t)turn_q32);
	/* It stays until twice as much time has passed. */
	ASSERT_EQ(0, hear_nothing(self, 64 * NS_PER_S));
	EXPECT_FALSE(self->result.changed);
	ASSERT_EQ(0, hear_nothing(self, 200 * NS_PER_S));
	EXPECT_TRUE(self->result.changed);
	EXPECT_GT(turn_q32 / 4, fabs((double)self->result.correction.rate_q32));
	/* And ends with an answer. */
	ASSERT_EQ(0, poll_all(self));
	EXPECT_TRUE(self->result.measured);
}

/* maxchange refuses what the sources want; @later_ns later they have not answered again. */
static int refuse_and_hear_nothing(struct _test_data_discipline *self, int64_t later_ns)
{
	int i, err = 0;

	self->options.maxchange_ns = NS_PER_S / 10;
	self->options.maxchange_ignore = -1;
	discipline_set_options(self->discipline, &self->options);
	self->offset_ns += 100 * NS_PER_S;
	for (i = 0; i < 8 && !err; i++)
		err = poll_all(self);
	if (err || self->result.step != DISCIPLINE_REFUSED || self->result.synchronised)
		return -1;
	return hear_nothing(self, later_ns);
}

/* What the sources showed last is that the clock is wrong. */
TEST_F(discipline, does_not_fall_back_while_a_change_is_refused)
{
	struct chime_line learned;
	int i;

	self->options.fallback_least = 6;
	self->options.fallback_most = 9;
	discipline_set_options(self->discipline, &self->options);
	ASSERT_EQ(0, lose_sources(self, &learned));
	ASSERT_EQ(0, refuse_and_hear_nothing(self, 10 * NS_PER_S));
	for (i = 0; i < 5; i++) {
		EXPECT_EQ(DISCIPLINE_REFUSED, self->result.step);
		EXPECT_FALSE(self->result.changed);
		EXPECT_FALSE(self->result.synchronised);
		ASSERT_EQ(0, hear_nothing(self, 64 * NS_PER_S));
	}
}

TEST_F(discipline, is_not_synchronised_beyond_reach_of_a_refused_change)
{
	int i;

	ASSERT_EQ(0, learn_rate(self, 300e-6, 4000 / 16));
	ASSERT_EQ(0, refuse_and_hear_nothing(self, 10 * NS_PER_S));
	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, hear_nothing(self, 64 * NS_PER_S));
		EXPECT_FALSE(self->result.synchronised);
	}
}

/* Unless it was asked for, and beside a host, a rate is held. */
TEST_F(discipline, falls_back_only_where_that_is_wanted)
{
	struct chime_line learned;

	ASSERT_EQ(0, lose_sources(self, &learned));
	ASSERT_EQ(0, hear_nothing(self, 600 * NS_PER_S));
	EXPECT_TRUE(!self->result.changed ||
		    fabs((double)self->result.correction.rate_q32) > 20e-6 * 4294967296.0);
}

/* Servers put their time right by 2 ms and say so: the clock follows, and its rate stays. */
static void move_servers(struct _test_data_discipline *self)
{
	self->offset_ns += 2000000;
	for (int i = 0; i < SOURCES; i++)
		source_server_moved(self->source[i], 2000000);
}

static int64_t corrected_ns(const struct _test_data_discipline *self)
{
	return chime_line_offset(&self->result.correction, self->now.reference_ns);
}

TEST_F(discipline, an_only_server_that_has_put_its_time_right_is_followed)
{
	self->only = 1;
	for (int i = 0; i < 50; i++)
		ASSERT_EQ(0, poll_all(self));
	ASSERT_GT(20000, llabs(corrected_ns(self)));
	move_servers(self);
	ASSERT_EQ(0, poll_all(self));
	EXPECT_GT(20000, llabs(corrected_ns(self) - 2000000));
	EXPECT_GT(100, llabs(self->result.correction.rate_q32));
}

TEST_F(discipline, several_servers_that_have_put_their_time_right_are_followed)
{
	for (int i = 0; i < 50; i++)
		ASSERT_EQ(0, poll_all(self));
	move_servers(self);
	ASSERT_EQ(0, poll_all(self));
	EXPECT_GT(20000, llabs(corrected_ns(self) - 2000000));
	EXPECT_GT(100, llabs(self->result.correction.rate_q32));
}

/*
 * Two of three say that the clock is 60 ms wrong, and another one contradicts all: as long as
 * nobody knows who is right nothing is learned from them. But the bound has to hold.
 */
TEST_F(discipline, a_bound_reaches_where_most_contradict_the_clock)
{
	struct source_sample sample = { .delay_ns = 200000, .epoch = 1, .stratum = 2 };
	int64_t reach_ns;
	int i, j;

	EXPECT_EQ(0, discipline_reach(self->discipline, self->source, SOURCES, &self->now));
	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, poll_all(self));
	self->now.time_ns = chime_line_eval(&self->result.correction, self->now.reference_ns);
	EXPECT_GE(self->result.correction.maxerror_ns + 1000,
		  discipline_reach(self->discipline, self->source, SOURCES, &self->now));
	sample.offset_ns = self->offset_ns + 60000000;
	for (i = 0; i < 2; i++) {
		self->now.raw_ns += 16 * NS_PER_S;
		self->now.reference_ns += 16 * NS_PER_S;
		self->now.time_ns = chime_line_eval(&self->result.correction,
						    self->now.reference_ns);
		sample.at_ns = self->now.reference_ns;
		for (j = 0; j < SOURCES - 1; j++) {
			source_polled(self->source[j], self->now.raw_ns);
			source_add(self->source[j], self->now.raw_ns, &sample);
		}
		reach_ns = discipline_reach(self->discipline, self->source, SOURCES, &self->now);
		EXPECT_LE(60000000, reach_ns);
		EXPECT_GE(150000000, reach_ns);
	}
}

TEST_HARNESS_MAIN
