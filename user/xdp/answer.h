/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A frame with an NTP request, and the same frame as the answer: which ones are answered, and the
 * bytes of it. Pure, and without a library, because the program in the kernel compiles it, as the
 * tests do.
 *
 * What is answered is the plain case, and whatever else comes is left to the sockets: a frame to
 * the interface itself, untagged, with an IP header without options or fragments and right sums,
 * to a local address, and in it a client's request of 48 bytes that asks for nothing special. The
 * answer is as long as the request, so that nobody can have others flooded; and nothing but a
 * client's request is answered, so that two servers cannot keep each other busy.
 */
#ifndef XDP_ANSWER_H
#define XDP_ANSWER_H

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>

#include "xdp/shared.h"

#define XDP_SWAP16(value)	__builtin_bswap16(value)
#define XDP_SWAP32(value)	__builtin_bswap32(value)

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "written for processors of little byte order"
#endif

/* Headers are read and written in these, too, whatever their fields are. */
typedef uint32_t __attribute__((may_alias)) xdp_word;
typedef uint16_t __attribute__((may_alias)) xdp_half;

/* An NTP packet in words (RFC 5905 figure 8). */
#define XDP_NTP_WORDS		12
#define XDP_NTP_SIZE		(4 * XDP_NTP_WORDS)
#define XDP_AT_ORIGIN		6
#define XDP_AT_RECEIVE		8
#define XDP_AT_TRANSMIT		10

#define XDP_MODE_CLIENT		3
#define XDP_MODE_SERVER		4
#define XDP_VERSION_MIN		1
#define XDP_VERSION_MAX		4
#define XDP_LEAP_UNKNOWN	3
#define XDP_KISS_RATE		0x52415445	/* "RATE" */

/* The lowest bit of a timestamp says which of the two kinds it is, see server/respond.c. */
#define XDP_RECEIVE_MARK	1ULL

#define XDP_UDP_SIZE		(sizeof(struct udphdr) + XDP_NTP_SIZE)

/* IPv4: version 4 and a header of 5 words; all bits of the fragment field but "don't fragment". */
#define XDP_IPV4_PLAIN		0x45
#define XDP_IPV4_DONT_FRAGMENT	0x4000
#define XDP_HOPS		64

/**
 * struct xdp_frame - the parts of a frame
 * @is_ipv4: not IPv6
 * @ether: its beginning
 * @ipv4: IP header ...
 * @ipv6: ... of one of the two kinds
 * @udp: UDP header
 * @ntp: the packet
 */
struct xdp_frame {
	bool is_ipv4;
	struct ethhdr *ether;
	union {
		struct iphdr *ipv4;
		struct ipv6hdr *ipv6;
	};
	struct udphdr *udp;
	xdp_word *ntp;
};

/* --- sums (RFC 1071): of 16-bit words as they lie in memory, whatever their order there --- */

static inline uint16_t xdp_fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);

	return (uint16_t)sum;
}

static inline uint64_t xdp_sum_ipv4(const struct iphdr *header)
{
	const xdp_word *words = (const xdp_word *)header;

	return (uint64_t)words[0] + words[1] + words[2] + words[3] + words[4];
}

/* Of the pseudo header: addresses, protocol and length. */
static inline uint64_t xdp_sum_pseudo(const struct xdp_frame *frame)
{
	uint64_t sum = XDP_SWAP16(IPPROTO_UDP) + XDP_SWAP16(XDP_UDP_SIZE);
	const xdp_word *from, *to;

	if (frame->is_ipv4)
		return sum + frame->ipv4->saddr + frame->ipv4->daddr;
	from = (const xdp_word *)&frame->ipv6->saddr;
	to = (const xdp_word *)&frame->ipv6->daddr;

	return sum + from[0] + from[1] + from[2] + from[3] + to[0] + to[1] + to[2] + to[3];
}

static inline uint64_t xdp_sum_udp(const struct xdp_frame *frame)
{
	const xdp_word *udp = (const xdp_word *)frame->udp;
	uint64_t sum = (uint64_t)udp[0] + udp[1];

#pragma GCC unroll 12
	for (int i = 0; i < XDP_NTP_WORDS; i++)
		sum += frame->ntp[i];

	return sum;
}

/*
 * A packet of this machine, or of another guest of its host, may bring the pseudo header's sum
 * alone, for a device to complete, which there is none on the way. Such a sum is hardly ever right,
 * and where it is by chance, the packet is left to the sockets as well: only they can tell.
 */
static inline bool xdp_udp_sum_is_right(const struct xdp_frame *frame)
{
	uint64_t pseudo = xdp_sum_pseudo(frame);

	if (!frame->udp->check)
		return frame->is_ipv4;

	return frame->udp->check != xdp_fold(pseudo) &&
	       xdp_fold(pseudo + xdp_sum_udp(frame)) == 0xffff;
}

/* --- which frame --- */

/* A source from which no host asks, and one that is no host's: "this network", loop, multicast. */
static inline bool xdp_ipv4_is_host(uint32_t address)
{
	uint8_t first = address & 0xff;

	return first && first != 127 && first < 224;
}

/* All but the unspecified address, loop, those that stand for IPv4 addresses, and multicast. */
static inline bool xdp_ipv6_is_host(const struct in6_addr *address)
{
	const xdp_word *words = (const xdp_word *)address;

	return *(const uint8_t *)address != 0xff && (words[0] || words[1]);
}

static inline bool xdp_is_ipv4_address(const struct xdp_settings *settings, uint32_t address)
{
	for (int i = 0; i < XDP_ADDRESSES_MAX && i < settings->ipv4_count; i++) {
		if (settings->ipv4[i] == address)
			return true;
	}

	return false;
}

static inline bool xdp_is_ipv6_address(const struct xdp_settings *settings,
				       const struct in6_addr *address)
{
	const xdp_word *words = (const xdp_word *)address;

	for (int i = 0; i < XDP_ADDRESSES_MAX && i < settings->ipv6_count; i++) {
		const uint32_t *own = settings->ipv6[i];

		if (own[0] == words[0] && own[1] == words[1] && own[2] == words[2] &&
		    own[3] == words[3])
			return true;
	}

	return false;
}

static inline bool xdp_ipv4_is_plain(const struct iphdr *header,
				     const struct xdp_settings *settings)
{
	return *(const uint8_t *)header == XDP_IPV4_PLAIN &&
	       header->tot_len == XDP_SWAP16(sizeof(*header) + XDP_UDP_SIZE) &&
	       !(header->frag_off & ~XDP_SWAP16(XDP_IPV4_DONT_FRAGMENT)) && header->ttl &&
	       xdp_fold(xdp_sum_ipv4(header)) == 0xffff && xdp_ipv4_is_host(header->saddr) &&
	       xdp_is_ipv4_address(settings, header->daddr) &&
	       !xdp_is_ipv4_address(settings, header->saddr);
}

static inline bool xdp_ipv6_is_plain(const struct ipv6hdr *header,
				     const struct xdp_settings *settings)
{
	return header->version == 6 && header->payload_len == XDP_SWAP16(XDP_UDP_SIZE) &&
	       header->hop_limit && xdp_ipv6_is_host(&header->saddr) &&
	       xdp_is_ipv6_address(settings, &header->daddr) &&
	       !xdp_is_ipv6_address(settings, &header->saddr);
}

/* To the interface, and to nobody else; not from many. */
static inline bool xdp_ether_is_plain(const struct ethhdr *ether,
				      const struct xdp_settings *settings)
{
	const uint8_t *to = ether->h_dest, *own = settings->mac;

	return to[0] == own[0] && to[1] == own[1] && to[2] == own[2] && to[3] == own[3] &&
	       to[4] == own[4] && to[5] == own[5] && !(to[0] & 1) && !(ether->h_source[0] & 1);
}

/*
 * A client's request, unless it may be one of the interleaved mode (RFC 9769): its origin names a
 * receive timestamp of ours, and it tells two timestamps apart. The sockets keep what it asks for.
 */
static inline bool xdp_ntp_is_plain(const xdp_word *ntp)
{
	uint32_t flags = ntp[0] & 0xff, version = flags >> 3 & 7;
	bool marked = XDP_SWAP32(ntp[XDP_AT_ORIGIN + 1]) & XDP_RECEIVE_MARK;

	if ((flags & 7) != XDP_MODE_CLIENT || version < XDP_VERSION_MIN ||
	    version > XDP_VERSION_MAX)
		return false;

	return version < XDP_VERSION_MAX || !marked ||
	       (ntp[XDP_AT_RECEIVE] == ntp[XDP_AT_TRANSMIT] &&
		ntp[XDP_AT_RECEIVE + 1] == ntp[XDP_AT_TRANSMIT + 1]);
}

/*
 * Find the parts of the frame from @bytes to @end. false: it is no UDP packet to the port that is
 * served, or none whose parts are where they are in plain ones.
 */
static inline bool xdp_frame_find(void *bytes, void *end, const struct xdp_settings *settings,
				  struct xdp_frame *frame)
{
	struct ethhdr *ether = bytes;

	frame->ether = ether;
	if ((void *)(ether + 1) > end)
		return false;
	if (ether->h_proto == XDP_SWAP16(ETH_P_IP)) {
		frame->is_ipv4 = true;
		frame->ipv4 = (struct iphdr *)(ether + 1);
		if ((void *)(frame->ipv4 + 1) > end || frame->ipv4->protocol != IPPROTO_UDP)
			return false;
		frame->udp = (struct udphdr *)(frame->ipv4 + 1);
	} else if (ether->h_proto == XDP_SWAP16(ETH_P_IPV6)) {
		frame->is_ipv4 = false;
		frame->ipv6 = (struct ipv6hdr *)(ether + 1);
		if ((void *)(frame->ipv6 + 1) > end || frame->ipv6->nexthdr != IPPROTO_UDP)
			return false;
		frame->udp = (struct udphdr *)(frame->ipv6 + 1);
	} else {
		return false;
	}
	frame->ntp = (xdp_word *)(frame->udp + 1);

	return (void *)(frame->udp + 1) <= end && frame->udp->dest == settings->port;
}

/* Is it one that is answered? */
static inline bool xdp_frame_is_plain(const struct xdp_frame *frame, const void *end,
				      const struct xdp_settings *settings)
{
	/* Neither more nor less: an extension field or a MAC is more. */
	if ((const void *)(frame->ntp + XDP_NTP_WORDS) > end ||
	    (const void *)((const uint8_t *)(frame->ntp + XDP_NTP_WORDS) + 1) <= end)
		return false;

	return frame->udp->len == XDP_SWAP16(XDP_UDP_SIZE) && frame->udp->source &&
	       xdp_ether_is_plain(frame->ether, settings) && xdp_ntp_is_plain(frame->ntp) &&
	       (frame->is_ipv4 ? xdp_ipv4_is_plain(frame->ipv4, settings) :
				 xdp_ipv6_is_plain(frame->ipv6, settings)) &&
	       xdp_udp_sum_is_right(frame);
}

/* --- the answer --- */

/**
 * struct xdp_stamps - when a request came, and when its answer leaves
 * @receive_ns: ns since the beginning of struct xdp_time
 * @transmit_ns: likewise, not earlier
 * @random: 64 fresh bits
 */
struct xdp_stamps {
	uint64_t receive_ns;
	uint64_t transmit_ns;
	uint64_t random;
};

/* The time so long after its beginning, less than 2^31 ns. */
static inline uint64_t xdp_timestamp(const struct xdp_time *time, uint64_t since_ns)
{
	return time->base + 4 * since_ns + (uint64_t)((int64_t)since_ns * time->rate >> 32);
}

static inline void xdp_put_timestamp(xdp_word *words, uint64_t timestamp)
{
	words[0] = XDP_SWAP32((uint32_t)(timestamp >> 32));
	words[1] = XDP_SWAP32((uint32_t)timestamp);
}

/* The same random bits in both, and the second one never before the first. */
static inline void xdp_put_stamps(xdp_word *ntp, const struct xdp_time *time,
				  const struct xdp_stamps *stamps)
{
	uint64_t random = stamps->random & time->precision_mask;
	uint64_t receive = xdp_timestamp(time, stamps->receive_ns) ^ random;
	uint64_t transmit = xdp_timestamp(time, stamps->transmit_ns) ^ random;

	receive |= XDP_RECEIVE_MARK;
	transmit &= ~XDP_RECEIVE_MARK;
	if ((int64_t)(transmit - receive) < 0)
		transmit = receive + 1;
	xdp_put_timestamp(ntp + XDP_AT_RECEIVE, receive);
	xdp_put_timestamp(ntp + XDP_AT_TRANSMIT, transmit);
}

static inline void xdp_answer_ntp(xdp_word *ntp, const struct xdp_time *time,
				  const struct xdp_settings *settings,
				  const struct xdp_stamps *stamps, bool kiss)
{
	uint32_t flags = (ntp[0] & 7 << 3) | XDP_MODE_SERVER;
	int poll = (int8_t)(ntp[0] >> 16);

	if (poll < settings->least_poll)
		poll = settings->least_poll;
	ntp[XDP_AT_ORIGIN] = ntp[XDP_AT_TRANSMIT];
	ntp[XDP_AT_ORIGIN + 1] = ntp[XDP_AT_TRANSMIT + 1];
#pragma GCC unroll 6
	for (int i = 0; i < XDP_HEADER_WORDS; i++)
		ntp[i] = time->header[i];
	ntp[0] |= flags | (uint32_t)(uint8_t)poll << 16;
	if (kiss) {
		/* Stratum 0, in the second byte. */
		ntp[0] = (ntp[0] & ~0xff00U) | XDP_LEAP_UNKNOWN << 6;
		ntp[3] = XDP_SWAP32(XDP_KISS_RATE);
	}
	xdp_put_stamps(ntp, time, stamps);
}

static inline void xdp_answer_ipv4(struct iphdr *header, uint8_t tos)
{
	uint32_t from = header->saddr;

	header->saddr = header->daddr;
	header->daddr = from;
	header->tos = tos;
	header->id = 0;
	header->frag_off = XDP_SWAP16(XDP_IPV4_DONT_FRAGMENT);
	header->ttl = XDP_HOPS;
	header->check = 0;
	header->check = (uint16_t)~xdp_fold(xdp_sum_ipv4(header));
}

static inline void xdp_answer_ipv6(struct ipv6hdr *header, uint8_t tos)
{
	xdp_word *from = (xdp_word *)&header->saddr, *to = (xdp_word *)&header->daddr;

#pragma GCC unroll 4
	for (int i = 0; i < 4; i++) {
		uint32_t word = from[i];

		from[i] = to[i];
		to[i] = word;
	}
	/* Version, type of service, no flow. */
	*(xdp_word *)header = XDP_SWAP32(6U << 28 | (uint32_t)tos << 20);
	header->hop_limit = XDP_HOPS;
}

static inline void xdp_answer_ether(struct ethhdr *ether)
{
	xdp_half *to = (xdp_half *)ether->h_dest, *from = (xdp_half *)ether->h_source;

#pragma GCC unroll 3
	for (int i = 0; i < ETH_ALEN / 2; i++) {
		uint16_t word = from[i];

		from[i] = to[i];
		to[i] = word;
	}
}

/* Turn a request that is answered into its answer. @kiss: one that tells to ask less often. */
static inline void xdp_frame_answer(const struct xdp_frame *frame, const struct xdp_time *time,
				    const struct xdp_settings *settings,
				    const struct xdp_stamps *stamps, bool kiss)
{
	uint16_t port = frame->udp->source;

	xdp_answer_ether(frame->ether);
	if (frame->is_ipv4)
		xdp_answer_ipv4(frame->ipv4, settings->tos);
	else
		xdp_answer_ipv6(frame->ipv6, settings->tos);
	xdp_answer_ntp(frame->ntp, time, settings, stamps, kiss);
	frame->udp->source = frame->udp->dest;
	frame->udp->dest = port;
	frame->udp->check = 0;
	frame->udp->check = (uint16_t)~xdp_fold(xdp_sum_pseudo(frame) + xdp_sum_udp(frame));
	/* 0 would say that there is none. */
	if (!frame->udp->check)
		frame->udp->check = 0xffff;
}

#endif /* XDP_ANSWER_H */
