// SPDX-License-Identifier: GPL-2.0-only
/*
 * Message authentication codes, over libnettle.
 */
#include "ntp/mac.h"

#include <nettle/cmac.h>
#include <nettle/md5.h>
#include <nettle/memops.h>
#include <nettle/nettle-meta.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>
#include <nettle/sha3.h>
#include <string.h>

#include "ntp/bytes.h"

#define ID_SIZE		4
#define DIGEST_MAX	SHA512_DIGEST_SIZE

/* Whatever is computed with a secret, to be wiped as one. */
union context {
	struct md5_ctx md5;
	struct sha1_ctx sha1;
	struct sha256_ctx sha256;
	struct sha512_ctx sha512;
	struct sha3_224_ctx sha3_224;
	struct sha3_256_ctx sha3_256;
	struct sha3_384_ctx sha3_384;
	struct sha3_512_ctx sha3_512;
	struct cmac_aes128_ctx aes128;
	struct cmac_aes256_ctx aes256;
};

/* NULL: it is a cipher. */
static const struct nettle_hash *hash_of(enum ntp_mac_type type)
{
	switch (type) {
	case NTP_MAC_MD5:
		return &nettle_md5;
	case NTP_MAC_SHA1:
		return &nettle_sha1;
	case NTP_MAC_SHA256:
		return &nettle_sha256;
	case NTP_MAC_SHA384:
		return &nettle_sha384;
	case NTP_MAC_SHA512:
		return &nettle_sha512;
	case NTP_MAC_SHA3_224:
		return &nettle_sha3_224;
	case NTP_MAC_SHA3_256:
		return &nettle_sha3_256;
	case NTP_MAC_SHA3_384:
		return &nettle_sha3_384;
	case NTP_MAC_SHA3_512:
		return &nettle_sha3_512;
	case NTP_MAC_AES128:
	case NTP_MAC_AES256:
		break;
	}

	return NULL;
}

static size_t digest_size(enum ntp_mac_type type)
{
	const struct nettle_hash *hash = hash_of(type);

	return hash ? hash->digest_size : CMAC128_DIGEST_SIZE;
}

size_t ntp_mac_size(enum ntp_mac_type type)
{
	return ID_SIZE + digest_size(type);
}

/* The digest of the packet, whole. */
static void compute(const struct ntp_key *key, const uint8_t *packet, size_t length,
		    uint8_t digest[DIGEST_MAX])
{
	const struct nettle_hash *hash = hash_of(key->type);
	union context context;

	if (hash) {
		hash->init(&context);
		hash->update(&context, key->length, key->secret);
		hash->update(&context, length, packet);
		hash->digest(&context, hash->digest_size, digest);
	} else if (key->type == NTP_MAC_AES128) {
		cmac_aes128_set_key(&context.aes128, key->secret);
		cmac_aes128_update(&context.aes128, length, packet);
		cmac_aes128_digest(&context.aes128, CMAC128_DIGEST_SIZE, digest);
	} else {
		cmac_aes256_set_key(&context.aes256, key->secret);
		cmac_aes256_update(&context.aes256, length, packet);
		cmac_aes256_digest(&context.aes256, CMAC128_DIGEST_SIZE, digest);
	}
	explicit_bzero(&context, sizeof(context));
}

/* Does the packet's version limit its MAC? */
static bool is_v4(const uint8_t *packet)
{
	return (packet[0] >> 3 & 7) == 4;
}

size_t ntp_mac_append(const struct ntp_key *key, uint8_t *packet, size_t length, size_t size)
{
	size_t mac = ntp_mac_size(key->type);
	uint8_t digest[DIGEST_MAX];

	if (is_v4(packet) && mac > NTP_MAC_SIZE_V4_MAX)
		mac = NTP_MAC_SIZE_V4_MAX;
	if (length > size || size - length < mac)
		return 0;

	compute(key, packet, length, digest);
	put_be32(packet + length, key->id);
	memcpy(packet + length + ID_SIZE, digest, mac - ID_SIZE);

	return length + mac;
}

uint32_t ntp_mac_key_id(const uint8_t *packet, size_t length, size_t mac)
{
	if (mac < ID_SIZE || mac > length)
		return 0;

	return get_be32(packet + length - mac);
}

/*
 * As long as the digest, or cut off as NTPv4 has it. There it may be whole all the same: not every
 * program cuts it off. No other length is taken, as a forger would guess the shortest.
 */
static bool is_length_ok(const struct ntp_key *key, const uint8_t *packet, size_t mac)
{
	size_t whole = ntp_mac_size(key->type);

	if (mac == whole)
		return true;

	return is_v4(packet) && whole > NTP_MAC_SIZE_V4_MAX && mac == NTP_MAC_SIZE_V4_MAX;
}

bool ntp_mac_check(const struct ntp_key *key, const uint8_t *packet, size_t length, size_t mac)
{
	uint8_t digest[DIGEST_MAX];

	if (mac > length || length == mac || !is_length_ok(key, packet, mac) ||
	    ntp_mac_key_id(packet, length, mac) != key->id)
		return false;
	compute(key, packet, length - mac, digest);

	return memeql_sec(digest, packet + length - mac + ID_SIZE, mac - ID_SIZE);
}
