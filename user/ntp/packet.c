// SPDX-License-Identifier: GPL-2.0-only
/*
 * The wire format of NTP: fields in network byte order, fixed point and eras. What follows the
 * header is measured, and otherwise left to the authentication.
 */
#include "ntp/packet.h"

#include <errno.h>
#include <stdbool.h>

#include "lib/time_units.h"
#include "ntp/bytes.h"

/* Seconds from the prime epoch, 1900, to 1970: 70 years with 17 leap days (RFC 5905 figure 4). */
#define NTP_UNIX_OFFSET_S	2208988800LL

/*
 * The start of the 2^32 seconds in which all timestamps are assumed to lie: 2^31 s after 1900, in
 * January 1968 (RFC 4330 section 3). A server whose RTC has no battery sends 1970, or some hours
 * before it, 1980 or 2000. That has to be decoded as the past, to which no clock is set, and not as
 * a date after 2100. The window ends in 2104; s64 ns ends in 2262.
 */
#define NTP_WINDOW_START_S	((1LL << 31) - NTP_UNIX_OFFSET_S)

/*
 * Extension fields: type and length in four bytes, at least 16 in all (RFC 7822 section 7.5). There
 * are none before NTPv4, whose MAC is all that may follow the header (RFC 1305 appendix A).
 */
#define NTP_EXTENSION_MIN	16
#define NTP_EXTENSION_VERSION	4

/* A MAC is a key id with a digest of 16 to 64 bytes, or a key id alone: a crypto-NAK. */
#define NTP_MAC_KEY_ID		4
#define NTP_MAC_MIN		20
#define NTP_MAC_MAX		68

/* The longest digest that an extension field cannot be mistaken for (RFC 7822 section 7.5.1.3). */
#define NTP_MAC_LEGACY_MAX	24

int64_t ntp_timestamp_to_ns(uint64_t timestamp)
{
	uint32_t start = (uint32_t)(NTP_UNIX_OFFSET_S + NTP_WINDOW_START_S);
	uint32_t since_start = (uint32_t)(timestamp >> 32) - start;
	uint64_t fraction = timestamp & UINT32_MAX;

	/* Round to nearest; a carry into the next second needs no care in ns. */
	return (NTP_WINDOW_START_S + since_start) * NS_PER_S +
	       (int64_t)((fraction * NS_PER_S + (1ULL << 31)) >> 32);
}

uint64_t ntp_timestamp_from_ns(int64_t ns)
{
	int64_t seconds = ns / NS_PER_S;
	int64_t rest = ns % NS_PER_S;

	if (rest < 0) {
		rest += NS_PER_S;
		seconds--;
	}

	return (uint64_t)(seconds + NTP_UNIX_OFFSET_S) << 32 |
	       (((uint64_t)rest << 32) + NS_PER_S / 2) / NS_PER_S;
}

int64_t ntp_short_to_ns(uint32_t value)
{
	return (int64_t)(((uint64_t)value * NS_PER_S + (1ULL << 15)) >> 16);
}

uint32_t ntp_short_from_ns(int64_t ns)
{
	/* The largest value, 65535.99998 s. */
	const int64_t limit = ntp_short_to_ns(UINT32_MAX);

	if (ns <= 0)
		return 0;
	if (ns >= limit)
		return UINT32_MAX;

	/* Up, from half a ns below it, as ntp_short_to_ns() rounds off that much. */
	return (uint32_t)((((2 * (uint64_t)ns - 1) << 15) + NS_PER_S - 1) / NS_PER_S);
}

int64_t ntp_power_to_ns(int exponent)
{
	if (exponent > 31)
		exponent = 31;
	if (exponent >= 0)
		return NS_PER_S << exponent;
	if (exponent <= -30)
		return 1;

	return (NS_PER_S + (1LL << -exponent) - 1) >> -exponent;
}

static bool is_mac_length(size_t length)
{
	return length == NTP_MAC_KEY_ID ||
	       (length >= NTP_MAC_MIN && length <= NTP_MAC_MAX && length % 4 == 0);
}

/* Length of the extension field at @bytes, 0 if there is none. */
static size_t extension_length(const struct ntp_packet *packet, const uint8_t *bytes, size_t left)
{
	size_t length;

	if (packet->version < NTP_EXTENSION_VERSION || left < NTP_EXTENSION_MIN)
		return 0;
	length = get_be16(bytes + 2);
	if (length < NTP_EXTENSION_MIN || length % 4 != 0 || length > left)
		return 0;

	return length;
}

/*
 * Skip extension fields until the remainder can only be a MAC. The format is ambiguous: up to 24
 * bytes are a MAC, and more are one if they are no extension field (RFC 7822 section 7.5.1).
 */
static int decode_tail(const uint8_t *bytes, size_t left, struct ntp_packet *packet)
{
	packet->extensions = 0;
	packet->mac = 0;
	while (left > NTP_MAC_LEGACY_MAX) {
		size_t length = extension_length(packet, bytes, left);

		if (length == 0)
			break;
		packet->extensions += length;
		bytes += length;
		left -= length;
	}
	if (left == 0)
		return 0;
	if (is_mac_length(left)) {
		packet->mac = left;
		return 0;
	}
	if (extension_length(packet, bytes, left) == left) {
		packet->extensions += left;
		return 0;
	}

	return -EBADMSG;
}

int ntp_packet_decode(const uint8_t *bytes, size_t length, struct ntp_packet *packet)
{
	if (length < NTP_HEADER_SIZE || length > NTP_PACKET_MAX)
		return -EMSGSIZE;

	packet->leap = bytes[0] >> 6;
	packet->version = bytes[0] >> 3 & 7;
	packet->mode = bytes[0] & 7;
	if (packet->version < NTP_VERSION_MIN || packet->version > NTP_VERSION_MAX)
		return -EPROTO;

	packet->stratum = bytes[1];
	packet->poll = (int8_t)bytes[2];
	packet->precision = (int8_t)bytes[3];
	packet->root_delay_ns = ntp_short_to_ns(get_be32(bytes + 4));
	packet->root_dispersion_ns = ntp_short_to_ns(get_be32(bytes + 8));
	packet->refid = get_be32(bytes + 12);
	packet->reference = get_be64(bytes + 16);
	packet->origin = get_be64(bytes + 24);
	packet->receive = get_be64(bytes + 32);
	packet->transmit = get_be64(bytes + 40);

	return decode_tail(bytes + NTP_HEADER_SIZE, length - NTP_HEADER_SIZE, packet);
}

void ntp_packet_encode(const struct ntp_packet *packet, uint8_t *bytes)
{
	bytes[0] = (uint8_t)(packet->leap << 6 | (packet->version & 7) << 3 | (packet->mode & 7));
	bytes[1] = packet->stratum;
	bytes[2] = (uint8_t)packet->poll;
	bytes[3] = (uint8_t)packet->precision;
	put_be32(bytes + 4, ntp_short_from_ns(packet->root_delay_ns));
	put_be32(bytes + 8, ntp_short_from_ns(packet->root_dispersion_ns));
	put_be32(bytes + 12, packet->refid);
	put_be64(bytes + 16, packet->reference);
	put_be64(bytes + 24, packet->origin);
	put_be64(bytes + 32, packet->receive);
	put_be64(bytes + 40, packet->transmit);
}
