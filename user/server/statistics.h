/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the server process counts and remembers, in memory that it shares with the daemon, which
 * only reads it. A server that was taken over by somebody may write anything there: the daemon, and
 * the next process, believe no size or index that they find.
 *
 * Other settings, be it one more `allow`, take another process: this one has locked itself in, can
 * neither map nor allocate memory, and so could not read a list of any length. The next one goes on
 * from here, on the same sockets: what came meanwhile waits there, stamped by the kernel.
 */
#ifndef SERVER_STATISTICS_H
#define SERVER_STATISTICS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "server/client_log.h"
#include "server/stamp_table.h"

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
 * @changing: the process is at work on requests, so that one of the records may be half written
 * @ahead_ns: the system clock minus the monotonic one, by which the timestamps were taken
 * @clients: the records of its log, as many as it was told to have; then those of answers'
 *	timestamps, two for each: of this answer and of the previous one
 */
struct server_statistics {
	atomic_uint_least64_t counts[SERVER_COUNTS];
	uint64_t seed[2];
	atomic_uint_least32_t changing;
	int64_t ahead_ns;
	struct client_record clients[];
};

static inline struct stamp_record *server_statistics_stamps(struct server_statistics *statistics,
							    size_t clients)
{
	return (struct stamp_record *)(statistics->clients + clients);
}

/* Those that are held, see stamp_table_held(). @statistics: NULL: none are. */
static inline size_t server_statistics_held(const struct server_statistics *statistics,
					    size_t clients, uint32_t *span_s)
{
	const void *records = statistics ? statistics->clients + clients : NULL;

	return stamp_table_held(records, records ? 2 * clients : 0, span_s);
}

static inline size_t server_statistics_size(size_t clients)
{
	return sizeof(struct server_statistics) +
	       clients * (sizeof(struct client_record) + 2 * sizeof(struct stamp_record));
}

#endif /* SERVER_STATISTICS_H */
