// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whose opinion is whose, and who has a vote.
 */
#include "user/discipline/roll.h"

#include "user/discipline/quorum.h"
#include "selftests/unit/unit.h"

struct source {
	uint64_t serial;
	bool counts;
	struct source_options options;
	struct source_status status;
};

uint64_t source_serial(const struct source *source)
{
	return source->serial;
}

const struct source_options *source_get_options(const struct source *source)
{
	return &source->options;
}

void source_get_record(const struct source *source, struct source_status *status)
{
	*status = source->status;
	status->options = &source->options;
}

bool quorum_counts(const struct source *source, const struct source_status *status)
{
	return source->counts;
}

bool quorum_may_vote(const struct source *source, const struct source_status *status)
{
	return source->counts && !status->lost;
}

bool quorum_only_limits(const struct source *source, const struct source_status *status)
{
	return source->counts && status->lost && status->kisses;
}

bool quorum_rests(const struct source_status *status, int64_t since_raw_ns, int64_t raw_ns)
{
	return source_status_is_limited(status) && status->asked_raw_ns < since_raw_ns &&
	       raw_ns >= since_raw_ns;
}

/* As many servers as there can be, in the order that the test puts them. */
FIXTURE(roll) {
	struct roll roll;
	struct source source[SOURCE_SELECT_MAX + 1];
	struct source *sources[SOURCE_SELECT_MAX + 1];
	size_t count;
	struct timescale_now now;
	struct source_sample sample;
};

FIXTURE_SETUP(roll)
{
	memset(self, 0, sizeof(*self));
	for (size_t i = 0; i <= SOURCE_SELECT_MAX; i++) {
		self->sources[i] = &self->source[i];
		self->source[i].serial = i + 1;
		self->source[i].counts = true;
		self->source[i].status.received = 1;
		self->source[i].status.last.stratum = 2;
		self->source[i].status.last.refid = (uint32_t)(1000 + i);
	}
	self->count = SOURCE_SELECT_MAX;
}

FIXTURE_TEARDOWN(roll)
{
}

/* Call all of them; how many have a new sample. Each opinion is marked by its serial. */
static size_t call(FIXTURE_DATA(roll) *self)
{
	size_t found = 0;

	roll_begin(&self->roll, self->sources, self->count);
	for (size_t i = 0; i < self->roll.count; i++) {
		struct opinion *opinion = roll_call(&self->roll, i, self->sources, &self->now,
						    &self->sample);

		if (!opinion)
			continue;
		opinion->first_ns = (int64_t)opinion->serial;
		found++;
	}
	return found;
}

/* Each opinion is where its source is, and what was noted of it is still there. */
static bool are_in_place(FIXTURE_DATA(roll) *self)
{
	for (size_t i = 0; i < self->roll.count; i++) {
		const struct opinion *opinion = &self->roll.opinion[i];

		if (opinion->serial != self->sources[i]->serial ||
		    opinion->first_ns != (int64_t)opinion->serial)
			return false;
	}
	return true;
}

TEST_F(roll, each_new_sample_once)
{
	EXPECT_EQ(SOURCE_SELECT_MAX, call(self));
	EXPECT_EQ(SOURCE_SELECT_MAX, self->roll.usable);
	EXPECT_EQ(0, call(self));
	self->source[5].status.received++;
	self->source[5].status.last.refid = 4;
	EXPECT_EQ(1, call(self));
	EXPECT_EQ(4, self->sample.refid);
	EXPECT_TRUE(are_in_place(self));
}

/* It says little of the time, but where it contradicts the clock it does. */
TEST_F(roll, each_answer_beyond_maxdelay_once)
{
	struct source_sample late = { .refid = 7, .stratum = 2 };

	call(self);
	self->source[5].status.overlong = &late;
	self->source[5].status.overlongs = 1;
	EXPECT_EQ(1, call(self));
	EXPECT_EQ(7, self->sample.refid);
	EXPECT_EQ(0, call(self));
	self->source[5].status.overlongs++;
	EXPECT_EQ(1, call(self));
	EXPECT_EQ(7, self->sample.refid);
	self->source[5].status.overlong = NULL;
	EXPECT_EQ(0, call(self));
	self->source[5].status.received++;
	EXPECT_EQ(1, call(self));
	EXPECT_EQ(1005, self->sample.refid);
	late.epoch++;
	self->source[5].status.overlong = &late;
	self->source[5].status.overlongs++;
	EXPECT_EQ(0, call(self));
}

TEST_F(roll, opinions_go_with_their_sources)
{
	struct source *first;

	call(self);
	first = self->sources[0];
	memmove(self->sources, self->sources + 1, sizeof(first) * (SOURCE_SELECT_MAX - 1));
	self->sources[SOURCE_SELECT_MAX - 1] = first;
	EXPECT_EQ(0, call(self));
	EXPECT_TRUE(are_in_place(self));
}

TEST_F(roll, a_new_source_costs_no_other_its_opinion)
{
	struct source *last = self->sources[SOURCE_SELECT_MAX];

	call(self);
	/* It comes first, and the last one leaves; then the other way round. */
	memmove(self->sources + 1, self->sources, sizeof(last) * (SOURCE_SELECT_MAX - 1));
	self->sources[0] = last;
	EXPECT_EQ(1, call(self));
	EXPECT_TRUE(are_in_place(self));
	memmove(self->sources, self->sources + 1, sizeof(last) * (SOURCE_SELECT_MAX - 1));
	self->sources[SOURCE_SELECT_MAX - 1] = &self->source[SOURCE_SELECT_MAX - 1];
	EXPECT_EQ(1, call(self));
	EXPECT_TRUE(are_in_place(self));
}

/* The first one leaves, and a new one takes its place. */
TEST_F(roll, a_new_source_in_the_place_of_another_costs_no_other_its_opinion)
{
	call(self);
	self->sources[0] = &self->source[SOURCE_SELECT_MAX];
	EXPECT_EQ(1, call(self));
	EXPECT_TRUE(are_in_place(self));
}

TEST_F(roll, more_sources_than_places_do_not_vote)
{
	self->count = SOURCE_SELECT_MAX + 1;
	EXPECT_EQ(SOURCE_SELECT_MAX, call(self));
	EXPECT_EQ(SOURCE_SELECT_MAX, self->roll.count);
}

TEST_F(roll, who_cannot_vote_says_nothing)
{
	self->source[1].counts = false;
	self->source[2].status.lost = true;
	self->source[3].status.last.epoch = 7;
	self->count = 5;
	EXPECT_EQ(2, call(self));
	EXPECT_EQ(4, self->roll.usable);
	EXPECT_FALSE(self->roll.opinion[1].votes);
	EXPECT_FALSE(self->roll.opinion[2].votes);
	/* Its sample is of another epoch, but it may answer yet. */
	EXPECT_TRUE(self->roll.opinion[3].votes);
}

TEST_F(roll, who_only_limits_has_no_vote_but_is_counted)
{
	self->source[1].status.lost = true;
	self->source[1].status.kisses = 2;
	self->count = 3;
	call(self);
	EXPECT_EQ(1, self->roll.limiting);
	EXPECT_FALSE(self->roll.opinion[1].votes);
	call(self);
	EXPECT_EQ(1, self->roll.limiting);
}

TEST_F(roll, who_was_not_asked_since_all_were_rests)
{
	self->roll.since_raw_ns = 70;
	self->now.raw_ns = 80;
	self->source[1].status.kiss = SOURCE_KISS_RATE;
	self->source[2].status.kiss = SOURCE_KISS_RATE;
	self->source[2].status.asked_raw_ns = 75;
	self->count = 3;
	call(self);
	EXPECT_FALSE(self->roll.opinion[0].rests);
	EXPECT_TRUE(self->roll.opinion[1].rests);
	EXPECT_FALSE(self->roll.opinion[2].rests);
}

TEST_F(roll, trusted_sources_vote_alone_while_they_can)
{
	self->source[1].options.trust = true;
	self->count = 3;
	EXPECT_EQ(1, call(self));
	EXPECT_TRUE(self->roll.opinion[1].votes);
	EXPECT_FALSE(self->roll.opinion[0].votes);
	EXPECT_EQ(1, self->roll.usable);
	self->source[0].status.kisses = 1;
	self->source[0].status.lost = true;
	call(self);
	EXPECT_EQ(0, self->roll.limiting);
	self->source[0].status.lost = false;
	self->source[1].status.lost = true;
	EXPECT_EQ(2, call(self));
	EXPECT_TRUE(self->roll.opinion[0].votes);
	EXPECT_FALSE(self->roll.opinion[1].votes);
}

TEST_F(roll, servers_of_one_reference_are_a_group)
{
	self->source[0].status.last.refid = 0x0a000001;
	/* 127.127.1.1 is the clock of each server itself, and "GPS" that of each stratum 1. */
	self->source[1].status.last.refid = 0x7f7f0101;
	self->source[2].status.last.refid = 0x47505300;
	self->source[2].status.last.stratum = 1;
	self->count = 3;
	call(self);
	EXPECT_EQ(0x0a000001, self->roll.opinion[0].group);
	EXPECT_EQ(0, self->roll.opinion[1].group);
	EXPECT_EQ(0, self->roll.opinion[2].group);
}

TEST_HARNESS_MAIN
