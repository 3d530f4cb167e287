// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading the configuration again: what it says is in force from then on, and one that cannot be
 * taken changes nothing. The configuration is read by the program's own code; who is told of it
 * are stand-ins.
 */
#include "user/daemon/daemon.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/daemon/notify.h"

#include "selftests/unit/unit.h"
#include "selftests/unit/wrapped_calls.h"
#include "user/lib/time_units.h"

#define NOW_NS		(5000 * NS_PER_S)

static struct {
	int configure_error;
	int freed;		/* configurations */
	int told;		/* those who are told of a configuration: the discipline */
	int counted_anew;	/* who counts steps: discipline and steering */
	int serves;		/* the NTP server */
	int moved;		/* the notes beside the drift file */
	int withdrawn;		/* rules that are not in the configuration any more */
} world;

void __wrap_config_free(struct config *config)
{
	world.freed += !!config;
	__real_config_free(config);
}

int64_t system_clock_raw_ns(void)
{
	return NOW_NS;
}

int associations_configure(struct associations *list, const struct config *config,
			   int64_t now_raw_ns)
{
	return world.configure_error;
}

const struct ntp_keys *associations_keys(const struct associations *list)
{
	return NULL;
}

void associations_open_hardware(struct associations *list, const struct config *config)
{
}

struct hardware *associations_hardware(struct associations *list)
{
	return NULL;
}

void serving_use_cards(struct serving *serving, struct hardware *hardware, int64_t now_raw_ns)
{
}

void serving_configure(struct serving *serving, const struct config *config,
		       const struct ntp_keys *keys, int64_t now_raw_ns)
{
	world.serves++;
}

void chronyc_listener_configure(struct chronyc_listener *listener,
				const struct config_chronyc *config)
{
}

void discipline_set_options(struct discipline *discipline, const struct discipline_options *options)
{
	world.told++;
}

void discipline_count_steps_anew(struct discipline *discipline)
{
	world.counted_anew++;
}

void steering_count_steps_anew(struct steering *steering)
{
	world.counted_anew++;
}

void steering_set_options(struct steering *steering, const struct steering_options *options)
{
}

void daemon_configure_module(struct daemon *daemon)
{
}

void daemon_name_withdrawn(const struct daemon *daemon, const struct config *before)
{
	world.withdrawn += before->rule_count > daemon->config->rule_count;
}

void daemon_move_notes(struct daemon *daemon)
{
	world.moved++;
}

void daemon_ask_quickly(const struct daemon *daemon, struct config *config)
{
}

void daemon_open_logs(struct daemon *daemon)
{
}

void daemon_find_rivals(struct daemon *daemon)
{
}

void daemon_watch_sources(struct daemon *daemon)
{
}

const struct config_busy_files *daemon_busy_files(struct daemon *daemon,
						  struct config_busy_files *busy)
{
	return NULL;
}

FIXTURE(reload)
{
	struct daemon_options options;
	struct daemon daemon;
};

static void report(void *context, enum config_severity severity, const char *file, int line,
		   const char *message)
{
}

FIXTURE_SETUP(reload)
{
	static const char start[] = "server 192.0.2.1\n";
	int i;

	log_set_level(-1);
	memset(&world, 0, sizeof(world));
	memset(&self->daemon, 0, sizeof(self->daemon));
	memset(&self->options, 0, sizeof(self->options));
	self->daemon.options = &self->options;
	for (i = 0; i < DUE_COUNT; i++)
		self->daemon.due_ns[i] = INT64_MAX;
	ASSERT_EQ(0, config_from_text("start", start, strlen(start), true, report, NULL,
				      &self->daemon.config));
}

FIXTURE_TEARDOWN(reload)
{
	__real_config_free(self->daemon.config);
}

/* From then on, and not only when the daemon ends, which a killed one does not see. */
TEST_F(reload, a_drift_file_is_written_once_it_is_configured)
{
	self->options.config_text = "server 192.0.2.1\ndriftfile /var/lib/truechime/drift\n";
	ASSERT_EQ(0, daemon_reload(&self->daemon));
	EXPECT_STREQ("/var/lib/truechime/drift", self->daemon.config->driftfile);
	EXPECT_GE(NOW_NS, self->daemon.due_ns[DUE_DRIFT]);
	EXPECT_EQ(1, world.moved);
	ASSERT_EQ(0, daemon_reload(&self->daemon));
	EXPECT_EQ(1, world.moved);
}

TEST_F(reload, what_is_wrong_changes_nothing)
{
	const struct config *before = self->daemon.config;

	self->options.config_text = "server 192.0.2.1 nonsense\n";
	EXPECT_NE(0, daemon_reload(&self->daemon));
	EXPECT_EQ(before, self->daemon.config);
	EXPECT_EQ(0, world.told);
	EXPECT_STREQ("command line:1: 'nonsense' is no option of 'server'", self->daemon.refusal);
}

#define FOLDER	"/tmp/test_reload.XXXXXX"

/* Make @folder, a FOLDER, with a file of these lines, whose name is put into @path. */
static bool write_sources(char *folder, const char *lines, char *path, size_t size)
{
	FILE *file;

	if (!mkdtemp(folder))
		return false;
	snprintf(path, size, "%s/a.sources", folder);
	file = fopen(path, "w");
	if (!file)
		return false;
	fputs(lines, file);

	return !fclose(file);
}

/* Nothing is in force of what is named then, so that a line that would be left out is no news. */
TEST_F(reload, the_first_error_is_named)
{
	char folder[] = FOLDER, path[64], text[128];

	ASSERT_TRUE(write_sources(folder, "server 192.0.2.3 nonsense\n", path, sizeof(path)));
	snprintf(text, sizeof(text), "sourcedir %s\nport x\nserver\n", folder);
	self->options.config_text = text;
	EXPECT_NE(0, daemon_reload(&self->daemon));
	EXPECT_STREQ("command line:2: 'port x': a whole number was expected", self->daemon.refusal);
	unlink(path);
	EXPECT_EQ(0, rmdir(folder));
}

/* The module keeps what it was told, and nobody else remembers what that was. */
TEST_F(reload, what_was_taken_out_is_named)
{
	self->options.config_text = "server 192.0.2.1\nsteppolicy operator backward step\n";
	ASSERT_EQ(0, daemon_reload(&self->daemon));
	EXPECT_EQ(0, world.withdrawn);
	self->options.config_text = "server 192.0.2.1\n";
	ASSERT_EQ(0, daemon_reload(&self->daemon));
	EXPECT_EQ(1, world.withdrawn);
}

/* The operator is told which line of a source directory is not in force, while all else is. */
TEST_F(reload, a_line_that_is_left_out_is_named)
{
	char folder[] = FOLDER, path[64], text[128], place[80];

	ASSERT_TRUE(write_sources(folder, "server 192.0.2.2\nserver 192.0.2.3 nonsense\n", path,
				  sizeof(path)));
	snprintf(text, sizeof(text), "server 192.0.2.1\nsourcedir %s\n", folder);
	self->options.config_text = text;
	EXPECT_EQ(0, daemon_reload(&self->daemon));
	EXPECT_EQ(2, self->daemon.config->source_count);
	snprintf(place, sizeof(place), "%s:2: ", path);
	EXPECT_EQ(0, strncmp(place, self->daemon.refusal, strlen(place)))
		TH_LOG("%s", self->daemon.refusal);
	unlink(path);
	EXPECT_EQ(0, daemon_reload(&self->daemon));
	EXPECT_STREQ("", self->daemon.refusal);
	EXPECT_EQ(0, rmdir(folder));
}

TEST_F(reload, what_there_is_no_memory_for_changes_nothing_and_is_forgotten)
{
	const struct config *before = self->daemon.config;

	self->options.config_text = "server 192.0.2.2\n";
	world.configure_error = -ENOMEM;
	EXPECT_EQ(-ENOMEM, daemon_reload(&self->daemon));
	EXPECT_EQ(before, self->daemon.config);
	EXPECT_EQ(0, world.told);
	/* The new one. */
	EXPECT_EQ(1, world.freed);
}

/* A terminal that goes away sends the signal to -q and -Q, which are there to ask only. */
TEST_F(reload, who_is_to_set_or_measure_the_clock_serves_nobody)
{
	self->options.config_text = "server 192.0.2.1\nallow\n";
	self->options.task = DAEMON_SET;
	EXPECT_EQ(0, daemon_reload(&self->daemon));
	self->options.task = DAEMON_MEASURE;
	EXPECT_EQ(0, daemon_reload(&self->daemon));
	EXPECT_EQ(0, world.serves);
	self->options.task = DAEMON_RUN;
	EXPECT_EQ(0, daemon_reload(&self->daemon));
	EXPECT_EQ(1, world.serves);
}

/* The process that a pid file names; -1: there is none. */
static int pid_in(const char *path)
{
	FILE *file = fopen(path, "r");
	int pid = -1;

	if (!file)
		return -1;
	if (fscanf(file, "%d", &pid) != 1)
		pid = 0;
	fclose(file);
	return pid;
}

static int reload_with_pid_file(FIXTURE_DATA(reload) *self, const char *path)
{
	char text[192];

	snprintf(text, sizeof(text), "server 192.0.2.1\npidfile %s\n", path);
	self->options.config_text = text;
	return daemon_reload(&self->daemon);
}

/* There is always the one that is configured, unless it cannot be written, and no other. */
TEST_F(reload, the_pid_file_moves)
{
	char folder[] = "/tmp/test_reload.XXXXXX", one[64], other[64], nowhere[64];

	ASSERT_NE(NULL, mkdtemp(folder));
	snprintf(one, sizeof(one), "%s/one", folder);
	snprintf(other, sizeof(other), "%s/other", folder);
	snprintf(nowhere, sizeof(nowhere), "%s/no/where", folder);

	EXPECT_EQ(0, reload_with_pid_file(self, one));
	EXPECT_EQ(getpid(), pid_in(one));
	EXPECT_EQ(0, reload_with_pid_file(self, other));
	EXPECT_EQ(-1, pid_in(one));
	EXPECT_EQ(getpid(), pid_in(other));
	EXPECT_EQ(0, reload_with_pid_file(self, nowhere));
	EXPECT_EQ(getpid(), pid_in(other));
	EXPECT_EQ(0, reload_with_pid_file(self, "/"));
	EXPECT_EQ(-1, pid_in(other));
	unlink(one);
	unlink(other);
	EXPECT_EQ(0, rmdir(folder));
}

/* Of 0 and less any error is more. */
TEST_F(reload, makestep_takes_a_threshold_that_an_error_can_have)
{
	static const struct {
		double threshold_s;
		int64_t threshold_ns;
	} thresholds[] = {
		{ 0.1, 100000000 }, { -1, 1 }, { 0, 1 }, { 1e9, 1000000000000000000 },
		{ 1e12, 1000000000000000000 },
	};
	const struct discipline_options *options = &self->daemon.config->discipline;

	for (size_t i = 0; i < ARRAY_SIZE(thresholds); i++) {
		EXPECT_EQ(0, daemon_set_stepping(&self->daemon, thresholds[i].threshold_s, 5));
		EXPECT_EQ(thresholds[i].threshold_ns, options->step_threshold_ns)
			TH_LOG("%g", thresholds[i].threshold_s);
		EXPECT_EQ(5, options->step_limit);
	}
	EXPECT_EQ(2 * ARRAY_SIZE(thresholds), world.counted_anew);
	EXPECT_EQ(ARRAY_SIZE(thresholds), world.told);
}

TEST_F(reload, makestep_refuses_what_no_error_can_be)
{
	static const double thresholds_s[] = { NAN, INFINITY, -INFINITY, 4.6e18 };
	const struct discipline_options *options = &self->daemon.config->discipline;
	int64_t before_ns = options->step_threshold_ns;

	for (size_t i = 0; i < ARRAY_SIZE(thresholds_s); i++) {
		EXPECT_EQ(-ERANGE, daemon_set_stepping(&self->daemon, thresholds_s[i], 5))
			TH_LOG("%g", thresholds_s[i]);
		EXPECT_EQ(before_ns, options->step_threshold_ns);
	}
	EXPECT_EQ(0, world.counted_anew);
	EXPECT_EQ(0, world.told);
}

TEST_HARNESS_MAIN
