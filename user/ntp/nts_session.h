/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A client's side of NTS in NTP packets (RFC 8915 section 5.7): keys and cookies for one server,
 * what authenticates a request, and whether an answer is authentic. Pure: keys and random bytes are
 * arguments.
 */
#ifndef NTP_NTS_SESSION_H
#define NTP_NTS_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ntp/nts.h"

/* The identifier, then the nonce. */
#define NTS_SESSION_RANDOM	(NTS_IDENTIFIER_SIZE + AEAD_NONCE_MAX)

/**
 * struct nts_session - with one server; to be wiped
 * @keys: in use; .algorithm AEAD_NONE: there are none yet
 * @other: of AES-128-GCM-SIV, exported in the other of two ways: what a server that refuses the
 *	first ones may have. .algorithm AEAD_NONE: there are none
 * @cookies: a ring ...
 * @first: ... its first one ...
 * @count: ... and how many
 * @identifier: of the latest request
 * @awaiting: its answer has not come
 * @refused: the server did not accept the latest request that was not answered otherwise
 * @proven: an answer was authentic
 */
struct nts_session {
	struct nts_keys keys;
	struct nts_keys other;
	struct nts_cookie cookies[NTS_COOKIES];
	size_t first;
	size_t count;
	uint8_t identifier[NTS_IDENTIFIER_SIZE];
	bool awaiting;
	bool refused;
	bool proven;
};

/* What a packet is that has our request's timestamp. */
enum nts_verdict {
	NTS_AUTHENTIC,
	NTS_MISSING,		/* no NTS, or of another request */
	NTS_FORGED,		/* not made with our keys */
	NTS_REFUSED,		/* the server says that it does not accept our cookie */
};

/* New keys and cookies, at most NTS_COOKIES; @other NULL: none. */
void nts_session_begin(struct nts_session *session, const struct nts_keys *keys,
		       const struct nts_keys *other, const struct nts_cookie *cookies,
		       size_t count);

/*
 * Can a request be made? Whoever was refused last cannot, unless there are other keys to be tried,
 * which are in use from then on.
 */
bool nts_session_prepare(struct nts_session *session);

/* Forget keys and cookies. */
void nts_session_clear(struct nts_session *session);

/**
 * nts_session_request() - authenticate a request, which takes a cookie
 * @session: nts_session_prepare() said yes
 * @random: NTS_SESSION_RANDOM fresh random bytes
 * @packet: a header
 * @length: of that
 * @size: room
 *
 * Return: the new length; 0: there is no cookie or no room.
 */
size_t nts_session_request(struct nts_session *session, const uint8_t *random, uint8_t *packet,
			   size_t length, size_t size);

/**
 * nts_session_judge() - is this the answer?
 * @session: gets the cookies of an authentic one
 * @packet: as received, decoded without an error
 * @length: as received
 *
 * NTS_REFUSED may be forged: an authentic answer may still come, and undoes it.
 */
enum nts_verdict nts_session_judge(struct nts_session *session, const uint8_t *packet,
				   size_t length);

#endif /* NTP_NTS_SESSION_H */
