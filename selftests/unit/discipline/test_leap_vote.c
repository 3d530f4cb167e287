// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who may announce a leap second, and how many have to.
 */
#include "user/discipline/leap_vote.h"

#include "selftests/unit/unit.h"

enum { NONE, INSERT, DELETE };

struct source {
	struct source_options options;
	struct source_status status;
	bool refused;
};

void source_get_record(const struct source *source, struct source_status *status)
{
	*status = source->status;
	status->options = &source->options;
}

void source_get_status(const struct source *source, int64_t at_ns, struct source_status *status)
{
	(void)at_ns;
	source_get_record(source, status);
}

void source_excuse_silence(struct source *source)
{
	(void)source;
}

bool source_is_refused(const struct source *source)
{
	return source->refused;
}

/* Five servers that tell the time, and announce nothing. */
FIXTURE(vote) {
	struct source source[5];
	struct source *sources[5];
};

FIXTURE_SETUP(vote)
{
	memset(self, 0, sizeof(*self));
	for (int i = 0; i < 5; i++) {
		self->sources[i] = &self->source[i];
		self->source[i].status = (struct source_status){
			.verdict = SOURCE_SELECTED, .received = 7, .samples = 7,
		};
	}
}

FIXTURE_TEARDOWN(vote)
{
}

static void announce(FIXTURE_DATA(vote) *self, int first, int last, int leap)
{
	for (int i = first; i <= last; i++)
		self->source[i].status.last.leap = leap;
}

static int count(FIXTURE_DATA(vote) *self)
{
	return leap_vote(self->sources, 5);
}

TEST_F(vote, nobody_announces_anything)
{
	EXPECT_EQ(NONE, count(self));
	EXPECT_EQ(NONE, leap_vote(self->sources, 0));
}

TEST_F(vote, more_than_half_decide)
{
	announce(self, 0, 1, INSERT);
	EXPECT_EQ(NONE, count(self));
	announce(self, 2, 2, INSERT);
	EXPECT_EQ(INSERT, count(self));
	announce(self, 0, 2, DELETE);
	EXPECT_EQ(DELETE, count(self));
	announce(self, 0, 0, INSERT);
	EXPECT_EQ(NONE, count(self));
}

TEST_F(vote, half_of_them_are_not_enough)
{
	announce(self, 0, 1, INSERT);
	EXPECT_EQ(NONE, leap_vote(self->sources, 4));
	announce(self, 0, 1, DELETE);
	EXPECT_EQ(NONE, leap_vote(self->sources, 4));
	EXPECT_EQ(DELETE, leap_vote(self->sources, 3));
}

TEST_F(vote, falsetickers_count)
{
	announce(self, 0, 2, INSERT);
	for (int i = 0; i < 2; i++)
		self->source[i].status.verdict = SOURCE_FALSETICKER;
	EXPECT_EQ(INSERT, count(self));
}

TEST_F(vote, who_cannot_be_used_does_not)
{
	announce(self, 0, 2, INSERT);
	self->source[0].status.verdict = SOURCE_UNUSABLE;
	EXPECT_EQ(NONE, count(self));
	self->source[0].status.verdict = SOURCE_SELECTED;
	self->source[0].options.noselect = true;
	EXPECT_EQ(NONE, count(self));
	self->source[0].options.noselect = false;
	self->source[0].status.last.numbered = true;
	EXPECT_EQ(NONE, count(self));
	self->source[0].status.last.numbered = false;
	EXPECT_EQ(INSERT, count(self));
	/* The others are asked all the same. */
	self->source[0].status.verdict = SOURCE_UNUSABLE;
	announce(self, 3, 3, INSERT);
	EXPECT_EQ(INSERT, count(self));
}

/* Two have not answered since all samples became void. */
TEST_F(vote, who_is_awaited_votes_by_what_it_said_last)
{
	announce(self, 0, 1, DELETE);
	for (int i = 3; i < 5; i++)
		self->source[i].status = (struct source_status){ .received = 7, .lost = true };
	EXPECT_EQ(DELETE, count(self));
	self->source[3].status.lost = false;
	EXPECT_EQ(NONE, count(self));
	self->source[3].status.last.leap = DELETE;
	EXPECT_EQ(DELETE, count(self));
	self->source[3].status.last.leap = NONE;
	self->source[4].status.lost = false;
	EXPECT_EQ(NONE, count(self));
}

/* At a start the first ones to answer may be liars. */
TEST_F(vote, who_has_never_answered_announces_nothing)
{
	announce(self, 0, 1, INSERT);
	for (int i = 2; i < 5; i++)
		self->source[i].status = (struct source_status){ .asked = 1 };
	EXPECT_EQ(NONE, count(self));
	/* But is not waited for, for long. */
	for (int i = 2; i < 5; i++)
		self->source[i].status.asked = 3;
	EXPECT_EQ(INSERT, count(self));
}

TEST_F(vote, who_is_awaited_and_would_not_be_used_does_not)
{
	struct source_status *status = &self->source[3].status;

	announce(self, 0, 1, DELETE);
	self->source[4].options.noselect = true;
	*status = (struct source_status){ .received = 7, .lost = true };
	EXPECT_EQ(DELETE, count(self));
	status->lost = false;
	EXPECT_EQ(NONE, count(self));
	self->source[3].refused = true;
	EXPECT_EQ(DELETE, count(self));
	self->source[3].refused = false;
	status->samples = 7;
	EXPECT_EQ(DELETE, count(self));
	status->samples = 0;
	status->lost = true;
	EXPECT_EQ(DELETE, count(self));
	status->lost = false;
	status->withdrawn = true;
	EXPECT_EQ(DELETE, count(self));
	status->withdrawn = false;
	status->orphan = true;
	EXPECT_EQ(DELETE, count(self));
	status->orphan = false;
	status->loop = true;
	EXPECT_EQ(DELETE, count(self));
}

TEST_F(vote, nobody_outvotes_the_trusted)
{
	announce(self, 0, 2, INSERT);
	self->source[3].options.trust = true;
	EXPECT_EQ(NONE, count(self));
	announce(self, 0, 4, INSERT);
	announce(self, 3, 3, NONE);
	EXPECT_EQ(NONE, count(self));
	announce(self, 0, 4, NONE);
	announce(self, 3, 3, DELETE);
	EXPECT_EQ(DELETE, count(self));
	/* Two of these two have to agree. */
	self->source[4].options.trust = true;
	EXPECT_EQ(NONE, count(self));
	announce(self, 4, 4, DELETE);
	EXPECT_EQ(DELETE, count(self));
}

TEST_HARNESS_MAIN
