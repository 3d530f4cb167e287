// SPDX-License-Identifier: GPL-2.0-only
/*
 * Seals of answers.
 */
#include "server/seal.h"

#include <string.h>
#include <sys/random.h>

#include "ntp/mac.h"
#include "server/duration.h"

void seal_prepare_key(struct seal_answer *seal, const struct respond_answer *answer,
		      const struct ntp_key *key)
{
	seal->answer = *answer;
	seal->kind = SEAL_KEY;
	seal->key = key;
}

/* @size bytes that nobody can foresee. NULL: there are none. */
static const uint8_t *draw_secret(struct sealer *sealer, size_t size)
{
	if (sealer->secret_count < size) {
		if (getrandom(sealer->secrets, sizeof(sealer->secrets), 0) !=
		    (ssize_t)sizeof(sealer->secrets))
			return NULL;
		sealer->secret_count = sizeof(sealer->secrets);
	}
	sealer->secret_count -= size;

	return sealer->secrets + sealer->secret_count;
}

bool seal_prepare_nts(struct sealer *sealer, struct seal_answer *seal,
		      const struct respond_answer *answer, enum seal_kind kind,
		      const struct nts_request *request, const struct nts_cookie_keys *cookie_keys)
{
	size_t cookies = request->cookies < NTS_COOKIES ? request->cookies : NTS_COOKIES;
	const uint8_t *random;

	seal->answer = *answer;
	seal->kind = kind;
	seal->request = *request;
	if (kind == SEAL_REFUSAL)
		return true;
	random = draw_secret(sealer, AEAD_NONCE_MAX * (cookies + 1));
	if (!random)
		return false;
	nts_request_make_cookies(cookie_keys, request, random, answer->length, &seal->cookies);
	memcpy(seal->nonce, random + AEAD_NONCE_MAX * cookies, sizeof(seal->nonce));

	return true;
}

void seal_forget(struct sealer *sealer)
{
	explicit_bzero(sealer->secrets, sizeof(sealer->secrets));
	sealer->secret_count = 0;
}

int64_t seal_expected_ns(const struct sealer *sealer, const struct seal_answer *seals, int count)
{
	int64_t expected_ns = 0;

	for (int i = 0; i < count; i++)
		expected_ns += sealer->average_ns[seals[i].kind];

	return expected_ns;
}

/* Of several kinds together it is not known which one took longer. */
void seal_learn(struct sealer *sealer, const struct seal_answer *seals, int count,
		int64_t took_ns)
{
	for (int i = 1; i < count; i++) {
		if (seals[i].kind != seals[0].kind)
			return;
	}
	duration_learn(&sealer->average_ns[seals[0].kind], took_ns / count);
}

size_t seal_append(struct seal_answer *seal, uint8_t *bytes, size_t size)
{
	size_t length = seal->answer.length;

	switch (seal->kind) {
	case SEAL_KEY:
		return ntp_mac_append(seal->key, bytes, length, size);
	case SEAL_NTS:
		length = nts_request_answer(&seal->request, &seal->cookies, seal->nonce, bytes,
					    length, size);
		break;
	case SEAL_REFUSAL:
		length = nts_request_refuse(&seal->request, bytes, length, size);
		break;
	case SEAL_KINDS:
		return 0;
	}
	explicit_bzero(&seal->request.keys, sizeof(seal->request.keys));

	return length;
}
