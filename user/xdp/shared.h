/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory that the daemon shares with the program in the kernel: the time, what is served and to
 * which addresses, and what was counted. Both are of one build, and it takes no system call to read
 * or write any of it.
 *
 * Addresses, ports and 32-bit words of a packet's header are in network order.
 */
#ifndef XDP_SHARED_H
#define XDP_SHARED_H

#include <stdint.h>

#include "server/client_limit.h"

/* Local addresses of a family that are served; what is sent to others goes up to the sockets. */
#define XDP_ADDRESSES_MAX	16

/* Words of an answer up to the reference timestamp; the rest differs from one to the other. */
#define XDP_HEADER_WORDS	6

/* Rows of counters, one for each processor; a power of two. Beyond that some share one. */
#define XDP_COUNT_ROWS		256

/* Who was kept from answering for so long leaves the request to the sockets. */
#define XDP_TOOK_MAX_NS		1000000

/**
 * struct xdp_time - the time by which requests are answered for a while
 * @from_ns: CLOCK_MONOTONIC at the beginning
 * @valid_ns: for how long from then on; 0: not at all, and below 2^31
 * @tai_offset_ns: CLOCK_TAI - CLOCK_MONOTONIC, which changes whenever the system clock is set
 * @base: the time at the beginning, 32.32 as on the wire
 * @rate: units of 2^-32 s for each ns since then, beyond 4, times 2^32
 * @precision_mask: the bits of a timestamp below the clock's precision, which are random
 * @header: of an answer, without version, mode and poll
 */
struct xdp_time {
	uint64_t from_ns;
	uint64_t valid_ns;
	uint64_t tai_offset_ns;
	uint64_t base;
	int64_t rate;
	uint64_t precision_mask;
	uint32_t header[XDP_HEADER_WORDS];
};

/**
 * struct xdp_settings - who is answered, and how
 * @limit: of answers to a client
 * @least_poll: log2 seconds that clients are advised to wait at least
 * @port: UDP port
 * @mac: of the interface
 * @tos: type of service of answers
 * @ipv4_count: of @ipv4
 * @ipv6_count: of @ipv6
 * @ipv4: local addresses
 * @ipv6: likewise
 */
struct xdp_settings {
	struct client_limit limit;
	int32_t least_poll;
	uint16_t port;
	uint8_t mac[6];
	uint8_t tos;
	uint8_t ipv4_count;
	uint8_t ipv6_count;
	uint32_t ipv4[XDP_ADDRESSES_MAX];
	uint32_t ipv6[XDP_ADDRESSES_MAX][4];
};

/**
 * struct xdp_page - all that the daemon writes
 * @current: counts the writings; times[current & 1] holds, and nothing that is read until it has
 *	changed
 * @times: that one, and the one before it or after it
 * @settings: only written while the time is not valid
 */
struct xdp_page {
	uint64_t current;
	struct xdp_time times[2];
	struct xdp_settings settings;
};

enum xdp_count {
	XDP_ANSWERED,
	XDP_REFUSED,		/* requests of clients that are not allowed */
	XDP_DROPPED,		/* requests beyond the rate limit */
	XDP_KISSED,		/* answers that tell a client to ask less often */
	XDP_PASSED,		/* packets to the port that are left to the sockets */
	XDP_COUNTS = 8,		/* a line of a processor's cache */
};

/**
 * struct xdp_network - a key of a map of networks
 * @prefix: leading bits of the address that count
 * @words: of the address; an IPv4 address is the first one
 */
struct xdp_network {
	uint32_t prefix;
	uint32_t words[4];
};

#endif /* XDP_SHARED_H */
