// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records: a critical bit and a type in two bytes, the length of the body in two, and the body.
 */
#include "ntp/nts_record.h"

#include <errno.h>
#include <string.h>

#include "ntp/bytes.h"

#define HEADER_SIZE	4
#define CRITICAL	0x8000

/* Section 7.6. */
enum record_type {
	RECORD_END = 0,
	RECORD_PROTOCOL = 1,
	RECORD_ERROR = 2,
	RECORD_WARNING = 3,
	RECORD_ALGORITHM = 4,
	RECORD_COOKIE = 5,
	RECORD_SERVER = 6,
	RECORD_PORT = 7,
	/* chrony's: the keys of AES-128-GCM-SIV are exported with the number of that, not of 15. */
	RECORD_COMPLIANT = 1024,
};

#define PROTOCOL_NTPV4	0

/**
 * struct record - one of a message
 * @type: enum record_type, or another number
 * @critical: who does not know it has to refuse the message
 * @body: of it
 * @size: of the body
 */
struct record {
	int type;
	bool critical;
	const uint8_t *body;
	size_t size;
};

/**
 * struct writer - a message that is being written
 * @bytes: where
 * @size: room
 * @length: so far
 * @full: something did not fit
 */
struct writer {
	uint8_t *bytes;
	size_t size;
	size_t length;
	bool full;
};

/* The record at *@at, which moves on behind it. false: there is no whole one. */
static bool next_record(const uint8_t *bytes, size_t length, size_t *at, struct record *record)
{
	const uint8_t *header = bytes + *at;

	if (length - *at < HEADER_SIZE)
		return false;
	record->type = get_be16(header) & ~CRITICAL;
	record->critical = get_be16(header) & CRITICAL;
	record->size = get_be16(header + 2);
	record->body = header + HEADER_SIZE;
	if (length - *at - HEADER_SIZE < record->size)
		return false;
	*at += HEADER_SIZE + record->size;

	return true;
}

int nts_message_size(const uint8_t *bytes, size_t length)
{
	struct record record;
	size_t at = 0;

	while (next_record(bytes, length, &at, &record)) {
		if (record.type != RECORD_END)
			continue;
		/* Nothing follows: the other side waits for an answer, or has given one. */
		return record.critical && !record.size && at == length ? (int)at : -EBADMSG;
	}

	return length < NTS_MESSAGE_MAX ? 0 : -EBADMSG;
}

static void put_record(struct writer *writer, bool critical, int type, const void *body,
		       size_t size)
{
	uint8_t *header = writer->bytes + writer->length;

	if (writer->full || writer->size - writer->length < HEADER_SIZE + size) {
		writer->full = true;
		return;
	}
	put_be16(header, (uint16_t)(type | (critical ? CRITICAL : 0)));
	put_be16(header + 2, (uint16_t)size);
	if (size)
		memcpy(header + HEADER_SIZE, body, size);
	writer->length += HEADER_SIZE + size;
}

/* Whoever does not know it must not go on. */
static void put_number(struct writer *writer, int type, int number)
{
	uint8_t body[2];

	put_be16(body, (uint16_t)number);
	put_record(writer, true, type, body, sizeof(body));
}

static size_t finish(struct writer *writer)
{
	put_record(writer, true, RECORD_END, NULL, 0);

	return writer->full ? 0 : writer->length;
}

static bool has(const struct nts_algorithms *algorithms, int algorithm)
{
	for (size_t i = 0; i < algorithms->count; i++) {
		if (algorithms->list[i] == algorithm)
			return true;
	}

	return false;
}

size_t nts_request_write(const struct nts_algorithms *algorithms, uint8_t *bytes, size_t size)
{
	struct writer writer = { .bytes = bytes, .size = size };
	uint8_t body[2 * NTS_ALGORITHMS_MAX];

	for (size_t i = 0; i < algorithms->count; i++)
		put_be16(body + 2 * i, (uint16_t)algorithms->list[i]);
	put_number(&writer, RECORD_PROTOCOL, PROTOCOL_NTPV4);
	put_record(&writer, true, RECORD_ALGORITHM, body, 2 * algorithms->count);
	if (has(algorithms, AEAD_AES_128_GCM_SIV))
		put_record(&writer, false, RECORD_COMPLIANT, NULL, 0);

	return finish(&writer);
}

/* --- a server reads a request --- */

/* Records that there has to be once, each with at least one number. */
struct lists {
	int protocols;
	int algorithms;
};

static bool is_list(const struct record *record)
{
	return record->size >= 2 && record->size % 2 == 0;
}

static bool read_protocols(const struct record *record, struct nts_ke_request *request)
{
	if (!record->critical || !is_list(record))
		return false;
	for (size_t i = 0; i < record->size; i += 2)
		request->ntp |= get_be16(record->body + i) == PROTOCOL_NTPV4;

	return true;
}

static bool read_algorithms(const struct record *record, const struct nts_algorithms *algorithms,
			    struct nts_ke_request *request)
{
	if (!is_list(record))
		return false;
	for (size_t i = 0; i < record->size && request->algorithm == AEAD_NONE; i += 2) {
		int algorithm = get_be16(record->body + i);

		if (has(algorithms, algorithm))
			request->algorithm = algorithm;
	}

	return true;
}

static enum nts_ke_error read_request_record(const struct record *record,
					     const struct nts_algorithms *algorithms,
					     struct lists *lists, struct nts_ke_request *request)
{
	bool good = true;

	switch (record->type) {
	case RECORD_END:
	/* What NTP server a client would like is not heeded (section 4.1.7). */
	case RECORD_SERVER:
	case RECORD_PORT:
		break;
	case RECORD_PROTOCOL:
		lists->protocols++;
		good = read_protocols(record, request);
		break;
	case RECORD_ALGORITHM:
		lists->algorithms++;
		good = read_algorithms(record, algorithms, request);
		break;
	case RECORD_COMPLIANT:
		request->compliant = true;
		good = !record->size;
		break;
	case RECORD_ERROR:
	case RECORD_WARNING:
	case RECORD_COOKIE:
		good = false;
		break;
	default:
		return record->critical ? NTS_KE_CRITICAL_RECORD : NTS_KE_NO_ERROR;
	}

	return good ? NTS_KE_NO_ERROR : NTS_KE_BAD_REQUEST;
}

void nts_request_read(const uint8_t *bytes, size_t size, const struct nts_algorithms *algorithms,
		      struct nts_ke_request *request)
{
	struct lists lists = { 0 };
	struct record record;
	size_t at = 0;

	*request = (struct nts_ke_request){ .error = NTS_KE_NO_ERROR };
	while (request->error == NTS_KE_NO_ERROR && next_record(bytes, size, &at, &record))
		request->error = read_request_record(&record, algorithms, &lists, request);
	if (request->error == NTS_KE_NO_ERROR &&
	    (lists.protocols != 1 || (request->ntp && lists.algorithms != 1)))
		request->error = NTS_KE_BAD_REQUEST;
}

size_t nts_answer_write(const struct nts_ke_request *request, const struct nts_ke_answer *answer,
			uint8_t *bytes, size_t size)
{
	struct writer writer = { .bytes = bytes, .size = size };

	if (request->error != NTS_KE_NO_ERROR) {
		put_number(&writer, RECORD_ERROR, request->error);
		return finish(&writer);
	}
	if (!request->ntp) {
		put_record(&writer, true, RECORD_PROTOCOL, NULL, 0);
		return finish(&writer);
	}
	put_number(&writer, RECORD_PROTOCOL, PROTOCOL_NTPV4);
	if (request->algorithm == AEAD_NONE) {
		put_record(&writer, true, RECORD_ALGORITHM, NULL, 0);
		return finish(&writer);
	}
	put_number(&writer, RECORD_ALGORITHM, answer->algorithm);
	if (answer->compliant)
		put_record(&writer, false, RECORD_COMPLIANT, NULL, 0);
	if (answer->port)
		put_number(&writer, RECORD_PORT, answer->port);
	if (*answer->server)
		put_record(&writer, true, RECORD_SERVER, answer->server, strlen(answer->server));
	for (size_t i = 0; i < answer->cookie_count; i++)
		put_record(&writer, false, RECORD_COOKIE, answer->cookies[i].bytes,
			   answer->cookies[i].size);

	return finish(&writer);
}

/* --- a client reads the answer --- */

static const char *read_error(const struct record *record)
{
	switch (record->size == 2 ? get_be16(record->body) : NTS_KE_NO_ERROR) {
	case NTS_KE_CRITICAL_RECORD:
		return "the server does not understand our request";
	case NTS_KE_BAD_REQUEST:
		return "the server finds our request wrong";
	case NTS_KE_INTERNAL_ERROR:
		return "the server has an internal error";
	}

	return "the server has an unknown error";
}

static const char *read_protocol(const struct record *record)
{
	if (!record->size)
		return "the server does not offer NTPv4";
	if (!record->critical || record->size != 2 || get_be16(record->body) != PROTOCOL_NTPV4)
		return "the server has chosen a protocol that was not asked for";

	return NULL;
}

static const char *read_algorithm(const struct record *record,
				  const struct nts_algorithms *algorithms,
				  struct nts_ke_answer *answer)
{
	if (!record->size)
		return "the server has none of our algorithms (ntsaeads)";
	if (record->size != 2 || !has(algorithms, get_be16(record->body)))
		return "the server has chosen an algorithm that was not asked for";
	answer->algorithm = get_be16(record->body);

	return NULL;
}

/* A cookie that cannot be used is no error: others may be. */
static void read_cookie(const struct record *record, struct nts_ke_answer *answer)
{
	struct nts_cookie *cookie;

	if (!record->size || record->size > NTS_COOKIE_MAX || record->size % 4 ||
	    answer->cookie_count == NTS_COOKIES)
		return;
	cookie = &answer->cookies[answer->cookie_count++];
	cookie->size = record->size;
	memcpy(cookie->bytes, record->body, record->size);
}

static const char *read_server(const struct record *record, struct nts_ke_answer *answer)
{
	if (!record->size || record->size >= sizeof(answer->server))
		return "the name of the NTP server is too long, or empty";
	for (size_t i = 0; i < record->size; i++) {
		if (record->body[i] <= ' ' || record->body[i] > '~')
			return "the name of the NTP server has characters that no name has";
	}
	memcpy(answer->server, record->body, record->size);
	answer->server[record->size] = '\0';

	return NULL;
}

static const char *read_port(const struct record *record, struct nts_ke_answer *answer)
{
	if (record->size != 2 || !get_be16(record->body))
		return "the port of the NTP server is none";
	answer->port = get_be16(record->body);

	return NULL;
}

/* Sections 4.1.2, 4.1.5, 4.1.7 and 4.1.8: which of two would count, nobody says. */
static bool is_second(const struct record *record, unsigned int *seen)
{
	unsigned int bit;

	switch (record->type) {
	case RECORD_PROTOCOL:
	case RECORD_ALGORITHM:
	case RECORD_SERVER:
	case RECORD_PORT:
		bit = 1U << record->type;
		break;
	default:
		return false;
	}
	if (*seen & bit)
		return true;
	*seen |= bit;

	return false;
}

static const char *read_answer_record(const struct record *record,
				      const struct nts_algorithms *algorithms, unsigned int *seen,
				      struct nts_ke_answer *answer)
{
	if (is_second(record, seen))
		return "the answer has a record twice that there may be once";
	switch (record->type) {
	case RECORD_END:
		return NULL;
	case RECORD_PROTOCOL:
		return read_protocol(record);
	case RECORD_ERROR:
		return read_error(record);
	case RECORD_WARNING:
		return "the server has a warning that is not known here";
	case RECORD_ALGORITHM:
		return read_algorithm(record, algorithms, answer);
	case RECORD_COOKIE:
		read_cookie(record, answer);
		return NULL;
	case RECORD_SERVER:
		return read_server(record, answer);
	case RECORD_PORT:
		return read_port(record, answer);
	case RECORD_COMPLIANT:
		answer->compliant = true;
		return record->size ? "the answer is not one of key establishment" : NULL;
	}

	return record->critical ? "the answer has a critical record that is not known here" : NULL;
}

const char *nts_answer_read(const uint8_t *bytes, size_t size,
			    const struct nts_algorithms *algorithms,
			    struct nts_ke_answer *answer)
{
	const char *problem = NULL;
	struct record record;
	unsigned int seen = 0;
	size_t at = 0;

	memset(answer, 0, sizeof(*answer));
	while (!problem && next_record(bytes, size, &at, &record))
		problem = read_answer_record(&record, algorithms, &seen, answer);
	if (problem)
		return problem;
	if (!(seen & 1U << RECORD_PROTOCOL) || answer->algorithm == AEAD_NONE)
		return "the answer lacks the protocol or the algorithm";
	if (!answer->cookie_count)
		return "the answer has no cookies that can be used";

	return NULL;
}
