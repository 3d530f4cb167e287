// SPDX-License-Identifier: GPL-2.0-only
/*
 * The waits between starts.
 */
#include "daemon/restart.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/line.h"
#include "lib/time_units.h"

#define RESTART_MIN_NS	NS_PER_S
#define RESTART_MAX_NS	(64 * NS_PER_S)

/* A process that ran for so long has no trouble that comes back at once. */
#define HEALTHY_NS	(600 * NS_PER_S)

/* One that cannot do its work ends within this. */
#define PROOF_NS	(10 * NS_PER_S)

void restart_init(struct restart *restart)
{
	*restart = (struct restart){ .next_ns = INT64_MAX, .wait_ns = RESTART_MIN_NS };
}

void restart_forgive(struct restart *restart)
{
	restart->wait_ns = RESTART_MIN_NS;
	*restart->trouble = '\0';
}

void restart_after_failure(struct restart *restart, int64_t now_raw_ns)
{
	restart->next_ns = chime_add_sat(now_raw_ns, restart->wait_ns);
	restart->wait_ns = chime_min(2 * restart->wait_ns, RESTART_MAX_NS);
}

void restart_after_end(struct restart *restart, int64_t started_ns, int64_t now_raw_ns)
{
	if (chime_sub_sat(now_raw_ns, started_ns) >= HEALTHY_NS)
		restart_forgive(restart);
	/* Those that end together, as without a certificate, are started together. */
	if (restart->next_ns == INT64_MAX)
		restart_after_failure(restart, now_raw_ns);
}

const char *restart_advice(int err)
{
	switch (err) {
	case -ENOENT:
		return "It belongs beside truechimed: install truechime as a whole";
	case -EMFILE:
		return "It is tried again. Permit more descriptors: LimitNOFILE= of the service";
	}

	return "It is tried again";
}

bool restart_is_news(struct restart *restart, const char *trouble)
{
	char text[sizeof(restart->trouble)];

	snprintf(text, sizeof(text), "%s", trouble);
	if (!strcmp(restart->trouble, text))
		return false;
	memcpy(restart->trouble, text, sizeof(text));

	return true;
}

int64_t restart_proof_ns(const struct restart *restart, int64_t started_ns)
{
	return *restart->trouble ? chime_add_sat(started_ns, PROOF_NS) : INT64_MAX;
}

bool restart_is_mended(struct restart *restart, int64_t started_ns, int64_t now_raw_ns)
{
	if (now_raw_ns < restart_proof_ns(restart, started_ns) || !*restart->trouble)
		return false;
	*restart->trouble = '\0';

	return true;
}
