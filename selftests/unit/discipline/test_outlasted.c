// SPDX-License-Identifier: GPL-2.0-only
/*
 * The correction that outlasted a gap beside the first answers: which is known better, and what
 * bound follows.
 */
#include "user/discipline/outlasted.h"

#include <math.h>

#include "selftests/unit/unit.h"
#include "user/lib/time_units.h"

#define START_NS	(1800000000LL * NS_PER_S)
#define DAY_NS		(86400 * NS_PER_S)

/* The host is behind UTC by this. */
#define BEHIND_NS	(7 * NS_PER_MS)

FIXTURE(outlasted) {
	struct chime_line line;
	struct timescale_now now;
	struct selection selection;
	struct combined combined;
	struct outlasted outlasted;
};

/* A correction known to 0.2 ms, a gap of a day, and an answer that took 21 ms, 20 on one way. */
FIXTURE_SETUP(outlasted)
{
	self->line = (struct chime_line){
		.origin_ns = START_NS - DAY_NS,
		.offset_ns = BEHIND_NS,
		.sigma_ns = NS_PER_MS / 5,
		.maxerror_ns = NS_PER_MS,
		.rate_horizon_ns = 1,
		.horizon_ns = 1,
		.beyond_sigma_rate_q32 = 5 * CHIME_PPM_Q32,
		.beyond_maxerror_rate_q32 = 100 * CHIME_PPM_Q32,
	};
	self->now = (struct timescale_now){
		.reference_ns = START_NS,
		.host_ns = START_NS,
		.time_ns = START_NS + BEHIND_NS,
		.sigma_ns = chime_line_sigma(&self->line, START_NS),
		.maxerror_ns = chime_line_maxerror(&self->line, START_NS),
		.epoch = 3,
		.has_host = true,
	};
	self->selection = (struct selection){
		.count = 1,
		.place_low_ns = BEHIND_NS - 1 * NS_PER_MS,
		.place_high_ns = BEHIND_NS + 21 * NS_PER_MS,
		.low_ns = BEHIND_NS - 1 * NS_PER_MS,
		.high_ns = BEHIND_NS + 21 * NS_PER_MS,
	};
	self->combined = (struct combined){
		.estimate.offset_ns = BEHIND_NS + 10 * NS_PER_MS,
		.estimate.sigma_ns = 3 * NS_PER_MS,
		.next_sigma_ns = 3 * NS_PER_MS,
		.maxerror_ns = 11 * NS_PER_MS,
	};
	self->outlasted = (struct outlasted){ .relearning = false };
	outlasted_begin(&self->outlasted, &self->line, 3);
}

FIXTURE_TEARDOWN(outlasted)
{
}

/* Is the clock where it was? */
static bool keeps(struct _test_data_outlasted *self, double late_ns)
{
	outlasted_keep(&self->outlasted, &self->now, &self->selection, late_ns, &self->combined);
	return self->combined.estimate.offset_ns == BEHIND_NS;
}

TEST_F(outlasted, holds_and_its_bound_is_what_the_answer_proves)
{
	EXPECT_TRUE(keeps(self, 0));
	EXPECT_TRUE(self->outlasted.relearning);
	EXPECT_EQ(21 * NS_PER_MS, (int64_t)self->combined.maxerror_ns);
	EXPECT_GT(self->combined.estimate.sigma_ns, 0.2e6);
	EXPECT_LT(self->combined.estimate.sigma_ns, 1e6);
}

TEST_F(outlasted, nothing_holds_unless_the_estimates_begin_anew)
{
	self->outlasted.relearning = false;
	EXPECT_FALSE(keeps(self, 0));
	EXPECT_EQ(11 * NS_PER_MS, (int64_t)self->combined.maxerror_ns);
}

TEST_F(outlasted, better_answers_replace_it_for_good)
{
	self->combined.estimate.offset_ns = BEHIND_NS + NS_PER_MS / 4;
	self->combined.estimate.sigma_ns = 0.1e6;
	self->combined.next_sigma_ns = 0.1e6;
	EXPECT_FALSE(keeps(self, 0));
	EXPECT_FALSE(self->outlasted.relearning);
	self->combined.next_sigma_ns = 3e6;
	EXPECT_FALSE(keeps(self, 0));
}

TEST_F(outlasted, answers_that_contradict_it_replace_it)
{
	const struct combined answers = self->combined;

	self->selection.place_low_ns = BEHIND_NS;
	self->selection.place_high_ns = BEHIND_NS;
	EXPECT_TRUE(keeps(self, 0));
	self->combined = answers;
	self->selection.place_low_ns++;
	self->selection.place_high_ns++;
	EXPECT_FALSE(keeps(self, 0));
}

TEST_F(outlasted, answers_that_contradict_it_by_more_than_five_sigma_replace_it)
{
	struct combined answers = self->combined;

	answers.estimate.sigma_ns = 2e6;
	self->combined = answers;
	EXPECT_TRUE(keeps(self, 0));
	answers.estimate.sigma_ns = 1.99e6;
	self->combined = answers;
	EXPECT_FALSE(keeps(self, 0));
}

/* A rate of 5 ppm for a day is 0.4 s. An answer of 21 ms is better than that. */
TEST_F(outlasted, a_host_that_runs_free_is_not_where_it_was)
{
	outlasted_begin(&self->outlasted, NULL, 3);
	EXPECT_FALSE(keeps(self, 0));
}

TEST_F(outlasted, what_is_known_better_by_its_own_error_holds_whatever_the_reference_is)
{
	outlasted_begin(&self->outlasted, NULL, 3);
	self->now.has_host = false;
	self->now.sigma_ns = 2 * NS_PER_MS;
	EXPECT_TRUE(keeps(self, 0));
	EXPECT_EQ(2e6, self->combined.estimate.sigma_ns);
	/* Two that are known alike: the newer one. */
	self->combined.estimate.offset_ns += 10;
	self->combined.next_sigma_ns = 2e6;
	EXPECT_FALSE(keeps(self, 0));
}

/* A reverted guest's raw clock stood still, and nothing is as it was. */
TEST_F(outlasted, the_raw_clock_is_not_disciplined)
{
	self->now.has_host = false;
	EXPECT_FALSE(keeps(self, 0));
}

TEST_F(outlasted, the_correction_was_of_another_epoch)
{
	self->now.epoch++;
	EXPECT_FALSE(keeps(self, 0));
}

TEST_F(outlasted, another_correction_is_in_force)
{
	self->now.time_ns += NS_PER_MS;
	EXPECT_FALSE(keeps(self, 0));
}

/* A slew in progress is no other correction. */
TEST_F(outlasted, the_timescale_is_on_its_way_to_it)
{
	self->now.time_ns -= NS_PER_MS;
	self->now.slew_ns = NS_PER_MS;
	self->now.sigma_ns += NS_PER_MS;
	EXPECT_TRUE(keeps(self, 0));
	EXPECT_LT(self->combined.estimate.sigma_ns, 1e6);
}

/* The correction ended, and this is the host's time; or the bound is not known. */
TEST_F(outlasted, nobody_has_corrected_the_host)
{
	int64_t time_ns = self->now.time_ns;

	self->now.host_ns = time_ns + 3;
	EXPECT_TRUE(keeps(self, 0));
	self->combined.estimate.offset_ns += 10;
	self->now.host_ns = time_ns + 2;
	EXPECT_FALSE(keeps(self, 0));
	/* Nor where it is still being slewed back to the host. */
	self->outlasted.relearning = true;
	self->now.time_ns -= NS_PER_MS;
	self->now.slew_ns = NS_PER_MS;
	EXPECT_FALSE(keeps(self, 0));
}

/* It has fallen silent since, and what it said last goes on by the raw clock. */
TEST_F(outlasted, nobody_has_corrected_the_host_that_is_silent)
{
	self->now.has_host = false;
	self->now.sigma_ns = 30000;
	self->now.host_maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
	EXPECT_FALSE(keeps(self, 0));
	EXPECT_EQ(11 * NS_PER_MS, (int64_t)self->combined.maxerror_ns);
	/* Nor is it better known because somebody has stated how right its host is. */
	self->now.host_maxerror_ns = 1;
	self->outlasted.relearning = true;
	EXPECT_FALSE(keeps(self, 0));
}

TEST_F(outlasted, nothing_is_known_of_this_host)
{
	self->now.maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
	EXPECT_FALSE(keeps(self, 0));
}

/* The host's rate is known to some ppb, and the gap is a day. */
TEST_F(outlasted, what_is_not_known_of_the_hosts_rate_is_no_slew)
{
	double own_ns = (double)self->now.sigma_ns;

	self->now.sigma_ns = (int64_t)ceil(hypot(own_ns, 5e6));
	EXPECT_TRUE(keeps(self, 0));
	EXPECT_LT(self->combined.estimate.sigma_ns, 1e6);
}

/* 600 ms in the mean, by a slew of the host that was on its way. */
TEST_F(outlasted, a_slew_that_the_gap_hid_is_counted)
{
	self->now.sigma_ns = 800 * NS_PER_MS;
	EXPECT_FALSE(keeps(self, 0));
}

/* Two answers that were late alike look good. What the path took before shows that they are not. */
TEST_F(outlasted, late_answers_are_no_better_than_that)
{
	self->combined.estimate.sigma_ns = 0.1e6;
	self->combined.next_sigma_ns = 0.1e6;
	EXPECT_FALSE(keeps(self, 0));
	outlasted_begin(&self->outlasted, &self->line, 3);
	EXPECT_TRUE(keeps(self, 10e6));
}

/* The path has become longer. */
TEST_F(outlasted, answers_are_not_late_for_ever)
{
	const struct combined later = {
		.estimate.offset_ns = BEHIND_NS + NS_PER_MS,
		.estimate.sigma_ns = 0.4e6,
		.next_sigma_ns = 0.4e6,
	};

	ASSERT_TRUE(keeps(self, 10e6));
	self->combined = later;
	self->now.reference_ns += 64 * NS_PER_S;
	self->now.time_ns += 64 * NS_PER_S;
	EXPECT_TRUE(keeps(self, 10e6));
	self->combined = later;
	self->now.reference_ns += NS_PER_S;
	self->now.time_ns += NS_PER_S;
	EXPECT_FALSE(keeps(self, 10e6));
}

/* The first to answer said more than all of them say now: it may have been a liar. */
TEST_F(outlasted, its_bound_is_that_of_all_answers)
{
	self->selection.high_ns = BEHIND_NS + 2 * NS_PER_MS;
	self->combined.estimate.sigma_ns = 2.2e6;
	ASSERT_TRUE(keeps(self, 0));
	EXPECT_EQ(11 * NS_PER_MS, (int64_t)self->combined.maxerror_ns);
	self->now.sigma_ns = (int64_t)self->combined.estimate.sigma_ns;
	self->now.maxerror_ns = (int64_t)self->combined.maxerror_ns;
	self->selection.high_ns = BEHIND_NS + 40 * NS_PER_MS;
	self->combined.estimate.offset_ns = BEHIND_NS + 10 * NS_PER_MS;
	self->combined.estimate.sigma_ns = 3e6;
	ASSERT_TRUE(keeps(self, 0));
	EXPECT_EQ(40 * NS_PER_MS, (int64_t)self->combined.maxerror_ns);
}

/* Answers that were under way for seconds prove less than the bound that was there. */
TEST_F(outlasted, its_bound_is_never_more_than_it_was)
{
	int64_t before_ns = self->now.maxerror_ns;

	self->selection.high_ns = BEHIND_NS + 3600 * NS_PER_S;
	ASSERT_TRUE(keeps(self, 0));
	EXPECT_EQ(before_ns, (int64_t)self->combined.maxerror_ns);
	/* Nor do those that prove just as much. */
	self->selection.high_ns = BEHIND_NS + before_ns;
	ASSERT_TRUE(keeps(self, 0));
	EXPECT_EQ(before_ns, (int64_t)self->combined.maxerror_ns);
	/* Without answers that prove more it ages as it does. */
	self->selection.high_ns = BEHIND_NS + 3600 * NS_PER_S;
	self->now.maxerror_ns += NS_PER_MS;
	ASSERT_TRUE(keeps(self, 0));
	EXPECT_EQ(before_ns + NS_PER_MS, (int64_t)self->combined.maxerror_ns);

	/* With some it is less, and if all of them prove less again, no more than it was. */
	self->selection.high_ns = BEHIND_NS + 21 * NS_PER_MS;
	ASSERT_TRUE(keeps(self, 0));
	EXPECT_EQ(21 * NS_PER_MS, (int64_t)self->combined.maxerror_ns);
	self->now.maxerror_ns = 21 * NS_PER_MS;
	self->selection.high_ns = BEHIND_NS + 3600 * NS_PER_S;
	self->combined.estimate.offset_ns = BEHIND_NS + 10 * NS_PER_MS;
	self->combined.estimate.sigma_ns = 3e6;
	self->now.reference_ns += 10 * NS_PER_S;
	self->now.time_ns += 10 * NS_PER_S;
	ASSERT_TRUE(keeps(self, 0));
	EXPECT_EQ(before_ns + NS_PER_MS + 5 * NS_PER_MS, (int64_t)self->combined.maxerror_ns);
}

TEST_HARNESS_MAIN
