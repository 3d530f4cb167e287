// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests and answers, field by field, and two exchanges of the interleaved mode.
 */
#include "user/server/respond.h"

#include <string.h>

#include "selftests/unit/unit.h"
#include "user/lib/time_units.h"

/* 2026, as the system clock has it. */
#define NOW_NS		(1767225600LL * NS_PER_S)

FIXTURE(exchange)
{
	struct stamp_record records[64];
	struct stamp_table stamps;
	struct time_content content;
	struct respond_time time;
	uint8_t bytes[NTP_PACKET_MAX];
	struct respond_request request;
	struct respond_answer answer;
	struct ntp_packet packet;
};

/* A client's request, NTPv4, whose transmit timestamp is a nonce. */
FIXTURE_SETUP(exchange)
{
	memset(self, 0, sizeof(*self));
	self->stamps = (struct stamp_table){ .records = self->records, .count = 64 };
	self->content = (struct time_content){
		.raw_ns = 1,
		.time = { .origin_ns = NOW_NS, .offset_ns = 3 * NS_PER_S,
			  .maxerror_ns = 30000000, .maxerror_rate_q32 = (1LL << 32) / 1000 },
		.reference_ns = NOW_NS - 5 * NS_PER_S,
		.root_delay_ns = 20000000,
		.refid = 0xc0000201,
		.stratum = 3,
	};
	respond_prepare(&self->time, &self->content, -25, NOW_NS);
	self->bytes[0] = 4 << 3 | NTP_MODE_CLIENT;
	self->bytes[2] = 6;
	memcpy(self->bytes + 40, "nonce567", 8);
	self->request = (struct respond_request){
		.bytes = self->bytes, .length = NTP_HEADER_SIZE,
		.realtime_ns = NOW_NS + NS_PER_S, .port = 40000,
	};
}

FIXTURE_TEARDOWN(exchange)
{
}

/* Ask, and be answered at @left_ns. false: the request is none, or the answer no packet. */
static bool is_answered(FIXTURE_DATA(exchange) *self, int64_t left_ns)
{
	uint64_t transmit;

	if (respond_judge(&self->request) != RESPOND_ANSWER)
		return false;
	respond_answer(&self->time, &self->request, &self->stamps, 0, 0x123456789abcdef,
		       &self->answer);
	transmit = respond_transmit(&self->time, left_ns, 0xfedcba987654321);
	respond_stamp(&self->answer, transmit);
	if (self->answer.keep)
		stamp_table_save(&self->stamps, &(struct stamp_record){
			.receive = self->answer.receive,
			.transmit = transmit,
			.doubt_ns = self->answer.doubt_ns,
		});

	return !ntp_packet_decode(self->answer.bytes, NTP_HEADER_SIZE, &self->packet);
}

TEST_F(exchange, every_field)
{
	ASSERT_TRUE(is_answered(self, NOW_NS + NS_PER_S + 20000));
	EXPECT_EQ(NTP_LEAP_NONE, self->packet.leap);
	EXPECT_EQ(4, self->packet.version);
	EXPECT_EQ(NTP_MODE_SERVER, self->packet.mode);
	EXPECT_EQ(3, self->packet.stratum);
	EXPECT_EQ(6, self->packet.poll);
	EXPECT_EQ(-25, self->packet.precision);
	EXPECT_GE(16000, llabs(self->packet.root_delay_ns - 20000000));
	EXPECT_GE(16000, llabs(self->packet.root_dispersion_ns - 20000000));
	EXPECT_EQ(0xc0000201, self->packet.refid);
	EXPECT_EQ(NOW_NS - 5 * NS_PER_S, ntp_timestamp_to_ns(self->packet.reference));
	EXPECT_EQ(0, memcmp(self->answer.bytes + 24, "nonce567", 8));
	/* The clock is 3 s slow, and nothing below its precision is told. */
	EXPECT_GE(60, llabs(ntp_timestamp_to_ns(self->packet.receive) - NOW_NS - 4 * NS_PER_S));
	EXPECT_GE(60, llabs(ntp_timestamp_to_ns(self->packet.transmit) - NOW_NS - 4 * NS_PER_S -
			    20000));
	EXPECT_EQ(1, self->packet.receive & 1);
	EXPECT_EQ(0, self->packet.transmit & 1);
	EXPECT_FALSE(self->answer.interleaved);
	EXPECT_FALSE(self->answer.keep);
}

/* The bound grows with time: half of the delay and the dispersion are never less than it. */
TEST_F(exchange, the_whole_bound_is_told)
{
	for (int s = 0; s < 2000; s += 100) {
		int64_t bound_ns = 30000000 + s * 1000000LL;

		respond_prepare(&self->time, &self->content, -25, NOW_NS + s * NS_PER_S);
		ASSERT_TRUE(is_answered(self, NOW_NS));
		EXPECT_LE(bound_ns,
			  self->packet.root_delay_ns / 2 + self->packet.root_dispersion_ns);
	}
}

TEST_F(exchange, not_synchronised)
{
	self->content.stratum = TIME_STRATUM_NONE;
	respond_prepare(&self->time, &self->content, -25, NOW_NS);
	ASSERT_TRUE(is_answered(self, NOW_NS + NS_PER_S));
	EXPECT_EQ(NTP_LEAP_UNSYNCHRONISED, self->packet.leap);
	EXPECT_EQ(0, self->packet.stratum);
	EXPECT_EQ(0, self->packet.refid);
	EXPECT_EQ(0, self->packet.reference);
	EXPECT_LE(NS_PER_S - 16000, self->packet.root_dispersion_ns);
}

TEST_F(exchange, leap_seconds)
{
	self->content.leap = 1;
	respond_prepare(&self->time, &self->content, -25, NOW_NS);
	ASSERT_TRUE(is_answered(self, NOW_NS));
	EXPECT_EQ(NTP_LEAP_INSERT, self->packet.leap);
	self->content.leap = 2;
	respond_prepare(&self->time, &self->content, -25, NOW_NS);
	ASSERT_TRUE(is_answered(self, NOW_NS));
	EXPECT_EQ(NTP_LEAP_DELETE, self->packet.leap);
}

static const struct {
	int version;
	int mode;
	int port;
	enum respond_verdict verdict;
	int answer_mode;
} modes[] = {
	{ 4, NTP_MODE_CLIENT, 40000, RESPOND_ANSWER, NTP_MODE_SERVER },
	{ 3, NTP_MODE_CLIENT, 123, RESPOND_ANSWER, NTP_MODE_SERVER },
	{ 2, NTP_MODE_CLIENT, 40000, RESPOND_ANSWER, NTP_MODE_SERVER },
	{ 1, NTP_MODE_CLIENT, 40000, RESPOND_ANSWER, NTP_MODE_SERVER },
	{ 1, NTP_MODE_RESERVED, 40000, RESPOND_ANSWER, NTP_MODE_SERVER },
	{ 1, NTP_MODE_RESERVED, 123, RESPOND_NO_REQUEST, 0 },
	{ 4, NTP_MODE_RESERVED, 40000, RESPOND_NO_REQUEST, 0 },
	{ 4, NTP_MODE_ACTIVE, 123, RESPOND_ANSWER, NTP_MODE_PASSIVE },
	{ 4, NTP_MODE_PASSIVE, 123, RESPOND_NO_REQUEST, 0 },
	{ 4, NTP_MODE_SERVER, 123, RESPOND_NO_REQUEST, 0 },
	{ 4, NTP_MODE_BROADCAST, 123, RESPOND_NO_REQUEST, 0 },
	{ 4, NTP_MODE_CONTROL, 123, RESPOND_NO_REQUEST, 0 },
	{ 4, NTP_MODE_PRIVATE, 123, RESPOND_NO_REQUEST, 0 },
	{ 0, NTP_MODE_CLIENT, 40000, RESPOND_MALFORMED, 0 },
	{ 5, NTP_MODE_CLIENT, 40000, RESPOND_MALFORMED, 0 },
	{ 7, NTP_MODE_CLIENT, 40000, RESPOND_MALFORMED, 0 },
};

/* Two servers must not answer each other for ever: only requests are answered, with no request. */
TEST_F(exchange, versions_and_modes)
{
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		self->bytes[0] = (uint8_t)(modes[i].version << 3 | modes[i].mode);
		self->request.port = modes[i].port;
		ASSERT_EQ(modes[i].verdict, respond_judge(&self->request))
			TH_LOG("row %zu", i);
		if (modes[i].verdict != RESPOND_ANSWER)
			continue;
		ASSERT_TRUE(is_answered(self, NOW_NS));
		EXPECT_EQ(modes[i].version, self->packet.version);
		EXPECT_EQ(modes[i].answer_mode, self->packet.mode);
	}
}

TEST_F(exchange, lengths_and_macs)
{
	self->request.length = NTP_HEADER_SIZE - 1;
	EXPECT_EQ(RESPOND_MALFORMED, respond_judge(&self->request));
	self->request.length = 0;
	EXPECT_EQ(RESPOND_MALFORMED, respond_judge(&self->request));
	/* A key's number alone says that a MAC was wrong: that is no request. */
	self->request.length = NTP_HEADER_SIZE + 4;
	EXPECT_EQ(RESPOND_NO_REQUEST, respond_judge(&self->request));
	self->request.length = NTP_HEADER_SIZE + 20;
	EXPECT_EQ(RESPOND_ANSWER, respond_judge(&self->request));
	EXPECT_EQ(20, self->request.mac);
	/* An extension field that nobody knows. */
	self->request.length = NTP_HEADER_SIZE + 32;
	memcpy(self->bytes + NTP_HEADER_SIZE, "\xf5\x00\x00\x20", 4);
	EXPECT_EQ(RESPOND_ANSWER, respond_judge(&self->request));
	EXPECT_EQ(0, self->request.mac);
}

/* The client's next request, as RFC 9769 has it: its origin is our receive timestamp. */
static void ask_interleaved(FIXTURE_DATA(exchange) *self, const char *receive, const char *transmit)
{
	memcpy(self->bytes + 24, self->answer.bytes + 32, 8);
	memcpy(self->bytes + 32, receive, 8);
	memcpy(self->bytes + 40, transmit, 8);
	self->request.realtime_ns += 64 * NS_PER_S;
}

TEST_F(exchange, interleaved)
{
	struct stamp_record *record;
	uint64_t previous;

	ASSERT_TRUE(is_answered(self, NOW_NS));
	ask_interleaved(self, "receive1", "nonce_02");
	ASSERT_TRUE(is_answered(self, NOW_NS));
	/* The first one was not known to be of such a client. */
	EXPECT_FALSE(self->answer.interleaved);
	EXPECT_TRUE(self->answer.keep);
	EXPECT_EQ(0, memcmp(self->answer.bytes + 24, "nonce_02", 8));
	previous = self->answer.receive;
	record = stamp_table_find(&self->stamps, previous);
	ASSERT_NE(NULL, record);
	record->transmit = 0x1234567890;
	record->taker = STAMP_BY_KERNEL;

	ask_interleaved(self, "receive2", "nonce_03");
	ASSERT_TRUE(is_answered(self, NOW_NS));
	EXPECT_TRUE(self->answer.interleaved);
	EXPECT_EQ(STAMP_BY_KERNEL, self->answer.taker);
	EXPECT_EQ(0, memcmp(self->answer.bytes + 24, "receive2", 8));
	EXPECT_EQ(0x1234567890, self->packet.transmit);
	EXPECT_NE(previous, self->answer.receive);

	/* Repeated by somebody, it is answered, but not with a timestamp that was told. */
	ASSERT_TRUE(is_answered(self, NOW_NS));
	EXPECT_FALSE(self->answer.interleaved);
}

/*
 * What a card that lies may have added to either timestamp is told, rounded up to a unit of 15 us:
 * that of the request, and for the interleaved mode those of the previous exchange.
 */
TEST_F(exchange, doubt_is_part_of_the_dispersion)
{
	struct stamp_record *record;
	int64_t without_ns;

	ASSERT_TRUE(is_answered(self, NOW_NS));
	without_ns = self->packet.root_dispersion_ns;
	self->request.doubt_ns = 1;
	ASSERT_TRUE(is_answered(self, NOW_NS));
	EXPECT_LE(20000000 + 1, self->packet.root_dispersion_ns);
	EXPECT_GE(without_ns + 15260, self->packet.root_dispersion_ns);
	self->request.doubt_ns = 40000;
	ask_interleaved(self, "receive1", "nonce_02");
	ASSERT_TRUE(is_answered(self, NOW_NS));
	EXPECT_LE(20000000 + 40000, self->packet.root_dispersion_ns);
	record = stamp_table_find(&self->stamps, self->answer.receive);
	ASSERT_NE(NULL, record);
	EXPECT_EQ(40000, record->doubt_ns);
	record->doubt_ns = 70000;
	self->request.doubt_ns = 2000;
	ask_interleaved(self, "receive2", "nonce_03");
	ASSERT_TRUE(is_answered(self, NOW_NS));
	EXPECT_TRUE(self->answer.interleaved);
	EXPECT_LE(20000000 + 70000, self->packet.root_dispersion_ns);
	EXPECT_GE(20000000 + 70000 + 2 * 15260, self->packet.root_dispersion_ns);
}

/* The sum began anew from below, and the answer said that it had no error. */
TEST_F(exchange, no_doubt_makes_a_bound_that_is_unknown_a_small_one)
{
	self->content.time.maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
	self->content.root_delay_ns = 0;
	respond_prepare(&self->time, &self->content, -25, NOW_NS);
	self->request.doubt_ns = 40000;
	ASSERT_TRUE(is_answered(self, NOW_NS));
	EXPECT_LE(65535 * NS_PER_S, self->packet.root_dispersion_ns);
}

TEST_F(exchange, a_basic_client_is_not_kept)
{
	ASSERT_TRUE(is_answered(self, NOW_NS));
	/* Its origin is our transmit timestamp, as ntpd and old chronyd send it. */
	memcpy(self->bytes + 24, self->answer.bytes + 40, 8);
	ASSERT_TRUE(is_answered(self, NOW_NS));
	EXPECT_FALSE(self->answer.keep);
	/* RFC 9769: two equal timestamps are no interleaved request. */
	memcpy(self->bytes + 24, self->answer.bytes + 32, 8);
	memcpy(self->bytes + 32, self->bytes + 40, 8);
	ASSERT_TRUE(is_answered(self, NOW_NS));
	EXPECT_FALSE(self->answer.keep);
	/* Nor is one of an older version. */
	memcpy(self->bytes + 32, "receive1", 8);
	self->bytes[0] = 3 << 3 | NTP_MODE_CLIENT;
	ASSERT_TRUE(is_answered(self, NOW_NS));
	EXPECT_FALSE(self->answer.keep);
}

TEST_F(exchange, asked_to_ask_less_often)
{
	ASSERT_EQ(RESPOND_ANSWER, respond_judge(&self->request));
	self->bytes[2] = (uint8_t)-2;
	respond_answer(&self->time, &self->request, &self->stamps, 3, 0, &self->answer);
	EXPECT_EQ(3, self->answer.bytes[2]);
	respond_kiss(&self->answer, NTP_KISS_RATE);
	ASSERT_EQ(0, ntp_packet_decode(self->answer.bytes, NTP_HEADER_SIZE, &self->packet));
	EXPECT_EQ(0, self->packet.stratum);
	EXPECT_EQ(NTP_KISS_RATE, self->packet.refid);
	EXPECT_EQ(NTP_LEAP_UNSYNCHRONISED, self->packet.leap);
	EXPECT_EQ(0, memcmp(self->answer.bytes + 24, "nonce567", 8));
}

/* The extension field F323 of a request by chrony. */
static void ask_root(FIXTURE_DATA(exchange) *self)
{
	static const uint8_t field[MONO_ROOT_SIZE] = {
		0xf3, 0x23, 0x00, 0x1c, 0xf5, 0xbe, 0xdd, 0x9a,
	};

	memcpy(self->bytes + NTP_HEADER_SIZE, field, sizeof(field));
	self->request.length = NTP_HEADER_SIZE + sizeof(field);
}

TEST_F(exchange, the_extension_field_byte_by_byte)
{
	/* 20 ms, and 31 - 10 ms, with 28 bits of fraction, rounded up. */
	static const uint8_t distances[8] = {
		0x00, 0x51, 0xeb, 0x86, 0x00, 0x56, 0x04, 0x19,
	};
	uint8_t *field = self->answer.bytes + NTP_HEADER_SIZE;
	uint64_t mono = 0;

	self->content.has_mono = true;
	self->content.mono_epoch = 0x12345678;
	self->content.mono_offset_ns = -NS_PER_S / 4;
	respond_prepare(&self->time, &self->content, -25, NOW_NS + NS_PER_S);
	ask_root(self);
	ASSERT_TRUE(is_answered(self, NOW_NS + NS_PER_S));
	ASSERT_EQ(NTP_HEADER_SIZE + MONO_ROOT_SIZE, self->answer.length);
	EXPECT_EQ(0, memcmp(field, self->bytes + NTP_HEADER_SIZE, 8));
	EXPECT_EQ(0, memcmp(field + 8, distances, sizeof(distances)));
	for (int i = 0; i < 8; i++)
		mono = mono << 8 | field[16 + i];
	/* The same instant: not a bit of them differs otherwise. */
	EXPECT_EQ(-(1LL << 30), (int64_t)(mono - self->packet.receive));
	EXPECT_EQ(0, memcmp(field + 24, "\x12\x34\x56\x78", 4));
}

TEST_F(exchange, without_a_monotonic_clock_the_field_has_distances_only)
{
	struct ntp_packet packet;
	struct mono_root root;

	ask_root(self);
	for (int i = 0; i < 2; i++) {
		ASSERT_TRUE(is_answered(self, NOW_NS));
		ASSERT_EQ(0, ntp_packet_decode(self->answer.bytes, self->answer.length, &packet));
		ASSERT_TRUE(mono_root_read(self->answer.bytes, &packet, &root));
		EXPECT_EQ(0, root.receive);
		EXPECT_LE(i ? NS_PER_S : 20000000, root.root_delay_ns);
		/* Nor is there one that holds while the time is not known. */
		self->content.has_mono = true;
		self->content.stratum = TIME_STRATUM_NONE;
		respond_prepare(&self->time, &self->content, -25, NOW_NS);
	}
}

TEST_F(exchange, the_field_is_for_those_who_ask_for_it)
{
	ASSERT_TRUE(is_answered(self, NOW_NS));
	EXPECT_EQ(NTP_HEADER_SIZE, self->answer.length);
	/* Another one's, or of another version. */
	ask_root(self);
	self->bytes[NTP_HEADER_SIZE + 7] ^= 1;
	ASSERT_TRUE(is_answered(self, NOW_NS));
	EXPECT_EQ(NTP_HEADER_SIZE, self->answer.length);
	ask_root(self);
	self->bytes[0] = 3 << 3 | NTP_MODE_CLIENT;
	ASSERT_TRUE(is_answered(self, NOW_NS));
	EXPECT_EQ(NTP_HEADER_SIZE, self->answer.length);
}

TEST_HARNESS_MAIN
