// SPDX-License-Identifier: GPL-2.0-only
/*
 * Since when most sources have said what the selection says.
 */
#include "user/discipline/agreement.h"

#include <string.h>

#include "selftests/unit/unit.h"
#include "user/discipline/source_select.h"

#define S		1000000000LL
#define US		1000LL
#define START_NS	(1800000000LL * S)
#define SOURCES		3

FIXTURE(agreement) {
	struct source *source[SOURCES];
	int64_t now_ns;
	int64_t offset_ns;
};

static void ask(FIXTURE_DATA(agreement) *self, int i)
{
	struct source_sample sample = {
		.at_ns = self->now_ns,
		.offset_ns = self->offset_ns,
		.delay_ns = 200 * US,
		.stratum = 2,
		.refid = 0x0a000001U + (uint32_t)i,
	};

	source_polled(self->source[i], self->now_ns);
	source_add(self->source[i], self->now_ns, &sample);
}

FIXTURE_SETUP(agreement)
{
	struct source_options options = { .minpoll = 4, .maxpoll = 4 };

	memset(self, 0, sizeof(*self));
	self->now_ns = START_NS;
	for (int i = 0; i < SOURCES; i++)
		self->source[i] = source_new(&options, START_NS);
	for (int t = 0; t < 8; t++) {
		self->now_ns += 16 * S;
		for (int i = 0; i < SOURCES; i++)
			ask(self, i);
	}
}

FIXTURE_TEARDOWN(agreement)
{
	for (int i = 0; i < SOURCES; i++)
		source_free(self->source[i]);
}

static int64_t since(FIXTURE_DATA(agreement) *self)
{
	const struct selection_terms terms = { .previous = -1, .minsources = 1 };
	struct selection selection;

	source_select(self->source, SOURCES, self->now_ns, &terms, &selection);
	return agreement_since(self->source, SOURCES, self->now_ns);
}

static void replace(FIXTURE_DATA(agreement) *self, int i, const struct source_options *options)
{
	source_free(self->source[i]);
	self->source[i] = source_new(options, self->now_ns);
}

TEST_F(agreement, most_have_to_answer)
{
	int64_t before_ns = self->now_ns;

	EXPECT_EQ(before_ns, since(self));
	self->now_ns += 16 * S;
	ask(self, 0);
	EXPECT_EQ(before_ns, since(self));
	ask(self, 2);
	EXPECT_EQ(self->now_ns, since(self));
}

/* An answer shows what was true when it was asked for, and the next request is not answered yet. */
TEST_F(agreement, counts_from_the_request)
{
	int64_t before_ns = self->now_ns;

	self->now_ns += 16 * S;
	for (int i = 0; i < SOURCES; i++)
		source_polled(self->source[i], self->now_ns);
	EXPECT_EQ(before_ns - 200 * US, since(self));
}

/* The machine was reverted: what answers now contradicts what was measured, and does not decide. */
TEST_F(agreement, who_contradicts_himself_does_not_agree)
{
	self->now_ns += 16 * S;
	self->offset_ns = 3600 * S;
	for (int i = 0; i < SOURCES; i++)
		ask(self, i);
	EXPECT_EQ(INT64_MIN, since(self));
}

/* Whose time is not used, or is the timescale's own count of seconds, confirms nothing. */
TEST_F(agreement, who_has_no_say_does_not_agree)
{
	struct source_options options[] = {
		{ .minpoll = 4, .maxpoll = 4, .noselect = true },
		{ .minpoll = 4, .maxpoll = 4, .numbered = true },
	};
	int64_t before_ns = self->now_ns;

	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		for (int j = 1; j < SOURCES; j++)
			replace(self, j, &options[i]);
		for (int t = 0; t < 8; t++) {
			self->now_ns += 16 * S;
			ask(self, 1);
			ask(self, 2);
		}
		EXPECT_EQ(before_ns, since(self))
			TH_LOG("case %zu", i);
	}
}

/* Who has never answered is none of those of whom most have to agree. */
TEST_F(agreement, who_is_not_selected_from_is_not_counted)
{
	const struct source_options options = { .minpoll = 4, .maxpoll = 4 };
	int64_t before_ns = self->now_ns;

	/* Of the two that are left both are most. */
	replace(self, 0, &options);
	self->now_ns += 16 * S;
	ask(self, 2);
	EXPECT_EQ(before_ns, since(self));
	replace(self, 1, &options);
	EXPECT_EQ(self->now_ns, since(self));
}

/* More than can be selected from: the last one, which is trusted, is not looked at. */
TEST_F(agreement, has_a_limit_of_sources)
{
	const struct source_options options = { .minpoll = 4, .maxpoll = 4, .trust = true };
	struct source *sources[SOURCE_SELECT_MAX + 1];
	int64_t since_ns = since(self);

	replace(self, 2, &options);
	for (int t = 0; t < 8; t++) {
		self->now_ns += 16 * S;
		ask(self, 2);
	}
	EXPECT_EQ(self->now_ns, since(self));
	for (size_t i = 0; i < SOURCE_SELECT_MAX; i++)
		sources[i] = self->source[i % 2];
	sources[SOURCE_SELECT_MAX] = self->source[2];
	EXPECT_EQ(since_ns, agreement_since(sources, ARRAY_SIZE(sources), self->now_ns));
}

/* Nobody outvotes those whom the operator trusts, nor is needed for their agreement. */
TEST_F(agreement, trusted_ones_agree_without_the_others)
{
	struct source_options options = { .minpoll = 4, .maxpoll = 4, .trust = true };
	int64_t first_ns = self->now_ns;

	replace(self, 2, &options);
	self->offset_ns = 3600 * S;
	for (int t = 0; t < 8; t++) {
		self->now_ns += 16 * S;
		ask(self, 2);
	}
	EXPECT_EQ(self->now_ns, since(self));
	/* The others' agreement is not theirs. */
	self->now_ns = first_ns + 160 * S;
	self->offset_ns = 0;
	ask(self, 0);
	ask(self, 1);
	EXPECT_EQ(first_ns + 128 * S, since(self));
}

TEST_HARNESS_MAIN
