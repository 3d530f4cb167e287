/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How often a client may connect (`ntsratelimit`): a handshake costs a thousand times as much as an
 * answer of NTP. All processes of a server count in one table. Pure: clock and random bits are
 * arguments.
 */
#ifndef NTS_CONNECTION_LIMIT_H
#define NTS_CONNECTION_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "server/client_log.h"
#include "server/nts_settings.h"

/**
 * struct connection_limit - a process's view of the table
 * @clients: shared
 * @log: over its records
 */
struct connection_limit {
	struct nts_clients *clients;
	struct client_log log;
};

/* @settings: as handed over. The table holds what other processes have counted. */
void connection_limit_init(struct connection_limit *limit, struct nts_clients *clients,
			   const struct nts_settings *settings);

/* Note that it connects at @now_ns of the raw clock: may it? @random: 64 fresh bits. */
bool connection_limit_allows(struct connection_limit *limit, const struct net_address *address,
			     int64_t now_ns, uint64_t random);

#endif /* NTS_CONNECTION_LIMIT_H */
