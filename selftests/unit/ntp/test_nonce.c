// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nonces: SipHash as others compute it, and other clocks or other random bytes make another.
 */
#include "user/ntp/nonce.h"

#include "selftests/unit/unit.h"

/* An instant in 2026. */
#define UTC_NS	1795160717000000000LL

#define COUNT	2000

/* printf of the bytes 0 to 15 | openssl mac -macopt hexkey:000102...0f -macopt size:8 SIPHASH */
TEST(it_is_siphash)
{
	static const uint64_t key[2] = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };
	const struct timescale_now now = {
		.realtime_ns = 0x0706050403020100,
		.host_ns = 0x0f0e0d0c0b0a0908,
	};

	EXPECT_EQ(0x3f2acc7f57c29bdb, ntp_nonce(key, &now));
}

static int compare(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

static int equal_pairs(uint64_t *nonces, int count)
{
	int pairs = 0;

	qsort(nonces, count, sizeof(*nonces), compare);
	while (--count > 0)
		pairs += nonces[count] == nonces[count - 1];
	return pairs;
}

TEST(forks_with_the_same_random_bytes_have_different_nonces)
{
	static const uint64_t random[2] = { 42, 43 };
	struct timescale_now now = { .realtime_ns = UTC_NS };
	uint64_t nonces[COUNT];
	int i;

	/* By their system clocks, ns apart, or long. */
	for (i = 0; i < COUNT; i++) {
		now.realtime_ns = UTC_NS + (i % 2 ? i : i * 1000000000LL);
		nonces[i] = ntp_nonce(random, &now);
	}
	EXPECT_EQ(0, equal_pairs(nonces, COUNT));

	/* By the host's alone, as where the system clock is not stepped. */
	now.realtime_ns = UTC_NS;
	now.host_known = true;
	for (i = 0; i < COUNT; i++) {
		now.host_ns = UTC_NS + i;
		nonces[i] = ntp_nonce(random, &now);
	}
	EXPECT_EQ(0, equal_pairs(nonces, COUNT));
}

TEST(the_same_clocks_with_other_random_bytes_have_different_nonces)
{
	const struct timescale_now now = { .realtime_ns = UTC_NS, .host_ns = UTC_NS };
	uint64_t nonces[COUNT];
	int i;

	for (i = 0; i < COUNT; i++) {
		const uint64_t random[2] = { i % 2 ? 0 : i, i % 2 ? i : 0 };

		nonces[i] = ntp_nonce(random, &now);
	}
	EXPECT_EQ(0, equal_pairs(nonces, COUNT));
}

/* What tells of one fork's nonce from the other's: on average half of the bits, as of a coin. */
TEST(a_nanosecond_turns_half_of_the_bits)
{
	struct unit_random bytes = { .state = 5 };
	int64_t turned = 0;
	int i;

	for (i = 0; i < COUNT; i++) {
		const uint64_t random[2] = { unit_random(&bytes), unit_random(&bytes) };
		struct timescale_now now = { .realtime_ns = UTC_NS + i };
		uint64_t nonce = ntp_nonce(random, &now);

		now.realtime_ns ^= 1;
		turned += __builtin_popcountll(nonce ^ ntp_nonce(random, &now));
	}
	EXPECT_LT(31 * COUNT, turned);
	EXPECT_GT(33 * COUNT, turned);
}

TEST_HARNESS_MAIN
