// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keys and cookies as text: what is written is read, what chronyd has left is, too, and what is
 * damaged is refused with a reason.
 */
#include "user/ntp/nts_dump.h"

#include <string.h>
#include <sys/socket.h>

#include "selftests/unit/unit.h"

#define KEYS \
	"000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F " \
	"FFFEFDFCFBFAF9F8F7F6F5F4F3F2F1F0EFEEEDECEBEAE9E8E7E6E5E4E3E2E1E0"
#define HEAD	"NNC0\nntp.example.net\n1795438258.8\n192.0.2.1 123\n"

/* A file of chronyd 4.3, but for the cookies' length. */
static const char chrony[] = HEAD "1 15 " KEYS "\n89E3E367\n0102030405060708\n";

static const char *read_text(const char *text, struct nts_dump *dump)
{
	char copy[NTS_DUMP_MAX];

	strcpy(copy, text);
	return nts_dump_read(copy, dump);
}

TEST(a_file_of_chronyd_is_read)
{
	struct nts_dump dump;

	ASSERT_EQ(NULL, read_text(chrony, &dump));
	EXPECT_STREQ("ntp.example.net", dump.name);
	EXPECT_EQ(1795438258.8, dump.established_s);
	EXPECT_EQ(AF_INET, dump.address.family);
	EXPECT_EQ(123, dump.port);
	EXPECT_EQ(1, dump.number);
	EXPECT_EQ(AEAD_AES_SIV_CMAC_256, dump.keys.algorithm);
	/* The server's key first. */
	EXPECT_EQ(0x1f, dump.keys.s2c[31]);
	EXPECT_EQ(0xff, dump.keys.c2s[0]);
	ASSERT_EQ(2, dump.count);
	EXPECT_EQ(4, dump.cookies[0].size);
	EXPECT_EQ(8, dump.cookies[1].size);
	EXPECT_EQ(0x08, dump.cookies[1].bytes[7]);
}

TEST(what_is_written_is_read)
{
	struct nts_dump dump, again;
	char text[NTS_DUMP_MAX];
	size_t length;

	ASSERT_EQ(NULL, read_text(chrony, &dump));
	length = nts_dump_write(&dump, text, sizeof(text));
	ASSERT_EQ(strlen(chrony), length);
	EXPECT_STREQ(chrony, text);
	/* The longest one: it fits, and nothing less than all of it is written. */
	for (dump.count = 0; dump.count < NTS_COOKIES; dump.count++) {
		dump.cookies[dump.count].size = NTS_COOKIE_MAX;
		memset(dump.cookies[dump.count].bytes, (int)dump.count, NTS_COOKIE_MAX);
	}
	ASSERT_EQ(0, net_address_parse("2001:db8::1", AF_INET6, &dump.address));
	length = nts_dump_write(&dump, text, sizeof(text));
	ASSERT_LT(0, length);
	ASSERT_EQ(NULL, read_text(text, &again));
	EXPECT_EQ(0, memcmp(&dump.cookies, &again.cookies, sizeof(dump.cookies)));
	EXPECT_TRUE(net_address_equal(&dump.address, &again.address));
	for (size_t room = 0; room <= length; room += 97)
		EXPECT_EQ(0, nts_dump_write(&dump, text, room));
}

TEST(what_is_damaged_is_refused)
{
	static const struct {
		const char *text;
		const char *says;
	} cases[] = {
		{ "", "no such file" },
		{ "NNC0", "no such file" },
		{ "NNC1\n", "no such file" },
		{ "NNC0\n", "names no server" },
		{ "NNC0\na b\n", "names no server" },
		{ "NNC0\na\n", "no date" },
		{ "NNC0\na\nx\n", "no date" },
		{ "NNC0\na\nnan\n", "no date" },
		{ "NNC0\na\n-1\n", "no date" },
		{ "NNC0\na\n1e99\n", "no date" },
		{ "NNC0\na\n1\nhost 123\n", "no address" },
		{ "NNC0\na\n1\n192.0.2.1\n", "no address" },
		{ "NNC0\na\n1\n192.0.2.1 0\n", "no address" },
		{ "NNC0\na\n1\n192.0.2.1 65536\n", "no address" },
		{ HEAD "1 15 00\n", "no keys" },
		{ HEAD "-1 15 " KEYS "\n", "no number" },
		{ HEAD "1 16 " KEYS "\n", "algorithm that there is not" },
		{ HEAD "1 15 00 00\n", "keys are damaged" },
		{ HEAD "1 15 " KEYS "00\n", "keys are damaged" },
		{ HEAD "1 15 " KEYS "\n", "no cookies" },
		{ HEAD "1 15 " KEYS "\n\n", "cookies are damaged" },
		{ HEAD "1 15 " KEYS "\n0102030\n", "cookies are damaged" },
		{ HEAD "1 15 " KEYS "\n010203\n", "cookies are damaged" },
		{ HEAD "1 15 " KEYS "\n0102030G\n", "cookies are damaged" },
		{ HEAD "1 15 " KEYS "\n01020304", "cookies are damaged" },
		{ HEAD "1 15 " KEYS "\n01020304\n01020304\n01020304\n01020304\n01020304\n"
		  "01020304\n01020304\n01020304\n01020304\n", "too many" },
	};
	struct nts_dump dump;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *problem = read_text(cases[i].text, &dump);

		ASSERT_NE(NULL, problem)
			TH_LOG("%s", cases[i].text);
		EXPECT_NE(NULL, strstr(problem, cases[i].says))
			TH_LOG("%s: %s", cases[i].text, problem);
	}
}

TEST_HARNESS_MAIN
