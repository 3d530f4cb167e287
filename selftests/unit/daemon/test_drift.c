// SPDX-License-Identifier: GPL-2.0-only
/*
 * The drift files as the daemon keeps them: the host's rate apart from raw's, the host's turns
 * counted as uncertainty, and what is read given to the discipline. And with which status it ends
 * where the discipline gives up, and what the service manager is told. The rest is stand-ins.
 */
#include "user/daemon/daemon.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/daemon/notify.h"
#include "user/discipline/drift.h"

#include "selftests/unit/daemon_edges.h"
#include "selftests/unit/unit.h"
#include "selftests/unit/wrapped_calls.h"

#define PPM_Q32	4295LL

static struct {
	double rate;
	double rate_sigma;
	double primed;
	double primed_sigma;
	int primes;
	bool open;		/* it is, whether the primed rate is right */
	double clock_rate;
	int clock_rates;
	struct module_status status;
	int update_error;
	int correct_error;
	int forgotten;
	bool contradicted;	/* no source may be used: they contradict the clock */
	bool has_host;
	bool demotes, reinstates;
	int refuses;		/* -errno of the module */
	int unreadable;		/* -errno of the clocks */
	int recalled;		/* outvoted hosts */
	char told[64];		/* the service manager */
	int warnings, infos;	/* in the log */
	char logged[512];	/* the latest one */
} world;

bool __wrap_daemon_judge_sources(struct daemon *daemon, struct source *const *sources,
				 size_t count, const struct timescale_now *now)
{
	return !world.contradicted;
}

void __wrap_notify_status(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(world.told, sizeof(world.told), format, arguments);
	va_end(arguments);
}

void __wrap_log_warning(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(world.logged, sizeof(world.logged), format, arguments);
	va_end(arguments);
	world.warnings++;
}

void __wrap_log_info(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(world.logged, sizeof(world.logged), format, arguments);
	va_end(arguments);
	world.infos++;
}

static int clocks(struct timescale *timescale, struct timescale_now *now)
{
	*now = (struct timescale_now){ .has_host = world.has_host };
	return world.unreadable;
}

static const struct timescale_ops ops = { .now = clocks };
static struct timescale timescale = { .ops = &ops };

bool discipline_get_rate(const struct discipline *discipline, double *rate, double *rate_sigma)
{
	*rate = world.rate;
	*rate_sigma = world.rate_sigma;
	return true;
}

void discipline_prime_rate(struct discipline *discipline, double rate, double rate_sigma)
{
	world.primed = rate;
	world.primed_sigma = rate_sigma;
	world.primes++;
}

bool discipline_rate_is_open(const struct discipline *discipline)
{
	return world.open;
}

void discipline_return_step(struct discipline *discipline)
{
}

void discipline_return_sample(struct discipline *discipline)
{
}

int discipline_update(struct discipline *discipline, struct source *const *sources, size_t count,
		      const struct timescale_now *now, struct discipline_result *result)
{
	result->demote_host = world.demotes;
	result->reinstate_host = world.reinstates;
	return world.update_error;
}

void discipline_select(const struct discipline *discipline, struct source *const *sources,
		       size_t count, const struct timescale_now *now, struct selection *selection)
{
}

void discipline_recall_outvoted_host(struct discipline *discipline)
{
	world.recalled++;
}

int system_clock_set_rate(struct system_clock *clock, double rate)
{
	world.clock_rate = rate;
	world.clock_rates++;
	return 0;
}

double system_clock_rate(const struct system_clock *clock)
{
	return world.clock_rate;
}

int module_link_status(struct module_link *link, struct module_status *status)
{
	*status = world.status;
	return 0;
}

int module_link_demote_host(struct module_link *link, bool demoted)
{
	return world.refuses;
}

int64_t system_clock_raw_ns(void)
{
	return 1;
}

void daemon_check_epoch(struct daemon *daemon, const struct timescale_now *now)
{
}

int64_t steering_known_ns(const struct steering *steering, const struct timescale_now *now)
{
	return now->maxerror_ns;
}

void steering_narrow(struct steering *steering, const struct timescale_now *now)
{
}

bool steering_withholds_step(const struct steering *steering)
{
	return false;
}

int steering_correct(struct steering *steering, const struct discipline_result *result,
		     const struct timescale_now *now)
{
	return world.correct_error;
}

void discipline_change_reference(struct discipline *discipline,
				 const struct reference_change *change)
{
	world.forgotten += !reference_change_keeps_rate(change);
}

int steering_try_step(struct steering *steering, const char *reason)
{
	return 0;
}

int steering_follow(struct steering *steering)
{
	return 0;
}

bool steering_asks_sources(struct steering *steering)
{
	return false;
}

void daemon_burst(struct daemon *daemon, int count)
{
}

int64_t steering_leap(struct steering *steering)
{
	return 0;
}

void steering_set_contradicted(struct steering *steering, bool contradicted)
{
}

void steering_follow_now(struct steering *steering)
{
}

void steering_follow_later(struct steering *steering, int64_t next_ns)
{
}

int64_t steering_next_ns(const struct steering *steering)
{
	return INT64_MAX;
}

void steering_settle(struct steering *steering)
{
}

void steering_get_status(const struct steering *steering, struct steering_status *status)
{
	*status = (struct steering_status){ 0 };
}

FIXTURE(drift)
{
	struct daemon_options options;
	struct config config;
	struct daemon daemon;
	char dir[64];
	char host_file[96];
};

FIXTURE_SETUP(drift)
{
	memset(&world, 0, sizeof(world));
	memset(&self->daemon, 0, sizeof(self->daemon));
	memset(&self->config, 0, sizeof(self->config));
	memset(&self->options, 0, sizeof(self->options));
	strcpy(self->dir, "/tmp/test_daemon_drift.XXXXXX");
	ASSERT_NE(NULL, mkdtemp(self->dir));
	snprintf(self->config.driftfile, sizeof(self->config.driftfile), "%s/drift", self->dir);
	snprintf(self->host_file, sizeof(self->host_file), "%s/drift.host", self->dir);
	self->options.task = DAEMON_RUN;
	self->daemon.options = &self->options;
	self->daemon.config = &self->config;
	self->daemon.timescale = &timescale;
	self->daemon.link = (struct module_link *)&world;
	self->daemon.update.raw_ns = 1;
	self->daemon.known.has_host = true;
	world.rate = 2e-6;
	world.rate_sigma = 3e-8;
	world.status.has_host_line = true;
	world.status.has_unslewed_line = true;
}

FIXTURE_TEARDOWN(drift)
{
	unlink(self->config.driftfile);
	unlink(self->host_file);
	strcat(self->config.driftfile, ".outvoted");
	unlink(self->config.driftfile);
	rmdir(self->dir);
}

TEST_F(drift, host_has_its_own)
{
	double rate, sigma;

	daemon_finish(&self->daemon);
	EXPECT_EQ(-ENOENT, drift_read(self->config.driftfile, &rate, &sigma));
	ASSERT_EQ(0, drift_read(self->host_file, &rate, &sigma));
	EXPECT_LT(fabs(rate - 2e-6), 1e-12);
	EXPECT_LT(fabs(sigma - 3e-8), 1e-12);

	/* It is the discipline's to begin with, and not the system clock's. */
	daemon_prime(&self->daemon);
	EXPECT_EQ(1, world.primes);
	EXPECT_LT(fabs(world.primed - 2e-6), 1e-12);
	EXPECT_LT(fabs(world.primed_sigma - 3e-8), 1e-12);
	EXPECT_EQ(0, world.clock_rates);

	/* Raw's is another one, of which nothing is known. */
	self->daemon.known.has_host = false;
	daemon_prime(&self->daemon);
	EXPECT_EQ(1, world.primes);
	world.rate = -5e-5;
	daemon_finish(&self->daemon);
	daemon_prime(&self->daemon);
	EXPECT_EQ(2, world.primes);
	EXPECT_LT(fabs(world.clock_rate + 5e-5), 1e-12);
}

/* Its rate is theirs, from the start on. */
TEST_F(drift, a_clock_that_others_steer_is_left_to_them)
{
	self->daemon.known.has_host = false;
	daemon_finish(&self->daemon);
	self->daemon.known.external = true;
	daemon_prime(&self->daemon);
	EXPECT_EQ(1, world.primes);
	self->daemon.known.external = false;
	self->daemon.rivals.yielding = true;
	daemon_prime(&self->daemon);
	EXPECT_EQ(2, world.primes);
	EXPECT_EQ(0, world.clock_rates);
}

/* -q takes six seconds, and a rate from six seconds is worse than the one that was there. */
TEST_F(drift, what_was_learned_in_seconds_is_not_left_behind)
{
	static const struct {
		double learned;
		double sigma;
		double left;
	} cases[] = {
		{ 9e-6, 6e-6, 20e-6 },		/* says nothing against it */
		{ 95e-6, 10e-6, 95e-6 },	/* contradicts it */
		{ 18e-6, 0.9e-6, 18e-6 },	/* is known better */
	};
	unsigned int i;

	self->daemon.known.has_host = false;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		world.clock_rate = 20e-6;
		daemon_prime(&self->daemon);
		/* As the steering leaves it. */
		world.clock_rate = cases[i].learned;
		world.rate = cases[i].learned;
		world.rate_sigma = cases[i].sigma;
		daemon_finish(&self->daemon);
		EXPECT_LT(fabs(world.clock_rate - cases[i].left), 1e-12) TH_LOG("case %u", i);
		unlink(self->config.driftfile);
	}

	/* Beside a host the rate is one against the host, and the module is there to go on. */
	self->daemon.known.has_host = true;
	world.clock_rate = 20e-6;
	daemon_prime(&self->daemon);
	world.clock_rate = 9e-6;
	world.rate_sigma = 6e-6;
	daemon_finish(&self->daemon);
	EXPECT_LT(fabs(world.clock_rate - 9e-6), 1e-12);
}

/* The next start begins with the host's time as it is then, bends and all. */
TEST_F(drift, turns_of_the_host_are_doubts)
{
	double rate, sigma;

	world.status.host_line.rate_q32 = 10 * PPM_Q32;
	world.status.unslewed_line.rate_q32 = 6 * PPM_Q32;
	daemon_finish(&self->daemon);
	ASSERT_EQ(0, drift_read(self->host_file, &rate, &sigma));
	EXPECT_LT(fabs(rate - 2e-6), 1e-12);
	EXPECT_LT(fabs(sigma - 4e-6), 1e-9);

	/* Where the module does not tell there are none. */
	world.status.has_unslewed_line = false;
	daemon_finish(&self->daemon);
	ASSERT_EQ(0, drift_read(self->host_file, &rate, &sigma));
	EXPECT_LT(fabs(sigma - 3e-8), 1e-12);
}

TEST_F(drift, nothing_is_kept_that_was_not_learned)
{
	double rate, sigma;

	self->daemon.update.raw_ns = 0;
	daemon_finish(&self->daemon);
	EXPECT_EQ(-ENOENT, drift_read(self->host_file, &rate, &sigma));
	self->daemon.update.raw_ns = 1;
	self->options.no_clock = true;
	daemon_finish(&self->daemon);
	EXPECT_EQ(-ENOENT, drift_read(self->host_file, &rate, &sigma));
}

/* truechime dump says that. */
TEST_F(drift, why_nothing_was_written)
{
	self->daemon.update.raw_ns = 1;
	EXPECT_EQ(NULL, daemon_write_drift(&self->daemon));
	self->daemon.update.raw_ns = 0;
	EXPECT_NE(NULL, strstr(daemon_write_drift(&self->daemon), "not known yet"));
	self->daemon.update.raw_ns = 1;
	world.rate_sigma = 1e-3;
	EXPECT_NE(NULL, strstr(daemon_write_drift(&self->daemon), "not known well enough"));
	world.rate_sigma = 3e-8;
	world.open = true;
	EXPECT_EQ(NULL, daemon_write_drift(&self->daemon));
	world.rate_sigma = 2e-7;
	EXPECT_NE(NULL, strstr(daemon_write_drift(&self->daemon), "read from it"));
	world.open = false;
	EXPECT_EQ(NULL, daemon_write_drift(&self->daemon));
	self->options.no_clock = true;
	EXPECT_NE(NULL, strstr(daemon_write_drift(&self->daemon), "-x"));
	self->options.no_clock = false;
	strcpy(self->config.driftfile, "/nowhere/drift");
	EXPECT_STREQ("No such file or directory", daemon_write_drift(&self->daemon));
	*self->config.driftfile = '\0';
	EXPECT_NE(NULL, strstr(daemon_write_drift(&self->daemon), "no driftfile"));
}

/* "Invalid argument" would leave open whose. */
TEST_F(drift, a_file_that_is_damaged_is_called_so)
{
	static const char *const texts[] = { "", "1.5", "1 2 3", "nan 1", "1e9 1" };
	FILE *file;

	self->daemon.known.has_host = false;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		file = fopen(self->config.driftfile, "w");
		ASSERT_NE(NULL, file);
		ASSERT_LE(0, fputs(texts[i], file));
		fclose(file);
		daemon_prime(&self->daemon);
		EXPECT_EQ((int)i + 1, world.warnings);
		EXPECT_NE(NULL, strstr(world.logged, "it is damaged")) TH_LOG("%s", world.logged);
	}
	EXPECT_EQ(0, world.primes);
}

/* Each time would be each hour, for as long as a disk is full. */
TEST_F(drift, a_file_that_cannot_be_written_is_logged_once)
{
	char path[sizeof(self->config.driftfile)];
	int i;

	memcpy(path, self->config.driftfile, sizeof(path));
	for (i = 0; i < 3; i++) {
		strcpy(self->config.driftfile, "/nowhere/drift");
		daemon_keep_drift(&self->daemon, 1);
	}
	EXPECT_EQ(1, world.warnings);
	/* The operator is told each time. */
	EXPECT_STREQ("No such file or directory", daemon_write_drift(&self->daemon));
	EXPECT_EQ(1, world.warnings);
	/* For another reason. */
	strcpy(self->config.driftfile, "/dev/null/drift");
	daemon_keep_drift(&self->daemon, 1);
	EXPECT_EQ(2, world.warnings);
	EXPECT_EQ(0, world.infos);
	memcpy(self->config.driftfile, path, sizeof(path));
	for (i = 0; i < 3; i++)
		daemon_keep_drift(&self->daemon, 1);
	EXPECT_EQ(2, world.warnings);
	EXPECT_EQ(1, world.infos);
	EXPECT_NE(NULL, strstr(world.logged, "is written again"));
	strcpy(self->config.driftfile, "/nowhere/drift");
	daemon_keep_drift(&self->daemon, 1);
	EXPECT_EQ(3, world.warnings);
	memcpy(self->config.driftfile, path, sizeof(path));
}

TEST_F(drift, what_was_learned_in_seconds_does_not_replace_what_was_in_hours)
{
	double rate, sigma;

	daemon_finish(&self->daemon);
	world.rate = 1e-4;
	world.rate_sigma = 7e-5;
	daemon_finish(&self->daemon);
	ASSERT_EQ(0, drift_read(self->host_file, &rate, &sigma));
	EXPECT_LT(fabs(rate - 2e-6), 1e-12);
	EXPECT_LT(fabs(sigma - 3e-8), 1e-12);
}

TEST_F(drift, maxchange_ends_it_for_good)
{
	log_set_level(-1);
	daemon_update(&self->daemon);
	EXPECT_FALSE(self->daemon.stop);
	world.update_error = -ERANGE;
	daemon_update(&self->daemon);
	EXPECT_TRUE(self->daemon.stop);
	/* As the unit has it: RestartPreventExitStatus. */
	EXPECT_EQ(3, self->daemon.status);
}

/* As where memory is short: the loop must not turn as fast as it can until there is some. */
TEST_F(drift, clocks_that_cannot_be_read_are_read_again_later)
{
	world.unreadable = -ENOMEM;
	daemon_update(&self->daemon);
	EXPECT_LT(system_clock_raw_ns() + 100000000, self->daemon.due_ns[DUE_UPDATE]);
	EXPECT_GE(system_clock_raw_ns() + 1000000000, self->daemon.due_ns[DUE_UPDATE]);
}

/* The module refuses a rate that no clock has; the next sample would bring the same one. */
TEST_F(drift, rate_that_is_refused_is_not_kept)
{
	log_set_level(-1);
	daemon_update(&self->daemon);
	EXPECT_EQ(0, world.forgotten);
	world.correct_error = -ERANGE;
	daemon_update(&self->daemon);
	EXPECT_EQ(1, world.forgotten);
}

/* systemctl status shows it for as long as nothing else is told. */
TEST_F(drift, the_service_manager_is_told_what_is_not_followed)
{
	daemon_update(&self->daemon);
	*world.told = '\0';
	world.contradicted = true;
	self->daemon.update.result.selection.selected = -1;
	daemon_update(&self->daemon);
	EXPECT_STREQ("No usable time source", world.told);

	world.contradicted = false;
	self->daemon.rivals.yielding = true;
	daemon_update(&self->daemon);
	EXPECT_STREQ("The clock is left to another program", world.told);
	self->daemon.rivals.yielding = false;
	self->daemon.known.external = true;
	daemon_update(&self->daemon);
	EXPECT_STREQ("The clock is left to another program", world.told);
}

/* One without a source from the start may follow a host, and says nothing. */
TEST_F(drift, the_service_manager_is_told_that_the_last_source_was_deleted)
{
	daemon_edges.deleted = 1;
	self->daemon.update.result.selection.selected = -1;
	*world.told = '\0';
	daemon_update(&self->daemon);
	EXPECT_STREQ("", world.told);
	self->daemon.update.result.selection.selected = 0;
	daemon_update(&self->daemon);
	EXPECT_STREQ("No usable time source", world.told);
	daemon_edges.deleted = 0;
}

/* A daemon that is started, and how many it has been told of by then. */
static int start_anew(FIXTURE_DATA(drift) *self)
{
	memset(&self->daemon.update, 0, sizeof(self->daemon.update));
	self->daemon.kept.outvoted = false;
	self->daemon.known.has_host = world.has_host;
	daemon_prime(&self->daemon);
	return world.recalled;
}

TEST_F(drift, a_host_that_was_outvoted_is_known_at_the_next_start)
{
	char note[96];

	snprintf(note, sizeof(note), "%s/drift.outvoted", self->dir);
	self->daemon.link = (struct module_link *)self;
	world.has_host = true;
	EXPECT_EQ(0, start_anew(self));
	world.demotes = true;
	world.refuses = -EPERM;
	daemon_update(&self->daemon);
	EXPECT_NE(0, access(note, F_OK));
	world.refuses = 0;
	daemon_update(&self->daemon);
	EXPECT_EQ(0, access(note, F_OK));
	world.demotes = false;
	world.has_host = false;
	EXPECT_EQ(1, start_anew(self));
	EXPECT_EQ(2, start_anew(self));
	/* The sources reinstate it. */
	world.reinstates = true;
	daemon_update(&self->daemon);
	EXPECT_NE(0, access(note, F_OK));
	EXPECT_EQ(2, start_anew(self));
}

/* Or the daemon that is started anew would take it that an operator has deselected the host. */
TEST_F(drift, the_note_of_an_outvoted_host_goes_along_with_the_drift_file)
{
	self->daemon.link = (struct module_link *)self;
	world.demotes = true;
	daemon_update(&self->daemon);
	world.demotes = false;
	/* As by a reload. */
	snprintf(self->config.driftfile, sizeof(self->config.driftfile), "%s/other", self->dir);
	daemon_move_notes(&self->daemon);
	world.has_host = false;
	EXPECT_EQ(1, start_anew(self));
	unlink(strcat(self->config.driftfile, ".outvoted"));
	snprintf(self->config.driftfile, sizeof(self->config.driftfile), "%s/drift", self->dir);
}

TEST_F(drift, a_host_that_is_followed_again_is_not_outvoted)
{
	self->daemon.link = (struct module_link *)self;
	world.demotes = true;
	daemon_update(&self->daemon);
	world.demotes = false;
	/* By the operator, while the daemon runs. */
	world.has_host = true;
	daemon_update(&self->daemon);
	world.has_host = false;
	EXPECT_EQ(0, start_anew(self));
	/* And while it does not. */
	world.demotes = true;
	daemon_update(&self->daemon);
	world.demotes = false;
	world.has_host = true;
	EXPECT_EQ(0, start_anew(self));
	world.has_host = false;
	EXPECT_EQ(0, start_anew(self));
}

TEST_F(drift, without_a_drift_file_nothing_is_noted_of_the_host)
{
	self->daemon.link = (struct module_link *)self;
	*self->config.driftfile = '\0';
	world.demotes = true;
	daemon_update(&self->daemon);
	EXPECT_EQ(0, start_anew(self));
}

TEST_HARNESS_MAIN
