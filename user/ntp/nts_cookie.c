// SPDX-License-Identifier: GPL-2.0-only
/*
 * A cookie: the id of the server's key, a nonce, and both keys of the client, encrypted. Of which
 * algorithm these are, their length says.
 */
#include "ntp/nts_cookie.h"

#include <string.h>

#include "ntp/bytes.h"

#define ID_SIZE		4

void nts_cookie_keys_set(struct nts_cookie_keys *cookie_keys, const struct nts_server_keys *keys)
{
	for (int i = 0; i < NTS_SERVER_KEYS; i++) {
		cookie_keys->ids[i] = keys->keys[i].id;
		aead_set_key(&cookie_keys->aeads[i], keys->keys[i].algorithm, keys->keys[i].key);
	}
	cookie_keys->current = keys->current;
}

void nts_cookie_make(const struct nts_cookie_keys *cookie_keys, const struct nts_keys *keys,
		     const uint8_t *nonce, struct nts_cookie *cookie)
{
	const struct aead *aead = &cookie_keys->aeads[cookie_keys->current];
	struct aead_context context = {
		.nonce = cookie->bytes + ID_SIZE,
		.nonce_size = aead_nonce_size(aead->algorithm),
	};
	size_t key_size = aead_key_size(keys->algorithm);
	uint8_t plain[2 * AEAD_KEY_MAX];

	put_be32(cookie->bytes, cookie_keys->ids[cookie_keys->current]);
	memcpy(cookie->bytes + ID_SIZE, nonce, context.nonce_size);
	memcpy(plain, keys->c2s, key_size);
	memcpy(plain + key_size, keys->s2c, key_size);
	aead_seal(aead, &context, plain, 2 * key_size,
		  cookie->bytes + ID_SIZE + context.nonce_size);
	cookie->size = ID_SIZE + context.nonce_size + 2 * key_size + AEAD_TAG_SIZE;
	explicit_bzero(plain, sizeof(plain));
}

static int algorithm_of(size_t key_size)
{
	if (key_size == aead_key_size(AEAD_AES_SIV_CMAC_256))
		return AEAD_AES_SIV_CMAC_256;
	if (key_size && key_size == aead_key_size(AEAD_AES_128_GCM_SIV))
		return AEAD_AES_128_GCM_SIV;

	return AEAD_NONE;
}

bool nts_cookie_open(const struct nts_cookie_keys *cookie_keys, const uint8_t *bytes, size_t size,
		     struct nts_keys *keys)
{
	struct aead_context context = { .nonce = bytes + ID_SIZE };
	uint8_t plain[2 * AEAD_KEY_MAX];
	size_t head, key_size;
	uint32_t place;
	bool good;

	if (size < ID_SIZE)
		return false;
	place = get_be32(bytes) % NTS_SERVER_KEYS;
	context.nonce_size = aead_nonce_size(cookie_keys->aeads[place].algorithm);
	head = ID_SIZE + context.nonce_size;
	if (get_be32(bytes) != cookie_keys->ids[place] || size < head + AEAD_TAG_SIZE ||
	    size - head - AEAD_TAG_SIZE > sizeof(plain))
		return false;
	key_size = (size - head - AEAD_TAG_SIZE) / 2;
	keys->algorithm = algorithm_of(key_size);
	good = keys->algorithm != AEAD_NONE && (size - head) % 2 == 0 &&
	       aead_open(&cookie_keys->aeads[place], &context, bytes + head, size - head, plain);
	if (good) {
		memcpy(keys->c2s, plain, key_size);
		memcpy(keys->s2c, plain + key_size, key_size);
	}
	explicit_bzero(plain, sizeof(plain));

	return good;
}
