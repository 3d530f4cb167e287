/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The clocks of many hosts at once: each by NTP, and if it answers none, by ssh.
 */
#ifndef SKEW_SURVEY_H
#define SKEW_SURVEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "skew/ask.h"
#include "skew/remote_date.h"

/*
 * So many ssh run side by side: each is a process with a handshake to compute, and a thousand of
 * them would take this machine's memory, and the time of each other's answers.
 */
#define SKEW_SSH_MOST	64

/**
 * struct skew_host - one of them
 * @name: as given
 * @ask: by NTP
 * @remote: by ssh
 * @by_ssh: that was tried, as NTP was not answered
 * @ssh_end_ns: raw instant at which it is given up
 */
struct skew_host {
	const char *name;
	struct skew_ask ask;
	struct remote_date remote;
	bool by_ssh;
	int64_t ssh_end_ns;
};

/**
 * struct skew_survey_options - how they are asked
 * @port: UDP port of NTP
 * @ntp_ns: for how long
 * @ssh: the program that connects to a host; NULL: none
 * @ssh_ns: for how long that may take for a host
 */
struct skew_survey_options {
	int port;
	int64_t ntp_ns;
	const char *ssh;
	int64_t ssh_ns;
};

/* Ask @count hosts, of which the names are set. 0, -ENOMEM, -errno of poll(2). */
int skew_survey(struct skew_host *hosts, size_t count, const struct skew_survey_options *options);

/* What was found of a host, by whichever way. */
const struct skew_clock *skew_clock_of(const struct skew_host *host);

#endif /* SKEW_SURVEY_H */
