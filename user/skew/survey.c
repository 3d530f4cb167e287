// SPDX-License-Identifier: GPL-2.0-only
/*
 * One loop for all hosts, first for NTP, then one for ssh where that is needed.
 */
#include "skew/survey.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/line.h"
#include "lib/clock_ns.h"
#include "ntp/socket.h"

/* Requests and timeouts are due at any time, and may be as late as this. */
#define TICK_MS	10

/* Of two clocks side by side: one of them is not interrupted. */
#define READINGS	5

/* What has come is looked at, if there is anything, within a tick; at once if time is over. */
static int await(struct pollfd *polls, size_t count, bool over)
{
	return poll(polls, count, over ? 0 : TICK_MS) < 0 && errno != EINTR ? -errno : 0;
}

/**
 * struct survey - what all hosts have in common
 * @hosts: these ...
 * @count: ... how many
 * @options: how they are asked
 * @polls: room for a descriptor of each
 * @ahead_ns: this machine's clock less CLOCK_BOOTTIME, as it was at the beginning
 */
struct survey {
	struct skew_host *hosts;
	size_t count;
	const struct skew_survey_options *options;
	struct pollfd *polls;
	int64_t ahead_ns;
};

/* --- this machine's clock --- */

/* Between two readings of the other that are as close as can be. */
static int64_t read_ahead_ns(void)
{
	int64_t ahead_ns = 0, least_ns = INT64_MAX;

	for (int i = 0; i < READINGS; i++) {
		int64_t before_ns = clock_ns(CLOCK_BOOTTIME);
		int64_t shown_ns = clock_ns(CLOCK_REALTIME);
		int64_t width_ns = clock_ns(CLOCK_BOOTTIME) - before_ns;

		if (width_ns >= least_ns)
			continue;
		least_ns = width_ns;
		ahead_ns = shown_ns - (before_ns + width_ns / 2);
	}

	return ahead_ns;
}

/* All were compared with one clock, whoever set it meanwhile; what counts is what it shows now. */
static void compare_with_now(const struct survey *survey)
{
	int64_t set_ns = read_ahead_ns() - survey->ahead_ns;

	for (size_t i = 0; i < survey->count; i++) {
		struct skew_host *host = &survey->hosts[i];

		host->ask.clock.offset_ns = chime_sub_sat(host->ask.clock.offset_ns, set_ns);
		host->remote.clock.offset_ns = chime_sub_sat(host->remote.clock.offset_ns, set_ns);
	}
}

/* --- by NTP, all at once --- */

/* Until all hosts have answered, or @end_ns. */
static int await_answers(const struct survey *survey, int64_t end_ns)
{
	struct skew_host *hosts = survey->hosts;
	size_t awaited, i;
	bool over;
	int err;

	/* On a machine that stood still what has arrived is looked at when time is over. */
	do {
		over = clock_ns(CLOCK_MONOTONIC_RAW) >= end_ns;
		awaited = 0;
		for (i = 0; i < survey->count; i++)
			survey->polls[i] = (struct pollfd){
				.fd = skew_ask_fd(&hosts[i].ask), .events = POLLIN,
			};
		err = await(survey->polls, survey->count, over);
		if (err)
			return err;
		for (i = 0; i < survey->count; i++) {
			if (hosts[i].ask.state == SKEW_ASKED)
				continue;
			skew_ask_go_on(&hosts[i].ask, survey->polls[i].revents,
				       clock_ns(CLOCK_MONOTONIC_RAW));
			awaited += hosts[i].ask.state != SKEW_ASKED;
		}
	} while (awaited && !over);

	return 0;
}

static int run_ntp(const struct survey *survey)
{
	int stamps = ntp_socket_keep_stamps();
	size_t i;
	int err;

	for (i = 0; i < survey->count; i++)
		skew_ask_start(&survey->hosts[i].ask, survey->hosts[i].name, survey->options->port,
			       survey->ahead_ns, clock_ns(CLOCK_MONOTONIC_RAW));
	err = await_answers(survey, clock_ns(CLOCK_MONOTONIC_RAW) + survey->options->ntp_ns);
	for (i = 0; i < survey->count; i++)
		skew_ask_end(&survey->hosts[i].ask);
	if (stamps >= 0)
		close(stamps);

	return err;
}

/* --- by ssh, some at a time --- */

/* Start what there is room for, from @next on. How many run then. */
static size_t start_ssh(const struct survey *survey, size_t *next)
{
	const struct skew_survey_options *options = survey->options;
	size_t running = 0;

	for (size_t i = 0; i < *next; i++)
		running += survey->hosts[i].remote.fd >= 0;
	for (; *next < survey->count && running < SKEW_SSH_MOST; (*next)++) {
		struct skew_host *host = &survey->hosts[*next];

		if (host->ask.clock.known)
			continue;
		host->by_ssh = !remote_date_start(&host->remote, options->ssh, host->name,
						  survey->ahead_ns);
		host->ssh_end_ns = clock_ns(CLOCK_MONOTONIC_RAW) + options->ssh_ns;
		running += host->by_ssh;
	}

	return running;
}

/* The first @count, of which those that run: what they have printed, or that it took too long. */
static int await_ssh(const struct survey *survey, size_t count)
{
	int64_t now_ns = clock_ns(CLOCK_MONOTONIC_RAW);
	struct skew_host *hosts = survey->hosts;
	struct pollfd *polls = survey->polls;
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

static int run_ssh(const struct survey *survey)
{
	size_t next = 0;
	int err = 0;

	while (!err && start_ssh(survey, &next))
		err = await_ssh(survey, next);
	for (size_t i = 0; i < survey->count; i++)
		remote_date_cancel(&survey->hosts[i].remote);

	return err;
}

int skew_survey(struct skew_host *hosts, size_t count, const struct skew_survey_options *options)
{
	struct survey survey = {
		.hosts = hosts,
		.count = count,
		.options = options,
		.polls = calloc(count, sizeof(*survey.polls)),
		.ahead_ns = read_ahead_ns(),
	};
	int err;

	if (!survey.polls)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		hosts[i].remote.fd = -1;
	err = run_ntp(&survey);
	if (!err && options->ssh)
		err = run_ssh(&survey);
	free(survey.polls);
	compare_with_now(&survey);

	return err;
}

const struct skew_clock *skew_clock_of(const struct skew_host *host)
{
	return host->ask.clock.known ? &host->ask.clock : &host->remote.clock;
}
