/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The message authentication code at the end of a packet: a key's number and a digest of secret and
 * packet (RFC 5905 section 7.3), or the AES-CMAC of RFC 8573. Pure.
 *
 * In NTPv4 it has 24 bytes at most, so that it cannot be mistaken for an extension field (RFC 7822
 * section 7.5): a longer digest is cut off. In earlier versions it is whole.
 */
#ifndef NTP_MAC_H
#define NTP_MAC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ntp/keys.h"

/* A key's number with a digest of 64 bytes, SHA512's. */
#define NTP_MAC_SIZE_MAX		68

/* The longest in NTPv4. */
#define NTP_MAC_SIZE_V4_MAX		24

/* A number without a digest: the answer to a request whose MAC is wrong (crypto-NAK). */
#define NTP_MAC_SIZE_NAK		4

/* Length of @type's MAC, before it is cut off. */
size_t ntp_mac_size(enum ntp_mac_type type);

/*
 * Append the MAC to a packet of @length bytes with room for @size, of the version that its first
 * byte states. The new length; 0: there is no room.
 */
size_t ntp_mac_append(const struct ntp_key *key, uint8_t *packet, size_t length, size_t size);

/* The number of the key in the MAC of @mac bytes at the end of a packet of @length; 0: none. */
uint32_t ntp_mac_key_id(const uint8_t *packet, size_t length, size_t mac);

/*
 * Is the MAC of @mac bytes at the end of a packet of @length that of @key? How long it takes does
 * not depend on the digests.
 */
bool ntp_mac_check(const struct ntp_key *key, const uint8_t *packet, size_t length, size_t mac);

#endif /* NTP_MAC_H */
