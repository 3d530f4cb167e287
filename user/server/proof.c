// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which keys a request was made with.
 */
#include "server/proof.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ntp/mac.h"
#include "ntp/packet.h"

static int compare_keys(const void *id, const void *key)
{
	uint32_t one = *(const uint32_t *)id, other = ((const struct ntp_key *)key)->id;

	return one < other ? -1 : one > other;
}

/* The key of the request's MAC; NULL: it is none of ours, or the MAC is wrong. */
static const struct ntp_key *check_mac(const struct proof_keys *keys,
				       const struct respond_request *request)
{
	uint32_t id = ntp_mac_key_id(request->bytes, request->length, request->mac);
	const struct ntp_key *key = bsearch(&id, keys->keys, keys->key_count, sizeof(*key),
					    compare_keys);

	return key && ntp_mac_check(key, request->bytes, request->length, request->mac) ? key :
											  NULL;
}

static enum proof_verdict judge_nts(const struct proof_keys *keys,
				    const struct respond_request *request, struct proof *proof)
{
	if (!keys->has_cookie_keys || request->length == NTP_HEADER_SIZE)
		return PROOF_NONE;
	proof->nts = nts_request_judge(&keys->cookie_keys, request->bytes, request->length,
				       &proof->request);
	switch (proof->nts) {
	case NTS_REQUEST_AUTHENTIC:
		return PROOF_AUTHENTIC;
	case NTS_REQUEST_REFUSED:
		return PROOF_REFUSED;
	case NTS_REQUEST_WRONG:
		return PROOF_WRONG;
	case NTS_REQUEST_OTHER:
		break;
	}

	return PROOF_NONE;
}

enum proof_verdict proof_judge(const struct proof_keys *keys,
			       const struct respond_request *request, struct proof *proof)
{
	proof->key = NULL;
	proof->nts = NTS_REQUEST_OTHER;
	if (!request->mac)
		return judge_nts(keys, request, proof);
	proof->key = check_mac(keys, request);

	return proof->key ? PROOF_AUTHENTIC : PROOF_WRONG;
}

void proof_keys_take(struct proof_keys *keys, int fd)
{
	struct nts_server_keys taken;

	if (read(fd, &taken, sizeof(taken)) == (ssize_t)sizeof(taken) &&
	    nts_server_keys_are_sane(&taken)) {
		nts_cookie_keys_set(&keys->cookie_keys, &taken);
		keys->has_cookie_keys = true;
	}
	explicit_bzero(&taken, sizeof(taken));
}
