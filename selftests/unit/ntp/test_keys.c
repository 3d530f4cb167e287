// SPDX-License-Identifier: GPL-2.0-only
/*
 * Key files: what a line may be, what is said of others, and that no report shows a secret.
 */
#include "user/ntp/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "selftests/unit/unit.h"

/* What was reported: all of it, a line each. */
struct reports {
	int warnings;
	int errors;
	int line;
	char text[4096];
};

static void keep_report(void *context, enum ntp_keys_severity severity, const char *file, int line,
			const char *message)
{
	struct reports *reports = context;
	size_t length = strlen(reports->text);

	if (severity == NTP_KEYS_ERROR)
		reports->errors++;
	else
		reports->warnings++;
	reports->line = line;
	snprintf(reports->text + length, sizeof(reports->text) - length, "%s:%d: %s\n", file, line,
		 message);
}

static struct ntp_keys *read_text(const char *text, struct reports *reports)
{
	struct ntp_keys *keys = NULL;

	memset(reports, 0, sizeof(*reports));
	if (ntp_keys_read("test.keys", text, strlen(text), keep_report, reports, &keys))
		return NULL;
	return keys;
}

static bool is_secret(const struct ntp_key *key, const char *secret, size_t length)
{
	return key->length == length && !memcmp(key->secret, secret, length);
}

/* The example of chrony's manual, with comments of all kinds. */
static const char example[] =
	"# comment\n"
	"! comment\n"
	"  ; comment\n"
	"%comment\n"
	"\n"
	"10 tulip\n"
	"11 hyacinth\n"
	"20 MD5 ASCII:crocus\n"
	"25 SHA1 HEX:933F62BE1D604E68A81B557F18CFA200483F5B70\n"
	"30 AES128 HEX:7ea62ae64d190114d46d5a082f948ec1\r\n"
	"\t31\tAES256   HEX:37DDCBC67BB902BCB8E995977FAB4D2B5642F5B32EBCEEE421921D97E5CBFE39";

TEST(chronys_example_is_understood)
{
	static const uint32_t ids[] = { 10, 11, 20, 25, 30, 31 };
	struct reports reports;
	struct ntp_keys *keys = read_text(example, &reports);

	ASSERT_NE(NULL, keys);
	EXPECT_EQ(0, reports.errors)
		TH_LOG("%s", reports.text);
	ASSERT_EQ(ARRAY_SIZE(ids), ntp_keys_count(keys));
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		EXPECT_EQ(ids[i], ntp_keys_at(keys, i)->id);
		EXPECT_EQ(ntp_keys_at(keys, i), ntp_keys_find(keys, ids[i]));
	}
	EXPECT_EQ(NULL, ntp_keys_at(keys, ARRAY_SIZE(ids)));
	EXPECT_EQ(NULL, ntp_keys_find(keys, 12));
	EXPECT_EQ(NULL, ntp_keys_find(keys, 0));

	EXPECT_EQ(NTP_MAC_MD5, ntp_keys_find(keys, 10)->type);
	EXPECT_TRUE(is_secret(ntp_keys_find(keys, 10), "tulip", 5));
	EXPECT_EQ(NTP_MAC_MD5, ntp_keys_find(keys, 20)->type);
	EXPECT_TRUE(is_secret(ntp_keys_find(keys, 20), "crocus", 6));
	EXPECT_EQ(NTP_MAC_SHA1, ntp_keys_find(keys, 25)->type);
	EXPECT_EQ(20, ntp_keys_find(keys, 25)->length);
	EXPECT_EQ(0x93, ntp_keys_find(keys, 25)->secret[0]);
	EXPECT_EQ(0x70, ntp_keys_find(keys, 25)->secret[19]);
	EXPECT_EQ(NTP_MAC_AES128, ntp_keys_find(keys, 30)->type);
	EXPECT_EQ(0xc1, ntp_keys_find(keys, 30)->secret[15]);
	EXPECT_EQ(NTP_MAC_AES256, ntp_keys_find(keys, 31)->type);
	EXPECT_EQ(32, ntp_keys_find(keys, 31)->length);
	ntp_keys_free(keys);
}

TEST(the_types)
{
	static const enum ntp_mac_type types[] = {
		NTP_MAC_MD5, NTP_MAC_SHA1, NTP_MAC_SHA256, NTP_MAC_SHA384, NTP_MAC_SHA512,
		NTP_MAC_SHA3_224, NTP_MAC_SHA3_256, NTP_MAC_SHA3_384, NTP_MAC_SHA3_512,
	};
	struct reports reports;
	struct ntp_keys *keys = read_text("1 MD5 a\n2 SHA1 a\n3 SHA256 a\n4 SHA384 a\n5 SHA512 a\n"
					  "6 SHA3-224 a\n7 SHA3-256 a\n8 SHA3-384 a\n9 SHA3-512 a\n",
					  &reports);

	ASSERT_NE(NULL, keys);
	for (uint32_t id = 1; id <= ARRAY_SIZE(types); id++)
		EXPECT_EQ(types[id - 1], ntp_keys_find(keys, id)->type);
	ntp_keys_free(keys);
}

/* A plain key is whatever begins with no prefix in capitals. */
TEST(plain_keys)
{
	struct reports reports;
	struct ntp_keys *keys = read_text("1 SHA1 hex:12\n2 SHA1 ascii:a\n3 SHA1 ASCII:HEX:12\n"
					  "4 SHA1 #1\n4294967295 SHA1 MD5\n6 SHA1\n", &reports);

	ASSERT_NE(NULL, keys);
	EXPECT_EQ(0, reports.errors);
	EXPECT_TRUE(is_secret(ntp_keys_find(keys, 1), "hex:12", 6));
	EXPECT_TRUE(is_secret(ntp_keys_find(keys, 2), "ascii:a", 7));
	EXPECT_TRUE(is_secret(ntp_keys_find(keys, 3), "HEX:12", 6));
	EXPECT_TRUE(is_secret(ntp_keys_find(keys, 4), "#1", 2));
	EXPECT_TRUE(is_secret(ntp_keys_find(keys, UINT32_MAX), "MD5", 3));
	/* Two words are a number and an MD5 key, whatever that is. */
	EXPECT_EQ(NTP_MAC_MD5, ntp_keys_find(keys, 6)->type);
	EXPECT_TRUE(is_secret(ntp_keys_find(keys, 6), "SHA1", 4));
	ntp_keys_free(keys);
}

/* What is wrong with the second line, and has to be said. */
static const struct {
	const char *line;
	const char *message;
} mistakes[] = {
	{ "7", "a number, a type and a key were expected" },
	{ "7 SHA1 Geheimnis more", "without blanks" },
	{ "7 SHA1 Geheimnis # comment", "a comment needs a line of its own" },
	{ "x SHA1 Geheimnis", "does not begin with a key's number" },
	{ "-1 SHA1 Geheimnis", "does not begin with a key's number" },
	{ "7x SHA1 Geheimnis", "does not begin with a key's number" },
	{ "\xef\xbb\xbf 7", "begins with a byte order mark, which cannot be seen" },
	{ "0 SHA1 Geheimnis", "1 to 4294967295" },
	{ "4294967296 SHA1 Geheimnis", "1 to 4294967295" },
	{ "99999999999999999999999 SHA1 Geheimnis", "1 to 4294967295" },
	{ "Geheimnis 7", "does not begin with a key's number" },
	{ "7 Geheim nis", "key 7 is skipped: its type is none of MD5" },
	{ "7 sha1 Geheimnis", "in capitals" },
	{ "7 SHA3 Geheimnis", "its type is none of" },
	{ "7 SHA1 HEX:123", "key 7 is skipped: after HEX:" },
	{ "7 SHA1 HEX:12zz", "hexadecimal" },
	{ "7 SHA1 HEX:+1", "hexadecimal" },
	{ "7 SHA1 HEX:", "key 7 is skipped: it is empty" },
	{ "7 ASCII:", "key 7 is skipped: it is empty" },
	{ "7 AES128 HEX:0123456789abcdef", "it has 64 bits, and AES128 keys have 128" },
	{ "7 AES256 Geheimnis", "it has 72 bits, and AES256 keys have 256" },
	{ "1 SHA1 Geheimnis", "key 1 is skipped: line 1 has it already" },
};

/* As by chronyd, a bad line is skipped, and the others are good. */
TEST(a_bad_line_does_not_lose_the_others)
{
	for (size_t i = 0; i < ARRAY_SIZE(mistakes); i++) {
		struct reports reports;
		struct ntp_keys *keys;
		char text[256];

		snprintf(text, sizeof(text), "1 SHA1 first\n%s\n3 SHA1 third\n", mistakes[i].line);
		keys = read_text(text, &reports);
		ASSERT_NE(NULL, keys);
		EXPECT_EQ(1, reports.errors)
			TH_LOG("%s", mistakes[i].line);
		EXPECT_EQ(2, reports.line);
		EXPECT_NE(NULL, strstr(reports.text, mistakes[i].message))
			TH_LOG("%s: %s", mistakes[i].line, reports.text);
		EXPECT_EQ(0, strncmp(reports.text, "test.keys:2: ", 13));
		EXPECT_EQ(NULL, strstr(reports.text, "Geheim"));
		EXPECT_EQ(NULL, strstr(reports.text, "nis"));
		EXPECT_EQ(2, ntp_keys_count(keys));
		EXPECT_TRUE(is_secret(ntp_keys_find(keys, 1), "first", 5));
		EXPECT_TRUE(is_secret(ntp_keys_find(keys, 3), "third", 5));
		ntp_keys_free(keys);
	}
}

TEST(lines_have_a_length)
{
	char text[2 * NTP_KEYS_LINE_MAX];
	struct reports reports;
	struct ntp_keys *keys;

	/* The longest, then one more. */
	for (size_t length = NTP_KEYS_LINE_MAX; length <= NTP_KEYS_LINE_MAX + 1; length++) {
		memset(text, 'a', length);
		memcpy(text, "1 ", 2);
		strcpy(text + length, "\n2 SHA1 b\n");
		keys = read_text(text, &reports);
		ASSERT_NE(NULL, keys);
		EXPECT_NE(NULL, ntp_keys_find(keys, 2));
		if (length == NTP_KEYS_LINE_MAX) {
			ASSERT_NE(NULL, ntp_keys_find(keys, 1));
			EXPECT_EQ(NTP_KEY_SECRET_MAX, ntp_keys_find(keys, 1)->length);
		} else {
			EXPECT_EQ(NULL, ntp_keys_find(keys, 1));
			EXPECT_NE(NULL, strstr(reports.text, "2047 bytes are the most"));
		}
		ntp_keys_free(keys);
	}
}

TEST(a_zero_byte_is_no_text)
{
	static const char text[] = "1 SHA1 a\0b\n2 SHA1 b\n";
	struct reports reports = { 0 };
	struct ntp_keys *keys;

	ASSERT_EQ(0, ntp_keys_read("test.keys", text, sizeof(text) - 1, keep_report, &reports,
				   &keys));
	EXPECT_EQ(1, reports.errors);
	EXPECT_EQ(1, ntp_keys_count(keys));
	ntp_keys_free(keys);
}

TEST(md5_is_warned_of_once)
{
	struct reports reports;
	struct ntp_keys *keys = read_text("5 SHA1 a\n9 MD5 a\n3 b\n4 MD5 c\n", &reports);

	EXPECT_EQ(1, reports.warnings);
	EXPECT_EQ(0, reports.errors);
	EXPECT_NE(NULL, strstr(reports.text, "test.keys:2: key 9 and others are of type MD5"));
	EXPECT_NE(NULL, strstr(reports.text, "AES128"));
	ntp_keys_free(keys);
	keys = read_text("5 SHA1 a\n", &reports);
	EXPECT_EQ(0, reports.warnings);
	ntp_keys_free(keys);
}

TEST(many_keys_are_sorted)
{
	enum { COUNT = 500 };
	static char text[COUNT * 32];
	struct reports reports;
	struct ntp_keys *keys;

	for (unsigned int i = 0; i < COUNT; i++)
		sprintf(text + strlen(text), "%u SHA1 %u\n", i * 7919 % COUNT + 1, i);
	keys = read_text(text, &reports);
	ASSERT_NE(NULL, keys);
	EXPECT_EQ(0, reports.errors);
	ASSERT_EQ(COUNT, ntp_keys_count(keys));
	for (uint32_t id = 1; id <= COUNT; id++) {
		EXPECT_EQ(id, ntp_keys_at(keys, id - 1)->id);
		EXPECT_EQ(id, ntp_keys_find(keys, id)->id);
	}
	ntp_keys_free(keys);
}

TEST(no_keys_are_no_keys)
{
	struct reports reports;
	struct ntp_keys *keys = read_text("", &reports);

	EXPECT_EQ(0, ntp_keys_count(keys));
	EXPECT_EQ(NULL, ntp_keys_at(keys, 0));
	ntp_keys_free(keys);
	ntp_keys_free(NULL);
	EXPECT_EQ(0, ntp_keys_count(NULL));
	EXPECT_EQ(NULL, ntp_keys_find(NULL, 1));
}

FIXTURE(file) {
	char path[64];
	struct reports reports;
	struct ntp_keys *keys;
};

FIXTURE_SETUP(file)
{
	int fd;

	memset(self, 0, sizeof(*self));
	strcpy(self->path, "/tmp/test_keys.XXXXXX");
	fd = mkstemp(self->path);
	ASSERT_LE(0, fd);
	ASSERT_EQ(9, write(fd, "1 SHA1 a\n", 9));
	close(fd);
}

FIXTURE_TEARDOWN(file)
{
	ntp_keys_free(self->keys);
	unlink(self->path);
}

static int load(struct _test_data_file *self)
{
	return ntp_keys_load(self->path, keep_report, &self->reports, &self->keys);
}

TEST_F(file, it_is_read)
{
	ASSERT_EQ(0, load(self));
	EXPECT_EQ(0, self->reports.warnings + self->reports.errors);
	EXPECT_NE(NULL, ntp_keys_find(self->keys, 1));
}

TEST_F(file, what_everybody_may_read_is_warned_of)
{
	ASSERT_EQ(0, chmod(self->path, 0644));
	ASSERT_EQ(0, load(self));
	EXPECT_EQ(1, self->reports.warnings);
	EXPECT_EQ(0, self->reports.line);
	EXPECT_NE(NULL, strstr(self->reports.text, "everybody may read this file"));
	EXPECT_NE(NULL, ntp_keys_find(self->keys, 1));
}

TEST_F(file, what_everybody_may_write_to_is_warned_of)
{
	ASSERT_EQ(0, chmod(self->path, 0642));
	ASSERT_EQ(0, load(self));
	EXPECT_NE(NULL, strstr(self->reports.text, "everybody may write to this file"));
}

TEST_F(file, what_cannot_be_read_is_reported)
{
	unlink(self->path);
	EXPECT_EQ(-ENOENT, load(self));
	EXPECT_EQ(1, self->reports.errors);
	EXPECT_NE(NULL, strstr(self->reports.text, self->path));
	EXPECT_NE(NULL, strstr(self->reports.text, "No such file"));
	EXPECT_EQ(-EISDIR, ntp_keys_load("/tmp", keep_report, &self->reports, &self->keys));
	EXPECT_EQ(NULL, self->keys);
}

TEST_F(file, nobody_need_listen)
{
	static const char text[] = "nonsense\n1 MD5 secret\n";

	ASSERT_EQ(0, ntp_keys_read("test", text, strlen(text), NULL, NULL, &self->keys));
	EXPECT_EQ(1, ntp_keys_count(self->keys));
}

/* It is being written, or it is a pipe that nobody writes to: the keys are not gone. */
TEST_F(file, what_has_nothing_in_it_is_no_key_file)
{
	ASSERT_EQ(0, truncate(self->path, 0));
	EXPECT_EQ(-ENODATA, load(self));
	EXPECT_EQ(1, self->reports.errors);
	EXPECT_EQ(NULL, self->keys);
	unlink(self->path);
	ASSERT_EQ(0, mkfifo(self->path, 0600));
	EXPECT_EQ(-ENODATA, load(self));
	EXPECT_EQ(NULL, self->keys);
	/* Who names this one wants none. */
	EXPECT_EQ(0, ntp_keys_load("/dev/null", keep_report, &self->reports, &self->keys));
	EXPECT_EQ(0, ntp_keys_count(self->keys));
}

static void write_file(const char *path, const char *text, size_t length)
{
	FILE *stream = fopen(path, "w");

	fwrite(text, 1, length, stream);
	fclose(stream);
}

/* As after a power cut: what was written has its length, and zeros instead of its text. */
TEST_F(file, what_is_nothing_but_damage_is_no_key_file)
{
	static const char zeros[300], *const damaged[] = { "nonsense\n", "# keys\n7 SHA1 HEX:012" };

	write_file(self->path, zeros, sizeof(zeros));
	EXPECT_EQ(-ENODATA, load(self));
	EXPECT_EQ(2, self->reports.errors);
	EXPECT_NE(NULL, strstr(self->reports.text, "the keys cannot be read: No data"));
	EXPECT_EQ(0, self->reports.line);
	EXPECT_EQ(NULL, self->keys);
	for (size_t i = 0; i < ARRAY_SIZE(damaged); i++) {
		write_file(self->path, damaged[i], strlen(damaged[i]));
		EXPECT_EQ(-ENODATA, load(self));
		EXPECT_EQ(NULL, self->keys);
	}
	/* Whoever has taken out all keys means it. */
	write_file(self->path, "# none\n", 7);
	EXPECT_EQ(0, load(self));
	EXPECT_EQ(0, ntp_keys_count(self->keys));
}

TEST_F(file, what_is_too_long_is_no_key_file)
{
	ASSERT_EQ(0, truncate(self->path, 1048577));
	EXPECT_EQ(-EFBIG, load(self));
	EXPECT_EQ(NULL, self->keys);
}

TEST_HARNESS_MAIN
