/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The keys of this server's NTS cookies: made, found in their file, rotated, and kept there for the
 * next start. With 'ntsrotate 0' others take care of them, and the file is only read.
 */
#ifndef DAEMON_COOKIE_KEYS_H
#define DAEMON_COOKIE_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "ntp/nts_server_keys.h"

/**
 * struct cookie_keys - they
 * @config: where the file is and how often they are rotated; owned by who has the keys
 * @keys: secret, to be wiped at the end ...
 * @changes: ... and how often they were replaced; 0: there are none
 * @rotated_ns: raw instant of their latest rotation
 * @keep_ns: raw instant at which they are to be written to their file; INT64_MAX: they were
 * @unkept: they could not be, which was logged
 */
struct cookie_keys {
	const struct config_nts *config;
	struct nts_server_keys keys;
	uint64_t changes;
	int64_t rotated_ns;
	int64_t keep_ns;
	bool unkept;
};

/* There are none yet. */
void cookie_keys_init(struct cookie_keys *keys, const struct config_nts *config);

/* Forget that they were to be written, and that they could not be; the keys stay. */
void cookie_keys_forgive(struct cookie_keys *keys);

/* Take those of the file. false: they stay as they are, and why was logged where it matters. */
bool cookie_keys_find(struct cookie_keys *keys, int64_t now_raw_ns);

/* Make new ones. false: the kernel has no random numbers. */
bool cookie_keys_make(struct cookie_keys *keys, int64_t now_raw_ns);

/* Write them to their file, if they are rotated here. Where that fails @keep_ns is the next try. */
void cookie_keys_keep(struct cookie_keys *keys, int64_t now_raw_ns);

/* Raw instant of the next rotation; INT64_MAX: none is to come. */
int64_t cookie_keys_rotation_ns(const struct cookie_keys *keys);

/* Use the next one, and make another. false: the kernel has no random numbers, and they stay. */
bool cookie_keys_rotate(struct cookie_keys *keys, int64_t now_raw_ns);

#endif /* DAEMON_COOKIE_KEYS_H */
