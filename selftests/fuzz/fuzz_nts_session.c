// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes after the header of an answer, and as what is encrypted in an authentic one: nothing
 * but what was made with the keys is authentic, and the pool stays in order.
 */
#include "user/ntp/nts_session.h"
#include "user/ntp/nts_field.h"
#include "user/ntp/packet.h"

#include "fuzz.h"

static void begin(struct nts_session *session, size_t count)
{
	struct nts_keys keys = { .algorithm = AEAD_AES_SIV_CMAC_256, .s2c = { 2 } };
	struct nts_cookie cookies[NTS_COOKIES] = { { .size = 4 } };
	uint8_t random[NTS_SESSION_RANDOM] = { 0 }, request[NTP_PACKET_MAX] = { 0 };

	for (size_t i = 0; i < NTS_COOKIES; i++)
		cookies[i].size = 4;
	nts_session_begin(session, &keys, NULL, cookies, count);
	FUZZ_CHECK(nts_session_request(session, random, request, NTP_HEADER_SIZE, sizeof(request)));
}

static void check_pool(const struct nts_session *session)
{
	FUZZ_CHECK(session->count <= NTS_COOKIES && session->first < NTS_COOKIES);
	for (size_t i = 0; i < session->count; i++) {
		const struct nts_cookie *cookie =
			&session->cookies[(session->first + i) % NTS_COOKIES];

		FUZZ_CHECK(cookie->size > 0 && cookie->size <= NTS_COOKIE_MAX &&
			   cookie->size % 4 == 0);
	}
}

int fuzz_one_input(const uint8_t *data, size_t size)
{
	static const uint8_t s2c[AEAD_KEY_MAX] = { 2 }, nonce[AEAD_NONCE_MAX];
	uint8_t packet[NTP_PACKET_MAX] = { 0 };
	struct nts_session session;
	enum nts_verdict verdict;
	struct aead aead;
	size_t length;

	if (size > sizeof(packet) - NTP_HEADER_SIZE)
		return 0;
	begin(&session, NTS_COOKIES);
	memcpy(packet + NTP_HEADER_SIZE, data, size);
	FUZZ_CHECK(nts_session_judge(&session, packet, NTP_HEADER_SIZE + size) != NTS_AUTHENTIC);
	check_pool(&session);

	/* A server that has the keys. */
	begin(&session, 1);
	aead_set_key(&aead, AEAD_AES_SIV_CMAC_256, s2c);
	length = nts_field_append(packet, NTP_HEADER_SIZE, sizeof(packet), NTS_FIELD_IDENTIFIER,
				  session.identifier, NTS_IDENTIFIER_SIZE);
	length = nts_field_seal(&aead, nonce, data, size, packet, length, sizeof(packet));
	if (!length)
		return 0;
	verdict = nts_session_judge(&session, packet, length);
	FUZZ_CHECK(verdict == NTS_AUTHENTIC || verdict == NTS_FORGED);
	FUZZ_CHECK(verdict == NTS_AUTHENTIC || !session.count);
	check_pool(&session);

	return 0;
}
