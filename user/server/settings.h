/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the daemon hands to the server process when it starts it: descriptors, and the settings in a
 * file in memory. Both are of one version.
 */
#ifndef SERVER_SETTINGS_H
#define SERVER_SETTINGS_H

#include <assert.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/own_version.h"
#include "ntp/keys.h"
#include "server/access.h"
#include "server/client_log.h"

/* Inherited descriptors. A socket that is not open is not to be served. */
enum server_fd {
	SERVER_FD_SETTINGS = 3,
	SERVER_FD_LIFELINE,	/* its other end is closed when the daemon ends */
	SERVER_FD_PAGE,		/* of time */
	SERVER_FD_STATISTICS,
	SERVER_FD_COOKIE_KEYS,	/* a pipe of struct nts_server_keys; not open: no NTS */
	SERVER_FD_IPV4,
	SERVER_FD_IPV6,
	SERVER_FD_END,
};

/* Statuses with which the server process ends, beside 0: the daemon has ended. */
enum server_status {
	SERVER_STATUS_SETTINGS = 3,	/* what was handed over cannot be used */
	SERVER_STATUS_SANDBOX,		/* it could not be locked in */
	SERVER_STATUS_SOCKET,		/* a socket failed */
};

/**
 * struct server_settings - as configured
 * @version: of the daemon
 * @limit: of answers to a client
 * @client_count: records of clients, a power of two; 0: none are kept
 * @least_poll: log2 seconds that clients are advised to wait at least
 * @rule_count: how many
 * @key_count: how many keys follow the rules
 * @cards: network cards stamp packets: 1, or 0
 * @rules: who is served
 */
struct server_settings {
	char version[OWN_VERSION_MAX];
	struct client_limit limit;
	uint64_t client_count;
	int32_t least_poll;
	uint32_t rule_count;
	uint32_t key_count;
	uint32_t cards;
	struct access_rule rules[];
};

static_assert(!(offsetof(struct server_settings, rules) % alignof(struct ntp_key)) &&
	      !(sizeof(struct access_rule) % alignof(struct ntp_key)), "keys follow rules");

/* The keys, in the order of their numbers. */
static inline const struct ntp_key *server_settings_keys(const struct server_settings *settings)
{
	return (const struct ntp_key *)(settings->rules + settings->rule_count);
}

static inline size_t server_settings_size(size_t rules, size_t keys)
{
	return sizeof(struct server_settings) + rules * sizeof(struct access_rule) +
	       keys * sizeof(struct ntp_key);
}

#endif /* SERVER_SETTINGS_H */
