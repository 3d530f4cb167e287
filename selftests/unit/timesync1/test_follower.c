// SPDX-License-Identifier: GPL-2.0-only
/*
 * The connection to the daemon: what is asked, lines in pieces, a daemon that is silent, strange or
 * gone.
 */
#include "user/timesync1/follower.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "selftests/unit/unit.h"

#define US_PER_S	1000000ULL

FIXTURE(follower) {
	sd_event *event;
	struct follower *follower;
	char dir[64];
	struct sockaddr_un address;
	int listener;
	int fd;			/* the daemon's end */
	int received;
	int lost;
	int error;
	char latest[256];
};

static void receive(void *context, const json_t *object)
{
	FIXTURE_DATA(follower) *self = context;
	const char *text = json_string_value(json_object_get(object, "text"));

	self->received++;
	snprintf(self->latest, sizeof(self->latest), "%s", text ? text : "");
}

static void lose(void *context, int err)
{
	FIXTURE_DATA(follower) *self = context;

	self->lost++;
	self->error = err;
}

static const struct follower_callbacks callbacks = { .receive = receive, .lost = lose };

/* A daemon listens there. */
static bool start(FIXTURE_DATA(follower) *self)
{
	self->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	return !bind(self->listener, (struct sockaddr *)&self->address, sizeof(self->address)) &&
	       !listen(self->listener, 4);
}

/* Until nothing is left to be done, or for so long. */
static void run(FIXTURE_DATA(follower) *self, uint64_t limit_us)
{
	while (sd_event_run(self->event, limit_us) > 0)
		;
}

/* The daemon has a connection, and what it was asked. */
static const char *accepted(FIXTURE_DATA(follower) *self, char *text, size_t size)
{
	ssize_t length;

	run(self, US_PER_S / 20);
	self->fd = accept(self->listener, NULL, NULL);
	length = recv(self->fd, text, size - 1, MSG_DONTWAIT);
	text[length > 0 ? length : 0] = '\0';
	return text;
}

static void say(FIXTURE_DATA(follower) *self, const char *text)
{
	send(self->fd, text, strlen(text), MSG_NOSIGNAL);
	run(self, US_PER_S / 20);
}

FIXTURE_SETUP(follower)
{
	*self = (typeof(*self)){ .fd = -1, .listener = -1 };
	strcpy(self->dir, "/tmp/test_follower.XXXXXX");
	ASSERT_NE(NULL, mkdtemp(self->dir));
	self->address.sun_family = AF_UNIX;
	snprintf(self->address.sun_path, sizeof(self->address.sun_path), "%s/sock", self->dir);
	ASSERT_LE(0, sd_event_new(&self->event));
	ASSERT_EQ(0, follower_open(&self->follower, self->event, self->address.sun_path,
				   &callbacks, self));
}

FIXTURE_TEARDOWN(follower)
{
	follower_close(self->follower);
	sd_event_unref(self->event);
	if (self->fd >= 0)
		close(self->fd);
	if (self->listener >= 0)
		close(self->listener);
	unlink(self->address.sun_path);
	rmdir(self->dir);
}

TEST_F(follower, asks_and_is_told)
{
	char text[256];

	ASSERT_TRUE(start(self));
	EXPECT_STREQ("{\"command\":\"timesync\",\"follow\":true}\n",
		     accepted(self, text, sizeof(text)));
	say(self, "{\"text\":\"one\"}\n{");
	EXPECT_EQ(1, self->received);
	EXPECT_STREQ("one", self->latest);
	say(self, "\"text\":\"two\"}\n{\"text\":\"three\"}\n");
	EXPECT_EQ(3, self->received);
	EXPECT_STREQ("three", self->latest);
	EXPECT_EQ(0, self->lost);
}

TEST_F(follower, comes_back)
{
	char text[256];

	run(self, US_PER_S / 20);
	EXPECT_EQ(1, self->lost);
	EXPECT_EQ(-ENOENT, self->error);
	ASSERT_TRUE(start(self));
	run(self, US_PER_S * 3 / 2);
	accepted(self, text, sizeof(text));
	ASSERT_LE(0, self->fd);
	say(self, "{\"text\":\"one\"}\n");
	EXPECT_EQ(1, self->received);
	/* The daemon is restarted. */
	close(self->fd);
	run(self, US_PER_S / 20);
	EXPECT_EQ(2, self->lost);
	EXPECT_EQ(-EPIPE, self->error);
	run(self, US_PER_S * 3 / 2);
	accepted(self, text, sizeof(text));
	EXPECT_LE(0, self->fd);
}

TEST_F(follower, leaves_whom_it_does_not_understand)
{
	static const char *const lines[] = { "nonsense\n", "[1]\n", "\n", "{\"a\":\xff}\n" };
	char text[256];
	size_t i;

	ASSERT_TRUE(start(self));
	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		accepted(self, text, sizeof(text));
		ASSERT_LE(0, self->fd);
		say(self, "{\"text\":\"one\"}\n");
		say(self, lines[i]);
		EXPECT_EQ(i + 1, self->lost);
		EXPECT_EQ(-EPROTO, self->error);
		EXPECT_EQ(0, recv(self->fd, text, sizeof(text), MSG_DONTWAIT));
		close(self->fd);
		run(self, US_PER_S * 3 / 2);
	}
}

TEST_F(follower, a_line_without_end)
{
	char text[4096];
	int i;

	ASSERT_TRUE(start(self));
	accepted(self, text, sizeof(text));
	memset(text, 'x', sizeof(text));
	for (i = 0; i < 65 && !self->lost; i++) {
		send(self->fd, text, sizeof(text), MSG_NOSIGNAL | MSG_DONTWAIT);
		run(self, 1000);
	}
	EXPECT_EQ(1, self->lost);
	EXPECT_EQ(-EMSGSIZE, self->error);
}

TEST_F(follower, a_path_that_is_none)
{
	char path[200];
	struct follower *other;

	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	EXPECT_EQ(-ENAMETOOLONG, follower_open(&other, self->event, path, &callbacks, self));
}

TEST_HARNESS_MAIN
