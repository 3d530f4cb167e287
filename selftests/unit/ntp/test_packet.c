// SPDX-License-Identifier: GPL-2.0-only
/*
 * The wire format: known packets, every length, eras and rounding.
 */
#include "user/ntp/packet.h"

#include <errno.h>
#include <string.h>

#include "selftests/unit/unit.h"
#include "user/lib/time_units.h"

/* A server's answer as captured: stratum 2, poll 6, precision 2^-25, refid 192.0.2.1. */
static const uint8_t captured[NTP_HEADER_SIZE] = {
	0x24, 0x02, 0x06, 0xe7, 0x00, 0x00, 0x08, 0x00, 0x00, 0x00, 0x01, 0x80,
	0xc0, 0x00, 0x02, 0x01, 0xec, 0x00, 0x00, 0x00, 0x80, 0x00, 0x00, 0x00,
	0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0xec, 0x00, 0x00, 0x01,
	0x40, 0x00, 0x00, 0x00, 0xec, 0x00, 0x00, 0x01, 0xc0, 0x00, 0x00, 0x00,
};

/* Seconds from 1900 to 1970. */
#define UNIX_OFFSET_S	2208988800LL

TEST(decodes_every_field)
{
	struct ntp_packet packet;

	ASSERT_EQ(0, ntp_packet_decode(captured, sizeof(captured), &packet));
	EXPECT_EQ(NTP_LEAP_NONE, packet.leap);
	EXPECT_EQ(4, packet.version);
	EXPECT_EQ(NTP_MODE_SERVER, packet.mode);
	EXPECT_EQ(2, packet.stratum);
	EXPECT_EQ(6, packet.poll);
	EXPECT_EQ(-25, packet.precision);
	/* 2048 / 65536 s and 384 / 65536 s. */
	EXPECT_EQ(31250000, packet.root_delay_ns);
	EXPECT_EQ(5859375, packet.root_dispersion_ns);
	EXPECT_EQ(0xc0000201, packet.refid);
	EXPECT_EQ(0xec00000080000000, packet.reference);
	EXPECT_EQ(0x0123456789abcdef, packet.origin);
	EXPECT_EQ(0xec00000140000000, packet.receive);
	EXPECT_EQ(0xec000001c0000000, packet.transmit);
	EXPECT_EQ(0, packet.extensions);
	EXPECT_EQ(0, packet.mac);
	EXPECT_EQ((0xec000001 - UNIX_OFFSET_S) * NS_PER_S + 750000000,
		  ntp_timestamp_to_ns(packet.transmit));
}

TEST(encodes_what_it_decoded)
{
	uint8_t bytes[NTP_HEADER_SIZE];
	struct ntp_packet packet;

	ASSERT_EQ(0, ntp_packet_decode(captured, sizeof(captured), &packet));
	ntp_packet_encode(&packet, bytes);
	EXPECT_EQ(0, memcmp(captured, bytes, sizeof(bytes)));
}

TEST(leap_version_and_mode_share_a_byte)
{
	struct ntp_packet packet;
	uint8_t bytes[NTP_HEADER_SIZE];

	memcpy(bytes, captured, sizeof(bytes));
	for (unsigned int first = 0; first < 256; first++) {
		unsigned int version = first >> 3 & 7;
		int expected = version >= 1 && version <= 4 ? 0 : -EPROTO;

		bytes[0] = (uint8_t)first;
		ASSERT_EQ(expected, ntp_packet_decode(bytes, sizeof(bytes), &packet));
		if (expected)
			continue;
		EXPECT_EQ(first >> 6, packet.leap);
		EXPECT_EQ(version, packet.version);
		EXPECT_EQ(first & 7, packet.mode);
	}
}

TEST(packets_have_a_length)
{
	static uint8_t bytes[NTP_PACKET_MAX + 1];
	struct ntp_packet packet;

	memcpy(bytes, captured, sizeof(captured));
	for (size_t length = 0; length < NTP_HEADER_SIZE; length++)
		ASSERT_EQ(-EMSGSIZE, ntp_packet_decode(bytes, length, &packet));
	EXPECT_EQ(-EMSGSIZE, ntp_packet_decode(bytes, sizeof(bytes), &packet));

	/* What is not a multiple of four can be neither extension fields nor a MAC. */
	for (size_t length = NTP_HEADER_SIZE + 1; length < NTP_PACKET_MAX; length++) {
		if (length % 4)
			ASSERT_EQ(-EBADMSG, ntp_packet_decode(bytes, length, &packet));
	}
}

/* What may follow the header, and what is made of it. */
static const struct {
	const char *name;
	/* Lengths of extension fields, ended by 0, and bytes after them. */
	uint16_t fields[4];
	size_t rest;
	int expected;
	size_t extensions;
	size_t mac;
} tails[] = {
	{ "a key id alone: a crypto-NAK", { 0 }, 4, 0, 0, 4 },
	{ "MD5", { 0 }, 20, 0, 0, 20 },
	{ "SHA-1", { 0 }, 24, 0, 0, 24 },
	{ "SHA-256", { 0 }, 36, 0, 0, 36 },
	{ "SHA-512", { 0 }, 68, 0, 0, 68 },
	{ "longer than any MAC", { 0 }, 72, -EBADMSG, 0, 0 },
	{ "too short for either", { 0 }, 8, -EBADMSG, 0, 0 },
	{ "too short for either, too", { 0 }, 12, -EBADMSG, 0, 0 },
	{ "a field of 16", { 16 }, 0, 0, 16, 0 },
	{ "a field of 28", { 28 }, 0, 0, 28, 0 },
	{ "two fields", { 28, 32 }, 0, 0, 60, 0 },
	{ "a field and a MAC", { 28 }, 20, 0, 28, 20 },
	{ "two fields and a long MAC", { 16, 36 }, 68, 0, 52, 68 },
	{ "a field and too little", { 36 }, 8, -EBADMSG, 0, 0 },
	{ "a field and a crypto-NAK", { 36 }, 4, 0, 36, 4 },
};

TEST(what_follows_the_header)
{
	for (size_t i = 0; i < ARRAY_SIZE(tails); i++) {
		uint8_t bytes[NTP_PACKET_MAX] = { 0 };
		size_t length = NTP_HEADER_SIZE;
		struct ntp_packet packet;
		int result;

		memcpy(bytes, captured, sizeof(captured));
		for (const uint16_t *field = tails[i].fields; *field; field++) {
			bytes[length] = 0x01;
			bytes[length + 1] = 0x04;
			bytes[length + 3] = (uint8_t)*field;
			length += *field;
		}
		/* A key id, whose lower half is never the length of the rest. */
		if (tails[i].rest >= 4)
			bytes[length + 3] = 1;
		length += tails[i].rest;

		result = ntp_packet_decode(bytes, length, &packet);
		EXPECT_EQ(tails[i].expected, result)
			TH_LOG("%s", tails[i].name);
		if (result)
			continue;
		EXPECT_EQ(tails[i].extensions, packet.extensions)
			TH_LOG("%s", tails[i].name);
		EXPECT_EQ(tails[i].mac, packet.mac)
			TH_LOG("%s", tails[i].name);
	}
}

/* A key's number is a length then, if the version is not looked at. */
TEST(before_ntpv4_there_are_no_extension_fields)
{
	static const size_t macs[] = { 4, 20, 24, 32, 36, 52, 68 };
	uint8_t bytes[NTP_HEADER_SIZE + 72] = { 0 };
	struct ntp_packet packet;

	memcpy(bytes, captured, sizeof(captured));
	bytes[NTP_HEADER_SIZE + 3] = 16;
	for (int version = 1; version <= 3; version++) {
		bytes[0] = (uint8_t)(version << 3 | NTP_MODE_SERVER);
		for (size_t i = 0; i < ARRAY_SIZE(macs); i++) {
			ASSERT_EQ(0, ntp_packet_decode(bytes, NTP_HEADER_SIZE + macs[i], &packet));
			EXPECT_EQ(0, packet.extensions);
			EXPECT_EQ(macs[i], packet.mac);
		}
		EXPECT_EQ(-EBADMSG, ntp_packet_decode(bytes, NTP_HEADER_SIZE + 16, &packet));
		EXPECT_EQ(-EBADMSG, ntp_packet_decode(bytes, NTP_HEADER_SIZE + 72, &packet));
	}
}

TEST(an_extension_field_ends_within_the_packet)
{
	uint8_t bytes[NTP_HEADER_SIZE + 28] = { 0 };
	struct ntp_packet packet;

	memcpy(bytes, captured, sizeof(captured));
	bytes[NTP_HEADER_SIZE + 3] = 32;
	/* As a field it is too long, so that it is a MAC of SHA-192, whatever that is. */
	EXPECT_EQ(0, ntp_packet_decode(bytes, sizeof(bytes), &packet));
	EXPECT_EQ(0, packet.extensions);
	EXPECT_EQ(28, packet.mac);
}

/* What the clocks of servers without a battery say, in seconds from 1970. */
TEST(the_past_is_not_the_future)
{
	static const int64_t dates_s[] = {
		-14 * 3600,	/* 1970-01-01 local time, in the easternmost time zone */
		0,
		315532800,	/* 1980 */
		662688000,	/* 1991 */
		946684800,	/* 2000 */
		1800000000,
		4230000000,	/* January 2104, shortly before the end */
	};

	for (size_t i = 0; i < ARRAY_SIZE(dates_s); i++)
		EXPECT_EQ(dates_s[i] * NS_PER_S,
			  ntp_timestamp_to_ns((uint64_t)(dates_s[i] + UNIX_OFFSET_S) << 32));
}

TEST(the_window_begins_in_1968)
{
	const int64_t start_s = 0x80000000 - UNIX_OFFSET_S;

	/* The last second of era 0 and the first of era 1, in 2036. */
	EXPECT_EQ((UINT32_MAX - UNIX_OFFSET_S) * NS_PER_S,
		  ntp_timestamp_to_ns((uint64_t)UINT32_MAX << 32));
	EXPECT_EQ((0x100000000 - UNIX_OFFSET_S) * NS_PER_S, ntp_timestamp_to_ns(0));

	/* The first instant that is told, and the last. */
	EXPECT_EQ(start_s * NS_PER_S, ntp_timestamp_to_ns(0x80000000ULL << 32));
	EXPECT_EQ((start_s + UINT32_MAX) * NS_PER_S, ntp_timestamp_to_ns(0x7fffffffULL << 32));
}

TEST(timestamps_survive_the_round_trip)
{
	struct unit_random random = { .state = 1 };

	for (int i = 0; i < 100000; i++) {
		int64_t ns = (0x80000000 - UNIX_OFFSET_S) * NS_PER_S +
			     (int64_t)unit_random_below(&random, UINT32_MAX * NS_PER_S);

		ASSERT_EQ(ns, ntp_timestamp_to_ns(ntp_timestamp_from_ns(ns)));
	}
	/* Before 1970, and at the end of ns. */
	EXPECT_EQ((uint64_t)(UNIX_OFFSET_S - 1) << 32 | 0x80000000,
		  ntp_timestamp_from_ns(-NS_PER_S / 2));
	ntp_timestamp_from_ns(INT64_MIN);
	ntp_timestamp_from_ns(INT64_MAX);
}

TEST(short_format)
{
	EXPECT_EQ(0, ntp_short_to_ns(0));
	EXPECT_EQ(15259, ntp_short_to_ns(1));
	EXPECT_EQ(NS_PER_S, ntp_short_to_ns(0x10000));
	EXPECT_EQ(65535999984741, ntp_short_to_ns(UINT32_MAX));
	EXPECT_EQ(0, ntp_short_from_ns(-1));
	EXPECT_EQ(0, ntp_short_from_ns(INT64_MIN));
	EXPECT_EQ(0x10000, ntp_short_from_ns(NS_PER_S));
	EXPECT_EQ(UINT32_MAX, ntp_short_from_ns(INT64_MAX));
	for (uint64_t value = 0; value <= UINT32_MAX; value += 65521)
		ASSERT_EQ(value, ntp_short_from_ns(ntp_short_to_ns((uint32_t)value)));
}

/* What is written so are bounds: nobody is told of a smaller one, nor of none. */
TEST(short_format_is_rounded_up)
{
	EXPECT_EQ(1, ntp_short_from_ns(1));
	EXPECT_EQ(1, ntp_short_from_ns(15259));
	EXPECT_EQ(2, ntp_short_from_ns(15260));
	EXPECT_EQ(0x10001, ntp_short_from_ns(NS_PER_S + 1));
	for (int64_t ns = 1; ns < 65535 * NS_PER_S; ns += ns / 1000 + 1) {
		uint32_t value = ntp_short_from_ns(ns);

		ASSERT_LE(ns, ntp_short_to_ns(value));
		ASSERT_GT(ns, ntp_short_to_ns(value - 1));
	}
}

TEST(powers)
{
	EXPECT_EQ(NS_PER_S, ntp_power_to_ns(0));
	EXPECT_EQ(64 * NS_PER_S, ntp_power_to_ns(6));
	EXPECT_EQ(500000000, ntp_power_to_ns(-1));
	/* 2^-29 s is 1.86 ns. */
	EXPECT_EQ(2, ntp_power_to_ns(-29));
	EXPECT_EQ(1, ntp_power_to_ns(-30));
	EXPECT_EQ(1, ntp_power_to_ns(-128));
	EXPECT_EQ(NS_PER_S << 31, ntp_power_to_ns(127));
}

TEST_HARNESS_MAIN
