// SPDX-License-Identifier: GPL-2.0-only
/*
 * One loop for all hosts, first for NTP, then for ssh where that is needed.
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

static bool is_awaited(const struct skew_host *host, bool by_ssh)
{
	return by_ssh ? host->remote.fd >= 0 : host->ask.state != SKEW_ASKED;
}

static void go_on(struct skew_host *host, bool by_ssh, bool ready)
{
	if (!by_ssh)
		skew_ask_go_on(&host->ask, ready, clock_ns(CLOCK_MONOTONIC_RAW));
	else if (ready)
		remote_date_go_on(&host->remote);
}

/* Until all hosts have answered, or @end_ns. */
static int run(struct skew_host *hosts, size_t count, struct pollfd *polls, bool by_ssh,
	       int64_t end_ns)
{
	size_t awaited, i;
	bool over;

	/* On a machine that stood still what has arrived is looked at when time is over. */
	do {
		over = clock_ns(CLOCK_MONOTONIC_RAW) >= end_ns;
		awaited = 0;
		for (i = 0; i < count; i++) {
			polls[i].fd = by_ssh ? hosts[i].remote.fd : skew_ask_fd(&hosts[i].ask);
			polls[i].events = POLLIN;
			polls[i].revents = 0;
		}
		if (poll(polls, count, over ? 0 : TICK_MS) < 0 && errno != EINTR)
			return -errno;
		for (i = 0; i < count; i++) {
			if (!is_awaited(&hosts[i], by_ssh))
				continue;
			go_on(&hosts[i], by_ssh, polls[i].revents);
			awaited += is_awaited(&hosts[i], by_ssh);
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
	err = run(hosts, count, polls, false, clock_ns(CLOCK_MONOTONIC_RAW) + options->ntp_ns);
	for (i = 0; i < count; i++)
		skew_ask_end(&hosts[i].ask);
	if (stamps >= 0)
		close(stamps);

	return err;
}

static int run_ssh(struct skew_host *hosts, size_t count, struct pollfd *polls,
		   const struct skew_survey_options *options)
{
	size_t i;
	int err;

	for (i = 0; i < count; i++) {
		if (hosts[i].ask.clock.known)
			continue;
		hosts[i].by_ssh = !remote_date_start(&hosts[i].remote, options->ssh,
						     hosts[i].name);
	}
	err = run(hosts, count, polls, true, clock_ns(CLOCK_MONOTONIC_RAW) + options->ssh_ns);
	for (i = 0; i < count; i++)
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
