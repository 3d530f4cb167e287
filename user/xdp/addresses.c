// SPDX-License-Identifier: GPL-2.0-only
/*
 * getifaddrs(3). An IPv4 address may have a label, "eth0:1", in place of the interface's name.
 */
#include "xdp/addresses.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netpacket/packet.h>
#include <string.h>

#include "ntp/address.h"

static bool is_of_device(const struct ifaddrs *entry, const char *device)
{
	size_t length = strcspn(entry->ifa_name, ":");

	return entry->ifa_addr && strlen(device) == length &&
	       !strncmp(entry->ifa_name, device, length);
}

/* "0.0.0.0" and "::" are all of a family, and none of the other one. */
static bool is_bound(const struct net_address *address, const char *text)
{
	static const struct net_address any;
	struct net_address bound;

	return !*text || (!net_address_parse(text, address->family, &bound) &&
			  (!memcmp(bound.bytes, any.bytes, sizeof(any.bytes)) ||
			   !memcmp(bound.bytes, address->bytes, sizeof(bound.bytes))));
}

static void add_ipv4(struct xdp_settings *settings, const struct sockaddr *from, const char *bound)
{
	struct net_address address;

	if (settings->ipv4_count == XDP_ADDRESSES_MAX ||
	    net_address_from_sockaddr(from, sizeof(struct sockaddr_in), &address) ||
	    !is_bound(&address, bound))
		return;
	memcpy(&settings->ipv4[settings->ipv4_count++], address.bytes, sizeof(*settings->ipv4));
}

static void add_ipv6(struct xdp_settings *settings, const struct sockaddr *from, const char *bound)
{
	struct net_address address;

	if (settings->ipv6_count == XDP_ADDRESSES_MAX ||
	    net_address_from_sockaddr(from, sizeof(struct sockaddr_in6), &address) ||
	    address.family != AF_INET6 || !is_bound(&address, bound))
		return;
	memcpy(settings->ipv6[settings->ipv6_count++], address.bytes, sizeof(*settings->ipv6));
}

/* Is that one its own? */
static bool take(const struct xdp_local *local, const struct sockaddr *address,
		 struct xdp_settings *settings)
{
	const struct sockaddr_ll *own = (const struct sockaddr_ll *)address;

	switch (address->sa_family) {
	case AF_INET:
		if (local->ipv4)
			add_ipv4(settings, address, local->bind_address4);
		return false;
	case AF_INET6:
		if (local->ipv6)
			add_ipv6(settings, address, local->bind_address6);
		return false;
	case AF_PACKET:
		if (own->sll_hatype != ARPHRD_ETHER || own->sll_halen != sizeof(settings->mac))
			return false;
		memcpy(settings->mac, own->sll_addr, sizeof(settings->mac));
		return true;
	}

	return false;
}

int xdp_addresses_read(const struct xdp_local *local, struct xdp_settings *settings)
{
	char device[IF_NAMESIZE];
	struct ifaddrs *list;
	bool found = false;

	settings->ipv4_count = 0;
	settings->ipv6_count = 0;
	memset(settings->ipv4, 0, sizeof(settings->ipv4));
	memset(settings->ipv6, 0, sizeof(settings->ipv6));
	/* Its name of now: addresses are listed by name. */
	if (!if_indextoname(local->interface, device))
		return -ENODEV;
	if (getifaddrs(&list))
		return -errno;
	for (const struct ifaddrs *entry = list; entry; entry = entry->ifa_next) {
		if (is_of_device(entry, device))
			found |= take(local, entry->ifa_addr, settings);
	}
	freeifaddrs(list);

	return found ? 0 : -ENODEV;
}
