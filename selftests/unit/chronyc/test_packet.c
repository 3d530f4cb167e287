// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets of chronyc: their lengths and numbers are facts of the protocol, as chrony 4.3 has it.
 */
#include "user/chronyc/packet.h"

#include <math.h>
#include <string.h>

#include "selftests/unit/unit.h"
#include "user/config/config.h"

/* Commands, the length of their requests with the padding, and without. */
static const struct {
	uint16_t command;
	size_t padded;
	size_t plain;
} lengths[] = {
	{ 0, 28, 20 }, { 1, 60, 60 }, { 2, 60, 60 }, { 3, 68, 68 }, { 4, 44, 44 },
	{ 5, 44, 44 }, { 6, 28, 24 }, { 7, 44, 44 }, { 8, 44, 44 }, { 9, 28, 24 },
	{ 10, 32, 32 }, { 11, 40, 32 }, { 13, 28, 24 }, { 14, 32, 20 }, { 15, 76, 24 },
	{ 16, 28, 20 }, { 17, 44, 44 }, { 18, 44, 44 }, { 19, 44, 44 }, { 20, 44, 44 },
	{ 21, 44, 44 }, { 22, 44, 44 }, { 23, 44, 44 }, { 24, 44, 44 }, { 25, 40, 40 },
	{ 26, 40, 40 }, { 29, 40, 40 }, { 30, 28, 20 }, { 31, 28, 24 }, { 33, 104, 20 },
	{ 34, 84, 24 }, { 35, 56, 20 }, { 36, 28, 20 }, { 37, 28, 20 }, { 41, 416, 20 },
	{ 42, 28, 24 }, { 43, 28, 20 }, { 44, 48, 20 }, { 45, 44, 44 }, { 46, 44, 44 },
	{ 47, 44, 44 }, { 48, 28, 20 }, { 49, 28, 24 }, { 50, 28, 28 }, { 51, 52, 20 },
	{ 52, 28, 24 }, { 53, 28, 20 }, { 54, 72, 20 }, { 56, 36, 36 }, { 57, 152, 40 },
	{ 62, 28, 20 }, { 63, 28, 20 }, { 64, 372, 372 }, { 65, 284, 40 }, { 66, 28, 20 },
	{ 67, 52, 40 }, { 68, 520, 36 }, { 69, 76, 24 }, { 70, 28, 20 }, { 71, 28, 24 },
	{ 72, 52, 52 }, { 73, 48, 48 }, { 74, 48, 48 },
};

/* Numbers of commands that older versions had, and of none. */
static const uint16_t unknown[] = { 12, 27, 28, 32, 38, 39, 40, 55, 58, 59, 60, 61, 75,
				    1000 };

/* Contents of replies, and the length of the packets. */
static const struct {
	enum chronyc_contents contents;
	size_t length;
} replies[] = {
	{ 1, 28 }, { 2, 32 }, { 3, 76 }, { 5, 104 }, { 6, 84 }, { 7, 56 }, { 12, 48 }, { 13, 52 },
	{ 16, 152 }, { 17, 40 }, { 18, 416 }, { 19, 284 }, { 20, 52 }, { 21, 520 }, { 23, 76 },
	{ 24, 72 }, { 25, 196 }, { 26, 172 },
};

/* As chronyc begins them. */
static void begin(uint8_t bytes[CHRONYC_REQUEST_MAX + 1], uint16_t command)
{
	memset(bytes, 0, CHRONYC_REQUEST_MAX + 1);
	bytes[0] = 6;
	bytes[1] = 1;
	bytes[4] = (uint8_t)(command >> 8);
	bytes[5] = (uint8_t)command;
	memcpy(bytes + 8, "\x12\x34\x56\x78", 4);
}

TEST(requests_have_the_length_of_the_protocol)
{
	uint8_t bytes[CHRONYC_REQUEST_MAX + 1];
	struct chronyc_request request;
	enum chronyc_status status;

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		begin(bytes, lengths[i].command);
		ASSERT_TRUE(chronyc_request_read(bytes, lengths[i].padded, &request, &status));
		EXPECT_EQ(CHRONYC_SUCCESS, status)
			TH_LOG("command %u", lengths[i].command);
		EXPECT_EQ(lengths[i].command, request.command);
		EXPECT_EQ(lengths[i].padded, request.length);
		EXPECT_EQ(0x12345678, request.sequence);
		EXPECT_EQ(lengths[i].plain - 20, request.left)
			TH_LOG("command %u", lengths[i].command);
		EXPECT_EQ(bytes + 20, request.at);
		if (lengths[i].padded == 28)
			continue;
		ASSERT_TRUE(chronyc_request_read(bytes, lengths[i].padded - 1, &request, &status));
		EXPECT_EQ(CHRONYC_BAD_LENGTH, status)
			TH_LOG("command %u", lengths[i].command);
	}
}

TEST(unknown_commands_are_called_invalid)
{
	uint8_t bytes[CHRONYC_REQUEST_MAX + 1];
	struct chronyc_request request;
	enum chronyc_status status;

	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++) {
		begin(bytes, unknown[i]);
		ASSERT_TRUE(chronyc_request_read(bytes, 28, &request, &status));
		EXPECT_EQ(CHRONYC_INVALID, status)
			TH_LOG("command %u", unknown[i]);
		EXPECT_EQ(unknown[i], request.command);
	}
}

TEST(other_versions_are_told_or_ignored)
{
	uint8_t bytes[CHRONYC_REQUEST_MAX + 1];
	struct chronyc_request request;
	enum chronyc_status status;

	for (int version = 0; version < 256; version++) {
		begin(bytes, CHRONYC_NULL);
		bytes[0] = (uint8_t)version;
		EXPECT_EQ(version >= 5, chronyc_request_read(bytes, 28, &request, &status))
			TH_LOG("version %d", version);
		if (version >= 5)
			EXPECT_EQ(version == 6 ? CHRONYC_SUCCESS : CHRONYC_BAD_VERSION, status);
	}
}

TEST(what_is_no_request_gets_no_answer)
{
	uint8_t bytes[CHRONYC_REQUEST_MAX + 1];
	struct chronyc_request request;
	enum chronyc_status status;

	begin(bytes, CHRONYC_NULL);
	EXPECT_FALSE(chronyc_request_read(bytes, 0, &request, &status));
	EXPECT_FALSE(chronyc_request_read(bytes, 27, &request, &status));
	EXPECT_TRUE(chronyc_request_read(bytes, 28, &request, &status));
	EXPECT_TRUE(chronyc_request_read(bytes, 860, &request, &status));
	EXPECT_FALSE(chronyc_request_read(bytes, 861, &request, &status));
	for (int at = 1; at < 4; at++) {
		begin(bytes, CHRONYC_NULL);
		bytes[at]++;
		EXPECT_FALSE(chronyc_request_read(bytes, 28, &request, &status))
			TH_LOG("byte %d", at);
	}
}

static struct chronyc_reply start_reply(void)
{
	struct chronyc_request request = { .command = 0x0121, .sequence = 0x12345678 };
	struct chronyc_reply reply;

	memset(&reply, 0xff, sizeof(reply));
	chronyc_reply_start(&reply, &request, CHRONYC_BAD_LENGTH);

	return reply;
}

TEST(a_reply_begins_as_in_the_protocol)
{
	static const uint8_t expected[28] = { 6, 2, 0, 0, 0x01, 0x21, 0, 1, 0, 19, 0, 0, 0, 0, 0, 0,
					      0x12, 0x34, 0x56, 0x78 };
	struct chronyc_reply reply = start_reply();

	EXPECT_EQ(28, reply.length);
	EXPECT_EQ(0, memcmp(expected, reply.bytes, 28));
	chronyc_reply_set_status(&reply, CHRONYC_SUCCESS);
	chronyc_reply_set_contents(&reply, CHRONYC_REPLY_SERVERSTATS);
	EXPECT_EQ(0, reply.bytes[9]);
	EXPECT_EQ(24, reply.bytes[7]);
}

TEST(replies_have_the_length_of_the_protocol)
{
	for (size_t i = 0; i < ARRAY_SIZE(replies); i++)
		EXPECT_EQ(replies[i].length, 28 + chronyc_contents_length(replies[i].contents));
	EXPECT_EQ(0, chronyc_contents_length((enum chronyc_contents)4));
	EXPECT_EQ(0, chronyc_contents_length((enum chronyc_contents)27));
}

/* Numbers as chronyd 4.3 sends them. */
static const struct {
	double value;
	uint32_t bits;
} reals[] = {
	{ 0, 0x00000000 }, { 1, 0x04800000 }, { -1, 0x03000000 }, { 3, 0x06c00000 },
	{ 10, 0x0aa00000 }, { 0.5, 0x02800000 }, { -0.5, 0x01000000 }, { 1e-9, 0xc889705f },
	{ -1.5e-6, 0xdd36ac64 }, { 123456.789, 0x24f12065 }, { -12.25, 0x0b3c0000 },
	{ 1e-25, 0x8000003d }, { 1e30, 0x7effffff }, { -1e30, 0x7f000000 },
};

static struct chronyc_request request_of(const uint8_t *bytes, size_t length)
{
	return (struct chronyc_request){ .at = bytes, .left = length };
}

TEST(reals_are_chronys)
{
	for (size_t i = 0; i < ARRAY_SIZE(reals); i++) {
		struct chronyc_reply reply = start_reply();
		struct chronyc_request theirs, ours;
		double value;

		chronyc_put(&reply, reals[i].bits);
		chronyc_put_real(&reply, reals[i].value);
		ASSERT_EQ(36, reply.length);
		theirs = request_of(reply.bytes + 28, 4);
		ours = request_of(reply.bytes + 32, 4);
		value = chronyc_take_real(&theirs);
		/* chronyd cuts off where the least exponent leaves fewer bits. */
		EXPECT_LE(fabs(value - chronyc_take_real(&ours)), 0x1p-89)
			TH_LOG("%g", reals[i].value);
		if (fabs(reals[i].value) < 1e20)
			EXPECT_LE(fabs(value - reals[i].value),
				  fmax(fabs(value) * 0x1p-24, 0x1p-89));
	}
}

TEST(reals_come_back)
{
	struct unit_random random = { .state = 7 };

	for (int i = 0; i < 10000; i++) {
		double value = ldexp((double)unit_random_s64(&random),
				     (int)unit_random_below(&random, 60) - 80);
		struct chronyc_reply reply = start_reply();
		struct chronyc_request request;

		chronyc_put_real(&reply, value);
		request = request_of(reply.bytes + 28, 4);
		/* 24 bits of it, and no less than what the least exponent leaves. */
		EXPECT_LE(fabs(chronyc_take_real(&request) - value),
			  fmax(fabs(value) * 0x1p-24, 0x1p-90))
			TH_LOG("%.17g", value);
		EXPECT_EQ(0, request.left);
	}
}

TEST(no_number_is_zero)
{
	struct chronyc_reply reply = start_reply();
	struct chronyc_request request;

	chronyc_put_real(&reply, NAN);
	request = request_of(reply.bytes + 28, 4);
	EXPECT_EQ(0, chronyc_take(&request));
}

TEST(times_have_seconds_in_two_halves)
{
	static const uint8_t expected[] = { 0, 0, 0, 0, 0x65, 0x53, 0xf1, 0x00, 0x1d, 0xcd, 0x65, 0,
					    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
					    0x3b, 0x9a, 0xc9, 0xff, 0, 0, 0, 2, 0, 0, 0, 1 };
	struct chronyc_reply reply = start_reply();

	chronyc_put_time(&reply, 1700000000500000000LL);
	chronyc_put_time(&reply, -1);
	chronyc_put_time(&reply, ((2LL << 32) + 1) * 1000000000LL - 0);
	EXPECT_EQ(0, memcmp(expected, reply.bytes + 28, sizeof(expected)));
}

TEST(addresses_come_back)
{
	static const struct chronyc_address addresses[] = {
		{ .family = CHRONYC_FAMILY_NONE },
		{ .family = CHRONYC_FAMILY_IPV4,
		  .ip = { .family = AF_INET, .bytes = { 192, 0, 2, 1 } } },
		{ .family = CHRONYC_FAMILY_IPV6,
		  .ip = { .family = AF_INET6, .bytes = { 0x20, 1, 13, 184, [15] = 9 } } },
		{ .family = CHRONYC_FAMILY_ID, .id = 0x01020304 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++) {
		struct chronyc_reply reply = start_reply();
		struct chronyc_address address;
		struct chronyc_request request;

		chronyc_put_address(&reply, &addresses[i]);
		ASSERT_EQ(28 + 20, reply.length);
		/* The family follows the 16 bytes of the address. */
		EXPECT_EQ(i, reply.bytes[28 + 17]);
		EXPECT_EQ(i == 1 ? 192 : i == 2 ? 0x20 : i == 3 ? 1 : 0, reply.bytes[28]);
		request = request_of(reply.bytes + 28, 20);
		chronyc_take_address(&request, &address);
		EXPECT_EQ(addresses[i].family, address.family);
		EXPECT_EQ(addresses[i].id, address.id);
		EXPECT_TRUE(net_address_equal(&addresses[i].ip, &address.ip));
		EXPECT_EQ(0, request.left);
	}
}

/* "accheck ::ffff:192.0.2.1" asks about a host that comes by IPv4. */
TEST(a_host_by_its_other_name_is_the_same)
{
	uint8_t bytes[20] = { [10] = 0xff, 0xff, 192, 0, 2, 1, [17] = CHRONYC_FAMILY_IPV6 };
	static const struct net_address ipv4 = { .family = AF_INET, .bytes = { 192, 0, 2, 1 } };
	struct chronyc_request request = request_of(bytes, sizeof(bytes));
	struct chronyc_address address;

	chronyc_take_host(&request, &address);
	EXPECT_EQ(CHRONYC_FAMILY_IPV4, address.family);
	EXPECT_TRUE(net_address_equal(&ipv4, &address.ip));
	/* As typed where it is a network, whose mask is one of IPv6. */
	request = request_of(bytes, sizeof(bytes));
	chronyc_take_address(&request, &address);
	EXPECT_EQ(CHRONYC_FAMILY_IPV6, address.family);
	bytes[0] = 0x20;
	request = request_of(bytes, sizeof(bytes));
	chronyc_take_host(&request, &address);
	EXPECT_EQ(CHRONYC_FAMILY_IPV6, address.family);
	bytes[17] = CHRONYC_FAMILY_ID;
	request = request_of(bytes, sizeof(bytes));
	chronyc_take_host(&request, &address);
	EXPECT_EQ(CHRONYC_FAMILY_ID, address.family);
	EXPECT_EQ(0x20000000, address.id);
}

TEST(a_family_that_is_none_is_no_address)
{
	uint8_t bytes[20] = { 192, 0, 2, 1, [17] = 4 };
	struct chronyc_request request = request_of(bytes, sizeof(bytes));
	struct chronyc_address address;

	chronyc_take_address(&request, &address);
	EXPECT_EQ(CHRONYC_FAMILY_NONE, address.family);
	EXPECT_EQ(AF_UNSPEC, address.ip.family);
}

TEST(nothing_is_taken_from_beyond_the_parameters)
{
	uint8_t bytes[24];
	struct chronyc_request request;
	struct chronyc_address address;
	char name[CHRONYC_NAME_MAX];

	memset(bytes, 1, sizeof(bytes));
	request = request_of(bytes, 3);
	EXPECT_EQ(0, chronyc_take(&request));
	request = request_of(bytes, 19);
	chronyc_take_address(&request, &address);
	EXPECT_EQ(CHRONYC_FAMILY_NONE, address.family);
	EXPECT_EQ(0, chronyc_take(&request));
	request = request_of(bytes, sizeof(bytes));
	EXPECT_FALSE(chronyc_take_name(&request, name));
}

TEST(names_end_and_can_be_read)
{
	uint8_t bytes[CHRONYC_NAME_MAX] = "ntp.example.net";
	struct chronyc_request request = request_of(bytes, sizeof(bytes));
	char name[CHRONYC_NAME_MAX];

	ASSERT_TRUE(chronyc_take_name(&request, name));
	EXPECT_STREQ("ntp.example.net", name);
	bytes[3] = ' ';
	request = request_of(bytes, sizeof(bytes));
	EXPECT_FALSE(chronyc_take_name(&request, name));
	bytes[3] = '\n';
	request = request_of(bytes, sizeof(bytes));
	EXPECT_FALSE(chronyc_take_name(&request, name));
	bytes[0] = 0;
	request = request_of(bytes, sizeof(bytes));
	EXPECT_FALSE(chronyc_take_name(&request, name));
	memset(bytes, 'a', sizeof(bytes));
	request = request_of(bytes, sizeof(bytes));
	EXPECT_FALSE(chronyc_take_name(&request, name));
	bytes[CHRONYC_NAME_MAX - 1] = 0;
	request = request_of(bytes, sizeof(bytes));
	EXPECT_TRUE(chronyc_take_name(&request, name));
}

TEST(nothing_is_written_beyond_the_longest_reply)
{
	struct chronyc_reply reply = start_reply();

	chronyc_reply_set_contents(&reply, CHRONYC_REPLY_CLIENTS);
	for (int i = 0; i < 3; i++)
		chronyc_put_name(&reply, "a");
	EXPECT_EQ(CHRONYC_REPLY_MAX, reply.length);
}

/* By chronyd 4.3's table of permissions. */
TEST(reports_are_open_as_in_chronyd)
{
	static const uint16_t open[] = { 0, 10, 14, 15, 33, 34, 35, 41, 44, 51, 65 };
	uint32_t usual = 1U << CONFIG_OPEN_ACTIVITY | 1U << CONFIG_OPEN_MANUAL |
			 1U << CONFIG_OPEN_RTCDATA | 1U << CONFIG_OPEN_SMOOTHING |
			 1U << CONFIG_OPEN_SOURCENAME | 1U << CONFIG_OPEN_SOURCES |
			 1U << CONFIG_OPEN_SOURCESTATS | 1U << CONFIG_OPEN_TRACKING;
	size_t next = 0;

	for (uint16_t command = 0; command < CHRONYC_COMMANDS; command++) {
		bool is_open = next < ARRAY_SIZE(open) && open[next] == command;

		next += is_open;
		EXPECT_EQ(is_open, chronyc_is_open(command, usual))
			TH_LOG("command %u", command);
	}
	EXPECT_FALSE(chronyc_is_open(CHRONYC_TRACKING, 0));
	EXPECT_TRUE(chronyc_is_open(CHRONYC_CLIENTS, 1U << CONFIG_OPEN_CLIENTS));
	EXPECT_FALSE(chronyc_is_open(CHRONYC_SHUTDOWN, UINT32_MAX));
}

TEST_HARNESS_MAIN
