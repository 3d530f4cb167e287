// SPDX-License-Identifier: GPL-2.0-only
/*
 * Configuration of the NTP server: chrony's defaults and syntax.
 */
#include "user/config/config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "selftests/unit/config_reports.h"
#include "selftests/unit/unit.h"
#include "selftests/unit/wrapped_calls.h"
#include "user/lib/time_units.h"

static bool no_memory;

void *__wrap_reallocarray(void *memory, size_t count, size_t size)
{
	return no_memory ? NULL : __real_reallocarray(memory, count, size);
}

TEST(nobody_is_served_by_default)
{
	struct reports reports;
	struct config *config = parse("", &reports);

	ASSERT_NE(NULL, config);
	EXPECT_FALSE(config_serves(&config->server));
	EXPECT_EQ(123, config->server.port);
	EXPECT_EQ(524288, config->server.log_bytes);
	EXPECT_FALSE(config->server.limit.enabled);
	EXPECT_FALSE(config->server.local.enabled);
	config_free(config);
}

/* An address of one family leaves the other one out, and so do -4 and -6. */
TEST(families_that_are_served)
{
	struct config_server server = { .family = AF_UNSPEC };

	EXPECT_STREQ("", config_server_address(&server, AF_INET));
	EXPECT_STREQ("", config_server_address(&server, AF_INET6));
	strcpy(server.bind_address6, "::1");
	EXPECT_EQ(NULL, config_server_address(&server, AF_INET));
	EXPECT_STREQ("::1", config_server_address(&server, AF_INET6));
	strcpy(server.bind_address4, "192.0.2.1");
	EXPECT_STREQ("192.0.2.1", config_server_address(&server, AF_INET));
	server.family = AF_INET;
	EXPECT_STREQ("192.0.2.1", config_server_address(&server, AF_INET));
	EXPECT_EQ(NULL, config_server_address(&server, AF_INET6));
}

TEST(allow_and_deny)
{
	struct reports reports;
	struct config *config = parse("allow 192.168.6.0/24\nallow 10.1\ndeny all 10.1.2.3\nallow\n"
				      "ALLOW ALL\n", &reports);

	ASSERT_NE(NULL, config);
	EXPECT_EQ(0, reports.warnings + reports.errors);
	ASSERT_EQ(5, config->server.rule_count);
	EXPECT_TRUE(config_serves(&config->server));
	EXPECT_EQ(24, config->server.rules[0].prefix);
	EXPECT_EQ(16, config->server.rules[1].prefix);
	EXPECT_FALSE(config->server.rules[2].allow);
	EXPECT_TRUE(config->server.rules[2].all);
	EXPECT_EQ(AF_UNSPEC, config->server.rules[3].network.family);
	EXPECT_FALSE(config->server.rules[3].all);
	EXPECT_TRUE(config->server.rules[4].all);
	config_free(config);
}

/* Without its line a network that is to be refused would be served. */
TEST(no_rule_is_lost_for_want_of_memory)
{
	struct reports reports;
	struct config *config;

	no_memory = true;
	config = parse("allow\ndeny 10.1.2.3\n", &reports);
	no_memory = false;
	EXPECT_EQ(NULL, config);
	EXPECT_NE(0, reports.errors);
	config_free(config);
}

/* As in chrony: the least memory is still some, and who wants none gets none. */
TEST(memory_for_clients)
{
	static const struct {
		const char *text;
		int64_t bytes;
	} cases[] = {
		{ "clientloglimit 0", 1 }, { "clientloglimit 500", 500 },
		{ "clientloglimit 2147483648", 1LL << 31 }, { "noclientlog", 0 },
		{ "clientloglimit 500\nnoclientlog", 0 },
		{ "noclientlog\nclientloglimit 500", 0 },
	};
	struct reports reports;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct config *config = parse(cases[i].text, &reports);

		ASSERT_NE(NULL, config);
		EXPECT_EQ(cases[i].bytes, config->server.log_bytes) TH_LOG("%s", cases[i].text);
		EXPECT_EQ(0, reports.warnings);
		config_free(config);
	}
}

/* chronyd does not start with it; who is not noted cannot be limited. */
TEST(a_limit_without_its_memory_is_warned_of)
{
	static const char *const texts[] = {
		"allow\nratelimit\nnoclientlog", "allow\nnoclientlog\nntsratelimit",
	};
	struct reports reports;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct config *config = parse(texts[i], &reports);

		ASSERT_NE(NULL, config);
		EXPECT_EQ(1, reports.warnings) TH_LOG("%s", texts[i]);
		EXPECT_NE(NULL, strstr(reports.message, "noclientlog"));
		config_free(config);
	}
}

TEST(only_deny_serves_nobody)
{
	struct reports reports;
	struct config *config = parse("deny 10\n", &reports);

	ASSERT_NE(NULL, config);
	EXPECT_FALSE(config_serves(&config->server));
	config_free(config);
	config = parse("allow 10\nport 0\n", &reports);
	ASSERT_NE(NULL, config);
	EXPECT_FALSE(config_serves(&config->server));
	config_free(config);
}

/* Who only hands out NTS keys, for another server, has use for both. */
TEST(a_port_that_serves_nobody_is_warned_of)
{
	static const struct {
		const char *text;
		int warnings;
	} cases[] = {
		{ "allow\nport 0", 1 }, { "port 0\nallow 10\ndeny 10.1", 1 },
		{ "port 0", 0 }, { "port 0\ndeny", 0 },
		{ "port 0\nallow\nntsservercert /c\nntsserverkey /k", 0 },
		{ "port 0\nallow\nntsservercert /c\nntsserverkey /k\nntsport 0", 1 },
	};
	struct reports reports;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct config *config = parse(cases[i].text, &reports);

		ASSERT_NE(NULL, config);
		EXPECT_EQ(cases[i].warnings, reports.warnings) TH_LOG("%s", cases[i].text);
		if (cases[i].warnings)
			EXPECT_NE(NULL, strstr(reports.message, "'port 0'"));
		config_free(config);
	}
}

TEST(every_option)
{
	struct reports reports;
	struct config *config = parse("port 1123\nbindaddress 192.0.2.1\nbindaddress 2001:db8::1\n"
				      "binddevice eth0\nclientloglimit 1048576\n"
				      "xdp eth1 native\n"
				      "ratelimit interval 1 burst 16 leak 3 kod 2\n"
				      "local stratum 8 orphan distance 0.1 activate 0.5\n",
				      &reports);

	ASSERT_NE(NULL, config);
	EXPECT_EQ(0, reports.warnings);
	EXPECT_EQ(0, reports.errors) TH_LOG("%s", reports.message);
	EXPECT_EQ(1123, config->server.port);
	EXPECT_STREQ("192.0.2.1", config->server.bind_address4);
	EXPECT_STREQ("2001:db8::1", config->server.bind_address6);
	EXPECT_STREQ("eth0", config->server.bind_device);
	EXPECT_STREQ("eth1", config->server.xdp_device);
	EXPECT_EQ(FAST_PATH_NATIVE, config->server.xdp_mode);
	EXPECT_EQ(1048576, config->server.log_bytes);
	EXPECT_TRUE(config->server.limit.enabled);
	EXPECT_EQ(2 * NS_PER_S, config->server.limit.interval_ns);
	EXPECT_EQ(16, config->server.limit.burst);
	EXPECT_EQ(3, config->server.limit.leak);
	EXPECT_EQ(2, config->server.limit.kod);
	EXPECT_EQ(1, config->server.least_poll);
	EXPECT_EQ(8, config->server.local.stratum);
	EXPECT_TRUE(config->server.local.orphan);
	EXPECT_EQ(NS_PER_S / 10, config->server.local.distance_ns);
	EXPECT_EQ(NS_PER_S / 2, config->server.local.activate_ns);
	EXPECT_EQ(300 * NS_PER_S, config->server.local.wait_unsynced_ns);
	config_free(config);
}

/* Who asks several times a second is told no other interval, unless a limit is configured. */
TEST(no_interval_is_advised_without_a_limit)
{
	struct reports reports;
	struct config *config = parse("allow\n", &reports);

	ASSERT_NE(NULL, config);
	EXPECT_GE(-6, config->server.least_poll);
	config_free(config);
	config = parse("allow\nratelimit\n", &reports);
	ASSERT_NE(NULL, config);
	EXPECT_EQ(3, config->server.least_poll);
	config_free(config);
}

/* No socket of IPv6 here is bound to it, as IPv4 has one of its own. */
TEST(an_ipv4_address_written_as_an_ipv6_one)
{
	struct reports reports;
	struct config *config = parse("bindaddress ::ffff:192.0.2.1\n"
				      "bindacqaddress ::FFFF:C000:202\n"
				      "bindcmdaddress ::ffff:192.0.2.3\n", &reports);

	ASSERT_NE(NULL, config);
	EXPECT_EQ(0, reports.warnings);
	EXPECT_STREQ("192.0.2.1", config->server.bind_address4);
	EXPECT_STREQ("", config->server.bind_address6);
	EXPECT_STREQ("192.0.2.2", config->bind_address4);
	EXPECT_STREQ("", config->bind_address6);
	EXPECT_STREQ("192.0.2.3", config->chronyc.bind_address4);
	EXPECT_STREQ("::1", config->chronyc.bind_address6);
	config_free(config);
}

TEST(chronys_defaults_of_options)
{
	struct reports reports;
	struct config *config = parse("ratelimit\nlocal\nnoclientlog\n", &reports);

	ASSERT_NE(NULL, config);
	EXPECT_EQ(8 * NS_PER_S, config->server.limit.interval_ns);
	EXPECT_EQ(8, config->server.limit.burst);
	EXPECT_EQ(2, config->server.limit.leak);
	EXPECT_EQ(0, config->server.limit.kod);
	EXPECT_EQ(10, config->server.local.stratum);
	EXPECT_EQ(NS_PER_S, config->server.local.distance_ns);
	EXPECT_EQ(0, config->server.local.wait_unsynced_ns);
	EXPECT_EQ(0, config->server.log_bytes);
	config_free(config);
	config = parse("ratelimit interval -19\n", &reports);
	ASSERT_NE(NULL, config);
	EXPECT_EQ(NS_PER_S >> 19, config->server.limit.interval_ns);
	config_free(config);
}

/* Where NTP is served, that process has the port. */
TEST(port_of_requests)
{
	struct reports reports;
	struct config *config = parse("acquisitionport 123\n", &reports);

	ASSERT_NE(NULL, config);
	EXPECT_EQ(0, reports.warnings);
	EXPECT_EQ(123, config->bind_port);
	config_free(config);
	config = parse("acquisitionport 123\nallow 10\n", &reports);
	ASSERT_NE(NULL, config);
	EXPECT_EQ(1, reports.warnings);
	EXPECT_NE(NULL, strstr(reports.message, "own port"));
	config_free(config);
	config = parse("acquisitionport 124\nallow 10\n", &reports);
	ASSERT_NE(NULL, config);
	EXPECT_EQ(0, reports.warnings);
	config_free(config);
}

static const char *const wrong[] = {
	"deny 10.3.0.0/255.255.0.0", "cmddeny 10.0.0.0/x", "deny client.example.net/24",
	"deny 192.168.1.*", "deny 192.168.1.10-192.168.1.20",
	"allow 10.0.0.0/33", "deny ::/129", "allow all 10 11", "port 65536", "port -1",
	"bindaddress eth0", "bindaddress fe80::1%lo", "ratelimit interval", "ratelimit fast 1",
	"ratelimit leak x", "ratelimit burst 2.5", "cmdratelimit kod 1", "local stratum 16",
	"local stratum", "local stratum 2.5", "local orphans",
	"clientloglimit many",
	"xdp", "xdp eth0 fast", "xdp eth0 native generic", "xdp a-name-of-16-char",
};

TEST(what_is_wrong_is_refused)
{
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct reports reports;
		struct config *config = parse(wrong[i], &reports);

		EXPECT_EQ(NULL, config) TH_LOG("%s", wrong[i]);
		EXPECT_EQ(1, reports.errors) TH_LOG("%s", wrong[i]);
	}
}

/* chronyd looks names up when it starts; nothing here waits for a name server. */
TEST(names_are_not_looked_up)
{
	struct reports reports;
	struct config *config = parse("allow client.example.net\n", &reports);

	ASSERT_NE(NULL, config);
	EXPECT_EQ(1, reports.warnings);
	EXPECT_EQ(0, config->server.rule_count);
	config_free(config);
}

/* It would be served; chronyd starts with such a line, and so has this daemon to. */
TEST(nobody_is_served_beside_who_is_refused_by_name)
{
	struct reports reports;
	struct config *config = parse("allow\ndeny client.example.net\ncmdallow 10\nallow all\n",
				      &reports);

	ASSERT_NE(NULL, config);
	EXPECT_EQ(1, reports.warnings);
	EXPECT_EQ(2, reports.line);
	EXPECT_NE(NULL, strstr(reports.message, "nobody is served"))
		TH_LOG("%s", reports.message);
	EXPECT_FALSE(config_serves(&config->server));
	EXPECT_EQ(0, config->server.rule_count);
	EXPECT_EQ(1, config->chronyc.rule_count);
	config_free(config);

	config = parse("allow\ncmdallow all\ncmddeny client.example.net\ncmdallow 10\n", &reports);
	ASSERT_NE(NULL, config);
	EXPECT_NE(NULL, strstr(reports.message, "only this machine may ask"))
		TH_LOG("%s", reports.message);
	EXPECT_TRUE(config_serves(&config->server));
	EXPECT_EQ(0, config->chronyc.rule_count);
	config_free(config);
}

/* chronyd has no limit, and starts; who has none of the lines that count is not served. */
TEST(more_lines_than_there_is_room_for_are_left_out)
{
	const size_t size = (CONFIG_ACCESS_RULES_MAX + 8) * sizeof("allow 10.100.100.1\n");
	char *text = malloc(size);
	struct reports reports;
	struct config *config;
	size_t used = 0;

	ASSERT_NE(NULL, text);
	for (int i = 0; i < CONFIG_ACCESS_RULES_MAX + 2; i++)
		used += (size_t)snprintf(text + used, size - used, "allow 10.%d.%d.1\n", i / 100,
					 i % 100);
	config = parse(text, &reports);
	ASSERT_NE(NULL, config);
	EXPECT_EQ(1, reports.warnings);
	EXPECT_EQ(CONFIG_ACCESS_RULES_MAX + 1, reports.line);
	EXPECT_EQ(CONFIG_ACCESS_RULES_MAX, config->server.rule_count);
	config_free(config);
	snprintf(text + used, size - used, "deny 10.1\ndeny 10.2\n");
	config = parse(text, &reports);
	ASSERT_NE(NULL, config);
	EXPECT_EQ(2, reports.warnings);
	EXPECT_NE(NULL, strstr(reports.message, "nobody is served"))
		TH_LOG("%s", reports.message);
	EXPECT_FALSE(config_serves(&config->server));
	config_free(config);
	free(text);
}

TEST(a_reload_knows_what_changed)
{
	static const char *const texts[] = {
		"allow 10", "allow 11", "deny 10", "allow all 10", "allow 10/9",
		"allow 10\nallow 11",
		"allow 10\nport 1", "allow 10\nbindaddress ::1", "allow 10\nbinddevice lo",
		"allow 10\nratelimit", "allow 10\nratelimit kod 1", "allow 10\nclientloglimit 0",
		"allow 10\nxdp eth0", "allow 10\nxdp eth1", "allow 10\nxdp eth0 native",
	};
	struct reports reports;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(texts); j++) {
			struct config *one = parse(texts[i], &reports);
			struct config *other = parse(texts[j], &reports);

			ASSERT_NE(NULL, one);
			ASSERT_NE(NULL, other);
			EXPECT_EQ(i == j, config_server_equal(&one->server, &other->server))
				TH_LOG("%s, %s", texts[i], texts[j]);
			config_free(one);
			config_free(other);
		}
	}
}

TEST(nts_is_served_with_a_certificate_and_to_somebody)
{
	struct reports reports;
	struct config *config;

	config = parse("allow\nntsservercert /c1\nntsserverkey /k1\nntsservercert /c2\n"
		       "ntsserverkey /k2\nntsport 14460\nntsprocesses 3\nmaxntsconnections 9\n"
		       "ntsntpserver ntp.example.net\nntsrotate 0\nntsratelimit burst 2\n",
		       &reports);
	ASSERT_NE(NULL, config);
	EXPECT_EQ(0, reports.warnings);
	EXPECT_TRUE(config_serves_nts(config));
	EXPECT_EQ(2, config->nts.certificate_count);
	EXPECT_STREQ("/c2", config->nts.certificates[1]);
	EXPECT_STREQ("/k1", config->nts.keys[0]);
	EXPECT_EQ(14460, config->nts.port);
	EXPECT_EQ(3, config->nts.processes);
	EXPECT_EQ(9, config->nts.connections);
	EXPECT_TRUE(config->nts.limit.enabled);
	EXPECT_EQ(64000000000, config->nts.limit.interval_ns);
	EXPECT_EQ(2, config->nts.limit.burst);
	EXPECT_EQ(2, config->nts.limit.leak);
	EXPECT_EQ(0, config->nts.limit.kod);
	EXPECT_STREQ("ntp.example.net", config->nts.ntp_server);
	EXPECT_EQ(0, config->nts.rotate_s);
	config_free(config);

	config = parse("allow\n", &reports);
	ASSERT_NE(NULL, config);
	EXPECT_FALSE(config_serves_nts(config));
	EXPECT_EQ(4460, config->nts.port);
	EXPECT_EQ(1, config->nts.processes);
	EXPECT_EQ(100, config->nts.connections);
	EXPECT_FALSE(config->nts.limit.enabled);
	EXPECT_EQ(604800, config->nts.rotate_s);
	config_free(config);

	config = parse("allow\nntsservercert /c1\nntsserverkey /k1\nntsport 0\n", &reports);
	ASSERT_NE(NULL, config);
	EXPECT_FALSE(config_serves_nts(config));
	config_free(config);
}

TEST(what_is_missing_to_serve_nts_is_said)
{
	struct reports reports;
	struct config *config;

	EXPECT_EQ(NULL, parse("allow\nntsservercert /c1\n", &reports));
	EXPECT_NE(NULL, strstr(reports.message, "each certificate needs its key"));
	EXPECT_EQ(NULL, parse("allow\nntsserverkey /k1\n", &reports));
	config = parse("ntsservercert /c1\nntsserverkey /k1\n", &reports);
	ASSERT_NE(NULL, config);
	EXPECT_NE(NULL, strstr(reports.message, "without 'allow'"));
	EXPECT_FALSE(config_serves_nts(config));
	config_free(config);
}

/* chronyd takes any number: the time is not to be lost for one more than there is room for. */
TEST(certificates_beyond_the_room_are_left_out)
{
	char text[2048] = "allow\n", path[CONFIG_PATH_MAX + 1];
	struct reports reports;
	struct config *config;

	for (int i = 0; i <= CONFIG_NTS_PAIRS_MAX; i++) {
		size_t length = strlen(text);

		snprintf(text + length, sizeof(text) - length,
			 "ntsservercert /c%d\nntsserverkey /k%d\n", i, i);
	}
	config = parse(text, &reports);
	ASSERT_NE(NULL, config);
	EXPECT_EQ(2, reports.warnings);
	EXPECT_NE(NULL, strstr(reports.message, "more than 16 'ntsserverkey'"));
	EXPECT_EQ(CONFIG_NTS_PAIRS_MAX, config->nts.certificate_count);
	EXPECT_STREQ("/k15", config->nts.keys[15]);
	config_free(config);

	memset(path, 'c', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	snprintf(text, sizeof(text), "allow\nntsservercert %s\n", path);
	EXPECT_EQ(NULL, parse(text, &reports));
	EXPECT_NE(NULL, strstr(reports.message, "'ntsservercert' is too long"));
}

TEST_HARNESS_MAIN
