/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Authenticated encryption as NTS has it (RFC 8915 section 5.1): AES-SIV-CMAC-256 (RFC 5297), which
 * every server has, and AES-128-GCM-SIV (RFC 8452) where the library has it. Pure, over libnettle.
 */
#ifndef NTP_AEAD_H
#define NTP_AEAD_H

#include <nettle/siv-cmac.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Numbers of IANA's registry. */
#define AEAD_NONE		0
#define AEAD_AES_SIV_CMAC_256	15
#define AEAD_AES_128_GCM_SIV	30

#define AEAD_KEY_MAX	32
#define AEAD_NONCE_MAX	16

/* What a message grows by. */
#define AEAD_TAG_SIZE	16

/**
 * struct aead - an algorithm with a key; to be wiped
 * @algorithm: AEAD_NONE: there is none yet
 * @cmac: of AES-SIV-CMAC-256
 * @gcm: of AES-128-GCM-SIV
 */
struct aead {
	int algorithm;
	union {
		struct siv_cmac_aes128_ctx cmac;
		struct aes128_ctx gcm;
	};
};

/* Bytes of a key. 0: this library has no such algorithm. */
size_t aead_key_size(int algorithm);

/* Bytes of a nonce that is made here. */
size_t aead_nonce_size(int algorithm);

/* @key has aead_key_size() bytes. false: there is no such algorithm. */
bool aead_set_key(struct aead *aead, int algorithm, const uint8_t *key);

/**
 * struct aead_context - what is authenticated beside a message
 * @nonce: at least one byte
 * @nonce_size: how many
 * @data: that stays as it is
 * @data_size: how many bytes
 */
struct aead_context {
	const uint8_t *nonce;
	size_t nonce_size;
	const uint8_t *data;
	size_t data_size;
};

/*
 * Encrypt @size bytes of @plain to @sealed, which has AEAD_TAG_SIZE more. false: the algorithm
 * takes no such nonce.
 */
bool aead_seal(const struct aead *aead, const struct aead_context *context, const uint8_t *plain,
	       size_t size, uint8_t *sealed);

/* Decrypt @size bytes of @sealed to AEAD_TAG_SIZE less. false: they are not authentic. */
bool aead_open(const struct aead *aead, const struct aead_context *context, const uint8_t *sealed,
	       size_t size, uint8_t *plain);

#endif /* NTP_AEAD_H */
