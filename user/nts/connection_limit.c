// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of clients, by one process at a time.
 */
#include "nts/connection_limit.h"

#include <string.h>

/*
 * Whoever has the lock needs a microsecond. One who has not given it up after so many attempts,
 * some milliseconds, was killed or is kept from running: the table is used without the lock then.
 * Two processes in it at a time may miscount a client, and no more.
 */
#define ATTEMPTS	100000

static void lock(struct nts_clients *clients)
{
	for (int i = 0; i < ATTEMPTS; i++) {
		/* Pairs with the release in unlock(). */
		if (!atomic_exchange_explicit(&clients->lock, 1, memory_order_acquire))
			return;
	}
}

static void unlock(struct nts_clients *clients)
{
	atomic_store_explicit(&clients->lock, 0, memory_order_release);
}

void connection_limit_init(struct connection_limit *limit, struct nts_clients *clients,
			   const struct nts_settings *settings)
{
	*limit = (struct connection_limit){
		.clients = clients,
		.log = {
			.records = clients->records,
			.count = settings->records ? NTS_CLIENTS : 0,
			.limit = settings->limit,
		},
	};
	memcpy(limit->log.seed, settings->seed, sizeof(limit->log.seed));
}

bool connection_limit_allows(struct connection_limit *limit, const struct net_address *address,
			     int64_t now_ns, uint64_t random)
{
	enum client_verdict verdict;

	if (!limit->log.count)
		return true;
	lock(limit->clients);
	verdict = client_log_note(&limit->log, address, now_ns, random);
	unlock(limit->clients);

	return verdict == CLIENT_ANSWER;
}
