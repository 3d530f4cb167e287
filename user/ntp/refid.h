/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An address as a reference id (RFC 5905 section 7.3), by which servers recognise each other.
 */
#ifndef NTP_REFID_H
#define NTP_REFID_H

#include <stdint.h>

#include "ntp/address.h"

/* The IPv4 address itself; of an IPv6 address the first four bytes of its MD5 hash. 0: of none. */
uint32_t net_address_refid(const struct net_address *address);

#endif /* NTP_REFID_H */
