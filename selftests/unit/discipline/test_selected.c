// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the selected sources say of themselves, and of which of them.
 */
#include "user/discipline/selected.h"

#include <math.h>

#include "selftests/unit/unit.h"

#define S	1000000000LL

struct source {
	struct source_options options;
	struct source_status status;
};

const struct source_options *source_get_options(const struct source *source)
{
	return &source->options;
}

void source_get_record(const struct source *source, struct source_status *status)
{
	*status = source->status;
	status->options = &source->options;
}

/* Four sources, of which the second and the last are selected, and the last is followed. */
FIXTURE(selected) {
	struct source source[4];
	struct source *sources[4];
	struct discipline_result result;
	struct pace pace;
};

FIXTURE_SETUP(selected)
{
	memset(self, 0, sizeof(*self));
	for (size_t i = 0; i < 4; i++)
		self->sources[i] = &self->source[i];
	self->result.selection.count = 2;
	self->result.selection.index[0] = 1;
	self->result.selection.index[1] = 3;
	self->result.selection.selected = 3;
}

FIXTURE_TEARDOWN(selected)
{
}

static double late_ns(FIXTURE_DATA(selected) *self)
{
	return selected_late_ns(self->sources, &self->result.selection);
}

TEST_F(selected, nobody_is_late)
{
	EXPECT_EQ(0.0, late_ns(self));
}

/* The answers that were longer on one way only tell a time that is off by half of that. */
TEST_F(selected, half_of_the_latest_counts)
{
	self->source[1].status.late_ns = 4000;
	self->source[3].status.late_ns = 600;
	EXPECT_EQ(2000.0, late_ns(self));
	self->source[3].status.late_ns = 9000;
	EXPECT_EQ(4500.0, late_ns(self));
}

TEST_F(selected, who_is_not_selected_may_be_late)
{
	self->source[0].status.late_ns = 10000;
	self->source[2].status.late_ns = 20000;
	EXPECT_EQ(0.0, late_ns(self));
}

TEST_F(selected, it_is_a_stratum_below_its_source)
{
	self->source[3].status.stratum = 3;
	selected_describe(self->sources, &self->result);
	EXPECT_EQ(4, self->result.stratum);
	self->source[3].status.stratum = 14;
	selected_describe(self->sources, &self->result);
	EXPECT_EQ(15, self->result.stratum);
}

/* RFC 5905: 16 is who is not synchronised, and there is nothing below. */
TEST_F(selected, there_is_no_stratum_below_16)
{
	self->source[3].status.stratum = 15;
	selected_describe(self->sources, &self->result);
	EXPECT_EQ(16, self->result.stratum);
	self->source[3].status.stratum = 16;
	selected_describe(self->sources, &self->result);
	EXPECT_EQ(16, self->result.stratum);
}

TEST_F(selected, a_copy_has_the_stratum_of_its_source)
{
	self->source[3].options.copy = true;
	self->source[3].status.stratum = 3;
	selected_describe(self->sources, &self->result);
	EXPECT_EQ(3, self->result.stratum);
}

/* From here to the server and from there to the primary clock, there and back. */
TEST_F(selected, the_way_to_the_primary_clock)
{
	self->source[3].status.last.root_delay_ns = 5000;
	self->source[3].status.minimum_delay_ns = 300;
	selected_describe(self->sources, &self->result);
	EXPECT_EQ(5300, self->result.root_delay_ns);
}

static void pace_at(FIXTURE_DATA(selected) *self, int64_t at_ns)
{
	selected_pace(self->sources, &self->result.selection, at_ns, &self->pace);
}

TEST_F(selected, the_shortest_interval_is_the_pace)
{
	self->source[0].status.poll = -6;
	self->source[1].status.poll = 4;
	self->source[2].status.poll = -6;
	self->source[3].status.poll = 7;
	pace_at(self, 0);
	EXPECT_EQ(16.0, self->pace.interval_s);
	self->source[3].status.poll = -2;
	pace_at(self, 0);
	EXPECT_EQ(0.25, self->pace.interval_s);
}

TEST_F(selected, the_latest_sample_is_the_age)
{
	self->source[0].status.last.at_ns = 1000 * S;
	self->source[1].status.last.at_ns = 900 * S;
	self->source[2].status.last.at_ns = 1000 * S;
	self->source[3].status.last.at_ns = 960 * S;
	pace_at(self, 1000 * S);
	EXPECT_EQ(40.0 * S, self->pace.age_ns);
	self->source[1].status.last.at_ns = 999 * S;
	pace_at(self, 1000 * S);
	EXPECT_EQ(1.0 * S, self->pace.age_ns);
}

/* It is dated to the middle between request and answer, and the clock may have been set back. */
TEST_F(selected, a_sample_of_the_future_is_new)
{
	self->source[1].status.last.at_ns = 1000 * S + 5;
	self->source[3].status.last.at_ns = 900 * S;
	pace_at(self, 1000 * S);
	EXPECT_EQ(0.0, self->pace.age_ns);
}

TEST_F(selected, nobody_is_selected)
{
	self->result.selection.count = 0;
	pace_at(self, 1000 * S);
	EXPECT_TRUE(isinf(self->pace.interval_s));
	EXPECT_TRUE(isinf(self->pace.age_ns));
}

TEST_F(selected, it_is_a_refclock_that_is_followed)
{
	self->source[1].options.kind = SOURCE_REFCLOCK;
	pace_at(self, 0);
	EXPECT_FALSE(self->pace.refclock);
	self->source[3].options.kind = SOURCE_REFCLOCK;
	pace_at(self, 0);
	EXPECT_TRUE(self->pace.refclock);
}

TEST_HARNESS_MAIN
