/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What truechime check tells a monitoring system, by the guidelines for its plugins: a state, a
 * sentence and performance data. Pure.
 */
#ifndef CLI_CHECK_JUDGE_H
#define CLI_CHECK_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/module_refusal.h"
#include "lib/services.h"

/* In the order of exit statuses. */
enum check_state {
	CHECK_OK,
	CHECK_WARNING,
	CHECK_CRITICAL,
	CHECK_UNKNOWN,
};

/**
 * struct check_limits - how wrong the clock may be
 * @warn_ns: a warning above this ...
 * @crit_ns: ... and critical above this
 * @demanded: the operator has given one, so that a bound that is not known breaks it
 */
struct check_limits {
	int64_t warn_ns;
	int64_t crit_ns;
	bool demanded;
};

/**
 * struct check_facts - what is judged
 * @daemon_error: 0: it has answered; -ECONNREFUSED: it does not run; else -errno
 * @restart: the command that starts it anew
 * @synchronised: it calls the clock that, and the kernel does
 * @steered_by_others: another program has the clock
 * @obstacle: if it is not synchronised, why, in a sentence without its full stop; ""
 * @refusal: why the module is not loaded, although it is installed, likewise; ""
 * @bound_ns: how wrong the clock may be, or -1: not known
 * @has_offset: an estimate of its error is known ...
 * @offset_ns: ... which is this; positive: it is behind
 * @host_reading_ns: by which a reading of the host's clock may be wrong, or -1: there is none
 * @disruptions: since the module was loaded, or -1: it is not
 */
struct check_facts {
	int daemon_error;
	char restart[SERVICE_COMMAND_MAX];
	bool synchronised;
	bool steered_by_others;
	const char *obstacle;
	char refusal[MODULE_REFUSAL_TEXT_MAX];
	int64_t bound_ns;
	bool has_offset;
	int64_t offset_ns;
	int64_t host_reading_ns;
	int64_t disruptions;
};

/* Ceph's monitors bear so much between two of them. */
#define CHECK_CEPH_NS	50000000LL

/**
 * check_limits_choose() - the limits from the options; 0: not given
 * @warn_ns: --warn
 * @crit_ns: --crit
 * @within_ns: the least of --within
 * @limits: result
 *
 * Two clocks that are each right to half of --within are no further apart than that, hence the
 * warning above it. Without any option the limits are 100 ms and 1 s.
 *
 * Return: false: a warning would come after critical only.
 */
bool check_limits_choose(int64_t warn_ns, int64_t crit_ns, int64_t within_ns,
			 struct check_limits *limits);

/* Room for the sentence and for performance data. */
#define CHECK_TEXT_MAX	640

/* The state, and a sentence for people, without '|' and newlines. */
enum check_state check_judge(const struct check_facts *facts, const struct check_limits *limits,
			     char sentence[CHECK_TEXT_MAX]);

/* "offset=0.000012000s bound=0.000340000s;0.1;1;0 ..." */
void check_perfdata(const struct check_facts *facts, const struct check_limits *limits,
		    char text[CHECK_TEXT_MAX]);

/* "OK", "WARNING" ... */
const char *check_state_name(enum check_state state);

#endif /* CLI_CHECK_JUDGE_H */
