// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any text as an address: what is one comes back from its own text, and from its socket address.
 */
#include "user/ntp/address.h"

#include "fuzz.h"

int fuzz_one_input(const uint8_t *data, size_t size)
{
	struct net_address address = { .family = 77 }, again;
	char text[128] = "", shown[NET_ADDRESS_TEXT_MAX];
	struct sockaddr_storage to;
	socklen_t length;

	memcpy(text, data, size < sizeof(text) ? size : sizeof(text) - 1);
	if (net_address_parse(text, AF_UNSPEC, &address))
		return 0;
	FUZZ_CHECK(address.family == AF_INET || address.family == AF_INET6);
	net_address_format(&address, shown);
	FUZZ_CHECK(!net_address_parse(shown, address.family, &again));
	FUZZ_CHECK(net_address_equal(&address, &again));
	FUZZ_CHECK(net_address_parse(shown, AF_INET + AF_INET6 - address.family, &again));
	length = net_address_to_sockaddr(&address, 123, &to);
	FUZZ_CHECK(length && !net_address_from_sockaddr((struct sockaddr *)&to, length, &again));
	FUZZ_CHECK(net_address_equal(&address, &again));
	return 0;
}
