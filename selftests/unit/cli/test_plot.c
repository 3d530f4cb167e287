// SPDX-License-Identifier: GPL-2.0-only
/*
 * The picture of the recent past: what is in it, and that nothing from outside breaks it.
 */
#include "user/cli/plot_svg.h"

#include <dirent.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "selftests/unit/unit.h"
#include "selftests/unit/wrapped_calls.h"
#include "user/cli/cli.h"

#define START_S	1795300000.0

/* Nobody is asked here. */
int past_ask(const struct cli *cli, int64_t since_s, struct past *past)
{
	(void)cli;
	(void)since_s;
	*past = (struct past){ .now_s = START_S + 600 };

	return CLI_OK;
}

FIXTURE(plot) {
	struct past past;
	char *text;
};

FIXTURE_SETUP(plot)
{
	memset(self, 0, sizeof(*self));
	self->past.now_s = START_S + 600;
}

FIXTURE_TEARDOWN(plot)
{
	free(self->text);
}

static const char *draw(FIXTURE_DATA(plot) *self, const char *name)
{
	size_t size;
	FILE *to;

	free(self->text);
	self->text = NULL;
	to = open_memstream(&self->text, &size);
	if (!to)
		exit(1);
	plot_svg(to, &self->past, START_S, name);
	fclose(to);
	return self->text;
}

/* A point every 10 s, of which the fifth has no bound. */
static void fill(FIXTURE_DATA(plot) *self)
{
	for (size_t i = 0; i < 60; i++)
		self->past.points[self->past.count++] = (struct past_point){
			.time_s = START_S + 10.0 * (double)i, .offset_ns = 100 * sin((double)i),
			.bound_ns = i == 4 ? NAN : 5000, .frequency_ppb = 1000 + (double)i,
		};
}

static int count_of(const char *text, const char *word)
{
	int count = 0;

	for (; (text = strstr(text, word)); text += strlen(word))
		count++;
	return count;
}

TEST_F(plot, curves_bands_and_marks)
{
	const char *text;

	fill(self);
	self->past.event_count = 1;
	self->past.events[0] = (struct past_event){
		.time_s = START_S + 305, .cause = "revert", .action = "step",
	};
	text = draw(self, "vm1");
	EXPECT_NE(NULL, strstr(text, "The clock of vm1"));
	EXPECT_NE(NULL, strstr(text, "right to within 5.00 us"));
	EXPECT_NE(NULL, strstr(text, ">revert: step<"));
	EXPECT_EQ(1, count_of(text, "class=\"mark\""));
	EXPECT_NE(NULL, strstr(text, "ppm</text>"));
	EXPECT_NE(NULL, strstr(text, "+10 us</text>"));
	/* The band has a hole where nothing is known, and both it and the curve end at the mark. */
	text = strstr(text, "class=\"band\"");
	EXPECT_EQ(3, count_of(text, "Z"));
	text = strstr(text, "class=\"offset\"");
	EXPECT_EQ(2 + 2, count_of(text, "M") - count_of(strstr(text, "class=\"mark\""), "M"));
	EXPECT_EQ(0, count_of(draw(self, "vm1"), "nan"));
	EXPECT_EQ(0, count_of(self->text, "inf"));
	EXPECT_EQ(0, count_of(self->text, "script"));
}

TEST_F(plot, nothing_is_known)
{
	const char *text = draw(self, "vm1");

	EXPECT_NE(NULL, strstr(text, "nothing is known"));
	EXPECT_EQ(0, count_of(text, "class=\"offset\""));
	EXPECT_EQ(0, count_of(text, "nan"));
	EXPECT_NE(NULL, strstr(text, "</svg>"));
}

TEST_F(plot, names_do_not_break_it)
{
	const char *text;

	self->past.event_count = 1;
	self->past.events[0] = (struct past_event){
		.time_s = START_S + 1, .cause = "<script>&", .action = "\"\n",
	};
	text = draw(self, "<b>\x01\xff");
	EXPECT_EQ(0, count_of(text, "<script>"));
	EXPECT_EQ(0, count_of(text, "<b>"));
	EXPECT_NE(NULL, strstr(text, "&lt;script&gt;&amp;"));
	EXPECT_NE(NULL, strstr(text, "&lt;b&gt;??"));
}

TEST_F(plot, json_with_nonsense_is_left_out)
{
	json_t *history, *events;

	history = json_pack("{s:I,s:[I,s,I],s:[I,I,I],s:[I,I,n],s:[f,f,f]}",
			    "now_ns", (json_int_t)3000000000,
			    "time_ns", (json_int_t)1000000000, "x", (json_int_t)2000000000,
			    "offset_ns", (json_int_t)5, (json_int_t)6, (json_int_t)7,
			    "maxerror_ns", (json_int_t)50, (json_int_t)60,
			    "frequency_ppb", 1.0, 2.0, 3.0);
	events = json_pack("{s:[{s:s,s:I}]}", "events", "cause", "revert",
			   "time_ns", (json_int_t)1500000000);
	past_read(&self->past, history, events);
	ASSERT_EQ(2, self->past.count);
	EXPECT_EQ(-5, self->past.points[0].offset_ns);
	EXPECT_EQ(50, self->past.points[0].bound_ns);
	EXPECT_TRUE(isnan(self->past.points[1].bound_ns));
	EXPECT_EQ(3, self->past.now_s);
	ASSERT_EQ(1, self->past.event_count);
	EXPECT_STREQ("revert", self->past.events[0].cause);
	past_read(&self->past, NULL, NULL);
	EXPECT_EQ(0, self->past.count);
	json_decref(history);
	json_decref(events);
}

/* The clock was ahead by an hour until it was set back. */
TEST_F(plot, what_is_of_a_time_to_come_is_left_out)
{
	json_t *history;

	history = json_pack("{s:I,s:[I,I,I],s:[I,I,I],s:[n,n,I],s:[f,f,f]}",
			    "now_ns", (json_int_t)(START_S + 600) * 1000000000,
			    "time_ns", (json_int_t)(START_S + 4100) * 1000000000,
			    (json_int_t)(START_S + 4101) * 1000000000,
			    (json_int_t)(START_S + 300) * 1000000000,
			    "offset_ns", (json_int_t)0, (json_int_t)-3600000000000, (json_int_t)0,
			    "maxerror_ns", (json_int_t)5000, "frequency_ppb", 0.0, 0.0, 0.0);
	past_read(&self->past, history, NULL);
	EXPECT_EQ(1, self->past.count);
	EXPECT_EQ(START_S + 300, self->past.points[0].time_s);
	/* Nor does it make the axis of errors reach that far. */
	EXPECT_EQ(NULL, strstr(draw(self, "vm1"), " s</text>"));
	json_decref(history);
}

/* A link to a picture elsewhere, or to a device such as /dev/stdout, stays. */
TEST_F(plot, what_is_no_plain_file_is_written_to_and_not_replaced)
{
	char folder[] = "/tmp/test_plot.XXXXXX", link[64], target[64];
	struct cli cli = { .output = link };
	struct stat status;

	ASSERT_NE(NULL, mkdtemp(folder));
	snprintf(link, sizeof(link), "%s/link", folder);
	snprintf(target, sizeof(target), "%s/target", folder);
	ASSERT_EQ(0, symlink(target, link));
	EXPECT_EQ(CLI_OK, verb_plot(&cli));
	EXPECT_EQ(0, lstat(link, &status));
	EXPECT_TRUE(S_ISLNK(status.st_mode));
	EXPECT_EQ(0, stat(target, &status));
	EXPECT_GT(status.st_size, 1000);

	/* A plain file is replaced by one that is whole. */
	cli.output = target;
	EXPECT_EQ(CLI_OK, verb_plot(&cli));
	EXPECT_EQ(0, unlink(link));
	EXPECT_EQ(0, unlink(target));
	EXPECT_EQ(0, rmdir(folder));
}

static bool is_killed;

/* The program is ended at the last moment. */
int __wrap_rename(const char *from, const char *to)
{
	if (is_killed)
		raise(SIGTERM);
	return __real_rename(from, to);
}

static int entries_of(const char *folder)
{
	DIR *list = opendir(folder);
	int count = -2;		/* itself, and the one above */

	while (list && readdir(list))
		count++;
	closedir(list);
	return count;
}

FIXTURE(plot_file) {
	char folder[32];
	char path[64];
	char part[80];
};

FIXTURE_SETUP(plot_file)
{
	strcpy(self->folder, "/tmp/test_plot.XXXXXX");
	ASSERT_NE(NULL, mkdtemp(self->folder));
	snprintf(self->path, sizeof(self->path), "%s/plot.svg", self->folder);
	snprintf(self->part, sizeof(self->part), "%s.part", self->path);
	is_killed = false;
}

FIXTURE_TEARDOWN(plot_file)
{
	unlink(self->path);
	unlink(self->part);
	/* Nothing else was left behind. */
	EXPECT_EQ(0, rmdir(self->folder));
}

/* It may be the user's, or that of another process that draws the same picture. */
TEST_F(plot_file, no_file_beside_it_is_touched)
{
	struct cli cli = { .output = self->path };
	char text[8] = "";
	FILE *file = fopen(self->part, "w");

	ASSERT_NE(NULL, file);
	fputs("mine", file);
	fclose(file);
	EXPECT_EQ(CLI_OK, verb_plot(&cli));
	file = fopen(self->part, "r");
	ASSERT_NE(NULL, file);
	EXPECT_NE(NULL, fgets(text, sizeof(text), file));
	EXPECT_STREQ("mine", text);
	fclose(file);
}

TEST_F(plot_file, permissions_are_as_usual_and_stay_as_they_were)
{
	struct cli cli = { .output = self->path };
	struct stat status;

	umask(022);
	EXPECT_EQ(CLI_OK, verb_plot(&cli));
	ASSERT_EQ(0, stat(self->path, &status));
	EXPECT_EQ(0644, status.st_mode & 0777);
	ASSERT_EQ(0, chmod(self->path, 0640));
	EXPECT_EQ(CLI_OK, verb_plot(&cli));
	ASSERT_EQ(0, stat(self->path, &status));
	EXPECT_EQ(0640, status.st_mode & 0777);
}

/* The command was right, and the daemon has answered. */
TEST_F(plot_file, what_cannot_be_written_is_no_wrong_usage)
{
	struct cli cli = { .output = "/dev/null/clock.svg" };

	EXPECT_EQ(CLI_NOT, verb_plot(&cli));
	cli.output = self->folder;
	EXPECT_EQ(CLI_NOT, verb_plot(&cli));
}

TEST_F(plot_file, nothing_stays_behind_when_it_is_ended)
{
	struct cli cli = { .output = self->path };
	pid_t child = fork();
	int status;

	ASSERT_LE(0, child);
	if (!child) {
		is_killed = true;
		verb_plot(&cli);
		_exit(0);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(SIGTERM, WTERMSIG(status));
	EXPECT_EQ(1, entries_of(self->folder));
	EXPECT_EQ(0, access(self->path, F_OK));
}

TEST_HARNESS_MAIN
