// SPDX-License-Identifier: GPL-2.0-only
/*
 * monitor SOCKET COMMAND [SECONDS]: gives COMMAND to a QEMU's monitor, waits until it is done (the
 * next prompt) and prints the answer. With SECONDS it sets this machine's clock to that time
 * immediately before. Exits 1 when QEMU called it an error, 124 after 300 s.
 */
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define PROMPT		"(qemu) "
#define WAIT_MS		300000
#define TIMED_OUT	124

static char text[65536];

/* Everything up to the next prompt, or to the end (quit). */
static bool read_to_prompt(int fd)
{
	size_t used = 0, end = strlen(PROMPT);
	struct pollfd p = { .fd = fd, .events = POLLIN };

	while (poll(&p, 1, WAIT_MS) > 0) {
		if (used + 1 >= sizeof(text))
			return false;
		if (read(fd, text + used, 1) != 1)
			return true;
		text[++used] = '\0';
		if (used >= end && !strcmp(text + used - end, PROMPT)) {
			text[used - end] = '\0';
			return true;
		}
	}
	return false;
}

static int set_clock(const char *seconds)
{
	char *fraction;
	struct timespec t = { .tv_sec = strtoll(seconds, &fraction, 10) };

	t.tv_nsec = (long)(strtod(fraction, NULL) * 1e9);
	return clock_settime(CLOCK_REALTIME, &t);
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	const char *answer;

	if (argc != 3 && argc != 4) {
		fprintf(stderr, "usage: monitor SOCKET COMMAND [SECONDS]\n");
		return 2;
	}
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", argv[1]);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		perror(argv[1]);
		return 2;
	}
	if (!read_to_prompt(fd))
		return TIMED_OUT;
	if (argc == 4 && set_clock(argv[3])) {
		perror("clock_settime");
		return 2;
	}
	dprintf(fd, "%s\n", argv[2]);
	if (!read_to_prompt(fd))
		return TIMED_OUT;
	/* The first line is the command's echo. */
	answer = strchr(text, '\n');
	fputs(answer ? answer + 1 : "", stdout);
	return strstr(text, "Error") ? 1 : 0;
}
