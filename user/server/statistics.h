/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the server process counts, in memory that it shares with the daemon, which only reads it. A
 * server that was taken over by somebody may write anything there: the daemon believes no size or
 * index that it finds. The next process goes on from there if this one was stopped only to be given
 * other settings.
 */
#ifndef SERVER_STATISTICS_H
#define SERVER_STATISTICS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "server/client_log.h"

enum server_count {
	SERVER_RECEIVED,	/* requests of clients that are allowed */
	SERVER_REFUSED,		/* of others */
	SERVER_MALFORMED,	/* packets that are no requests */
	SERVER_DROPPED,		/* requests beyond the rate limit */
	SERVER_KISSED,		/* of these, told so */
	SERVER_UNSENT,		/* answers: the kernel did not take them, or the clock was set */
	SERVER_AUTHENTICATED,
	SERVER_UNAUTHENTIC,	/* requests whose MAC is wrong, or of an unknown key */
	SERVER_NTS_REFUSED,	/* requests whose NTS cookie is not accepted, and who was told so */
	SERVER_INTERLEAVED,
	SERVER_REPLACED,	/* records of clients that were given to others */
	SERVER_RX_DAEMON,	/* answers by who took their receive timestamp ... */
	SERVER_RX_KERNEL,
	SERVER_RX_CARD,
	SERVER_TX_DAEMON,	/* ... and transmit timestamp */
	SERVER_TX_KERNEL,
	SERVER_TX_CARD,
	SERVER_CARD_REFUSED,	/* timestamps of network cards that contradicted the kernel's */
	SERVER_COUNTS,
};

/**
 * struct server_statistics - the memory
 * @counts: since the first of these processes was started
 * @seed: of the log; all 0: that process has yet to draw it
 * @clients: the records of its log, as many as it was told to have
 */
struct server_statistics {
	atomic_uint_least64_t counts[SERVER_COUNTS];
	uint64_t seed[2];
	struct client_record clients[];
};

static inline size_t server_statistics_size(size_t clients)
{
	return sizeof(struct server_statistics) + clients * sizeof(struct client_record);
}

#endif /* SERVER_STATISTICS_H */
