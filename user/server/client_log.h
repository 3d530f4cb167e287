/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The clients that asked: how often, when, and whether they ask more often than the server answers
 * (chrony's `ratelimit`). A table of a fixed size, in which a new client takes the place of one
 * that has not asked for long. Pure: clock and random bits are arguments.
 */
#ifndef SERVER_CLIENT_LOG_H
#define SERVER_CLIENT_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ntp/address.h"
#include "server/client_limit.h"

/**
 * struct client_record - a client
 * @address: as in struct net_address
 * @family: AF_UNSPEC: this record is free
 * @hits: requests
 * @drops: of these not answered, for the limit
 * @last_ns: raw instant of the latest request
 * @interval_ns: average between requests; 0: not known
 * @answer_interval_ns: average between answers; 0: not known
 * @due_ns: raw instant up to which the answers that were given are paid for by the limit
 */
struct client_record {
	uint8_t address[16];
	uint32_t family;
	uint32_t hits;
	uint32_t drops;
	int64_t last_ns;
	int64_t interval_ns;
	int64_t answer_interval_ns;
	int64_t due_ns;
};

/* One bucket is searched: 512 bytes, eight lines of a processor's cache. */
#define CLIENT_LOG_BUCKET	8

/**
 * struct client_log - the table
 * @records: not owned
 * @count: of them, a power of two; 0: nothing is logged and nothing limited
 * @seed: random, so that nobody can choose addresses that take each other's place
 * @limit: as configured
 * @replaced: records that were given to another client
 */
struct client_log {
	struct client_record *records;
	size_t count;
	uint64_t seed[2];
	struct client_limit limit;
	uint64_t replaced;
};

/* Note a request at @now_ns of the raw clock, and judge it. @random: 64 fresh bits. */
enum client_verdict client_log_note(struct client_log *log, const struct net_address *address,
				    int64_t now_ns, uint64_t random);

/*
 * The index of the first record of the bucket, of CLIENT_LOG_BUCKET, in which a client is, if it is
 * in a table of @count records with that @seed; for who reads a table that another process writes.
 */
size_t client_log_bucket(const struct net_address *address, const uint64_t seed[2], size_t count);

#endif /* SERVER_CLIENT_LOG_H */
