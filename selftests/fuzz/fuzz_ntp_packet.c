// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as a packet: what is decoded is what was there, and nothing beyond its end is read.
 */
#include "user/ntp/packet.h"

#include "fuzz.h"

/* 1968-01-20 and 136 years later: where timestamps are taken to lie. */
#define WINDOW_START_NS	(-61505152LL * 1000000000)
#define WINDOW_NS	(4294967296LL * 1000000000)

static void check_time(uint64_t timestamp)
{
	int64_t ns = ntp_timestamp_to_ns(timestamp);

	FUZZ_CHECK(ns >= WINDOW_START_NS && ns <= WINDOW_START_NS + WINDOW_NS);
	/* Within the rounding to ns it is the same timestamp. */
	FUZZ_CHECK((int64_t)(ntp_timestamp_from_ns(ns) - timestamp) <= 3);
	FUZZ_CHECK((int64_t)(ntp_timestamp_from_ns(ns) - timestamp) >= -3);
}

int fuzz_one_input(const uint8_t *data, size_t size)
{
	uint8_t bytes[NTP_HEADER_SIZE];
	struct ntp_packet packet;

	if (ntp_packet_decode(data, size, &packet) < 0)
		return 0;

	FUZZ_CHECK(size >= NTP_HEADER_SIZE && size <= NTP_PACKET_MAX);
	FUZZ_CHECK(packet.version >= NTP_VERSION_MIN && packet.version <= NTP_VERSION_MAX);
	FUZZ_CHECK(packet.root_delay_ns >= 0 && packet.root_dispersion_ns >= 0);
	FUZZ_CHECK(NTP_HEADER_SIZE + packet.extensions + packet.mac == size);
	FUZZ_CHECK(ntp_power_to_ns(packet.precision) >= 1);
	check_time(packet.reference);
	check_time(packet.origin);
	check_time(packet.receive);
	check_time(packet.transmit);

	ntp_packet_encode(&packet, bytes);
	FUZZ_CHECK(!memcmp(bytes, data, sizeof(bytes)));

	return 0;
}
