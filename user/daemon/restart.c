// SPDX-License-Identifier: GPL-2.0-only
/*
 * The waits between starts.
 */
#include "daemon/restart.h"

#include "core/line.h"
#include "lib/time_units.h"

#define RESTART_MIN_NS	NS_PER_S
#define RESTART_MAX_NS	(64 * NS_PER_S)

/* A process that ran for so long has no trouble that comes back at once. */
#define HEALTHY_NS	(600 * NS_PER_S)

void restart_init(struct restart *restart)
{
	*restart = (struct restart){ .next_ns = INT64_MAX, .wait_ns = RESTART_MIN_NS };
}

void restart_forgive(struct restart *restart)
{
	restart->wait_ns = RESTART_MIN_NS;
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
