// SPDX-License-Identifier: GPL-2.0-only
/*
 * Votes on how far the timescale is off, counted.
 */
#include "user/discipline/majority.h"

#include "selftests/unit/unit.h"

#define MS	1000000LL

FIXTURE(ballot) {
	struct roll roll;
};

FIXTURE_SETUP(ballot)
{
	memset(self, 0, sizeof(*self));
}

FIXTURE_TEARDOWN(ballot)
{
}

/* One more source. It contradicts by @low_ns to @high_ns, unless these are equal. */
static struct opinion *add(FIXTURE_DATA(ballot) *self, int64_t low_ns, int64_t high_ns)
{
	struct opinion *opinion = &self->roll.opinion[self->roll.count++];

	*opinion = (struct opinion){ .serial = self->roll.count, .votes = true, .answered = true,
				     .far = low_ns < high_ns,
				     .off = { .low_ns = low_ns, .high_ns = high_ns } };
	return opinion;
}

static struct opinion *add_silent(FIXTURE_DATA(ballot) *self)
{
	struct opinion *opinion = add(self, 0, 0);

	opinion->answered = false;
	return opinion;
}

TEST_F(ballot, voters)
{
	EXPECT_EQ(0, majority_voters(&self->roll, false));
	add(self, 0, 0);
	add(self, 1, 2);
	add_silent(self);
	add(self, 1, 2)->votes = false;
	EXPECT_EQ(3, majority_voters(&self->roll, false));
	EXPECT_EQ(2, majority_voters(&self->roll, true));
}

TEST_F(ballot, who_rests_has_a_vote_and_no_answer)
{
	add(self, 0, 0)->rests = true;
	EXPECT_EQ(0, majority_resting(&self->roll));
	add_silent(self);
	add_silent(self)->rests = true;
	EXPECT_EQ(1, majority_resting(&self->roll));
	add_silent(self)->rests = true;
	self->roll.opinion[3].votes = false;
	EXPECT_EQ(1, majority_resting(&self->roll));
}

/* Beside one that rests those who only limit us are of all, too. */
TEST_F(ballot, who_only_limits_counts_beside_who_rests)
{
	add(self, 0, 0);
	add_silent(self);
	self->roll.limiting = 2;
	EXPECT_EQ(2, majority_all(&self->roll));
	add_silent(self)->rests = true;
	EXPECT_EQ(5, majority_all(&self->roll));
}

TEST_F(ballot, where_most_meet)
{
	int64_t at_ns = 77;

	EXPECT_EQ(0, majority_find(&self->roll, &at_ns));
	EXPECT_EQ(77, at_ns);
	add(self, 0, MS);
	add(self, 0, 0);
	EXPECT_EQ(1, majority_find(&self->roll, &at_ns));
	EXPECT_EQ(0, at_ns);
	/* One that agrees with nobody comes before one that agrees with another. */
	add(self, 10 * MS, 20 * MS);
	add(self, 15 * MS, 25 * MS);
	EXPECT_EQ(2, majority_find(&self->roll, &at_ns));
	EXPECT_EQ(15 * MS, at_ns);
	/* Of two equal ones the first. */
	add(self, MS, MS + 1);
	EXPECT_EQ(2, majority_find(&self->roll, &at_ns));
	EXPECT_EQ(15 * MS, at_ns);
}

TEST_F(ballot, who_says_it_again)
{
	add(self, 0, MS);
	add(self, 0, MS)->answered = false;
	add(self, 0, MS)->votes = false;
	add(self, 2 * MS, 3 * MS);
	add(self, 0, 0);
	EXPECT_EQ(1, majority_affirming(&self->roll, 0));
	EXPECT_EQ(0, majority_affirming(&self->roll, 5 * MS));
}

TEST_F(ballot, an_echo_may_come_after_others)
{
	add(self, 0, MS)->group = 4;
	add(self, 0, MS)->group = 5;
	add(self, 0, MS)->group = 5;
	EXPECT_EQ(2, majority_clocks(&self->roll, 0));
}

TEST_F(ballot, sources_of_one_clock_are_one)
{
	add(self, 0, MS)->group = 5;
	add(self, 0, MS)->group = 5;
	EXPECT_EQ(1, majority_clocks(&self->roll, 0));
	add(self, 0, MS)->group = 6;
	EXPECT_EQ(2, majority_clocks(&self->roll, 0));
	/* What they say about another difference is no echo. */
	add(self, 2 * MS, 3 * MS)->group = 7;
	add(self, 0, MS)->group = 7;
	EXPECT_EQ(3, majority_clocks(&self->roll, 0));
	/* Those that follow no known clock are each of their own. */
	add(self, 0, MS);
	add(self, 0, MS);
	EXPECT_EQ(5, majority_clocks(&self->roll, 0));
}

static void expect_bound(struct __test_metadata *_metadata, const struct roll *roll, int64_t at_ns,
			 int64_t offset_ns, int64_t maxerror_ns)
{
	int64_t offset = 0, maxerror = 0;

	majority_bound(roll, at_ns, &offset, &maxerror);
	EXPECT_EQ(offset_ns, offset);
	EXPECT_EQ(maxerror_ns, maxerror);
}

TEST_F(ballot, bound_of_an_only_source)
{
	add(self, 10 * MS, 20 * MS);
	expect_bound(_metadata, &self->roll, 10 * MS, 15 * MS, 5 * MS);
}

TEST_F(ballot, all_that_answered_agree_and_the_bound_reaches_where_enough_do)
{
	/* One of three may lie, and two have to be right: those two may be any. */
	add(self, 0, 20 * MS);
	add(self, 10 * MS, 30 * MS);
	add(self, 14 * MS, 16 * MS);
	expect_bound(_metadata, &self->roll, 14 * MS, 15 * MS, 5 * MS);
	/* Two of five may lie. With two silent ones those may be among the three: one is right. */
	add_silent(self);
	add_silent(self);
	expect_bound(_metadata, &self->roll, 14 * MS, 15 * MS, 15 * MS);
}

/* Whoever of them is asked first: nobody knows which of the two is right. */
TEST_F(ballot, between_two_majorities_that_exclude_one_another)
{
	add(self, 10 * MS, 90 * MS);
	add(self, 20 * MS, 22 * MS);
	add(self, 0, 100 * MS);
	add(self, 60 * MS, 70 * MS);
	expect_bound(_metadata, &self->roll, 20 * MS, 45 * MS, 25 * MS);
	expect_bound(_metadata, &self->roll, 60 * MS, 45 * MS, 25 * MS);
}

/* Two opinions of four are two opinions, and what is between them is none. */
TEST_F(ballot, there_is_nothing_between_two_that_have_no_majority)
{
	add(self, 20 * MS, 22 * MS);
	add(self, 60 * MS, 70 * MS);
	add(self, 0, 0);
	add(self, 0, 0);
	expect_bound(_metadata, &self->roll, 60 * MS, 65 * MS, 5 * MS);
}

TEST_F(ballot, the_bound_reaches_as_far_as_the_further_end)
{
	add(self, -20 * MS, 16 * MS);
	add(self, 14 * MS, 17 * MS);
	add_silent(self);
	add_silent(self);
	expect_bound(_metadata, &self->roll, 14 * MS, 15 * MS, 35 * MS);
	self->roll.count = 0;
	add(self, 14 * MS, 50 * MS);
	add(self, 13 * MS, 16 * MS);
	add_silent(self);
	add_silent(self);
	expect_bound(_metadata, &self->roll, 14 * MS, 15 * MS, 35 * MS);
}

TEST_F(ballot, who_does_not_vote_widens_nothing)
{
	add(self, 10 * MS, 20 * MS);
	add(self, 10 * MS, 20 * MS);
	add(self, -90 * MS, 90 * MS)->votes = false;
	expect_bound(_metadata, &self->roll, 10 * MS, 15 * MS, 5 * MS);
}

TEST_HARNESS_MAIN
