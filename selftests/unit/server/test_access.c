// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who is served: networks as chrony.conf has them, and the rules against a plain search.
 */
#include "user/server/access.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "selftests/unit/unit.h"

static const struct {
	const char *text;
	int expected;
	const char *network;
	int prefix;
} networks[] = {
	{ "", 0, "", 0 },
	{ "1.2.3.4", 0, "1.2.3.4", 32 },
	{ "3.4.5.0/24", 0, "3.4.5.0", 24 },
	{ "3.4.5", 0, "3.4.5.0", 24 },
	{ "3.4", 0, "3.4.0.0", 16 },
	{ "3", 0, "3.0.0.0", 8 },
	{ "10.1/12", 0, "10.0.0.0", 12 },
	{ "3.4.5.6/24", 0, "3.4.5.0", 24 },
	{ "0/0", 0, "0.0.0.0", 0 },
	{ "::/0", 0, "::", 0 },
	{ "2001:db8::/32", 0, "2001:db8::", 32 },
	{ "2001:db8::1", 0, "2001:db8::1", 128 },
	{ "2001:db8:ffff::/33", 0, "2001:db8:8000::", 33 },
	/* IPv4 by another name, as long as the name is in it. */
	{ "::ffff:1.2.3.4", 0, "1.2.3.4", 32 },
	{ "::ffff:1.2.3.4/128", 0, "1.2.3.4", 32 },
	{ "::ffff:1.2.3.4/104", 0, "1.0.0.0", 8 },
	{ "::ffff:0:0/96", 0, "0.0.0.0", 0 },
	{ "::ffff:1.2.3.4/95", 0, "::fffe:0:0", 95 },
	{ "::ffff:1.2.3.4/32", 0, "::", 32 },
	{ "::ffff:1.2.3.4/129", -ERANGE, NULL, 0 },
	{ "1.2.3.4/33", -ERANGE, NULL, 0 },
	{ "::/129", -ERANGE, NULL, 0 },
	{ "1.2.3.4/99999999999999999999", -ERANGE, NULL, 0 },
	{ "1.2.3.4/", -EINVAL, NULL, 0 },
	{ "1.2.3.4/-1", -EINVAL, NULL, 0 },
	{ "1.2.3.4/8x", -EINVAL, NULL, 0 },
	{ "1.2.3.4.5", -EINVAL, NULL, 0 },
	{ "1.2.3.", -EINVAL, NULL, 0 },
	{ ".1", -EINVAL, NULL, 0 },
	{ "1..2", -EINVAL, NULL, 0 },
	{ "256", -EINVAL, NULL, 0 },
	{ "fe80::1%lo", -EINVAL, NULL, 0 },
	{ "ntp.example.net", -EINVAL, NULL, 0 },
	{ "/8", -EINVAL, NULL, 0 },
};

TEST(networks_as_chrony_writes_them)
{
	for (size_t i = 0; i < ARRAY_SIZE(networks); i++) {
		char text[NET_ADDRESS_TEXT_MAX];
		struct access_rule rule;

		ASSERT_EQ(networks[i].expected, access_rule_parse(networks[i].text, &rule))
			TH_LOG("%s", networks[i].text);
		if (networks[i].expected)
			continue;
		net_address_format(&rule.network, text);
		EXPECT_STREQ(networks[i].network, text);
		EXPECT_EQ(networks[i].prefix, rule.prefix);
	}
}

/* "+NETWORK", "-NETWORK", with "all " before the network. */
static struct access_table *table_of(const char *const *words, size_t count)
{
	struct access_rule rules[8];

	for (size_t i = 0; i < count; i++) {
		const char *text = words[i] + 1;
		bool all = !strncmp(text, "all ", 4);

		rules[i] = (struct access_rule){ .allow = words[i][0] == '+', .all = all };
		if (access_rule_parse(all ? text + 4 : text, &rules[i]))
			return NULL;
	}

	return access_table_new(rules, count);
}

static bool allows(const struct access_table *table, const char *text)
{
	struct net_address address;

	return !net_address_parse(text, AF_UNSPEC, &address) &&
	       access_table_allows(table, &address);
}

/* The manual's two examples: the longest prefix decides, "all" forgets what was before it. */
TEST(longest_prefix_decides)
{
	static const char *const plain[] = { "+1.2.3.4", "-1.2.3.0/24", "+1.2.0.0/16" };
	static const char *const all[] = { "+1.2.3.4", "-1.2.3.0/24", "+all 1.2.0.0/16" };
	struct access_table *table = table_of(plain, ARRAY_SIZE(plain));

	ASSERT_NE(NULL, table);
	EXPECT_TRUE(allows(table, "1.2.3.4"));
	EXPECT_FALSE(allows(table, "1.2.3.5"));
	EXPECT_TRUE(allows(table, "1.2.4.0"));
	EXPECT_TRUE(allows(table, "1.2.255.255"));
	EXPECT_FALSE(allows(table, "1.3.0.0"));
	EXPECT_FALSE(allows(table, "1.1.255.255"));
	EXPECT_FALSE(allows(table, "::1.2.3.4"));
	access_table_free(table);
	table = table_of(all, ARRAY_SIZE(all));
	ASSERT_NE(NULL, table);
	EXPECT_TRUE(allows(table, "1.2.3.5"));
	access_table_free(table);
}

TEST(without_a_network_it_is_everybody)
{
	static const char *const but[] = { "+", "-10", "-2001:db8::/32" };
	static const char *const everybody[] = { "+" };
	static const char *const ipv4[] = { "+0/0" }, *const ipv6[] = { "+::/0" };
	static const char *const none[] = { "+10", "-all " };
	struct access_table *table = table_of(everybody, 1);

	EXPECT_TRUE(allows(table, "0.0.0.0"));
	EXPECT_TRUE(allows(table, "255.255.255.255"));
	EXPECT_TRUE(allows(table, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
	access_table_free(table);
	table = table_of(but, ARRAY_SIZE(but));
	EXPECT_FALSE(allows(table, "10.255.255.255"));
	EXPECT_TRUE(allows(table, "11.0.0.0"));
	EXPECT_FALSE(allows(table, "2001:db8:ffff::1"));
	EXPECT_TRUE(allows(table, "2001:db9::"));
	access_table_free(table);
	table = table_of(ipv4, 1);
	EXPECT_TRUE(allows(table, "192.0.2.1"));
	EXPECT_FALSE(allows(table, "2001:db8::1"));
	access_table_free(table);
	table = table_of(ipv6, 1);
	EXPECT_FALSE(allows(table, "192.0.2.1"));
	EXPECT_TRUE(allows(table, "2001:db8::1"));
	access_table_free(table);
	table = table_of(none, ARRAY_SIZE(none));
	EXPECT_FALSE(allows(table, "10.0.0.1"));
	access_table_free(table);
	table = table_of(NULL, 0);
	EXPECT_FALSE(allows(table, "127.0.0.1"));
	access_table_free(table);
}

static bool is_in(const struct access_rule *rule, const struct net_address *address)
{
	if (rule->network.family != AF_UNSPEC && rule->network.family != address->family)
		return false;
	for (int bit = 0; bit < rule->prefix; bit++) {
		if ((rule->network.bytes[bit / 8] ^ address->bytes[bit / 8]) & 0x80 >> bit % 8)
			return false;
	}

	return true;
}

/* As the manual says it, rule by rule. */
static bool allows_plainly(const struct access_rule *rules, size_t count,
			   const struct net_address *address)
{
	int longest = -1;
	bool allow = false;

	for (size_t i = 0; i < count; i++) {
		if (!is_in(&rules[i], address))
			continue;
		if (rules[i].prefix >= longest || rules[i].all) {
			longest = rules[i].prefix;
			allow = rules[i].allow;
		}
	}

	return allow;
}

/* Few bits differ, so that networks contain each other. */
static struct net_address random_address(struct unit_random *random, int family)
{
	struct net_address address = { .family = family };

	for (int i = 0; i < access_bits(family) / 8; i++)
		address.bytes[i] = (uint8_t)(unit_random_below(random, 3) <<
					     unit_random_below(random, 8));

	return address;
}

TEST(random_rules_agree_with_a_plain_search)
{
	struct unit_random random = { 16 };

	for (int game = 0; game < 2000; game++) {
		struct access_rule rules[12];
		size_t count = unit_random_below(&random, ARRAY_SIZE(rules) + 1);
		struct access_table *table;

		for (size_t i = 0; i < count; i++) {
			char text[NET_ADDRESS_TEXT_MAX], network[NET_ADDRESS_TEXT_MAX + 8];
			int family = unit_random_below(&random, 2) ? AF_INET : AF_INET6;
			struct net_address address = random_address(&random, family);

			net_address_format(&address, text);
			snprintf(network, sizeof(network), "%s/%d", text,
				 (int)unit_random_below(&random, access_bits(family) + 1));
			rules[i] = (struct access_rule){
				.allow = unit_random_below(&random, 2),
				.all = !unit_random_below(&random, 4),
			};
			if (!unit_random_below(&random, 8))
				network[0] = '\0';
			ASSERT_EQ(0, access_rule_parse(network, &rules[i]));
		}
		table = access_table_new(rules, count);
		ASSERT_NE(NULL, table);
		for (int i = 0; i < 50; i++) {
			struct net_address address =
				random_address(&random, i % 2 ? AF_INET : AF_INET6);

			ASSERT_EQ(allows_plainly(rules, count, &address),
				  access_table_allows(table, &address))
				TH_LOG("game %d", game);
		}
		access_table_free(table);
	}
}

static double cpu_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);

	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* A list of whom somebody else found to be hostile: meanwhile nobody is served. */
TEST(many_rules_take_no_time)
{
	struct unit_random random = { 18 };
	static struct access_rule rules[10000];
	struct access_table *table;
	double begun_s;

	ASSERT_EQ(0, access_rule_parse("", &rules[0]));
	rules[0].allow = true;
	for (size_t i = 1; i < ARRAY_SIZE(rules); i++) {
		char network[64];

		snprintf(network, sizeof(network), "%d.%d.%d.0/24",
			 (int)unit_random_below(&random, 224), (int)unit_random_below(&random, 256),
			 (int)unit_random_below(&random, 256));
		ASSERT_EQ(0, access_rule_parse(network, &rules[i]));
	}
	begun_s = cpu_s();
	table = access_table_new(rules, ARRAY_SIZE(rules));
	ASSERT_NE(NULL, table);
	EXPECT_GT(2.0, cpu_s() - begun_s);
	access_table_free(table);
}

/* What is left out when rules come one by one makes no difference. */
TEST(random_rules_one_by_one)
{
	struct unit_random random = { 17 };

	for (int game = 0; game < 2000; game++) {
		struct access_rule rules[40], *kept = NULL;
		size_t count = 0;

		for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
			struct access_rule *with;
			char network[64];

			snprintf(network, sizeof(network), "%s/%d", i % 2 ? "10.0.0.0" : "fd00::",
				 8 * (int)unit_random_below(&random, 4));
			rules[i] = (struct access_rule){
				.allow = unit_random_below(&random, 2),
				.all = !unit_random_below(&random, 4),
			};
			if (!unit_random_below(&random, 8))
				network[0] = '\0';
			ASSERT_EQ(0, access_rule_parse(network, &rules[i]));
			with = access_rules_with(kept, &count, &rules[i]);
			ASSERT_NE(NULL, with);
			free(kept);
			kept = with;
			for (int family = 0; family < 2; family++) {
				struct net_address address =
					random_address(&random, family ? AF_INET : AF_INET6);

				if (unit_random_below(&random, 2))
					address.bytes[0] = family ? 10 : 0xfd;
				if (unit_random_below(&random, 2))
					address.bytes[1] = 0;
				ASSERT_EQ(allows_plainly(rules, i + 1, &address),
					  allows_plainly(kept, count, &address))
					TH_LOG("game %d", game);
			}
		}
		/* Each network, and everybody, once with "all" and once without. */
		EXPECT_GE(2 * (2 * 4 + 1), count);
		free(kept);
	}
}

TEST_HARNESS_MAIN
