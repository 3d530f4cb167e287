// SPDX-License-Identifier: GPL-2.0-only
/*
 * Configuration: files, and files that include others.
 */
#include "user/config/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "selftests/unit/config_reports.h"
#include "selftests/unit/unit.h"

/* Files below a directory of the test's own. */
FIXTURE(files) {
	char directory[64];
	struct reports reports;
	struct config *config;
};

FIXTURE_SETUP(files)
{
	memset(self, 0, sizeof(*self));
	strcpy(self->directory, "/tmp/test_config.XXXXXX");
	ASSERT_NE(NULL, mkdtemp(self->directory));
}

FIXTURE_TEARDOWN(files)
{
	char command[128];

	config_free(self->config);
	snprintf(command, sizeof(command), "rm -rf %s", self->directory);
	ASSERT_EQ(0, system(command));
}

/* Write a file; %s in @text is the directory. */
static void write_file(const char *directory, const char *name, const char *text)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	if (!file)
		abort();
	for (const char *c = text; *c; c++) {
		if (c[0] == '%' && c[1] == 's') {
			fputs(directory, file);
			c++;
		} else {
			fputc(*c, file);
		}
	}
	fclose(file);
}

static void make_directory(const char *directory, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	if (mkdir(path, 0700) < 0)
		abort();
}

static int load(const char *directory, struct reports *reports, struct config **config)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/main.conf", directory);
	return config_load(path, keep_report, reports, config);
}

TEST_F(files, a_missing_file_is_an_error)
{
	EXPECT_EQ(-ENOENT, load(self->directory, &self->reports, &self->config));
	EXPECT_EQ(NULL, self->config);
	EXPECT_EQ(1, self->reports.errors);
}

TEST_F(files, a_directory_is_no_file)
{
	make_directory(self->directory, "main.conf");
	EXPECT_EQ(-EISDIR, load(self->directory, &self->reports, &self->config));
}

/* As in chronyd, which reads nothing of it. */
TEST_F(files, a_directory_among_files_is_passed_over)
{
	make_directory(self->directory, "etc");
	make_directory(self->directory, "etc/10.conf");
	write_file(self->directory, "etc/20.conf", "server a\n");
	write_file(self->directory, "main.conf", "confdir %s/etc\n");
	ASSERT_EQ(0, load(self->directory, &self->reports, &self->config));
	EXPECT_EQ(1, self->reports.warnings);
	EXPECT_NE(NULL, strstr(self->reports.message, "is a directory"));
	EXPECT_EQ(1, self->config->source_count);
}

/* What was typed in one folder is the same file in another one. */
TEST_F(files, path_does_not_follow_the_working_directory)
{
	char absolute[256], expected[256];

	snprintf(expected, sizeof(expected), "%s/main.conf", self->directory);
	ASSERT_EQ(0, chdir(self->directory));
	EXPECT_STREQ(expected, config_absolute_path("main.conf", absolute, sizeof(absolute)));
	ASSERT_EQ(0, chdir("/"));
	EXPECT_STREQ("/main.conf", config_absolute_path("main.conf", absolute, sizeof(absolute)));
	EXPECT_STREQ("/etc/a", config_absolute_path("/etc/a", absolute, sizeof(absolute)));
	EXPECT_STREQ("main.conf",
		     config_absolute_path("main.conf", absolute, strlen("/main.conf")));
}

static void make_pipe(const char *directory, const char *name, char path[256])
{
	snprintf(path, 256, "%s/%s", directory, name);
	if (mkfifo(path, 0600) < 0)
		abort();
}

/* A program that takes its time; to be waited for. */
static pid_t write_slowly(const char *path)
{
	pid_t pid = fork();
	int fd;

	if (pid)
		return pid;
	(void)alarm(10);
	usleep(50000);
	fd = open(path, O_WRONLY);
	usleep(50000);
	if (fd < 0 || write(fd, "server a\n", 9) != 9)
		_exit(1);
	usleep(50000);
	_exit(write(fd, "server b\n", 9) != 9);
}

/* As in truechimed -p -f /dev/stdin, or -f <(...). */
TEST_F(files, a_program_may_write_the_file_into_a_pipe)
{
	int status = -1;
	char path[256];
	pid_t writer;

	make_pipe(self->directory, "main.conf", path);
	writer = write_slowly(path);
	ASSERT_LT(0, writer);
	EXPECT_EQ(0, load(self->directory, &self->reports, &self->config));
	ASSERT_EQ(writer, waitpid(writer, &status, 0));
	EXPECT_EQ(0, status);
	ASSERT_NE(NULL, self->config);
	EXPECT_EQ(2, self->config->source_count);
}

TEST_F(files, a_pipe_does_not_hold_us_up)
{
	char path[256];

	make_pipe(self->directory, "part.conf", path);
	write_file(self->directory, "main.conf", "server a\ninclude %s/part.conf\n");
	EXPECT_EQ(-EINVAL, load(self->directory, &self->reports, &self->config));
	EXPECT_NE(NULL, strstr(self->reports.message, "nothing in it"));
}

/* What was read of it once is not there again: all that it has configured would be lost. */
static void expect_nothing_again(struct __test_metadata *_metadata, const char *path)
{
	struct reports reports;
	struct config *before = parse("server a\n", &reports), *config = NULL;

	ASSERT_NE(NULL, before);
	EXPECT_GT(0, config_load_again(path, before, NULL, keep_report, &reports, &config));
	EXPECT_EQ(NULL, config);
	EXPECT_NE(NULL, strstr(reports.message, "nothing in it"));
	config_free(before);
}

TEST_F(files, an_empty_pipe_is_no_empty_configuration)
{
	char path[256];
	int ends[2];

	make_pipe(self->directory, "main.conf", path);
	expect_nothing_again(_metadata, path);
	/* That of a shell, whose writer has ended. */
	ASSERT_EQ(0, pipe(ends));
	close(ends[1]);
	snprintf(path, sizeof(path), "/dev/fd/%d", ends[0]);
	expect_nothing_again(_metadata, path);
	EXPECT_EQ(-ENODATA, config_load(path, keep_report, &self->reports, &self->config));
	close(ends[0]);
}

TEST_F(files, include_goes_in_at_its_place)
{
	write_file(self->directory, "main.conf",
		   "server a\ninclude %s/*.inc\nserver d\nrtcsync x\n");
	write_file(self->directory, "2.inc", "server c");
	write_file(self->directory, "1.inc", "server b\n");
	EXPECT_EQ(-EINVAL, load(self->directory, &self->reports, &self->config));
	EXPECT_EQ(4, self->reports.line);

	write_file(self->directory, "main.conf", "server a\ninclude %s/*.inc\nserver d\n");
	ASSERT_EQ(0, load(self->directory, &self->reports, &self->config));
	ASSERT_EQ(4, self->config->source_count);
	for (int i = 0; i < 4; i++)
		EXPECT_EQ('a' + i, self->config->sources[i].options.name[0]);
}

TEST_F(files, mistakes_name_the_included_file)
{
	write_file(self->directory, "main.conf", "server a\ninclude %s/other\n");
	write_file(self->directory, "other", "\nnonsense\n");
	EXPECT_EQ(-EINVAL, load(self->directory, &self->reports, &self->config));
	EXPECT_NE(NULL, strstr(self->reports.file, "/other"));
	EXPECT_EQ(2, self->reports.line);
}

TEST_F(files, a_pattern_may_match_nothing_and_a_name_may_not)
{
	write_file(self->directory, "main.conf", "include %s/*.nothing\n");
	EXPECT_EQ(0, load(self->directory, &self->reports, &self->config));
	config_free(self->config);
	self->config = NULL;
	write_file(self->directory, "main.conf", "include %s/nothing\n");
	EXPECT_EQ(-EINVAL, load(self->directory, &self->reports, &self->config));
}

TEST_F(files, files_that_include_themselves_end)
{
	write_file(self->directory, "main.conf", "include %s/main.conf\n");
	EXPECT_EQ(-EINVAL, load(self->directory, &self->reports, &self->config));
	EXPECT_EQ(1, self->reports.errors);
	EXPECT_NE(NULL, strstr(self->reports.message, "include each other"));
}

TEST_F(files, confdir_reads_each_name_once)
{
	make_directory(self->directory, "etc");
	make_directory(self->directory, "usr");
	write_file(self->directory, "main.conf", "confdir %s/etc %s/usr %s/missing\n");
	write_file(self->directory, "usr/10.conf", "server vendor\n");
	write_file(self->directory, "etc/10.conf", "server admin\n");
	write_file(self->directory, "usr/20.conf", "server second\n");
	write_file(self->directory, "etc/00.conf", "server first\n");
	write_file(self->directory, "etc/30.txt", "nonsense\n");
	ASSERT_EQ(0, load(self->directory, &self->reports, &self->config));
	ASSERT_EQ(3, self->config->source_count);
	EXPECT_STREQ("first", self->config->sources[0].options.name);
	EXPECT_STREQ("admin", self->config->sources[1].options.name);
	EXPECT_STREQ("second", self->config->sources[2].options.name);
	EXPECT_FALSE(self->config->sources[0].volatile_origin);
}

/* Permissions would not keep root out, who may run this; a link to itself keeps anybody out. */
TEST_F(files, a_directory_that_cannot_be_read_is_named)
{
	static const char *const lines[] = {
		"confdir %s/missing %s/loop\n", "sourcedir %s/loop\n", "include %s/loop/*.conf\n",
	};
	char loop[128];

	snprintf(loop, sizeof(loop), "%s/loop", self->directory);
	ASSERT_EQ(0, symlink(loop, loop));
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		memset(&self->reports, 0, sizeof(self->reports));
		config_free(self->config);
		self->config = NULL;
		write_file(self->directory, "main.conf", lines[i]);
		EXPECT_EQ(0, load(self->directory, &self->reports, &self->config));
		EXPECT_EQ(1, self->reports.warnings);
		EXPECT_EQ(1, self->reports.line);
		EXPECT_NE(NULL, strstr(self->reports.message, "/loop cannot be read: "));
	}
}

/* Else a reload would lose all that the files in there have said. */
TEST_F(files, a_directory_that_cannot_be_read_any_more_is_an_error)
{
	static const char *const lines[] = { "confdir %s/etc\n", "include %s/etc/*.conf\n" };
	char path[256], etc[128], moved[128];

	snprintf(path, sizeof(path), "%s/main.conf", self->directory);
	snprintf(etc, sizeof(etc), "%s/etc", self->directory);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct config *config = NULL;

		memset(&self->reports, 0, sizeof(self->reports));
		config_free(self->config);
		self->config = NULL;
		write_file(self->directory, "main.conf", lines[i]);
		make_directory(self->directory, "etc");
		write_file(self->directory, "etc/10.conf", "server a\n");
		ASSERT_EQ(0, load(self->directory, &self->reports, &self->config));
		EXPECT_EQ(1, self->config->source_count);
		write_file(self->directory, "etc/10.conf", "server b\n");
		snprintf(moved, sizeof(moved), "%s/moved%zu", self->directory, i);
		ASSERT_EQ(0, rename(etc, moved));
		ASSERT_EQ(0, symlink(etc, etc));
		EXPECT_EQ(-EINVAL, config_load_again(path, self->config, NULL, keep_report,
						     &self->reports, &config));
		config_free(config);
		EXPECT_EQ(1, self->reports.errors);
		EXPECT_EQ(1, self->reports.line);
		EXPECT_NE(NULL, strstr(self->reports.message, "/etc cannot be read: "));
		EXPECT_EQ(0, unlink(etc));
		/* Gone is gone. */
		EXPECT_EQ(0, config_load_again(path, self->config, NULL, keep_report,
					       &self->reports, &config));
		EXPECT_EQ(0, config->source_count);
		config_free(config);
	}
}

TEST_F(files, a_pattern_in_a_missing_directory_is_no_matter)
{
	write_file(self->directory, "main.conf", "include %s/missing/*.conf\ninclude %s/*.d/*.x\n");
	EXPECT_EQ(0, load(self->directory, &self->reports, &self->config));
	EXPECT_EQ(0, self->reports.warnings);
}

TEST_F(files, a_bad_line_in_a_sourcedir_is_skipped)
{
	make_directory(self->directory, "sources");
	write_file(self->directory, "main.conf", "sourcedir %s/sources\nserver own\n");
	write_file(self->directory, "sources/dhcp.sources",
		   "peer one\nnonsense\nserver two minpol\nmakestep 1 -1\n"
		   "server three\nserver unfin");
	ASSERT_EQ(0, load(self->directory, &self->reports, &self->config));
	EXPECT_EQ(0, self->reports.errors);
	EXPECT_EQ(5, self->reports.warnings);
	ASSERT_EQ(3, self->config->source_count);
	EXPECT_STREQ("own", self->config->sources[0].options.name);
	EXPECT_STREQ("one", self->config->sources[1].options.name);
	EXPECT_STREQ("three", self->config->sources[2].options.name);
	EXPECT_FALSE(self->config->sources[0].volatile_origin);
	EXPECT_TRUE(self->config->sources[2].volatile_origin);
	EXPECT_EQ(0, self->config->discipline.step_limit);
}

TEST_F(files, a_mistake_leaves_the_last_configuration_alone)
{
	struct config *before;

	write_file(self->directory, "main.conf", "server a\n");
	ASSERT_EQ(0, load(self->directory, &self->reports, &self->config));
	before = self->config;
	write_file(self->directory, "main.conf", "server b\nnonsense\n");
	EXPECT_EQ(-EINVAL, load(self->directory, &self->reports, &self->config));
	EXPECT_EQ(before, self->config);
	EXPECT_STREQ("a", self->config->sources[0].options.name);
}

TEST_HARNESS_MAIN
