// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests of chronyc that become lines of the configuration, which its reader takes.
 */
#include "user/chronyc/directive.h"

#include <stdio.h>
#include <string.h>

#include "selftests/unit/config_reports.h"
#include "selftests/unit/unit.h"

#define SOURCE_BYTES	352

/* Where parameters are in a request to add a source. */
#define AT_NAME		4
#define AT_PORT		260
#define AT_MINPOLL	264
#define AT_MAXSOURCES	288
#define AT_KEY		300
#define AT_MAXDELAY	308
#define AT_OFFSET	328
#define AT_FLAGS	332
#define AT_FILTER	336
#define AT_CERTSET	340
#define AT_MAXUNREACH	348

static void put(uint8_t *bytes, size_t at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		bytes[at + (size_t)i] = (uint8_t)(value >> (24 - 8 * i));
}

/* As chronyc 4.3 sends "add server NAME". */
static void fill(uint8_t bytes[SOURCE_BYTES], const char *name)
{
	static const uint32_t after_name[] = {
		123, 6, 10, 100, 0, 8, 0, 4, (uint32_t)-1, (uint32_t)-1, 0, 4460,
		/* 3.0, 0.0, 10.0, 0.0, 1.0, 0.0, and that it is online. */
		0x06c00000, 0, 0x0aa00000, 0, 0x04800000, 0, 1,
	};

	memset(bytes, 0, SOURCE_BYTES);
	put(bytes, 0, CHRONYC_ADD_SERVER);
	memcpy(bytes + AT_NAME, name, strlen(name));
	for (size_t i = 0; i < sizeof(after_name) / sizeof(*after_name); i++)
		put(bytes, AT_PORT + 4 * i, after_name[i]);
}

static enum chronyc_status line_of(const uint8_t *bytes, char line[CHRONYC_LINE_MAX])
{
	struct chronyc_request request = { .at = bytes, .left = SOURCE_BYTES };

	return chronyc_source_line(&request, line);
}

TEST(options_that_were_not_given_are_not_in_the_line)
{
	uint8_t bytes[SOURCE_BYTES];
	char line[CHRONYC_LINE_MAX];

	fill(bytes, "ntp.example.net");
	ASSERT_EQ(CHRONYC_SUCCESS, line_of(bytes, line));
	EXPECT_STREQ("server ntp.example.net", line);
	put(bytes, 0, CHRONYC_ADD_PEER);
	ASSERT_EQ(CHRONYC_SUCCESS, line_of(bytes, line));
	EXPECT_STREQ("peer ntp.example.net", line);
}

TEST(options_are_where_the_protocol_has_them)
{
	uint8_t bytes[SOURCE_BYTES];
	char line[CHRONYC_LINE_MAX], *end;

	fill(bytes, "a");
	put(bytes, 0, CHRONYC_ADD_POOL);
	put(bytes, AT_PORT, 11123);
	put(bytes, AT_MINPOLL, (uint32_t)-2);
	put(bytes, AT_MAXSOURCES, 3);
	put(bytes, AT_KEY, 7);
	put(bytes, AT_MAXDELAY, 0x02800000);
	put(bytes, AT_OFFSET, 0x01000000);
	put(bytes, AT_FLAGS, 0x004 | 0x008 | 0x080);
	put(bytes, AT_FILTER, 5);
	ASSERT_EQ(CHRONYC_SUCCESS, line_of(bytes, line));
	end = strstr(line, " key");
	ASSERT_NE(NULL, end);
	EXPECT_STREQ(" key 7 maxdelay 0.5 offset -0.5 offline iburst prefer xleave filter 5", end);
	*end = '\0';
	EXPECT_STREQ("pool a port 11123 minpoll -2 maxsources 3", line);
}

TEST(all_options_fit_and_are_understood)
{
	struct config_source source;
	uint8_t bytes[SOURCE_BYTES];
	char line[CHRONYC_LINE_MAX];
	struct reports reports;
	struct config *config = parse("", &reports);

	fill(bytes, "192.0.2.1");
	for (size_t at = AT_PORT + 4; at < AT_FLAGS; at += 4)
		put(bytes, at, at < AT_MAXDELAY ? 3 : 0x02b33333);
	put(bytes, AT_FLAGS, 0xdfe);
	put(bytes, AT_FILTER, 3);
	put(bytes, AT_FILTER + 4, 3);
	put(bytes, AT_FILTER + 8, 0x02b33333);
	ASSERT_EQ(CHRONYC_SUCCESS, line_of(bytes, line));
	EXPECT_EQ(0, config_parse_source(config, line, keep_report, &reports, &source))
		TH_LOG("%s: %s", line, reports.message);
	EXPECT_TRUE(source.options.iburst && source.options.prefer && source.options.noselect &&
		    source.options.trust && source.options.require && source.options.burst &&
		    source.options.copy && source.interleaved && source.auto_offline &&
		    source.offline);
	EXPECT_EQ(3, source.options.maxpoll);
	EXPECT_EQ(3, source.key);
	config_free(config);
}

/* As chronyc 4.6 sends them. */
TEST(families_and_newer_fields_are_understood)
{
	static const struct {
		uint32_t flags;
		const char *line;
		int family;
	} rows[] = {
		{ 0x2001, "server a ipv4", AF_INET }, { 0x4001, "server a ipv6", AF_INET6 },
		{ 0x1001, "server a extfield F324", AF_UNSPEC }, { 0x8001, "server a", AF_UNSPEC },
	};
	struct reports reports;
	struct config *config = parse("", &reports);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct config_source source;
		uint8_t bytes[SOURCE_BYTES];
		char line[CHRONYC_LINE_MAX];

		fill(bytes, "a");
		put(bytes, AT_FLAGS, rows[i].flags);
		ASSERT_EQ(CHRONYC_SUCCESS, line_of(bytes, line));
		EXPECT_STREQ(rows[i].line, line);
		ASSERT_EQ(0, config_parse_source(config, line, keep_report, &reports, &source));
		EXPECT_EQ(rows[i].family, source.family);
	}
	config_free(config);
}

/* As chronyc 4.8 sends it; 0 is what those before send, which do not know it. */
TEST(maxunreach_is_understood)
{
	static const struct {
		uint32_t sent;
		const char *line;
	} rows[] = {
		{ 0, "server a" }, { 100000, "server a" }, { 5, "server a maxunreach 5" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint8_t bytes[SOURCE_BYTES];
		char line[CHRONYC_LINE_MAX];

		fill(bytes, "a");
		put(bytes, AT_MAXUNREACH, rows[i].sent);
		ASSERT_EQ(CHRONYC_SUCCESS, line_of(bytes, line));
		EXPECT_STREQ(rows[i].line, line);
	}
}

/* Numbers of keys and of sets of certificates have no sign. */
TEST(the_greatest_number_of_a_key_is_understood)
{
	struct config_source source;
	uint8_t bytes[SOURCE_BYTES];
	char line[CHRONYC_LINE_MAX];
	struct reports reports;
	struct config *config = parse("", &reports);

	fill(bytes, "192.0.2.1");
	put(bytes, AT_KEY, UINT32_MAX);
	put(bytes, AT_CERTSET, UINT32_MAX);
	ASSERT_EQ(CHRONYC_SUCCESS, line_of(bytes, line));
	EXPECT_STREQ("server 192.0.2.1 key 4294967295 certset 4294967295", line);
	EXPECT_EQ(0, config_parse_source(config, line, keep_report, &reports, &source))
		TH_LOG("%s: %s", line, reports.message);
	EXPECT_EQ(UINT32_MAX, source.key);
	config_free(config);
}

TEST(numbers_of_any_length_fit)
{
	uint8_t bytes[SOURCE_BYTES];
	char line[CHRONYC_LINE_MAX];

	fill(bytes, "");
	memset(bytes + AT_NAME, 'a', CHRONYC_NAME_MAX - 1);
	for (size_t at = AT_PORT; at < SOURCE_BYTES; at += 4)
		put(bytes, at, 0x80000001);
	put(bytes, AT_FLAGS, 0xfffffffe);
	ASSERT_EQ(CHRONYC_SUCCESS, line_of(bytes, line));
	EXPECT_NE(NULL, strstr(line, " maxdelayquant "));
	EXPECT_LT(strlen(line), CHRONYC_LINE_MAX - 1);
}

TEST(what_is_no_source_is_refused)
{
	uint8_t bytes[SOURCE_BYTES];
	char line[CHRONYC_LINE_MAX];

	fill(bytes, "a");
	put(bytes, 0, 4);
	EXPECT_EQ(CHRONYC_INVALID, line_of(bytes, line));
	fill(bytes, "");
	EXPECT_EQ(CHRONYC_INVALID_NAME, line_of(bytes, line));
	fill(bytes, "a\nallow all");
	EXPECT_EQ(CHRONYC_INVALID_NAME, line_of(bytes, line));
	EXPECT_STREQ("", line);
}

TEST(local_is_a_line_or_none)
{
	uint8_t bytes[28] = { [3] = 1, [7] = 5 };
	struct chronyc_request request = { .at = bytes, .left = 16 };
	char line[CHRONYC_LINE_MAX];

	put(bytes, 8, 0x02800000);
	chronyc_local_line(&request, line);
	EXPECT_STREQ("local stratum 5 distance 0.5", line);
	bytes[15] = 1;
	request = (struct chronyc_request){ .at = bytes, .left = 16 };
	chronyc_local_line(&request, line);
	EXPECT_STREQ("local stratum 5 distance 0.5 orphan", line);
	/* Of chronyc 4.6, which has only the first of the rest. */
	put(bytes, 16, 0x00800000);
	request = (struct chronyc_request){ .at = bytes, .left = sizeof(bytes) };
	chronyc_local_line(&request, line);
	EXPECT_STREQ("local stratum 5 distance 0.5 orphan activate 0.25", line);
	put(bytes, 16, 0);
	put(bytes, 20, 0x04800000);
	put(bytes, 24, 0x06c00000);
	request = (struct chronyc_request){ .at = bytes, .left = sizeof(bytes) };
	chronyc_local_line(&request, line);
	EXPECT_STREQ("local stratum 5 distance 0.5 orphan waitsynced 1 waitunsynced 3", line);
	bytes[3] = 0;
	request = (struct chronyc_request){ .at = bytes, .left = sizeof(bytes) };
	chronyc_local_line(&request, line);
	EXPECT_STREQ("", line);
}

/* Address, family and bits; whether that is a network, and its prefix. */
static const struct {
	uint8_t first;
	uint8_t family;
	uint32_t bits;
	int prefix;		/* -1: none */
} networks[] = {
	{ 0, 0, 0, 0 }, { 0, 0, 1, -1 }, { 10, 1, 8, 8 }, { 10, 1, 32, 32 }, { 10, 1, 33, -1 },
	{ 10, 1, (uint32_t)-1, -1 }, { 0x20, 2, 128, 128 }, { 0x20, 2, 129, -1 }, { 0, 3, 0, -1 },
	{ 10, 1, 0, 0 },
};

TEST(networks_are_checked)
{
	for (size_t i = 0; i < sizeof(networks) / sizeof(*networks); i++) {
		uint8_t bytes[24] = { networks[i].first, 1, [17] = networks[i].family };
		struct chronyc_request request = { .at = bytes, .left = sizeof(bytes) };
		struct access_rule rule = { .prefix = -2 };

		put(bytes, 20, networks[i].bits);
		ASSERT_EQ(networks[i].prefix >= 0, chronyc_take_network(&request, &rule))
			TH_LOG("network %zu", i);
		if (networks[i].prefix < 0)
			continue;
		EXPECT_EQ(networks[i].prefix, rule.prefix);
		/* The bits beyond the prefix count for nothing. */
		EXPECT_EQ(networks[i].prefix > 8, rule.network.bytes[1]);
	}
}

/* As chronyc sends "allow ::ffff:192.0.2.1": an address of IPv6 with all its bits. */
TEST(ipv4_by_another_name_is_a_network)
{
	uint8_t bytes[24] = { [10] = 0xff, 0xff, 192, 0, 2, 1, [17] = 2, [23] = 128 };
	struct chronyc_request request = { .at = bytes, .left = sizeof(bytes) };
	struct access_rule rule;

	ASSERT_TRUE(chronyc_take_network(&request, &rule));
	EXPECT_EQ(AF_INET, rule.network.family);
	EXPECT_EQ(32, rule.prefix);
}

TEST_HARNESS_MAIN
