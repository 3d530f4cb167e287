// SPDX-License-Identifier: GPL-2.0-only
/*
 * Selection: who is believed, who is named a falseticker, and what bound follows.
 */
#include "user/discipline/source_select.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "selftests/unit/unit.h"
#include "user/lib/time_units.h"

#define START_NS	(1800000000LL * NS_PER_S)
#define SAMPLES		8
#define SOURCES		5

FIXTURE(sources) {
	struct source *source[SOURCES];
	size_t count;
	int minsources;
	bool weighs;		/* strata ... */
	int64_t weight_ns;	/* ... with this */
	bool knows_rate;	/* that the oscillator has ... */
	double rate;		/* ... this one */
	int64_t varies_ns;	/* round trips do by four times this; 0: 1 us */
	struct selection selection;
};

FIXTURE_SETUP(sources)
{
	memset(self, 0, sizeof(*self));
}

FIXTURE_TEARDOWN(sources)
{
	size_t i;

	for (i = 0; i < self->count; i++)
		source_free(self->source[i]);
}

/* A source with that offset, running off by @rate, across a path of @delay_ns. */
static void add_source(struct _test_data_sources *self, int64_t offset_ns, double rate,
		       int64_t delay_ns, const struct source_options *with)
{
	struct source_options options = with ? *with : (struct source_options){ .minpoll = 4 };
	int64_t varies_ns = self->varies_ns ? self->varies_ns : 1000;
	struct source *source;
	int i;

	options.maxpoll = 4;
	source = source_new(&options, START_NS);
	for (i = 0; i < SAMPLES; i++) {
		int64_t at_ns = START_NS + 16LL * i * NS_PER_S;
		struct source_sample sample = {
			.at_ns = at_ns,
			.offset_ns = offset_ns + llrint(rate * 16e9 * i),
			.delay_ns = delay_ns + i * 977 % 5 * varies_ns,
			.stratum = 1,
		};

		source_polled(source, at_ns);
		source_add(source, at_ns, &sample);
	}
	self->source[self->count++] = source;
}

static struct selection_terms terms_of(const struct _test_data_sources *self, int previous)
{
	return (struct selection_terms){
		.previous = previous,
		.minsources = self->minsources,
		.stratumweight_ns = self->weighs ? self->weight_ns : -1,
		.knows_rate = self->knows_rate,
		.rate = self->rate,
	};
}

static void judge(struct _test_data_sources *self, int previous)
{
	const struct selection_terms terms = terms_of(self, previous);

	source_select(self->source, self->count, START_NS + 16LL * SAMPLES * NS_PER_S, &terms,
		      &self->selection);
}

static bool foresee(struct _test_data_sources *self, int64_t at_ns, int64_t *low_ns,
		    int64_t *high_ns)
{
	const struct selection_terms terms = terms_of(self, -1);

	return source_select_foresee(self->source, self->count, at_ns, &terms, low_ns, high_ns);
}

static enum source_verdict verdict(struct _test_data_sources *self, int index)
{
	struct source_status status;

	source_get_status(self->source[index], START_NS, &status);
	return status.verdict;
}

/* It was right at its latest sample, and has gone on by a rate that was a stop of this machine. */
TEST_F(sources, a_rate_that_the_oscillator_does_not_have_is_in_the_interval)
{
	add_source(self, 0, 0, 1000000, NULL);
	add_source(self, -44800000, 400e-6, 1000000, NULL);
	judge(self, -1);
	EXPECT_EQ(-1, self->selection.selected);
	self->knows_rate = true;
	judge(self, -1);
	EXPECT_EQ(0, self->selection.selected);
	EXPECT_LE(self->selection.low_ns, 0);
	EXPECT_GE(self->selection.high_ns, 0);
}

/* By what it has gone on since its latest sample, 16 s ago, and not if that is the oscillator's. */
TEST_F(sources, an_interval_grows_by_the_rate_that_is_not_the_oscillators)
{
	int64_t usual_ns;

	add_source(self, 0, 400e-6, 1000000, NULL);
	judge(self, -1);
	usual_ns = self->selection.high_ns - self->selection.low_ns;
	self->knows_rate = true;
	self->rate = 400e-6;
	judge(self, -1);
	EXPECT_EQ(usual_ns, self->selection.high_ns - self->selection.low_ns);
	self->rate = -400e-6;
	judge(self, -1);
	EXPECT_LT(llabs(self->selection.high_ns - self->selection.low_ns - usual_ns - 25600000),
		  100000);
}

TEST_F(sources, none_is_none)
{
	judge(self, -1);
	EXPECT_EQ(-1, self->selection.selected);
	EXPECT_EQ(0, self->selection.candidates);
}

TEST_F(sources, one_is_selected)
{
	add_source(self, 1000, 0, 200000, NULL);
	judge(self, -1);
	EXPECT_EQ(0, self->selection.selected);
	EXPECT_EQ(1, self->selection.count);
	EXPECT_LE(self->selection.low_ns, -99000);
	EXPECT_GE(self->selection.high_ns, 101000);
	EXPECT_EQ(SOURCE_SELECTED, verdict(self, 0));
}

TEST_F(sources, silent_one_is_unusable)
{
	struct source_options options = { .minpoll = 4, .maxpoll = 4 };

	self->source[self->count++] = source_new(&options, START_NS);
	add_source(self, 0, 0, 200000, NULL);
	judge(self, -1);
	EXPECT_EQ(1, self->selection.selected);
	EXPECT_EQ(SOURCE_UNUSABLE, verdict(self, 0));
}

TEST_F(sources, one_of_three_is_named_a_falseticker)
{
	add_source(self, 0, 0, 2000000, NULL);
	add_source(self, 50000000, 0, 2000000, NULL);
	add_source(self, 100000, 0, 2000000, NULL);
	judge(self, 1);
	EXPECT_EQ(1, self->selection.falsetickers);
	EXPECT_EQ(SOURCE_FALSETICKER, verdict(self, 1));
	EXPECT_NE(1, self->selection.selected);
	EXPECT_EQ(2, self->selection.count);
	EXPECT_LT(self->selection.high_ns, 10000000);
}

TEST_F(sources, two_that_disagree_are_no_majority)
{
	add_source(self, 0, 0, 2000000, NULL);
	add_source(self, 50000000, 0, 2000000, NULL);
	judge(self, -1);
	EXPECT_EQ(-1, self->selection.selected);
	EXPECT_EQ(SOURCE_FALSETICKER, verdict(self, 0));
	EXPECT_EQ(SOURCE_FALSETICKER, verdict(self, 1));
}

/* Trusted is that the truth is within 50 ms: one that says 60 +- 40 ms mostly says otherwise. */
TEST_F(sources, who_merely_touches_the_trusted_ones_is_not_used)
{
	struct source_options trusted = { .minpoll = 4, .trust = true };

	add_source(self, 0, 0, 100000000, &trusted);
	add_source(self, 60000000, 0, 80000000, NULL);
	judge(self, -1);
	EXPECT_EQ(0, self->selection.selected);
	EXPECT_EQ(1, self->selection.count);
	EXPECT_EQ(0, self->selection.falsetickers);
	EXPECT_EQ(SOURCE_NOT_COMBINED, verdict(self, 1));
	EXPECT_EQ(1 << 1, self->selection.unwanted);
	/* Not even if it was followed before. */
	judge(self, 1);
	EXPECT_EQ(0, self->selection.selected);
	/* Who says more of what they say is welcome. */
	add_source(self, 5000000, 0, 20000000, NULL);
	judge(self, -1);
	EXPECT_EQ(2, self->selection.selected);
	/* Without anybody to be trusted they are all of one mind. */
	source_free(self->source[0]);
	self->source[0] = self->source[2];
	self->count = 2;
	judge(self, -1);
	EXPECT_EQ(0, self->selection.falsetickers);
	EXPECT_EQ(0, self->selection.unwanted);
}

/*
 * Two that have answered first may be a minority of five, and say that the truth is where the third
 * one says that it is not. As long as the others are silent it is where all three agree.
 */
TEST_F(sources, silent_ones_leave_the_first_answers_no_majority)
{
	struct source_options options = { .minpoll = 4, .maxpoll = 4 };
	struct selection all;

	add_source(self, 40000000, 0, 80000000, NULL);
	add_source(self, 40000000, 0, 80000000, NULL);
	add_source(self, 0, 0, 20000000, NULL);
	judge(self, -1);
	EXPECT_GT(self->selection.place_high_ns, 70000000);
	all = self->selection;
	while (self->count < SOURCES)
		self->source[self->count++] = source_new(&options, START_NS);
	judge(self, -1);
	EXPECT_EQ(0, self->selection.falsetickers);
	EXPECT_LT(self->selection.place_high_ns, 20000000);
	EXPECT_LE(all.place_low_ns, self->selection.place_low_ns);
	/* Those that are asked as others already have nothing to say. */
	for (size_t i = 3; i < SOURCES; i++)
		source_set_twin(self->source[i], true);
	judge(self, -1);
	EXPECT_EQ(all.place_low_ns, self->selection.place_low_ns);
	EXPECT_EQ(all.place_high_ns, self->selection.place_high_ns);
}

/*
 * Two of five lie, and say that it is at the edge of what a far one allows. The last one, which has
 * not answered yet, is returned.
 */
static struct source *add_liars_at_the_edge(struct _test_data_sources *self)
{
	struct source_options options = { .minpoll = 4, .maxpoll = 4 };

	add_source(self, 16000000, 0, 200000, NULL);
	add_source(self, 16000000, 0, 200000, NULL);
	add_source(self, -5000000, 0, 100000000, NULL);
	add_source(self, 0, 0, 30000000, NULL);
	self->source[self->count++] = source_new(&options, START_NS);
	return self->source[self->count - 1];
}

/* These requests stay without an answer. @others: while other servers answer. */
static void ask_in_vain(struct source *source, int from, int to, bool others)
{
	int i;

	for (i = from; i < to; i++) {
		int64_t at_ns = START_NS + 4LL * i * NS_PER_S;

		source_polled(source, at_ns);
		source_failed(source, at_ns + 1, -ETIMEDOUT);
		if (others)
			source_others_answered(source, at_ns + 3LL * NS_PER_S);
	}
}

/* Three requests to it were lost: that makes half of all no minority. */
TEST_F(sources, lost_requests_give_liars_no_majority)
{
	struct source *late = add_liars_at_the_edge(self);

	ask_in_vain(late, 0, 3, true);
	judge(self, -1);
	EXPECT_LT(self->selection.low_ns, 0);
	/* In the end it is silent, and most of those that answer are right. */
	ask_in_vain(late, 3, 6, true);
	judge(self, -1);
	EXPECT_GT(self->selection.low_ns, 0);
}

/* Nobody else has answered either since it is asked, so the network may be away. */
TEST_F(sources, requests_without_a_network_give_liars_no_majority)
{
	struct source *added = add_liars_at_the_edge(self);

	ask_in_vain(added, 0, 30, false);
	judge(self, -1);
	EXPECT_LT(self->selection.low_ns, 0);
	/* Then others answer. */
	ask_in_vain(added, 30, 33, true);
	judge(self, -1);
	EXPECT_LT(self->selection.low_ns, 0);
	ask_in_vain(added, 33, 34, true);
	judge(self, -1);
	EXPECT_GT(self->selection.low_ns, 0);
}

TEST_F(sources, trust_decides)
{
	struct source_options trusted = { .minpoll = 4, .trust = true };

	add_source(self, 0, 0, 2000000, NULL);
	add_source(self, 0, 0, 2000000, NULL);
	add_source(self, 50000000, 0, 2000000, &trusted);
	judge(self, -1);
	EXPECT_EQ(2, self->selection.selected);
	EXPECT_EQ(2, self->selection.falsetickers);
}

TEST_F(sources, prefer_is_used_alone)
{
	struct source_options preferred = { .minpoll = 4, .prefer = true };

	add_source(self, 0, 0, 200000, NULL);
	add_source(self, 0, 0, 2000000, &preferred);
	judge(self, 0);
	EXPECT_EQ(1, self->selection.selected);
	EXPECT_EQ(1, self->selection.count);
	EXPECT_EQ(1 << 0, self->selection.unwanted);
}

TEST_F(sources, noselect_is_measured_only)
{
	struct source_options unused = { .minpoll = 4, .noselect = true };

	add_source(self, 0, 0, 200000, &unused);
	judge(self, -1);
	EXPECT_EQ(-1, self->selection.selected);
	add_source(self, 0, 0, 2000000, NULL);
	judge(self, -1);
	EXPECT_EQ(1, self->selection.selected);
	EXPECT_EQ(1, self->selection.count);
}

TEST_F(sources, too_few_are_not_used)
{
	self->minsources = 2;
	add_source(self, 0, 0, 2000000, NULL);
	judge(self, -1);
	EXPECT_EQ(-1, self->selection.selected);
	EXPECT_EQ(0, self->selection.count);
	EXPECT_EQ(SOURCE_NOT_COMBINED, verdict(self, 0));
	add_source(self, 100000, 0, 2000000, NULL);
	judge(self, -1);
	EXPECT_EQ(2, self->selection.count);
	self->minsources = 3;
	judge(self, -1);
	EXPECT_EQ(-1, self->selection.selected);
	/* One that contradicts is no third. */
	add_source(self, 50000000, 0, 2000000, NULL);
	judge(self, -1);
	EXPECT_EQ(-1, self->selection.selected);
	EXPECT_EQ(SOURCE_FALSETICKER, verdict(self, 2));
}

TEST_F(sources, nothing_is_used_without_a_required_one)
{
	struct source_options required = { .minpoll = 4, .maxpoll = 4, .require = true };

	add_source(self, 0, 0, 2000000, NULL);
	add_source(self, 0, 0, 2000000, NULL);
	/* It does not answer ... */
	self->source[self->count++] = source_new(&required, START_NS);
	judge(self, -1);
	EXPECT_EQ(-1, self->selection.selected);
	/* ... and nor is it right. */
	add_source(self, 50000000, 0, 2000000, &required);
	judge(self, -1);
	EXPECT_EQ(-1, self->selection.selected);
	EXPECT_EQ(SOURCE_FALSETICKER, verdict(self, 3));
	/* One of them is enough, and all are combined then. */
	add_source(self, 100000, 0, 2000000, &required);
	judge(self, -1);
	EXPECT_EQ(3, self->selection.count);
}

TEST_F(sources, a_required_one_is_missed_wherever_it_is)
{
	struct source_options required = { .minpoll = 4, .maxpoll = 4, .require = true };

	self->source[self->count++] = source_new(&required, START_NS);
	add_source(self, 0, 0, 2000000, NULL);
	judge(self, -1);
	EXPECT_EQ(-1, self->selection.selected);
	EXPECT_EQ(SOURCE_NOT_COMBINED, verdict(self, 1));
}

TEST_F(sources, a_required_one_that_is_not_to_be_used_does_not_count)
{
	struct source_options unused = { .minpoll = 4, .require = true, .noselect = true };

	add_source(self, 0, 0, 2000000, NULL);
	add_source(self, 0, 0, 2000000, &unused);
	judge(self, -1);
	EXPECT_EQ(-1, self->selection.selected);
}

TEST_F(sources, much_worse_ones_are_not_combined)
{
	add_source(self, 0, 0, 200000, NULL);
	add_source(self, 0, 0, 80000000, NULL);
	judge(self, -1);
	EXPECT_EQ(0, self->selection.selected);
	EXPECT_EQ(1, self->selection.count);
	EXPECT_EQ(SOURCE_NOT_COMBINED, verdict(self, 1));
}

/* The far one knows the rate, and the near one how far the far one is off. */
TEST_F(sources, far_one_that_hardly_queues_is_combined_with_a_near_one_that_does)
{
	self->varies_ns = 3000000;
	add_source(self, 0, 0, 200000, NULL);
	self->varies_ns = 0;
	add_source(self, 0, 0, 80000000, NULL);
	judge(self, -1);
	EXPECT_EQ(0, self->selection.selected);
	EXPECT_EQ(2, self->selection.count);
	EXPECT_EQ(SOURCE_COMBINED, verdict(self, 1));
}

/* By more than paths are uneven as a rule, if it is not by most of its round trip. */
TEST_F(sources, far_one_that_is_far_off_is_not_combined)
{
	self->varies_ns = 3000000;
	add_source(self, 0, 0, 200000, NULL);
	self->varies_ns = 0;
	add_source(self, 15000000, 0, 80000000, NULL);
	judge(self, -1);
	EXPECT_EQ(0, self->selection.selected);
	EXPECT_EQ(1, self->selection.count);
}

TEST_F(sources, those_about_as_good_are_combined)
{
	add_source(self, 0, 0, 2000000, NULL);
	add_source(self, 10000, 0, 2500000, NULL);
	add_source(self, -10000, 0, 3000000, NULL);
	judge(self, -1);
	EXPECT_EQ(3, self->selection.count);
}

TEST_F(sources, selected_one_stays_unless_much_worse)
{
	add_source(self, 0, 0, 2000000, NULL);
	add_source(self, 0, 0, 2200000, NULL);
	judge(self, 1);
	EXPECT_EQ(1, self->selection.selected);
	judge(self, 0);
	EXPECT_EQ(0, self->selection.selected);
}

/* One drifts, still within its interval: the bound must not follow it. */
/* Each of two has a majority with those that are far away. Both cannot be right. */
TEST_F(sources, of_two_that_exclude_one_another_neither_is_followed)
{
	int64_t place_ns;

	add_source(self, 0, 0, 10000000, NULL);
	add_source(self, -3000000, 0, 100000000, NULL);
	add_source(self, -40000000, 0, 1000000, NULL);
	add_source(self, 4000000, 0, 100000000, NULL);
	judge(self, 2);
	EXPECT_TRUE(self->selection.selected == 1 || self->selection.selected == 3);
	EXPECT_EQ(2, self->selection.count);
	EXPECT_NE(SOURCE_COMBINED, verdict(self, 0));
	EXPECT_NE(SOURCE_COMBINED, verdict(self, 2));
	place_ns = self->selection.high_ns - self->selection.low_ns;
	EXPECT_GT(place_ns, 40000000);
}

/* By less than those may be wrong that agree with both. */
TEST_F(sources, of_two_that_all_but_meet_one_is_followed)
{
	add_source(self, 0, 0, 200000, NULL);
	add_source(self, 0, 0, 100000000, NULL);
	add_source(self, 500000, 0, 200000, NULL);
	add_source(self, 0, 0, 100000000, NULL);
	judge(self, -1);
	EXPECT_TRUE(self->selection.selected == 0 || self->selection.selected == 2);
}

/* What was wrong lately says nothing against others. */
TEST_F(sources, who_was_wrong_lately_contradicts_nobody)
{
	add_source(self, 0, 0, 10000000, NULL);
	add_source(self, -3000000, 0, 100000000, NULL);
	add_source(self, -40000000, 0, 1000000, NULL);
	add_source(self, 4000000, 0, 100000000, NULL);
	source_distrust(self->source[2], true);
	judge(self, -1);
	EXPECT_EQ(0, self->selection.selected);
}

TEST_F(sources, bound_is_where_most_agree)
{
	add_source(self, 0, 0, 2000000, NULL);
	add_source(self, 0, 0, 2000000, NULL);
	add_source(self, 0, 0, 2000000, NULL);
	add_source(self, 1900000, 0, 2000000, NULL);
	judge(self, -1);
	EXPECT_LE(self->selection.low_ns, -900000);
	EXPECT_GE(self->selection.high_ns, 900000);
}

/*
 * Two near ones run off by 100 ppm, within what three others allow. Where these have the truth is
 * within the bound at any later time as well.
 */
TEST_F(sources, bound_is_where_most_will_agree)
{
	int64_t at_ns = START_NS + 16LL * SAMPLES * NS_PER_S, low_ns, high_ns;
	int i;

	for (i = 0; i < 2; i++)
		add_source(self, 1000000, 100e-6, 200000, NULL);
	for (i = 0; i < 3; i++)
		add_source(self, 0, 0, 100000000, NULL);
	judge(self, -1);
	EXPECT_LT(self->selection.high_ns, 100000000);
	ASSERT_TRUE(foresee(self, at_ns, &low_ns, &high_ns));
	EXPECT_EQ(self->selection.low_ns, low_ns);
	EXPECT_EQ(self->selection.high_ns, high_ns);
	for (i = 0; i < 2000; i += 100) {
		ASSERT_TRUE(foresee(self, at_ns + i * NS_PER_S, &low_ns, &high_ns));
		EXPECT_LT(low_ns, 0);
		EXPECT_GT(high_ns, 0);
	}
}

/* The third one's rate was a stop of this machine: its interval has that later as well as now. */
TEST_F(sources, a_rate_that_the_oscillator_does_not_have_is_in_what_is_foreseen)
{
	int64_t at_ns = START_NS + 16LL * SAMPLES * NS_PER_S, low_ns, high_ns;

	add_source(self, 0, 0, 1000000, NULL);
	add_source(self, 300000, 0, 1000000, NULL);
	add_source(self, -44800000, 400e-6, 1000000, NULL);
	self->knows_rate = true;
	judge(self, -1);
	ASSERT_TRUE(foresee(self, at_ns, &low_ns, &high_ns));
	EXPECT_EQ(self->selection.low_ns, low_ns);
	EXPECT_EQ(self->selection.high_ns, high_ns);
	for (int i = 0; i < 1000; i += 100) {
		ASSERT_TRUE(foresee(self, at_ns + i * NS_PER_S, &low_ns, &high_ns));
		EXPECT_LE(low_ns, self->selection.low_ns);
		EXPECT_GE(high_ns, self->selection.high_ns);
	}
}

TEST_F(sources, two_that_disagree_foresee_nothing)
{
	int64_t low_ns, high_ns;

	add_source(self, 0, 0, 2000000, NULL);
	add_source(self, 50000000, 0, 2000000, NULL);
	judge(self, -1);
	EXPECT_FALSE(foresee(self, START_NS, &low_ns, &high_ns));
}

/*
 * One of three has not answered yet. Of the two that have, one may lie inside the other's interval,
 * and then the truth is anywhere in that; the clock is put where both allow it to be.
 */
TEST_F(sources, bound_allows_for_those_who_have_not_answered)
{
	struct source_options options = { .minpoll = 4, .maxpoll = 4 };
	struct source *first;
	int i;

	add_source(self, 900000, 0, 100000, NULL);
	add_source(self, 0, 0, 2000000, NULL);
	judge(self, -1);
	EXPECT_LT(self->selection.high_ns - self->selection.low_ns, 500000);

	self->source[self->count++] = source_new(&options, START_NS);
	for (i = 0; i < 2; i++) {
		judge(self, -1);
		EXPECT_GE(self->selection.selected, 0);
		EXPECT_LE(self->selection.low_ns, -999000);
		EXPECT_GE(self->selection.high_ns, 950000);
		EXPECT_GE(self->selection.place_low_ns, 800000);
		EXPECT_LE(self->selection.place_high_ns, 1010000);
		/* Wherever it is among them. */
		first = self->source[0];
		self->source[0] = self->source[2];
		self->source[2] = first;
	}
}

/* Others answer its next @requests as well; its answers to @late of them are beyond maxdelay. */
static void outlast(struct source *source, int requests, int late)
{
	struct source_sample sample = {
		.offset_ns = -95000000,
		.delay_ns = 195000000,
		.stratum = 1,
	};
	int i;

	for (i = 0; i < requests; i++) {
		sample.at_ns = START_NS + 16LL * SAMPLES * NS_PER_S;
		source_polled(source, sample.at_ns);
		if (i < late)
			source_note_overlong(source, &sample);
		source_failed(source, sample.at_ns, i < late ? -ETIME : -ETIMEDOUT);
		source_others_answered(source, sample.at_ns + 2 * NS_PER_S);
	}
}

/* Of the two others one is wrong, and leaves but the edge of what the right one allows. */
static void add_right_and_wrong(struct _test_data_sources *self)
{
	add_source(self, 0, 0, 10000000, NULL);
	add_source(self, -9000000, 0, 10000000, NULL);
}

/*
 * It answers, but a neighbour has the answers wait for longer than maxdelay allows. That must not
 * take its vote: the truth is within their round trips all the same.
 */
TEST_F(sources, whose_answers_take_too_long_still_has_a_vote)
{
	int64_t low_ns, high_ns;
	int i;

	add_right_and_wrong(self);
	add_source(self, 0, 0, 1000000, NULL);
	outlast(self->source[2], 16, 0);
	judge(self, -1);
	EXPECT_GT(0, self->selection.high_ns);
	for (i = 0; i < 2; i++) {
		outlast(self->source[2], 16, 16);
		judge(self, -1);
		EXPECT_EQ(SOURCE_UNUSABLE, verdict(self, 2));
		EXPECT_LE(0, self->selection.selected);
		EXPECT_LE(self->selection.low_ns, -13000000);
		EXPECT_GE(self->selection.high_ns, 0);
		ASSERT_TRUE(foresee(self, START_NS + 16LL * SAMPLES * NS_PER_S, &low_ns, &high_ns));
		EXPECT_GE(high_ns, 0);
		/* When nothing comes any more it is lost. */
		outlast(self->source[2], 7, 0);
		judge(self, -1);
		EXPECT_GE(self->selection.high_ns, 0);
		outlast(self->source[2], 1, 0);
		judge(self, -1);
		EXPECT_GT(0, self->selection.high_ns);
	}
}

/* Nor where no answer of it has ever been quick enough, or none since a disruption. */
TEST_F(sources, whose_answers_always_took_too_long_has_a_vote)
{
	struct source_options options = { .minpoll = 4, .maxpoll = 4 };

	add_right_and_wrong(self);
	self->source[self->count++] = source_new(&options, START_NS);
	outlast(self->source[2], 16, 16);
	judge(self, -1);
	EXPECT_EQ(0, self->selection.falsetickers);
	EXPECT_LE(self->selection.low_ns, -13000000);
	EXPECT_GE(self->selection.high_ns, 0);
	/* By what it says, and not as one that may say anything. */
	EXPECT_GE(self->selection.low_ns, -16000000);
	source_free(self->source[2]);
	self->count = 2;
	add_source(self, 0, 0, 1000000, NULL);
	source_change_reference(self->source[2], 1, &REFERENCE_JUMPED);
	judge(self, -1);
	EXPECT_GE(self->selection.high_ns, 0);
}

/* A server that sent "DENY" will not answer, and nobody waits for its vote. */
TEST_F(sources, refused_one_has_no_vote)
{
	const uint32_t deny = 'D' << 24 | 'E' << 16 | 'N' << 8 | 'Y';
	struct source_options options = { .minpoll = 4, .maxpoll = 4 };
	struct source *refused = source_new(&options, START_NS);

	ASSERT_NE(NULL, refused);
	add_source(self, 900000, 0, 100000, NULL);
	add_source(self, 0, 0, 2000000, NULL);
	self->source[self->count++] = refused;
	source_polled(refused, START_NS);
	source_kissed(refused, START_NS, deny);
	judge(self, -1);
	EXPECT_LT(self->selection.high_ns - self->selection.low_ns, 500000);
}

/*
 * A source that runs off by @rate, but is where the others are when they are compared: its rate
 * alone is wrong.
 */
static void add_runaway(struct _test_data_sources *self, double rate, int64_t delay_ns,
			const struct source_options *with)
{
	add_source(self, -llrint(rate * 16e9 * SAMPLES), rate, delay_ns, with);
}

TEST_F(sources, one_that_runs_off_is_not_combined)
{
	add_source(self, 0, 0, 2000000, NULL);
	add_source(self, 0, 0, 2000000, NULL);
	add_runaway(self, 200e-6, 2000000, NULL);
	judge(self, 2);
	EXPECT_EQ(0, self->selection.falsetickers);
	EXPECT_EQ(1 << 2, self->selection.wrong);
	EXPECT_NE(2, self->selection.selected);
	EXPECT_EQ(2, self->selection.count);
	EXPECT_EQ(SOURCE_NOT_COMBINED, verdict(self, 2));
}

/* With two that run apart nobody knows which is right: both are used. */
TEST_F(sources, half_of_the_rates_are_enough)
{
	add_source(self, 0, 0, 2000000, NULL);
	add_runaway(self, 200e-6, 2000000, NULL);
	judge(self, -1);
	EXPECT_EQ(0, self->selection.wrong);
	EXPECT_EQ(2, self->selection.count);
}

/*
 * What the errors of the estimated rates explain, and a margin of 100 ns/s on top, is no
 * difference: 0.1 ppm and the margin across a short path that varies by 4 us, 0.3 ppm and the
 * margin across a long one, 1 ppm and the margin where it varies by 16 us.
 */
TEST_F(sources, rates_run_along_within_their_errors_and_a_margin)
{
	static const struct {
		int64_t delay_ns, varies_ns;
		double rate;
		uint64_t wrong;
	} cases[] = {
		{ 1000, 1000, 150e-9, 0 }, { 1000, 1000, -150e-9, 0 },
		{ 1000, 1000, 300e-9, 1 << 2 }, { 1000, 1000, -300e-9, 1 << 2 },
		{ 2000000, 1000, 300e-9, 0 }, { 2000000, 1000, 500e-9, 1 << 2 },
		{ 2000000, 4000, 700e-9, 0 }, { 2000000, 4000, 2000e-9, 1 << 2 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		self->varies_ns = cases[i].varies_ns;
		add_source(self, 0, 0, cases[i].delay_ns, NULL);
		add_source(self, 0, 0, cases[i].delay_ns, NULL);
		add_runaway(self, cases[i].rate, cases[i].delay_ns, NULL);
		judge(self, -1);
		EXPECT_EQ(0, self->selection.falsetickers);
		EXPECT_EQ(cases[i].wrong, self->selection.wrong);
		EXPECT_EQ(3 - !!cases[i].wrong, self->selection.count);
		while (self->count)
			source_free(self->source[--self->count]);
	}
}

/*
 * Four run apart, each another way, and one was asked but twice: what it knows of its rate excludes
 * nobody's. So no rate is wrong, and that one is not the best for it.
 */
TEST_F(sources, rates_of_which_no_two_agree_tell_nothing)
{
	struct source_options options = { .minpoll = 4, .maxpoll = 4 };
	struct source_sample sample = { .delay_ns = 2000000, .stratum = 1 };
	struct source *late = source_new(&options, START_NS);
	int i;

	ASSERT_NE(NULL, late);
	self->source[self->count++] = late;
	for (i = -2; i < 0; i++) {
		sample.at_ns = START_NS + 16LL * (SAMPLES + i) * NS_PER_S;
		source_polled(late, sample.at_ns);
		source_add(late, sample.at_ns, &sample);
	}
	for (i = 0; i < 4; i++)
		add_runaway(self, (2 * i - 3) * 2e-6, 2000000, NULL);
	judge(self, -1);
	EXPECT_EQ(5, self->selection.candidates);
	EXPECT_EQ(0, self->selection.falsetickers);
	EXPECT_EQ(0, self->selection.wrong);
	EXPECT_NE(0, self->selection.selected);
	EXPECT_EQ(4, self->selection.count);
	EXPECT_EQ(SOURCE_NOT_COMBINED, verdict(self, 0));
}

/* Two falsetickers share a rate with one of the others, who would be right by their votes. */
TEST_F(sources, falsetickers_have_no_vote_on_rates)
{
	int i;

	add_source(self, 0, 0, 2000000, NULL);
	add_source(self, 0, 0, 2000000, NULL);
	add_runaway(self, 200e-6, 2000000, NULL);
	for (i = 0; i < 2; i++)
		add_source(self, NS_PER_S, 200e-6, 2000000, NULL);
	judge(self, -1);
	EXPECT_EQ(2, self->selection.falsetickers);
	EXPECT_EQ(1 << 2 | 1 << 3 | 1 << 4, self->selection.wrong);
	EXPECT_EQ(2, self->selection.count);
	EXPECT_GT(2, self->selection.selected);
}

TEST_F(sources, preference_does_not_overrule_where_most_agree)
{
	struct source_options prefer = { .minpoll = 4, .prefer = true };

	add_source(self, 80000000, 0, 200000000, &prefer);
	add_source(self, 0, 0, 20000000, NULL);
	add_source(self, 0, 0, 20000000, NULL);
	judge(self, -1);
	EXPECT_NE(0, self->selection.selected);
	EXPECT_NE(SOURCE_FALSETICKER, verdict(self, 0));
	EXPECT_EQ(2, self->selection.count);
}

TEST_F(sources, preference_does_not_overrule_the_rate_that_most_have)
{
	struct source_options prefer = { .minpoll = 4, .prefer = true };

	add_runaway(self, 200e-6, 20000000, &prefer);
	add_source(self, 0, 0, 20000000, NULL);
	add_source(self, 0, 0, 20000000, NULL);
	judge(self, -1);
	EXPECT_EQ(0, self->selection.falsetickers);
	EXPECT_EQ(1, self->selection.wrong);
	EXPECT_NE(0, self->selection.selected);
	EXPECT_EQ(2, self->selection.count);
}

/* After the samples of add_source(), one that says otherwise. */
static void jump(struct _test_data_sources *self, size_t index, int64_t offset_ns)
{
	int64_t at_ns = START_NS + 16LL * SAMPLES * NS_PER_S - 1000;
	struct source_sample sample = {
		.at_ns = at_ns,
		.offset_ns = offset_ns,
		.delay_ns = 2000000,
		.stratum = 1,
	};

	source_polled(self->source[index], at_ns);
	source_add(self->source[index], at_ns, &sample);
}

TEST_F(sources, who_refused_to_serve_us_is_not_selected)
{
	add_source(self, 0, 0, 2000000, NULL);
	add_source(self, 50000000, 0, 2000000, NULL);
	source_kissed(self->source[1], START_NS, 'D' << 24 | 'E' << 16 | 'N' << 8 | 'Y');
	judge(self, -1);
	EXPECT_EQ(0, self->selection.selected);
	EXPECT_EQ(1, self->selection.candidates);
	EXPECT_EQ(SOURCE_UNUSABLE, verdict(self, 1));
}

/* A guest that stood still sees all honest servers jump, three here; no liar knows of it. */
static void stand_still(struct _test_data_sources *self)
{
	size_t i;

	add_source(self, 3600LL * NS_PER_S, 0, 2000000, NULL);
	add_source(self, 3600LL * NS_PER_S, 0, 2000000, NULL);
	for (i = 2; i < 5; i++) {
		add_source(self, 0, 0, 2000000, NULL);
		jump(self, i, 86400LL * NS_PER_S);
	}
}

TEST_F(sources, who_jumps_still_has_a_vote)
{
	stand_still(self);
	judge(self, -1);
	EXPECT_EQ(-1, self->selection.selected);
	EXPECT_EQ(SOURCE_FALSETICKER, verdict(self, 0));
	EXPECT_EQ(SOURCE_UNUSABLE, verdict(self, 2));
}

/* Else the operator who takes all offline just then leaves the decision to the liars. */
TEST_F(sources, who_only_votes_does_so_where_all_are_withdrawn)
{
	size_t i;

	stand_still(self);
	for (i = 0; i < 5; i++)
		source_set_offline(self->source[i], true);
	judge(self, -1);
	EXPECT_EQ(-1, self->selection.selected);
	EXPECT_EQ(SOURCE_FALSETICKER, verdict(self, 0));
}

/* Their intervals, of a single sample each, grow as a crystal runs off. */
TEST_F(sources, bound_of_withdrawn_ones_is_where_those_who_only_vote_will_agree)
{
	int64_t at_ns = START_NS + 16LL * SAMPLES * NS_PER_S, low_ns, high_ns;
	size_t i;

	add_source(self, 0, 0, 2000000, NULL);
	for (i = 1; i < 3; i++) {
		add_source(self, 3600LL * NS_PER_S, 0, 2000000, NULL);
		jump(self, i, 800000);
	}
	for (i = 0; i < 3; i++)
		source_set_offline(self->source[i], true);
	judge(self, -1);
	ASSERT_EQ(0, self->selection.selected);
	ASSERT_TRUE(foresee(self, at_ns, &low_ns, &high_ns));
	EXPECT_EQ(self->selection.low_ns, low_ns);
	EXPECT_EQ(self->selection.high_ns, high_ns);
	ASSERT_TRUE(foresee(self, at_ns + 100 * NS_PER_S, &low_ns, &high_ns));
	EXPECT_GE(high_ns, self->selection.high_ns + 9900000);
}

/* While one that can answer is left, those that cannot have no vote on it either. */
TEST_F(sources, who_is_withdrawn_has_no_vote_on_what_is_foreseen)
{
	int64_t at_ns = START_NS + 16LL * SAMPLES * NS_PER_S, low_ns, high_ns;

	add_source(self, 0, 0, 2000000, NULL);
	add_source(self, 0, 0, 2000000, NULL);
	add_source(self, 3600LL * NS_PER_S, 0, 2000000, NULL);
	jump(self, 2, 800000);
	source_set_offline(self->source[0], true);
	source_set_offline(self->source[2], true);
	judge(self, -1);
	ASSERT_EQ(1, self->selection.selected);
	ASSERT_TRUE(foresee(self, at_ns, &low_ns, &high_ns));
	EXPECT_EQ(self->selection.low_ns, low_ns);
	EXPECT_EQ(self->selection.high_ns, high_ns);
}

/* They are no candidates, and as many as those that are must not leave these without a majority. */
TEST_F(sources, who_smears_has_no_vote_on_what_is_foreseen)
{
	int64_t at_ns = START_NS + 16LL * SAMPLES * NS_PER_S, low_ns, high_ns;
	size_t i;

	for (i = 0; i < 2; i++)
		add_source(self, 0, 0, 2000000, NULL);
	for (i = 2; i < 4; i++) {
		add_source(self, 300000000, 0, 2000000, NULL);
		source_set_smearing(self->source[i], SOURCE_SMEARS);
	}
	judge(self, -1);
	ASSERT_EQ(2, self->selection.count);
	ASSERT_TRUE(foresee(self, at_ns, &low_ns, &high_ns));
	EXPECT_EQ(self->selection.low_ns, low_ns);
	EXPECT_EQ(self->selection.high_ns, high_ns);
}

TEST_F(sources, a_vote_alone_does_not_exclude_who_agrees_with_it)
{
	add_source(self, 0, 0, 2000000, NULL);
	add_source(self, 86400LL * NS_PER_S, 0, 2000000, NULL);
	jump(self, 1, 100000);
	judge(self, -1);
	EXPECT_EQ(0, self->selection.selected);
	EXPECT_EQ(1, self->selection.candidates);
	EXPECT_EQ(SOURCE_UNUSABLE, verdict(self, 1));
}

/* Who contradicts itself votes on where the truth is, and not on the rate. */
TEST_F(sources, who_only_votes_has_no_vote_on_rates)
{
	size_t i;

	add_source(self, 0, 0, 2000000, NULL);
	add_source(self, 0, 0, 2000000, NULL);
	add_runaway(self, 200e-6, 2000000, NULL);
	for (i = 3; i < 5; i++) {
		add_source(self, 86400LL * NS_PER_S, 200e-6, 2000000, NULL);
		jump(self, i, 0);
	}
	judge(self, -1);
	EXPECT_EQ(3, self->selection.candidates);
	EXPECT_EQ(1 << 2, self->selection.wrong);
	EXPECT_EQ(2, self->selection.count);
}

TEST_F(sources, who_was_wrong_lately_is_not_combined)
{
	struct source_options prefer = { .minpoll = 4, .prefer = true };

	add_source(self, 0, 0, 200000, &prefer);
	add_source(self, 0, 0, 200000, NULL);
	add_source(self, 0, 0, 200000, NULL);
	source_distrust(self->source[0], true);
	judge(self, 0);
	EXPECT_NE(0, self->selection.selected);
	EXPECT_EQ(2, self->selection.count);
	EXPECT_EQ(0, self->selection.wrong);
	/* But better those than none. */
	source_distrust(self->source[1], true);
	source_distrust(self->source[2], true);
	judge(self, 0);
	EXPECT_GE(self->selection.selected, 0);
	EXPECT_EQ(3, self->selection.count);
}

/* The operator takes two of four offline: of the others one lies, and nobody can say which. */
TEST_F(sources, who_is_withdrawn_has_no_vote)
{
	add_source(self, 0, 0, 2000000, NULL);
	add_source(self, 100000, 0, 2000000, NULL);
	add_source(self, 0, 0, 2000000, NULL);
	add_source(self, 50000000, 0, 2000000, NULL);
	judge(self, -1);
	EXPECT_EQ(3, self->selection.count);
	source_set_offline(self->source[0], true);
	source_set_offline(self->source[1], true);
	judge(self, -1);
	EXPECT_EQ(-1, self->selection.selected);
	EXPECT_EQ(SOURCE_UNUSABLE, verdict(self, 0));
	EXPECT_EQ(2, self->selection.candidates);
}

/* Those that merely cannot be reached have one: who keeps them from us gains nothing. */
TEST_F(sources, who_is_offline_for_want_of_a_route_votes_as_who_is_silent)
{
	add_source(self, 0, 0, 2000000, NULL);
	add_source(self, 100000, 0, 2000000, NULL);
	add_source(self, 50000000, 0, 2000000, NULL);
	source_set_offline(self->source[0], false);
	source_set_offline(self->source[1], false);
	judge(self, -1);
	EXPECT_EQ(SOURCE_FALSETICKER, verdict(self, 2));
	EXPECT_NE(-1, self->selection.selected);
}

/* When all are offline the last estimate holds, as when all are lost. */
TEST_F(sources, where_all_are_withdrawn_they_are_what_is_known)
{
	add_source(self, 0, 0, 2000000, NULL);
	add_source(self, 100000, 0, 2000000, NULL);
	source_set_offline(self->source[0], true);
	source_set_offline(self->source[1], true);
	judge(self, -1);
	EXPECT_NE(-1, self->selection.selected);
	EXPECT_EQ(2, self->selection.candidates);
}

TEST_F(sources, who_is_worn_out_is_not_used_at_all)
{
	struct source_options with = { .minpoll = 4, .unreach_limit = 1 };
	int i;

	add_source(self, 0, 0, 2000000, &with);
	judge(self, -1);
	EXPECT_EQ(0, self->selection.selected);
	for (i = 0; i < 8; i++)
		source_polled(self->source[0], START_NS + 16LL * SAMPLES * NS_PER_S);
	judge(self, -1);
	EXPECT_EQ(-1, self->selection.selected);
	EXPECT_EQ(0, self->selection.candidates);
}

/* The operator raises a stratum to have others preferred: it is used where there is none. */
TEST_F(sources, a_raised_stratum_is_avoided)
{
	struct source_options with = { .minstratum = 10 };

	with.minpoll = 4;
	add_source(self, 0, 0, 200000, &with);
	add_source(self, 100000, 0, 2000000, NULL);
	judge(self, -1);
	EXPECT_EQ(1, self->selection.selected);
	EXPECT_EQ(1, self->selection.count);
	EXPECT_EQ(SOURCE_NOT_COMBINED, verdict(self, 0));
	source_set_offline(self->source[1], true);
	judge(self, 1);
	EXPECT_EQ(0, self->selection.selected);
}

/* Those of which more than half are at @true_ns, and so many liars at @liar_ns. */
static void add_liars(struct _test_data_sources *self, size_t liars, size_t first,
		      int64_t liar_ns, int64_t true_ns)
{
	size_t i, count = 2 * liars + 1;

	while (self->count)
		source_free(self->source[--self->count]);
	for (i = 0; i < count; i++) {
		if ((i + first) % count < liars)
			add_source(self, liar_ns, 0, 1000, NULL);
		else
			add_source(self, true_ns, 0, 100, NULL);
	}
}

/*
 * From eleven years away a double tells 64 ns, as much as a near server is off. Whether it is the
 * liars who are far from 0 or the others, before or after them, and wherever among them.
 */
TEST_F(sources, liars_far_away_make_nobody_less_exact)
{
	static const int64_t from_ns[] = { -363961716652772622, 0, 363961716652772622 };
	int64_t low_ns, high_ns;
	size_t i, liars, first;

	add_liars(self, 0, 0, 0, 17);
	judge(self, -1);
	low_ns = self->selection.low_ns;
	high_ns = self->selection.high_ns;
	for (i = 0; i < 9; i++) {
		int64_t true_ns = from_ns[i % 3], liar_ns = from_ns[i / 3];

		for (first = 0; true_ns != liar_ns && first < 6; first++) {
			liars = 1 + first % 2;
			add_liars(self, liars, first / 2, liar_ns, true_ns + 17);
			judge(self, -1);
			EXPECT_EQ(liars, self->selection.falsetickers);
			EXPECT_LE(llabs(self->selection.low_ns - true_ns - low_ns), 2);
			EXPECT_LE(llabs(self->selection.high_ns - true_ns - high_ns), 2);
		}
	}
}

/* Its round trips take 7 s, as by way of a distant probe, and the operator wants it. */
TEST_F(sources, as_far_away_as_the_operator_permits)
{
	const struct source_options far = {
		.minpoll = 4, .maxdistance_ns = 4 * NS_PER_S,
	};
	const struct source_options near = {
		.minpoll = 4, .maxdistance_ns = 50 * 1000 * 1000,
	};

	add_source(self, 0, 0, 7 * NS_PER_S, NULL);
	judge(self, -1);
	EXPECT_EQ(-1, self->selection.selected);
	add_source(self, 0, 0, 7 * NS_PER_S, &far);
	judge(self, -1);
	EXPECT_EQ(1, self->selection.selected);
	EXPECT_EQ(SOURCE_UNUSABLE, verdict(self, 0));
	add_source(self, 0, 0, NS_PER_S / 5, &near);
	judge(self, 1);
	EXPECT_EQ(SOURCE_UNUSABLE, verdict(self, 2));
}

/* Of stratum 4, and better than another one of stratum 1 by some 0.1 ms of expected error. */
static void add_deep_and_shallow(struct _test_data_sources *self)
{
	struct source_options with = { .minstratum = 4 };

	with.minpoll = 4;
	add_source(self, 0, 0, 200000, &with);
	add_source(self, 100000, 0, 2000000, NULL);
}

TEST_F(sources, strata_count_as_much_as_the_operator_says)
{
	static const struct {
		int64_t weight_ns;
		int selected;
	} cases[] = { { 0, 0 }, { 1000, 0 }, { 1000000, 1 }, { INT64_MAX, 1 } };

	add_deep_and_shallow(self);
	self->weighs = true;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		self->weight_ns = cases[i].weight_ns;
		judge(self, -1);
		EXPECT_EQ(cases[i].selected, self->selection.selected)
			TH_LOG("%lld ns", (long long)cases[i].weight_ns);
		/* The selected one's offset is combined with whatever is as good, as in chrony. */
		EXPECT_EQ(1 + cases[i].selected, self->selection.count);
	}
}

/* A source of a low stratum that is wrong does not make all others worse. */
TEST_F(sources, strata_of_falsetickers_do_not_count)
{
	struct source_options with = { .minpoll = 4, .minstratum = 4 };

	add_source(self, 0, 0, 200000, &with);
	with.minstratum = 3;
	add_source(self, 0, 0, 2000000, &with);
	add_source(self, NS_PER_S, 0, 200000, NULL);
	self->weighs = true;
	/* One stratum more costs less than what it is better; three would not. */
	self->weight_ns = 40000;
	judge(self, -1);
	EXPECT_EQ(SOURCE_FALSETICKER, verdict(self, 2));
	EXPECT_EQ(0, self->selection.selected);
}

/* The incumbent is not left for one that is hardly better, handicaps included. */
TEST_F(sources, a_weight_unseats_the_incumbent)
{
	add_deep_and_shallow(self);
	self->weighs = true;
	judge(self, 0);
	EXPECT_EQ(0, self->selection.selected);
	self->weight_ns = 1000000;
	judge(self, 0);
	EXPECT_EQ(1, self->selection.selected);
}

/* A reference clock which most of others have excluded, again and again. */
static void add_refuted(struct _test_data_sources *self, int64_t offset_ns)
{
	const struct source_options with = { .minpoll = 4, .kind = SOURCE_REFCLOCK };

	add_source(self, offset_ns, 0, 0, &with);
	while (source_judge_refclock(self->source[self->count - 1], offset_ns, offset_ns) !=
	       REFUTATION_BEGINS)
		;
}

/* Nor does it count beside one whose answer it leaves open. */
TEST_F(sources, refuted_clock_has_no_vote)
{
	add_refuted(self, 5000000);
	add_source(self, 0, 0, 1000000, NULL);
	judge(self, -1);
	EXPECT_EQ(1, self->selection.selected);
	EXPECT_EQ(SOURCE_FALSETICKER, verdict(self, 0));
	EXPECT_EQ(0u, self->selection.falsetickers);
	EXPECT_EQ(1u, self->selection.candidates);
	add_source(self, 0, 0, 20000000, NULL);
	judge(self, -1);
	EXPECT_EQ(2u, self->selection.candidates);
	EXPECT_LT(self->selection.low_ns, -400000);
	EXPECT_GT(self->selection.high_ns, 400000);
}

/* Their silence says nothing for it: what they have said last holds, as beside nobody. */
TEST_F(sources, refuted_clock_is_not_followed_when_the_others_are_lost)
{
	int64_t at_ns = START_NS + 16LL * SAMPLES * NS_PER_S, low_ns, high_ns;

	add_refuted(self, 5000000);
	add_source(self, 0, 0, 1000000, NULL);
	add_source(self, 0, 0, 2000000, NULL);
	for (int i = 0; i < 8; i++) {
		at_ns += 16 * NS_PER_S;
		for (size_t j = 1; j < self->count; j++) {
			source_polled(self->source[j], at_ns);
			source_failed(self->source[j], at_ns, -ETIMEDOUT);
			source_others_answered(self->source[j], at_ns + 2 * NS_PER_S);
		}
	}
	judge(self, -1);
	EXPECT_EQ(1, self->selection.selected);
	EXPECT_LT(self->selection.low_ns, -400000);
	EXPECT_GT(self->selection.high_ns, 400000);
	EXPECT_EQ(SOURCE_FALSETICKER, verdict(self, 0));
	ASSERT_TRUE(foresee(self, at_ns + 3600LL * NS_PER_S, &low_ns, &high_ns));
	EXPECT_LT(low_ns, self->selection.low_ns);
	EXPECT_GT(high_ns, self->selection.high_ns);
}

/* Not even when it is the only source that is left: nothing is known of the time then. */
TEST_F(sources, refuted_clock_alone_is_not_followed)
{
	add_refuted(self, 5000000);
	judge(self, -1);
	EXPECT_EQ(-1, self->selection.selected);
}

TEST_HARNESS_MAIN
