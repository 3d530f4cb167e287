/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cookies as a server makes and opens them: the client's keys, encrypted for the server itself, so
 * that it has to keep nothing of its clients. They have chrony's format. Pure.
 */
#ifndef NTP_NTS_COOKIE_H
#define NTP_NTS_COOKIE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ntp/nts_server_keys.h"

/**
 * struct nts_cookie_keys - the server's keys, ready for use; to be wiped
 * @ids: of each
 * @aeads: with each
 * @current: the key in use
 */
struct nts_cookie_keys {
	uint32_t ids[NTS_SERVER_KEYS];
	struct aead aeads[NTS_SERVER_KEYS];
	uint32_t current;
};

/* With these keys from now on, which are sane. */
void nts_cookie_keys_set(struct nts_cookie_keys *cookie_keys, const struct nts_server_keys *keys);

/* A cookie of the client's @keys. @nonce: AEAD_NONCE_MAX fresh random bytes. */
void nts_cookie_make(const struct nts_cookie_keys *cookie_keys, const struct nts_keys *keys,
		     const uint8_t *nonce, struct nts_cookie *cookie);

/* The keys in a cookie of @size bytes. false: it is none of ours, or too old. */
bool nts_cookie_open(const struct nts_cookie_keys *cookie_keys, const uint8_t *bytes, size_t size,
		     struct nts_keys *keys);

#endif /* NTP_NTS_COOKIE_H */
