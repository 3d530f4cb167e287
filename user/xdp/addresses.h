/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The addresses of a network interface: its own, and the IP addresses that it has. Those of tagged
 * networks and of bridges on top of it are none of its.
 */
#ifndef XDP_ADDRESSES_H
#define XDP_ADDRESSES_H

#include <stdbool.h>

#include "xdp/shared.h"

/**
 * struct xdp_local - which of them are served
 * @interface: the interface's number, which a new name does not change
 * @ipv4: IPv4 is
 * @ipv6: IPv6 is
 * @bind_address4: "", or the only IPv4 address
 * @bind_address6: same for IPv6
 */
struct xdp_local {
	unsigned int interface;
	bool ipv4;
	bool ipv6;
	const char *bind_address4;
	const char *bind_address6;
};

/*
 * Set the addresses of @settings. 0; -ENODEV: there is no such interface, or it is none of an
 * Ethernet; -errno.
 */
int xdp_addresses_read(const struct xdp_local *local, struct xdp_settings *settings);

#endif /* XDP_ADDRESSES_H */
