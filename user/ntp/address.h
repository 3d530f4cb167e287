/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An IPv4 or IPv6 address: numeric text in both directions, comparison, and the socket address. An
 * IPv6 address that stands for an IPv4 one (::ffff:192.0.2.1) becomes that. Resolves no names.
 */
#ifndef NTP_ADDRESS_H
#define NTP_ADDRESS_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* Longest text: an IPv6 address, '%' and an interface. */
#define NET_ADDRESS_TEXT_MAX	(INET6_ADDRSTRLEN + 1 + IF_NAMESIZE)

/**
 * struct net_address - an address without a port
 * @family: AF_INET, AF_INET6, or AF_UNSPEC: none
 * @scope: interface of a link-local IPv6 address, else 0
 * @bytes: in network order; 4 or 16 are used, the others are 0
 */
struct net_address {
	int family;
	uint32_t scope;
	uint8_t bytes[16];
};

/* From numeric text of @family (AF_UNSPEC: any). 0, -EINVAL: not numeric, -ENODEV: its scope. */
int net_address_parse(const char *text, int family, struct net_address *address);

/* From a socket address. 0, -EAFNOSUPPORT. */
int net_address_from_sockaddr(const struct sockaddr *from, socklen_t length,
			      struct net_address *address);

/* To a socket address; its length, 0 for none. */
socklen_t net_address_to_sockaddr(const struct net_address *address, int port,
				  struct sockaddr_storage *to);

/* To printable ASCII, "" for none: an interface whose name is not that has its number. */
void net_address_format(const struct net_address *address, char text[NET_ADDRESS_TEXT_MAX]);

/* It is link-local, and nobody can say on which of this machine's networks: it has no scope. */
bool net_address_lacks_scope(const struct net_address *address);

/* ::ffff:192.0.2.1 is 192.0.2.1 by another name, and is reached over IPv4: make it that. */
void net_address_unmap(struct net_address *address);

/* They have the same family and bytes, and the same scope. */
bool net_address_equal(const struct net_address *one, const struct net_address *other);

/* It is one of the @count addresses of @list. */
bool net_address_is_among(const struct net_address *address, const struct net_address *list,
			  size_t count);

#endif /* NTP_ADDRESS_H */
