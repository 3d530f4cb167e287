// SPDX-License-Identifier: GPL-2.0-only
/*
 * Addresses without names.
 */
#include "ntp/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ntp/bytes.h"

void net_address_unmap(struct net_address *address)
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };
	struct net_address ipv4 = { .family = AF_INET };

	if (address->family != AF_INET6 || memcmp(address->bytes, prefix, sizeof(prefix)) != 0)
		return;
	memcpy(ipv4.bytes, address->bytes + sizeof(prefix), sizeof(struct in_addr));
	*address = ipv4;
}

bool net_address_lacks_scope(const struct net_address *address)
{
	return address->family == AF_INET6 && !address->scope && address->bytes[0] == 0xfe &&
	       (address->bytes[1] & 0xc0) == 0x80;
}

static int parse_scope(const char *text, uint32_t *scope)
{
	char *end;
	unsigned long number;

	*scope = if_nametoindex(text);
	if (*scope)
		return 0;

	errno = 0;
	number = strtoul(text, &end, 10);
	if (end == text || *end != '\0' || errno || number == 0 || number > UINT32_MAX)
		return -ENODEV;
	*scope = (uint32_t)number;

	return 0;
}

static int parse_ipv6(const char *text, struct net_address *address)
{
	const char *percent = strchr(text, '%');
	char digits[INET6_ADDRSTRLEN];
	size_t length = percent ? (size_t)(percent - text) : strlen(text);

	if (length >= sizeof(digits))
		return -EINVAL;
	memcpy(digits, text, length);
	digits[length] = '\0';
	if (inet_pton(AF_INET6, digits, address->bytes) != 1)
		return -EINVAL;
	address->family = AF_INET6;

	return percent ? parse_scope(percent + 1, &address->scope) : 0;
}

int net_address_parse(const char *text, int family, struct net_address *address)
{
	int err;

	memset(address, 0, sizeof(*address));
	if (family != AF_INET6 && inet_pton(AF_INET, text, address->bytes) == 1) {
		address->family = AF_INET;
		return 0;
	}
	if (family == AF_INET)
		return -EINVAL;

	err = parse_ipv6(text, address);
	if (err)
		return err;
	net_address_unmap(address);

	return 0;
}

int net_address_from_sockaddr(const struct sockaddr *from, socklen_t length,
			      struct net_address *address)
{
	struct sockaddr_in6 ipv6;
	struct sockaddr_in ipv4;

	memset(address, 0, sizeof(*address));
	if (from->sa_family == AF_INET && length >= sizeof(ipv4)) {
		memcpy(&ipv4, from, sizeof(ipv4));
		memcpy(address->bytes, &ipv4.sin_addr, sizeof(ipv4.sin_addr));
	} else if (from->sa_family == AF_INET6 && length >= sizeof(ipv6)) {
		memcpy(&ipv6, from, sizeof(ipv6));
		memcpy(address->bytes, &ipv6.sin6_addr, sizeof(ipv6.sin6_addr));
		address->scope = ipv6.sin6_scope_id;
	} else {
		return -EAFNOSUPPORT;
	}
	address->family = from->sa_family;
	net_address_unmap(address);

	return 0;
}

socklen_t net_address_to_sockaddr(const struct net_address *address, int port,
				  struct sockaddr_storage *to)
{
	struct sockaddr_in6 ipv6 = { .sin6_family = AF_INET6, .sin6_scope_id = address->scope };
	struct sockaddr_in ipv4 = { .sin_family = AF_INET };

	memset(to, 0, sizeof(*to));
	if (address->family == AF_INET) {
		ipv4.sin_port = htons((uint16_t)port);
		memcpy(&ipv4.sin_addr, address->bytes, sizeof(ipv4.sin_addr));
		memcpy(to, &ipv4, sizeof(ipv4));
		return sizeof(ipv4);
	}
	if (address->family == AF_INET6) {
		ipv6.sin6_port = htons((uint16_t)port);
		memcpy(&ipv6.sin6_addr, address->bytes, sizeof(ipv6.sin6_addr));
		memcpy(to, &ipv6, sizeof(ipv6));
		return sizeof(ipv6);
	}

	return 0;
}

/* Programs with the privilege may give an interface any name, which is read by terminals, too. */
static bool is_printable(const char *text)
{
	for (; *text; text++) {
		if (*text < '!' || *text > '~')
			return false;
	}

	return true;
}

void net_address_format(const struct net_address *address, char text[NET_ADDRESS_TEXT_MAX])
{
	char interface[IF_NAMESIZE];
	size_t length;

	text[0] = '\0';
	if (address->family == AF_UNSPEC ||
	    !inet_ntop(address->family, address->bytes, text, INET6_ADDRSTRLEN))
		return;
	if (!address->scope)
		return;

	length = strlen(text);
	if (if_indextoname(address->scope, interface) && is_printable(interface))
		snprintf(text + length, NET_ADDRESS_TEXT_MAX - length, "%%%s", interface);
	else
		snprintf(text + length, NET_ADDRESS_TEXT_MAX - length, "%%%u", address->scope);
}

bool net_address_equal(const struct net_address *one, const struct net_address *other)
{
	return one->family == other->family && one->scope == other->scope &&
	       !memcmp(one->bytes, other->bytes, sizeof(one->bytes));
}

bool net_address_is_among(const struct net_address *address, const struct net_address *list,
			  size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (net_address_equal(&list[i], address))
			return true;
	}

	return false;
}
