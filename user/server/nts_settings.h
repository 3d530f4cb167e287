/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the daemon hands to a process that serves NTS key establishment when it starts it, and what
 * such processes count, in memory that they share with the daemon.
 */
#ifndef SERVER_NTS_SETTINGS_H
#define SERVER_NTS_SETTINGS_H

#include <assert.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/own_version.h"
#include "ntp/nts_record.h"
#include "ntp/nts_server_keys.h"
#include "server/access.h"
#include "server/client_log.h"

/* What the program is told to do. */
#define NTS_SERVE	"serve"
#define NTS_CHECK	"check"

#define NTS_PAIRS_MAX	16

/* Clients whose connections are counted; each comes once in weeks. */
#define NTS_CLIENTS	4096
#define NTS_PATH_MAX	256

/* Inherited descriptors. A socket that is not open is not to be served. */
enum nts_fd {
	NTS_FD_SETTINGS = 3,
	NTS_FD_DAEMON,		/* a socket of messages, see below; its other end is the daemon's */
	NTS_FD_STATISTICS,
	NTS_FD_IPV4,
	NTS_FD_IPV6,
	NTS_FD_END,
};

/* Statuses with which the process ends, beside 0: the daemon has ended. */
enum nts_status {
	NTS_STATUS_SETTINGS = 3,	/* what was handed over cannot be used */
	NTS_STATUS_CERTIFICATE,		/* nor a certificate or key */
	NTS_STATUS_SANDBOX,		/* it could not be locked in */
	NTS_STATUS_MESSAGE,		/* a message of the daemon could not be taken */
};

/**
 * struct nts_settings - as configured
 * @version: of the daemon; others are not understood
 * @number: of these settings: other ones have another
 * @algorithms: that may be used
 * @connections: at a time
 * @records: who connects is recorded, even if there is no limit
 * @limit: of the connections of a client
 * @seed: of the table in which these are counted
 * @ntp_port: that clients are told; 0: none
 * @ntp_server: same, "": none
 * @pair_count: of certificates and keys
 * @certificates: files
 * @keys: files, in the same order
 * @rule_count: how many
 * @rules: who is served
 */
struct nts_settings {
	char version[OWN_VERSION_MAX];
	struct nts_algorithms algorithms;
	struct client_limit limit;
	uint64_t number;
	uint64_t seed[2];
	int32_t connections;
	int32_t records;
	int32_t ntp_port;
	char ntp_server[NTS_SERVER_MAX];
	uint32_t pair_count;
	char certificates[NTS_PAIRS_MAX][NTS_PATH_MAX];
	char keys[NTS_PAIRS_MAX][NTS_PATH_MAX];
	uint32_t rule_count;
	struct access_rule rules[];
};

/*
 * A message from the daemon is a struct nts_server_keys: the keys of cookies; or this, beside the
 * descriptor of a file in memory: other rules. After the last one the daemon has ended.
 */
struct nts_rules_message {
	uint32_t rule_count;
};

static_assert(sizeof(struct nts_rules_message) != sizeof(struct nts_server_keys),
	      "messages are told apart by their sizes");

/**
 * struct nts_clients - who has connected
 * @lock: 1: a process is at work on @records
 * @records: for a client_log
 */
struct nts_clients {
	atomic_uint_least64_t lock;
	struct client_record records[NTS_CLIENTS];
};

/**
 * struct nts_validity - for how long the certificates are valid that are shown to clients
 * @settings: number of the settings that name them; written last
 * @end_s: of each, when it expires, or the first of those who signed it, in s of UTC since 1970; 0:
 *	it is not known
 */
struct nts_validity {
	atomic_uint_least64_t settings;
	atomic_int_least64_t end_s[NTS_PAIRS_MAX];
};

/**
 * struct nts_statistics - of all these processes
 * @accepted: connections
 * @dropped: connections of clients that are not allowed, come too often, or had no place
 * @validity: of their certificates
 * @clients: by the processes
 */
struct nts_statistics {
	atomic_uint_least64_t accepted;
	atomic_uint_least64_t dropped;
	struct nts_validity validity;
	struct nts_clients clients;
};

#endif /* SERVER_NTS_SETTINGS_H */
