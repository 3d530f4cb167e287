// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests by NTS as clients make them, changed in each field, and answers as clients take them.
 */
#include "user/server/nts_request.h"

#include "user/ntp/bytes.h"
#include "user/ntp/nts_session.h"
#include "user/ntp/packet.h"

#include <string.h>

#include "selftests/unit/unit.h"

FIXTURE(exchange)
{
	struct nts_cookie_keys server;
	struct nts_keys keys;
	struct nts_session client;
	uint8_t random[NTS_SESSION_RANDOM];
	uint8_t bytes[NTP_PACKET_MAX];
	size_t length;
	struct nts_request request;
	uint8_t answer[NTP_PACKET_MAX];
};

static const uint8_t nonces[NTS_COOKIES + 1][AEAD_NONCE_MAX] = { { 1 }, { 2 }, { 3 } };

static void set_server_keys(FIXTURE_DATA(exchange) *self, uint8_t seed)
{
	uint8_t random[NTS_SERVER_KEYS][NTS_SERVER_KEY_RANDOM];
	struct nts_server_keys keys;

	memset(random, seed, sizeof(random));
	nts_server_keys_make(&keys, (const uint8_t (*)[NTS_SERVER_KEY_RANDOM])random);
	nts_cookie_keys_set(&self->server, &keys);
}

FIXTURE_SETUP(exchange)
{
	struct nts_cookie cookies[NTS_COOKIES];

	memset(self, 0, sizeof(*self));
	set_server_keys(self, 7);
	self->keys.algorithm = AEAD_AES_SIV_CMAC_256;
	memset(self->keys.c2s, 0x11, sizeof(self->keys.c2s));
	memset(self->keys.s2c, 0x22, sizeof(self->keys.s2c));
	for (int i = 0; i < NTS_COOKIES; i++)
		nts_cookie_make(&self->server, &self->keys, nonces[i], &cookies[i]);
	nts_session_begin(&self->client, &self->keys, NULL, cookies, NTS_COOKIES);
}

FIXTURE_TEARDOWN(exchange)
{
}

static void ask(FIXTURE_DATA(exchange) *self)
{
	memset(self->bytes, 0, sizeof(self->bytes));
	self->bytes[0] = 4 << 3 | NTP_MODE_CLIENT;
	self->random[0]++;
	self->length = nts_session_request(&self->client, self->random, self->bytes,
					   NTP_HEADER_SIZE, sizeof(self->bytes));
}

static enum nts_request_verdict judge(FIXTURE_DATA(exchange) *self)
{
	return nts_request_judge(&self->server, self->bytes, self->length, &self->request);
}

static size_t answer(FIXTURE_DATA(exchange) *self)
{
	struct nts_fresh_cookies cookies;

	memset(self->answer, 0, sizeof(self->answer));
	self->answer[0] = 4 << 3 | NTP_MODE_SERVER;
	nts_request_make_cookies(&self->server, &self->request, nonces[0], NTP_HEADER_SIZE,
				 &cookies);
	return nts_request_answer(&self->request, &cookies, nonces[NTS_COOKIES], self->answer,
				  NTP_HEADER_SIZE, sizeof(self->answer));
}

TEST_F(exchange, a_client_gets_what_it_asks_for)
{
	size_t length;

	for (int lost = 0; lost < NTS_COOKIES; lost++) {
		ask(self);
		ASSERT_EQ(NTS_REQUEST_AUTHENTIC, judge(self));
		EXPECT_EQ(NTS_COOKIES - self->client.count, self->request.cookies);
		/* Nobody is sent more than he has sent. */
		length = answer(self);
		EXPECT_EQ(self->length, length);
	}
	ASSERT_EQ(NTS_AUTHENTIC, nts_session_judge(&self->client, self->answer, length));
	EXPECT_EQ(NTS_COOKIES, self->client.count);
	/* And with these cookies he is known. */
	ask(self);
	EXPECT_EQ(NTS_REQUEST_AUTHENTIC, judge(self));
}

TEST_F(exchange, every_byte_of_a_request_counts)
{
	ask(self);
	ask(self);
	for (size_t i = 0; i < self->length; i++) {
		self->bytes[i] ^= 0x20;
		EXPECT_NE(NTS_REQUEST_AUTHENTIC, judge(self))
			TH_LOG("byte %zu", i);
		self->bytes[i] ^= 0x20;
	}
	for (size_t length = NTP_HEADER_SIZE; length < self->length; length++)
		EXPECT_NE(NTS_REQUEST_AUTHENTIC, nts_request_judge(&self->server, self->bytes,
								   length, &self->request));
	EXPECT_EQ(NTS_REQUEST_AUTHENTIC, judge(self));
}

/* The same request again is answered again: a server keeps nothing of its clients. */
TEST_F(exchange, a_request_that_is_replayed_harms_nobody)
{
	size_t length;

	ask(self);
	ASSERT_EQ(NTS_REQUEST_AUTHENTIC, judge(self));
	length = answer(self);
	EXPECT_EQ(NTS_AUTHENTIC, nts_session_judge(&self->client, self->answer, length));
	ASSERT_EQ(NTS_REQUEST_AUTHENTIC, judge(self));
	length = answer(self);
	EXPECT_EQ(NTS_MISSING, nts_session_judge(&self->client, self->answer, length));
}

TEST_F(exchange, cookies_of_lost_keys_are_refused)
{
	size_t length;

	ask(self);
	set_server_keys(self, 8);
	ASSERT_EQ(NTS_REQUEST_REFUSED, judge(self));
	memset(self->answer, 0, sizeof(self->answer));
	put_be32(self->answer + 12, NTP_KISS_NTSN);
	length = nts_request_refuse(&self->request, self->answer, NTP_HEADER_SIZE,
				    sizeof(self->answer));
	EXPECT_EQ(NTP_HEADER_SIZE + NTS_FIELD_HEADER + NTS_IDENTIFIER_SIZE, length);
	EXPECT_EQ(NTS_REFUSED, nts_session_judge(&self->client, self->answer, length));
}

/* A thief of a cookie has not the keys in it. */
/* What is returned of the request is moved to the front, over another field. */
TEST_F(exchange, answer_may_be_written_over_its_request)
{
	uint8_t identifier[NTS_IDENTIFIER_SIZE], bytes[NTP_PACKET_MAX] = { 0 };
	struct nts_request request = { 0 };
	size_t length;

	for (size_t i = 0; i < sizeof(identifier); i++)
		identifier[i] = (uint8_t)(i + 1);
	length = nts_field_append(bytes, NTP_HEADER_SIZE, sizeof(bytes), 0x2222, NULL, 12);
	length = nts_field_append(bytes, length, sizeof(bytes), NTS_FIELD_IDENTIFIER, identifier,
				  sizeof(identifier));
	ASSERT_TRUE(nts_field_read(bytes, length, NTP_HEADER_SIZE + 16, &request.identifier));
	request.length = length;
	ASSERT_LT(0, nts_request_refuse(&request, bytes, NTP_HEADER_SIZE, sizeof(bytes)));
	EXPECT_EQ(0, memcmp(bytes + NTP_HEADER_SIZE + NTS_FIELD_HEADER, identifier,
			    sizeof(identifier)));
}

TEST_F(exchange, a_cookie_without_its_keys_is_refused)
{
	self->client.keys.c2s[0]++;
	ask(self);
	EXPECT_EQ(NTS_REQUEST_REFUSED, judge(self));
}

TEST_F(exchange, requests_without_nts_are_others)
{
	memset(self->bytes, 0, sizeof(self->bytes));
	self->length = NTP_HEADER_SIZE;
	EXPECT_EQ(NTS_REQUEST_OTHER, judge(self));
	self->length = nts_field_append(self->bytes, NTP_HEADER_SIZE, sizeof(self->bytes), 0x0104,
					NULL, 32);
	EXPECT_EQ(NTS_REQUEST_OTHER, judge(self));
	self->length = nts_field_append(self->bytes, NTP_HEADER_SIZE, sizeof(self->bytes), 0xf323,
					NULL, 24);
	EXPECT_EQ(NTS_REQUEST_OTHER, judge(self));
}

struct part {
	int type;
	size_t size;
};

/* An identifier, a cookie and so on, as a client might make them that is wrong, or wicked. */
static void compose(FIXTURE_DATA(exchange) *self, const struct part *parts, bool seal)
{
	const struct nts_cookie *cookie = &self->client.cookies[0];
	struct aead aead;

	memset(self->bytes, 0, sizeof(self->bytes));
	self->length = NTP_HEADER_SIZE;
	for (; parts->type; parts++)
		self->length = nts_field_append(self->bytes, self->length, sizeof(self->bytes),
						parts->type, parts->type == NTS_FIELD_COOKIE ?
						cookie->bytes : NULL, parts->size);
	aead_set_key(&aead, self->keys.algorithm, self->keys.c2s);
	if (seal)
		self->length = nts_field_seal(&aead, nonces[0], NULL, 0, self->bytes, self->length,
					      sizeof(self->bytes));
}

TEST_F(exchange, what_is_missing_or_too_much_is_wrong)
{
	static const struct {
		struct part parts[4];
		bool seal;
		enum nts_request_verdict verdict;
	} cases[] = {
		{ { { NTS_FIELD_IDENTIFIER, 32 }, { NTS_FIELD_COOKIE, 100 } }, true,
		  NTS_REQUEST_AUTHENTIC },
		{ { { NTS_FIELD_IDENTIFIER, 64 }, { NTS_FIELD_COOKIE, 100 } }, true,
		  NTS_REQUEST_AUTHENTIC },
		{ { { NTS_FIELD_COOKIE, 100 }, { NTS_FIELD_IDENTIFIER, 32 } }, true,
		  NTS_REQUEST_AUTHENTIC },
		{ { { NTS_FIELD_IDENTIFIER, 32 }, { NTS_FIELD_COOKIE, 100 }, { 0x1234, 24 } },
		  true, NTS_REQUEST_AUTHENTIC },
		{ { { NTS_FIELD_IDENTIFIER, 28 }, { NTS_FIELD_COOKIE, 100 } }, true,
		  NTS_REQUEST_WRONG },
		{ { { NTS_FIELD_IDENTIFIER, 32 }, { NTS_FIELD_IDENTIFIER, 32 },
		    { NTS_FIELD_COOKIE, 100 } }, true, NTS_REQUEST_WRONG },
		{ { { NTS_FIELD_COOKIE, 100 } }, true, NTS_REQUEST_WRONG },
		{ { { NTS_FIELD_IDENTIFIER, 32 } }, true, NTS_REQUEST_WRONG },
		{ { { NTS_FIELD_IDENTIFIER, 32 }, { NTS_FIELD_COOKIE, 100 } }, false,
		  NTS_REQUEST_WRONG },
		{ { { NTS_FIELD_IDENTIFIER, 32 }, { NTS_FIELD_COOKIE, 100 },
		    { NTS_FIELD_COOKIE, 100 } }, true, NTS_REQUEST_WRONG },
		/* Who could be answered with more than he has sent would be a weapon. */
		{ { { NTS_FIELD_IDENTIFIER, 32 }, { NTS_FIELD_COOKIE, 100 },
		    { NTS_FIELD_PLACEHOLDER, 24 } }, true, NTS_REQUEST_WRONG },
		{ { { NTS_FIELD_IDENTIFIER, 32 }, { NTS_FIELD_COOKIE, 100 },
		    { NTS_FIELD_PLACEHOLDER, 104 } }, true, NTS_REQUEST_WRONG },
		{ { { NTS_FIELD_IDENTIFIER, 32 }, { NTS_FIELD_COOKIE, 24 } }, true,
		  NTS_REQUEST_REFUSED },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		compose(self, cases[i].parts, cases[i].seal);
		EXPECT_EQ(cases[i].verdict, judge(self))
			TH_LOG("case %zu", i);
		if (cases[i].verdict == NTS_REQUEST_AUTHENTIC)
			EXPECT_GE(self->length, answer(self));
	}
}

TEST_F(exchange, nobody_gets_more_cookies_than_a_pool_has)
{
	struct part parts[16] = { { NTS_FIELD_IDENTIFIER, 32 }, { NTS_FIELD_COOKIE, 100 } };

	for (int i = 2; i < 12; i++)
		parts[i] = (struct part){ NTS_FIELD_PLACEHOLDER, 100 };
	compose(self, parts, true);
	ASSERT_EQ(NTS_REQUEST_AUTHENTIC, judge(self));
	EXPECT_EQ(11, self->request.cookies);
	EXPECT_EQ(NTP_HEADER_SIZE + 36 + 8 * 104 + 40, answer(self));
}

TEST_HARNESS_MAIN
