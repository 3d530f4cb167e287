/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the NTP server counts, as JSON.
 */
#ifndef IPC_REPORT_SERVER_H
#define IPC_REPORT_SERVER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/client_marks.h"
#include "ipc/state.h"
#include "server/nts_settings.h"
#include "server/statistics.h"
#include "xdp/shared.h"

/* What is counted of the servers of NTP and NTS. NULL: no memory. */
json_t *report_serverstats(const struct server_counts *counts);

/**
 * struct clients_query - which clients are asked for
 * @least_hits: those that asked so often; 0: all
 * @nts: with their connections for keys of NTS
 * @reset: and all counts begin anew then
 */
struct clients_query {
	uint32_t least_hits;
	bool nts;
	bool reset;
};

/* What an operator asks for, as "least 100 nts reset"; "": all. false: it is anything else. */
bool clients_query_parse(const char *text, struct clients_query *query);

/*
 * The clients that @query is about, of those of NTP (@serving: it is served) and, if it asks for
 * them, of NTS; so many at most, and how many more. NULL: there is no memory for it.
 */
json_t *report_clients(const struct client_table *ntp, const struct client_table *nts,
		       bool serving, const struct clients_query *query, int64_t now_raw_ns);

/*
 * An answer of the daemon takes no longer than some milliseconds, and is no longer than one may be
 * (CONTROL_ANSWER_MAX), however long each client's address and numbers are.
 */
#define REPORT_CLIENTS_MAX	1024
#define REPORT_NTS_CLIENTS_MAX	768	/* with NTS, of which there are more numbers */

#endif /* IPC_REPORT_SERVER_H */
