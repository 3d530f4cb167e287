// SPDX-License-Identifier: GPL-2.0-only
/*
 * Following the daemon: one request, and then a line whenever something is new.
 */
#include "timesync1/follower.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define US_PER_S	1000000ULL

/* As much as the daemon ever has waiting for a client. */
#define LINE_MAX_BYTES	262144

/* Until the next try; a daemon that is restarted is back within seconds. */
#define RETRY_US	US_PER_S
#define RETRY_MOST_US	(16 * US_PER_S)

#define REQUEST		"{\"command\":\"timesync\",\"follow\":true}\n"

struct follower {
	sd_event *event;
	sd_event_source *io;
	sd_event_source *timer;
	const char *path;
	const struct follower_callbacks *callbacks;
	void *context;
	int fd;				/* -1: not connected */
	uint64_t retry_us;
	size_t length;
	char line[LINE_MAX_BYTES];
};

static int on_timer(sd_event_source *source, uint64_t now_us, void *context);

static void disconnect(struct follower *follower)
{
	follower->io = sd_event_source_disable_unref(follower->io);
	if (follower->fd >= 0)
		close(follower->fd);
	follower->fd = -1;
	follower->length = 0;
}

static int retry_later(struct follower *follower)
{
	int err;

	follower->timer = sd_event_source_disable_unref(follower->timer);
	err = sd_event_add_time_relative(follower->event, &follower->timer, CLOCK_MONOTONIC,
					 follower->retry_us, 0, on_timer, follower);
	follower->retry_us *= 2;
	if (follower->retry_us > RETRY_MOST_US)
		follower->retry_us = RETRY_MOST_US;
	return err < 0 ? err : 0;
}

static int lose(struct follower *follower, int err)
{
	disconnect(follower);
	follower->callbacks->lost(follower->context, err);
	return retry_later(follower);
}

/* One line. 0, -EPROTO. */
static int take_line(struct follower *follower, size_t length)
{
	json_t *object = json_loadb(follower->line, length, 0, NULL);

	if (!json_is_object(object)) {
		json_decref(object);
		return -EPROTO;
	}
	follower->retry_us = RETRY_US;
	follower->callbacks->receive(follower->context, object);
	json_decref(object);
	return 0;
}

static int take_lines(struct follower *follower)
{
	size_t length;
	char *end;
	int err;

	for (;;) {
		end = memchr(follower->line, '\n', follower->length);
		if (!end)
			return follower->length == sizeof(follower->line) ? -EMSGSIZE : 0;
		length = (size_t)(end - follower->line);
		err = take_line(follower, length);
		if (err)
			return err;
		follower->length -= length + 1;
		memmove(follower->line, end + 1, follower->length);
	}
}

static int on_readable(sd_event_source *source, int fd, uint32_t revents, void *context)
{
	struct follower *follower = context;
	ssize_t received;
	int err;

	(void)source;
	(void)revents;
	received = recv(fd, follower->line + follower->length,
			sizeof(follower->line) - follower->length, 0);
	if (received < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (received <= 0)
		return lose(follower, received ? -errno : -EPIPE);
	follower->length += (size_t)received;
	err = take_lines(follower);
	return err ? lose(follower, err) : 0;
}

/* 0, -errno: there is no daemon, or none that has time. */
static int connect_to(struct follower *follower)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int err;

	memcpy(address.sun_path, follower->path, strlen(follower->path) + 1);
	follower->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (follower->fd < 0)
		return -errno;
	if (connect(follower->fd, (struct sockaddr *)&address, sizeof(address)) ||
	    send(follower->fd, REQUEST, strlen(REQUEST), MSG_NOSIGNAL) != (ssize_t)strlen(REQUEST))
		return -errno;
	err = sd_event_add_io(follower->event, &follower->io, follower->fd, EPOLLIN, on_readable,
			      follower);
	return err < 0 ? err : 0;
}

static int on_timer(sd_event_source *source, uint64_t now_us, void *context)
{
	struct follower *follower = context;
	int err;

	(void)source;
	(void)now_us;
	err = connect_to(follower);
	return err ? lose(follower, err) : 0;
}

int follower_open(struct follower **result, sd_event *event, const char *path,
		  const struct follower_callbacks *callbacks, void *context)
{
	struct follower *follower;
	int err;

	if (strlen(path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
		return -ENAMETOOLONG;
	follower = calloc(1, sizeof(*follower));
	if (!follower)
		return -ENOMEM;
	follower->event = sd_event_ref(event);
	follower->path = path;
	follower->callbacks = callbacks;
	follower->context = context;
	follower->fd = -1;
	follower->retry_us = RETRY_US;
	err = sd_event_add_time_relative(event, &follower->timer, CLOCK_MONOTONIC, 0, 0, on_timer,
					 follower);
	if (err < 0) {
		follower_close(follower);
		return err;
	}
	*result = follower;
	return 0;
}

void follower_close(struct follower *follower)
{
	if (!follower)
		return;
	disconnect(follower);
	sd_event_source_disable_unref(follower->timer);
	sd_event_unref(follower->event);
	free(follower);
}
