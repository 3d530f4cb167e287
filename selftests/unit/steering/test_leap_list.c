// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lists of leap seconds: both formats say the same, what is no list is refused, and each day ends
 * as the list says.
 */
#include "user/steering/leap_list.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "selftests/unit/unit.h"

#define S	1000000000LL
#define DAY	86400

/* 1972-07-01, 1973-01-01 and 2017-01-01: the seconds before them were inserted. */
#define FIRST_S		78796800
#define SECOND_S	94694400
#define LATEST_S	1483228800

static const char text[] =
	"# a comment\n"
	"#@ 3991593600\n"
	"\n"
	"2272060800\t10\t# 1 Jan 1972\n"
	"2287785600 11 # 1 Jul 1972\r\n"
	"  2303683200 12\n"
	"2335219200 11 # a second left out\n"
	"2366755200 11 # nothing\n"
	"#h c5ee058d e5e5f353 c7f93f9b 52c58a4b 2054af6d";

static int parse(const char *words, struct leap_list *list)
{
	int bad_line;

	return leap_list_parse_text(words, strlen(words), list, &bad_line);
}

TEST(text_is_a_list)
{
	struct leap_list list;

	ASSERT_EQ(0, parse(text, &list));
	EXPECT_EQ(5, list.count);
	EXPECT_EQ(0, leap_list_kind(&list, (FIRST_S - DAY) * S - 1));
	EXPECT_EQ(1, leap_list_kind(&list, (FIRST_S - DAY) * S));
	EXPECT_EQ(1, leap_list_kind(&list, FIRST_S * S - 1));
	EXPECT_EQ(0, leap_list_kind(&list, FIRST_S * S));
	EXPECT_EQ(1, leap_list_kind(&list, SECOND_S * S - 1));
	EXPECT_EQ(2, leap_list_kind(&list, (SECOND_S + 365LL * DAY) * S - 1));
	EXPECT_EQ(0, leap_list_kind(&list, (SECOND_S + 730LL * DAY) * S - 1));
	EXPECT_EQ(0, leap_list_kind(&list, -1));
	EXPECT_EQ(0, leap_list_tai(&list, 0));
	EXPECT_EQ(10, leap_list_tai(&list, FIRST_S * S - 1));
	EXPECT_EQ(11, leap_list_tai(&list, FIRST_S * S));
	EXPECT_EQ(12, leap_list_tai(&list, SECOND_S * S));
	EXPECT_EQ(11, leap_list_tai(&list, LATEST_S * S));
}

/* Good until then it alone decides; afterwards, and without a date, sources may know more. */
TEST(an_unexpired_list_decides)
{
	const int64_t expires_s = 3991593600 - 2208988800;
	const int64_t during_ns = (SECOND_S - 1) * S, quiet_ns = (expires_s - DAY) * S;
	struct leap_list list = { 0 };

	EXPECT_EQ(1, leap_list_decide(&list, quiet_ns, 1));
	EXPECT_FALSE(leap_list_has_expired(&list, quiet_ns));
	ASSERT_EQ(0, parse(text, &list));
	EXPECT_EQ(expires_s, list.expires_s);
	EXPECT_EQ(0, leap_list_decide(&list, quiet_ns, 1));
	EXPECT_EQ(0, leap_list_decide(&list, quiet_ns, 2));
	EXPECT_EQ(1, leap_list_decide(&list, during_ns, 0));
	EXPECT_EQ(1, leap_list_decide(&list, during_ns, 2));

	EXPECT_FALSE(leap_list_has_expired(&list, expires_s * S - 1));
	EXPECT_TRUE(leap_list_has_expired(&list, expires_s * S));
	EXPECT_EQ(1, leap_list_decide(&list, expires_s * S, 1));
	EXPECT_EQ(0, leap_list_decide(&list, expires_s * S, 0));

	list.expires_s = 0;
	EXPECT_EQ(1, leap_list_decide(&list, during_ns, 0));
	EXPECT_EQ(2, leap_list_decide(&list, quiet_ns, 2));
}

TEST(other_text_is_none)
{
	struct leap_list list;
	char many[LEAP_LIST_MAX * 32 + 64];
	size_t used = 0;
	int i;

	EXPECT_EQ(-EINVAL, parse("", &list));
	EXPECT_EQ(-EINVAL, parse("# nothing\n", &list));
	EXPECT_EQ(-EINVAL, parse("2287785600\n", &list));
	EXPECT_EQ(-EINVAL, parse("2287785600 eleven\n", &list));
	EXPECT_EQ(-EINVAL, parse("2287785600 11\n2287785600 12\n", &list));
	EXPECT_EQ(-EINVAL, parse("99 11\n", &list));
	for (i = 0; i <= LEAP_LIST_MAX; i++)
		used += (size_t)snprintf(many + used, sizeof(many) - used, "%lld 10\n",
					 2272060800LL + DAY * i);
	EXPECT_EQ(-EINVAL, parse(many, &list));
}

/* No leap second is from before 1970, and TAI is some 40 s ahead of UTC. */
TEST(numbers_that_cannot_be_are_refused)
{
	struct leap_list list;

	/* Only the checksum is missing. */
	EXPECT_EQ(-EBADMSG, parse("2208988800 0\n", &list));
	EXPECT_EQ(-EINVAL, parse("2208988799 0\n", &list));
	EXPECT_EQ(-EINVAL, parse("2208988800 -1\n", &list));
	EXPECT_EQ(-EBADMSG, parse("2208988800 1000\n", &list));
	EXPECT_EQ(-EINVAL, parse("2208988800 1001\n", &list));
}

/* A comment may be longer than any line that says something. */
TEST(a_long_comment_is_one)
{
	char words[1024];
	struct leap_list list;

	snprintf(words, sizeof(words), "#%0500d\n2287785600 11 # %0400d\n", 7, 7);
	EXPECT_EQ(-EBADMSG, parse(words, &list));
	EXPECT_EQ(1, list.count);
}

/* The first day of all that can end with one, and the last that cannot. */
TEST(a_day_before_1970_ends_with_no_leap_second)
{
	const struct leap_list list = {
		.count = 1,
		.entry = { { .midnight_s = DAY, .tai_s = 11 } },
	};

	EXPECT_EQ(1, leap_list_kind(&list, 0));
	EXPECT_EQ(0, leap_list_kind(&list, -1));
}

TEST(the_line_that_is_wrong_is_named)
{
	static const char words[] = "# a comment\n\n2287785600 11\n2303683200 twelve\n";
	struct leap_list list;
	int bad_line;

	EXPECT_EQ(-EINVAL, leap_list_parse_text(words, strlen(words), &list, &bad_line));
	EXPECT_EQ(4, bad_line);
	EXPECT_EQ(-EINVAL, leap_list_parse_text("", 0, &list, &bad_line));
	EXPECT_EQ(0, bad_line);
}

static int parse_first(size_t length, struct leap_list *list)
{
	int bad_line;

	return leap_list_parse_text(text, length, list, &bad_line);
}

/* Written halfway, or to a full disk: it lacks the latest leap seconds. */
TEST(a_part_of_a_list_is_none)
{
	struct leap_list list;

	for (size_t length = 0; length < strlen(text); length++) {
		ASSERT_GT(0, parse_first(length, &list)) {
			TH_LOG("the first %zu bytes", length);
		}
	}
	/* Cut where a line ends, and within the last number: only the checksum shows these. */
	EXPECT_EQ(-EBADMSG, parse_first((size_t)(strstr(text, "2335219200") - text), &list));
	EXPECT_EQ(-EBADMSG, parse_first((size_t)(strstr(text, "1 # a second") - text), &list));
}

TEST(a_list_that_was_changed_is_none)
{
	struct leap_list list;
	char other[sizeof(text)];

	strcpy(other, text);
	*strstr(other, "5600 11") = '6';
	EXPECT_EQ(-EBADMSG, parse(other, &list));
	strcpy(other, text);
	*strstr(other, "3991593600") = '4';
	EXPECT_EQ(-EBADMSG, parse(other, &list));
	/* Comments may be. */
	strcpy(other, text);
	*strstr(other, "comment") = 'C';
	EXPECT_EQ(0, parse(other, &list));
}

/* As older ones of NIST have it. */
TEST(words_of_the_checksum_may_lack_zeros)
{
	struct leap_list list;

	EXPECT_EQ(0, parse("#$\t 3960835212\n2272060800 10\n2287785600 11\n"
			   "#h\t5b906bc c3a1220e 85de62fe e65db286 ca22e419\n", &list));
	EXPECT_EQ(2, list.count);
	EXPECT_EQ(0, list.expires_s);
	/* Nor need there be a blank. */
	EXPECT_EQ(0, parse("#$3960835212\n2272060800 10\n2287785600 11\n"
			   "#h5b906bc c3a1220e 85de62fe e65db286 ca22e419\n", &list));
}

static void put(uint8_t **at, int64_t number, int size)
{
	int i;

	for (i = size - 1; i >= 0; i--)
		*(*at)++ = (uint8_t)((uint64_t)number >> 8 * i);
}

/* A zone file's block with one transition, one type and these leap seconds. */
static void put_zone(uint8_t **at, char version, int size, const int64_t *leaps, int count)
{
	int i;

	memcpy(*at, "TZif", 4);
	(*at)[4] = (uint8_t)version;
	memset(*at + 5, 0, 15);
	*at += 20;
	put(at, 0, 4);
	put(at, 0, 4);
	put(at, count, 4);
	put(at, 1, 4);
	put(at, 1, 4);
	put(at, 4, 4);
	put(at, 0, size);
	put(at, 0, 1 + 6);
	put(at, 0x55544300, 4);
	for (i = 0; i < count; i++) {
		put(at, leaps[2 * i], size);
		put(at, leaps[2 * i + 1], 4);
	}
}

TEST(zone_is_a_list)
{
	/* The second counts the first; then one left out, and the end of the list. */
	static const int64_t leaps[] = {
		FIRST_S, 1, SECOND_S + 1, 2, SECOND_S + 365 * DAY + 1, 1, LATEST_S, 1,
	};
	uint8_t bytes[1024], *at = bytes;
	struct leap_list list, same;
	size_t length;
	int i;

	put_zone(&at, '2', 4, NULL, 0);
	put_zone(&at, '2', 8, leaps, 4);
	length = (size_t)(at - bytes);
	ASSERT_EQ(0, leap_list_parse_zone(bytes, length, &list));
	EXPECT_EQ(3, list.count);
	EXPECT_EQ(LATEST_S - 1, list.expires_s);
	ASSERT_EQ(0, parse(text, &same));
	for (i = 0; i < list.count; i++) {
		EXPECT_EQ(same.entry[i + 1].midnight_s, list.entry[i].midnight_s);
		EXPECT_EQ(same.entry[i + 1].tai_s, list.entry[i].tai_s);
	}
	EXPECT_EQ(1, leap_list_kind(&list, FIRST_S * S - 1));
	EXPECT_EQ(2, leap_list_kind(&list, (SECOND_S + 365LL * DAY) * S - 1));
	while (length--)
		ASSERT_EQ(-EINVAL, leap_list_parse_zone(bytes, length, &list));

	/* The first version of the format. */
	at = bytes;
	put_zone(&at, 0, 4, leaps, 2);
	ASSERT_EQ(0, leap_list_parse_zone(bytes, (size_t)(at - bytes), &list));
	EXPECT_EQ(2, list.count);
	EXPECT_EQ(0, list.expires_s);
	EXPECT_EQ(12, leap_list_tai(&list, LATEST_S * S));
	bytes[0] = 'X';
	EXPECT_EQ(-EINVAL, leap_list_parse_zone(bytes, (size_t)(at - bytes), &list));
}

TEST(zone_beyond_all_time_is_no_list)
{
	static const int64_t leaps[] = { INT64_MAX, 1 };
	static const int64_t end[] = { FIRST_S, 1, INT64_MIN, 1 };
	uint8_t bytes[1024], *at = bytes;
	struct leap_list list;

	put_zone(&at, '2', 4, NULL, 0);
	put_zone(&at, '2', 8, leaps, 1);
	EXPECT_EQ(-EINVAL, leap_list_parse_zone(bytes, (size_t)(at - bytes), &list));
	at = bytes;
	put_zone(&at, '2', 4, NULL, 0);
	put_zone(&at, '2', 8, end, 2);
	EXPECT_EQ(-EINVAL, leap_list_parse_zone(bytes, (size_t)(at - bytes), &list));
}

/* What a zone file with these leap seconds is taken for. */
static int parse_leaps(const int64_t *leaps, int count, struct leap_list *list)
{
	uint8_t bytes[1024], *at = bytes;

	put_zone(&at, '2', 4, NULL, 0);
	put_zone(&at, '2', 8, leaps, count);
	return leap_list_parse_zone(bytes, (size_t)(at - bytes), list);
}

/* No leap second is before 1970, or after what 64 bits of ns hold; and none is two. */
TEST(leap_seconds_that_cannot_be_are_refused)
{
	static const int64_t first[] = { 0, 1 }, before[] = { -1, 1 }, two[] = { FIRST_S, 2 };
	static const int64_t last[] = { INT64_MAX / S, 1 }, after[] = { INT64_MAX / S + 1, 1 };
	struct leap_list list;

	EXPECT_EQ(0, parse_leaps(first, 1, &list));
	EXPECT_EQ(0, parse_leaps(last, 1, &list));
	EXPECT_EQ(-EINVAL, parse_leaps(before, 1, &list));
	EXPECT_EQ(-EINVAL, parse_leaps(after, 1, &list));
	EXPECT_EQ(-EINVAL, parse_leaps(two, 1, &list));
	/* That of most zones: it lists none. */
	EXPECT_EQ(-EINVAL, parse_leaps(NULL, 0, &list));
}

/* Each second left out so far makes the file's clock one less. */
TEST(two_seconds_may_be_left_out)
{
	static const int64_t leaps[] = { FIRST_S - 1, -1, SECOND_S - 2, -2 };
	struct leap_list list;

	ASSERT_EQ(0, parse_leaps(leaps, 2, &list));
	EXPECT_EQ(2, leap_list_kind(&list, FIRST_S * S - 1));
	EXPECT_EQ(2, leap_list_kind(&list, SECOND_S * S - 1));
	EXPECT_EQ(8, leap_list_tai(&list, SECOND_S * S));
}

/* A list that was continued is valid for as long as its end says. */
TEST(an_end_that_is_followed_is_none)
{
	static const int64_t leaps[] = { FIRST_S, 1, FIRST_S + DAY, 1, SECOND_S + 1, 2 };
	struct leap_list list;

	ASSERT_EQ(0, parse_leaps(leaps, 3, &list));
	EXPECT_EQ(2, list.count);
	EXPECT_EQ(0, list.expires_s);
}

/* Behind the leap seconds are two more tables, and each is as long as the header says. */
TEST(a_part_of_a_zone_is_none)
{
	static const int64_t leaps[] = { FIRST_S, 1 };
	uint8_t bytes[1024] = { 0 }, *at = bytes, *counts = bytes + 20;
	struct leap_list list;
	size_t length;

	put_zone(&at, 0, 4, leaps, 1);
	length = (size_t)(at - bytes);
	/* Of UT, and of standard time */
	counts[3] = 1;
	counts[7] = 1;
	EXPECT_EQ(-EINVAL, leap_list_parse_zone(bytes, length + 1, &list));
	EXPECT_EQ(0, leap_list_parse_zone(bytes, length + 2, &list));
	/* A table that no file has room for. */
	counts[9] = 0x7f;
	EXPECT_EQ(-EINVAL, leap_list_parse_zone(bytes, sizeof(bytes), &list));
}

TEST(missing_file_leaves_the_list_as_it_was)
{
	struct leap_list list;
	int bad_line;

	ASSERT_EQ(0, parse(text, &list));
	EXPECT_EQ(-ENOENT, leap_list_load("/nonexistent", true, &list, &bad_line));
	EXPECT_EQ(-EINVAL, leap_list_load("/dev/null", false, &list, &bad_line));
	EXPECT_EQ(5, list.count);
}

/* "leapsectz right", and a pipe, at which the daemon must not wait for who never comes. */
TEST(what_is_no_file_is_said_to_be_none)
{
	char path[] = "/tmp/test_leap_list.XXXXXX";
	struct leap_list list = { .count = 0 };
	int bad_line, fd;

	ASSERT_NE(NULL, mkdtemp(path));
	EXPECT_EQ(-EISDIR, leap_list_load(path, true, &list, &bad_line));
	ASSERT_EQ(0, rmdir(path));
	ASSERT_EQ(0, mkfifo(path, 0600));
	alarm(60);
	EXPECT_EQ(-EINVAL, leap_list_load(path, false, &list, &bad_line));
	alarm(0);
	unlink(path);
	/* Lists have some kilobytes: what has more is something else. */
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ftruncate(fd, 65535));
	EXPECT_EQ(-EINVAL, leap_list_load(path, false, &list, &bad_line));
	ASSERT_EQ(0, ftruncate(fd, 65536));
	EXPECT_EQ(-EFBIG, leap_list_load(path, false, &list, &bad_line));
	close(fd);
	unlink(path);
}

/* The files that Debian has, and what nobody will change any more. */
TEST(files_of_this_machine_agree)
{
	struct leap_list zone, file;
	int bad_line;

	if (leap_list_load("/usr/share/zoneinfo/right/UTC", true, &zone, &bad_line) == -ENOENT ||
	    leap_list_load("/usr/share/zoneinfo/leap-seconds.list", false, &file,
			   &bad_line) == -ENOENT)
		SKIP(return, "no lists of leap seconds here");
	EXPECT_EQ(1, leap_list_kind(&zone, LATEST_S * S - 1));
	EXPECT_EQ(1, leap_list_kind(&file, LATEST_S * S - 1));
	EXPECT_EQ(36, leap_list_tai(&zone, LATEST_S * S - 1));
	EXPECT_EQ(37, leap_list_tai(&zone, LATEST_S * S));
	EXPECT_EQ(37, leap_list_tai(&file, LATEST_S * S));
	EXPECT_EQ(zone.count + 1, file.count);
}

TEST_HARNESS_MAIN
