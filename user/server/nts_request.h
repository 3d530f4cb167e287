/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The server's side of NTS in NTP packets (RFC 8915 section 5.7): whether a request is authentic,
 * and what its answer gets. Pure: keys and random bytes are arguments.
 */
#ifndef SERVER_NTS_REQUEST_H
#define SERVER_NTS_REQUEST_H

#include <stddef.h>
#include <stdint.h>

#include "ntp/nts_cookie.h"
#include "ntp/nts_field.h"

/* What a request is. */
enum nts_request_verdict {
	NTS_REQUEST_OTHER,	/* without NTS */
	NTS_REQUEST_AUTHENTIC,
	NTS_REQUEST_REFUSED,	/* its cookie is not ours, or too old, or it is not its owner's */
	NTS_REQUEST_WRONG,	/* it lacks something, or has too much of it */
};

/**
 * struct nts_request - a request with NTS
 * @length: of it; no answer is longer
 * @identifier: that is returned
 * @cookies: how many it asks for
 * @keys: of its client; to be wiped
 */
struct nts_request {
	size_t length;
	struct nts_field identifier;
	size_t cookies;
	struct nts_keys keys;
};

/* Judge a packet that was decoded without an error, and has no MAC. */
enum nts_request_verdict nts_request_judge(const struct nts_cookie_keys *cookie_keys,
					   const uint8_t *packet, size_t length,
					   struct nts_request *request);

/**
 * struct nts_fresh_cookies - those of an answer, which are made before it is stamped
 * @plain: fields with cookies
 * @size: of them
 */
struct nts_fresh_cookies {
	uint8_t plain[NTS_COOKIES * (NTS_FIELD_HEADER + NTS_COOKIE_MAX)];
	size_t size;
};

/*
 * Make as many cookies as the client asks for. @random: AEAD_NONCE_MAX fresh bytes for each.
 * @length: of the answer without what NTS adds.
 */
void nts_request_make_cookies(const struct nts_cookie_keys *cookie_keys,
			      const struct nts_request *request, const uint8_t *random,
			      size_t length, struct nts_fresh_cookies *fresh);

/**
 * nts_request_answer() - append what makes the answer to an authentic request authentic
 * @request: it
 * @fresh: its new cookies
 * @nonce: AEAD_NONCE_MAX fresh random bytes
 * @answer: header and other extension fields
 * @length: of those
 * @size: room
 *
 * Return: the new length; 0: there is no room.
 */
size_t nts_request_answer(const struct nts_request *request, const struct nts_fresh_cookies *fresh,
			  const uint8_t *nonce, uint8_t *answer, size_t length, size_t size);

/* Append to @answer what tells a client that was refused whose answer it is. */
size_t nts_request_refuse(const struct nts_request *request, uint8_t *answer, size_t length,
			  size_t size);

#endif /* SERVER_NTS_REQUEST_H */
