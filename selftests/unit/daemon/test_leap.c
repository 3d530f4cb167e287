// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the daemon makes of a list of leap seconds and of what sources announce, and that it says so
 * when the list is too old. Steering, clock and log are stand-ins.
 */
#include "user/daemon/daemon.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "selftests/unit/unit.h"

#define S	1000000000LL
#define DAY_S	86400

/* 2017-01-01 began after a leap second; the list is good until 2026-06-28. */
#define LEAP_S		1483228800
#define EXPIRES_S	1782604800

static const char words[] =
	"#@ 3991593600\n"
	"3644697600 36 # 1 Jul 2015\n"
	"3692217600 37 # 1 Jan 2017\n"
	"#h 0e2ee97b 8f0b9935 05bdca59 b5a2a230 88b14b66\n";

static struct {
	int64_t utc_ns;
	int announced;
	int tai_s;
	int left_armed;
	int resumed;
	int warnings;
	char warning[512];
} world;

void log_warning(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(world.warning, sizeof(world.warning), format, arguments);
	va_end(arguments);
	world.warnings++;
}

void steering_get_status(const struct steering *steering, struct steering_status *status)
{
	memset(status, 0, sizeof(*status));
	status->now.time_ns = world.utc_ns;
	status->synchronised = true;
}

void steering_announce_leap(struct steering *steering, int kind)
{
	world.announced = kind;
}

int system_clock_set_tai(struct system_clock *clock, int tai_s)
{
	world.tai_s = tai_s;
	return 0;
}

int64_t system_clock_raw_ns(void)
{
	return 0;
}

int system_clock_left_armed(const struct system_clock *clock)
{
	return world.left_armed;
}

void steering_resume_leap(struct steering *steering, int kind)
{
	world.resumed = kind;
}

FIXTURE(leap) {
	struct config *config;
	struct daemon daemon;
};

FIXTURE_SETUP(leap)
{
	int fd;

	memset(&world, 0, sizeof(world));
	memset(&self->daemon, 0, sizeof(self->daemon));
	self->config = calloc(1, sizeof(*self->config));
	ASSERT_NE(NULL, self->config);
	self->daemon.config = self->config;
	self->daemon.update.result.synchronised = true;
	strcpy(self->config->leap_file, "/tmp/test_daemon_leap.XXXXXX");
	fd = mkstemp(self->config->leap_file);
	ASSERT_LE(0, fd);
	ASSERT_EQ(strlen(words), write(fd, words, strlen(words)));
	close(fd);
	daemon_read_leap_list(&self->daemon, 0);
}

FIXTURE_TEARDOWN(leap)
{
	unlink(self->config->leap_file);
	free(self->config);
}

/* What is announced at @utc_s when sources say @sources. */
static int announce(struct _test_data_leap *self, int64_t utc_s, int sources)
{
	world.utc_ns = utc_s * S;
	self->daemon.update.result.leap = (uint8_t)sources;
	daemon_announce_leap(&self->daemon);
	return world.announced;
}

TEST_F(leap, the_list_decides_until_it_expires)
{
	EXPECT_EQ(0, announce(self, EXPIRES_S - DAY_S, 1));
	EXPECT_EQ(37, world.tai_s);
	EXPECT_EQ(1, announce(self, LEAP_S - 60, 0));
	EXPECT_EQ(36, world.tai_s);
	EXPECT_EQ(0, world.warnings);
	EXPECT_EQ(1, announce(self, EXPIRES_S + DAY_S, 1));
}

/* The clock shows the last second of the day twice, and the kernel knows in which one it is. */
TEST_F(leap, the_kernel_keeps_tai_in_an_inserted_second)
{
	world.tai_s = 37;
	for (int ms = 0; ms < 1000; ms += 100) {
		world.utc_ns = (LEAP_S - 1) * S + ms * (S / 1000);
		daemon_announce_leap(&self->daemon);
		EXPECT_EQ(37, world.tai_s);
	}
	announce(self, LEAP_S, 0);
	EXPECT_EQ(37, world.tai_s);
}

/* What a daemon before this one, or another program, armed the kernel for. */
TEST_F(leap, a_list_knows_better_than_the_kernel_that_was_armed)
{
	static const struct {
		int64_t utc_s;
		int armed, resumed;
	} starts[] = {
		{ LEAP_S - 60, 1, 1 },
		{ LEAP_S - 60, 0, 0 },
		{ EXPIRES_S - DAY_S, 1, 0 },
		{ EXPIRES_S + DAY_S, 1, 1 },
		{ EXPIRES_S + DAY_S, 2, 2 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
		self->daemon.known.time_ns = starts[i].utc_s * S;
		world.left_armed = starts[i].armed;
		daemon_resume_leap(&self->daemon);
		EXPECT_EQ(starts[i].resumed, world.resumed) TH_LOG("%zu", i);
	}
}

TEST_F(leap, an_expired_list_is_told_once)
{
	announce(self, EXPIRES_S, 0);
	EXPECT_EQ(1, world.warnings);
	EXPECT_NE(NULL, strstr(world.warning, "expired on 2026-06-28"));
	EXPECT_NE(NULL, strstr(world.warning, self->config->leap_file));
	/* Nor when it is read again, every hour. */
	daemon_read_leap_list(&self->daemon, 3600 * S);
	announce(self, EXPIRES_S + 3600, 0);
	EXPECT_EQ(1, world.warnings);
}

/* A package may be writing it just now, or the disk be full. */
TEST_F(leap, a_list_that_cannot_be_read_again_stays)
{
	FILE *file;

	ASSERT_EQ(0, truncate(self->config->leap_file, 0));
	daemon_read_leap_list(&self->daemon, 3600 * S);
	EXPECT_EQ(0, announce(self, EXPIRES_S - DAY_S, 1));
	EXPECT_EQ(37, world.tai_s);
	EXPECT_EQ(1, world.warnings);
	EXPECT_NE(NULL, strstr(world.warning, "stays in force"));

	file = fopen(self->config->leap_file, "w");
	ASSERT_NE(NULL, file);
	fputs("#@ 3991593600\n36446", file);
	fclose(file);
	daemon_read_leap_list(&self->daemon, 7200 * S);
	EXPECT_EQ(0, announce(self, EXPIRES_S - DAY_S, 1));
	EXPECT_NE(NULL, strstr(world.warning, "line 2 "));

	/* Cut where a line ends it looks like a list that knows less. */
	ASSERT_EQ(0, truncate(self->config->leap_file, strlen("#@ 3991593600\n")));
	file = fopen(self->config->leap_file, "a");
	ASSERT_NE(NULL, file);
	fputs("3644697600 36 # 1 Jul 2015\n", file);
	fclose(file);
	daemon_read_leap_list(&self->daemon, 10800 * S);
	EXPECT_EQ(0, announce(self, EXPIRES_S - DAY_S, 1));
	EXPECT_EQ(37, world.tai_s);
	EXPECT_NE(NULL, strstr(world.warning, "'#h'"));

	/* Another file has nothing to do with it. */
	ASSERT_EQ(0, unlink(self->config->leap_file));
	strcpy(self->config->leap_file, "/nonexistent");
	daemon_read_leap_list(&self->daemon, 7200 * S);
	EXPECT_EQ(1, announce(self, EXPIRES_S - DAY_S, 1));
	EXPECT_NE(NULL, strstr(world.warning, "time sources"));
}

/* It is read every hour, and nobody needs a message each hour for years. */
TEST_F(leap, a_list_that_is_missing_is_told_once)
{
	ASSERT_EQ(0, unlink(self->config->leap_file));
	for (int hour = 1; hour < 5; hour++)
		daemon_read_leap_list(&self->daemon, hour * 3600 * S);
	EXPECT_EQ(1, world.warnings);
	EXPECT_NE(NULL, strstr(world.warning, "No such file"));
	/* Another reason is news. */
	close(open(self->config->leap_file, O_CREAT | O_WRONLY, 0600));
	for (int hour = 5; hour < 9; hour++)
		daemon_read_leap_list(&self->daemon, hour * 3600 * S);
	EXPECT_EQ(2, world.warnings);
	EXPECT_NE(NULL, strstr(world.warning, "does not list any"));
	/* So is another file. */
	strcpy(self->config->leap_file, "/nonexistent");
	daemon_read_leap_list(&self->daemon, 9 * 3600 * S);
	EXPECT_EQ(3, world.warnings);
}

TEST_F(leap, without_a_list_sources_decide)
{
	self->config->leap_file[0] = '\0';
	daemon_read_leap_list(&self->daemon, 0);
	EXPECT_EQ(2, announce(self, EXPIRES_S + DAY_S, 2));
	EXPECT_EQ(0, world.warnings);
	strcpy(self->config->leap_file, "/nonexistent");
	daemon_read_leap_list(&self->daemon, 0);
	EXPECT_EQ(1, world.warnings);
}

TEST_HARNESS_MAIN
