// SPDX-License-Identifier: GPL-2.0-only
/*
 * The drift file: chrony's format and sign both ways, whole or not at all, and nothing impossible
 * believed.
 */
#include "user/discipline/drift.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "selftests/unit/unit.h"

FIXTURE(drift)
{
	char dir[64];
	char path[96];
};

FIXTURE_SETUP(drift)
{
	strcpy(self->dir, "/tmp/test_drift.XXXXXX");
	ASSERT_NE(NULL, mkdtemp(self->dir));
	snprintf(self->path, sizeof(self->path), "%s/drift", self->dir);
}

FIXTURE_TEARDOWN(drift)
{
	unlink(self->path);
	rmdir(self->dir);
}

static int parse(const char *text, double *rate, double *sigma)
{
	return drift_parse(text, strlen(text), rate, sigma);
}

TEST(reads_what_chrony_writes)
{
	double rate, sigma;

	/* A clock that gains 12.5 ppm: true time runs slower. */
	ASSERT_EQ(0, parse("           12.500000             0.031250\n", &rate, &sigma));
	EXPECT_LT(fabs(rate + 12.5e-6), 1e-15);
	EXPECT_LT(fabs(sigma - 0.03125e-6), 1e-15);
	ASSERT_EQ(0, parse("-40.1 1e3", &rate, &sigma));
	EXPECT_LT(fabs(rate - 40.1e-6), 1e-15);
	EXPECT_LT(fabs(sigma - 1e-3), 1e-12);
}

TEST(believes_nothing_impossible)
{
	static const char *const texts[] = {
		"", "\n", "1", "1 ", "x 1", "1 x", "1 2 3", "nan 1", "1 nan", "inf 1", "1 inf",
		"1e400 1", "200000 1", "-100001 1", "1 -1", "1,5 2", "1 2;",
	};
	double rate = 7, sigma = 7;
	char text[256];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(texts); i++)
		EXPECT_EQ(-EINVAL, parse(texts[i], &rate, &sigma))
			TH_LOG("text %u", i);
	EXPECT_EQ(-EINVAL, drift_parse("1 2\0", 4, &rate, &sigma));
	memset(text, ' ', sizeof(text));
	memcpy(text, "1 2", 3);
	EXPECT_EQ(-EINVAL, drift_parse(text, sizeof(text), &rate, &sigma));
	EXPECT_EQ(7, rate);
	EXPECT_EQ(7, sigma);
}

TEST_F(drift, what_is_written_is_read)
{
	static const double rates[] = { 0, 12.5e-6, -499e-6, 0.09, -1.25e-10 };
	double rate, sigma;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rates); i++) {
		ASSERT_EQ(0, drift_write(self->path, rates[i], 1e-8));
		ASSERT_EQ(0, drift_read(self->path, &rate, &sigma));
		/* Six decimals of a ppm. */
		EXPECT_LT(fabs(rate - rates[i]), 0.6e-12);
		EXPECT_LT(fabs(sigma - 1e-8), 0.6e-12);
	}
}

TEST_F(drift, says_why_it_could_not_be_read_or_written)
{
	double rate, sigma;
	char path[128];

	EXPECT_EQ(-ENOENT, drift_read(self->path, &rate, &sigma));
	EXPECT_EQ(-ENOENT, drift_write("/nonexistent/drift", 0, 0));
	EXPECT_EQ(-EISDIR, drift_read(self->dir, &rate, &sigma));
	snprintf(path, sizeof(path), "%s.tmp", self->path);
	EXPECT_EQ(-1, access(path, F_OK));
}

TEST_F(drift, a_link_in_the_way_is_not_followed)
{
	char temporary[128], target[128];

	snprintf(temporary, sizeof(temporary), "%s.tmp", self->path);
	snprintf(target, sizeof(target), "%s/target", self->dir);
	ASSERT_EQ(0, symlink(target, temporary));
	EXPECT_EQ(0, drift_write(self->path, 0, 0));
	EXPECT_EQ(-1, access(target, F_OK));
	EXPECT_EQ(-1, access(temporary, F_OK));
}

/* It would keep the clock waiting for whoever has the other end. */
TEST_F(drift, a_pipe_is_not_waited_for)
{
	double rate, sigma;
	char temporary[128];

	ASSERT_EQ(0, mkfifo(self->path, 0600));
	EXPECT_EQ(-EINVAL, drift_read(self->path, &rate, &sigma));
	snprintf(temporary, sizeof(temporary), "%s.tmp", self->path);
	ASSERT_EQ(0, mkfifo(temporary, 0600));
	ASSERT_EQ(0, drift_write(self->path, 1e-6, 1e-8));
	EXPECT_EQ(0, drift_read(self->path, &rate, &sigma));
}

TEST_F(drift, an_old_file_survives_a_failed_write)
{
	double rate, sigma;
	char temporary[128];

	ASSERT_EQ(0, drift_write(self->path, 1e-6, 1e-8));
	snprintf(temporary, sizeof(temporary), "%s.tmp", self->path);
	ASSERT_EQ(0, mkdir(temporary, 0755));
	EXPECT_NE(0, drift_write(self->path, 2e-6, 1e-8));
	rmdir(temporary);
	ASSERT_EQ(0, drift_read(self->path, &rate, &sigma));
	EXPECT_LT(fabs(rate - 1e-6), 1e-12);
}

TEST(names_files_beside_it)
{
	char path[32] = "";

	EXPECT_EQ(0, drift_path("/var/lib/drift", "", path, sizeof(path)));
	EXPECT_STREQ("/var/lib/drift", path);
	EXPECT_EQ(0, drift_path("/var/lib/drift", ".host", path, sizeof("/var/lib/drift.host")));
	EXPECT_STREQ("/var/lib/drift.host", path);
	EXPECT_EQ(-ENAMETOOLONG, drift_path("/var/lib/drift", ".host", path,
					    sizeof("/var/lib/drift.host") - 1));
}

TEST_HARNESS_MAIN
