// SPDX-License-Identifier: GPL-2.0-only
/*
 * One source's opinion of the timescale, sample by sample.
 */
#include "user/discipline/opinion.h"

#include "selftests/unit/unit.h"

#define MS	1000000LL
#define S	(1000 * MS)

/* UTC minus timescale, give or take 1 ms. */
static struct source_interval off_by(int64_t offset_ns)
{
	return (struct source_interval){ .low_ns = offset_ns - MS, .high_ns = offset_ns + MS };
}

static void contradict(struct opinion *opinion, int64_t offset_ns, int64_t raw_ns)
{
	struct source_interval off = off_by(offset_ns);

	opinion_contradict(opinion, &off, raw_ns);
}

static bool is_far(int64_t offset_ns, int64_t maxerror_ns, int64_t distance_ns, int64_t slew_ns)
{
	struct timescale_now now = { .maxerror_ns = maxerror_ns, .slew_ns = slew_ns };
	struct source_interval off = off_by(offset_ns);

	return opinion_is_far(&off, distance_ns, &now);
}

TEST(far_is_more_than_a_tenth_of_a_second)
{
	EXPECT_FALSE(is_far(100 * MS, 0, 0, 0));
	EXPECT_TRUE(is_far(100 * MS + 2, 0, 0, 0));
	EXPECT_TRUE(is_far(-100 * MS - 2, 0, 0, 0));
}

TEST(far_is_three_times_what_all_can_be_wrong_by)
{
	EXPECT_FALSE(is_far(3 * S, S / 2, S / 4, S / 4));
	EXPECT_FALSE(is_far(3 * S + 2, S / 2, S / 4, -S / 4));
	EXPECT_TRUE(is_far(3 * S + 4, S / 2, S / 4, -S / 4));
	EXPECT_TRUE(is_far(-3 * S - 4, S / 2, S / 4, S / 4));
}

TEST(contradictions_that_agree_are_counted)
{
	struct opinion opinion = { 0 };

	for (int i = 1; i <= 3; i++) {
		contradict(&opinion, 7 * S, i * S);
		EXPECT_EQ(i, opinion.far);
		EXPECT_EQ(i, opinion.contradictions);
	}
	EXPECT_EQ(S, opinion.since_raw_ns);
	EXPECT_EQ(7 * S, opinion.first_ns);
	/* Two clocks drift by less than half of a tenth of a second in between ... */
	contradict(&opinion, 7 * S + 52 * MS, 4 * S);
	EXPECT_EQ(4, opinion.far);
	/* ... and a liar that says something else each time is not confirmed. */
	contradict(&opinion, 7 * S + 52 * MS + 53 * MS, 5 * S);
	EXPECT_EQ(1, opinion.far);
	EXPECT_EQ(5, opinion.contradictions);
	opinion_agree(&opinion, false);
	EXPECT_EQ(0, opinion.far);
	EXPECT_EQ(0, opinion.contradictions);
}

/* But what the clock may be wrong by meanwhile is no contradiction any more. */
TEST(what_allows_for_both_leaves_a_contradiction_open)
{
	struct timescale_now now = { .maxerror_ns = 0 };
	struct source_interval wide = { .low_ns = 5 * S, .high_ns = 7 * S - MS };
	struct source_interval elsewhere = { .low_ns = 5 * S, .high_ns = 7 * S - MS - 1 };
	struct opinion opinion = { 0 };

	EXPECT_FALSE(opinion_leaves_open(&opinion, &wide, &now));
	contradict(&opinion, 7 * S, 0);
	EXPECT_TRUE(opinion_leaves_open(&opinion, &wide, &now));
	EXPECT_FALSE(opinion_leaves_open(&opinion, &elsewhere, &now));
	now.maxerror_ns = 3 * S;
	EXPECT_FALSE(opinion_leaves_open(&opinion, &wide, &now));
}

TEST(an_accepted_difference_may_grow_by_a_tenth_of_the_time)
{
	struct opinion opinion = { 0 };

	contradict(&opinion, 7 * S, 0);
	opinion_accept(&opinion, 0);
	EXPECT_TRUE(opinion.followed);
	contradict(&opinion, 7 * S + 10 * S + 100 * MS, 100 * S);
	EXPECT_TRUE(opinion.followed);
	EXPECT_EQ(0, opinion.since_raw_ns);
	contradict(&opinion, 7 * S + 10 * S + 100 * MS + 2, 100 * S);
	EXPECT_FALSE(opinion.followed);
	EXPECT_EQ(100 * S, opinion.since_raw_ns);
	EXPECT_EQ(17 * S + 100 * MS + 2, opinion.first_ns);
}

TEST(who_was_outvoted_is_on_probation_for_twice_as_long_each_time)
{
	struct opinion opinion = { .trusted = true };

	opinion_outvote(&opinion);
	EXPECT_FALSE(opinion.trusted);
	for (int i = 0; i < 7; i++) {
		opinion_agree(&opinion, false);
		EXPECT_FALSE(opinion.trusted);
	}
	/* A contradiction begins it anew. */
	contradict(&opinion, 7 * S, 0);
	for (int i = 0; i < 8; i++) {
		EXPECT_FALSE(opinion.trusted);
		opinion_agree(&opinion, false);
	}
	EXPECT_TRUE(opinion.trusted);
	opinion_outvote(&opinion);
	EXPECT_EQ(16, opinion.probation);
	for (int i = 0; i < 20; i++)
		opinion_outvote(&opinion);
	EXPECT_EQ(1024, opinion.probation);
}

TEST(who_was_never_outvoted_is_trusted_at_once)
{
	struct opinion opinion = { 0 };

	contradict(&opinion, 7 * S, 0);
	EXPECT_EQ(0, opinion.probation);
	opinion_agree(&opinion, true);
	EXPECT_TRUE(opinion.trusted);
	EXPECT_TRUE(opinion.leap);
}

TEST(a_correction_may_satisfy_it)
{
	struct timescale_now now = { .maxerror_ns = MS };
	struct opinion opinion = { 0 };

	contradict(&opinion, 7 * S, 0);
	EXPECT_FALSE(opinion_move(&opinion, 4 * S, false, &now));
	EXPECT_EQ(3 * S - MS, opinion.off.low_ns);
	EXPECT_EQ(3 * S + MS, opinion.off.high_ns);
	EXPECT_EQ(1, opinion.far);
	EXPECT_TRUE(opinion_move(&opinion, 3 * S, false, &now));
	EXPECT_EQ(0, opinion.far);
	EXPECT_TRUE(opinion.trusted);
	contradict(&opinion, 7 * S, 0);
	opinion_outvote(&opinion);
	EXPECT_TRUE(opinion_move(&opinion, 7 * S, false, &now));
	EXPECT_FALSE(opinion.trusted);
}

TEST(it_says_what_its_interval_holds_if_it_votes)
{
	struct opinion opinion = { .votes = true };

	EXPECT_FALSE(opinion_says(&opinion, 0));
	contradict(&opinion, 7 * S, 0);
	EXPECT_TRUE(opinion_says(&opinion, 7 * S - MS));
	EXPECT_TRUE(opinion_says(&opinion, 7 * S + MS));
	EXPECT_FALSE(opinion_says(&opinion, 7 * S - MS - 1));
	EXPECT_FALSE(opinion_says(&opinion, 7 * S + MS + 1));
	opinion.votes = false;
	EXPECT_FALSE(opinion_says(&opinion, 7 * S));
}

TEST(patience_is_a_hundred_times_the_difference)
{
	struct opinion opinion = { 0 };

	contradict(&opinion, -7 * S, 0);
	contradict(&opinion, -7 * S, S);
	EXPECT_FALSE(opinion_persists(&opinion, true, 86400 * S));
	contradict(&opinion, -7 * S, 2 * S);
	EXPECT_FALSE(opinion_persists(&opinion, true, 700 * S - 1));
	EXPECT_TRUE(opinion_persists(&opinion, true, 700 * S));
	/* Others contradict as well: a minute. */
	EXPECT_FALSE(opinion_persists(&opinion, false, 64 * S - 1));
	EXPECT_TRUE(opinion_persists(&opinion, false, 64 * S));
	opinion.first_ns = 200 * MS;
	EXPECT_FALSE(opinion_persists(&opinion, true, 64 * S - 1));
	EXPECT_TRUE(opinion_persists(&opinion, true, 64 * S));
	opinion.first_ns = 3600 * S;
	EXPECT_FALSE(opinion_persists(&opinion, true, 86400 * S - 1));
	EXPECT_TRUE(opinion_persists(&opinion, true, 86400 * S));
}

TEST_HARNESS_MAIN
