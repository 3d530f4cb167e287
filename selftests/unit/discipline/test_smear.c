// SPDX-License-Identifier: GPL-2.0-only
/*
 * A leap second that some sources smear from noon to noon, as some public servers do, and others
 * do not: the clock stays with those that announce it.
 */
#include "user/discipline/smear.h"

#include <math.h>
#include <string.h>

#include "selftests/unit/unit.h"
#include "user/discipline/quorum.h"
#include "user/discipline/source_select.h"

#define S		1000000000LL
#define MS		1000000LL
#define HOUR		(3600 * S)
#define POLL_NS		(64 * S)
#define SOURCES		5

/* 2028-12-31 24:00 UTC, and that much raw time after boot. */
#define MIDNIGHT	(1861920000LL * S)
#define RAW_MIDNIGHT	(1000 * HOUR)

enum manner {
	LEAPS,			/* and announces it */
	LEAPS_SILENTLY,
	SMEARS,
	LIES,			/* announces it, and runs away as if the others smeared */
	WATCHED,		/* leaps and announces it, but is not selected */
	PULSES,			/* of a receiver; they announce nothing, and are far better */
};

FIXTURE(smear) {
	struct source *source[SOURCES];
	enum manner manner[SOURCES];
	int64_t more_ns[SOURCES];	/* and what it shows besides */
	size_t count;
	struct smear smear;
	struct timescale_now now;
	bool leapt;
	bool known;		/* by a list */
	struct selection selection;
	uint64_t found;
	int unselected;		/* polls at which nobody was */
	int misled;		/* polls at which somebody was who smears */
	int combined;		/* polls at which one who smears was combined with others */
};

FIXTURE_SETUP(smear)
{
	memset(self, 0, sizeof(*self));
	self->known = true;
	self->now.epoch = 1;
	self->now.maxerror_ns = MS;
}

FIXTURE_TEARDOWN(smear)
{
	for (size_t i = 0; i < self->count; i++)
		source_free(self->source[i]);
}

static void add(FIXTURE_DATA(smear) *self, enum manner manner)
{
	const struct source_options options = {
		.kind = manner == PULSES ? SOURCE_REFCLOCK : SOURCE_SERVER,
		.minpoll = 6,
		.maxpoll = 6,
		.unsmeared = manner == PULSES,
		.noselect = manner == WATCHED,
	};

	self->manner[self->count] = manner;
	self->source[self->count++] = source_new(&options, self->now.raw_ns);
}

/* What a server shows at @since_ns after the leap, minus honest UTC then. */
static int64_t error_of(enum manner manner, int64_t since_ns)
{
	double smeared = ((double)since_ns / (double)HOUR + 12) / 24;

	if (smeared < 0 || smeared > 1)
		return 0;
	if (manner == LIES)
		return (int64_t)(smeared * 1e9);
	if (manner != SMEARS)
		return 0;
	/* A second later it has leapt, too; the others do so at midnight. */
	return (int64_t)((since_ns < 0 ? -smeared : 1 - smeared) * 1e9);
}

/* All are asked, at @since_ns after midnight. */
static void ask(FIXTURE_DATA(smear) *self, int64_t since_ns)
{
	const struct reference_change leap = { .leap_ns = -S };

	if (since_ns >= 0 && !self->leapt) {
		self->leapt = true;
		for (size_t i = 0; i < self->count; i++)
			source_change_reference(self->source[i], 1, &leap);
	}
	self->now.raw_ns = RAW_MIDNIGHT + since_ns;
	self->now.reference_ns = self->now.raw_ns;
	self->now.time_ns = MIDNIGHT + since_ns - (self->leapt ? S : 0);
	for (size_t i = 0; i < self->count; i++) {
		struct source_sample sample = {
			.at_ns = self->now.reference_ns,
			.offset_ns = self->now.time_ns - self->now.reference_ns +
				     error_of(self->manner[i], since_ns) + self->more_ns[i],
			.delay_ns = 20 * MS,
			.root_dispersion_ns = MS,
			.stratum = 1,
			.epoch = 1,
			.leap = !self->leapt && (self->manner[i] == LEAPS ||
						 self->manner[i] == LIES ||
						 self->manner[i] == WATCHED),
		};

		if (self->manner[i] == PULSES) {
			sample.delay_ns = 0;
			sample.root_dispersion_ns = 1000;
			sample.noise_ns = 1000;
			sample.stratum = 0;
		}

		source_polled(self->source[i], self->now.raw_ns);
		source_add(self->source[i], self->now.raw_ns, &sample);
	}
}

static void judge(FIXTURE_DATA(smear) *self)
{
	const struct selection_terms terms = { .previous = self->selection.selected,
					       .minsources = 1 };
	struct source_status status;

	if (self->known)
		self->found = smear_judge(&self->smear, self->source, self->count, &self->now,
					  self->leapt ? 0 : 1, RAW_MIDNIGHT);
	source_select(self->source, self->count, self->now.reference_ns, &terms,
		      &self->selection);
	self->unselected += self->selection.selected < 0;
	for (size_t i = 0; i < self->count && self->selection.selected >= 0; i++) {
		source_get_status(self->source[i], self->now.reference_ns, &status);
		if (self->manner[i] != SMEARS)
			continue;
		self->misled += status.verdict == SOURCE_SELECTED;
		self->combined += status.verdict == SOURCE_COMBINED;
	}
}

/* From 14 hours before the leap, two before the smear begins, to 14 hours after it. */
static void run(FIXTURE_DATA(smear) *self)
{
	for (int64_t since_ns = -14 * HOUR + 7 * S; since_ns < 14 * HOUR; since_ns += POLL_NS) {
		ask(self, since_ns);
		judge(self);
	}
}

/* Without knowledge of the leap second half of the sources are no majority: nobody is followed. */
TEST_F(smear, two_of_four_without_a_list)
{
	self->known = false;
	add(self, LEAPS);
	add(self, LEAPS);
	add(self, SMEARS);
	add(self, SMEARS);
	run(self);
	EXPECT_GT(self->unselected, 1000);
}

TEST_F(smear, two_of_four)
{
	add(self, SMEARS);
	add(self, LEAPS);
	add(self, SMEARS);
	add(self, LEAPS);
	for (int64_t since_ns = -14 * HOUR + 7 * S; since_ns < 14 * HOUR; since_ns += POLL_NS) {
		ask(self, since_ns);
		judge(self);
		/* While the two halves are apart by more than their distances. */
		if (since_ns > -11 * HOUR && since_ns < 11 * HOUR)
			ASSERT_EQ(0x5, self->found) TH_LOG("%lld s", (long long)(since_ns / S));
	}
	EXPECT_EQ(0, self->unselected);
	EXPECT_EQ(0, self->misled);
	EXPECT_EQ(0, self->combined);
}

TEST_F(smear, one_of_three)
{
	add(self, SMEARS);
	add(self, LEAPS);
	add(self, LEAPS_SILENTLY);
	run(self);
	EXPECT_EQ(0, self->unselected);
	EXPECT_EQ(0, self->misled);
	EXPECT_EQ(0, self->combined);
}

/* A majority that smears is a majority. */
TEST_F(smear, two_of_three)
{
	add(self, SMEARS);
	add(self, LEAPS);
	add(self, SMEARS);
	for (int64_t since_ns = -14 * HOUR; since_ns < 14 * HOUR; since_ns += POLL_NS) {
		ask(self, since_ns);
		judge(self);
		ASSERT_EQ(0, self->found);
	}
}

/* Who has announced it once knows of it. */
TEST_F(smear, announcement_that_is_withdrawn)
{
	add(self, SMEARS);
	add(self, LEAPS);
	ask(self, -7 * HOUR);
	judge(self);
	self->manner[1] = LEAPS_SILENTLY;
	ask(self, -6 * HOUR);
	judge(self);
	EXPECT_EQ(1, self->found);
}

/* Who has no say does not say it of others. */
TEST_F(smear, announcement_of_one_that_is_only_watched)
{
	add(self, SMEARS);
	add(self, WATCHED);
	ask(self, -7 * HOUR);
	ask(self, -6 * HOUR);
	judge(self);
	EXPECT_EQ(0, self->found);
}

/* 250 ms off, and the clock may be wrong by as much. */
TEST_F(smear, clock_that_may_be_wrong_by_that)
{
	add(self, SMEARS);
	add(self, LEAPS);
	ask(self, -7 * HOUR);
	ask(self, -6 * HOUR);
	self->now.maxerror_ns = 250 * MS;
	judge(self);
	EXPECT_EQ(0, self->found);
	self->now.maxerror_ns = 230 * MS;
	judge(self);
	EXPECT_EQ(1, self->found);
}

/* 18 ms off it is further from the clock than the two can err, but not from another source. */
TEST_F(smear, source_that_agrees_with_one_that_announces_it)
{
	add(self, LEAPS_SILENTLY);
	add(self, LEAPS);
	self->more_ns[0] = -18 * MS;
	ask(self, -7 * HOUR);
	ask(self, -6 * HOUR);
	judge(self);
	EXPECT_EQ(0, self->found);
	self->more_ns[0] = -25 * MS;
	ask(self, -5 * HOUR);
	judge(self);
	EXPECT_EQ(1, self->found);
}

/* A receiver's pulses cannot announce it, and cannot smear it. */
TEST_F(smear, pulses_are_not_suspected)
{
	struct source_status status;

	add(self, PULSES);
	add(self, LEAPS);
	add(self, LEAPS);
	for (int64_t since_ns = -14 * HOUR + 7 * S; since_ns < 14 * HOUR; since_ns += POLL_NS) {
		ask(self, since_ns);
		judge(self);
		source_get_status(self->source[0], self->now.reference_ns, &status);
		ASSERT_EQ(SOURCE_SELECTED, status.verdict) TH_LOG("%lld s",
								  (long long)(since_ns / S));
	}
	EXPECT_EQ(0, self->found);
}

/* Many servers do not announce what they do. */
TEST_F(smear, silent_ones_that_are_right_do_not_smear)
{
	add(self, LEAPS_SILENTLY);
	add(self, LEAPS);
	add(self, LEAPS_SILENTLY);
	for (int64_t since_ns = -14 * HOUR; since_ns < 14 * HOUR; since_ns += POLL_NS) {
		ask(self, since_ns);
		judge(self);
		ASSERT_EQ(0, self->found);
	}
	EXPECT_EQ(0, self->unselected);
}

/* Who announces the leap second and runs away from the clock has no say about others. */
TEST_F(smear, liars_that_announce_it)
{
	add(self, LIES);
	add(self, LIES);
	add(self, LEAPS_SILENTLY);
	add(self, LEAPS_SILENTLY);
	for (int64_t since_ns = -14 * HOUR; since_ns < 14 * HOUR; since_ns += POLL_NS) {
		ask(self, since_ns);
		judge(self);
		ASSERT_EQ(0, self->found);
	}
}

static enum source_smear smear_of(FIXTURE_DATA(smear) *self, size_t index)
{
	struct source_status status;

	source_get_status(self->source[index], self->now.reference_ns, &status);

	return status.smear;
}

/* A clock without a bound is no witness, nor is a leap second of long ago. */
TEST_F(smear, only_where_something_is_known)
{
	add(self, SMEARS);
	add(self, LEAPS);
	add(self, LEAPS_SILENTLY);
	self->now.maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
	ask(self, -6 * HOUR);
	ask(self, -5 * HOUR);
	judge(self);
	EXPECT_EQ(0, self->found);
	EXPECT_EQ(SOURCE_LEAPS, smear_of(self, 2));
	self->now.maxerror_ns = MS;
	judge(self);
	EXPECT_EQ(1, self->found);
	EXPECT_EQ(SOURCE_MAY_SMEAR, smear_of(self, 2));
	/* Whoever is ahead now would still be on the way back. */
	self->more_ns[0] = 500 * MS;
	ask(self, 24 * HOUR + S - 1);
	judge(self);
	EXPECT_EQ(1, self->found);
	ask(self, 24 * HOUR + S);
	judge(self);
	EXPECT_EQ(0, self->found);
}

/* Each of these is 5 hours before the leap that much off the others, of which one announces it. */
static const struct {
	int64_t more_ns;
	uint64_t found;
} off[] = {
	/* A server that is slowed down is behind, by 1.1 s at most. */
	{ -300 * MS, 2 }, { -1050 * MS, 2 }, { -1150 * MS, 0 }, { 300 * MS, 0 }, { -5000 * S, 0 },
};

TEST_F(smear, only_who_is_where_a_smear_leads)
{
	add(self, LEAPS);
	add(self, LEAPS_SILENTLY);
	for (size_t i = 0; i < ARRAY_SIZE(off); i++) {
		self->more_ns[1] = off[i].more_ns;
		ask(self, -5 * HOUR + (int64_t)i * POLL_NS);
		judge(self);
		EXPECT_EQ(off[i].found, self->found) TH_LOG("%lld", (long long)off[i].more_ns);
		EXPECT_EQ(off[i].found != 0, smear_of(self, 1) == SOURCE_SMEARS);
	}
}

/* Nor who has no say, or has announced the leap second. */
TEST_F(smear, only_of_those_that_have_a_say_and_are_silent)
{
	add(self, LEAPS);
	add(self, WATCHED);
	add(self, LEAPS);
	self->manner[1] = LEAPS_SILENTLY;
	self->more_ns[1] = -300 * MS;
	ask(self, -6 * HOUR);
	judge(self);
	EXPECT_EQ(0, self->found);
	self->more_ns[2] = -300 * MS;
	ask(self, -5 * HOUR);
	judge(self);
	EXPECT_EQ(0, self->found);
}

/* 25 and 10 ms behind the clock: what counts is how far apart the two are. */
TEST_F(smear, distance_from_one_that_is_off_itself)
{
	add(self, LEAPS);
	add(self, LEAPS_SILENTLY);
	self->more_ns[0] = -10 * MS;
	self->more_ns[1] = -25 * MS;
	ask(self, -6 * HOUR);
	judge(self);
	EXPECT_EQ(0, self->found);
}

/* The next leap second is another one, which has to be announced anew. */
TEST_F(smear, announcement_of_an_earlier_leap_second)
{
	add(self, SMEARS);
	add(self, LEAPS);
	ask(self, -7 * HOUR);
	judge(self);
	EXPECT_EQ(1, self->found);
	self->manner[1] = LEAPS_SILENTLY;
	ask(self, -6 * HOUR);
	EXPECT_EQ(0, smear_judge(&self->smear, self->source, 2, &self->now, 1,
				 RAW_MIDNIGHT - 365 * 24 * HOUR));
	judge(self);
	EXPECT_EQ(0, self->found);
}

static void replace(FIXTURE_DATA(smear) *self, size_t index)
{
	size_t count = self->count;

	source_free(self->source[index]);
	self->count = index;
	add(self, LEAPS);
	self->count = count;
}

/* A source is noted once; of more than there is room for, as where a pool changes, no more are. */
TEST_F(smear, announcements_of_many)
{
	int64_t since_ns = -11 * HOUR;

	add(self, SMEARS);
	add(self, LEAPS);
	for (int i = 0; i < SOURCE_SELECT_MAX; i++, since_ns += POLL_NS) {
		ask(self, since_ns);
		judge(self);
	}
	EXPECT_EQ(1, self->smear.announced_count);
	for (int i = 0; i < SOURCE_SELECT_MAX; i++, since_ns += POLL_NS) {
		replace(self, 1);
		ask(self, since_ns);
		judge(self);
	}
	EXPECT_EQ(SOURCE_SELECT_MAX, self->smear.announced_count);
	EXPECT_EQ(0, self->found);
}

TEST_HARNESS_MAIN
