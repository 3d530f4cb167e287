/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames with NTP requests, made and judged byte by byte, without what the program under test has.
 */
#ifndef UNIT_XDP_FRAME_H
#define UNIT_XDP_FRAME_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define FRAME_MAX	256

#define ETHER_SIZE	14
#define UDP_SIZE	8
#define NTP_SIZE	48

static const uint8_t own_mac[6] = { 2, 0, 0, 0, 0, 1 }, client_mac[6] = { 2, 0, 0, 0, 0, 2 };
static const uint8_t own_ipv4[4] = { 192, 0, 2, 1 }, client_ipv4[4] = { 192, 0, 2, 77 };
static const uint8_t own_ipv6[16] = { 0x20, 1, 0xd, 0xb8, [15] = 1 };
static const uint8_t client_ipv6[16] = { 0x20, 1, 0xd, 0xb8, [14] = 9, [15] = 77 };

/**
 * struct frame - what is on the wire
 * @gap: so that headers of IP lie where a network device puts them
 * @bytes: of it
 * @length: how many
 * @ipv6: not IPv4
 */
struct frame {
	uint8_t gap[2] __attribute__((aligned(8)));
	uint8_t bytes[FRAME_MAX];
	size_t length;
	bool ipv6;
};

static inline size_t frame_ip_size(const struct frame *frame)
{
	return frame->ipv6 ? 40 : 20;
}

static inline uint8_t *frame_ip(struct frame *frame)
{
	return frame->bytes + ETHER_SIZE;
}

static inline uint8_t *frame_udp(struct frame *frame)
{
	return frame_ip(frame) + frame_ip_size(frame);
}

static inline uint8_t *frame_ntp(struct frame *frame)
{
	return frame_udp(frame) + UDP_SIZE;
}

static inline uint8_t *frame_source(struct frame *frame)
{
	return frame_ip(frame) + (frame->ipv6 ? 8 : 12);
}

static inline uint8_t *frame_target(struct frame *frame)
{
	return frame_ip(frame) + (frame->ipv6 ? 24 : 16);
}

static inline size_t frame_address_size(const struct frame *frame)
{
	return frame->ipv6 ? 16 : 4;
}

static inline uint16_t frame_get(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static inline void frame_put(uint8_t *bytes, size_t value)
{
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
}

/* RFC 1071, the slow way: words in network order, carries at once. */
static inline uint16_t frame_sum(const uint8_t *bytes, size_t length, uint32_t sum)
{
	for (size_t i = 0; i < length; i++) {
		sum += i & 1 ? bytes[i] : (uint32_t)bytes[i] << 8;
		if (sum > 0xffff)
			sum -= 0xffff;
	}

	return (uint16_t)sum;
}

/* Of addresses, protocol and length, for a UDP packet of that length. */
static inline uint16_t frame_pseudo_sum(struct frame *frame, size_t length)
{
	uint32_t sum = frame_sum(frame_source(frame), 2 * frame_address_size(frame), 0);

	sum += 17 + (uint32_t)length;

	return (uint16_t)(sum > 0xffff ? sum - 0xffff : sum);
}

static inline uint16_t frame_udp_sum(struct frame *frame)
{
	size_t length = frame->length - (size_t)(frame_udp(frame) - frame->bytes);

	return frame_sum(frame_udp(frame), length, frame_pseudo_sum(frame, length));
}

/* Make both sums right. */
static inline void frame_seal(struct frame *frame)
{
	uint8_t *ip = frame_ip(frame), *udp = frame_udp(frame);
	uint16_t sum;

	if (!frame->ipv6) {
		frame_put(ip + 10, 0);
		frame_put(ip + 10, (uint16_t)~frame_sum(ip, 20, 0));
	}
	frame_put(udp + 6, 0);
	sum = (uint16_t)~frame_udp_sum(frame);
	frame_put(udp + 6, sum ? sum : 0xffff);
}

static inline void frame_make_ip(struct frame *frame)
{
	uint8_t *ip = frame_ip(frame);

	if (frame->ipv6) {
		ip[0] = 0x60;
		frame_put(ip + 4, UDP_SIZE + NTP_SIZE);
		ip[6] = 17;
		ip[7] = 50;
	} else {
		ip[0] = 0x45;
		frame_put(ip + 2, 20 + UDP_SIZE + NTP_SIZE);
		frame_put(ip + 4, 4711);
		ip[8] = 50;
		ip[9] = 17;
	}
	memcpy(frame_source(frame), frame->ipv6 ? client_ipv6 : client_ipv4,
	       frame_address_size(frame));
	memcpy(frame_target(frame), frame->ipv6 ? own_ipv6 : own_ipv4, frame_address_size(frame));
}

/* A client's request of that version, whose transmit timestamp is 0x0123456789abcdef. */
static inline void frame_make(struct frame *frame, bool ipv6, int version)
{
	static const uint8_t transmit[8] = { 1, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef };

	memset(frame, 0, sizeof(*frame));
	frame->ipv6 = ipv6;
	memcpy(frame->bytes, own_mac, 6);
	memcpy(frame->bytes + 6, client_mac, 6);
	frame_put(frame->bytes + 12, ipv6 ? 0x86dd : 0x0800);
	frame->length = ETHER_SIZE + frame_ip_size(frame) + UDP_SIZE + NTP_SIZE;
	frame_make_ip(frame);
	frame_put(frame_udp(frame), 40000);
	frame_put(frame_udp(frame) + 2, 123);
	frame_put(frame_udp(frame) + 4, UDP_SIZE + NTP_SIZE);
	frame_ntp(frame)[0] = (uint8_t)(version << 3 | 3);
	frame_ntp(frame)[2] = 6;
	memcpy(frame_ntp(frame) + 40, transmit, sizeof(transmit));
	frame_seal(frame);
}

#endif /* UNIT_XDP_FRAME_H */
