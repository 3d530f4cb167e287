// SPDX-License-Identifier: GPL-2.0-only
/*
 * The quorum: how long the first answers wait for others, and which of them agree.
 */
#include "user/discipline/quorum.h"

#include <errno.h>
#include <string.h>

#include "selftests/unit/unit.h"

#define US		1000LL
#define MS		1000000LL
#define S		1000000000LL
#define START_NS	(1800000000LL * S)
#define SOURCES		5

FIXTURE(quorum) {
	struct source *source[SOURCES];
	struct timescale_now now;
	struct quorum quorum;
};

FIXTURE_SETUP(quorum)
{
	struct source_options options = { .minpoll = 4, .maxpoll = 4 };
	int i;

	memset(self, 0, sizeof(*self));
	for (i = 0; i < SOURCES; i++)
		self->source[i] = source_new(&options, START_NS);
	self->now.raw_ns = START_NS;
	self->now.reference_ns = START_NS;
	self->now.epoch = 1;
}

FIXTURE_TEARDOWN(quorum)
{
	int i;

	for (i = 0; i < SOURCES; i++)
		source_free(self->source[i]);
}

/* Source @i is asked and answers at once, across 200 us. */
static void answer(struct _test_data_quorum *self, int i, int64_t offset_ns, int64_t noise_ns)
{
	struct source_sample sample = {
		.at_ns = self->now.reference_ns,
		.offset_ns = offset_ns,
		.delay_ns = 200 * US,
		.noise_ns = noise_ns,
		.refid = 100 + i,
		.epoch = self->now.epoch,
		.stratum = 1,
	};

	source_polled(self->source[i], self->now.raw_ns);
	source_add(self->source[i], self->now.raw_ns, &sample);
}

static int64_t wait_of(struct _test_data_quorum *self, size_t count)
{
	return quorum_wait_ns(&self->quorum, self->source, count, &self->now);
}

/*
 * Two that answer agree if their intervals, 200 us wide, are apart by no more than 1 ms and five
 * times the mean of their readings' noise.
 */
TEST_F(quorum, intervals_agree_within_a_margin)
{
	static const struct {
		int64_t apart_ns, noise_ns, wait_ns;
	} cases[] = {
		{ 0, 0, 0 }, { 1190 * US, 0, 0 }, { -1190 * US, 0, 0 },
		{ 1400 * US, 0, QUORUM_SILENT_NS }, { -1400 * US, 0, QUORUM_SILENT_NS },
		{ 1650 * US, 100 * US, 0 }, { -1650 * US, 100 * US, 0 },
		{ 2200 * US, 100 * US, QUORUM_SILENT_NS },
	};
	struct source_options options = { .minpoll = 4, .maxpoll = 4 };
	size_t i;
	int j;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		for (j = 0; j < 2; j++) {
			source_free(self->source[j]);
			self->source[j] = source_new(&options, START_NS);
			answer(self, j, j * cases[i].apart_ns, cases[i].noise_ns);
		}
		quorum_forget(&self->quorum);
		EXPECT_EQ(cases[i].wait_ns, wait_of(self, 2))
			TH_LOG("case %zu", i);
		EXPECT_EQ(!cases[i].wait_ns, self->quorum.reached);
	}
}

TEST_F(quorum, nobody_makes_none)
{
	EXPECT_EQ(0, wait_of(self, SOURCES));
	EXPECT_FALSE(self->quorum.reached);
	EXPECT_EQ(0, self->quorum.since_raw_ns);
}

/*
 * More than half of all that may answer need no other; half of them wait for those who are late.
 * With fewer the next check is when the time of the first requests is over.
 */
TEST_F(quorum, waits_as_long_as_the_others_matter)
{
	answer(self, 0, 0, 0);
	EXPECT_EQ(SOURCE_ANSWER_NS, wait_of(self, 4));
	answer(self, 1, 0, 0);
	EXPECT_EQ(QUORUM_LATE_NS, wait_of(self, 4));
	answer(self, 2, 0, 0);
	EXPECT_EQ(0, wait_of(self, 4));
	EXPECT_TRUE(self->quorum.reached);
}

/* Who was taken offline is not waited for, and is no majority's part. */
TEST_F(quorum, waits_for_nobody_who_was_taken_offline)
{
	source_set_offline(self->source[2], true);
	source_set_offline(self->source[3], true);
	answer(self, 0, 0, 0);
	EXPECT_EQ(SOURCE_ANSWER_NS, wait_of(self, 4));
	answer(self, 1, 0, 0);
	EXPECT_EQ(0, wait_of(self, 4));
}

/* Nor is who is asked as another source already. */
TEST_F(quorum, waits_for_no_twin)
{
	source_set_twin(self->source[1], true);
	source_set_twin(self->source[2], true);
	answer(self, 0, 0, 0);
	EXPECT_EQ(0, wait_of(self, 3));
	quorum_forget(&self->quorum);
	source_set_twin(self->source[2], false);
	EXPECT_EQ(SOURCE_ANSWER_NS, wait_of(self, 3));
}

/* Two of three that agree are most, but of four, one of which answers too late for maxdelay. */
TEST_F(quorum, waits_for_who_answers_beyond_maxdelay)
{
	struct source_sample late = { .delay_ns = 200000 * US, .epoch = 1, .stratum = 1 };
	int i;

	answer(self, 3, 0, 0);
	for (i = 0; i < 16; i++) {
		source_polled(self->source[3], self->now.raw_ns);
		source_failed(self->source[3], self->now.raw_ns, -ETIMEDOUT);
		source_others_answered(self->source[3], self->now.raw_ns + 2000000 * US);
	}
	answer(self, 0, 0, 0);
	answer(self, 1, 0, 0);
	EXPECT_EQ(0, wait_of(self, 4));
	quorum_forget(&self->quorum);
	source_note_overlong(self->source[3], &late);
	EXPECT_EQ(QUORUM_LATE_NS, wait_of(self, 4));
}

/* The time runs from the first answer on, and when it is over it is over. */
TEST_F(quorum, is_reached_when_the_time_has_passed)
{
	answer(self, 0, 0, 0);
	answer(self, 1, 0, 0);
	EXPECT_EQ(QUORUM_LATE_NS, wait_of(self, 4));
	self->now.raw_ns += QUORUM_LATE_NS - 1;
	EXPECT_EQ(1, wait_of(self, 4));
	EXPECT_FALSE(self->quorum.reached);
	self->now.raw_ns++;
	EXPECT_EQ(0, wait_of(self, 4));
	EXPECT_TRUE(self->quorum.reached);
	/* And it stays reached. */
	self->now.raw_ns += S;
	EXPECT_EQ(0, wait_of(self, 4));
}

/* Those who may yet answer for the first time are waited for, but not for ever. */
TEST_F(quorum, waits_longer_for_those_who_were_just_asked)
{
	answer(self, 0, 0, 0);
	EXPECT_EQ(SOURCE_ANSWER_NS, wait_of(self, 3));
	self->now.raw_ns += QUORUM_SILENT_NS / 2;
	answer(self, 0, 0, 0);
	self->now.raw_ns += QUORUM_SILENT_NS / 2;
	source_polled(self->source[1], self->now.raw_ns);
	EXPECT_EQ(SOURCE_ANSWER_NS, wait_of(self, 3));
	self->now.raw_ns = START_NS + QUORUM_LATEST_NS - 1;
	EXPECT_EQ(1, wait_of(self, 3));
	self->now.raw_ns++;
	EXPECT_EQ(0, wait_of(self, 3));
	EXPECT_TRUE(self->quorum.reached);
}

#define RATE		('R' << 24 | 'A' << 16 | 'T' << 8 | 'E')

/* All samples are void, as after a restore, and these sources had answered RATE before. */
static void restore(struct _test_data_quorum *self, int from, int to)
{
	int i;

	for (i = 0; i < SOURCES; i++) {
		answer(self, i, 0, 0);
		if (i >= from && i < to) {
			source_polled(self->source[i], self->now.raw_ns);
			source_kissed(self->source[i], self->now.raw_ns, RATE);
		}
		source_change_reference(self->source[i], 2, &REFERENCE_REPLACED);
	}
	self->now.epoch = 2;
	self->now.raw_ns += S;
}

/* Two of five go on answering for so long. How long to wait then? */
static int64_t go_on(struct _test_data_quorum *self, int64_t duration_ns)
{
	int64_t until_ns = self->now.raw_ns + duration_ns, wait_ns;

	do {
		answer(self, 0, 90 * MS, 0);
		answer(self, 1, 90 * MS, 0);
		wait_ns = wait_of(self, 5);
		self->now.raw_ns += S;
	} while (wait_ns && self->now.raw_ns <= until_ns);
	return wait_ns;
}

/* Who asks us to wait is not silent: two of five do not decide because the others rest. */
TEST_F(quorum, a_minority_waits_for_those_that_rest)
{
	restore(self, 2, 5);
	EXPECT_EQ(QUORUM_LATEST_NS, go_on(self, 60 * S));
	/* One is asked in vain, another finds again that we ask too often. */
	source_polled(self->source[2], self->now.raw_ns);
	source_polled(self->source[3], self->now.raw_ns);
	source_kissed(self->source[3], self->now.raw_ns, RATE);
	EXPECT_EQ(QUORUM_LATEST_NS, go_on(self, 30 * S));
	answer(self, 2, 0, 0);
	answer(self, 3, 0, 0);
	EXPECT_EQ(QUORUM_LATEST_NS, wait_of(self, 5));
	answer(self, 4, 0, 0);
	EXPECT_EQ(0, wait_of(self, 5));
}

/* But not for ever ... */
TEST_F(quorum, those_that_rest_are_awaited_for_some_time_only)
{
	int64_t begin_ns;

	restore(self, 2, 5);
	begin_ns = self->now.raw_ns;
	EXPECT_EQ(0, go_on(self, 2 * QUORUM_REST_NS));
	EXPECT_TRUE(self->quorum.reached);
	EXPECT_LE(begin_ns + QUORUM_REST_NS, self->now.raw_ns);
	EXPECT_GE(begin_ns + QUORUM_REST_NS + 10 * S, self->now.raw_ns);
}

/* ... nor when they were asked, and do not answer; but one request may be lost. */
TEST_F(quorum, those_that_were_asked_after_their_rest_are_silent)
{
	int i;

	restore(self, 2, 5);
	EXPECT_EQ(QUORUM_LATEST_NS, go_on(self, 60 * S));
	for (i = 2; i < 5; i++) {
		answer(self, i, 0, 0);
		source_change_reference(self->source[i], 3, &REFERENCE_REPLACED);
		source_polled(self->source[i], self->now.raw_ns);
	}
	EXPECT_EQ(QUORUM_LATEST_NS, go_on(self, 30 * S));
	for (i = 2; i < 5; i++)
		source_polled(self->source[i], self->now.raw_ns);
	EXPECT_LT(0, go_on(self, 0));
	EXPECT_EQ(0, go_on(self, 5 * S));
}

/* Nobody can keep a majority waiting, nor half of all. */
TEST_F(quorum, only_a_minority_waits_for_those_that_rest)
{
	restore(self, 2, 5);
	EXPECT_EQ(QUORUM_LATEST_NS, go_on(self, 60 * S));
	answer(self, 2, 90 * MS, 0);
	EXPECT_EQ(0, wait_of(self, 5));

	quorum_forget(&self->quorum);
	restore(self, 2, 4);
	answer(self, 0, 90 * MS, 0);
	answer(self, 1, 90 * MS, 0);
	EXPECT_EQ(QUORUM_LATE_NS, wait_of(self, 4));
	self->now.raw_ns += QUORUM_LATE_NS;
	EXPECT_EQ(0, wait_of(self, 4));
}

/* A source that has said nothing but RATE, and was asked too often to be waited for. */
static void limit_always(struct _test_data_quorum *self, int i)
{
	const struct source_options options = { .minpoll = 4, .maxpoll = 4 };
	int j;

	source_free(self->source[i]);
	self->source[i] = source_new(&options, START_NS);
	for (j = 0; j < 4; j++) {
		source_polled(self->source[i], self->now.raw_ns);
		if (j % 2)
			source_kissed(self->source[i], self->now.raw_ns, RATE);
	}
}

/*
 * Two of five are half of those that vote, as the fifth has said nothing but RATE. But it is there,
 * and may be right, so the two that rest decide.
 */
TEST_F(quorum, who_answers_nothing_but_rate_makes_no_half_of_a_minority)
{
	restore(self, 2, 4);
	limit_always(self, 4);
	EXPECT_EQ(QUORUM_LATEST_NS, go_on(self, 60 * S));
	answer(self, 2, 0, 0);
	EXPECT_EQ(QUORUM_LATEST_NS, wait_of(self, 5));
	answer(self, 3, 90 * MS, 0);
	EXPECT_EQ(0, wait_of(self, 5));
}

/* Where none of the others rests it keeps nobody waiting. */
TEST_F(quorum, who_answers_nothing_but_rate_is_not_waited_for)
{
	restore(self, 2, 2);
	limit_always(self, 4);
	answer(self, 0, 90 * MS, 0);
	answer(self, 1, 90 * MS, 0);
	EXPECT_EQ(QUORUM_LATE_NS, wait_of(self, 5));
	answer(self, 2, 90 * MS, 0);
	EXPECT_EQ(0, wait_of(self, 5));
}

/* One that has never said anything else is waited for once. */
TEST_F(quorum, who_answers_nothing_but_rate_is_no_voter_for_long)
{
	struct source_status status;

	source_polled(self->source[2], self->now.raw_ns);
	source_get_record(self->source[2], &status);
	EXPECT_FALSE(quorum_rests(&status, self->now.raw_ns, self->now.raw_ns));
	source_kissed(self->source[2], self->now.raw_ns, RATE);
	source_get_record(self->source[2], &status);
	EXPECT_TRUE(quorum_rests(&status, self->now.raw_ns, self->now.raw_ns));
	source_kissed(self->source[2], self->now.raw_ns, RATE);
	source_get_record(self->source[2], &status);
	EXPECT_FALSE(quorum_rests(&status, self->now.raw_ns, self->now.raw_ns));
}

/* Eight requests to each of these sources stay without an answer. */
static void lose(struct _test_data_quorum *self, int from, int to)
{
	int i, j;

	for (i = from; i < to; i++)
		for (j = 0; j < 8; j++)
			source_polled(self->source[i], self->now.raw_ns);
	self->now.raw_ns += 1000 * S;
	self->now.reference_ns += 1000 * S;
}

/* When the network was away, who happens to be asked first when it is back may lie. */
TEST_F(quorum, first_answer_after_silence_waits_for_those_who_were_not_asked)
{
	int i;

	for (i = 0; i < 4; i++)
		answer(self, i, 0, 0);
	ASSERT_EQ(0, wait_of(self, 4));
	lose(self, 0, 4);
	EXPECT_EQ(0, wait_of(self, 4));
	EXPECT_FALSE(self->quorum.reached);
	answer(self, 0, 90 * MS, 0);
	EXPECT_EQ(QUORUM_SILENT_NS, wait_of(self, 4));
	EXPECT_TRUE(self->quorum.ask);
	self->quorum.ask = false;
	self->now.raw_ns += QUORUM_SILENT_NS;
	/* It was asked again itself, and did not answer: the network may be away. */
	EXPECT_EQ(QUORUM_LATEST_NS, wait_of(self, 4));
	answer(self, 0, 90 * MS, 0);
	EXPECT_EQ(SOURCE_ANSWER_NS, wait_of(self, 4));
	EXPECT_FALSE(self->quorum.ask);
	for (i = 1; i < 4; i++)
		source_polled(self->source[i], self->now.raw_ns);
	self->now.raw_ns += QUORUM_SILENT_NS / 2;
	answer(self, 0, 90 * MS, 0);
	self->now.raw_ns += QUORUM_SILENT_NS / 2;
	EXPECT_EQ(0, wait_of(self, 4));
	EXPECT_TRUE(self->quorum.reached);
}

/* One that is asked seldom misses few requests, and is as silent as the others. */
TEST_F(quorum, first_answer_of_one_that_is_asked_seldom)
{
	int i;

	for (i = 0; i < 4; i++)
		answer(self, i, 0, 0);
	ASSERT_EQ(0, wait_of(self, 4));
	lose(self, 1, 4);
	source_polled(self->source[0], self->now.raw_ns);
	for (i = 0; i < 4; i++)
		source_change_reference(self->source[i], 2, &REFERENCE_REPLACED);
	self->now.epoch = 2;
	EXPECT_EQ(0, wait_of(self, 4));
	answer(self, 0, 3000 * S, 0);
	EXPECT_EQ(QUORUM_SILENT_NS, wait_of(self, 4));
	EXPECT_TRUE(self->quorum.ask);
	self->now.raw_ns += QUORUM_SILENT_NS;
	EXPECT_EQ(QUORUM_LATEST_NS, wait_of(self, 4));
	EXPECT_FALSE(self->quorum.reached);
	/* Nor is it used when it is silent itself. */
	for (i = 0; i < 8; i++)
		source_polled(self->source[0], self->now.raw_ns);
	EXPECT_EQ(QUORUM_LATEST_NS, wait_of(self, 4));
	EXPECT_EQ(QUORUM_LATEST_NS, wait_of(self, 4));
}

/* So may the first two of five, which are all that answer by then. */
TEST_F(quorum, minority_that_answers_first_after_silence_is_none)
{
	int i;

	for (i = 0; i < 5; i++)
		answer(self, i, 0, 0);
	ASSERT_EQ(0, wait_of(self, 5));
	lose(self, 0, 5);
	EXPECT_EQ(0, wait_of(self, 5));
	answer(self, 0, 90 * MS, 0);
	answer(self, 1, 90 * MS, 0);
	EXPECT_EQ(QUORUM_SILENT_NS, wait_of(self, 5));
	for (i = 2; i < 5; i++)
		answer(self, i, 0, 0);
	EXPECT_EQ(0, wait_of(self, 5));
}

/*
 * The network is not there when all begin to ask: who is asked first when it comes must not have
 * the clock to itself because the others have asked in vain, or could not even be found.
 */
TEST_F(quorum, first_answer_when_the_network_comes_waits_for_all)
{
	int i;

	for (i = 0; i < 3; i++)
		lose(self, i, i + 1);
	source_failed(self->source[3], self->now.raw_ns, -EHOSTUNREACH);
	EXPECT_EQ(0, wait_of(self, 4));
	self->now.raw_ns += 60 * S;
	EXPECT_EQ(0, wait_of(self, 4));
	answer(self, 0, 3000 * S, 0);
	EXPECT_EQ(QUORUM_SILENT_NS, wait_of(self, 4));
	EXPECT_TRUE(self->quorum.ask);
	for (i = 1; i < 3; i++)
		answer(self, i, 0, 0);
	EXPECT_EQ(QUORUM_LATE_NS, wait_of(self, 4));
	answer(self, 3, 0, 0);
	EXPECT_EQ(0, wait_of(self, 4));
}

/* It comes while they ask: what the others were asked just before is lost, and they ask seldom. */
TEST_F(quorum, those_who_were_asked_just_before_the_network_came_are_asked_again)
{
	int i;

	for (i = 0; i < 3; i++)
		lose(self, i, 2);
	EXPECT_EQ(0, wait_of(self, 3));
	self->now.raw_ns += 60 * S;
	EXPECT_EQ(0, wait_of(self, 3));
	/* Each of them at its own time, and none is late yet when the first one answers. */
	for (i = 0; i < 3; i++) {
		source_polled(self->source[i], self->now.raw_ns);
		EXPECT_EQ(0, wait_of(self, 3));
	}
	self->now.raw_ns += S / 5;
	answer(self, 0, 3000 * S, 0);
	EXPECT_EQ(S, wait_of(self, 3));
	EXPECT_FALSE(self->quorum.ask);
	self->now.raw_ns += S;
	EXPECT_LT(0, wait_of(self, 3));
	EXPECT_TRUE(self->quorum.ask);
	self->quorum.ask = false;
	for (i = 1; i < 3; i++)
		answer(self, i, 0, 0);
	EXPECT_EQ(0, wait_of(self, 3));
	EXPECT_FALSE(self->quorum.ask);
}

/*
 * The network was there for the first answer only, and the others were asked in vain. When it is
 * there again, who is asked first must not have the clock to itself before they are asked, too.
 */
TEST_F(quorum, those_who_were_asked_in_vain_since_the_first_answer_are_asked_again)
{
	int i;

	for (i = 0; i < 3; i++)
		answer(self, i, 0, 0);
	ASSERT_EQ(0, wait_of(self, 3));
	/* All samples become void, as after a restore. */
	for (i = 0; i < 3; i++)
		source_change_reference(self->source[i], 2, &REFERENCE_REPLACED);
	self->now.epoch = 2;
	quorum_forget(&self->quorum);
	EXPECT_EQ(0, wait_of(self, 3));
	answer(self, 0, 3000 * S, 0);
	EXPECT_EQ(QUORUM_SILENT_NS, wait_of(self, 3));
	self->now.raw_ns += S;
	for (i = 1; i < 3; i++)
		source_polled(self->source[i], self->now.raw_ns);
	self->now.raw_ns += QUORUM_SILENT_NS;
	EXPECT_EQ(QUORUM_LATEST_NS, wait_of(self, 3));
	self->now.raw_ns += 60 * S;
	answer(self, 0, 3000 * S, 0);
	EXPECT_LT(0, wait_of(self, 3));
	self->now.raw_ns += 2 * S;
	answer(self, 0, 3000 * S, 0);
	EXPECT_LT(0, wait_of(self, 3));
	EXPECT_TRUE(self->quorum.ask);
	self->quorum.ask = false;
	self->now.raw_ns += 2 * S;
	EXPECT_LT(0, wait_of(self, 3));
	EXPECT_FALSE(self->quorum.reached);
	for (i = 1; i < 3; i++)
		answer(self, i, 0, 0);
	EXPECT_EQ(0, wait_of(self, 3));
	EXPECT_FALSE(self->quorum.ask);
}

/* But those who were asked since and did not answer are silent, as at any start. */
TEST_F(quorum, silence_is_excused_only_without_a_network)
{
	lose(self, 0, 2);
	EXPECT_EQ(0, wait_of(self, 2));
	self->now.raw_ns += 60 * S;
	answer(self, 0, 0, 0);
	EXPECT_EQ(QUORUM_SILENT_NS, wait_of(self, 2));
	source_polled(self->source[1], self->now.raw_ns);
	self->now.raw_ns += 2 * S;
	answer(self, 0, 0, 0);
	source_polled(self->source[1], self->now.raw_ns);
	self->now.raw_ns += 2 * S;
	EXPECT_EQ(0, wait_of(self, 2));
}

/* The first source answers at a start, the others are asked in vain. true: all are asked again. */
static bool begin_alone(struct _test_data_quorum *self)
{
	bool asked;
	int i;

	answer(self, 0, 3000 * S, 0);
	wait_of(self, 3);
	for (i = 1; i < 3; i++)
		source_polled(self->source[i], self->now.raw_ns);
	self->now.raw_ns += S;
	wait_of(self, 3);
	asked = self->quorum.ask;
	self->quorum.ask = false;
	for (i = 1; i < 3; i++)
		source_polled(self->source[i], self->now.raw_ns);
	return asked;
}

static void ask(struct _test_data_quorum *self, int from, int to)
{
	int i;

	for (i = from; i < to; i++)
		source_polled(self->source[i], self->now.raw_ns);
}

/* At a start, too: the network goes away with the first answer, and nobody else has had a say. */
TEST_F(quorum, first_answer_ever_waits_for_all_where_nobody_answers_any_more)
{
	int i, j;

	ASSERT_TRUE(begin_alone(self));
	for (j = 0; j < 3; j++) {
		self->now.raw_ns += 2 * S;
		for (i = 0; i < 3; i++)
			source_polled(self->source[i], self->now.raw_ns);
		EXPECT_LT(0, wait_of(self, 3));
	}
	self->now.raw_ns += 60 * S;
	EXPECT_EQ(QUORUM_LATEST_NS, wait_of(self, 3));
	EXPECT_FALSE(self->quorum.reached);
	/* It is there again: they are asked before the first one counts. */
	answer(self, 0, 3000 * S, 0);
	EXPECT_LT(0, wait_of(self, 3));
	self->now.raw_ns += S;
	EXPECT_LT(0, wait_of(self, 3));
	EXPECT_TRUE(self->quorum.ask);
	for (i = 1; i < 3; i++)
		answer(self, i, 0, 0);
	EXPECT_EQ(0, wait_of(self, 3));
}

/* It is away for a moment only: what is asked when it is there again is answered in time. */
TEST_F(quorum, first_answer_ever_waits_for_those_who_are_asked_again)
{
	int i;

	ASSERT_TRUE(begin_alone(self));
	self->now.raw_ns += S;
	answer(self, 0, 3000 * S, 0);
	EXPECT_LT(0, wait_of(self, 3));
	self->now.raw_ns += S;
	for (i = 1; i < 3; i++)
		source_polled(self->source[i], self->now.raw_ns);
	EXPECT_LT(0, wait_of(self, 3));
	for (i = 1; i < 3; i++)
		answer(self, i, 0, 0);
	EXPECT_EQ(0, wait_of(self, 3));
}

/* Nor is it too late for those whose request was lost just before the network was there again. */
TEST_F(quorum, first_answer_ever_waits_for_those_who_were_asked_just_before_the_network_came)
{
	int i;

	ASSERT_TRUE(begin_alone(self));
	self->now.raw_ns += 2 * S;
	for (i = 1; i < 3; i++)
		source_polled(self->source[i], self->now.raw_ns);
	EXPECT_LT(0, wait_of(self, 3));
	self->now.raw_ns += 700 * MS;
	answer(self, 0, 3000 * S, 0);
	EXPECT_LT(0, wait_of(self, 3));
	self->now.raw_ns += 300 * MS;
	EXPECT_LT(0, wait_of(self, 3));
	EXPECT_FALSE(self->quorum.reached);
	for (i = 1; i < 3; i++)
		answer(self, i, 0, 0);
	EXPECT_EQ(0, wait_of(self, 3));
}

/* But one that answers beside servers that are dead is followed as soon as they count as silent. */
TEST_F(quorum, dead_servers_delay_a_start_by_no_more_than_silence)
{
	int i;

	ASSERT_TRUE(begin_alone(self));
	self->now.raw_ns += S;
	answer(self, 0, 3000 * S, 0);
	EXPECT_EQ(QUORUM_SILENT_NS - 2 * S, wait_of(self, 3));
	EXPECT_FALSE(self->quorum.ask);
	self->now.raw_ns += S;
	for (i = 1; i < 3; i++)
		source_polled(self->source[i], self->now.raw_ns);
	self->now.raw_ns += S;
	EXPECT_EQ(0, wait_of(self, 3));
	EXPECT_TRUE(self->quorum.reached);
}

/* All are asked twice within @s seconds, and nobody answers. */
static void ask_in_vain(struct _test_data_quorum *self, int64_t s)
{
	int i;

	for (i = 0; i < 6; i++) {
		self->now.raw_ns += s * S / 6;
		if (i % 3 == 1)
			ask(self, 0, 3);
		wait_of(self, 3);
		self->quorum.ask = false;
	}
}

/*
 * A server drops what comes too soon after a request that it has answered, and so does not answer
 * when all are asked again. The others, dead ones, were asked after each of its answers.
 */
TEST_F(quorum, dead_servers_do_not_outlast_one_that_answers_seldom)
{
	ASSERT_TRUE(begin_alone(self));
	ask_in_vain(self, 6);
	EXPECT_EQ(QUORUM_LATEST_NS, wait_of(self, 3));
	self->now.raw_ns += 64 * S;
	answer(self, 0, 3000 * S, 0);
	/* Both requests to each of the others may have been lost with the network. */
	EXPECT_LT(0, wait_of(self, 3));
	ask_in_vain(self, 6);
	EXPECT_EQ(QUORUM_LATEST_NS, wait_of(self, 3));
	self->now.raw_ns += 64 * S;
	answer(self, 0, 3000 * S, 0);
	EXPECT_EQ(0, wait_of(self, 3));
	EXPECT_TRUE(self->quorum.reached);
}

/* Nor do those delay anything that were dead all the time while others answered. */
TEST_F(quorum, lost_servers_are_not_waited_for)
{
	int i;

	answer(self, 0, 0, 0);
	answer(self, 1, 0, 0);
	EXPECT_EQ(0, wait_of(self, 2));
	for (i = 0; i < 8; i++) {
		source_polled(self->source[2], self->now.raw_ns);
		self->now.raw_ns += 16 * S;
		source_others_answered(self->source[2], self->now.raw_ns);
	}
	for (i = 0; i < 2; i++)
		source_change_reference(self->source[i], 2, &REFERENCE_REPLACED);
	source_set_offline(self->source[1], true);
	self->now.epoch = 2;
	quorum_forget(&self->quorum);
	EXPECT_EQ(0, wait_of(self, 3));
	answer(self, 0, 3000 * S, 0);
	EXPECT_EQ(0, wait_of(self, 3));
	EXPECT_TRUE(self->quorum.reached);
}

/* Who is silent while others answer is not asked for their sake, nor waited for. */
TEST_F(quorum, one_that_is_silent_alone_is_not_asked)
{
	int i;

	for (i = 0; i < 3; i++)
		answer(self, i, 0, 0);
	ASSERT_EQ(0, wait_of(self, 3));
	lose(self, 2, 3);
	quorum_forget(&self->quorum);
	answer(self, 0, 0, 0);
	answer(self, 1, 0, 0);
	EXPECT_EQ(0, wait_of(self, 3));
	EXPECT_FALSE(self->quorum.ask);
}

TEST_HARNESS_MAIN
