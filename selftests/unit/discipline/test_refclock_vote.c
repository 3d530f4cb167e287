// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vote on reference clocks: by whom, on whom and by how much.
 */
#include "user/discipline/refclock_vote.h"

#include <string.h>

#include "selftests/unit/unit.h"
#include "user/lib/time_units.h"

#define START_NS	(1800000000LL * NS_PER_S)
#define MS		1000000LL

/* It may be off by 1 ms by its own account. */
#define DELAY_NS	(2 * MS)

FIXTURE(refclock) {
	struct source *source;
	struct selection selection;
	struct refclock_vote vote;
	int64_t at_ns;
};

static struct source *make_source(const struct source_options *with)
{
	struct source_options options = *with;

	options.minpoll = 4;
	options.maxpoll = 4;
	return source_new(&options, START_NS);
}

FIXTURE_SETUP(refclock)
{
	memset(self, 0, sizeof(*self));
	self->at_ns = START_NS;
	self->source = make_source(&(struct source_options){ .kind = SOURCE_REFCLOCK });
	self->selection = (struct selection){
		.candidates = 3,
		.falsetickers = 1,
		.low_ns = -4 * MS,
		.high_ns = 4 * MS,
	};
}

FIXTURE_TEARDOWN(refclock)
{
	source_free(self->source);
}

/* 16 s later it shows that offset, and the sources of @self->selection have answered. */
static void show(struct _test_data_refclock *self, int64_t offset_ns)
{
	struct source_sample sample;

	self->at_ns += 16 * NS_PER_S;
	sample = (struct source_sample){
		.at_ns = self->at_ns,
		.offset_ns = offset_ns,
		.noise_ns = 100,
		.root_delay_ns = DELAY_NS,
	};
	source_polled(self->source, self->at_ns);
	source_add(self->source, self->at_ns, &sample);
	refclock_vote_count(&self->source, 1, self->at_ns, &self->selection, &self->vote);
}

static void show_many(struct _test_data_refclock *self, int64_t offset_ns, int times)
{
	while (times-- > 0)
		show(self, offset_ns);
}

/* The others move, not the clock: that takes a while to show that it is another. */
static void place_others(struct _test_data_refclock *self, int64_t at_ns, int64_t half_ns)
{
	self->selection.low_ns = at_ns - half_ns;
	self->selection.high_ns = at_ns + half_ns;
}

static bool is_refuted(struct _test_data_refclock *self)
{
	struct source_status status;

	source_get_record(self->source, &status);
	return status.refuted;
}

TEST_F(refclock, that_most_exclude_is_refuted)
{
	show_many(self, 8 * MS, 3);
	EXPECT_FALSE(is_refuted(self));
	show(self, 8 * MS);
	EXPECT_TRUE(is_refuted(self));
	EXPECT_EQ(1ULL, self->vote.refuted);
	show(self, 8 * MS);
	EXPECT_EQ(0ULL, self->vote.refuted);
}

TEST_F(refclock, behind_is_wrong_as_well)
{
	show_many(self, -8 * MS, 4);
	EXPECT_TRUE(is_refuted(self));
}

/* By what it may be off by its own account; the statistics add some us. */
TEST_F(refclock, whose_interval_reaches_where_most_agree_may_be_right)
{
	show_many(self, 4 * MS + DELAY_NS / 2, 20);
	EXPECT_FALSE(is_refuted(self));
	show_many(self, -4 * MS - DELAY_NS / 2, 20);
	EXPECT_FALSE(is_refuted(self));
}

TEST_F(refclock, whose_interval_ends_before_where_most_agree_is_wrong)
{
	show_many(self, 4 * MS + 3 * DELAY_NS / 4, 20);
	EXPECT_TRUE(is_refuted(self));
}

TEST_F(refclock, one_source_alone_refutes_nothing)
{
	self->selection.falsetickers = 2;
	show_many(self, NS_PER_S, 20);
	EXPECT_FALSE(is_refuted(self));
}

/* A server's round trips bound its error, and one that is only watched is not used anyway. */
TEST_F(refclock, others_are_not_judged)
{
	static const struct source_options others[] = {
		{ .kind = SOURCE_SERVER },
		{ .kind = SOURCE_REFCLOCK, .noselect = true },
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		source_free(self->source);
		self->source = make_source(&others[i]);
		for (int j = 0; j < 20; j++) {
			struct source_sample sample = {
				.at_ns = self->at_ns + j * 16 * NS_PER_S,
				.offset_ns = NS_PER_S,
				.delay_ns = MS,
				.stratum = 1,
			};

			source_polled(self->source, sample.at_ns);
			ASSERT_EQ(0, source_add(self->source, sample.at_ns, &sample));
			refclock_vote_count(&self->source, 1, sample.at_ns, &self->selection,
					    &self->vote);
		}
		EXPECT_FALSE(is_refuted(self));
	}
}

/* What it said last says nothing of it now. */
TEST_F(refclock, that_is_silent_is_not_judged)
{
	show_many(self, 8 * MS, 3);
	for (int i = 0; i < 20; i++) {
		self->at_ns += 16 * NS_PER_S;
		source_polled(self->source, self->at_ns);
		source_failed(self->source, self->at_ns, -110);
		if (i < 8)
			continue;
		refclock_vote_count(&self->source, 1, self->at_ns, &self->selection, &self->vote);
	}
	EXPECT_FALSE(is_refuted(self));
}

/* It was 4 ms off at least, and is by less now even if they are as wrong as they can be. */
TEST_F(refclock, that_was_set_right_is_cleared_soon)
{
	place_others(self, 8 * MS, 4 * MS);
	show_many(self, 0, 4);
	ASSERT_TRUE(is_refuted(self));
	place_others(self, MS, 3 * MS - 1000);
	show_many(self, 0, 3);
	EXPECT_TRUE(is_refuted(self));
	EXPECT_EQ(0ULL, self->vote.cleared);
	show(self, 0);
	EXPECT_FALSE(is_refuted(self));
	EXPECT_EQ(1ULL, self->vote.cleared);
}

/* They cannot tell any more whether it is as wrong as it was. */
TEST_F(refclock, that_only_agrees_is_cleared_late)
{
	show_many(self, 8 * MS, 4);
	ASSERT_TRUE(is_refuted(self));
	self->selection.low_ns = -9 * MS;
	self->selection.high_ns = 9 * MS;
	show_many(self, 8 * MS, 63);
	EXPECT_TRUE(is_refuted(self));
	show(self, 8 * MS);
	EXPECT_FALSE(is_refuted(self));
	EXPECT_EQ(1ULL, self->vote.cleared);
}

/* It was off by a second once, and was right since. */
TEST_F(refclock, is_held_against_what_it_was_shown_to_be_off_by_lately)
{
	place_others(self, NS_PER_S, 4 * MS);
	show_many(self, 0, 3);
	place_others(self, 0, 4 * MS);
	show(self, 0);
	place_others(self, 8 * MS, 4 * MS);
	show_many(self, 0, 4);
	ASSERT_TRUE(is_refuted(self));
	place_others(self, 0, 9 * MS);
	show_many(self, 0, 20);
	EXPECT_TRUE(is_refuted(self));
}

/* Exclusions on both sides of a disruption are none in a row. */
TEST_F(refclock, disruption_breaks_the_count)
{
	show_many(self, 8 * MS, 3);
	source_change_reference(self->source, 0, &REFERENCE_JUMPED);
	show(self, 8 * MS);
	EXPECT_FALSE(is_refuted(self));
	show_many(self, 8 * MS, 3);
	ASSERT_TRUE(is_refuted(self));
	/* But nothing of the kind makes a wrong clock right. */
	source_change_reference(self->source, 0, &REFERENCE_REPLACED);
	EXPECT_TRUE(is_refuted(self));
}

TEST_HARNESS_MAIN
