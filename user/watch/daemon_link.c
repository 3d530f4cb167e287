// SPDX-License-Identifier: GPL-2.0-only
/*
 * A connection for each question: the daemon closes those that are silent.
 */
#include "watch/daemon_link.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ipc/connect.h"
#include "lib/clock_ns.h"
#include "lib/time_units.h"

/* A daemon that takes so long must not keep records waiting. */
#define ANSWER_S	1

/* "ok", or a sentence. */
#define ANSWER_MAX	4096

int daemon_link_pid(const char *path)
{
	int fd = ipc_connect(path, ANSWER_S), pid = 0;
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (fd < 0)
		return 0;
	if (!getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) && size == sizeof(peer))
		pid = peer.pid;
	close(fd);

	return pid;
}

/* The line with its newline, to free(); NULL: no memory. */
static char *request_of(const struct rival_notice *notice)
{
	char *arguments = rival_notice_make(notice), *line, *whole;
	json_t *request;

	if (!arguments)
		return NULL;
	request = json_pack("{s:s,s:s}", "command", "rival", "arguments", arguments);
	free(arguments);
	line = json_dumps(request, JSON_COMPACT);
	json_decref(request);
	if (!line)
		return NULL;
	if (asprintf(&whole, "%s\n", line) < 0)
		whole = NULL;
	free(line);

	return whole;
}

/* One line. */
static int receive(int fd, char *line, size_t size)
{
	int64_t deadline_ns = clock_ns(CLOCK_MONOTONIC) + ANSWER_S * NS_PER_S;
	size_t length = 0;
	ssize_t received;

	while (!memchr(line, '\n', length)) {
		if (length == size)
			return -EPROTO;
		received = ipc_receive(fd, line + length, size - length, deadline_ns);
		if (received < 0)
			return (int)received;
		if (!received)
			return -EPIPE;
		length += (size_t)received;
	}

	return (int)length;
}

static int judge(const char *line, size_t length, char *why, size_t size)
{
	json_t *answer = json_loadb(line, length, 0, NULL);
	const char *error = json_string_value(json_object_get(answer, "error"));
	int err = json_is_true(json_object_get(answer, "ok")) ? 0 : -EACCES;

	snprintf(why, size, "%s", error ? error : "the answer has no reason");
	json_decref(answer);

	return err;
}

int daemon_link_send(const char *path, const struct rival_notice *notice, char *why, size_t size)
{
	char *request, answer[ANSWER_MAX];
	int fd, length = 0, err = 0;

	fd = ipc_connect(path, ANSWER_S);
	if (fd < 0)
		return fd;
	request = request_of(notice);
	if (!request)
		err = -ENOMEM;
	else if (send(fd, request, strlen(request), MSG_NOSIGNAL) != (ssize_t)strlen(request))
		err = -EPIPE;
	free(request);
	if (!err)
		length = receive(fd, answer, sizeof(answer));
	close(fd);
	if (err || length < 0)
		return err ? err : length;

	return judge(answer, (size_t)length, why, size);
}
