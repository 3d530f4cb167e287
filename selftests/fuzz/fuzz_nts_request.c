// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes after the header of a request, and as what an owner of a cookie encrypts: only who has
 * the cookie's keys is authentic, and no answer is longer than its request.
 */
#include "user/server/nts_request.h"
#include "user/ntp/packet.h"

#include "fuzz.h"

static const uint8_t nonces[NTS_COOKIES][AEAD_NONCE_MAX];

static void check_answer(const struct nts_cookie_keys *server, const struct nts_request *request)
{
	uint8_t answer[NTP_PACKET_MAX] = { 0 };
	struct nts_fresh_cookies cookies;
	size_t length;

	nts_request_make_cookies(server, request, nonces[0], NTP_HEADER_SIZE, &cookies);
	length = nts_request_answer(request, &cookies, nonces[0], answer, NTP_HEADER_SIZE,
				    sizeof(answer));
	FUZZ_CHECK(length && length <= request->length);
}

static void check_owner(const struct nts_cookie_keys *server, const uint8_t *data, size_t size)
{
	struct nts_keys keys = { .algorithm = AEAD_AES_SIV_CMAC_256, .c2s = { 1 } };
	uint8_t packet[NTP_PACKET_MAX] = { 0 }, identifier[NTS_IDENTIFIER_SIZE] = { 0 };
	enum nts_request_verdict verdict;
	struct nts_request request;
	struct nts_cookie cookie = { .size = 0 };
	struct aead aead;
	size_t length;

	nts_cookie_make(server, &keys, nonces[0], &cookie);
	length = nts_field_append(packet, NTP_HEADER_SIZE, sizeof(packet), NTS_FIELD_IDENTIFIER,
				  identifier, sizeof(identifier));
	length = nts_field_append(packet, length, sizeof(packet), NTS_FIELD_COOKIE, cookie.bytes,
				  cookie.size);
	aead_set_key(&aead, keys.algorithm, keys.c2s);
	length = nts_field_seal(&aead, nonces[0], data, size, packet, length, sizeof(packet));
	if (!length)
		return;
	verdict = nts_request_judge(server, packet, length, &request);
	FUZZ_CHECK(verdict == NTS_REQUEST_AUTHENTIC || verdict == NTS_REQUEST_WRONG);
	if (verdict == NTS_REQUEST_AUTHENTIC)
		check_answer(server, &request);
}

int fuzz_one_input(const uint8_t *data, size_t size)
{
	static const uint8_t random[NTS_SERVER_KEYS][NTS_SERVER_KEY_RANDOM] = { { 1 }, { 2 } };
	uint8_t packet[NTP_PACKET_MAX] = { 0 };
	struct nts_cookie_keys server;
	enum nts_request_verdict verdict;
	struct nts_server_keys keys;
	struct nts_request request;

	if (size > sizeof(packet) - NTP_HEADER_SIZE)
		return 0;
	nts_server_keys_make(&keys, random);
	nts_cookie_keys_set(&server, &keys);
	memcpy(packet + NTP_HEADER_SIZE, data, size);
	verdict = nts_request_judge(&server, packet, NTP_HEADER_SIZE + size, &request);
	FUZZ_CHECK(verdict != NTS_REQUEST_AUTHENTIC);
	if (verdict == NTS_REQUEST_REFUSED)
		FUZZ_CHECK(nts_request_refuse(&request, packet, NTP_HEADER_SIZE, sizeof(packet)) <=
			   NTP_HEADER_SIZE + size);
	check_owner(&server, data, size);

	return 0;
}
