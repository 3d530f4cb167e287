// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which sources a command is about: chronyc's addresses, masks and names.
 */
#include "user/sources/source_match.h"

#include <errno.h>
#include <string.h>

#include "selftests/unit/unit.h"

static bool has(const char *text, const char *name, const char *address)
{
	struct net_address parsed = { .family = AF_UNSPEC };
	struct source_match match;
	const char *error;

	if (source_match_parse(text, &match, &error))
		exit(1);
	if (*address && net_address_parse(address, AF_UNSPEC, &parsed))
		exit(1);
	return source_match_has(&match, name, &parsed);
}

TEST(nothing_is_all)
{
	EXPECT_TRUE(has("", "a", "192.0.2.1"));
	EXPECT_TRUE(has("", "a", "2001:db8::1"));
	EXPECT_TRUE(has("", "a", ""));
}

TEST(an_address_is_one_source)
{
	EXPECT_TRUE(has("192.0.2.1", "a", "192.0.2.1"));
	EXPECT_FALSE(has("192.0.2.1", "a", "192.0.2.2"));
	EXPECT_FALSE(has("192.0.2.1", "192.0.2.1", ""));
	EXPECT_TRUE(has("2001:db8::1", "a", "2001:db8:0::1"));
	EXPECT_FALSE(has("2001:db8::1", "a", "2001:db8::2"));
	EXPECT_TRUE(has("fe80::1%lo", "a", "fe80::1%lo"));
	EXPECT_FALSE(has("fe80::1", "a", "fe80::1%lo"));
	/* The same address by another name. */
	EXPECT_TRUE(has("::ffff:192.0.2.1", "a", "192.0.2.1"));
}

TEST(masks_are_chronycs)
{
	static const struct {
		const char *text;
		const char *address;
		bool has;
	} cases[] = {
		{ "255.255.0.0/1.2.0.0", "1.2.3.4", true },
		{ "255.255.0.0/1.2.0.0", "1.3.3.4", false },
		{ "255.255.255.0/1.2.3.77", "1.2.3.4", true },
		{ "1.2.0.0/16", "1.2.3.4", true },
		{ "1.2.0.0/15", "1.3.3.4", true },
		{ "1.2.0.0/16", "1.3.3.4", false },
		{ "1.2.3.4/32", "1.2.3.4", true },
		{ "1.2.3.4/32", "1.2.3.5", false },
		{ "2001:db8:789a::/48", "2001:db8:789a:1::5", true },
		{ "2001:db8:789a::/48", "2001:db8:789b:1::5", false },
		{ "ffff:ffff::/2001:db8::", "2001:db8:5::1", true },
		{ "0.0.0.0/0.0.0.0", "192.0.2.1", true },
		{ "0.0.0.0/0.0.0.0", "2001:db8::1", false },
		{ "::/0", "2001:db8::1", true },
		{ "::/0", "192.0.2.1", false },
		{ "::/0", "fe80::1%lo", true },
		{ "::/0", "", false },
		{ "::ffff:10.0.0.0/120", "10.0.0.5", true },
		{ "::ffff:10.0.0.0/120", "10.0.1.5", false },
		{ "::ffff:10.0.0.1/128", "10.0.0.1", true },
		{ "::ffff:0.0.0.0/96", "192.0.2.1", true },
		{ "::ffff:0.0.0.0/96", "2001:db8::1", false },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		EXPECT_EQ(cases[i].has, has(cases[i].text, "a", cases[i].address))
			TH_LOG("case %zu", i);
}

/* As chronyc sends them: the address has become an IPv4 one then, and its mask has not. */
TEST(a_mask_of_another_family)
{
	static const struct {
		const char *mask;
		const char *address;
		const char *of;
		bool has;
	} cases[] = {
		{ "255.255.255.0", "10.0.0.0", "10.0.0.5", true },
		{ "255.255.255.0", "10.0.0.0", "10.0.1.5", false },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ff00", "10.0.0.0", "10.0.0.5", true },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ff00", "10.0.0.0", "10.0.1.5", false },
		{ "ffff:ffff:ffff:ffff:ffff:ffff::", "0.0.0.0", "10.0.1.5", true },
		{ "ffff:ffff:ffff:ffff:ffff:ffff::", "0.0.0.0", "2001:db8::1", false },
		{ "ffff:ffff::", "10.0.0.5", "10.0.0.5", true },
		{ "ffff:ffff::", "10.0.0.0", "10.0.0.5", false },
		{ "255.0.0.0", "2001:db8::1", "2001:db8::1", true },
		{ "255.0.0.0", "2001:db8::", "2001:db8::1", false },
	};
	struct net_address mask, address, of;
	struct source_match match;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		ASSERT_EQ(0, net_address_parse(cases[i].mask, AF_UNSPEC, &mask));
		ASSERT_EQ(0, net_address_parse(cases[i].address, AF_UNSPEC, &address));
		ASSERT_EQ(0, net_address_parse(cases[i].of, AF_UNSPEC, &of));
		source_match_subnet(&mask, &address, &match);
		EXPECT_EQ(cases[i].has, source_match_has(&match, "a", &of)) TH_LOG("case %zu", i);
	}
}

TEST(a_name_is_all_sources_of_that_name)
{
	EXPECT_TRUE(has("pool.example.net", "pool.example.net", "192.0.2.1"));
	EXPECT_TRUE(has("Pool.Example.NET", "pool.example.net", ""));
	EXPECT_FALSE(has("pool.example.net", "example.net", "192.0.2.1"));
}

/* Or was never there: such a source has no address, and is to be deleted all the same. */
TEST(an_address_whose_interface_is_gone_is_a_name)
{
	struct source_match match;
	const char *error;

	EXPECT_TRUE(has("fe80::1%nosuchthing", "fe80::1%nosuchthing", ""));
	EXPECT_FALSE(has("fe80::1%nosuchthing", "fe80::1%other", ""));
	EXPECT_FALSE(has("fe80::1%nosuchthing", "a", "fe80::1%lo"));
	EXPECT_EQ(0, source_match_parse_one("fe80::1%nosuchthing", &match, &error));
}

TEST(what_is_none_of_these_is_refused_with_a_reason)
{
	static const char *const texts[] = {
		"/", "1.2.3.4/", "/16", "1.2.3.4/33", "::/129", "1.2.3.4/-1", "1.2.3.4/+1",
		"1.2.3.4/16x", "255.0.0.0/::1", "ffff::/1.2.3.4", "name/16", "1.2.3.4/0000000016",
		"1.2.3.4/1.2.3.4/5", "fe80::1%lo/64",
		"::ffff:1.2.3.4/129", "::ffff:1.2.3.4/24", "::ffff:1.2.3.4/95",
	};
	char name[SOURCE_NAME_MAX + 1];
	struct source_match match;
	const char *error;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		error = "";
		EXPECT_EQ(-EINVAL, source_match_parse(texts[i], &match, &error))
			TH_LOG("%s", texts[i]);
		EXPECT_NE('\0', *error);
	}
	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	EXPECT_EQ(-EINVAL, source_match_parse(name, &match, &error));
}

TEST_HARNESS_MAIN
