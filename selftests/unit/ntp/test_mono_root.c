// SPDX-License-Identifier: GPL-2.0-only
/*
 * The extension field F323 byte by byte, as chrony writes and reads it, and what two answers with
 * it say of their server.
 */
#include "user/ntp/mono_root.h"

#include <string.h>

#include "selftests/unit/unit.h"
#include "user/lib/time_units.h"

/* Units of a 32.32 timestamp. */
#define MS	((1ULL << 32) / 1000)

/* Of a request by chrony: all but the number by which the field is known is zero. */
static const uint8_t request[MONO_ROOT_SIZE] = {
	0xf3, 0x23, 0x00, 0x1c, 0xf5, 0xbe, 0xdd, 0x9a,
};

/* 1/16 s and 3/2^28 s, a timestamp and an epoch. */
static const uint8_t answer[MONO_ROOT_SIZE] = {
	0xf3, 0x23, 0x00, 0x1c, 0xf5, 0xbe, 0xdd, 0x9a, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x03, 0xe1, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x12, 0x34, 0x56, 0x78,
};

FIXTURE(packet) {
	uint8_t bytes[NTP_PACKET_MAX];
	size_t length;
	struct ntp_packet packet;
	struct mono_root root;
};

FIXTURE_SETUP(packet)
{
	memset(self, 0, sizeof(*self));
	self->bytes[0] = 4 << 3 | NTP_MODE_SERVER;
	self->length = NTP_HEADER_SIZE;
}

FIXTURE_TEARDOWN(packet)
{
}

static void append(FIXTURE_DATA(packet) *self, const uint8_t *bytes, size_t size)
{
	memcpy(self->bytes + self->length, bytes, size);
	self->length += size;
}

static bool read_field(FIXTURE_DATA(packet) *self)
{
	memset(&self->root, 0xee, sizeof(self->root));
	return !ntp_packet_decode(self->bytes, self->length, &self->packet) &&
	       mono_root_read(self->bytes, &self->packet, &self->root);
}

TEST_F(packet, a_request_says_nothing)
{
	mono_root_write(NULL, self->bytes + self->length);
	EXPECT_EQ(0, memcmp(request, self->bytes + self->length, sizeof(request)));
	self->length += MONO_ROOT_SIZE;
	ASSERT_TRUE(read_field(self));
	EXPECT_EQ(0, self->root.receive);
	EXPECT_EQ(0, self->root.epoch);
	EXPECT_EQ(0, self->root.root_delay_ns);
	EXPECT_EQ(0, self->root.root_dispersion_ns);
}

TEST_F(packet, an_answer_is_what_chrony_writes)
{
	append(self, answer, sizeof(answer));
	ASSERT_TRUE(read_field(self));
	EXPECT_EQ(NS_PER_S / 16, self->root.root_delay_ns);
	/* 11.2 ns, rounded up. */
	EXPECT_EQ(12, self->root.root_dispersion_ns);
	EXPECT_EQ(0xe102030405060708ULL, self->root.receive);
	EXPECT_EQ(0x12345678U, self->root.epoch);

	self->root.root_dispersion_ns = 11;
	mono_root_write(&self->root, self->bytes);
	EXPECT_EQ(0, memcmp(answer, self->bytes, sizeof(answer)));
}

TEST_F(packet, distances_have_limits)
{
	static const struct {
		int64_t ns;
		int64_t read_ns;
	} cases[] = {
		{ -1, 0 }, { 0, 0 }, { 1, 4 }, { 15999999990, 15999999990 },
		/* Rounded up it is too much. */
		{ 15999999999, 65535999984741 },
		{ 16 * NS_PER_S, 65535999984741 }, { INT64_MAX, 65535999984741 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct mono_root root = {
			.root_delay_ns = cases[i].ns,
			.root_dispersion_ns = cases[i].ns,
		};

		self->length = NTP_HEADER_SIZE + MONO_ROOT_SIZE;
		mono_root_write(&root, self->bytes + NTP_HEADER_SIZE);
		ASSERT_TRUE(read_field(self));
		EXPECT_LE(cases[i].read_ns, self->root.root_delay_ns);
		EXPECT_GE(cases[i].read_ns + 4, self->root.root_delay_ns);
		EXPECT_EQ(self->root.root_delay_ns, self->root.root_dispersion_ns);
	}
}

TEST_F(packet, it_is_found_among_others_and_before_a_mac)
{
	static const uint8_t other[16] = { 0x12, 0x34, 0, 16 }, mac[24] = { 0, 0, 0, 1 };

	append(self, other, sizeof(other));
	append(self, answer, sizeof(answer));
	append(self, other, sizeof(other));
	append(self, mac, sizeof(mac));
	ASSERT_TRUE(read_field(self));
	EXPECT_EQ(sizeof(mac), self->packet.mac);
	EXPECT_EQ(0x12345678U, self->root.epoch);
}

TEST_F(packet, others_are_not_taken_for_it)
{
	/* Each byte of type, length and magic, made wrong. */
	for (size_t i = 0; i < 8; i++) {
		self->length = NTP_HEADER_SIZE;
		append(self, answer, sizeof(answer));
		self->bytes[NTP_HEADER_SIZE + i] ^= 4;
		EXPECT_FALSE(read_field(self))
			TH_LOG("byte %zu", i);
	}
	self->length = NTP_HEADER_SIZE;
	EXPECT_FALSE(read_field(self));
}

TEST_F(packet, longer_fields_of_the_type_are_another_ones)
{
	static const uint8_t rest[4];

	append(self, answer, sizeof(answer));
	append(self, rest, sizeof(rest));
	self->bytes[NTP_HEADER_SIZE + 3] += sizeof(rest);
	EXPECT_FALSE(read_field(self));
}

TEST_F(packet, it_is_not_read_before_ntpv4)
{
	append(self, answer, sizeof(answer));
	self->bytes[0] = 3 << 3 | NTP_MODE_SERVER;
	EXPECT_FALSE(read_field(self));
}

/* --- two answers --- */

FIXTURE(answers) {
	struct mono_root first;
	struct mono_root second;
};

FIXTURE_SETUP(answers)
{
	self->first = (struct mono_root){ .receive = 7000 * MS, .epoch = 1 };
	self->second = (struct mono_root){ .receive = 71000 * MS, .epoch = 1 };
}

FIXTURE_TEARDOWN(answers)
{
}

/* The server's time went on by @ms while its monotonic clock went on by 64 s. */
static int64_t moved(const FIXTURE_DATA(answers) *self, uint64_t ms)
{
	/* Its timestamps pass the end of an era. */
	return mono_root_moved_ns(UINT64_MAX - 10000 * MS, &self->first,
				  UINT64_MAX - 10000 * MS + ms * MS, &self->second);
}

TEST_F(answers, a_steady_server_has_not_moved)
{
	EXPECT_EQ(0, moved(self, 64000));
}

TEST_F(answers, a_correction_is_the_difference)
{
	EXPECT_LE(2999999, moved(self, 64003));
	EXPECT_GE(3000001, moved(self, 64003));
	EXPECT_GE(-4999999, moved(self, 63995));
	EXPECT_LE(-5000001, moved(self, 63995));
}

TEST_F(answers, too_much_is_no_correction)
{
	EXPECT_LE(98999900, moved(self, 64099));
	EXPECT_EQ(0, moved(self, 64101));
	EXPECT_GE(-98999900, moved(self, 63901));
	EXPECT_EQ(0, moved(self, 63899));
	EXPECT_EQ(0, moved(self, 64000 + 1800000000));
}

TEST_F(answers, what_is_not_known_is_no_correction)
{
	self->second.epoch = 2;
	EXPECT_EQ(0, moved(self, 64003));
	self->second.epoch = 1;
	self->second.receive = 0;
	EXPECT_EQ(0, moved(self, 64003));
	self->second.receive = self->first.receive;
	self->first.receive = 0;
	EXPECT_EQ(0, moved(self, 64003));
}

TEST_HARNESS_MAIN
