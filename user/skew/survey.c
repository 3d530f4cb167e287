// SPDX-License-Identifier: GPL-2.0-only
/*
 * One loop for all hosts, first for NTP, then one for ssh where that is needed.
 */
#include "skew/survey.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/clock_ns.h"
#include "ntp/socket.h"

/* Requests and timeouts are due at any time, and may be as late as this. */
#define TICK_MS	10

/* What has come is looked at, if there is anything, within a tick; at once if time is over. */
static int await(struct pollfd *polls, size_t count, bool over)
{
	return poll(polls, count, over ? 0 : TICK_MS) < 0 && errno != EINTR ? -errno : 0;
}

/* --- by NTP, all at once --- */

/* Until all hosts have answered, or @end_ns. */
static int await_answers(struct skew_host *hosts, size_t count, struct pollfd *polls,
			 int64_t end_ns)
{
	size_t awaited, i;
	bool over;
	int err;

	/* On a machine that stood still what has arrived is looked at when time is over. */
	do {
		over = clock_ns(CLOCK_MONOTONIC_RAW) >= end_ns;
		awaited = 0;
		for (i = 0; i < count; i++)
			polls[i] = (struct pollfd){
				.fd = skew_ask_fd(&hosts[i].ask), .events = POLLIN,
			};
		err = await(polls, count, over);
		if (err)
			return err;
		for (i = 0; i < count; i++) {
			if (hosts[i].ask.state == SKEW_ASKED)
				continue;
			skew_ask_go_on(&hosts[i].ask, polls[i].revents,
				       clock_ns(CLOCK_MONOTONIC_RAW));
			awaited += hosts[i].ask.state != SKEW_ASKED;
		}
	} while (awaited && !over);

	return 0;
}

static int run_ntp(struct skew_host *hosts, size_t count, struct pollfd *polls,
		   const struct skew_survey_options *options)
{
	int stamps = ntp_socket_keep_stamps();
	size_t i;
	int err;

	for (i = 0; i < count; i++)
		skew_ask_start(&hosts[i].ask, hosts[i].name, options->port,
			       clock_ns(CLOCK_MONOTONIC_RAW));
	err = await_answers(hosts, count, polls,
			    clock_ns(CLOCK_MONOTONIC_RAW) + options->ntp_ns);
	for (i = 0; i < count; i++)
		skew_ask_end(&hosts[i].ask);
	if (stamps >= 0)
		close(stamps);

	return err;
}

/* --- by ssh, some at a time --- */

/* Start what there is room for, from @next on. How many run then. */
static size_t start_ssh(struct skew_host *hosts, size_t count, size_t *next,
			const struct skew_survey_options *options)
{
	size_t running = 0;

	for (size_t i = 0; i < *next; i++)
		running += hosts[i].remote.fd >= 0;
	for (; *next < count && running < SKEW_SSH_MOST; (*next)++) {
		struct skew_host *host = &hosts[*next];

		if (host->ask.clock.known)
			continue;
		host->by_ssh = !remote_date_start(&host->remote, options->ssh, host->name);
		host->ssh_end_ns = clock_ns(CLOCK_MONOTONIC_RAW) + options->ssh_ns;
		running += host->by_ssh;
	}

	return running;
}

/* Those that run: what they have printed, or that it took them too long. */
static int await_ssh(struct skew_host *hosts, size_t count, struct pollfd *polls)
{
	int64_t now_ns = clock_ns(CLOCK_MONOTONIC_RAW);
	bool over = false;
	int err;

	for (size_t i = 0; i < count; i++) {
		polls[i] = (struct pollfd){ .fd = hosts[i].remote.fd, .events = POLLIN };
		over |= hosts[i].remote.fd >= 0 && now_ns >= hosts[i].ssh_end_ns;
	}
	err = await(polls, count, over);
	for (size_t i = 0; !err && i < count; i++) {
		if (polls[i].revents)
			remote_date_go_on(&hosts[i].remote);
		if (now_ns >= hosts[i].ssh_end_ns)
			remote_date_cancel(&hosts[i].remote);
	}

	return err;
}

static int run_ssh(struct skew_host *hosts, size_t count, struct pollfd *polls,
		   const struct skew_survey_options *options)
{
	size_t next = 0;
	int err = 0;

	while (!err && start_ssh(hosts, count, &next, options))
		err = await_ssh(hosts, next, polls);
	for (size_t i = 0; i < count; i++)
		remote_date_cancel(&hosts[i].remote);

	return err;
}

int skew_survey(struct skew_host *hosts, size_t count, const struct skew_survey_options *options)
{
	struct pollfd *polls = calloc(count, sizeof(*polls));
	size_t i;
	int err;

	if (!polls)
		return -ENOMEM;
	for (i = 0; i < count; i++)
		hosts[i].remote.fd = -1;
	err = run_ntp(hosts, count, polls, options);
	if (!err && options->ssh)
		err = run_ssh(hosts, count, polls, options);
	free(polls);

	return err;
}

const struct skew_clock *skew_clock_of(const struct skew_host *host)
{
	return host->ask.clock.known ? &host->ask.clock : &host->remote.clock;
}
