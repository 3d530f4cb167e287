// SPDX-License-Identifier: GPL-2.0-only
/*
 * The note of reference clocks that were refuted: what a daemon that is started anew knows.
 */
#include "user/daemon/refuted_clocks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "selftests/unit/unit.h"
#include "user/lib/time_units.h"

#define START_NS	(1800000000LL * NS_PER_S)
#define MS		1000000LL
#define CLOCKS		3
#define SERVER		3
#define SOURCES		4

FIXTURE(refuted) {
	struct config config;
	struct source *sources[SOURCES];
	char dir[64];
	char note[96];
	uint64_t recalled;
};

/* The sources of a daemon that is started. */
static void start_anew(FIXTURE_DATA(refuted) *self)
{
	for (int i = 0; i < SOURCES; i++) {
		source_free(self->sources[i]);
		self->sources[i] = source_new(&self->config.sources[i].options, START_NS);
	}
}

static void configure(FIXTURE_DATA(refuted) *self, int i, enum source_kind kind, const char *name)
{
	struct source_options *options = &self->config.sources[i].options;

	options->kind = kind;
	options->minpoll = 4;
	options->maxpoll = 4;
	snprintf(options->name, sizeof(options->name), "%s", name);
}

FIXTURE_SETUP(refuted)
{
	memset(self, 0, sizeof(*self));
	strcpy(self->dir, "/tmp/test_refuted_clocks.XXXXXX");
	ASSERT_NE(NULL, mkdtemp(self->dir));
	snprintf(self->config.driftfile, sizeof(self->config.driftfile), "%s/drift", self->dir);
	snprintf(self->note, sizeof(self->note), "%s/drift.refuted", self->dir);
	configure(self, 0, SOURCE_REFCLOCK, "/dev/ptp0");
	configure(self, 1, SOURCE_REFCLOCK, "SHM 1");
	configure(self, 2, SOURCE_REFCLOCK, "/dev/ptp1");
	configure(self, SERVER, SOURCE_SERVER, "/dev/ptp0");
	self->config.source_count = SOURCES;
	start_anew(self);
}

FIXTURE_TEARDOWN(refuted)
{
	for (int i = 0; i < SOURCES; i++)
		source_free(self->sources[i]);
	unlink(self->note);
	rmdir(self->dir);
}

static int note(FIXTURE_DATA(refuted) *self)
{
	return refuted_clocks_note(&self->config, self->sources, SOURCES);
}

static int recall(FIXTURE_DATA(refuted) *self)
{
	start_anew(self);
	return refuted_clocks_recall(&self->config, self->sources, SOURCES, &self->recalled);
}

/* By votes in a row, each of which shows that it is off by that much at least. */
static void refute(FIXTURE_DATA(refuted) *self, int i)
{
	while (source_judge_refclock(self->sources[i], 5 * MS, 6 * MS) != REFUTATION_BEGINS)
		continue;
}

static void write_note(FIXTURE_DATA(refuted) *self, const char *text)
{
	FILE *file = fopen(self->note, "w");

	fputs(text, file);
	fclose(file);
	chmod(self->note, 0600);
}

TEST_F(refuted, are_known_at_the_next_start)
{
	int64_t shown_ns;

	refute(self, 0);
	refute(self, 1);
	ASSERT_EQ(0, note(self));
	ASSERT_EQ(0, recall(self));
	EXPECT_EQ(3, self->recalled);
	EXPECT_TRUE(source_is_refuted(self->sources[0], &shown_ns));
	EXPECT_EQ(5 * MS, shown_ns);
	EXPECT_TRUE(source_is_refuted(self->sources[1], &shown_ns));
	EXPECT_FALSE(source_is_refuted(self->sources[2], &shown_ns));
	EXPECT_FALSE(source_is_refuted(self->sources[SERVER], &shown_ns));
}

/* By as many votes as for the daemon that has refuted it. */
TEST_F(refuted, are_cleared_as_before)
{
	int votes = 1;

	refute(self, 0);
	ASSERT_EQ(0, note(self));
	ASSERT_EQ(0, recall(self));
	while (source_judge_refclock(self->sources[0], 0, 4 * MS) != REFUTATION_ENDS)
		ASSERT_LT(votes++, 16);
	EXPECT_EQ(4, votes);
	ASSERT_EQ(0, note(self));
	EXPECT_NE(0, access(self->note, F_OK));
	ASSERT_EQ(0, recall(self));
	EXPECT_EQ(0, self->recalled);
}

/* What the operator was told to state makes another clock of it. */
TEST_F(refuted, are_not_who_is_configured_otherwise)
{
	struct config_source *line = &self->config.sources[0];

	refute(self, 0);
	ASSERT_EQ(0, note(self));
	line->options.offset_s = 0.005;
	ASSERT_EQ(0, recall(self));
	EXPECT_EQ(0, self->recalled);
	line->options.offset_s = 0.0;
	line->delay_ns = 12 * MS;
	ASSERT_EQ(0, recall(self));
	EXPECT_EQ(0, self->recalled);
	line->delay_ns = 0;
	line->options.trust = true;
	ASSERT_EQ(0, recall(self));
	EXPECT_EQ(0, self->recalled);
	line->options.trust = false;
	strcpy(line->options.name, "/dev/ptp");
	ASSERT_EQ(0, recall(self));
	EXPECT_EQ(0, self->recalled);
	strcpy(line->options.name, "/dev/ptp0");
	ASSERT_EQ(0, recall(self));
	EXPECT_EQ(1, self->recalled);
}

TEST_F(refuted, is_nobody_without_a_note)
{
	EXPECT_EQ(0, note(self));
	EXPECT_NE(0, access(self->note, F_OK));
	EXPECT_EQ(0, recall(self));
	EXPECT_EQ(0, self->recalled);
	refute(self, 0);
	*self->config.driftfile = '\0';
	EXPECT_EQ(0, note(self));
	EXPECT_EQ(0, recall(self));
	EXPECT_EQ(0, self->recalled);
}

TEST_F(refuted, a_damaged_note_is_told)
{
	static const char *const damaged[] = {
		"5000000 0 0 /dev/ptp0",
		"x 0 0 /dev/ptp0\n",
		"5000000\n",
		"-5 0 0 /dev/ptp0\n",
		"99999999999999999999 0 0 /dev/ptp0\n",
		"\n",
	};

	for (size_t i = 0; i < sizeof(damaged) / sizeof(*damaged); i++) {
		write_note(self, damaged[i]);
		EXPECT_EQ(-EBADMSG, recall(self));
		EXPECT_EQ(0, self->recalled);
	}
	write_note(self, "5000000 0 0 SHM 1\nx\n");
	EXPECT_EQ(-EBADMSG, recall(self));
	EXPECT_EQ(2, self->recalled);
	/* Others could have written it. */
	write_note(self, "5000000 0 0 SHM 1\n");
	chmod(self->note, 0602);
	EXPECT_EQ(-EINVAL, recall(self));
	EXPECT_EQ(0, self->recalled);
}

/* The names of all of them fit in. */
TEST_F(refuted, have_long_names)
{
	for (int i = 0; i < CLOCKS; i++) {
		char *name = self->config.sources[i].options.name;

		memset(name, 'a' + i, SOURCE_NAME_MAX - 1);
		self->config.sources[i].options.offset_s = -1.23456789e-300;
		self->config.sources[i].delay_ns = INT64_MAX;
	}
	start_anew(self);
	for (int i = 0; i < CLOCKS; i++)
		refute(self, i);
	ASSERT_EQ(0, note(self));
	ASSERT_EQ(0, recall(self));
	EXPECT_EQ(7, self->recalled);
}

TEST_F(refuted, a_note_that_cannot_be_written_is_told)
{
	refute(self, 0);
	snprintf(self->config.driftfile, sizeof(self->config.driftfile), "%s/no/drift", self->dir);
	EXPECT_EQ(-ENOENT, note(self));
	memset(self->config.driftfile, 'x', sizeof(self->config.driftfile) - 1);
	EXPECT_NE(0, note(self));
}

TEST_HARNESS_MAIN
