// SPDX-License-Identifier: GPL-2.0-only
/*
 * SipHash-2-4 (Aumasson and Bernstein, 2012) of the clocks, keyed by the random bytes. The paper's
 * variable names.
 */
#include "ntp/nonce.h"

struct siphash {
	uint64_t v0, v1, v2, v3;
};

static uint64_t rotate(uint64_t bits, int count)
{
	return bits << count | bits >> (64 - count);
}

static void siphash_rounds(struct siphash *hash, int count)
{
	while (count-- > 0) {
		hash->v0 += hash->v1;
		hash->v2 += hash->v3;
		hash->v1 = rotate(hash->v1, 13) ^ hash->v0;
		hash->v3 = rotate(hash->v3, 16) ^ hash->v2;
		hash->v0 = rotate(hash->v0, 32);
		hash->v2 += hash->v1;
		hash->v0 += hash->v3;
		hash->v1 = rotate(hash->v1, 17) ^ hash->v2;
		hash->v3 = rotate(hash->v3, 21) ^ hash->v0;
		hash->v2 = rotate(hash->v2, 32);
	}
}

static void siphash_add(struct siphash *hash, uint64_t word)
{
	hash->v3 ^= word;
	siphash_rounds(hash, 2);
	hash->v0 ^= word;
}

uint64_t ntp_nonce(const uint64_t random[2], const struct timescale_now *now)
{
	struct siphash hash = {
		.v0 = random[0] ^ 0x736f6d6570736575,
		.v1 = random[1] ^ 0x646f72616e646f6d,
		.v2 = random[0] ^ 0x6c7967656e657261,
		.v3 = random[1] ^ 0x7465646279746573,
	};

	/*
	 * The host's time, 0 without a host: a system clock that may not be stepped still shows the
	 * old time.
	 */
	siphash_add(&hash, (uint64_t)now->realtime_ns);
	siphash_add(&hash, (uint64_t)now->host_ns);
	/* The last block: the number of bytes. */
	siphash_add(&hash, 16ULL << 56);
	hash.v2 ^= 0xff;
	siphash_rounds(&hash, 4);

	return hash.v0 ^ hash.v1 ^ hash.v2 ^ hash.v3;
}
