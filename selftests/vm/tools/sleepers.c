// SPDX-License-Identifier: GPL-2.0-only
/*
 * sleepers SECONDS: what programs wait for, so long from now, each by a clock of its own. As each
 * wakes, a line: how long after the start by the raw clock, and how late by its own. Of the two
 * that wait for a date one asks to be told when the clock is set, and wakes then, too early.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "clocks.h"

static const struct sleeper {
	const char *name;
	clockid_t clock;
	int flags;
} sleepers[] = {
	{ "date", CLOCK_REALTIME, TFD_TIMER_ABSTIME },
	{ "told", CLOCK_REALTIME, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET },
	{ "monotonic", CLOCK_MONOTONIC, 0 },
	{ "boottime", CLOCK_BOOTTIME, 0 },
};

#define SLEEPERS	(sizeof(sleepers) / sizeof(*sleepers))

static int64_t wait_ns, begin_raw_ns;

/* Called when the wait of @wait_ns by @clock, which was to end at @due_ns, is over. */
static void tell(const char *name, clockid_t clock, int64_t due_ns)
{
	int64_t after_ns = clocks_now(CLOCK_MONOTONIC_RAW) - begin_raw_ns;

	printf("%s after_ms=%.1f late_ms=%.1f\n", name, (double)after_ns / 1e6,
	       (double)(clocks_now(clock) - due_ns) / 1e6);
	fflush(stdout);
}

static void *sleep_until_date(void *unused)
{
	int64_t due_ns = clocks_now(CLOCK_REALTIME) + wait_ns;
	struct timespec date = { .tv_sec = due_ns / NS_PER_S, .tv_nsec = due_ns % NS_PER_S };

	(void)unused;
	if (!clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &date, NULL))
		tell("nanosleep", CLOCK_REALTIME, due_ns);
	return NULL;
}

/* A timer for @sleeper; -1: there is none. @due_ns: when it is to fire. */
static int arm(const struct sleeper *sleeper, int64_t *due_ns)
{
	struct itimerspec timer = { 0 };
	int fd = timerfd_create(sleeper->clock, TFD_CLOEXEC);
	int64_t ns;

	*due_ns = clocks_now(sleeper->clock) + wait_ns;
	ns = sleeper->flags & TFD_TIMER_ABSTIME ? *due_ns : wait_ns;
	timer.it_value.tv_sec = ns / NS_PER_S;
	timer.it_value.tv_nsec = ns % NS_PER_S;
	return timerfd_settime(fd, sleeper->flags, &timer, NULL) ? -1 : fd;
}

int main(int argc, char **argv)
{
	struct pollfd fds[SLEEPERS];
	int64_t due_ns[SLEEPERS];
	pthread_t thread;
	uint64_t expired;
	size_t i;

	wait_ns = argc == 2 ? atoll(argv[1]) * NS_PER_S : 0;
	if (wait_ns <= 0) {
		fprintf(stderr, "usage: sleepers SECONDS\n");
		return 2;
	}
	begin_raw_ns = clocks_now(CLOCK_MONOTONIC_RAW);
	for (i = 0; i < SLEEPERS; i++) {
		fds[i] = (struct pollfd){ .fd = arm(&sleepers[i], &due_ns[i]), .events = POLLIN };
		if (fds[i].fd < 0) {
			perror("sleepers");
			return 1;
		}
	}
	if (pthread_create(&thread, NULL, sleep_until_date, NULL))
		return 1;
	while (poll(fds, SLEEPERS, -1) >= 0) {
		for (i = 0; i < SLEEPERS; i++) {
			if (!(fds[i].revents & POLLIN))
				continue;
			if (read(fds[i].fd, &expired, sizeof(expired)) >= 0 || errno == ECANCELED)
				tell(sleepers[i].name, sleepers[i].clock, due_ns[i]);
			fds[i].fd = -1;
		}
	}
	return 1;
}
