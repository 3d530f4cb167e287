// SPDX-License-Identifier: GPL-2.0-only
/*
 * A request has an identifier, one cookie, placeholders of the same length for each further one
 * that it wants, and the authenticator as its last field. Placeholders may be encrypted in that.
 */
#include "server/nts_request.h"

#include <string.h>

#include "ntp/packet.h"

/* What a request has so far. */
struct fields {
	struct nts_field cookie;
	struct nts_field authenticator;
	bool wrong;
};

static void note_cookie(const struct nts_field *field, struct fields *fields,
			struct nts_request *request)
{
	request->cookies++;
	if (field->type == NTS_FIELD_COOKIE) {
		fields->wrong |= !!fields->cookie.body;
		fields->cookie = *field;
	}
}

static void note_field(const struct nts_field *field, struct fields *fields,
		       struct nts_request *request)
{
	switch (field->type) {
	case NTS_FIELD_IDENTIFIER:
		fields->wrong |= !!request->identifier.body ||
				 field->size < NTS_IDENTIFIER_SIZE;
		request->identifier = *field;
		break;
	case NTS_FIELD_COOKIE:
	case NTS_FIELD_PLACEHOLDER:
		note_cookie(field, fields, request);
		break;
	case NTS_FIELD_AUTHENTICATOR:
		fields->wrong |= field->end != request->length;
		fields->authenticator = *field;
		break;
	}
}

/* Placeholders are as long as the cookie: an answer is not longer than its request. */
static bool are_placeholders_ok(const uint8_t *packet, const struct fields *fields, size_t length)
{
	struct nts_field field;

	for (size_t at = NTP_HEADER_SIZE; at < length; at = field.end) {
		if (!nts_field_read(packet, length, at, &field) ||
		    (field.type == NTS_FIELD_PLACEHOLDER && field.size != fields->cookie.size))
			return false;
	}

	return true;
}

static bool count_encrypted(const uint8_t *plain, size_t size, const struct fields *fields,
			    struct nts_request *request)
{
	struct nts_field field;

	for (size_t at = 0; at < size; at = field.end) {
		if (!nts_field_read(plain, size, at, &field))
			return false;
		if (field.type != NTS_FIELD_PLACEHOLDER)
			continue;
		if (field.size != fields->cookie.size)
			return false;
		request->cookies++;
	}

	return true;
}

/* With the client's own key, which is in the cookie. */
static enum nts_request_verdict judge_owner(const uint8_t *packet, const struct fields *fields,
					    struct nts_request *request)
{
	uint8_t plain[NTP_PACKET_MAX];
	struct aead aead;
	size_t size = 0;
	bool authentic;

	aead_set_key(&aead, request->keys.algorithm, request->keys.c2s);
	authentic = nts_field_open(&aead, packet, &fields->authenticator, plain, &size);
	explicit_bzero(&aead, sizeof(aead));
	if (!authentic)
		return NTS_REQUEST_REFUSED;

	return count_encrypted(plain, size, fields, request) ? NTS_REQUEST_AUTHENTIC :
							       NTS_REQUEST_WRONG;
}

enum nts_request_verdict nts_request_judge(const struct nts_cookie_keys *cookie_keys,
					   const uint8_t *packet, size_t length,
					   struct nts_request *request)
{
	struct fields fields = { .wrong = false };
	struct nts_field field;

	*request = (struct nts_request){ .length = length };
	if (length > NTP_PACKET_MAX)
		return NTS_REQUEST_WRONG;
	for (size_t at = NTP_HEADER_SIZE; at < length; at = field.end) {
		if (!nts_field_read(packet, length, at, &field))
			return NTS_REQUEST_OTHER;
		note_field(&field, &fields, request);
	}
	if (!fields.cookie.body && !fields.authenticator.body)
		return NTS_REQUEST_OTHER;
	if (fields.wrong || !fields.cookie.body || !fields.authenticator.body ||
	    !request->identifier.body || !are_placeholders_ok(packet, &fields, length))
		return NTS_REQUEST_WRONG;
	if (!nts_cookie_open(cookie_keys, fields.cookie.body, fields.cookie.size, &request->keys))
		return NTS_REQUEST_REFUSED;

	return judge_owner(packet, &fields, request);
}

/* What NTS adds to an answer: identifier and authenticator, with @plain_size bytes of cookies. */
static size_t added_size(const struct nts_request *request, size_t plain_size)
{
	return (request->identifier.end - request->identifier.start) +
	       2UL * NTS_FIELD_HEADER + aead_nonce_size(request->keys.algorithm) + AEAD_TAG_SIZE +
	       plain_size;
}

void nts_request_make_cookies(const struct nts_cookie_keys *cookie_keys,
			      const struct nts_request *request, const uint8_t *random,
			      size_t length, struct nts_fresh_cookies *fresh)
{
	struct nts_cookie cookie;

	fresh->size = 0;
	for (size_t i = 0; i < request->cookies && i < NTS_COOKIES; i++) {
		nts_cookie_make(cookie_keys, &request->keys, random + AEAD_NONCE_MAX * i, &cookie);
		/* Cookies of another key of the server's may be longer. */
		if (length + added_size(request, fresh->size + NTS_FIELD_HEADER + cookie.size) >
		    request->length)
			return;
		fresh->size = nts_field_append(fresh->plain, fresh->size,
					       sizeof(fresh->plain), NTS_FIELD_COOKIE,
					       cookie.bytes, cookie.size);
	}
}

static size_t append_identifier(const struct nts_request *request, uint8_t *answer, size_t length,
				size_t size)
{
	return nts_field_append(answer, length, size, NTS_FIELD_IDENTIFIER,
				request->identifier.body, request->identifier.size);
}

size_t nts_request_answer(const struct nts_request *request, const struct nts_fresh_cookies *fresh,
			  const uint8_t *nonce, uint8_t *answer, size_t length, size_t size)
{
	struct aead aead;

	length = append_identifier(request, answer, length, size);
	if (!length)
		return 0;
	aead_set_key(&aead, request->keys.algorithm, request->keys.s2c);
	length = nts_field_seal(&aead, nonce, fresh->plain, fresh->size, answer, length,
				size);
	explicit_bzero(&aead, sizeof(aead));

	return length;
}

size_t nts_request_refuse(const struct nts_request *request, uint8_t *answer, size_t length,
			  size_t size)
{
	return append_identifier(request, answer, length, size);
}
