// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pool of cookies, the fields of a request and the tests of an answer.
 */
#include "ntp/nts_session.h"

#include <nettle/memops.h>
#include <string.h>

#include "ntp/bytes.h"
#include "ntp/nts_field.h"
#include "ntp/packet.h"

/*
 * The cookies of one answer, with the headers of their fields: as many as fit in a packet that no
 * network has to break up, and not more than eight of chrony's length.
 */
#define COOKIES_BYTES	((size_t)8 * 108)

#define AT_STRATUM	1
#define AT_REFID	12

void nts_session_begin(struct nts_session *session, const struct nts_keys *keys,
		       const struct nts_keys *other, const struct nts_cookie *cookies,
		       size_t count)
{
	nts_session_clear(session);
	session->keys = *keys;
	if (other)
		session->other = *other;
	session->count = count < NTS_COOKIES ? count : NTS_COOKIES;
	memcpy(session->cookies, cookies, session->count * sizeof(*cookies));
}

void nts_session_clear(struct nts_session *session)
{
	explicit_bzero(session, sizeof(*session));
}

bool nts_session_prepare(struct nts_session *session)
{
	if (session->refused && session->other.algorithm != AEAD_NONE && !session->proven) {
		session->keys = session->other;
		session->other.algorithm = AEAD_NONE;
		session->refused = false;
	}
	if (session->refused)
		session->count = 0;

	return session->count > 0;
}

/* How many cookies to ask for: what is missing in the pool, this one included. */
static size_t wanted_cookies(const struct nts_session *session, size_t cookie_size)
{
	size_t missing = NTS_COOKIES - session->count;
	size_t most = COOKIES_BYTES / (cookie_size + NTS_FIELD_HEADER);

	return missing < most ? missing : most;
}

static size_t append_cookies(struct nts_session *session, uint8_t *packet, size_t length,
			     size_t size)
{
	const struct nts_cookie *cookie = &session->cookies[session->first];

	/* It is never used again, as who sees it twice knows that both are of one client. */
	session->first = (session->first + 1) % NTS_COOKIES;
	session->count--;
	length = nts_field_append(packet, length, size, NTS_FIELD_COOKIE, cookie->bytes,
				  cookie->size);
	for (size_t i = wanted_cookies(session, cookie->size); length && i > 1; i--)
		length = nts_field_append(packet, length, size, NTS_FIELD_PLACEHOLDER, NULL,
					  cookie->size);

	return length;
}

size_t nts_session_request(struct nts_session *session, const uint8_t *random, uint8_t *packet,
			   size_t length, size_t size)
{
	struct aead aead;

	if (!session->count ||
	    !aead_set_key(&aead, session->keys.algorithm, session->keys.c2s))
		return 0;
	memcpy(session->identifier, random, NTS_IDENTIFIER_SIZE);
	session->awaiting = true;
	session->refused = false;
	length = nts_field_append(packet, length, size, NTS_FIELD_IDENTIFIER, session->identifier,
				  NTS_IDENTIFIER_SIZE);
	if (length)
		length = append_cookies(session, packet, length, size);
	if (length)
		length = nts_field_seal(&aead, random + NTS_IDENTIFIER_SIZE, NULL, 0, packet,
					length, size);
	explicit_bzero(&aead, sizeof(aead));

	return length;
}

/* --- answers --- */

/* What of an answer counts. */
struct answer {
	bool identified;
	struct nts_field authenticator;
};

static bool is_ours(const struct nts_session *session, const struct nts_field *field)
{
	return field->size == NTS_IDENTIFIER_SIZE &&
	       memeql_sec(field->body, session->identifier, NTS_IDENTIFIER_SIZE);
}

/* false: there is something that no answer has. */
static bool find_fields(const struct nts_session *session, const uint8_t *packet, size_t length,
			struct answer *answer)
{
	struct nts_field field;

	*answer = (struct answer){ .identified = false };
	for (size_t at = NTP_HEADER_SIZE; at < length; at = field.end) {
		if (!nts_field_read(packet, length, at, &field))
			return false;
		if (field.type == NTS_FIELD_IDENTIFIER) {
			if (!is_ours(session, &field))
				return false;
			answer->identified = true;
		}
		if (field.type != NTS_FIELD_AUTHENTICATOR)
			continue;
		/* What follows it is not authenticated. */
		if (field.end != length)
			return false;
		answer->authenticator = field;
	}

	return true;
}

static bool is_refusal(const uint8_t *packet)
{
	return packet[AT_STRATUM] == 0 && get_be32(packet + AT_REFID) == NTP_KISS_NTSN;
}

static void keep_cookie(struct nts_session *session, const struct nts_field *field)
{
	struct nts_cookie *cookie;

	if (field->type != NTS_FIELD_COOKIE || !field->size || field->size > NTS_COOKIE_MAX ||
	    session->count == NTS_COOKIES)
		return;
	cookie = &session->cookies[(session->first + session->count++) % NTS_COOKIES];
	cookie->size = field->size;
	memcpy(cookie->bytes, field->body, field->size);
}

static bool are_fields(const uint8_t *plain, size_t size)
{
	struct nts_field field;

	for (size_t at = 0; at < size; at = field.end) {
		if (!nts_field_read(plain, size, at, &field))
			return false;
	}

	return true;
}

static void keep_cookies(struct nts_session *session, const uint8_t *plain, size_t size)
{
	struct nts_field field;

	for (size_t at = 0; at < size; at = field.end) {
		if (!nts_field_read(plain, size, at, &field))
			return;
		keep_cookie(session, &field);
	}
}

static bool is_sealed(const struct nts_session *session, const uint8_t *packet,
		      const struct nts_field *field, uint8_t *plain, size_t *size)
{
	struct aead aead;
	bool good;

	if (!aead_set_key(&aead, session->keys.algorithm, session->keys.s2c))
		return false;
	good = nts_field_open(&aead, packet, field, plain, size) && are_fields(plain, *size);
	explicit_bzero(&aead, sizeof(aead));

	return good;
}

enum nts_verdict nts_session_judge(struct nts_session *session, const uint8_t *packet,
				   size_t length)
{
	uint8_t plain[NTP_PACKET_MAX];
	struct answer answer;
	size_t size = 0;

	if (!session->awaiting || length > sizeof(plain) ||
	    !find_fields(session, packet, length, &answer) || !answer.identified)
		return NTS_MISSING;
	if (!answer.authenticator.body) {
		if (!is_refusal(packet))
			return NTS_MISSING;
		session->refused = true;
		return NTS_REFUSED;
	}
	if (!is_sealed(session, packet, &answer.authenticator, plain, &size))
		return NTS_FORGED;

	/* One answer a request: another copy of it brings no cookies. */
	session->awaiting = false;
	session->refused = false;
	session->proven = true;
	session->other.algorithm = AEAD_NONE;
	keep_cookies(session, plain, size);

	return NTS_AUTHENTIC;
}
