// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vote on the host's clock: how often, by how many and by how much.
 */
#include "user/discipline/host_vote.h"

#include "selftests/unit/unit.h"

#define MS	1000000LL

/* The host is 7 s ahead of the reference, and by the sources at the reference. */
#define AHEAD_NS	(7000 * MS)

FIXTURE(host) {
	struct refutation vote;
	struct selection selection;
	struct timescale_now now;
};

FIXTURE_SETUP(host)
{
	memset(self, 0, sizeof(*self));
	self->now.has_host = true;
	self->now.reference_ns = 1000 * MS;
	self->now.host_ns = self->now.reference_ns + AHEAD_NS;
	self->selection.candidates = 3;
	self->selection.falsetickers = 1;
	self->selection.low_ns = -MS;
	self->selection.high_ns = MS;
}

FIXTURE_TEARDOWN(host)
{
}

static enum host_verdict count(FIXTURE_DATA(host) *self)
{
	return host_vote_count(&self->vote, &self->selection, 0, &self->now);
}

/* The verdict, and that it was none before the last of so many updates. */
static enum host_verdict count_many(FIXTURE_DATA(host) *self, int updates)
{
	enum host_verdict verdict = HOST_STAYS;

	while (updates-- > 0 && verdict == HOST_STAYS)
		verdict = count(self);
	return updates < 0 ? verdict : HOST_STAYS;
}

TEST_F(host, contradicted_four_times_in_a_row_is_demoted)
{
	EXPECT_EQ(HOST_DEMOTED, count_many(self, 4));
	EXPECT_TRUE(self->vote.refuted);
}

TEST_F(host, contradicted_now_and_then_stays)
{
	for (int i = 0; i < 10; i++) {
		EXPECT_EQ(HOST_STAYS, count_many(self, 3));
		refutation_break(&self->vote);
	}
	EXPECT_EQ(HOST_STAYS, count_many(self, 3));
	/* An update that agrees with it is a break, too. */
	self->selection.high_ns = AHEAD_NS;
	EXPECT_EQ(HOST_STAYS, count(self));
	self->selection.high_ns = MS;
	EXPECT_EQ(HOST_STAYS, count_many(self, 3));
	EXPECT_EQ(HOST_DEMOTED, count(self));
}

TEST_F(host, one_source_alone_does_not_decide)
{
	self->selection.falsetickers = 2;
	EXPECT_EQ(HOST_STAYS, count_many(self, 100));
	self->selection.candidates = 4;
	EXPECT_EQ(HOST_DEMOTED, count_many(self, 4));
}

/* Either way, and the sources' whole interval. */
TEST_F(host, tenth_of_a_second_is_no_contradiction)
{
	self->selection.low_ns = AHEAD_NS + 100 * MS;
	self->selection.high_ns = AHEAD_NS + 200 * MS;
	EXPECT_EQ(HOST_STAYS, count_many(self, 100));
	self->selection.low_ns++;
	EXPECT_EQ(HOST_DEMOTED, count_many(self, 4));
	refutation_break(&self->vote);
	self->selection.low_ns = AHEAD_NS - 200 * MS;
	self->selection.high_ns = AHEAD_NS - 100 * MS;
	EXPECT_EQ(HOST_STAYS, count_many(self, 100));
	self->selection.high_ns--;
	EXPECT_EQ(HOST_DEMOTED, count_many(self, 4));
}

TEST_F(host, that_was_set_right_is_reinstated)
{
	ASSERT_EQ(HOST_DEMOTED, count_many(self, 4));
	self->now.has_host = false;
	self->now.host_known = true;
	EXPECT_EQ(HOST_STAYS, count_many(self, 100));
	self->now.host_ns = self->now.reference_ns + 10 * MS;
	EXPECT_EQ(HOST_STAYS, count_many(self, 63));
	self->now.host_ns++;
	EXPECT_EQ(HOST_STAYS, count(self));
	self->now.host_ns = self->now.reference_ns - 10 * MS;
	EXPECT_EQ(HOST_STAYS, count_many(self, 63));
	EXPECT_EQ(HOST_REINSTATED, count(self));
	EXPECT_FALSE(self->vote.refuted);
	EXPECT_EQ(HOST_STAYS, count_many(self, 100));
}

/* The offset counts from the reference. */
TEST_F(host, is_compared_with_what_the_sources_show)
{
	self->vote.refuted = true;
	self->now.has_host = false;
	self->now.host_known = true;
	for (int i = 0; i < 63; i++)
		ASSERT_EQ(HOST_STAYS, host_vote_count(&self->vote, &self->selection, AHEAD_NS,
						      &self->now));
	EXPECT_EQ(HOST_REINSTATED, host_vote_count(&self->vote, &self->selection, AHEAD_NS,
						   &self->now));
}

/* Nobody shows its clock, or it is the operator who deselected it. */
TEST_F(host, that_nobody_demoted_is_not_reinstated)
{
	self->now.has_host = false;
	self->now.host_known = true;
	self->now.host_ns = self->now.reference_ns;
	EXPECT_EQ(HOST_STAYS, count_many(self, 100));
	self->vote.refuted = true;
	self->now.host_known = false;
	EXPECT_EQ(HOST_STAYS, count_many(self, 100));
}

/* The operator has it followed again, and deselects it himself later. */
TEST_F(host, that_an_operator_took_over_is_his)
{
	ASSERT_EQ(HOST_DEMOTED, count_many(self, 4));
	self->now.host_ns = self->now.reference_ns;
	EXPECT_EQ(HOST_STAYS, count(self));
	self->now.has_host = false;
	self->now.host_known = true;
	for (int i = 0; i < 100; i++)
		EXPECT_EQ(HOST_STAYS, count(self));
}

/* What it showed before it was demoted for another time does not count. */
TEST_F(host, has_to_be_right_all_the_time_before_it_is_reinstated)
{
	ASSERT_EQ(HOST_DEMOTED, count_many(self, 4));
	self->now.has_host = false;
	self->now.host_known = true;
	self->now.host_ns = self->now.reference_ns;
	EXPECT_EQ(HOST_STAYS, count_many(self, 63));
	refutation_break(&self->vote);
	self->now.has_host = true;
	self->now.host_ns = self->now.reference_ns + AHEAD_NS;
	ASSERT_EQ(HOST_DEMOTED, count_many(self, 4));
	self->now.has_host = false;
	self->now.host_ns = self->now.reference_ns;
	EXPECT_EQ(HOST_STAYS, count_many(self, 63));
	EXPECT_EQ(HOST_REINSTATED, count(self));
}

TEST_HARNESS_MAIN
