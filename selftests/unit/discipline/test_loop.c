// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sources that follow this machine: they do not confirm its time, do not outvote those that have
 * one of their own, and are heard again when this machine has lost its time.
 */
#include "user/discipline/loop.h"

#include <string.h>

#include "selftests/unit/unit.h"
#include "user/discipline/quorum.h"
#include "user/discipline/source_select.h"

#define S		1000000000LL
#define US		1000LL
#define START_NS	(1800000000LL * S)
#define SOURCES		3
#define OURS		0x0a000001
#define OTHERS		0x0a000063

FIXTURE(loop) {
	struct source *source[SOURCES];
	struct source_identity identity[SOURCES];
	struct selection selection;
	int64_t now_ns;
};

FIXTURE_SETUP(loop)
{
	struct source_options options = { .minpoll = 4, .maxpoll = 4 };

	memset(self, 0, sizeof(*self));
	self->now_ns = START_NS;
	for (int i = 0; i < SOURCES; i++) {
		self->source[i] = source_new(&options, START_NS);
		self->identity[i].refid = OURS + 1 + (uint32_t)i;
		self->identity[i].local_refid = OURS;
	}
}

FIXTURE_TEARDOWN(loop)
{
	for (int i = 0; i < SOURCES; i++)
		source_free(self->source[i]);
}

struct says {
	uint32_t refid;
	int stratum;
	int64_t offset_ns;
};

/* All are asked four times, and answer. */
static void ask(FIXTURE_DATA(loop) *self, const struct says says[SOURCES])
{
	for (int t = 0; t < 4; t++) {
		self->now_ns += 16 * S;
		for (int i = 0; i < SOURCES; i++) {
			struct source_sample sample = {
				.at_ns = self->now_ns,
				.offset_ns = says[i].offset_ns,
				.delay_ns = 200 * US,
				.stratum = (uint8_t)says[i].stratum,
				.refid = says[i].refid,
			};

			source_polled(self->source[i], self->now_ns);
			source_add(self->source[i], self->now_ns, &sample);
		}
	}
}

static int select_one(FIXTURE_DATA(loop) *self, bool recovering)
{
	const struct selection_terms terms = { .previous = -1, .minsources = 1 };

	loop_judge(self->source, self->identity, SOURCES, recovering);
	source_select(self->source, SOURCES, self->now_ns, &terms, &self->selection);
	return self->selection.selected;
}

static bool is_loop(FIXTURE_DATA(loop) *self, int i)
{
	struct source_status status;

	source_get_status(self->source[i], self->now_ns, &status);
	return status.loop;
}

TEST_F(loop, who_follows_us_is_not_followed)
{
	ask(self, (const struct says[]){ { OURS, 11, 0 }, { OURS, 11, 0 }, { OURS, 11, 0 } });
	EXPECT_EQ(-1, select_one(self, false));
	for (int i = 0; i < SOURCES; i++)
		EXPECT_TRUE(is_loop(self, i));

	/* It has found another source, or serves its own clock. */
	ask(self, (const struct says[]){ { OURS, 11, 0 }, { OURS, 2, 0 }, { OTHERS, 3, 0 } });
	EXPECT_EQ(2, select_one(self, false));
	EXPECT_TRUE(is_loop(self, 1));
}

/* Two followers with our wrong time, and one server that has the right one. */
TEST_F(loop, followers_do_not_outvote_who_has_the_time)
{
	const struct says all[] = { { OURS, 4, 0 }, { OURS, 4, 0 }, { OTHERS, 3, 100 * S } };

	ask(self, all);
	EXPECT_EQ(2, select_one(self, false));
	EXPECT_EQ(1, self->selection.candidates);
	EXPECT_EQ(0, self->selection.falsetickers);
}

/* This machine was reverted, and its clients have kept the time that it had. */
TEST_F(loop, who_followed_us_is_heard_when_our_time_is_lost)
{
	const struct says all[] = { { OURS, 4, 9 * S }, { OURS, 4, 9 * S }, { OTHERS, 3, 9 * S } };
	struct source_status status;

	ask(self, all);
	EXPECT_LE(0, select_one(self, true));
	EXPECT_EQ(3, self->selection.candidates);
	for (int i = 0; i < SOURCES; i++)
		EXPECT_FALSE(is_loop(self, i));

	/* They may contradict our clock at any time. */
	(void)select_one(self, false);
	source_get_status(self->source[0], self->now_ns, &status);
	EXPECT_TRUE(quorum_may_vote(self->source[0], &status));
}

/* "GPS" is no address, nor is an address known before a request has left. */
TEST_F(loop, a_primary_server_is_none)
{
	ask(self, (const struct says[]){ { OURS, 1, 0 }, { OURS, 1, 0 }, { OURS, 1, 0 } });
	EXPECT_LE(0, select_one(self, false));
	for (int i = 0; i < SOURCES; i++)
		self->identity[i].local_refid = 0;
	ask(self, (const struct says[]){ { 0, 2, 0 }, { 0, 2, 0 }, { OURS, 2, 0 } });
	EXPECT_LE(0, select_one(self, false));
	EXPECT_EQ(3, self->selection.candidates);
}

TEST_HARNESS_MAIN
