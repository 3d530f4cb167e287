// SPDX-License-Identifier: GPL-2.0-only
/*
 * Orphan mode: who is followed when nobody has the time, and that orphans have no say as long as
 * somebody has.
 */
#include "user/discipline/orphan.h"

#include <string.h>

#include "selftests/unit/unit.h"
#include "user/discipline/quorum.h"
#include "user/discipline/source_select.h"

#define S		1000000000LL
#define US		1000LL
#define START_NS	(1800000000LL * S)
#define SOURCES		4
#define STRATUM		8

FIXTURE(orphan) {
	struct source *source[SOURCES];
	struct source_identity identity[SOURCES];
	int64_t now_ns;
};

FIXTURE_SETUP(orphan)
{
	struct source_options options = { .minpoll = 4, .maxpoll = 4 };

	memset(self, 0, sizeof(*self));
	self->now_ns = START_NS;
	for (int i = 0; i < SOURCES; i++) {
		self->source[i] = source_new(&options, START_NS);
		self->identity[i] = (struct source_identity){ .refid = 0x0a000001 + (uint32_t)i,
							      .local_refid = 0x0a000003 };
	}
}

FIXTURE_TEARDOWN(orphan)
{
	for (int i = 0; i < SOURCES; i++)
		source_free(self->source[i]);
}

/* Source @i is asked, and answers; @stratum 0: it does not. */
static void ask(FIXTURE_DATA(orphan) *self, int i, int stratum, int64_t offset_ns)
{
	struct source_sample sample = {
		.at_ns = self->now_ns,
		.offset_ns = offset_ns,
		.delay_ns = 200 * US,
		.stratum = (uint8_t)stratum,
		.refid = 0x7f7f0101,
	};

	source_polled(self->source[i], self->now_ns);
	if (stratum)
		source_add(self->source[i], self->now_ns, &sample);
}

/* All are asked @times in a row, with the strata of their answers. */
static void ask_all(FIXTURE_DATA(orphan) *self, int times, const int strata[SOURCES])
{
	for (int t = 0; t < times; t++) {
		self->now_ns += 16 * S;
		for (int i = 0; i < SOURCES; i++) {
			ask(self, i, strata[i], 0);
			for (int j = 0; j < SOURCES && strata[i]; j++)
				if (j != i)
					source_others_answered(self->source[j], self->now_ns);
		}
	}
}

static int judge(FIXTURE_DATA(orphan) *self, int stratum)
{
	return orphan_judge(self->source, self->identity, SOURCES, self->now_ns, stratum);
}

static bool counts(FIXTURE_DATA(orphan) *self, int i)
{
	struct source_status status;

	source_get_status(self->source[i], self->now_ns, &status);
	return quorum_counts(self->source[i], &status);
}

TEST_F(orphan, no_mode_no_orphans)
{
	ask_all(self, 4, (const int[]){ 8, 9, 8, 15 });
	EXPECT_EQ(0, judge(self, STRATUM));
	EXPECT_EQ(-1, judge(self, 0));
	for (int i = 0; i < SOURCES; i++)
		EXPECT_TRUE(counts(self, i));
}

/* Of those that serve their own clocks the first one is followed, if it comes before us. */
TEST_F(orphan, smallest_reference_id_leads)
{
	ask_all(self, 4, (const int[]){ 9, 8, 8, 8 });
	EXPECT_EQ(1, judge(self, STRATUM));
	EXPECT_TRUE(counts(self, 1));
	EXPECT_FALSE(counts(self, 0));
	EXPECT_FALSE(counts(self, 2));
	EXPECT_FALSE(counts(self, 3));

	/* Then the others see that the first one is back. */
	ask_all(self, 1, (const int[]){ 8, 9, 9, 9 });
	EXPECT_EQ(0, judge(self, STRATUM));
}

TEST_F(orphan, machine_that_comes_first_follows_nobody)
{
	for (int i = 0; i < SOURCES; i++)
		self->identity[i].local_refid = 0x0a000000;
	ask_all(self, 4, (const int[]){ 8, 8, 8, 8 });
	EXPECT_EQ(-1, judge(self, STRATUM));
	for (int i = 0; i < SOURCES; i++)
		EXPECT_FALSE(counts(self, i));
	/* Nor does one that does not know its own address. */
	for (int i = 0; i < SOURCES; i++)
		self->identity[i].local_refid = 0;
	EXPECT_EQ(-1, judge(self, STRATUM));
}

/* A leader is silent for eight requests: the next one is followed, and the old one has no say. */
TEST_F(orphan, dead_leader_is_replaced)
{
	ask_all(self, 8, (const int[]){ 8, 9, 9, 9 });
	EXPECT_EQ(0, judge(self, STRATUM));
	ask_all(self, 4, (const int[]){ 0, 8, 9, 9 });
	EXPECT_EQ(0, judge(self, STRATUM));
	ask_all(self, 4, (const int[]){ 0, 8, 9, 9 });
	EXPECT_EQ(1, judge(self, STRATUM));
	EXPECT_FALSE(counts(self, 0));
}

/* Three orphans agree on a wrong time, and one server has the right one. */
TEST_F(orphan, one_that_has_the_time_is_right)
{
	const struct selection_terms terms = { .previous = -1, .minsources = 1 };
	struct selection selection;

	for (int t = 0; t < 8; t++) {
		self->now_ns += 16 * S;
		ask(self, 0, 3, 0);
		for (int i = 1; i < SOURCES; i++)
			ask(self, i, STRATUM + (i > 1), 100 * S);
	}
	EXPECT_EQ(-1, judge(self, STRATUM));
	source_select(self->source, SOURCES, self->now_ns, &terms, &selection);
	EXPECT_EQ(0, selection.selected);
	EXPECT_EQ(1, selection.candidates);
	EXPECT_EQ(0, selection.falsetickers);
	/* Without the mode they would be the majority. */
	EXPECT_EQ(-1, judge(self, 0));
	source_select(self->source, SOURCES, self->now_ns, &terms, &selection);
	EXPECT_NE(0, selection.selected);
}

/* The first answer of all is an orphan's: the others may be about to answer. */
TEST_F(orphan, others_are_awaited)
{
	ask(self, 0, STRATUM, 0);
	source_polled(self->source[3], self->now_ns);
	EXPECT_EQ(-1, judge(self, STRATUM));
	ask_all(self, 4, (const int[]){ 8, 0, 0, 0 });
	EXPECT_EQ(0, judge(self, STRATUM));
}

/* It has answered, but its time is of no use. */
TEST_F(orphan, server_that_is_too_far_is_not_awaited)
{
	struct source_sample far = { .delay_ns = 200 * US, .root_dispersion_ns = 4 * S,
				     .stratum = 3 };

	for (int t = 0; t < 4; t++) {
		self->now_ns += 16 * S;
		far.at_ns = self->now_ns;
		ask(self, 0, STRATUM, 0);
		source_polled(self->source[3], self->now_ns);
		source_add(self->source[3], self->now_ns, &far);
		for (int i = 1; i < 3; i++)
			ask(self, i, STRATUM + 1, 0);
	}
	EXPECT_EQ(0, judge(self, STRATUM));
}

/* A lost server's latest time is better than an orphan's only until it is lost. */
TEST_F(orphan, all_are_lost)
{
	const struct selection_terms terms = { .previous = -1, .minsources = 1 };
	struct selection selection;

	ask_all(self, 8, (const int[]){ 8, 8, 8, 8 });
	EXPECT_EQ(0, judge(self, STRATUM));
	ask_all(self, 9, (const int[]){ 0, 0, 0, 0 });
	EXPECT_EQ(-1, judge(self, STRATUM));
	source_select(self->source, SOURCES, self->now_ns, &terms, &selection);
	EXPECT_EQ(-1, selection.selected);
}

TEST_F(orphan, neither_watched_nor_offline_ones_lead)
{
	struct source_options options = { .minpoll = 4, .maxpoll = 4, .noselect = true };

	source_free(self->source[0]);
	self->source[0] = source_new(&options, START_NS);
	ask_all(self, 4, (const int[]){ 8, 8, 8, 8 });
	EXPECT_EQ(1, judge(self, STRATUM));
	source_set_offline(self->source[1], true);
	EXPECT_EQ(-1, judge(self, STRATUM));
}

TEST_HARNESS_MAIN
