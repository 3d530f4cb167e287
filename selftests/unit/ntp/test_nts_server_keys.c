// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keys of cookies, and cookies: rotation, the texts of chronyd, and that nothing but our own
 * cookies is opened.
 */
#include "user/ntp/nts_cookie.h"

#include <stdio.h>
#include <string.h>

#include "selftests/unit/unit.h"

FIXTURE(keys)
{
	uint8_t random[NTS_SERVER_KEYS][NTS_SERVER_KEY_RANDOM];
	struct nts_server_keys keys;
	struct nts_cookie_keys cookie_keys;
	struct nts_keys client;
	struct nts_keys opened;
	struct nts_cookie cookie;
	uint8_t nonce[AEAD_NONCE_MAX];
};

FIXTURE_SETUP(keys)
{
	struct unit_random random = { 1 };

	memset(self, 0, sizeof(*self));
	for (int i = 0; i < NTS_SERVER_KEYS; i++) {
		for (int j = 0; j < NTS_SERVER_KEY_RANDOM; j++)
			self->random[i][j] = (uint8_t)unit_random(&random);
	}
	nts_server_keys_make(&self->keys,
			     (const uint8_t (*)[NTS_SERVER_KEY_RANDOM])self->random);
	nts_cookie_keys_set(&self->cookie_keys, &self->keys);
	self->client.algorithm = AEAD_AES_SIV_CMAC_256;
	memset(self->client.c2s, 0x11, sizeof(self->client.c2s));
	memset(self->client.s2c, 0x22, sizeof(self->client.s2c));
	memset(self->nonce, 0x33, sizeof(self->nonce));
	nts_cookie_make(&self->cookie_keys, &self->client, self->nonce, &self->cookie);
}

FIXTURE_TEARDOWN(keys)
{
}

static bool open_cookie(FIXTURE_DATA(keys) *self)
{
	memset(&self->opened, 0, sizeof(self->opened));
	return nts_cookie_open(&self->cookie_keys, self->cookie.bytes, self->cookie.size,
			       &self->opened);
}

static void rotate(FIXTURE_DATA(keys) *self)
{
	self->random[0][0]++;
	nts_server_keys_rotate(&self->keys, self->random[0]);
	nts_cookie_keys_set(&self->cookie_keys, &self->keys);
}

TEST_F(keys, a_cookie_has_the_clients_keys)
{
	/* chrony's length. */
	EXPECT_EQ(100, self->cookie.size);
	ASSERT_TRUE(open_cookie(self));
	EXPECT_EQ(AEAD_AES_SIV_CMAC_256, self->opened.algorithm);
	EXPECT_EQ(0, memcmp(&self->client, &self->opened, sizeof(self->client)));
}

TEST_F(keys, a_cookie_that_was_changed_is_none)
{
	for (size_t i = 0; i < self->cookie.size; i++) {
		for (int bit = 0; bit < 8; bit++) {
			self->cookie.bytes[i] ^= (uint8_t)(1 << bit);
			EXPECT_FALSE(open_cookie(self))
				TH_LOG("byte %zu", i);
			self->cookie.bytes[i] ^= (uint8_t)(1 << bit);
		}
	}
	for (size_t size = 0; size <= NTS_COOKIE_MAX; size++)
		EXPECT_EQ(size == 100, nts_cookie_open(&self->cookie_keys, self->cookie.bytes,
						       size, &self->opened));
}

/* Two earlier keys are accepted, and the one before those is not. */
TEST_F(keys, cookies_outlive_two_rotations)
{
	EXPECT_TRUE(nts_server_keys_are_sane(&self->keys));
	rotate(self);
	EXPECT_TRUE(open_cookie(self));
	rotate(self);
	EXPECT_TRUE(open_cookie(self));
	rotate(self);
	EXPECT_FALSE(open_cookie(self));
	EXPECT_TRUE(nts_server_keys_are_sane(&self->keys));
}

/* Another server that shares them, and rotates a little later, opens cookies of the next key. */
TEST_F(keys, the_next_key_is_known_before)
{
	struct nts_cookie_keys other = self->cookie_keys;

	rotate(self);
	nts_cookie_make(&self->cookie_keys, &self->client, self->nonce, &self->cookie);
	EXPECT_TRUE(nts_cookie_open(&other, self->cookie.bytes, self->cookie.size,
				    &self->opened));
}

TEST_F(keys, text_is_read_as_it_was_written)
{
	struct nts_server_keys read;
	char text[NTS_SERVER_KEYS_TEXT];
	double age_s;
	size_t length;

	for (int i = 0; i < 5; i++) {
		length = nts_server_keys_write(&self->keys, 1234.5, text, sizeof(text));
		ASSERT_EQ(strlen(text), length);
		/* What every chronyd reads. */
		EXPECT_EQ(0, strncmp(text, "NKS0\n15 1234.5\n", 15));
		for (size_t room = 0; room <= length; room += 31) {
			char some[NTS_SERVER_KEYS_TEXT];

			EXPECT_EQ(0, nts_server_keys_write(&self->keys, 1234.5, some, room));
		}
		memset(&read, 0, sizeof(read));
		ASSERT_EQ(NULL, nts_server_keys_read(text, &read, &age_s));
		EXPECT_EQ(1234.5, age_s);
		EXPECT_EQ(0, memcmp(&self->keys, &read, sizeof(read)));
		rotate(self);
	}
}

#define K	"000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F"

/* Both of chrony's formats; the next key comes last. */
TEST(chronys_files_are_read)
{
	static const char *const texts[] = {
		"NKS0\n15 100.0\n89E3E364 " K "\n12345671 " K "\n0BADCAF2 " K "\nDEADBEE7 " K "\n",
		"NKS1\n100.0\n89E3E364 " K " 15\n12345671 " K " 15\n0BADCAF2 " K " 15\n"
		"DEADBEE7 " K " 15\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct nts_server_keys keys;
		char text[NTS_SERVER_KEYS_TEXT];
		double age_s;

		strcpy(text, texts[i]);
		ASSERT_EQ(NULL, nts_server_keys_read(text, &keys, &age_s));
		EXPECT_EQ(100, age_s);
		EXPECT_EQ(2, keys.current);
		EXPECT_EQ(0x0badcaf2, keys.keys[2].id);
		EXPECT_EQ(31, keys.keys[0].key[31]);
		EXPECT_TRUE(nts_server_keys_are_sane(&keys));
	}
}

TEST(what_is_damaged_is_refused)
{
	static const struct {
		const char *text;
		const char *says;
	} cases[] = {
		{ "", "no such file" },
		{ "NKS2\n15 1\n", "no such file" },
		{ "NKS0\n1\n", "how old" },
		{ "NKS0\n0 1\n", "how old" },
		{ "NKS0\n15 x\n", "how old" },
		{ "NKS0\n15 inf\n", "how old" },
		{ "NKS0\n15 9300000000\n", "how old" },
		{ "NKS1\n15 1\n", "how old" },
		{ "NKS0\n15 1\n", "a key is missing" },
		{ "NKS0\n15 1\n0 " K "\n", "a key is missing" },
		{ "NKS0\n15 1\n00000000 " K " 15\n", "a key is missing" },
		{ "NKS1\n1\n00000000 " K "\n", "a key is missing" },
		{ "NKS0\n16 1\n00000000 " K "\n", "algorithm that there is not" },
		{ "NKS0\n15 1\n00000000 00\n", "damaged" },
		{ "NKS0\n15 1\n00000000 " K "\n00000001 " K "\n00000002 " K "\n", "missing" },
		{ "NKS0\n15 1\n00000000 " K "\n00000002 " K "\n", "out of order" },
		{ "NKS0\n15 1\n00000000 " K "\n00000000 " K "\n", "out of order" },
	};
	struct nts_server_keys keys = { .current = 77 };
	double age_s = -1;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[NTS_SERVER_KEYS_TEXT];
		const char *problem;

		strcpy(text, cases[i].text);
		problem = nts_server_keys_read(text, &keys, &age_s);
		ASSERT_NE(NULL, problem)
			TH_LOG("%s", cases[i].text);
		EXPECT_NE(NULL, strstr(problem, cases[i].says))
			TH_LOG("%s: %s", cases[i].text, problem);
		EXPECT_EQ(77, keys.current);
		EXPECT_EQ(-1, age_s);
	}
}

TEST_F(keys, keys_that_are_not_sane_are_known)
{
	struct nts_server_keys keys = self->keys;

	keys.current = NTS_SERVER_KEYS;
	EXPECT_FALSE(nts_server_keys_are_sane(&keys));
	keys = self->keys;
	keys.keys[1].id++;
	EXPECT_FALSE(nts_server_keys_are_sane(&keys));
	keys = self->keys;
	keys.keys[1].algorithm = 16;
	EXPECT_FALSE(nts_server_keys_are_sane(&keys));
}

TEST_HARNESS_MAIN
