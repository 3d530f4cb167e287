/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The messages of NTS key establishment (RFC 8915 section 4): a request and its answer, both made
 * of records. Pure: TLS is elsewhere.
 */
#ifndef NTP_NTS_RECORD_H
#define NTP_NTS_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ntp/nts.h"

/* Longer messages are refused. */
#define NTS_MESSAGE_MAX		16384

/* Algorithms that are named in a message at most; the others that a client names are not read. */
#define NTS_ALGORITHMS_MAX	4

/* What an error record says (section 4.1.3). */
enum nts_ke_error {
	NTS_KE_CRITICAL_RECORD,		/* a record that has to be understood is not */
	NTS_KE_BAD_REQUEST,
	NTS_KE_INTERNAL_ERROR,
	NTS_KE_NO_ERROR,
};

/**
 * struct nts_algorithms - AEAD algorithms, the best first
 * @list: AEAD_*
 * @count: how many
 */
struct nts_algorithms {
	int list[NTS_ALGORITHMS_MAX];
	size_t count;
};

/**
 * struct nts_ke_request - a client's, as a server reads it
 * @error: it is wrong, and only this holds; NTS_KE_NO_ERROR: it is not
 * @ntp: it asks for NTPv4, the only protocol that there is
 * @algorithm: the first one of the client's that this side has, too; AEAD_NONE: there is none
 * @compliant: it exports the keys of AES-128-GCM-SIV as the standard has it
 */
struct nts_ke_request {
	enum nts_ke_error error;
	bool ntp;
	int algorithm;
	bool compliant;
};

/**
 * struct nts_ke_answer - a server's
 * @algorithm: that it has chosen
 * @compliant: it exports the keys of AES-128-GCM-SIV as the standard has it
 * @server: name or address of the NTP server; "": the one that was asked
 * @port: of that; 0: the usual one
 * @cookies: for the client
 * @cookie_count: how many
 */
struct nts_ke_answer {
	int algorithm;
	bool compliant;
	char server[NTS_SERVER_MAX];
	int port;
	struct nts_cookie cookies[NTS_COOKIES];
	size_t cookie_count;
};

/**
 * nts_message_size() - is the message complete?
 * @bytes: received so far
 * @length: how many
 *
 * Return: its size; 0: more has to come; -EBADMSG: it will never be one.
 */
int nts_message_size(const uint8_t *bytes, size_t length);

/* Write a request for NTPv4 with these algorithms. Its size; 0: there is no room. */
size_t nts_request_write(const struct nts_algorithms *algorithms, uint8_t *bytes, size_t size);

/* Read a complete request. @algorithms: that this side has. */
void nts_request_read(const uint8_t *bytes, size_t size, const struct nts_algorithms *algorithms,
		      struct nts_ke_request *request);

/*
 * Write the answer to @request: @answer, or what is wrong with the request, or what of it this side
 * does not have. Its size; 0: there is no room.
 */
size_t nts_answer_write(const struct nts_ke_request *request, const struct nts_ke_answer *answer,
			uint8_t *bytes, size_t size);

/*
 * Read a complete answer. @algorithms: that were asked for. NULL; what is wrong with it, for
 * people: then @answer is not to be used.
 */
const char *nts_answer_read(const uint8_t *bytes, size_t size,
			    const struct nts_algorithms *algorithms,
			    struct nts_ke_answer *answer);

#endif /* NTP_NTS_RECORD_H */
