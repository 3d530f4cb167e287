// SPDX-License-Identifier: GPL-2.0-only
/*
 * Extension fields. The authenticator's body (section 5.6): the lengths of nonce and ciphertext in
 * two bytes each, both of them, each rounded up to a multiple of 4 with zeros, and padding.
 */
#include "ntp/nts_field.h"

#include <string.h>

#include "ntp/bytes.h"

#define LENGTHS_SIZE	4

static size_t padded(size_t size)
{
	return (size + 3) & ~(size_t)3;
}

bool nts_field_read(const uint8_t *bytes, size_t length, size_t start, struct nts_field *field)
{
	size_t size;

	if (start > length || length - start < NTS_FIELD_HEADER)
		return false;
	size = get_be16(bytes + start + 2);
	if (size < NTS_FIELD_HEADER || size % 4 || size > length - start)
		return false;
	*field = (struct nts_field){
		.type = get_be16(bytes + start),
		.start = start,
		.end = start + size,
		.body = bytes + start + NTS_FIELD_HEADER,
		.size = size - NTS_FIELD_HEADER,
	};

	return true;
}

/* The header of a field. Where its body goes; NULL: there is no room. */
static uint8_t *put_header(uint8_t *bytes, size_t length, size_t size, int type, size_t body_size)
{
	if (length > size || size - length < NTS_FIELD_HEADER + body_size)
		return NULL;
	put_be16(bytes + length, (uint16_t)type);
	put_be16(bytes + length + 2, (uint16_t)(NTS_FIELD_HEADER + body_size));

	return bytes + length + NTS_FIELD_HEADER;
}

size_t nts_field_append(uint8_t *bytes, size_t length, size_t size, int type, const void *body,
			size_t body_size)
{
	uint8_t *place = put_header(bytes, length, size, type, padded(body_size));

	if (!place)
		return 0;
	/* An answer may be written where the request is, of which the body is a part. */
	if (body)
		memmove(place, body, body_size);
	else
		memset(place, 0, body_size);
	memset(place + body_size, 0, padded(body_size) - body_size);

	return length + NTS_FIELD_HEADER + padded(body_size);
}

size_t nts_field_seal(const struct aead *aead, const uint8_t *nonce, const uint8_t *plain,
		      size_t plain_size, uint8_t *packet, size_t length, size_t size)
{
	struct aead_context context = {
		.nonce = nonce,
		.nonce_size = aead_nonce_size(aead->algorithm),
		.data = packet,
		.data_size = length,
	};
	size_t sealed = plain_size + AEAD_TAG_SIZE;
	size_t body_size = LENGTHS_SIZE + padded(context.nonce_size) + padded(sealed);
	uint8_t *body = put_header(packet, length, size, NTS_FIELD_AUTHENTICATOR, body_size);

	if (!body)
		return 0;
	memset(body, 0, body_size);
	put_be16(body, (uint16_t)context.nonce_size);
	put_be16(body + 2, (uint16_t)sealed);
	memcpy(body + LENGTHS_SIZE, nonce, context.nonce_size);
	if (!aead_seal(aead, &context, plain, plain_size,
		       body + LENGTHS_SIZE + padded(context.nonce_size)))
		return 0;

	return length + NTS_FIELD_HEADER + body_size;
}

bool nts_field_open(const struct aead *aead, const uint8_t *packet, const struct nts_field *field,
		    uint8_t *plain, size_t *plain_size)
{
	struct aead_context context = { .data = packet, .data_size = field->start };
	size_t sealed, nonce_room;

	if (field->size < LENGTHS_SIZE)
		return false;
	context.nonce = field->body + LENGTHS_SIZE;
	context.nonce_size = get_be16(field->body);
	sealed = get_be16(field->body + 2);
	if (sealed < AEAD_TAG_SIZE ||
	    field->size - LENGTHS_SIZE < padded(context.nonce_size) + padded(sealed))
		return false;
	/* Who has a shorter nonce leaves room for a whole one, as the answer will take it. */
	nonce_room = aead_nonce_size(aead->algorithm);
	if (field->size - LENGTHS_SIZE < nonce_room + padded(sealed) ||
	    !aead_open(aead, &context, context.nonce + padded(context.nonce_size), sealed, plain))
		return false;
	*plain_size = sealed - AEAD_TAG_SIZE;

	return true;
}
