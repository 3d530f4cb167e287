/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Is the server that is asked this machine's own? It says what we tell it: the best of all servers,
 * by its distance, and the last one to contradict us.
 */
#ifndef NTP_OWN_SERVER_H
#define NTP_OWN_SERVER_H

#include <stdbool.h>

#include "ntp/address.h"

/**
 * struct ntp_own - where this machine is a server itself
 * @port4: UDP port of IPv4; 0: that is not served
 * @port6: same for IPv6
 * @address4: the only address that is served, AF_UNSPEC: all of them ...
 * @address6: ... of each family
 */
struct ntp_own {
	int port4;
	int port6;
	struct net_address address4;
	struct net_address address6;
};

/**
 * own_server_has_address() - has an interface of this machine the address that is asked?
 * @own: NULL: this machine serves no time
 * @address: that is asked
 * @port: that is asked
 *
 * The request may leave from another interface all the same: by bindacqaddress, or if the address
 * is a secondary one.
 *
 * Return: it has. false as well where the port is not served here, which nobody needs to look for.
 */
bool own_server_has_address(const struct ntp_own *own, const struct net_address *address,
			    int port);

/**
 * own_server_is_asked() - did the request go to this machine's own server?
 * @own: NULL: this machine serves no time
 * @address: that was asked
 * @port: that was asked
 * @from: the address that the route has given the request
 * @has_address: as own_server_has_address() says
 *
 * Return: it did.
 */
bool own_server_is_asked(const struct ntp_own *own, const struct net_address *address, int port,
			 const struct net_address *from, bool has_address);

#endif /* NTP_OWN_SERVER_H */
