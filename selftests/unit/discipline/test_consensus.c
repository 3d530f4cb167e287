// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sources as a witness: which of them have to agree, and how often, before they are believed
 * against all that is known. The sources are stand-ins that say what a test has them say.
 */
#include "user/discipline/consensus.h"

#include <string.h>

#include "user/discipline/quorum.h"
#include "selftests/unit/unit.h"

#define S	1000000000LL
#define MS	1000000LL
#define SOURCES	SOURCE_SELECT_MAX

struct source {
	struct source_options options;
	struct source_status status;
	bool refused;
	int others_answered;
	int clock_answered;
	bool silent, cut_off;
	uint64_t serial;
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

const struct source_options *source_get_options(const struct source *source)
{
	return &source->options;
}

bool source_is_refused(const struct source *source)
{
	return source->refused;
}

uint64_t source_serial(const struct source *source)
{
	return source->serial;
}

uint64_t source_received(const struct source *source)
{
	return source->status.received;
}

void source_others_answered(struct source *source, int64_t now_raw_ns)
{
	(void)now_raw_ns;
	source->others_answered++;
}

void source_clock_answered(struct source *source, int64_t now_raw_ns)
{
	(void)now_raw_ns;
	source->clock_answered++;
}

bool source_is_silent(const struct source *source)
{
	return source->silent;
}

void source_cut_off(struct source *source)
{
	source->cut_off = true;
}

void source_excuse_silence(struct source *source)
{
	(void)source;
}

FIXTURE(consensus)
{
	struct consensus *consensus;
	struct source source[SOURCES];
	struct source *sources[SOURCES];
	size_t count;
	struct timescale_now now;
	struct consensus_terms terms;
	struct consensus_result result;
};

FIXTURE_SETUP(consensus)
{
	int i;

	memset(self, 0, sizeof(*self));
	self->consensus = consensus_new();
	ASSERT_NE(NULL, self->consensus);
	for (i = 0; i < SOURCES; i++) {
		self->sources[i] = &self->source[i];
		self->source[i].serial = (uint64_t)i + 1;
	}
	self->count = 3;
	self->terms = (struct consensus_terms){ .confirmed = true, .jumps = true };
	self->now = (struct timescale_now){
		.raw_ns = 5000 * S,
		.reference_ns = 5000 * S,
		.time_ns = 1800000000 * S,
		.maxerror_ns = 5 * MS,
		.epoch = 3,
	};
}

FIXTURE_TEARDOWN(consensus)
{
	consensus_free(self->consensus);
}

/* Time goes on, and what is measured against it. */
static void run(FIXTURE_DATA(consensus) *self, int64_t duration_ns)
{
	self->now.raw_ns += duration_ns;
	self->now.reference_ns += duration_ns;
	self->now.time_ns += duration_ns;
}

/* A source's answer: UTC is @off_ns ahead of the timescale. */
static void say(FIXTURE_DATA(consensus) *self, int number, int64_t off_ns)
{
	struct source_status *status = &self->source[number].status;

	status->reach = 0xff;
	status->received++;
	status->samples++;
	status->last.at_ns = self->now.reference_ns - 10 * MS;
	status->last.offset_ns = self->now.time_ns - self->now.reference_ns + off_ns;
	status->last.delay_ns = 2 * MS;
	status->last.epoch = self->now.epoch;
	status->last_raw_ns = self->now.raw_ns;
	if (!status->last.stratum)
		status->last.stratum = 1;
}

static void listen(FIXTURE_DATA(consensus) *self)
{
	consensus_update(self->consensus, self->sources, self->count, &self->now,
			 &self->terms, &self->result);
}

/* The same, heard at once. */
static enum consensus_verdict answer(FIXTURE_DATA(consensus) *self, int number, int64_t off_ns)
{
	say(self, number, off_ns);
	listen(self);
	return self->result.verdict;
}

/* All of them were right until now. */
static int begin(FIXTURE_DATA(consensus) *self, size_t count)
{
	size_t i;

	self->count = count;
	for (i = 0; i < count; i++)
		say(self, (int)i, (int64_t)(i % 5) * MS);
	listen(self);
	run(self, 16 * S);
	return self->result.verdict != CONSENSUS_OK || self->result.ask ? -1 : 0;
}

TEST_F(consensus, majority_is_believed)
{
	ASSERT_EQ(0, begin(self, 3));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 1, 3600 * S));
	EXPECT_TRUE(self->result.ask);
	run(self, 10 * MS);
	EXPECT_EQ(CONSENSUS_JUMP, answer(self, 2, 3600 * S + MS / 2));
	EXPECT_FALSE(self->result.ask);
	EXPECT_LT(llabs(self->result.offset_ns - 3600 * S), 2 * MS);
	EXPECT_LT(llabs(self->result.offset_ns - 3600 * S), self->result.maxerror_ns);
	EXPECT_LT(self->result.maxerror_ns, 10 * MS);
	EXPECT_EQ(5000 * S, self->result.agreed_raw_ns);
	EXPECT_EQ(2, self->result.agreeing);
	EXPECT_EQ(3, self->result.voters);
}

/*
 * Two far ones agree with the liar, and as well with the near one that is right. What they have in
 * common with either is narrow: the bound holds all that three of four may mean.
 */
TEST_F(consensus, bound_holds_every_majority)
{
	ASSERT_EQ(0, begin(self, 4));
	self->now.maxerror_ns = MS;
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 3600 * S - 8 * MS));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 1, 3600 * S));
	self->source[2].status.last.root_delay_ns = 50 * MS;
	self->source[3].status.last.root_delay_ns = 50 * MS;
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 2, 3600 * S));
	EXPECT_EQ(CONSENSUS_JUMP, answer(self, 3, 3600 * S));
	EXPECT_LE(llabs(self->result.offset_ns - 3600 * S), self->result.maxerror_ns);
	EXPECT_LE(llabs(self->result.offset_ns - 3600 * S + 8 * MS), self->result.maxerror_ns);
	EXPECT_LT(self->result.maxerror_ns, 15 * MS);
}

/*
 * What two said was learned from, and the clock is where they had it. What they said before is no
 * reason to move it by the same once more.
 */
TEST_F(consensus, what_was_followed_is_not_followed_twice)
{
	ASSERT_EQ(0, begin(self, 3));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 1730 * MS));
	self->now.time_ns += 1730 * MS;
	run(self, 100 * MS);
	EXPECT_EQ(CONSENSUS_OK, answer(self, 1, 0));
	EXPECT_EQ(CONSENSUS_OK, answer(self, 2, 0));
	run(self, 2 * S);
	EXPECT_EQ(CONSENSUS_OK, answer(self, 1, 0));
	EXPECT_FALSE(self->result.ask);

	/* Nor where it is a slew that takes some seconds. */
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 1, -800 * MS));
	self->now.slew_ns = -800 * MS;
	run(self, 4 * S);
	self->now.time_ns -= 400 * MS;
	self->now.slew_ns = -400 * MS;
	listen(self);
	run(self, 4 * S);
	self->now.time_ns -= 400 * MS;
	self->now.slew_ns = 0;
	EXPECT_EQ(CONSENSUS_OK, answer(self, 2, 0));
	EXPECT_EQ(CONSENSUS_OK, answer(self, 0, 0));

	/* What is still contradicted is. */
	run(self, 30 * S);
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 1, 3600 * S));
	self->now.time_ns += 10 * S;
	EXPECT_EQ(CONSENSUS_JUMP, answer(self, 2, 3590 * S));
	EXPECT_LT(llabs(self->result.offset_ns - 3590 * S), 2 * MS);
}

/* While the timescale only goes on, by its own rate or along a host. */
TEST_F(consensus, what_was_said_stays_where_it_was)
{
	int64_t said_ns;
	int i, host;

	self->now.rate = 50e-6;
	for (host = 0; host < 2; host++) {
		consensus_forget(self->consensus);
		self->now.has_host = host;
		ASSERT_EQ(0, begin(self, 1));
		EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 60 * S));
		said_ns = self->result.offset_ns;
		for (i = 0; i < 4; i++) {
			run(self, 2 * S);
			self->now.time_ns += host ? 0 : 100000;
			listen(self);
			EXPECT_EQ(said_ns, self->result.offset_ns);
		}
	}
}

TEST_F(consensus, one_of_several_is_not)
{
	int i;

	ASSERT_EQ(0, begin(self, 3));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 3600 * S));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 1, 0));
	EXPECT_EQ(CONSENSUS_OK, answer(self, 2, 0));
	/* It goes on as a falseticker, which is no news and worth no burst. */
	run(self, 16 * S);
	EXPECT_EQ(CONSENSUS_OK, answer(self, 0, 3600 * S));
	EXPECT_FALSE(self->result.ask);
	/* Until it was right again, for a while. */
	for (i = 0; i < 8; i++) {
		EXPECT_EQ(CONSENSUS_OK, answer(self, 0, 0));
		EXPECT_EQ(CONSENSUS_OK, answer(self, 0, 3600 * S));
	}
	for (i = 0; i < 8; i++)
		EXPECT_EQ(CONSENSUS_OK, answer(self, 0, 0));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 3600 * S));
}

TEST_F(consensus, one_of_two_is_not)
{
	ASSERT_EQ(0, begin(self, 2));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 3600 * S));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 3600 * S));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 3600 * S));
	EXPECT_EQ(CONSENSUS_OK, answer(self, 1, 0));
}

TEST_F(consensus, each_another_way_is_no_agreement)
{
	ASSERT_EQ(0, begin(self, 3));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 3600 * S));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 1, 60 * S));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 2, -60 * S));
	/* What looks like a jump amid the answers; so they are asked again, but not for ever. */
	EXPECT_TRUE(self->result.ask);
	run(self, S);
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 3600 * S));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 1, 60 * S));
	EXPECT_EQ(CONSENSUS_OK, answer(self, 2, -60 * S));
}

/*
 * The clock jumps a second time amid the answers. Those of before and of after it are no majority
 * together, but those of after it are.
 */
TEST_F(consensus, what_was_said_before_another_jump_decides_nothing)
{
	ASSERT_EQ(0, begin(self, 5));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 60 * S));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 3, 0));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 4, 0));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 1, 60 * S));
	EXPECT_FALSE(self->result.ask);
	run(self, S);
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 2, 60 * S + 90 * MS));
	EXPECT_TRUE(self->result.ask);
	EXPECT_EQ(5 * S, self->result.wait_ns);
	run(self, S);
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 3, 0));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 4, 0));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 60 * S + 90 * MS));
	EXPECT_FALSE(self->result.ask);
	EXPECT_EQ(CONSENSUS_JUMP, answer(self, 1, 60 * S + 90 * MS));
	EXPECT_LT(llabs(self->result.offset_ns - 60 * S - 90 * MS), 5 * MS);
}

/* Who does not answer anew has said nothing of it, but is waited for no longer than at first. */
TEST_F(consensus, a_dispute_is_over_after_the_time_of_a_burst)
{
	ASSERT_EQ(0, begin(self, 4));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 60 * S));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 1, 0));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 2, 0));
	run(self, S);
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 3, 70 * S));
	EXPECT_TRUE(self->result.ask);
	run(self, 5 * S - 1);
	listen(self);
	EXPECT_EQ(CONSENSUS_SUSPECT, self->result.verdict);
	run(self, 1);
	listen(self);
	EXPECT_EQ(CONSENSUS_OK, self->result.verdict);
}

/* Nor does one that says another time with each answer keep the clock in doubt. */
TEST_F(consensus, one_that_says_ever_new_times_is_asked_once_more)
{
	int i;

	ASSERT_EQ(0, begin(self, 4));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 60 * S));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 61 * S));
	EXPECT_TRUE(self->result.ask);
	for (i = 1; i < 3; i++) {
		EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, i, 0));
		EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, (61 + i) * S));
		EXPECT_FALSE(self->result.ask);
	}
	EXPECT_EQ(CONSENSUS_OK, answer(self, 3, 0));

	/* In the next suspicion it can do so again. */
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 1, 60 * S));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 70 * S));
	EXPECT_TRUE(self->result.ask);
}

TEST_F(consensus, majority_of_those_that_still_answer)
{
	ASSERT_EQ(0, begin(self, 4));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 60 * S));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 1, 60 * S));
	run(self, 6 * S);
	EXPECT_EQ(CONSENSUS_JUMP, answer(self, 1, 60 * S));
	EXPECT_EQ(2, self->result.voters);
}

TEST_F(consensus, suspicion_ends_when_nobody_resolves_it)
{
	ASSERT_EQ(0, begin(self, 3));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 60 * S));
	run(self, 10 * S);
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 60 * S));
	run(self, 25 * S);
	EXPECT_EQ(CONSENSUS_OK, answer(self, 0, 60 * S));
}

/* Of an only source's burst one answer came. Until its next poll may be a quarter of an hour. */
TEST_F(consensus, asks_again_while_nothing_is_decided)
{
	ASSERT_EQ(0, begin(self, 1));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 60 * S));
	EXPECT_TRUE(self->result.ask);
	EXPECT_EQ(5 * S, self->result.wait_ns);
	run(self, 2 * S);
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 60 * S));
	EXPECT_FALSE(self->result.ask);
	EXPECT_EQ(3 * S, self->result.wait_ns);
	run(self, 3 * S);
	listen(self);
	EXPECT_TRUE(self->result.ask);
	/* Twice as late each time. */
	EXPECT_EQ(10 * S, self->result.wait_ns);
	run(self, 9 * S);
	listen(self);
	EXPECT_FALSE(self->result.ask);
	run(self, S);
	listen(self);
	EXPECT_TRUE(self->result.ask);
	EXPECT_EQ(20 * S, self->result.wait_ns);
	EXPECT_EQ(CONSENSUS_JUMP, answer(self, 0, 60 * S));
	EXPECT_FALSE(self->result.ask);
	EXPECT_EQ(0, self->result.wait_ns);
}

/* All of one honest server's answers were lost: with it the others that agree would be most. */
TEST_F(consensus, waits_for_who_may_make_a_majority)
{
	ASSERT_EQ(0, begin(self, 5));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 60 * S));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 1, 60 * S));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 2, 0));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 3, 0));
	run(self, 5 * S);
	listen(self);
	EXPECT_EQ(CONSENSUS_SUSPECT, self->result.verdict);
	EXPECT_TRUE(self->result.ask);
	EXPECT_EQ(CONSENSUS_JUMP, answer(self, 4, 60 * S));
	EXPECT_EQ(3, self->result.agreeing);
	EXPECT_EQ(5, self->result.voters);
}

/* Three of five rest, and were not asked since the first one contradicted: they are waited for. */
TEST_F(consensus, waits_for_those_that_rest)
{
	int i;

	ASSERT_EQ(0, begin(self, 5));
	for (i = 2; i < 5; i++) {
		self->source[i].status.kiss = SOURCE_KISS_RATE;
		self->source[i].status.asked_raw_ns = self->now.raw_ns - 10 * S;
	}
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 60 * S));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 1, 60 * S));
	EXPECT_FALSE(self->result.rests);
	run(self, 100 * S);
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 60 * S));
	EXPECT_TRUE(self->result.rests);
	EXPECT_EQ(CONSENSUS_JUMP, answer(self, 3, 60 * S));
	EXPECT_FALSE(self->result.rests);
}

/*
 * Two of four are half, but a fifth has said nothing but that we ask too often: it is there, and
 * may be right. So the two that rest decide.
 */
TEST_F(consensus, half_waits_for_those_that_rest_beside_one_that_only_limits)
{
	int i;

	ASSERT_EQ(0, begin(self, 4));
	self->count = 5;
	for (i = 2; i < 5; i++) {
		self->source[i].status.kiss = SOURCE_KISS_RATE;
		self->source[i].status.asked_raw_ns = self->now.raw_ns - 10 * S;
	}
	self->source[4].status.asked = 4;
	self->source[4].status.kisses = 2;
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 60 * S));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 1, 60 * S));
	run(self, 100 * S);
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 60 * S));
	EXPECT_TRUE(self->result.rests);
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 2, 0));
	EXPECT_EQ(CONSENSUS_OK, answer(self, 3, 0));
}

/* One that rests has contradicted a while ago, by less: that is no answer to what happens now. */
TEST_F(consensus, what_was_said_before_is_no_answer)
{
	ASSERT_EQ(0, begin(self, 4));
	/* The fifth has never agreed, and raises no suspicion. */
	self->count = 5;
	self->source[4].status.kiss = SOURCE_KISS_RATE;
	EXPECT_EQ(CONSENSUS_OK, answer(self, 4, 2 * S));
	run(self, 40 * S);
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, -3600 * S));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 1, -60 * S));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 2, 18 * S));
	run(self, 6 * S);
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 3, 18 * S));
	run(self, 60 * S);
	EXPECT_EQ(CONSENSUS_JUMP, answer(self, 4, 18 * S));
}

/*
 * Of two liars one was outvoted, and is silent since. The other one is denied by two of the three
 * honest ones; the third one is silent, and loses its vote.
 */
TEST_F(consensus, what_was_said_before_by_who_is_silent_is_no_vote)
{
	ASSERT_EQ(0, begin(self, 5));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 3, -2 * S));
	for (int i = 0; i < 3; i++)
		answer(self, i, 0);
	run(self, 40 * S);
	listen(self);
	ASSERT_EQ(CONSENSUS_OK, self->result.verdict);

	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 4, -2 * S));
	EXPECT_NE(CONSENSUS_JUMP, answer(self, 1, 0));
	EXPECT_NE(CONSENSUS_JUMP, answer(self, 2, 0));
	run(self, 6 * S);
	self->source[0].status.reach = 0;
	self->source[0].status.lost = true;
	listen(self);
	EXPECT_NE(CONSENSUS_JUMP, self->result.verdict);
	run(self, 30 * S);
	listen(self);
	EXPECT_EQ(CONSENSUS_OK, self->result.verdict);
}

/*
 * The clock is off by 0.32 s. That is a contradiction of two near servers, and none of a third one,
 * whose way is long; but neither can that one be right together with the clock. Two liars rest.
 */
TEST_F(consensus, who_excludes_the_clock_joins_those_who_contradict)
{
	ASSERT_EQ(0, begin(self, 5));
	self->now.maxerror_ns = 70 * MS;
	self->source[2].status.last.root_delay_ns = 80 * MS;
	self->source[3].status.kiss = SOURCE_KISS_RATE;
	self->source[4].status.kiss = SOURCE_KISS_RATE;
	/* By itself it raises no suspicion. */
	EXPECT_EQ(CONSENSUS_OK, answer(self, 2, 320 * MS));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 320 * MS));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 1, 320 * MS));
	EXPECT_EQ(CONSENSUS_JUMP, answer(self, 2, 320 * MS));
	EXPECT_EQ(3, self->result.agreeing);
}

/*
 * While those that rest are waited for the clock's bound grows, until nobody differs by three times
 * as much any more: what they said still holds.
 */
TEST_F(consensus, a_bound_that_grows_ends_no_contradiction)
{
	ASSERT_EQ(0, begin(self, 5));
	self->source[2].status.kiss = SOURCE_KISS_RATE;
	self->source[3].status.kiss = SOURCE_KISS_RATE;
	self->source[4].status.kiss = SOURCE_KISS_RATE;
	self->now.maxerror_ns = 70 * MS;
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 320 * MS));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 1, 320 * MS));
	run(self, 90 * S);
	self->now.maxerror_ns = 160 * MS;
	EXPECT_EQ(CONSENSUS_JUMP, answer(self, 2, 320 * MS));
	EXPECT_EQ(3, self->result.agreeing);
}

/* One that agrees with the clock, and not with them, joins nobody. */
TEST_F(consensus, who_excludes_another_time_joins_nobody)
{
	ASSERT_EQ(0, begin(self, 5));
	self->now.maxerror_ns = 70 * MS;
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 320 * MS));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 1, 320 * MS));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 2, 120 * MS));
	EXPECT_EQ(2, self->result.agreeing);
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 3, 0));
	EXPECT_EQ(CONSENSUS_OK, answer(self, 4, 0));
}

/* They are most with one that allows for what they say: the discipline takes it from here. */
TEST_F(consensus, waits_for_no_rest_where_a_majority_allows_for_it)
{
	ASSERT_EQ(0, begin(self, 5));
	self->source[2].status.last.root_delay_ns = 2 * S;
	self->source[3].status.kiss = SOURCE_KISS_RATE;
	self->source[4].status.kiss = SOURCE_KISS_RATE;
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 320 * MS));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 1, 320 * MS));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 2, 320 * MS));
	run(self, 29 * S);
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 320 * MS));
	run(self, 2 * S);
	EXPECT_EQ(CONSENSUS_OK, answer(self, 0, 320 * MS));
}

/* But not for ever, and not for those that were asked meanwhile, or could not change anything. */
TEST_F(consensus, waits_for_no_rest_that_decides_nothing)
{
	int i;

	ASSERT_EQ(0, begin(self, 5));
	self->source[4].status.kiss = SOURCE_KISS_RATE;
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 60 * S));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 1, 60 * S));
	self->source[4].status.asked_raw_ns = self->now.raw_ns;
	self->source[4].status.reach = 0xfc;
	run(self, 29 * S);
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 60 * S));
	run(self, 2 * S);
	EXPECT_EQ(CONSENSUS_OK, answer(self, 0, 60 * S));

	ASSERT_EQ(0, (consensus_forget(self->consensus), begin(self, 5)));
	for (i = 2; i < 5; i++)
		self->source[i].status.kiss = SOURCE_KISS_RATE;
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 60 * S));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 1, 60 * S));
	run(self, QUORUM_REST_NS - S);
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 60 * S));
	run(self, S);
	EXPECT_EQ(CONSENSUS_OK, answer(self, 0, 60 * S));
}

/* Servers of one appliance, or one that says that it is. */
static void share_a_clock(FIXTURE_DATA(consensus) *self, int count)
{
	int i;

	for (i = 0; i < count; i++)
		self->source[i].status.last = (struct source_sample){
			.stratum = 2,
			.refid = 0x47505300,
		};
}

/* As the servers agree with each other, but all of them by one clock. */
TEST_F(consensus, echoes_have_to_repeat_themselves)
{
	int i;

	share_a_clock(self, 2);
	ASSERT_EQ(0, begin(self, 2));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 60 * S));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 1, 60 * S));
	EXPECT_EQ(2, self->result.agreeing);
	EXPECT_EQ(2, self->result.voters);
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 60 * S));
	EXPECT_EQ(CONSENSUS_JUMP, answer(self, 0, 60 * S));

	/* Like an only one they are not followed into the past. */
	consensus_forget(self->consensus);
	ASSERT_EQ(0, begin(self, 2));
	for (i = 0; i < 5; i++) {
		answer(self, 0, -60 * S);
		answer(self, 1, -60 * S);
		run(self, 2 * S);
	}
	EXPECT_EQ(CONSENSUS_FALSETICKER, self->result.verdict);
	/* But several that go on saying so are believed after a minute. */
	run(self, 53 * S);
	EXPECT_EQ(CONSENSUS_FALSETICKER, answer(self, 0, -60 * S));
	run(self, S);
	EXPECT_EQ(CONSENSUS_JUMP, answer(self, 0, -60 * S));
}

/* Whichever of them does, and whatever another one says. */
TEST_F(consensus, one_of_the_echoes_has_to_repeat_itself)
{
	share_a_clock(self, 3);
	ASSERT_EQ(0, begin(self, 3));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 1, 60 * S));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 2, 60 * S));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 2, 60 * S));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 0));
	EXPECT_EQ(CONSENSUS_JUMP, answer(self, 2, 60 * S));
}

TEST_F(consensus, as_many_as_there_can_be_have_a_voice)
{
	int i;

	share_a_clock(self, SOURCES);
	ASSERT_EQ(0, begin(self, SOURCES));
	for (i = 0; i < SOURCES; i++)
		EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, i, 60 * S));
	EXPECT_EQ(SOURCES, self->result.agreeing);
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, SOURCES - 1, 60 * S));
	EXPECT_EQ(CONSENSUS_JUMP, answer(self, SOURCES - 1, 60 * S));
}

TEST_F(consensus, echo_that_contradicts_is_another_vote)
{
	int i, way;

	share_a_clock(self, 4);
	for (way = -1; way <= 1; way += 2) {
		consensus_forget(self->consensus);
		ASSERT_EQ(0, begin(self, 4));
		EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, way * 86400 * S));
		EXPECT_EQ(4, self->result.voters);
		for (i = 1; i < 3; i++)
			EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, i, 0));
		EXPECT_EQ(CONSENSUS_OK, answer(self, 3, 0));
		for (i = 0; i < 10; i++)
			EXPECT_EQ(CONSENSUS_OK, answer(self, 0, way * 86400 * S));
	}
}

TEST_F(consensus, one_of_two_echoes_is_not_believed)
{
	int i;

	share_a_clock(self, 2);
	ASSERT_EQ(0, begin(self, 2));
	for (i = 0; i < 5; i++) {
		EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 7 * 86400 * S));
		run(self, 2 * S);
	}
	EXPECT_EQ(CONSENSUS_OK, answer(self, 1, 0));
}

/* A liar that gives itself the honest servers' reference id does not make them one. */
TEST_F(consensus, forged_echo_does_not_silence_a_majority)
{
	self->source[1].status.last = (struct source_sample){ .stratum = 2, .refid = 1 };
	self->source[2].status.last = (struct source_sample){ .stratum = 2, .refid = 2 };
	self->source[0].status.last = (struct source_sample){ .stratum = 2, .refid = 1 };
	ASSERT_EQ(0, begin(self, 3));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 1, 60 * S));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, -60 * S));
	EXPECT_EQ(CONSENSUS_JUMP, answer(self, 2, 60 * S));
	EXPECT_EQ(2, self->result.agreeing);
	EXPECT_EQ(3, self->result.voters);
}

TEST_F(consensus, minority_is_not_believed_while_the_rest_is_silent)
{
	int i;

	ASSERT_EQ(0, begin(self, 5));
	for (i = 0; i < 20; i++) {
		EXPECT_NE(CONSENSUS_JUMP, answer(self, 0, 60 * S));
		EXPECT_NE(CONSENSUS_JUMP, answer(self, 1, 60 * S));
		run(self, 2 * S);
	}
	/* Until nobody else is left. */
	self->source[2].status.reach = 0;
	self->source[2].status.lost = true;
	self->source[3].status.reach = 0;
	self->source[3].status.lost = true;
	EXPECT_EQ(CONSENSUS_JUMP, answer(self, 0, 60 * S));
}

TEST_F(consensus, who_was_outvoted_is_not_followed_when_the_others_are_gone)
{
	int i;

	ASSERT_EQ(0, begin(self, 3));
	answer(self, 0, -3600 * S);
	answer(self, 1, 0);
	ASSERT_EQ(CONSENSUS_OK, answer(self, 2, 0));
	self->source[1].status.reach = 0;
	self->source[1].status.lost = true;
	self->source[2].status.reach = 0;
	self->source[2].status.lost = true;
	for (i = 0; i < 2; i++) {
		EXPECT_NE(CONSENSUS_OK, answer(self, 0, -3600 * S));
		run(self, 6 * S);
	}
	EXPECT_EQ(CONSENSUS_FALSETICKER, answer(self, 0, -3600 * S));
}

/* What others have denied is no jump of which this one alone can tell by now. */
TEST_F(consensus, who_was_outvoted_tells_of_no_jump_when_the_others_are_offline)
{
	int i;

	ASSERT_EQ(0, begin(self, 3));
	answer(self, 0, 3600 * S);
	answer(self, 1, 0);
	ASSERT_EQ(CONSENSUS_OK, answer(self, 2, 0));
	for (i = 0; i < 8; i++) {
		run(self, S);
		ASSERT_EQ(CONSENSUS_OK, answer(self, 0, 3600 * S));
	}
	self->source[1].status.withdrawn = true;
	self->source[2].status.withdrawn = true;
	for (i = 0; i < 100; i++) {
		run(self, 16 * S);
		EXPECT_EQ(CONSENSUS_FALSETICKER, answer(self, 0, 3600 * S));
	}
	/* But it can tell of one that comes later. */
	answer(self, 0, 7200 * S);
	answer(self, 0, 7200 * S);
	EXPECT_EQ(CONSENSUS_JUMP, answer(self, 0, 7200 * S));
}

/* Silence denies nothing. */
TEST_F(consensus, whom_nobody_denied_tells_of_a_jump_when_the_others_are_gone)
{
	int i;

	ASSERT_EQ(0, begin(self, 3));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 3600 * S));
	run(self, 31 * S);
	ASSERT_EQ(CONSENSUS_OK, answer(self, 0, 3600 * S));
	for (i = 1; i < 3; i++) {
		self->source[i].status.reach = 0;
		self->source[i].status.lost = true;
	}
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 3600 * S));
	run(self, 5 * S);
	EXPECT_EQ(CONSENSUS_JUMP, answer(self, 0, 3600 * S));
}

TEST_F(consensus, servers_by_their_own_clocks_are_not_one_voice)
{
	int i;

	for (i = 0; i < 2; i++)
		self->source[i].status.last = (struct source_sample){
			.stratum = 11,
			.refid = 0x7f7f0101,
		};
	ASSERT_EQ(0, begin(self, 2));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 60 * S));
	EXPECT_EQ(CONSENSUS_JUMP, answer(self, 1, 60 * S));
	EXPECT_EQ(2, self->result.agreeing);
}

/* The host fell silent just when this guest was reverted, before its only server could say so. */
TEST_F(consensus, contradiction_outlives_the_host)
{
	const struct reference_change lost = { .shift_ns = -1000 * S };

	self->now.has_host = true;
	ASSERT_EQ(0, begin(self, 1));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 380 * S));
	run(self, 2 * S);
	self->now.has_host = false;
	self->now.reference_ns -= 1000 * S;
	self->now.epoch++;
	consensus_change_reference(self->consensus, &lost);
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 380 * S));
	run(self, 2 * S);
	EXPECT_EQ(CONSENSUS_JUMP, answer(self, 0, 380 * S));
	EXPECT_EQ(380 * S, self->result.offset_ns);
}

/* Most contradict, and the operator takes all of them offline: what they said is still open. */
TEST_F(consensus, who_is_taken_offline_amid_a_suspicion_leaves_it_open)
{
	int i;

	share_a_clock(self, 2);
	ASSERT_EQ(0, begin(self, 2));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 60 * S));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 1, 60 * S));
	for (i = 0; i < 2; i++)
		self->source[i].status.withdrawn = true;
	listen(self);
	EXPECT_EQ(CONSENSUS_SUSPECT, self->result.verdict);
	EXPECT_EQ(0, self->result.voters);
	run(self, 64 * S);
	listen(self);
	EXPECT_EQ(CONSENSUS_UNRESOLVED, self->result.verdict);
	for (i = 0; i < 2; i++)
		self->source[i].status.withdrawn = false;
	answer(self, 0, 60 * S);
	EXPECT_EQ(CONSENSUS_JUMP, answer(self, 0, 60 * S));
}

TEST_F(consensus, only_one_that_is_taken_offline_leaves_it_open)
{
	ASSERT_EQ(0, begin(self, 1));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 60 * S));
	self->source[0].status.withdrawn = true;
	listen(self);
	EXPECT_EQ(CONSENSUS_SUSPECT, self->result.verdict);
}

/* Nobody is left of whom that could be asked. */
TEST_F(consensus, who_is_deleted_takes_his_contradiction_along)
{
	ASSERT_EQ(0, begin(self, 1));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 60 * S));
	self->count = 0;
	listen(self);
	EXPECT_EQ(CONSENSUS_OK, self->result.verdict);
}

/* Neither a leap second nor a jump of unknown size leaves anything to compare with. */
TEST_F(consensus, other_changes_end_it)
{
	const struct reference_change leap = { .leap_ns = S };

	ASSERT_EQ(0, begin(self, 1));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 380 * S));
	consensus_change_reference(self->consensus, &leap);
	EXPECT_EQ(CONSENSUS_OK, answer(self, 0, 380 * S));
	ASSERT_EQ(0, begin(self, 1));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 380 * S));
	consensus_change_reference(self->consensus, &REFERENCE_JUMPED);
	EXPECT_EQ(CONSENSUS_OK, answer(self, 0, 380 * S));
}

static void forget_samples(FIXTURE_DATA(consensus) *self)
{
	int i;

	for (i = 0; i < SOURCES; i++)
		self->source[i].status.samples = 0;
}

/* Somebody else saw a disruption: all that was known ends with the epoch. */
static void lose_all(FIXTURE_DATA(consensus) *self)
{
	consensus_forget(self->consensus);
	forget_samples(self);
	self->now.epoch++;
	self->now.maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
}

TEST_F(consensus, first_answer_after_a_disruption_is_not_the_last_word)
{
	ASSERT_EQ(0, begin(self, 3));
	lose_all(self);
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 3600 * S));
	EXPECT_EQ(4 * S, self->result.wait_ns);
	EXPECT_FALSE(self->result.ask);
	run(self, 100 * MS);
	EXPECT_EQ(CONSENSUS_OK, answer(self, 1, 3600 * S));
	EXPECT_EQ(0, self->result.wait_ns);
}

/*
 * One of three answers first after a disruption, and all are taken offline. Time is disrupted
 * again, by as much as is known: what that one said holds on, and is no more a majority than it
 * was.
 */
TEST_F(consensus, first_answer_is_not_the_last_word_after_another_disruption)
{
	ASSERT_EQ(0, begin(self, 3));
	lose_all(self);
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 3600 * S));
	for (int i = 0; i < 3; i++) {
		self->source[i].status.withdrawn = true;
		self->source[i].status.reach = 0;
	}
	run(self, 60 * S);
	listen(self);
	EXPECT_EQ(CONSENSUS_SUSPECT, self->result.verdict);
	consensus_forget(self->consensus);
	listen(self);
	EXPECT_EQ(CONSENSUS_SUSPECT, self->result.verdict);
	/* After one of unknown length nothing is left of what it said. */
	self->source[0].status.samples = 0;
	listen(self);
	EXPECT_EQ(CONSENSUS_OK, self->result.verdict);
}

/*
 * After hours of suspend what two of three said is too old to be used. They agree with each other
 * still, and that is no quorum for the third, who answers first and is alone in what is used.
 */
TEST_F(consensus, what_is_too_old_to_be_used_makes_no_quorum)
{
	int i;

	ASSERT_EQ(0, begin(self, 3));
	self->now.has_host = true;
	self->now.maxerror_ns = 4 * S;
	self->terms.confirmed = false;
	run(self, 4 * 3600 * S);
	for (i = 1; i < 3; i++)
		self->source[i].status.root_distance_ns = 4e9;
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, -20 * S));
	EXPECT_GT(self->result.wait_ns, 0);
	for (i = 1; i < 3; i++) {
		self->source[i].status.root_distance_ns = 1e6;
		run(self, 30 * MS);
		EXPECT_EQ(i < 2 ? CONSENSUS_SUSPECT : CONSENSUS_OK, answer(self, i, 0));
	}
}

TEST_F(consensus, who_does_not_answer_after_a_disruption_is_not_waited_for_long)
{
	ASSERT_EQ(0, begin(self, 4));
	lose_all(self);
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 3600 * S));
	run(self, 400 * MS);
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 1, 3600 * S));
	EXPECT_EQ(100 * MS, self->result.wait_ns);
	run(self, 100 * MS);
	listen(self);
	EXPECT_EQ(CONSENSUS_OK, self->result.verdict);
	/* One that nobody confirms longer; and the next disruption is another matter. */
	lose_all(self);
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 1, 60 * S));
	EXPECT_EQ(4 * S, self->result.wait_ns);
	run(self, 2 * S);
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 1, 60 * S));
	run(self, 1900 * MS);
	listen(self);
	EXPECT_EQ(CONSENSUS_SUSPECT, self->result.verdict);
	run(self, 100 * MS);
	listen(self);
	EXPECT_EQ(CONSENSUS_OK, self->result.verdict);
}

/* The network goes away with the first answer after a restore: nobody else has had a say. */
TEST_F(consensus, first_answer_is_not_the_last_word_where_nobody_answers_any_more)
{
	ASSERT_EQ(0, begin(self, 3));
	lose_all(self);
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 3600 * S));
	run(self, 500 * S);
	listen(self);
	EXPECT_EQ(CONSENSUS_SUSPECT, self->result.verdict);
	/* It is there again. */
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 1, 0));
	EXPECT_EQ(CONSENSUS_OK, answer(self, 2, 0));
}

/* Nor is it because who gave it refuses to serve us then, while the others have not been heard. */
TEST_F(consensus, first_answer_is_not_the_last_word_where_a_refusal_follows)
{
	ASSERT_EQ(0, begin(self, 3));
	lose_all(self);
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 3600 * S));
	self->source[0].refused = true;
	listen(self);
	EXPECT_EQ(CONSENSUS_SUSPECT, self->result.verdict);
	run(self, 100 * S);
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 1, 0));
	EXPECT_EQ(CONSENSUS_OK, answer(self, 2, 0));
}

TEST_F(consensus, who_cannot_be_used_or_was_never_there_is_not_waited_for)
{
	self->source[1].options.noselect = true;
	self->source[2].refused = true;
	/* Asked and asked again, in vain. */
	self->source[3].status.asked = 3;
	self->source[3].status.last_error = -110;
	self->count = 4;
	EXPECT_EQ(CONSENSUS_OK, answer(self, 0, 3600 * S));
	lose_all(self);
	EXPECT_EQ(CONSENSUS_OK, answer(self, 0, 3600 * S));
}

TEST_F(consensus, name_that_cannot_be_looked_up_is_waited_for_as_long_as_silence)
{
	self->source[1].status.failed = true;
	self->count = 2;
	self->now.maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 3600 * S));
	EXPECT_EQ(4 * S, self->result.wait_ns);
	run(self, 4 * S);
	listen(self);
	EXPECT_EQ(CONSENSUS_OK, self->result.verdict);
}

/* At a start: four are asked, and the nearest is a year off. */
TEST_F(consensus, first_answer_ever_is_not_the_last_word)
{
	bool host;

	self->count = 4;
	for (host = false;; host = true) {
		consensus_forget(self->consensus);
		memset(self->source, 0, sizeof(self->source));
		self->now.has_host = host;
		self->now.maxerror_ns = host ? 5 * MS : CHIME_LINE_UNBOUNDED_NS;
		EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 31536000 * S));
		EXPECT_EQ(1 * S, self->result.wait_ns);
		run(self, 10 * MS);
		EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 1, 0));
		/* Two of four are not most of them, but if no others come ... */
		EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 2, 0));
		EXPECT_EQ(490 * MS, self->result.wait_ns);
		run(self, 10 * MS);
		EXPECT_EQ(CONSENSUS_OK, answer(self, 3, 0));
		EXPECT_EQ(0, self->result.wait_ns);
		if (host)
			break;
	}
}

/* A request may be lost, and where there are many sources the last of them are asked late. */
TEST_F(consensus, who_was_asked_but_once_is_not_silent)
{
	int i;

	self->now.maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
	for (i = 1; i < 3; i++)
		self->source[i].status = (struct source_status){
			.sent = 1, .asked = 1, .asked_raw_ns = self->now.raw_ns,
		};
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, -3600 * S));
	run(self, 2 * S);
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, -3600 * S));
	run(self, 2 * S);
	listen(self);
	EXPECT_EQ(CONSENSUS_SUSPECT, self->result.verdict);
	EXPECT_EQ(1 * S, self->result.wait_ns);
	for (i = 1; i < 3; i++) {
		self->source[i].status.asked = 2;
		self->source[i].status.asked_raw_ns = self->now.raw_ns;
	}
	run(self, 900 * MS);
	listen(self);
	EXPECT_EQ(CONSENSUS_SUSPECT, self->result.verdict);
	run(self, 100 * MS);
	listen(self);
	EXPECT_EQ(CONSENSUS_OK, self->result.verdict);
}

TEST_F(consensus, who_cannot_be_asked_yet_is_not_waited_for_for_ever)
{
	self->now.maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, -3600 * S));
	run(self, 7900 * MS);
	listen(self);
	EXPECT_EQ(CONSENSUS_SUSPECT, self->result.verdict);
	EXPECT_EQ(100 * MS, self->result.wait_ns);
	run(self, 100 * MS);
	listen(self);
	EXPECT_EQ(CONSENSUS_OK, self->result.verdict);
}

TEST_F(consensus, two_of_five_that_answer_first_are_not_most)
{
	self->count = 5;
	self->now.maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
	answer(self, 0, 3600 * S);
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 1, 3600 * S));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 2, 0));
	EXPECT_EQ(1 * S, self->result.wait_ns);
	answer(self, 3, 0);
	EXPECT_EQ(CONSENSUS_OK, answer(self, 4, 0));
}

/* A fork, say: the host's time is what it was, if it is the same host. */
TEST_F(consensus, first_answer_alone_confirms_nothing)
{
	ASSERT_EQ(0, begin(self, 3));
	self->terms.confirmed = false;
	forget_samples(self);
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 50 * MS));
	EXPECT_EQ(4 * S, self->result.wait_ns);
	EXPECT_FALSE(self->result.ask);
	run(self, 100 * MS);
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 1, 0));
	EXPECT_EQ(CONSENSUS_OK, answer(self, 2, 0));
	EXPECT_EQ(0, self->result.wait_ns);

	/* Who does not answer is not waited for long. */
	consensus_forget(self->consensus);
	forget_samples(self);
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 50 * MS));
	run(self, 2 * S);
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 50 * MS));
	run(self, 2 * S);
	listen(self);
	EXPECT_EQ(CONSENSUS_OK, self->result.verdict);

	/* Once confirmed it is contradicted as ever. */
	self->terms.confirmed = true;
	EXPECT_EQ(CONSENSUS_OK, answer(self, 0, 0));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 60 * S));
	EXPECT_TRUE(self->result.ask);
}

/* The first answer gave the clock its bound, and time is disrupted again before the second. */
TEST_F(consensus, who_gave_the_clock_its_bound_can_contradict_it)
{
	ASSERT_EQ(0, begin(self, 1));
	lose_all(self);
	EXPECT_EQ(CONSENSUS_OK, answer(self, 0, 50 * MS));
	self->now.time_ns += 50 * MS;
	self->now.maxerror_ns = 5 * MS;
	run(self, 2 * S);
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 1000 * S));
	EXPECT_TRUE(self->result.ask);
	run(self, 2 * S);
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 1000 * S));
	run(self, 2 * S);
	EXPECT_EQ(CONSENSUS_JUMP, answer(self, 0, 1000 * S));
	EXPECT_EQ(5000 * S + 16 * S, self->result.agreed_raw_ns);
}

/* And who was not followed is not listened to when it says so again. */
TEST_F(consensus, who_did_not_give_the_clock_its_bound_raises_no_doubt)
{
	ASSERT_EQ(0, begin(self, 3));
	lose_all(self);
	answer(self, 0, 3600 * S);
	answer(self, 1, 20 * S);
	EXPECT_EQ(CONSENSUS_OK, answer(self, 2, 20 * S));
	self->now.time_ns += 20 * S;
	self->now.maxerror_ns = 5 * MS;
	run(self, 2 * S);
	EXPECT_EQ(CONSENSUS_OK, answer(self, 0, 3580 * S));
	EXPECT_EQ(CONSENSUS_OK, answer(self, 0, 500 * S));
	EXPECT_FALSE(self->result.ask);
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 1, 1000 * S));
	EXPECT_TRUE(self->result.ask);
}

TEST_F(consensus, host_is_a_witness_of_what_nobody_has_confirmed)
{
	int i;

	self->now.has_host = true;
	self->now.reference_ns = self->now.time_ns;
	ASSERT_EQ(0, begin(self, 1));
	self->terms.confirmed = false;
	forget_samples(self);
	for (i = 0; i < 2; i++)
		EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, -3600 * S));
	EXPECT_EQ(CONSENSUS_FALSETICKER, answer(self, 0, -3600 * S));
	EXPECT_EQ(CONSENSUS_OK, answer(self, 0, 50 * MS));
}

TEST_F(consensus, only_one_has_to_say_it_again)
{
	ASSERT_EQ(0, begin(self, 1));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 300 * MS));
	EXPECT_TRUE(self->result.ask);
	run(self, 2 * S);
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 300 * MS));
	EXPECT_FALSE(self->result.ask);
	run(self, 2 * S);
	EXPECT_EQ(CONSENSUS_JUMP, answer(self, 0, 300 * MS));
	EXPECT_LT(llabs(self->result.offset_ns - 300 * MS), MS);
}

TEST_F(consensus, only_one_that_contradicts_itself_is_not_believed)
{
	int i;

	ASSERT_EQ(0, begin(self, 1));
	for (i = 0; i < 10; i++) {
		EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, (i + 1) * S));
		run(self, 2 * S);
	}
	EXPECT_EQ(CONSENSUS_OK, answer(self, 0, 0));
}

/* Its network went away after the first answer: the clock cannot be right by both. */
TEST_F(consensus, only_one_that_falls_silent_leaves_the_clock_without_a_witness)
{
	ASSERT_EQ(0, begin(self, 1));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 3600 * S));
	run(self, 60 * S);
	listen(self);
	EXPECT_EQ(CONSENSUS_SUSPECT, self->result.verdict);
	EXPECT_EQ(4 * S, self->result.wait_ns);
	run(self, 4 * S);
	listen(self);
	EXPECT_EQ(CONSENSUS_UNRESOLVED, self->result.verdict);
	EXPECT_LT(llabs(self->result.offset_ns - 3600 * S), MS);
	/* It goes on being asked. */
	EXPECT_LT(0, self->result.wait_ns);
	run(self, self->result.wait_ns);
	listen(self);
	EXPECT_TRUE(self->result.ask);
	EXPECT_EQ(CONSENSUS_UNRESOLVED, self->result.verdict);
	/* And decides it, either way. */
	EXPECT_EQ(CONSENSUS_OK, answer(self, 0, 0));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 3600 * S));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 3600 * S));
	run(self, 64 * S);
	EXPECT_EQ(CONSENSUS_JUMP, answer(self, 0, 3600 * S));
}

TEST_F(consensus, only_one_is_not_followed_into_the_past)
{
	int i;

	ASSERT_EQ(0, begin(self, 1));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, -3600 * S));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, -3600 * S));
	for (i = 0; i < 100; i++) {
		/* And drifts away. */
		run(self, 16 * S);
		EXPECT_EQ(CONSENSUS_FALSETICKER, answer(self, 0, -3600 * S - i * 2 * MS));
	}
	/* It comes to its senses. */
	EXPECT_EQ(CONSENSUS_OK, answer(self, 0, 0));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, -3600 * S));
}

/* Put right by whoever set it back it is not; and nobody else can ever tell. */
TEST_F(consensus, only_one_that_went_back_is_followed_after_a_hundred_times_as_long)
{
	int i;

	ASSERT_EQ(0, begin(self, 1));
	for (i = 0; i < 100 && answer(self, 0, -2 * S) != CONSENSUS_OK; i++)
		run(self, 10 * S);
	EXPECT_EQ(20, i);
	/* And on. */
	for (i = 0; i < 100; i++) {
		EXPECT_EQ(CONSENSUS_OK, answer(self, 0, -2 * S));
		EXPECT_FALSE(self->result.ask);
	}
	/* But not to another place as well. */
	for (i = 0; i < 7; i++)
		EXPECT_EQ(CONSENSUS_OK, answer(self, 0, 0));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, -5 * S));

	/* A tenth of a second takes a minute. */
	consensus_forget(self->consensus);
	ASSERT_EQ(0, begin(self, 1));
	for (i = 0; i < 100 && answer(self, 0, -300 * MS) != CONSENSUS_OK; i++)
		run(self, 8 * S);
	EXPECT_EQ(8, i);
}

/* An answer that was under way for seconds says nothing about two of them. */
TEST_F(consensus, an_answer_that_leaves_it_open_does_not_begin_the_wait_anew)
{
	int i;

	ASSERT_EQ(0, begin(self, 1));
	for (i = 0; i < 15; i++) {
		EXPECT_NE(CONSENSUS_OK, answer(self, 0, -2 * S));
		run(self, 10 * S);
	}
	say(self, 0, -S);
	self->source[0].status.last.delay_ns = 3 * S;
	listen(self);
	EXPECT_NE(CONSENSUS_OK, self->result.verdict);
	run(self, 10 * S);
	for (i = 16; i < 100 && answer(self, 0, -2 * S) != CONSENSUS_OK; i++)
		run(self, 10 * S);
	EXPECT_EQ(20, i);

	/* One that was as long under way, and excludes it, does. */
	consensus_forget(self->consensus);
	ASSERT_EQ(0, begin(self, 1));
	EXPECT_NE(CONSENSUS_OK, answer(self, 0, -2 * S));
	say(self, 0, 0);
	self->source[0].status.last.delay_ns = 3 * S;
	listen(self);
	EXPECT_EQ(CONSENSUS_OK, self->result.verdict);
}

/* A counter of another rate than any that is foreseen: each answer is another contradiction. */
TEST_F(consensus, only_one_that_runs_away_is_followed)
{
	int i;

	ASSERT_EQ(0, begin(self, 1));
	for (i = 0; i < 10 && answer(self, 0, -(i + 1) * 1920 * MS) != CONSENSUS_OK; i++)
		run(self, 64 * S);
	EXPECT_EQ(3, i);
	for (; i < 20; i++) {
		EXPECT_EQ(CONSENSUS_OK, answer(self, 0, -(i + 1) * 1920 * MS));
		run(self, 64 * S);
	}
}

TEST_F(consensus, only_one_that_answers_of_several_is_believed_when_all_were_asked)
{
	int i;

	ASSERT_EQ(0, begin(self, 2));
	self->source[1].status.reach = 0;
	self->source[1].status.lost = true;
	for (i = 0; i < 4; i++)
		EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 300 * MS));
	run(self, 5 * S);
	EXPECT_EQ(CONSENSUS_JUMP, answer(self, 0, 300 * MS));
}

TEST_F(consensus, nobody_jumps_where_time_cannot)
{
	int i;

	self->terms.jumps = false;
	ASSERT_EQ(0, begin(self, 1));
	for (i = 0; i < 2; i++)
		EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 3600 * S));
	EXPECT_EQ(CONSENSUS_FALSETICKER, answer(self, 0, 3600 * S));

	consensus_forget(self->consensus);
	ASSERT_EQ(0, begin(self, 3));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 3600 * S));
	EXPECT_EQ(CONSENSUS_OK, answer(self, 1, 3600 * S));
	/* What most say is followed, and no news. */
	EXPECT_EQ(CONSENSUS_OK, answer(self, 1, 3600 * S));
	EXPECT_FALSE(self->result.ask);
}

TEST_F(consensus, only_one_jumps_only_so_far)
{
	int i;

	self->terms.max_jump_ns = 3600 * S;
	ASSERT_EQ(0, begin(self, 1));
	for (i = 0; i < 2; i++)
		answer(self, 0, 3600 * S + 2);
	EXPECT_EQ(CONSENSUS_FALSETICKER, answer(self, 0, 3600 * S + 2));
	consensus_forget(self->consensus);
	ASSERT_EQ(0, begin(self, 1));
	for (i = 0; i < 2; i++)
		answer(self, 0, 3600 * S);
	EXPECT_EQ(CONSENSUS_JUMP, answer(self, 0, 3600 * S));

	/* Most of several may say anything. */
	consensus_forget(self->consensus);
	ASSERT_EQ(0, begin(self, 3));
	answer(self, 0, 3601 * S);
	EXPECT_EQ(CONSENSUS_JUMP, answer(self, 1, 3601 * S));
}

TEST_F(consensus, others_can_resolve_what_only_one_says)
{
	ASSERT_EQ(0, begin(self, 1));
	answer(self, 0, -60 * S);
	answer(self, 0, -60 * S);
	ASSERT_EQ(CONSENSUS_FALSETICKER, answer(self, 0, -60 * S));
	self->count = 3;
	EXPECT_EQ(CONSENSUS_JUMP, answer(self, 1, -60 * S));
	EXPECT_LT(self->result.offset_ns, 0);
}

TEST_F(consensus, host_is_another_witness)
{
	int i;

	self->now.has_host = true;
	self->now.reference_ns = self->now.time_ns - 2 * S;
	ASSERT_EQ(0, begin(self, 1));
	for (i = 0; i < 2; i++)
		EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 3600 * S));
	EXPECT_EQ(CONSENSUS_FALSETICKER, answer(self, 0, 3600 * S));
	EXPECT_EQ(CONSENSUS_OK, answer(self, 0, 0));
	/* Towards the host it may go: it was wrong before. */
	for (i = 0; i < 2; i++)
		EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, -2 * S));
	EXPECT_EQ(CONSENSUS_OK, answer(self, 0, -2 * S));
	/* And beyond, as far as it is no further away there. */
	consensus_forget(self->consensus);
	ASSERT_EQ(0, begin(self, 1));
	for (i = 0; i < 2; i++)
		EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, -4 * S - 2));
	EXPECT_EQ(CONSENSUS_FALSETICKER, answer(self, 0, -4 * S - 2));
	EXPECT_EQ(CONSENSUS_OK, answer(self, 0, -4 * S));
}

TEST_F(consensus, sources_that_contradict_a_host_are_no_disruption)
{
	self->now.has_host = true;
	self->now.reference_ns = self->now.time_ns;
	ASSERT_EQ(0, begin(self, 3));
	EXPECT_NE(CONSENSUS_JUMP, answer(self, 0, 60 * S));
	EXPECT_EQ(CONSENSUS_OK, answer(self, 1, 60 * S));
	EXPECT_EQ(CONSENSUS_OK, answer(self, 2, 60 * S));
}

TEST_F(consensus, what_can_be_an_error_is_no_contradiction)
{
	ASSERT_EQ(0, begin(self, 1));
	EXPECT_EQ(CONSENSUS_OK, answer(self, 0, 99 * MS));
	self->now.maxerror_ns = 2 * S;
	EXPECT_EQ(CONSENSUS_OK, answer(self, 0, 5 * S));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 7 * S));
	self->now.maxerror_ns = 5 * MS;
	self->now.slew_ns = -S;
	EXPECT_EQ(CONSENSUS_OK, answer(self, 0, S));
	self->now.slew_ns = 0;
	self->source[0].status.last.root_delay_ns = 4 * S;
	EXPECT_EQ(CONSENSUS_OK, answer(self, 0, 5 * S));
	self->now.maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
	EXPECT_EQ(CONSENSUS_OK, answer(self, 0, 3600 * S));
}

TEST_F(consensus, announced_leap_second_is_none)
{
	self->source[0].status.last.leap = 1;
	ASSERT_EQ(0, begin(self, 1));
	EXPECT_EQ(CONSENSUS_OK, answer(self, 0, -S));
	self->source[0].status.last.leap = 0;
	EXPECT_EQ(CONSENSUS_OK, answer(self, 0, 1 - 3 * S / 2));
	EXPECT_EQ(CONSENSUS_OK, answer(self, 0, 0));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, -S));
	/* One and a half is more than that. */
	EXPECT_EQ(CONSENSUS_OK, answer(self, 0, 0));
	self->source[0].status.last.leap = 1;
	EXPECT_EQ(CONSENSUS_OK, answer(self, 0, 0));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, -3 * S / 2));
}

TEST_F(consensus, who_may_not_be_used_has_no_voice)
{
	self->source[1].options.noselect = true;
	self->source[2].options.noselect = true;
	ASSERT_EQ(0, begin(self, 3));
	EXPECT_EQ(CONSENSUS_OK, answer(self, 1, 60 * S));
	EXPECT_EQ(CONSENSUS_OK, answer(self, 2, 60 * S));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 60 * S));
	EXPECT_EQ(1, self->result.voters);
}

/* Pulses that the timescale numbers agree with it by whatever it is off. */
/* What most say counts for nothing where selection follows one that the operator trusts. */
TEST_F(consensus, others_have_no_voice_beside_a_trusted_one)
{
	self->source[0].options.trust = true;
	ASSERT_EQ(0, begin(self, 3));
	EXPECT_EQ(CONSENSUS_OK, answer(self, 1, -60 * S));
	EXPECT_EQ(CONSENSUS_OK, answer(self, 2, -60 * S));
	EXPECT_FALSE(self->result.ask);
	EXPECT_EQ(CONSENSUS_OK, answer(self, 0, 0));
	/* It alone can report a disruption, and has to repeat it. */
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 60 * S));
	EXPECT_TRUE(self->result.ask);
	EXPECT_EQ(1, self->result.voters);
	run(self, 2 * S);
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 60 * S));
	run(self, 2 * S);
	EXPECT_EQ(CONSENSUS_JUMP, answer(self, 0, 60 * S));
}

TEST_F(consensus, others_decide_when_a_trusted_one_is_gone)
{
	self->source[0].options.trust = true;
	ASSERT_EQ(0, begin(self, 3));
	self->source[0].status.lost = true;
	EXPECT_EQ(CONSENSUS_OK, answer(self, 1, 60 * S));
	EXPECT_EQ(CONSENSUS_JUMP, answer(self, 2, 60 * S));
}

TEST_F(consensus, pulses_without_a_date_have_no_voice)
{
	self->source[1].options.numbered = true;
	self->source[2].status.last.numbered = true;
	ASSERT_EQ(0, begin(self, 3));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 60 * S));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 1, 0));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 2, 0));
	EXPECT_EQ(1, self->result.voters);
	EXPECT_EQ(1, self->result.agreeing);
}

TEST_F(consensus, stranger_raises_no_doubt)
{
	ASSERT_EQ(0, begin(self, 2));
	self->count = 3;
	EXPECT_EQ(CONSENSUS_OK, answer(self, 2, 60 * S));
	EXPECT_FALSE(self->result.ask);
}

/* Beside a host one alone does, if the clock was confirmed; of several the discipline decides. */
TEST_F(consensus, stranger_raises_doubt_of_a_host_if_it_is_alone)
{
	int i;

	self->now.has_host = true;
	self->now.reference_ns = self->now.time_ns;
	ASSERT_EQ(0, begin(self, 1));
	self->source[0].serial = SOURCES + 1;
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 60 * S));
	EXPECT_TRUE(self->result.ask);
	consensus_forget(self->consensus);
	ASSERT_EQ(0, begin(self, 2));
	for (i = 0; i < 2; i++) {
		self->source[i].serial = (uint64_t)(SOURCES + 2 + i);
		EXPECT_EQ(CONSENSUS_OK, answer(self, i, 60 * S));
		EXPECT_FALSE(self->result.ask);
	}
}

TEST_F(consensus, samples_of_another_epoch_are_not_heard)
{
	ASSERT_EQ(0, begin(self, 1));
	say(self, 0, 60 * S);
	self->now.epoch++;
	listen(self);
	EXPECT_EQ(CONSENSUS_OK, self->result.verdict);
}

/* Who contradicts again and again is heard ever less, or all servers would be asked without end. */
TEST_F(consensus, one_that_lies_now_and_then_does_not_keep_all_others_busy)
{
	int cycle, i, asked = 0;

	ASSERT_EQ(0, begin(self, 3));
	for (cycle = 0; cycle < 20; cycle++) {
		for (i = 0; i < 9; i++) {
			run(self, 2 * S);
			answer(self, 0, i ? 0 : 200 * MS);
			asked += self->result.ask;
			answer(self, 1, 0);
			answer(self, 2, 0);
			asked += self->result.ask;
		}
	}
	EXPECT_GE(asked, 1);
	EXPECT_LE(asked, 6);
}

/* A server that takes the place of one that lied, in its memory too, is another one. */
TEST_F(consensus, who_takes_the_place_of_another_is_not_blamed_for_it)
{
	ASSERT_EQ(0, begin(self, 3));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 200 * MS));
	EXPECT_TRUE(self->result.ask);
	answer(self, 1, 0);
	EXPECT_EQ(CONSENSUS_OK, answer(self, 2, 0));
	self->source[0].serial = SOURCES + 1;
	run(self, 16 * S);
	answer(self, 0, 0);
	run(self, 16 * S);
	/* It agreed once, and is trusted as the other one was no longer. */
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 200 * MS));
	EXPECT_TRUE(self->result.ask);
}

/* A pool that finds another server, or a name that is known at last, comes before others. */
TEST_F(consensus, who_comes_before_others_takes_nothing_from_them)
{
	ASSERT_EQ(0, begin(self, 3));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 1, 200 * MS));
	answer(self, 0, 0);
	EXPECT_EQ(CONSENSUS_OK, answer(self, 2, 0));
	memmove(&self->sources[1], &self->sources[0], 3 * sizeof(self->sources[0]));
	self->sources[0] = &self->source[3];
	self->count = 4;
	answer(self, 3, 0);
	run(self, 16 * S);
	answer(self, 1, 0);
	run(self, 16 * S);
	/* It has lied before, and has agreed but once since. */
	EXPECT_EQ(CONSENSUS_OK, answer(self, 1, 200 * MS));
	/* One that leaves takes nothing along either, nor does another one in its place. */
	self->sources[0] = &self->source[4];
	answer(self, 4, 0);
	memmove(&self->sources[0], &self->sources[1], 3 * sizeof(self->sources[0]));
	self->count = 3;
	run(self, 16 * S);
	answer(self, 1, 0);
	run(self, 16 * S);
	EXPECT_EQ(CONSENSUS_OK, answer(self, 1, 200 * MS));
	/* Whoever was right is believed at once. */
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 2, 3600 * S));
	EXPECT_EQ(CONSENSUS_JUMP, answer(self, 0, 3600 * S));
}

/* None of @count sources, all of them right until now, answers for a while. */
static int begin_silence(FIXTURE_DATA(consensus) *self, size_t count)
{
	size_t i;

	if (begin(self, count))
		return -1;
	for (i = 0; i < count; i++)
		self->source[i].status.reach = 0;
	listen(self);
	run(self, 1000 * S);
	return 0;
}

/* The network was away from all: who answers first is not alone, and the others are asked. */
TEST_F(consensus, first_answer_after_silence_has_all_others_asked)
{
	int i;

	ASSERT_EQ(0, begin_silence(self, 4));
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 90 * MS));
	EXPECT_TRUE(self->result.ask);
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 0, 90 * MS));
	run(self, 100 * MS);
	listen(self);
	EXPECT_FALSE(self->result.ask);
	for (i = 1; i < 4; i++)
		say(self, i, 0);
	listen(self);
	EXPECT_EQ(CONSENSUS_OK, self->result.verdict);
}

/* All five were silent; the two that lie are the first to answer, then one that is right. */
TEST_F(consensus, who_was_silent_like_all_others_keeps_a_vote)
{
	int i;

	ASSERT_EQ(0, begin_silence(self, 5));
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, i, 1600 * MS));
		run(self, 10 * MS);
	}
	EXPECT_EQ(CONSENSUS_SUSPECT, answer(self, 2, 0));
	for (i = 3; i < 5; i++)
		say(self, i, 0);
	listen(self);
	EXPECT_EQ(CONSENSUS_OK, self->result.verdict);
}

/* Each answer shows that the network works: the others' missing ones are noted. */
TEST_F(consensus, others_hear_of_an_answer)
{
	int before, number, i;

	/* Nobody has answered yet. */
	listen(self);
	EXPECT_EQ(0, self->source[2].others_answered);
	ASSERT_EQ(0, begin(self, 3));
	before = self->source[2].others_answered;
	listen(self);
	EXPECT_EQ(before, self->source[2].others_answered);
	for (number = 0; number < 3; number++) {
		answer(self, number, 0);
		for (i = 0; i < 3; i++)
			EXPECT_EQ(before + number + 1, self->source[i].others_answered);
	}
	consensus_forget(self->consensus);
	listen(self);
	EXPECT_EQ(before + 3, self->source[2].others_answered);
}

/* A clock of this machine shows nothing of the network. */
TEST_F(consensus, readings_of_a_clock_alone_have_all_servers_lost_or_none)
{
	int i, read;

	self->source[2].options.kind = SOURCE_REFCLOCK;
	ASSERT_EQ(0, begin(self, 3));
	read = self->source[0].others_answered;
	self->source[1].silent = true;
	EXPECT_EQ(CONSENSUS_OK, answer(self, 2, 0));
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(read, self->source[i].others_answered);
		EXPECT_EQ(1, self->source[i].clock_answered);
		EXPECT_FALSE(self->source[i].cut_off);
	}
	EXPECT_EQ(0, self->source[2].clock_answered);
	self->source[0].silent = true;
	EXPECT_EQ(CONSENSUS_OK, answer(self, 2, 0));
	EXPECT_TRUE(self->source[0].cut_off);
	EXPECT_TRUE(self->source[1].cut_off);
	EXPECT_FALSE(self->source[2].cut_off);
	/* A server's answer is as before. */
	EXPECT_EQ(CONSENSUS_OK, answer(self, 0, 0));
	EXPECT_EQ(read + 1, self->source[1].others_answered);
	EXPECT_EQ(2, self->source[1].clock_answered);
}

TEST_F(consensus, extremes_are_no_trouble)
{
	static const int64_t extremes[] = { INT64_MIN, INT64_MAX, -1, 0, 1, INT64_MIN / 2 };
	struct unit_random random = { 1 };
	int i;

	self->count = 5;
	for (i = 0; i < 20000; i++) {
		int number = (int)unit_random_below(&random, 5);

		say(self, number, 0);
		self->source[number].status.last.offset_ns = i % 2 ? unit_random_s64(&random) :
							     extremes[i / 2 % 6];
		self->source[number].status.last.at_ns = unit_random_s64(&random);
		self->now.slew_ns = i % 3 ? 0 : unit_random_s64(&random);
		listen(self);
		EXPECT_GE(self->result.maxerror_ns, 0);
	}
}

TEST_HARNESS_MAIN
