// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of measurements: banners, what is moved away, and what cannot be written.
 */
#include "user/ipc/log_files.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "selftests/unit/unit.h"
#include "selftests/unit/counted_log.h"

const char *config_log_name(enum config_log log)
{
	return log == CONFIG_LOG_TRACKING ? "tracking" : "other";
}

FIXTURE(logs)
{
	struct config_logs options;
	struct log_files *files;
	char top[32];
	char path[320];
	char text[4096];
};

FIXTURE_SETUP(logs)
{
	memset(self, 0, sizeof(*self));
	memset(&logged, 0, sizeof(logged));
	strcpy(self->top, "/tmp/test_logs.XXXXXX");
	ASSERT_NE(NULL, mkdtemp(self->top));
	self->options = (struct config_logs){ .wanted = 1U << CONFIG_LOG_TRACKING, .banner = 2 };
	snprintf(self->options.folder, sizeof(self->options.folder), "%s/a", self->top);
	snprintf(self->path, sizeof(self->path), "%s/tracking.log", self->options.folder);
	ASSERT_EQ(0, mkdir(self->options.folder, 0700));
	self->files = log_files_new(&self->options);
	ASSERT_NE(NULL, self->files);
}

FIXTURE_TEARDOWN(logs)
{
	char command[64];

	log_files_free(self->files);
	snprintf(command, sizeof(command), "rm -rf %s", self->top);
	ASSERT_EQ(0, system(command));
}

static void add(struct _test_data_logs *self, const char *entry)
{
	log_files_add(self->files, CONFIG_LOG_TRACKING, " A B", entry);
}

/* What is in the file; "": there is none. */
static const char *content(struct _test_data_logs *self)
{
	FILE *in = fopen(self->path, "r");
	size_t length = 0;

	if (in) {
		length = fread(self->text, 1, sizeof(self->text) - 1, in);
		fclose(in);
	}
	self->text[length] = '\0';

	return self->text;
}

TEST_F(logs, a_banner_comes_every_so_many_entries)
{
	struct stat st;

	umask(077);
	EXPECT_STREQ("", content(self));
	add(self, "one");
	add(self, "two");
	add(self, "three");
	EXPECT_STREQ("====\n A B\n====\none\ntwo\n====\n A B\n====\nthree\n", content(self));
	/* Who may enter the folder may read it. */
	ASSERT_EQ(0, stat(self->path, &st));
	EXPECT_EQ(S_IFREG | 0644, st.st_mode);
	EXPECT_EQ(0, logged.warnings);
}

TEST_F(logs, there_may_be_none)
{
	self->options.banner = 0;
	log_files_free(self->files);
	self->files = log_files_new(&self->options);
	add(self, "one");
	EXPECT_STREQ("one\n", content(self));
}

TEST_F(logs, nothing_is_wanted)
{
	EXPECT_FALSE(log_files_wants(NULL, CONFIG_LOG_TRACKING));
	EXPECT_TRUE(log_files_wants(self->files, CONFIG_LOG_TRACKING));
	EXPECT_FALSE(log_files_wants(self->files, CONFIG_LOG_MEASUREMENTS));
	self->options.wanted = 0;
	EXPECT_EQ(NULL, log_files_new(&self->options));
	self->options.wanted = 1U << CONFIG_LOG_TRACKING;
	*self->options.folder = '\0';
	EXPECT_EQ(NULL, log_files_new(&self->options));
	log_files_cycle(NULL);
}

TEST_F(logs, refused_measurements_are_asked_for)
{
	EXPECT_FALSE(log_files_wants_refused(NULL));
	self->options.wanted |= 1U << CONFIG_LOG_MEASUREMENTS;
	log_files_free(self->files);
	self->files = log_files_new(&self->options);
	EXPECT_FALSE(log_files_wants_refused(self->files));
	self->options.raw = true;
	log_files_free(self->files);
	self->files = log_files_new(&self->options);
	EXPECT_TRUE(log_files_wants_refused(self->files));
}

TEST_F(logs, one_that_was_moved_is_left_after_a_cycle)
{
	char old[330];

	add(self, "one");
	snprintf(old, sizeof(old), "%s.1", self->path);
	ASSERT_EQ(0, rename(self->path, old));
	add(self, "two");
	EXPECT_STREQ("", content(self));
	log_files_cycle(self->files);
	add(self, "three");
	EXPECT_STREQ("====\n A B\n====\nthree\n", content(self));
	/* An earlier file is gone on with. */
	log_files_cycle(self->files);
	add(self, "four");
	EXPECT_STREQ("====\n A B\n====\nthree\n====\n A B\n====\nfour\n", content(self));
}

TEST_F(logs, what_cannot_be_written_is_told_once)
{
	ASSERT_EQ(0, rmdir(self->options.folder));
	add(self, "one");
	add(self, "two");
	EXPECT_EQ(1, logged.warnings);
	EXPECT_NE(NULL, strstr(logged.warning, self->path));
	EXPECT_NE(NULL, strstr(logged.warning, strerror(ENOENT)));
	EXPECT_NE(NULL, strstr(logged.warning, "/var/log/truechime"));
	/* It is tried again with each entry. */
	ASSERT_EQ(0, mkdir(self->options.folder, 0700));
	add(self, "three");
	EXPECT_STREQ("====\n A B\n====\nthree\n", content(self));
	EXPECT_EQ(1, logged.warnings);
}

TEST_F(logs, a_link_or_a_pipe_of_that_name_is_left_alone)
{
	char other[64];

	snprintf(other, sizeof(other), "%s/other", self->top);
	ASSERT_EQ(0, symlink(other, self->path));
	add(self, "one");
	EXPECT_EQ(1, logged.warnings);
	EXPECT_EQ(-1, access(other, F_OK));
	ASSERT_EQ(0, unlink(self->path));
	ASSERT_EQ(0, mkfifo(self->path, 0600));
	log_files_cycle(self->files);
	add(self, "two");
	EXPECT_EQ(2, logged.warnings);
}

/* As a full disk: the first part of an entry still has room. */
TEST_F(logs, no_entry_is_written_in_part)
{
	struct rlimit limit = { .rlim_cur = 24, .rlim_max = RLIM_INFINITY };

	signal(SIGXFSZ, SIG_IGN);
	add(self, "one");
	ASSERT_EQ(0, setrlimit(RLIMIT_FSIZE, &limit));
	add(self, "two, which is longer");
	EXPECT_STREQ("====\n A B\n====\none\n", content(self));
	EXPECT_EQ(1, logged.warnings);
	EXPECT_NE(NULL, strstr(logged.warning, strerror(ENOSPC)));
	limit.rlim_cur = RLIM_INFINITY;
	ASSERT_EQ(0, setrlimit(RLIMIT_FSIZE, &limit));
	add(self, "three");
	EXPECT_STREQ("====\n A B\n====\none\nthree\n", content(self));
}

TEST_HARNESS_MAIN
