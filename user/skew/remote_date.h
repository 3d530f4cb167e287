/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One host's clock by `ssh HOST date`, for hosts that answer no NTP: good to the time that the
 * connection takes. Asks for no password. Nothing blocks: the caller polls.
 */
#ifndef SKEW_REMOTE_DATE_H
#define SKEW_REMOTE_DATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "skew/compare.h"

/* Room for a line: what date prints, or what ssh says if it cannot connect. */
#define REMOTE_DATE_TEXT_MAX	256

/**
 * struct remote_date - what was asked; { .fd = -1 } before it is
 * @pid: of ssh
 * @fd: its output, to poll(2) for POLLIN; -1: it has ended
 * @ahead_ns: this machine's clock less CLOCK_BOOTTIME, which nobody sets
 * @begun_ns: when it was started, by that clock
 * @line: the part of a line that has come
 * @used: length of that
 * @cut: the beginning of its line is in @text, as it has no room
 * @text: the last line before that, and at the end why there is no date
 * @clock: the result
 */
struct remote_date {
	pid_t pid;
	int fd;
	int64_t ahead_ns;
	int64_t begun_ns;
	char line[REMOTE_DATE_TEXT_MAX];
	size_t used;
	bool cut;
	char text[REMOTE_DATE_TEXT_MAX];
	struct skew_clock clock;
};

/*
 * Start it: @program is ssh, or another that takes a host and a command. Its date is compared with
 * the clock that is @ahead_ns of CLOCK_BOOTTIME. 0, -errno.
 */
int remote_date_start(struct remote_date *remote, const char *program, const char *name,
		      int64_t ahead_ns);

/* Its descriptor is ready. When it has ended, @clock.known, or @text says why not. */
void remote_date_go_on(struct remote_date *remote);

/* End it, if it runs. */
void remote_date_cancel(struct remote_date *remote);

/**
 * remote_date_parse() - what date(1) printed, to a clock
 * @text: "SECONDS.NANOSECONDS", since 1970
 * @before_ns: this machine's clock before it ran ...
 * @after_ns: ... and after
 * @clock: result
 *
 * Return: false: it is no such text, and @clock is untouched.
 */
bool remote_date_parse(const char *text, int64_t before_ns, int64_t after_ns,
		       struct skew_clock *clock);

#endif /* SKEW_REMOTE_DATE_H */
