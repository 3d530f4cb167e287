/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The extension fields of NTS in NTP packets (RFC 8915 section 5), which client and server write
 * and read alike. Pure.
 */
#ifndef NTP_NTS_FIELD_H
#define NTP_NTS_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ntp/nts.h"

/* Types (section 7.6). */
#define NTS_FIELD_IDENTIFIER	0x0104
#define NTS_FIELD_COOKIE	0x0204
#define NTS_FIELD_PLACEHOLDER	0x0304
#define NTS_FIELD_AUTHENTICATOR	0x0404

/* Type and length, before the body. */
#define NTS_FIELD_HEADER	4

/**
 * struct nts_field - one extension field
 * @type: of it
 * @start: where it begins
 * @end: where the next one does
 * @body: of it
 * @size: of the body
 */
struct nts_field {
	int type;
	size_t start;
	size_t end;
	const uint8_t *body;
	size_t size;
};

/*
 * The field at @start of @length bytes. false: there is no whole one. Whether it is a MAC instead
 * is for ntp_packet_decode() to say.
 */
bool nts_field_read(const uint8_t *bytes, size_t length, size_t start, struct nts_field *field);

/*
 * Append a field with a body of @body_size bytes, which are rounded up to a multiple of 4 with
 * zeros; @body NULL: all of them are. It may be a part of @bytes, of a later field. The new length;
 * 0: there is no room.
 */
size_t nts_field_append(uint8_t *bytes, size_t length, size_t size, int type, const void *body,
			size_t body_size);

/**
 * nts_field_seal() - append the authenticator
 * @aead: has the key
 * @nonce: aead_nonce_size() fresh random bytes
 * @plain: fields that are to be encrypted in it
 * @plain_size: how many bytes
 * @packet: a header and fields, which are authenticated
 * @length: of those
 * @size: room
 *
 * Return: the new length; 0: there is no room.
 */
size_t nts_field_seal(const struct aead *aead, const uint8_t *nonce, const uint8_t *plain,
		      size_t plain_size, uint8_t *packet, size_t length, size_t size);

/**
 * nts_field_open() - check the authenticator
 * @aead: has the key
 * @packet: as received
 * @field: the authenticator, all before which it authenticates
 * @plain: gets the fields that are encrypted in it; has room for @field's size
 * @plain_size: how many bytes
 *
 * Return: false: it is not authentic.
 */
bool nts_field_open(const struct aead *aead, const uint8_t *packet, const struct nts_field *field,
		    uint8_t *plain, size_t *plain_size);

#endif /* NTP_NTS_FIELD_H */
