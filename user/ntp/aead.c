// SPDX-License-Identifier: GPL-2.0-only
/*
 * One interface to both algorithms. AES-128-GCM-SIV came to libnettle with version 3.9.
 */
#include "ntp/aead.h"

#if __has_include("nettle/siv-gcm.h")
#include <nettle/siv-gcm.h>
#define HAS_GCM_SIV	1
#else
#define HAS_GCM_SIV	0
#endif

#define GCM_KEY_SIZE	16
#define GCM_NONCE_SIZE	12

size_t aead_key_size(int algorithm)
{
	if (algorithm == AEAD_AES_SIV_CMAC_256)
		return SIV_CMAC_AES128_KEY_SIZE;

	return HAS_GCM_SIV && algorithm == AEAD_AES_128_GCM_SIV ? GCM_KEY_SIZE : 0;
}

size_t aead_nonce_size(int algorithm)
{
	return algorithm == AEAD_AES_128_GCM_SIV ? GCM_NONCE_SIZE : AEAD_NONCE_MAX;
}

bool aead_set_key(struct aead *aead, int algorithm, const uint8_t *key)
{
	if (!aead_key_size(algorithm))
		return false;
	aead->algorithm = algorithm;
	if (algorithm == AEAD_AES_SIV_CMAC_256)
		siv_cmac_aes128_set_key(&aead->cmac, key);
	else
		aes128_set_encrypt_key(&aead->gcm, key);

	return true;
}

static bool is_nonce_ok(const struct aead *aead, const struct aead_context *context)
{
	if (aead->algorithm == AEAD_AES_SIV_CMAC_256)
		return context->nonce_size >= SIV_MIN_NONCE_SIZE;

	return aead->algorithm == AEAD_AES_128_GCM_SIV && context->nonce_size == GCM_NONCE_SIZE;
}

#if HAS_GCM_SIV

static void seal_gcm(const struct aead *aead, const struct aead_context *context,
		     const uint8_t *plain, size_t size, uint8_t *sealed)
{
	siv_gcm_aes128_encrypt_message(&aead->gcm, context->nonce_size, context->nonce,
				       context->data_size, context->data, size + AEAD_TAG_SIZE,
				       sealed, plain);
}

static bool open_gcm(const struct aead *aead, const struct aead_context *context,
		     const uint8_t *sealed, size_t size, uint8_t *plain)
{
	return siv_gcm_aes128_decrypt_message(&aead->gcm, context->nonce_size, context->nonce,
					      context->data_size, context->data,
					      size - AEAD_TAG_SIZE, plain, sealed);
}

#else

/* No key of that algorithm is ever set. */
static void seal_gcm(const struct aead *aead, const struct aead_context *context,
		     const uint8_t *plain, size_t size, uint8_t *sealed)
{
	(void)aead;
	(void)context;
	(void)plain;
	(void)size;
	(void)sealed;
}

static bool open_gcm(const struct aead *aead, const struct aead_context *context,
		     const uint8_t *sealed, size_t size, uint8_t *plain)
{
	seal_gcm(aead, context, sealed, size, plain);

	return false;
}

#endif

bool aead_seal(const struct aead *aead, const struct aead_context *context, const uint8_t *plain,
	       size_t size, uint8_t *sealed)
{
	if (!is_nonce_ok(aead, context))
		return false;
	if (aead->algorithm == AEAD_AES_SIV_CMAC_256)
		siv_cmac_aes128_encrypt_message(&aead->cmac, context->nonce_size, context->nonce,
						context->data_size, context->data,
						size + AEAD_TAG_SIZE, sealed, plain);
	else
		seal_gcm(aead, context, plain, size, sealed);

	return true;
}

bool aead_open(const struct aead *aead, const struct aead_context *context, const uint8_t *sealed,
	       size_t size, uint8_t *plain)
{
	if (!is_nonce_ok(aead, context) || size < AEAD_TAG_SIZE)
		return false;
	if (aead->algorithm == AEAD_AES_SIV_CMAC_256)
		return siv_cmac_aes128_decrypt_message(&aead->cmac, context->nonce_size,
						       context->nonce, context->data_size,
						       context->data, size - AEAD_TAG_SIZE, plain,
						       sealed);

	return open_gcm(aead, context, sealed, size, plain);
}
