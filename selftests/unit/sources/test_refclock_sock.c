// SPDX-License-Identifier: GPL-2.0-only
/*
 * The SOCK driver: datagrams as samples, and the socket's file.
 */
#include "user/sources/refclock_sock.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "selftests/unit/sock_sample.h"
#include "selftests/unit/unit.h"
#include "user/lib/time_units.h"
#include "user/sources/refclock.h"

#define UTC_S		1795160717LL

static const struct sock_sample good = {
	.s = UTC_S, .us = 250000, .offset = 0.0125, .padding = 77, .magic = SOCK_MAGIC,
};

static int parse(const struct sock_sample *sent, struct refclock_reading *reading,
		 const char **problem)
{
	*problem = "";
	return refclock_sock_parse((const uint8_t *)sent, sizeof(*sent), reading, problem);
}

TEST(a_sample_is_taken)
{
	struct refclock_reading reading;
	struct sock_sample sent = good;
	const char *problem;

	ASSERT_EQ(0, parse(&sent, &reading, &problem));
	EXPECT_EQ(UTC_S * NS_PER_S + 250000000, reading.realtime_ns);
	EXPECT_EQ(12500000, reading.offset_ns);
	EXPECT_EQ(0, reading.leap);
	EXPECT_FALSE(reading.pulse);
	sent.leap = 2;
	sent.offset = -3600;
	ASSERT_EQ(0, parse(&sent, &reading, &problem));
	EXPECT_EQ(2, reading.leap);
	EXPECT_EQ(-3600 * NS_PER_S, reading.offset_ns);
}

TEST(a_sender_of_32_bits_is_understood)
{
	struct {
		int32_t s;
		int32_t us;
		double offset;
		int32_t pulse;
		int32_t leap;
		int32_t padding;
		int32_t magic;
	} narrow = { .s = (int32_t)UTC_S, .us = 999999, .offset = -0.5, .leap = 1,
		     .magic = SOCK_MAGIC };
	struct refclock_reading reading;
	const char *problem;

	ASSERT_EQ(32, sizeof(narrow));
	ASSERT_EQ(0, refclock_sock_parse((const uint8_t *)&narrow, sizeof(narrow), &reading,
					 &problem));
	EXPECT_EQ(UTC_S * NS_PER_S + 999999000, reading.realtime_ns);
	EXPECT_EQ(-NS_PER_S / 2, reading.offset_ns);
	EXPECT_EQ(1, reading.leap);
}

/* The sign is chrony's: our clock is ahead by so much. */
TEST(a_pulse_has_no_date)
{
	struct refclock_reading reading;
	struct sock_sample sent = good;
	const char *problem;

	sent.pulse = 1;
	sent.leap = 17;
	sent.offset = 0.000012;
	ASSERT_EQ(0, parse(&sent, &reading, &problem));
	EXPECT_TRUE(reading.pulse);
	EXPECT_EQ(-12000, reading.offset_ns);
	EXPECT_EQ(0, reading.leap);
}

TEST(nonsense_is_refused)
{
	static const struct {
		struct sock_sample sent;
		const char *why;
	} cases[] = {
		{ { UTC_S, 0, 0, 0, 0, 0, 0x4b434f53 }, "marks" },
		{ { UTC_S, 0, NAN, 0, 0, 0, SOCK_MAGIC }, "no number" },
		{ { UTC_S, 0, INFINITY, 0, 0, 0, SOCK_MAGIC }, "no number" },
		{ { UTC_S, 0, -INFINITY, 1, 0, 0, SOCK_MAGIC }, "no number" },
		{ { UTC_S, 0, 1e300, 0, 0, 0, SOCK_MAGIC }, "no number" },
		{ { UTC_S, 0, -4e9, 0, 0, 0, SOCK_MAGIC }, "no number" },
		{ { UTC_S, 0, 0, 0, 3, 0, SOCK_MAGIC }, "leap" },
		{ { UTC_S, 0, 0, 0, -1, 0, SOCK_MAGIC }, "leap" },
		{ { UTC_S, 1000000, 0, 0, 0, 0, SOCK_MAGIC }, "measurement" },
		{ { UTC_S, -1, 0, 0, 0, 0, SOCK_MAGIC }, "measurement" },
		{ { -1, 0, 0, 0, 0, 0, SOCK_MAGIC }, "measurement" },
		{ { INT64_MAX, 999999, 0, 0, 0, 0, SOCK_MAGIC }, "measurement" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct refclock_reading reading;
		const char *problem;

		EXPECT_EQ(-EBADMSG, parse(&cases[i].sent, &reading, &problem))
			TH_LOG("case %zu", i);
		EXPECT_NE(NULL, strstr(problem, cases[i].why))
			TH_LOG("case %zu: %s", i, problem);
	}
}

TEST(other_sizes_are_no_samples)
{
	uint8_t bytes[64];

	memcpy(bytes, &good, sizeof(good));
	memset(bytes + sizeof(good), 0, sizeof(bytes) - sizeof(good));
	for (size_t length = 0; length < sizeof(bytes); length++) {
		struct refclock_reading reading;
		const char *problem = "";
		int err = refclock_sock_parse(bytes, length, &reading, &problem);

		EXPECT_EQ(length == sizeof(good) ? 0 : -EBADMSG, err);
	}
}

/* --- The socket --- */

FIXTURE(place) {
	char folder[64];
	struct config_source config;
	union refclock_device device;
	const char *problem;
};

FIXTURE_SETUP(place)
{
	memset(self, 0, sizeof(*self));
	strcpy(self->folder, "/tmp/truechime-sock-XXXXXX");
	ASSERT_NE(NULL, mkdtemp(self->folder));
	snprintf(self->config.options.name, sizeof(self->config.options.name), "%s/sock",
		 self->folder);
}

FIXTURE_TEARDOWN(place)
{
	unlink(self->config.options.name);
	rmdir(self->folder);
}

static int open_there(struct _test_data_place *self)
{
	self->problem = "";
	return refclock_sock_driver.open(&self->device, &self->config, &self->problem);
}

static int make_address(const char *path, struct sockaddr_un *address)
{
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	strcpy(address->sun_path, path);
	return socket(AF_UNIX, SOCK_DGRAM, 0);
}

static ssize_t send_there(const char *path, const void *bytes, size_t length)
{
	struct sockaddr_un address;
	int fd = make_address(path, &address);
	ssize_t sent = sendto(fd, bytes, length, 0, (struct sockaddr *)&address, sizeof(address));

	close(fd);
	return sent;
}

TEST_F(place, samples_arrive)
{
	const char *path = self->config.options.name;
	struct refclock_reading reading;
	uint8_t longer[sizeof(good) + 60] = { 0 };
	struct stat made;

	ASSERT_EQ(0, open_there(self));
	ASSERT_EQ(0, stat(path, &made));
	/* Nobody else may write to it, whatever the umask. */
	EXPECT_EQ(0600, made.st_mode & 0777);
	EXPECT_EQ(-EAGAIN, refclock_sock_driver.read(&self->device, &reading, &self->problem));
	ASSERT_EQ(sizeof(good), send_there(path, &good, sizeof(good)));
	memcpy(longer, &good, sizeof(good));
	ASSERT_EQ(sizeof(longer), send_there(path, longer, sizeof(longer)));
	ASSERT_EQ(0, send_there(path, "", 0));
	EXPECT_EQ(0, refclock_sock_driver.read(&self->device, &reading, &self->problem));
	EXPECT_EQ(12500000, reading.offset_ns);
	EXPECT_EQ(-EBADMSG, refclock_sock_driver.read(&self->device, &reading, &self->problem));
	EXPECT_EQ(-EBADMSG, refclock_sock_driver.read(&self->device, &reading, &self->problem));
	EXPECT_EQ(-EAGAIN, refclock_sock_driver.read(&self->device, &reading, &self->problem));
	EXPECT_FALSE(refclock_sock_driver.is_gone(&self->device));
	refclock_sock_driver.close(&self->device);
	EXPECT_EQ(-1, stat(path, &made));
}

TEST_F(place, a_stale_socket_gives_way)
{
	struct sockaddr_un address;
	int fd = make_address(self->config.options.name, &address);

	ASSERT_EQ(0, bind(fd, (struct sockaddr *)&address, sizeof(address)));
	/* As long as somebody receives there, it is his. */
	EXPECT_EQ(-EADDRINUSE, open_there(self));
	EXPECT_NE(NULL, strstr(self->problem, "Another program"));
	close(fd);
	ASSERT_EQ(0, open_there(self));
	refclock_sock_driver.close(&self->device);
}

TEST_F(place, a_socket_for_connections_is_anothers)
{
	struct sockaddr_un address;
	int fd;

	close(make_address(self->config.options.name, &address));
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	ASSERT_EQ(0, bind(fd, (struct sockaddr *)&address, sizeof(address)));
	EXPECT_EQ(-EADDRINUSE, open_there(self));
	close(fd);
}

TEST_F(place, no_other_file_is_removed)
{
	const char *path = self->config.options.name;
	struct stat found;
	char target[128];

	close(open(path, O_CREAT | O_WRONLY, 0600));
	EXPECT_EQ(-ENOTSOCK, open_there(self));
	EXPECT_NE(NULL, strstr(self->problem, "left alone"));
	EXPECT_EQ(0, stat(path, &found));
	unlink(path);
	/* A link is no socket, wherever it leads. */
	snprintf(target, sizeof(target), "%s/elsewhere", self->folder);
	ASSERT_EQ(0, symlink(target, path));
	EXPECT_EQ(-ENOTSOCK, open_there(self));
	EXPECT_EQ(0, lstat(path, &found));
}

TEST_F(place, a_missing_folder_is_named)
{
	snprintf(self->config.options.name, sizeof(self->config.options.name), "%s/no/sock",
		 self->folder);
	EXPECT_EQ(-ENOTDIR, open_there(self));
	EXPECT_NE(NULL, strstr(self->problem, "folder"));
}

TEST_F(place, a_socket_that_was_replaced_is_gone)
{
	const char *path = self->config.options.name;
	struct stat found;

	ASSERT_EQ(0, open_there(self));
	ASSERT_EQ(0, unlink(path));
	EXPECT_TRUE(refclock_sock_driver.is_gone(&self->device));
	/* What another program made there meanwhile stays. */
	close(open(path, O_CREAT | O_WRONLY, 0600));
	EXPECT_TRUE(refclock_sock_driver.is_gone(&self->device));
	refclock_sock_driver.close(&self->device);
	EXPECT_EQ(0, stat(path, &found));
}

TEST_HARNESS_MAIN
