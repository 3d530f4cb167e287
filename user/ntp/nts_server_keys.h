/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The keys in which a server encrypts what is in its cookies: the one in use, two earlier ones, so
 * that the cookies of clients that ask seldom hold, and the next one, so that a server that shares
 * them need not be told at once. They are chrony's, and so is the text in which they are kept.
 * Pure.
 */
#ifndef NTP_NTS_SERVER_KEYS_H
#define NTP_NTS_SERVER_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ntp/nts.h"

#define NTS_SERVER_KEYS		4

/* Room for the text of any. */
#define NTS_SERVER_KEYS_TEXT	1024

/**
 * struct nts_server_key - one of them
 * @id: that its cookies begin with; its lowest bits are its place
 * @algorithm: AEAD_*
 * @key: as many bytes as that has
 */
struct nts_server_key {
	uint32_t id;
	int32_t algorithm;
	uint8_t key[AEAD_KEY_MAX];
};

/**
 * struct nts_server_keys - all of them; to be wiped
 * @keys: each in its place
 * @current: place of the one in use
 */
struct nts_server_keys {
	struct nts_server_key keys[NTS_SERVER_KEYS];
	uint32_t current;
};

/* Random bytes, for a key and its id. */
#define NTS_SERVER_KEY_RANDOM	(AEAD_KEY_MAX + 4)

/* Make all of them new, of fresh random bytes. */
void nts_server_keys_make(struct nts_server_keys *keys,
			  const uint8_t random[NTS_SERVER_KEYS][NTS_SERVER_KEY_RANDOM]);

/* Use the next one; the oldest gives way to a new one after that. */
void nts_server_keys_rotate(struct nts_server_keys *keys,
			    const uint8_t random[NTS_SERVER_KEY_RANDOM]);

/* Could they be such keys? */
bool nts_server_keys_are_sane(const struct nts_server_keys *keys);

/* @age_s: since the latest rotation. The text's length; 0: there is no room. */
size_t nts_server_keys_write(const struct nts_server_keys *keys, double age_s, char *text,
			     size_t size);

/*
 * Read a text, which ends with a zero byte and is changed. NULL; what is wrong with it, for people:
 * then neither @keys nor @age_s is changed.
 */
const char *nts_server_keys_read(char *text, struct nts_server_keys *keys, double *age_s);

#endif /* NTP_NTS_SERVER_KEYS_H */
