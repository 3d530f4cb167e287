// SPDX-License-Identifier: GPL-2.0-only
/*
 * A client's requests and a server's answers by NTS: the pool of cookies, and each field of an
 * answer changed.
 */
#include "user/ntp/nts_session.h"
#include "user/ntp/bytes.h"
#include "user/ntp/nts_field.h"
#include "user/ntp/packet.h"

#include <string.h>

#include "selftests/unit/unit.h"

#define COOKIE_SIZE	100

FIXTURE(session)
{
	struct nts_session session;
	struct nts_keys keys;
	struct nts_cookie cookies[NTS_COOKIES];
	uint8_t random[NTS_SESSION_RANDOM];
	uint8_t request[NTP_PACKET_MAX];
	size_t request_size;
	uint8_t answer[NTP_PACKET_MAX];
	size_t answer_size;
};

FIXTURE_SETUP(session)
{
	memset(self, 0, sizeof(*self));
	self->keys.algorithm = AEAD_AES_SIV_CMAC_256;
	memset(self->keys.c2s, 0x11, sizeof(self->keys.c2s));
	memset(self->keys.s2c, 0x22, sizeof(self->keys.s2c));
	memset(self->random, 0x33, sizeof(self->random));
	for (size_t i = 0; i < NTS_COOKIES; i++) {
		self->cookies[i].size = COOKIE_SIZE;
		memset(self->cookies[i].bytes, (int)i + 1, COOKIE_SIZE);
	}
	nts_session_begin(&self->session, &self->keys, NULL, self->cookies, NTS_COOKIES);
}

FIXTURE_TEARDOWN(session)
{
}

static void ask(FIXTURE_DATA(session) *self)
{
	memset(self->request, 0, sizeof(self->request));
	self->request[0] = 4 << 3 | NTP_MODE_CLIENT;
	self->random[0]++;
	self->request_size = nts_session_request(&self->session, self->random, self->request,
						 NTP_HEADER_SIZE, sizeof(self->request));
}

/* The fields of the request, and how many cookies it asks for. */
static size_t wanted(FIXTURE_DATA(session) *self)
{
	struct nts_field field;
	size_t count = 0;

	for (size_t at = NTP_HEADER_SIZE; at < self->request_size; at = field.end) {
		if (!nts_field_read(self->request, self->request_size, at, &field))
			return 0;
		count += field.type == NTS_FIELD_COOKIE || field.type == NTS_FIELD_PLACEHOLDER;
	}
	return count;
}

/* As a server that hands out @cookies. */
static void make_answer(FIXTURE_DATA(session) *self, size_t cookies)
{
	uint8_t plain[NTP_PACKET_MAX], nonce[AEAD_NONCE_MAX] = { 9 }, cookie[COOKIE_SIZE];
	size_t plain_size = 0;
	struct aead aead;

	aead_set_key(&aead, self->keys.algorithm, self->keys.s2c);
	for (size_t i = 0; i < cookies; i++) {
		memset(cookie, 0x80 + (int)i, sizeof(cookie));
		plain_size = nts_field_append(plain, plain_size, sizeof(plain), NTS_FIELD_COOKIE,
					      cookie, sizeof(cookie));
	}
	memset(self->answer, 0, sizeof(self->answer));
	self->answer[0] = 4 << 3 | NTP_MODE_SERVER;
	self->answer[1] = 1;
	self->answer_size = nts_field_append(self->answer, NTP_HEADER_SIZE, sizeof(self->answer),
					     NTS_FIELD_IDENTIFIER, self->session.identifier,
					     NTS_IDENTIFIER_SIZE);
	self->answer_size = nts_field_seal(&aead, nonce, plain, plain_size, self->answer,
					   self->answer_size, sizeof(self->answer));
}

static void make_refusal(FIXTURE_DATA(session) *self)
{
	memset(self->answer, 0, sizeof(self->answer));
	self->answer[0] = 4 << 3 | NTP_MODE_SERVER;
	put_be32(self->answer + 12, NTP_KISS_NTSN);
	self->answer_size = nts_field_append(self->answer, NTP_HEADER_SIZE, sizeof(self->answer),
					     NTS_FIELD_IDENTIFIER, self->session.identifier,
					     NTS_IDENTIFIER_SIZE);
}

static enum nts_verdict judge(FIXTURE_DATA(session) *self)
{
	return nts_session_judge(&self->session, self->answer, self->answer_size);
}

TEST_F(session, a_request_has_the_fields_that_a_server_wants)
{
	uint8_t plain[NTP_PACKET_MAX];
	struct ntp_packet packet;
	struct nts_field field;
	struct aead aead;
	size_t size = 1;

	ask(self);
	ASSERT_LT(0, self->request_size);
	ASSERT_EQ(0, ntp_packet_decode(self->request, self->request_size, &packet));
	EXPECT_EQ(0, packet.mac);
	ASSERT_TRUE(nts_field_read(self->request, self->request_size, NTP_HEADER_SIZE, &field));
	EXPECT_EQ(NTS_FIELD_IDENTIFIER, field.type);
	EXPECT_EQ(NTS_IDENTIFIER_SIZE, field.size);
	EXPECT_EQ(0, memcmp(self->random, field.body, NTS_IDENTIFIER_SIZE));
	ASSERT_TRUE(nts_field_read(self->request, self->request_size, field.end, &field));
	EXPECT_EQ(NTS_FIELD_COOKIE, field.type);
	EXPECT_EQ(COOKIE_SIZE, field.size);
	EXPECT_EQ(1, field.body[0]);
	ASSERT_TRUE(nts_field_read(self->request, self->request_size, field.end, &field));
	EXPECT_EQ(NTS_FIELD_AUTHENTICATOR, field.type);
	EXPECT_EQ(self->request_size, field.end);
	ASSERT_TRUE(aead_set_key(&aead, self->keys.algorithm, self->keys.c2s));
	EXPECT_TRUE(nts_field_open(&aead, self->request, &field, plain, &size));
	EXPECT_EQ(0, size);
	EXPECT_EQ(7, self->session.count);
}

/* Each answer brings as many as are missing, and none is used twice. */
TEST_F(session, the_pool_is_filled_again)
{
	ask(self);
	EXPECT_EQ(1, wanted(self));
	make_answer(self, 1);
	EXPECT_EQ(NTS_AUTHENTIC, judge(self));
	EXPECT_EQ(8, self->session.count);
	/* Three answers are lost. */
	for (int i = 0; i < 3; i++)
		ask(self);
	EXPECT_EQ(3, wanted(self));
	ask(self);
	EXPECT_EQ(4, wanted(self));
	EXPECT_EQ(5, self->request[NTP_HEADER_SIZE + 36 + 4]);
	make_answer(self, 4);
	EXPECT_EQ(NTS_AUTHENTIC, judge(self));
	EXPECT_EQ(8, self->session.count);
	/* A server that hands out too many does no harm. */
	ask(self);
	make_answer(self, 8);
	EXPECT_EQ(NTS_AUTHENTIC, judge(self));
	EXPECT_EQ(8, self->session.count);
}

TEST_F(session, without_cookies_there_is_no_request)
{
	for (int i = 0; i < NTS_COOKIES; i++) {
		EXPECT_TRUE(nts_session_prepare(&self->session));
		ask(self);
		EXPECT_LT(0, self->request_size);
		EXPECT_GE(NTP_PACKET_MAX, self->request_size);
	}
	EXPECT_EQ(8, wanted(self));
	EXPECT_FALSE(nts_session_prepare(&self->session));
	ask(self);
	EXPECT_EQ(0, self->request_size);
}

/* With the longest cookies, too, a request and its answer fit into a packet. */
TEST_F(session, requests_are_not_too_long)
{
	for (size_t size = 4; size <= NTS_COOKIE_MAX; size += 4) {
		for (size_t i = 0; i < NTS_COOKIES; i++)
			self->cookies[i].size = size;
		nts_session_begin(&self->session, &self->keys, NULL, self->cookies, NTS_COOKIES);
		for (int i = 0; i < NTS_COOKIES; i++) {
			ask(self);
			ASSERT_LT(0, self->request_size);
			EXPECT_GE(1100, self->request_size);
			EXPECT_LE(1, wanted(self));
		}
	}
}

TEST_F(session, every_byte_of_an_answer_counts)
{
	ask(self);
	make_answer(self, 2);
	for (size_t i = 0; i < self->answer_size; i++) {
		struct nts_session before = self->session;

		self->answer[i] ^= 0x40;
		EXPECT_NE(NTS_AUTHENTIC, judge(self))
			TH_LOG("byte %zu", i);
		EXPECT_EQ(before.count, self->session.count);
		EXPECT_FALSE(self->session.proven);
		self->session = before;
		self->answer[i] ^= 0x40;
	}
	/* Cut off anywhere, or followed by something. */
	for (size_t size = NTP_HEADER_SIZE; size < self->answer_size; size++)
		EXPECT_NE(NTS_AUTHENTIC, nts_session_judge(&self->session, self->answer, size));
	for (size_t more = 1; more < 40; more++)
		EXPECT_NE(NTS_AUTHENTIC, nts_session_judge(&self->session, self->answer,
							   self->answer_size + more));
	EXPECT_EQ(NTS_AUTHENTIC, judge(self));
}

TEST_F(session, an_answer_counts_once_and_for_its_request)
{
	ask(self);
	make_answer(self, 1);
	ask(self);
	EXPECT_EQ(NTS_MISSING, judge(self));
	make_answer(self, 1);
	EXPECT_EQ(NTS_AUTHENTIC, judge(self));
	EXPECT_EQ(7, self->session.count);
	EXPECT_EQ(NTS_MISSING, judge(self));
	EXPECT_EQ(7, self->session.count);
}

TEST_F(session, an_answer_without_nts_or_by_other_keys_is_none)
{
	ask(self);
	memset(self->answer, 0, sizeof(self->answer));
	self->answer_size = NTP_HEADER_SIZE;
	EXPECT_EQ(NTS_MISSING, judge(self));
	make_answer(self, 1);
	self->answer_size = NTP_HEADER_SIZE + NTS_FIELD_HEADER + NTS_IDENTIFIER_SIZE;
	EXPECT_EQ(NTS_MISSING, judge(self));
	self->keys.s2c[0]++;
	make_answer(self, 1);
	EXPECT_EQ(NTS_FORGED, judge(self));
	EXPECT_EQ(7, self->session.count);
	/* Cookies in the clear may be anybody's. */
	self->keys.s2c[0]--;
	make_answer(self, 0);
	EXPECT_EQ(NTS_AUTHENTIC, judge(self));
	EXPECT_EQ(7, self->session.count);
}

TEST_F(session, a_refusal_may_be_forged)
{
	ask(self);
	make_refusal(self);
	EXPECT_EQ(NTS_REFUSED, judge(self));
	make_answer(self, 1);
	EXPECT_EQ(NTS_AUTHENTIC, judge(self));
	EXPECT_TRUE(nts_session_prepare(&self->session));
	EXPECT_EQ(8, self->session.count);
	/* Of another request it is nothing. */
	make_refusal(self);
	ask(self);
	EXPECT_EQ(NTS_MISSING, judge(self));
	EXPECT_TRUE(nts_session_prepare(&self->session));
	make_refusal(self);
	EXPECT_EQ(NTS_REFUSED, judge(self));
	EXPECT_FALSE(nts_session_prepare(&self->session));
	EXPECT_EQ(0, self->session.count);
}

TEST_F(session, other_keys_are_tried_once)
{
	struct nts_keys other = self->keys;

	memset(other.c2s, 0x44, sizeof(other.c2s));
	nts_session_begin(&self->session, &self->keys, &other, self->cookies, NTS_COOKIES);
	ask(self);
	make_refusal(self);
	EXPECT_EQ(NTS_REFUSED, judge(self));
	ASSERT_TRUE(nts_session_prepare(&self->session));
	EXPECT_EQ(0, memcmp(other.c2s, self->session.keys.c2s, sizeof(other.c2s)));
	EXPECT_EQ(7, self->session.count);
	ask(self);
	make_refusal(self);
	EXPECT_EQ(NTS_REFUSED, judge(self));
	EXPECT_FALSE(nts_session_prepare(&self->session));
}

/* A cookie that could not be sent back as a field of its own is not kept. */
TEST_F(session, lengths_inside_are_checked)
{
	uint8_t plain[NTP_PACKET_MAX] = { 0 }, nonce[AEAD_NONCE_MAX] = { 9 };
	static const uint16_t lengths[] = { 0, 3, 5, 40, 65535 };
	struct aead aead;

	aead_set_key(&aead, self->keys.algorithm, self->keys.s2c);
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		ask(self);
		make_answer(self, 0);
		put_be16(plain, NTS_FIELD_COOKIE);
		put_be16(plain + 2, lengths[i]);
		self->answer_size = nts_field_seal(&aead, nonce, plain, 36, self->answer,
						   NTP_HEADER_SIZE + 36, sizeof(self->answer));
		EXPECT_EQ(NTS_FORGED, judge(self))
			TH_LOG("%u", lengths[i]);
	}
}

TEST_HARNESS_MAIN
