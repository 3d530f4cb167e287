// SPDX-License-Identifier: GPL-2.0-only
/*
 * This machine's own server, by address and port.
 */
#include "ntp/own_server.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>

static bool serves_port(const struct ntp_own *own, const struct net_address *address, int port)
{
	return own && port == (address->family == AF_INET6 ? own->port6 : own->port4);
}

bool own_server_has_address(const struct ntp_own *own, const struct net_address *address, int port)
{
	struct net_address found;
	struct ifaddrs *list;
	bool has = false;

	if (!serves_port(own, address, port) || getifaddrs(&list))
		return false;
	for (const struct ifaddrs *entry = list; entry && !has; entry = entry->ifa_next) {
		/* There is as much of it as its family says. */
		has = entry->ifa_addr &&
		      !net_address_from_sockaddr(entry->ifa_addr, sizeof(struct sockaddr_in6),
						 &found) &&
		      net_address_equal(&found, address);
	}
	freeifaddrs(list);

	return has;
}

/* Of this machine: whatever is asked from there is on it. */
static bool is_loopback(const struct net_address *address)
{
	static const uint8_t ipv6[16] = { [15] = 1 };

	return address->family == AF_INET6 ? !memcmp(address->bytes, ipv6, sizeof(ipv6)) :
	       address->family == AF_INET && address->bytes[0] == IN_LOOPBACKNET;
}

bool own_server_is_asked(const struct ntp_own *own, const struct net_address *address, int port,
			 const struct net_address *from, bool has_address)
{
	const struct net_address *served;

	if (!serves_port(own, address, port))
		return false;
	if (!has_address && !is_loopback(from) && !is_loopback(address) &&
	    !net_address_equal(from, address))
		return false;
	served = address->family == AF_INET6 ? &own->address6 : &own->address4;

	return served->family == AF_UNSPEC || net_address_equal(served, address);
}
