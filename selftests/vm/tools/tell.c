// SPDX-License-Identifier: GPL-2.0-only
/*
 * tell BASE SECONDS COMMAND: has the agent of the guest whose port is the pair of FIFOs BASE.in and
 * BASE.out run COMMAND; prints what it printed and exits with its status, 124 when no answer came
 * within SECONDS.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TIMED_OUT	124
#define LINE_LENGTH_MAX	65536

static char line[LINE_LENGTH_MAX];

static int open_end(const char *base, const char *end, int flags)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s.%s", base, end);
	fd = open(path, flags);
	if (fd < 0)
		perror(path);
	return fd;
}

/* One line of the answer. true: it was the last one, and @status is set. */
static int take(const char *id, int *status)
{
	size_t length = strlen(id);

	if (strncmp(line, id, length))
		return 0;	/* what is left of an answer that nobody waited for */
	if (line[length] == '|')
		puts(line + length + 1);
	if (line[length] != '=')
		return 0;
	*status = atoi(line + length + 1);
	return 1;
}

static int listen_for(int fd, const char *id, int seconds)
{
	struct timespec start, now;
	size_t used = 0;
	int status;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };

		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec - start.tv_sec >= seconds)
			return TIMED_OUT;
		if (poll(&p, 1, 200) <= 0 || read(fd, line + used, 1) != 1)
			continue;
		if (line[used] != '\n') {
			if (used + 2 < sizeof(line))
				used++;
			continue;
		}
		line[used] = '\0';
		used = 0;
		if (take(id, &status))
			return status;
	}
}

int main(int argc, char **argv)
{
	char id[32], *request = NULL;
	struct timespec now;
	int in, out, length;

	if (argc != 4) {
		fprintf(stderr, "usage: tell BASE SECONDS COMMAND\n");
		return 2;
	}
	in = open_end(argv[1], "in", O_RDWR);
	out = open_end(argv[1], "out", O_RDONLY | O_NONBLOCK);
	if (in < 0 || out < 0)
		return 2;
	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(id, sizeof(id), "%d.%ld", getpid(), now.tv_nsec);
	length = asprintf(&request, "%s %s", id, argv[3]);
	if (length < 0 || write(in, request, length + 1) != length + 1) {
		perror("tell");
		return 2;
	}
	return listen_for(out, id, atoi(argv[2]));
}
