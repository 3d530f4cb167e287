// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reference ids of addresses. The hash has to be that of all other programs, or a server that
 * follows us over IPv6 would not see that we follow it.
 */
#include "ntp/refid.h"

#include <nettle/md5.h>

#include "ntp/bytes.h"

uint32_t net_address_refid(const struct net_address *address)
{
	uint8_t digest[MD5_DIGEST_SIZE];
	struct md5_ctx context;

	if (address->family == AF_UNSPEC)
		return 0;
	if (address->family == AF_INET)
		return get_be32(address->bytes);

	md5_init(&context);
	md5_update(&context, sizeof(address->bytes), address->bytes);
	md5_digest(&context, sizeof(digest), digest);

	return get_be32(digest);
}
