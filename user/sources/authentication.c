// SPDX-License-Identifier: GPL-2.0-only
/*
 * How the answers of a source are authenticated, as the tables show it. Types are chrony's numbers.
 */
#include "sources/target.h"

static int type_of(enum ntp_mac_type type)
{
	switch (type) {
	case NTP_MAC_MD5:
		return 1;
	case NTP_MAC_SHA1:
		return 2;
	case NTP_MAC_SHA256:
		return 3;
	case NTP_MAC_SHA384:
		return 4;
	case NTP_MAC_SHA512:
		return 5;
	case NTP_MAC_SHA3_224:
		return 6;
	case NTP_MAC_SHA3_256:
		return 7;
	case NTP_MAC_SHA3_384:
		return 8;
	case NTP_MAC_SHA3_512:
		return 9;
	case NTP_MAC_AES128:
		return 13;
	case NTP_MAC_AES256:
		return 14;
	}

	return 0;
}

static struct association_auth auth_by_key(const struct association *association)
{
	const struct ntp_key *key = association->client.options.limits.key;

	return (struct association_auth){
		.mode = ASSOCIATION_AUTH_KEY,
		.key = association->target->config.key,
		.type = key ? type_of(key->type) : 0,
		.bits = key ? BITS_PER_BYTE * (int)key->length : 0,
		.established_ns = INT64_MIN,
	};
}

static struct association_auth auth_by_nts(const struct nts_source *nts)
{
	const struct nts_session *session = &nts->session;

	return (struct association_auth){
		.mode = ASSOCIATION_AUTH_NTS,
		.key = nts->number,
		.type = nts->algorithm,
		.bits = BITS_PER_BYTE * (int)aead_key_size(nts->algorithm),
		.established_ns = nts->number ? nts->established_ns : INT64_MIN,
		.attempts = session->proven ? 0 : nts->attempts,
		.refused = session->refused || nts->refused,
		.cookies = session->count,
		.cookie_size = session->count ? session->cookies[session->first].size : 0,
	};
}

struct association_auth association_auth(const struct association *association)
{
	if (association->nts)
		return auth_by_nts(association->nts);
	if (association->target->config.key)
		return auth_by_key(association);

	return (struct association_auth){ .established_ns = INT64_MIN };
}
