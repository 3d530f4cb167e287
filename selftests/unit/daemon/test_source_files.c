// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of sources that other programs write while the daemon runs: real files, a real watch, and a
 * clock that is moved on. The sources are counted, and so is what is logged.
 */
#include "user/daemon/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "selftests/unit/unit.h"

#define S	1000000000LL

static struct {
	int64_t raw_ns;
	size_t count;			/* sources in force */
	int settings;			/* how often they were set */
	int set_result;
	int warnings;
	int notices;
	char warning[1024];
} world;

void log_warning(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(world.warning, sizeof(world.warning), format, arguments);
	va_end(arguments);
	world.warnings++;
}

void log_notice(const char *format, ...)
{
	world.notices++;
}

int64_t system_clock_raw_ns(void)
{
	return world.raw_ns;
}

int associations_set_sources(struct associations *associations, const struct config *config,
			     int64_t now_raw_ns, struct associations_changes *changes)
{
	world.settings++;
	changes->added = config->source_count > world.count ? config->source_count - world.count :
							      0;
	changes->removed = 0;
	if (world.set_result)
		return world.set_result;
	changes->removed = config->source_count < world.count ? world.count - config->source_count :
								0;
	world.count = config->source_count;
	return 0;
}

static void no_report(void *context, enum config_severity severity, const char *file, int line,
		      const char *message)
{
}

FIXTURE(files) {
	char directory[64];
	struct daemon daemon;
};

/* The whole configuration, as at a start. */
static void load(FIXTURE_DATA(files) *self)
{
	struct config *config = NULL;
	char text[256];

	snprintf(text, sizeof(text), "server own\nsourcedir %s\n", self->directory);
	config_from_text("main", text, strlen(text), true, no_report, NULL, &config);
	if (!config)
		exit(1);
	config_free(self->daemon.config);
	self->daemon.config = config;
	world.count = config->source_count;
	daemon_watch_sources(&self->daemon);
}

FIXTURE_SETUP(files)
{
	memset(&world, 0, sizeof(world));
	memset(self, 0, sizeof(*self));
	world.raw_ns = 1000 * S;
	strcpy(self->directory, "/tmp/test_files.XXXXXX");
	ASSERT_NE(NULL, mkdtemp(self->directory));
}

FIXTURE_TEARDOWN(files)
{
	char command[128];

	source_watch_close(self->daemon.source_watch);
	config_free(self->daemon.config);
	snprintf(command, sizeof(command), "rm -rf %s", self->directory);
	ASSERT_EQ(0, system(command));
}

static void write_file(FIXTURE_DATA(files) *self, const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", self->directory, name);
	file = fopen(path, "w");
	if (!file || fputs(text, file) < 0 || fclose(file))
		exit(1);
}

/* As the loop does: it looks now, and a minute later. */
static void check(FIXTURE_DATA(files) *self)
{
	daemon_check_sources(&self->daemon);
	world.raw_ns += 10 * S;
	daemon_check_sources(&self->daemon);
	world.raw_ns += 10 * S;
}

TEST_F(files, without_directories_nothing_is_watched)
{
	self->daemon.config = config_new();
	daemon_watch_sources(&self->daemon);
	EXPECT_EQ(NULL, self->daemon.source_watch);
}

TEST_F(files, what_is_written_takes_effect)
{
	load(self);
	check(self);
	EXPECT_EQ(1, world.count);
	EXPECT_EQ(0, world.notices);
	write_file(self, "eth0.sources", "server a\nserver b\n");
	check(self);
	EXPECT_EQ(3, world.count);
	EXPECT_EQ(1, world.notices);
	EXPECT_EQ(3, self->daemon.config->source_count);
	/* The same again is no news. */
	write_file(self, "eth0.sources", "server a\nserver b\n");
	check(self);
	EXPECT_EQ(1, world.notices);
	EXPECT_EQ(0, world.warnings);
}

/* Between the reading of the configuration and the watch a hook may have written. */
TEST_F(files, what_was_written_at_the_start_is_not_missed)
{
	load(self);
	write_file(self, "eth0.sources", "server a\n");
	world.raw_ns += S;
	daemon_check_sources(&self->daemon);
	EXPECT_EQ(2, world.count);
}

/* Neither by itself, nor by the operator, nor with the whole configuration. */
TEST_F(files, what_is_being_written_is_not_read)
{
	const char *const half = "server b\nserver c\nser";
	struct config_busy_files busy;
	char path[128];
	int fd;

	write_file(self, "a.sources", "server a\n");
	load(self);
	check(self);
	ASSERT_EQ(2, world.count);
	snprintf(path, sizeof(path), "%s/a.sources", self->directory);
	fd = open(path, O_WRONLY | O_TRUNC);
	ASSERT_LE(0, fd);
	ASSERT_EQ((ssize_t)strlen(half), write(fd, half, strlen(half)));
	ASSERT_EQ(0, daemon_reload_sources(&self->daemon));
	EXPECT_EQ(2, world.count);
	check(self);
	EXPECT_EQ(2, world.count);
	ASSERT_NE(NULL, daemon_busy_files(&self->daemon, &busy));
	EXPECT_TRUE(busy.has(busy.context, path));
	/* The configuration is read again, with the same directories. */
	daemon_watch_sources(&self->daemon);
	check(self);
	EXPECT_EQ(2, world.count);
	EXPECT_EQ(0, world.warnings);
	ASSERT_EQ(9, write(fd, "ver dddd\n", 9));
	close(fd);
	check(self);
	EXPECT_EQ(4, world.count);
}

TEST_F(files, mistakes_are_logged_once)
{
	int i;

	write_file(self, "a.sources", "server a\nserver b nonsense\n");
	load(self);
	/* They were logged with the whole configuration. */
	check(self);
	EXPECT_EQ(0, world.warnings);
	for (i = 0; i < 5; i++) {
		write_file(self, "a.sources", "server a\nserver b nonsense\n");
		check(self);
	}
	EXPECT_EQ(0, world.warnings);
	write_file(self, "a.sources", "server a\n\nserver c minpol 3\n");
	check(self);
	EXPECT_EQ(1, world.warnings);
	EXPECT_NE(NULL, strstr(world.warning, "/a.sources:3: "));
	EXPECT_NE(NULL, strstr(world.warning, "minpoll"));
	/* The operator reads them again. */
	daemon_forget_source_reports(&self->daemon);
	EXPECT_EQ(0, daemon_reload_sources(&self->daemon));
	EXPECT_EQ(2, world.warnings);
}

/* The operator is told of the first line that does not count, and of none that only does less. */
TEST_F(files, the_first_line_that_is_left_out_is_named)
{
	char place[80];

	load(self);
	write_file(self, "a.sources", "server a prefer minsamples 4\nserver b nonsense\nserve c\n");
	EXPECT_EQ(0, daemon_reload_sources(&self->daemon));
	EXPECT_EQ(2, world.count);
	snprintf(place, sizeof(place), "%s/a.sources:2: ", self->directory);
	EXPECT_EQ(0, strncmp(place, self->daemon.refusal, strlen(place))) {
		TH_LOG("%s", self->daemon.refusal);
	}
	write_file(self, "a.sources", "server a prefer minsamples 4\n");
	EXPECT_EQ(0, daemon_reload_sources(&self->daemon));
	EXPECT_STREQ("", self->daemon.refusal);
	EXPECT_LT(0, world.warnings);
}

/* What stays wrong in one file is no news because another one changes. */
TEST_F(files, a_mistake_that_stays_is_not_logged_with_another)
{
	load(self);
	check(self);
	write_file(self, "a.sources", "server a\nserver b nonsense\n");
	check(self);
	ASSERT_EQ(1, world.warnings);
	write_file(self, "b.sources", "serve c\n");
	check(self);
	EXPECT_EQ(2, world.warnings);
	EXPECT_NE(NULL, strstr(world.warning, "/b.sources:1: "));
	write_file(self, "b.sources", "server c\n");
	check(self);
	EXPECT_EQ(2, world.warnings);
	/* It went in between. */
	write_file(self, "b.sources", "serve c\n");
	check(self);
	EXPECT_EQ(3, world.warnings);
}

/* The first reading left out the line; another one leaves out what is new in the file, too. */
TEST_F(files, what_a_mistake_keeps_out_is_news)
{
	load(self);
	check(self);
	write_file(self, "a.sources", "server a\nserver b nonsense\n");
	check(self);
	ASSERT_EQ(1, world.warnings);
	EXPECT_NE(NULL, strstr(world.warning, "the line is skipped"));
	write_file(self, "a.sources", "server a\nserver b nonsense\nserver c\n");
	check(self);
	EXPECT_EQ(2, world.warnings);
	EXPECT_NE(NULL, strstr(world.warning, "earlier sources are kept"));
	EXPECT_EQ(2, world.count);
}

TEST_F(files, a_mistake_that_stays_is_not_logged_when_its_file_was_written)
{
	char path[128];
	int fd;

	load(self);
	check(self);
	write_file(self, "a.sources", "server a\nserver b nonsense\n");
	check(self);
	ASSERT_EQ(1, world.warnings);
	snprintf(path, sizeof(path), "%s/a.sources", self->directory);
	fd = open(path, O_WRONLY | O_APPEND);
	ASSERT_LE(0, fd);
	ASSERT_EQ(1, write(fd, "\n", 1));
	write_file(self, "b.sources", "server c\n");
	check(self);
	EXPECT_EQ(3, world.count);
	close(fd);
	check(self);
	EXPECT_EQ(1, world.warnings);
}

TEST_F(files, many_mistakes_are_not_all_logged)
{
	char text[1024] = "";
	int i;

	load(self);
	check(self);
	for (i = 0; i < 30; i++)
		strcat(text, "nonsense\n");
	write_file(self, "a.sources", text);
	check(self);
	EXPECT_EQ(9, world.warnings);
	EXPECT_NE(NULL, strstr(world.warning, "more lines"));
}

TEST_F(files, a_program_that_writes_all_the_time_floods_no_log)
{
	int64_t end_ns;
	char text[64];
	int i = 0;

	load(self);
	check(self);
	end_ns = world.raw_ns + 60 * S;
	while (world.raw_ns < end_ns) {
		snprintf(text, sizeof(text), "server a%d\nserver b %d\n", i, i);
		i++;
		write_file(self, "a.sources", i % 2 ? "" : text);
		write_file(self, "b.sources", text);
		world.raw_ns += S / 20;
		if (source_watch_fd(self->daemon.source_watch) >= 0 ||
		    world.raw_ns >= source_watch_next_ns(self->daemon.source_watch))
			daemon_check_sources(&self->daemon);
	}
	EXPECT_GE(14, world.settings);
	EXPECT_GE(28, world.warnings);
}

TEST_F(files, without_memory_the_sources_stay)
{
	struct config *before;

	load(self);
	check(self);
	before = self->daemon.config;
	write_file(self, "a.sources", "server a\n");
	world.set_result = -ENOMEM;
	check(self);
	EXPECT_EQ(1, world.warnings);
	EXPECT_EQ(before, self->daemon.config);
	EXPECT_EQ(1, self->daemon.config->source_count);
}

TEST_HARNESS_MAIN
