/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The wire format of NTP (RFC 5905 section 7.3): 48 bytes of header, extension fields, MAC. Pure;
 * the only place that knows 32.32 and 16.16 fixed point. It checks whether bytes are a packet;
 * ntp_exchange checks whether it is valid.
 */
#ifndef NTP_PACKET_H
#define NTP_PACKET_H

#include <stddef.h>
#include <stdint.h>

#define NTP_PORT		123
#define NTP_HEADER_SIZE		48

/* Longer packets are not parsed: this fits one Ethernet frame, and any NTS answer. */
#define NTP_PACKET_MAX		1472

#define NTP_VERSION_MIN		1
#define NTP_VERSION_MAX		4

/* From this stratum on a server is not synchronised (RFC 5905 figure 11). */
#define NTP_STRATUM_UNSYNCHRONISED	16

enum ntp_leap {
	NTP_LEAP_NONE,
	NTP_LEAP_INSERT,
	NTP_LEAP_DELETE,
	NTP_LEAP_UNSYNCHRONISED,
};

enum ntp_mode {
	NTP_MODE_RESERVED,
	NTP_MODE_ACTIVE,
	NTP_MODE_PASSIVE,
	NTP_MODE_CLIENT,
	NTP_MODE_SERVER,
	NTP_MODE_BROADCAST,
	NTP_MODE_CONTROL,
	NTP_MODE_PRIVATE,
};

/**
 * struct ntp_packet - a packet as numbers
 * @leap: leap second warning
 * @version: protocol version
 * @mode: who sent it to whom
 * @stratum: of the sender; 0: a KISS packet, or not specified
 * @poll: log2 seconds
 * @precision: of the sender's clock, log2 seconds
 * @root_delay_ns: sender's round trip to the primary reference
 * @root_dispersion_ns: sender's dispersion to it
 * @refid: sender's reference, or the KISS code; host byte order, first character highest
 * @reference: when the sender's clock was last set; timestamps are 32.32 as on the wire
 * @origin: the transmit timestamp of the request
 * @receive: when the request arrived
 * @transmit: when this packet left
 * @extensions: length of all extension fields
 * @mac: length of the MAC, 0 if there is none
 */
struct ntp_packet {
	enum ntp_leap leap;
	uint8_t version;
	enum ntp_mode mode;
	uint8_t stratum;
	int8_t poll;
	int8_t precision;
	int64_t root_delay_ns;
	int64_t root_dispersion_ns;
	uint32_t refid;
	uint64_t reference;
	uint64_t origin;
	uint64_t receive;
	uint64_t transmit;
	size_t extensions;
	size_t mac;
};

/* A KISS code, or any other reference id of letters. */
#define NTP_REFID(a, b, c, d)	((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))
#define NTP_KISS_RATE		NTP_REFID('R', 'A', 'T', 'E')
#define NTP_KISS_DENY		NTP_REFID('D', 'E', 'N', 'Y')
#define NTP_KISS_RSTR		NTP_REFID('R', 'S', 'T', 'R')
#define NTP_KISS_NTSN		NTP_REFID('N', 'T', 'S', 'N')

/**
 * ntp_packet_decode() - bytes to numbers
 * @bytes: as received
 * @length: as received, not the size of the buffer
 * @packet: result
 *
 * Return: 0; -EMSGSIZE: shorter than a header or longer than NTP_PACKET_MAX; -EPROTO: a version
 * that never was; -EBADMSG: what follows the header is neither extension fields nor a MAC.
 */
int ntp_packet_decode(const uint8_t *bytes, size_t length, struct ntp_packet *packet);

/* Numbers to a header of NTP_HEADER_SIZE bytes; @extensions and @mac are the caller's to append. */
void ntp_packet_encode(const struct ntp_packet *packet, uint8_t *bytes);

/*
 * A 32.32 timestamp as ns since 1970, and back. An era lasts 136 years and is not on the wire:
 * timestamps are taken to lie between January 1968 and 2104, whatever the local clock says.
 */
int64_t ntp_timestamp_to_ns(uint64_t timestamp);
uint64_t ntp_timestamp_from_ns(int64_t ns);

/*
 * 16.16 seconds ("short format") as ns, and back, saturated and rounded up: what is told in them
 * are bounds.
 */
int64_t ntp_short_to_ns(uint32_t value);
uint32_t ntp_short_from_ns(int64_t ns);

/* 2^exponent seconds in ns, rounded up; at least 1, saturated at 2^31 s. */
int64_t ntp_power_to_ns(int exponent);

#endif /* NTP_PACKET_H */
