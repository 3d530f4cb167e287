// SPDX-License-Identifier: GPL-2.0-only
/*
 * Configuration: files of sources that are read again, and sources that an operator adds.
 */
#include "user/config/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "selftests/unit/config_reports.h"
#include "selftests/unit/unit.h"

FIXTURE(sourcedir) {
	char directory[64];
	struct reports reports;
	struct config *config;
	char busy[128];
};

static void make_directory(const char *path)
{
	if (mkdir(path, 0700) < 0)
		abort();
}

/* Write the file of that name in the directory. */
static void write_file(const FIXTURE_DATA(sourcedir) *self, const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", self->directory, name);
	file = fopen(path, "w");
	if (!file)
		abort();
	fputs(text, file);
	fclose(file);
}

FIXTURE_SETUP(sourcedir)
{
	memset(self, 0, sizeof(*self));
	strcpy(self->directory, "/tmp/test_sourcedir.XXXXXX");
	ASSERT_NE(NULL, mkdtemp(self->directory));
}

FIXTURE_TEARDOWN(sourcedir)
{
	char command[128];

	config_free(self->config);
	snprintf(command, sizeof(command), "rm -rf %s", self->directory);
	ASSERT_EQ(0, system(command));
}

/* The configuration with that directory, and a server of its own. */
static int load(FIXTURE_DATA(sourcedir) *self, const char *more)
{
	char text[256];

	snprintf(text, sizeof(text), "sourcedir %s\nserver own\n%s", self->directory, more);
	memset(&self->reports, 0, sizeof(self->reports));
	return config_from_text("main", text, strlen(text), true, keep_report, &self->reports,
				&self->config);
}

static bool is_busy(const void *context, const char *path)
{
	const FIXTURE_DATA(sourcedir) *self = context;

	return !strcmp(self->busy, path);
}

static void reload(FIXTURE_DATA(sourcedir) *self)
{
	struct config_busy_files busy = { .has = is_busy, .context = self };
	struct config *config;

	memset(&self->reports, 0, sizeof(self->reports));
	if (config_reload_sources(self->config, &busy, keep_report, &self->reports, &config))
		abort();
	config_free(self->config);
	self->config = config;
}

/* The sources, a letter each, in order. */
static const char *names_of(const FIXTURE_DATA(sourcedir) *self)
{
	static char names[CONFIG_SOURCES_MAX + 1];
	size_t i;

	for (i = 0; i < self->config->source_count; i++)
		names[i] = self->config->sources[i].options.name[0];
	names[i] = '\0';
	return names;
}

TEST_F(sourcedir, files_that_come_change_and_go)
{
	ASSERT_EQ(0, load(self, "maxdistance 2\n"));
	EXPECT_STREQ("o", names_of(self));
	write_file(self, "b.sources", "server b\n");
	write_file(self, "a.sources", "pool a iburst\n");
	reload(self);
	EXPECT_STREQ("oab", names_of(self));
	EXPECT_TRUE(self->config->sources[1].volatile_origin);
	EXPECT_FALSE(self->config->sources[0].volatile_origin);
	EXPECT_NE(NULL, strstr(self->config->sources[1].file, "/a.sources"));
	EXPECT_EQ(0, self->reports.warnings);
	write_file(self, "a.sources", "server c\nserver d\n");
	reload(self);
	EXPECT_STREQ("ocdb", names_of(self));
	write_file(self, "b.sources", "");
	reload(self);
	EXPECT_STREQ("ocd", names_of(self));
	/* The rest is as it was. */
	EXPECT_EQ(2000000000, self->config->discipline.maxdistance_ns);
}

/* What is printed reads back as a configuration whose directories are still watched. */
TEST_F(sourcedir, it_is_printed_as_a_directory)
{
	struct config *again = NULL;
	char expected[512];
	char *text;

	write_file(self, "a.sources", "server a\npool b\n");
	write_file(self, "new\nallow\n.sources", "server c\n");
	snprintf(expected, sizeof(expected), "sourcedir /nowhere %s\n", self->directory);
	ASSERT_EQ(0, load(self, expected));
	ASSERT_STREQ("oabcabc", names_of(self));
	text = printed(self->config);
	EXPECT_EQ(text, strstr(text, "server own "));
	EXPECT_NE(NULL, strstr(text, expected));
	snprintf(expected, sizeof(expected),
		 "\nsourcedir %s\nsourcedir /nowhere %s\n# %s/a.sources: server a ",
		 self->directory, self->directory, self->directory);
	EXPECT_NE(NULL, strstr(text, expected))
		TH_LOG("%s", text);
	EXPECT_NE(NULL, strstr(text, "/new?allow?.sources: server c "));
	ASSERT_EQ(0, config_from_text("printed", text, strlen(text), true, keep_report,
				      &self->reports, &again));
	EXPECT_EQ(3, again->sourcedir_count);
	EXPECT_EQ(0, memcmp(self->config->sourcedirs, again->sourcedirs,
			    sizeof(again->sourcedirs)));
	EXPECT_EQ(7, again->source_count);
	for (size_t i = 0; i < 7; i++) {
		EXPECT_EQ(i > 0, again->sources[i].volatile_origin);
		EXPECT_STREQ(self->config->sources[i].options.name, again->sources[i].options.name);
	}
	EXPECT_EQ(0, again->server.rule_count);
	config_free(again);
	free(text);
}

/* Of two lines for one server the same counts from the start as later, and as is printed. */
TEST_F(sourcedir, its_sources_come_behind_those_of_the_configuration)
{
	write_file(self, "a.sources", "server a\nserver b\n");
	ASSERT_EQ(0, load(self, "server late\ninitstepslew 1 first\n"));
	EXPECT_STREQ("olfab", names_of(self));
	reload(self);
	EXPECT_STREQ("olfab", names_of(self));
}

TEST_F(sourcedir, a_mistake_keeps_what_the_file_said)
{
	write_file(self, "a.sources", "server a\nserver b\n");
	write_file(self, "x.sources", "server x\n");
	ASSERT_EQ(0, load(self, ""));
	write_file(self, "a.sources", "server c\nserver d minpol 3\nserver e\n");
	write_file(self, "x.sources", "server y\n");
	reload(self);
	EXPECT_STREQ("oaby", names_of(self));
	EXPECT_EQ(1, self->reports.warnings);
	EXPECT_EQ(2, self->reports.line);
	EXPECT_NE(NULL, strstr(self->reports.file, "/a.sources"));
	EXPECT_NE(NULL, strstr(self->reports.message, "minpoll"));
	EXPECT_NE(NULL, strstr(self->reports.message, "earlier sources are kept"));
	/* And again, by what it said first. */
	reload(self);
	EXPECT_STREQ("oaby", names_of(self));
	write_file(self, "a.sources", "server c\n");
	reload(self);
	EXPECT_STREQ("ocy", names_of(self));
	EXPECT_EQ(0, self->reports.warnings);
}

/* Whoever writes files there must not have the daemon read them for minutes. */
TEST_F(sourcedir, what_is_no_file_of_sources_is_not_read_to_its_end)
{
	char text[4096] = "";
	int i;

	ASSERT_EQ(0, load(self, ""));
	for (i = 0; i < 200; i++)
		strcat(text, "allowxyz\n");
	strcat(text, "server a\n");
	write_file(self, "a.sources", text);
	write_file(self, "b.sources", "server b\n");
	reload(self);
	EXPECT_STREQ("ob", names_of(self));
	EXPECT_EQ(21, self->reports.warnings);
	EXPECT_EQ(21, self->reports.line);
	/* Nor one of more sources than there is room for. */
	*text = '\0';
	for (i = 0; i < 400; i++)
		strcat(text, "server b\n");
	write_file(self, "a.sources", text);
	reload(self);
	EXPECT_EQ(CONFIG_SOURCES_MAX, self->config->source_count);
	EXPECT_EQ(21, self->config->left_out);
	EXPECT_EQ(2, self->reports.warnings);
}

/* What authselectmode makes of a source depends on the others, and ends when these go. */
TEST_F(sourcedir, options_that_others_gave_it_go_with_them)
{
	ASSERT_EQ(0, load(self, "keyfile /dev/null\nauthselectmode prefer\n"));
	write_file(self, "a.sources", "server a key 1\n");
	reload(self);
	EXPECT_STREQ("oa", names_of(self));
	EXPECT_TRUE(self->config->sources[0].options.noselect);
	write_file(self, "a.sources", "");
	reload(self);
	EXPECT_STREQ("o", names_of(self));
	EXPECT_FALSE(self->config->sources[0].options.noselect);
	config_free(self->config);

	ASSERT_EQ(0, load(self, "keyfile /dev/null\nrefclock SHM 0\n"));
	write_file(self, "a.sources", "server a key 1\n");
	reload(self);
	EXPECT_TRUE(self->config->sources[1].options.require);
	EXPECT_TRUE(self->config->sources[1].options.trust);
	write_file(self, "a.sources", "");
	reload(self);
	EXPECT_FALSE(self->config->sources[1].options.require);
	EXPECT_FALSE(self->config->sources[1].options.trust);
}

/* Who may write there is not to write to terminals, nor lines of his own to the log. */
TEST_F(sourcedir, what_is_no_text_is_not_shown)
{
	ASSERT_EQ(0, load(self, ""));
	write_file(self, "a\n<0>b\033.sources", "sever b\n");
	reload(self);
	EXPECT_EQ(1, self->reports.warnings);
	EXPECT_NE(NULL, strstr(self->reports.file, "/a?<0>b?.sources"));
	write_file(self, "a\n<0>b\033.sources", "");
	write_file(self, "c.sources", "server a\033[31m\nserver b\xff\nserver c\n");
	reload(self);
	EXPECT_STREQ("oc", names_of(self));
	EXPECT_EQ(2, self->reports.warnings);
	EXPECT_NE(NULL, strstr(self->reports.message, "characters that no name has"));
}

/* They stand in commands that an operator is advised to type. */
TEST_F(sourcedir, names_that_a_shell_would_obey)
{
	ASSERT_EQ(0, load(self, ""));
	write_file(self, "c.sources", "server x';reboot;'\nserver $(reboot)\nserver `reboot`\n"
		   "server a|b\nserver [::1]\nserver fe80::1%br-lan.7\nserver a_b.example.\n");
	reload(self);
	EXPECT_STREQ("ofa", names_of(self));
	EXPECT_EQ(5, self->reports.warnings);
}

/* Nor does it cost them when the whole configuration is read again. */
TEST_F(sourcedir, a_mistake_keeps_it_when_all_is_read_again)
{
	struct config *config;
	char path[128], text[128];

	snprintf(path, sizeof(path), "%s/main.conf", self->directory);
	snprintf(text, sizeof(text), "sourcedir %s\n", self->directory);
	write_file(self, "main.conf", text);
	write_file(self, "a.sources", "server a\nserver b\n");
	ASSERT_EQ(0, config_load(path, keep_report, &self->reports, &self->config));
	EXPECT_STREQ("ab", names_of(self));
	write_file(self, "a.sources", "server c\nnonsense\n");
	ASSERT_EQ(0, config_load_again(path, self->config, NULL, keep_report, &self->reports,
				       &config));
	config_free(self->config);
	self->config = config;
	EXPECT_STREQ("ab", names_of(self));
	EXPECT_NE(NULL, strstr(self->reports.message, "earlier sources are kept"));
}

/* Of a file that is new the good lines are better than nothing, as at the start. */
TEST_F(sourcedir, a_mistake_in_a_new_file_costs_its_line)
{
	ASSERT_EQ(0, load(self, ""));
	write_file(self, "a.sources", "server a\nnonsense\nmakestep 1 -1\nserver b\n");
	reload(self);
	EXPECT_STREQ("oab", names_of(self));
	EXPECT_EQ(2, self->reports.warnings);
	EXPECT_NE(NULL, strstr(self->reports.message, "the line is skipped"));
}

TEST_F(sourcedir, a_line_without_an_end_is_a_mistake)
{
	write_file(self, "a.sources", "server a\n");
	ASSERT_EQ(0, load(self, ""));
	write_file(self, "a.sources", "server b\nserver c.exam");
	reload(self);
	EXPECT_STREQ("oa", names_of(self));
	EXPECT_EQ(1, self->reports.warnings);
}

TEST_F(sourcedir, a_file_that_is_being_written_is_not_read)
{
	write_file(self, "a.sources", "server a\n");
	ASSERT_EQ(0, load(self, ""));
	write_file(self, "a.sources", "server b\n");
	write_file(self, "n.sources", "server n\n");
	snprintf(self->busy, sizeof(self->busy), "%s/a.sources", self->directory);
	reload(self);
	EXPECT_STREQ("oan", names_of(self));
	snprintf(self->busy, sizeof(self->busy), "%s/n.sources", self->directory);
	reload(self);
	EXPECT_STREQ("obn", names_of(self));
}

TEST_F(sourcedir, a_file_that_cannot_be_read_keeps_its_sources)
{
	char path[128];

	write_file(self, "a.sources", "server a\n");
	ASSERT_EQ(0, load(self, ""));
	snprintf(path, sizeof(path), "%s/a.sources", self->directory);
	ASSERT_EQ(0, unlink(path));
	ASSERT_EQ(0, symlink(path, path));
	reload(self);
	EXPECT_STREQ("oa", names_of(self));
	EXPECT_EQ(1, self->reports.warnings);
	EXPECT_NE(NULL, strstr(self->reports.message, path));
	/* One that is gone has none. */
	ASSERT_EQ(0, unlink(path));
	reload(self);
	EXPECT_STREQ("o", names_of(self));
}

/* A directory is no file of sources: nothing in one is wrong, whenever it is read. */
TEST_F(sourcedir, a_directory_named_like_a_file_has_no_sources)
{
	char path[128];

	write_file(self, "a.sources", "server a\n");
	write_file(self, "b.sources", "server b\n");
	ASSERT_EQ(0, load(self, ""));
	snprintf(path, sizeof(path), "%s/a.sources", self->directory);
	ASSERT_EQ(0, unlink(path));
	make_directory(path);
	reload(self);
	EXPECT_STREQ("ob", names_of(self));
	EXPECT_EQ(1, self->reports.warnings);
	EXPECT_NE(NULL, strstr(self->reports.message, "is a directory"));
	EXPECT_EQ(NULL, strstr(self->reports.message, "kept"));
}

/* As where no descriptor is left: nobody has taken its files away. */
TEST_F(sourcedir, a_directory_that_cannot_be_read_keeps_its_sources)
{
	char aside[128];

	snprintf(aside, sizeof(aside), "%s.aside", self->directory);
	write_file(self, "a.sources", "server a\nserver b\n");
	write_file(self, "c[1].sources", "server c\n");
	ASSERT_EQ(0, load(self, ""));
	ASSERT_EQ(0, rename(self->directory, aside));
	ASSERT_EQ(0, symlink(self->directory, self->directory));
	reload(self);
	EXPECT_STREQ("oabc", names_of(self));
	EXPECT_NE(0, self->reports.warnings);
	reload(self);
	EXPECT_STREQ("oabc", names_of(self));
	ASSERT_EQ(0, unlink(self->directory));
	/* One that is not there has none. */
	reload(self);
	EXPECT_STREQ("o", names_of(self));
	ASSERT_EQ(0, rename(aside, self->directory));
	reload(self);
	EXPECT_STREQ("oabc", names_of(self));
}

TEST_F(sourcedir, of_one_name_the_first_of_a_directive_counts)
{
	char text[512], second[128];

	snprintf(second, sizeof(second), "%s/second", self->directory);
	make_directory(second);
	snprintf(text, sizeof(text), "sourcedir %s %s\nsourcedir %s\n", self->directory, second,
		 second);
	write_file(self, "a.sources", "server a\n");
	write_file(self, "second/a.sources", "server b\n");
	ASSERT_EQ(0, config_from_text("main", text, strlen(text), true, keep_report,
				      &self->reports, &self->config));
	EXPECT_STREQ("ab", names_of(self));
	write_file(self, "a.sources", "server c\n");
	reload(self);
	EXPECT_STREQ("cb", names_of(self));
}

TEST_F(sourcedir, authselectmode_holds_for_those_that_come)
{
	ASSERT_EQ(0, load(self, "authselectmode require\n"));
	write_file(self, "a.sources", "server a\n");
	reload(self);
	ASSERT_STREQ("oa", names_of(self));
	EXPECT_TRUE(self->config->sources[1].options.noselect);
}

TEST_F(sourcedir, a_missing_file_of_keys_is_said_of_each_source_once)
{
	char path[128];

	ASSERT_EQ(0, load(self, "server lasting key 1\n"));
	EXPECT_EQ(1, self->reports.warnings);
	EXPECT_STREQ("main", self->reports.file);
	reload(self);
	EXPECT_EQ(0, self->reports.warnings);
	write_file(self, "a.sources", "server a key 2\n");
	reload(self);
	EXPECT_EQ(1, self->reports.warnings);
	EXPECT_NE(NULL, strstr(self->reports.message, "'a' is not asked"));
	snprintf(path, sizeof(path), "%s/a.sources", self->directory);
	EXPECT_STREQ(path, self->reports.file);
}

TEST_F(sourcedir, whom_the_server_answers_stays)
{
	struct config_source source;

	ASSERT_EQ(0, load(self, "allow 192.0.2.0/24\ndeny 192.0.2.1\ncmdallow 192.0.2.3\n"));
	ASSERT_EQ(0, config_parse_source(self->config, "server b", keep_report, &self->reports,
					 &source));
	write_file(self, "a.sources", "server a\n");
	reload(self);
	reload(self);
	ASSERT_EQ(2, self->config->server.rule_count);
	EXPECT_TRUE(self->config->server.rules[0].allow);
	EXPECT_EQ(24, self->config->server.rules[0].prefix);
	EXPECT_FALSE(self->config->server.rules[1].allow);
	ASSERT_EQ(1, self->config->chronyc.rule_count);
	EXPECT_EQ(32, self->config->chronyc.rules[0].prefix);
}

/* chronyd starts with them. Of a line all are read, or none. */
TEST_F(sourcedir, directories_that_there_is_no_room_for_are_left_out)
{
	char text[1024] = "";
	int i;

	for (i = 1; i < CONFIG_SOURCEDIRS_MAX; i++)
		strcat(text, "sourcedir /none\n");
	strcat(text, "sourcedir /none /none\n");
	ASSERT_EQ(0, config_from_text("main", text, strlen(text), false, keep_report,
				      &self->reports, &self->config));
	EXPECT_EQ(CONFIG_SOURCEDIRS_MAX, self->reports.line);
	EXPECT_EQ(CONFIG_SOURCEDIRS_MAX - 1, self->config->sourcedir_count);
	config_free(self->config);
	snprintf(text, sizeof(text), "sourcedir /none /%0*d", CONFIG_PATH_MAX, 1);
	ASSERT_EQ(0, config_from_text("main", text, strlen(text), false, keep_report,
				      &self->reports, &self->config));
	EXPECT_NE(NULL, strstr(self->reports.message, "too long"));
	EXPECT_EQ(0, self->config->sourcedir_count);
}

TEST_F(sourcedir, an_operator_adds_a_source)
{
	static const char *const refused[] = {
		"", "# server a", "makestep 1 3", "server", "server a minpol 3",
		"refclock PHC /dev/ptp0", "server a minpoll x",
	};
	struct config_source source;
	size_t i;

	ASSERT_EQ(0, load(self, ""));
	ASSERT_EQ(0, config_parse_source(self->config, "pool ntp.example.net iburst maxsources 3",
					 keep_report, &self->reports, &source));
	EXPECT_EQ(CONFIG_POOL, source.kind);
	EXPECT_STREQ("ntp.example.net", source.options.name);
	EXPECT_TRUE(source.options.iburst);
	EXPECT_EQ(3, source.maxsources);
	EXPECT_FALSE(source.volatile_origin);
	EXPECT_STREQ("", source.file);
	EXPECT_EQ(1, self->config->source_count);
	for (i = 0; i < ARRAY_SIZE(refused); i++) {
		memset(&self->reports, 0, sizeof(self->reports));
		EXPECT_EQ(-EINVAL, config_parse_source(self->config, refused[i], keep_report,
						       &self->reports, &source))
			TH_LOG("%s", refused[i]);
		EXPECT_LE(1, self->reports.errors)
			TH_LOG("%s", refused[i]);
	}
}

TEST_HARNESS_MAIN
