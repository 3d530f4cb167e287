// SPDX-License-Identifier: GPL-2.0-only
/*
 * Authenticated encryption: known answers, and that nothing that was changed is opened.
 */
#include "user/ntp/aead.h"
#include "user/ntp/hex.h"

#include <string.h>

#include "selftests/unit/unit.h"

#define ROOM	128

#define SIV_KEY	"fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"

/*
 * RFC 5297 has one vector with a nonce, appendix A.2, but with two strings of other data, which NTS
 * has not. These, with the key of A.1, were computed by its sections 2.4 to 2.6 from OpenSSL's AES;
 * those of AES-128-GCM-SIV are RFC 8452's, appendix C.1.
 */
static const struct {
	int algorithm;
	const char *key;
	const char *nonce;
	const char *data;
	const char *plain;
	const char *sealed;
} vectors[] = {
	{ AEAD_AES_SIV_CMAC_256, SIV_KEY,
	  "09f911029d74e35bd84156c5635688c0",
	  "",
	  "",
	  "f425ebae884c5ecaba5c22242cf6cf73" },
	{ AEAD_AES_SIV_CMAC_256, SIV_KEY,
	  "09f911029d74e35bd84156c5635688c0",
	  "101112131415161718191a1b1c1d1e1f2021222324252627",
	  "",
	  "0c035e01be6d9bd50c002b38d77f1eb0" },
	{ AEAD_AES_SIV_CMAC_256, SIV_KEY,
	  "09f911029d74e35bd84156c5635688c0",
	  "101112131415161718191a1b1c1d1e1f2021222324252627",
	  "112233445566778899aabbccddee",
	  "b477a36b0d0f78987d985f3887a7572d52352f0ed261459e0de50f268260" },
	{ AEAD_AES_SIV_CMAC_256, SIV_KEY,
	  "09f911029d74e35bd84156c5635688c0",
	  "",
	  "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f",
	  "efbadb75572a44c0f0b2b5d63766bb52aea4c47288db4714ecf15ec679b84092d00d9328d8c4e5484d61c99c70b54da0e6ac00a92b25a7f7bb28bdbe83c17d686156823f02695810f36c96551e9e66ff"
	},
	{ AEAD_AES_SIV_CMAC_256, SIV_KEY,
	  "09f911029d74e35bd84156c5635688",
	  "101112131415161718191a1b1c1d1e1f2021222324252627",
	  "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20",
	  "276a978573dc1376ac033cb4c89e2fb2eb81446cc062f5d9ab39351615d16241ad3658239850f5060830d8026b3bd40392"
	},
	{ AEAD_AES_SIV_CMAC_256, SIV_KEY,
	  "09f911029d74e35bd84156c5635688c0",
	  "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f60616263",
	  "112233445566778899aabbccddee000102030405060708090a0b0c0d0e0f",
	  "5584e329818c853ce98f1dacfda13baee91e3ff1d3f8c05f87b017b3171f70d53e0859ab73993c10ba30e56f3a27"
	},
	{ AEAD_AES_128_GCM_SIV, "01000000000000000000000000000000", "030000000000000000000000", "",
	  "0100000000000000", "b5d839330ac7b786578782fff6013b815b287c22493a364c" },
	{ AEAD_AES_128_GCM_SIV, "01000000000000000000000000000000", "030000000000000000000000",
	  "01", "0200000000000000", "1e6daba35669f4273b0a1a2560969cdf790d99759abd1508" },
};

struct vector {
	struct aead aead;
	uint8_t nonce[ROOM], data[ROOM], plain[ROOM], sealed[ROOM];
	struct aead_context context;
	size_t plain_size, sealed_size;
};

/* false: this library does not have the algorithm. */
static bool make_vector(size_t i, struct vector *one)
{
	uint8_t key[AEAD_KEY_MAX];

	memset(one, 0, sizeof(*one));
	hex_read(vectors[i].key, key, sizeof(key));
	if (!aead_set_key(&one->aead, vectors[i].algorithm, key))
		return false;
	one->context.nonce = one->nonce;
	one->context.nonce_size = hex_read(vectors[i].nonce, one->nonce, sizeof(one->nonce));
	one->context.data = one->data;
	one->context.data_size = hex_read(vectors[i].data, one->data, sizeof(one->data));
	one->plain_size = hex_read(vectors[i].plain, one->plain, sizeof(one->plain));
	one->sealed_size = hex_read(vectors[i].sealed, one->sealed, sizeof(one->sealed));
	return true;
}

TEST(known_answers)
{
	uint8_t out[ROOM];
	struct vector one;

	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		if (!make_vector(i, &one))
			continue;
		ASSERT_EQ(one.plain_size + AEAD_TAG_SIZE, one.sealed_size);
		ASSERT_TRUE(aead_seal(&one.aead, &one.context, one.plain, one.plain_size, out));
		EXPECT_EQ(0, memcmp(out, one.sealed, one.sealed_size))
			TH_LOG("vector %zu", i);
		ASSERT_TRUE(aead_open(&one.aead, &one.context, one.sealed, one.sealed_size, out))
			TH_LOG("vector %zu", i);
		EXPECT_EQ(0, memcmp(out, one.plain, one.plain_size));
	}
}

/* Any bit of what is authenticated. */
TEST(nothing_that_was_changed_is_opened)
{
	uint8_t out[ROOM];
	struct vector one;

	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		if (!make_vector(i, &one))
			continue;
		for (size_t bit = 0; bit < 8 * one.sealed_size; bit++) {
			one.sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
			EXPECT_FALSE(aead_open(&one.aead, &one.context, one.sealed, one.sealed_size,
					       out));
			one.sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		for (size_t bit = 0; bit < 8 * one.context.nonce_size; bit++) {
			one.nonce[bit / 8] ^= (uint8_t)(1 << bit % 8);
			EXPECT_FALSE(aead_open(&one.aead, &one.context, one.sealed, one.sealed_size,
					       out));
			one.nonce[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		for (size_t bit = 0; bit < 8 * one.context.data_size; bit++) {
			one.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
			EXPECT_FALSE(aead_open(&one.aead, &one.context, one.sealed, one.sealed_size,
					       out));
			one.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		EXPECT_FALSE(aead_open(&one.aead, &one.context, one.sealed, one.sealed_size - 1,
				       out));
		one.context.data_size++;
		EXPECT_FALSE(aead_open(&one.aead, &one.context, one.sealed, one.sealed_size, out));
	}
}

TEST(what_there_is_not_is_refused)
{
	struct aead aead = { .algorithm = AEAD_NONE };
	struct aead_context context = { .nonce = (const uint8_t *)"n", .nonce_size = 0 };
	uint8_t key[AEAD_KEY_MAX] = { 1 }, bytes[64] = { 0 };

	EXPECT_EQ(0, aead_key_size(AEAD_NONE));
	EXPECT_EQ(0, aead_key_size(16));
	EXPECT_FALSE(aead_set_key(&aead, 16, key));
	EXPECT_FALSE(aead_seal(&aead, &context, bytes, 1, bytes + 32));
	ASSERT_TRUE(aead_set_key(&aead, AEAD_AES_SIV_CMAC_256, key));
	EXPECT_EQ(32, aead_key_size(AEAD_AES_SIV_CMAC_256));
	/* A nonce there has to be, and a tag. */
	EXPECT_FALSE(aead_seal(&aead, &context, bytes, 1, bytes + 32));
	context.nonce_size = 1;
	EXPECT_TRUE(aead_seal(&aead, &context, bytes, 1, bytes + 32));
	EXPECT_TRUE(aead_open(&aead, &context, bytes + 32, 17, bytes));
	EXPECT_FALSE(aead_open(&aead, &context, bytes + 32, 15, bytes));
}

TEST_HARNESS_MAIN
