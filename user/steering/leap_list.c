// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lists of leap seconds, read from files that others make.
 */
#include "steering/leap_list.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <nettle/sha1.h>

#include "lib/time_units.h"

#define S_PER_DAY	86400

/* Later instants do not fit in 64 bits of nanoseconds. */
#define TIME_MAX_S	(INT64_MAX / 1000000000)

/* Either file has some kilobytes. */
#define FILE_MAX	65536

/* Seconds from 1900, where NTP begins, to 1970. */
#define NTP_UNIX_S	2208988800LL

/* TAI - UTC before the first leap second. */
#define TAI_FIRST_S	10

/* RFC 8536: the header, which is followed by times of 4 bytes and, from version 2 on, of 8. */
#define ZONE_HEADER	44
#define ZONE_COUNTS	20

enum zone_count {
	ZONE_UT_INDICATORS,
	ZONE_STANDARD_INDICATORS,
	ZONE_LEAPS,
	ZONE_TRANSITIONS,
	ZONE_TYPES,
	ZONE_LETTERS,
	ZONE_COUNT,
};

static uint64_t number_at(const uint8_t *bytes, int size)
{
	uint64_t number = 0;

	while (size--)
		number = number << 8 | *bytes++;
	return number;
}

/* 0, -EINVAL: there are too many, or they are not in order. */
static int leap_list_add(struct leap_list *list, int64_t midnight_s, int tai_s)
{
	int count = list->count;

	if (count == LEAP_LIST_MAX || midnight_s < 0 || tai_s < 0 || tai_s > 1000 ||
	    (count && midnight_s <= list->entry[count - 1].midnight_s))
		return -EINVAL;
	list->entry[count].midnight_s = midnight_s;
	list->entry[count].tai_s = tai_s;
	list->count++;
	return 0;
}

/*
 * The records of leap seconds. Their times include all leap seconds before, unlike other clocks; a
 * record that changes nothing states until when the list is valid.
 */
static int leap_list_parse_records(const uint8_t *bytes, size_t count, int size,
				   struct leap_list *list)
{
	int64_t before = 0, correction, midnight_s;
	int err;

	while (count--) {
		midnight_s = size == 8 ? (int64_t)number_at(bytes, 8) :
					 (int32_t)number_at(bytes, 4);
		correction = (int32_t)number_at(bytes + size, 4);
		bytes += size + 4;
		if (midnight_s < 0 || midnight_s > TIME_MAX_S || llabs(correction - before) > 1)
			return -EINVAL;
		list->expires_s = correction == before ? midnight_s - before : 0;
		if (list->expires_s)
			continue;
		/* A deleted second is the one before midnight. */
		midnight_s = (midnight_s - before + 1) / S_PER_DAY * S_PER_DAY;
		err = leap_list_add(list, midnight_s, TAI_FIRST_S + (int)correction);
		if (err)
			return err;
		before = correction;
	}
	return list->count ? 0 : -EINVAL;
}

/* A header and its data, whose times have @size bytes. The length of both, 0: it is too short. */
static size_t zone_block(const uint8_t *bytes, size_t length, int size, size_t *leaps,
			 size_t *leaps_at)
{
	size_t counts[ZONE_COUNT], total, i;

	if (length < ZONE_HEADER || memcmp(bytes, "TZif", 4))
		return 0;
	for (i = 0; i < ZONE_COUNT; i++) {
		counts[i] = number_at(bytes + ZONE_COUNTS + 4 * i, 4);
		if (counts[i] > FILE_MAX)
			return 0;
	}
	*leaps = counts[ZONE_LEAPS];
	*leaps_at = ZONE_HEADER + counts[ZONE_TRANSITIONS] * (size_t)(size + 1) +
		    counts[ZONE_TYPES] * 6 + counts[ZONE_LETTERS];
	total = *leaps_at + *leaps * (size_t)(size + 4) + counts[ZONE_STANDARD_INDICATORS] +
		counts[ZONE_UT_INDICATORS];
	return total <= length ? total : 0;
}

int leap_list_parse_zone(const uint8_t *bytes, size_t length, struct leap_list *list)
{
	size_t leaps, leaps_at, block;
	int size = 4;

	list->count = 0;
	block = zone_block(bytes, length, size, &leaps, &leaps_at);
	if (!block)
		return -EINVAL;
	/* The byte after the magic is the version. */
	if (bytes[4]) {
		size = 8;
		bytes += block;
		if (!zone_block(bytes, length - block, size, &leaps, &leaps_at))
			return -EINVAL;
	}
	return leap_list_parse_records(bytes + leaps_at, leaps, size, list);
}

/**
 * struct text_digest - of a list of the IERS: the SHA-1 of all its digits that mean something
 * @sha1: of those that were read
 * @stated: what the line "#h" says; zeros: there is none, or it is not whole
 */
struct text_digest {
	struct sha1_ctx sha1;
	uint8_t stated[SHA1_DIGEST_SIZE];
};

/* The digits at the beginning of @line; blanks between them do not count. */
static void add_digits(struct text_digest *digest, const char *line)
{
	for (; *line && strchr("0123456789 \t", *line); line++) {
		if (*line != ' ' && *line != '\t')
			sha1_update(&digest->sha1, 1, (const uint8_t *)line);
	}
}

/* "49db2447 571e5e1b 2f002a53 9c8da8e4 39b8e49e". Some leave out zeros at the front of a word. */
static void read_digest(struct text_digest *digest, const char *line)
{
	unsigned int word[SHA1_DIGEST_SIZE / 4];

	if (sscanf(line, "%8x %8x %8x %8x %8x", &word[0], &word[1], &word[2], &word[3],
		   &word[4]) != 5)
		return;
	for (size_t i = 0; i < sizeof(digest->stated); i++)
		digest->stated[i] = (uint8_t)(word[i / 4] >> (24 - i % 4 * 8));
}

static bool is_whole(struct text_digest *digest)
{
	uint8_t sum[SHA1_DIGEST_SIZE];

	sha1_digest(&digest->sha1, sizeof(sum), sum);
	return !memcmp(sum, digest->stated, sizeof(sum));
}

/*
 * "3692217600 37 # 1 Jan 2017": an instant, and TAI - UTC from then on. "#@ 3991593600": the list
 * is valid until then. "#$ 3960835200": it was changed then.
 */
static int leap_list_parse_line(const char *line, struct leap_list *list,
				struct text_digest *digest)
{
	long long ntp_s;
	int tai_s;

	line += strspn(line, " \t");
	if (sscanf(line, "#@ %15lld", &ntp_s) == 1)
		list->expires_s = ntp_s - NTP_UNIX_S;
	if (!strncmp(line, "#@", 2) || !strncmp(line, "#$", 2))
		add_digits(digest, line + 2);
	if (!strncmp(line, "#h", 2))
		read_digest(digest, line + 2);
	if (!*line || *line == '#' || *line == '\r')
		return 0;
	if (sscanf(line, "%15lld %5d", &ntp_s, &tai_s) != 2)
		return -EINVAL;
	add_digits(digest, line);
	return leap_list_add(list, ntp_s - NTP_UNIX_S, tai_s);
}

int leap_list_parse_text(const char *text, size_t length, struct leap_list *list, int *bad_line)
{
	struct text_digest digest = { .stated = { 0 } };
	const char *end = text + length;
	int err = 0, number = 0;
	char line[128];

	*bad_line = 0;
	list->count = 0;
	list->expires_s = 0;
	sha1_init(&digest.sha1);
	while (text < end && !err) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t size = (size_t)((newline ? newline : end) - text);

		/* What is cut off of a longer one is a comment. */
		snprintf(line, sizeof(line), "%.*s", (int)size, text);
		err = leap_list_parse_line(line, list, &digest);
		text += size + 1;
		number++;
	}
	if (err) {
		*bad_line = number;
		return err;
	}
	if (!list->count)
		return -EINVAL;
	return is_whole(&digest) ? 0 : -EBADMSG;
}

/* The whole file. How many bytes; -EFBIG: it does not fit. */
static ssize_t read_whole(const char *path, char *bytes, size_t size)
{
	ssize_t got;
	size_t length = 0;
	int fd, err;

	/* Do not block on a pipe without a writer. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	while ((got = read(fd, bytes + length, size - length)) > 0)
		length += (size_t)got;
	err = got < 0 ? -errno : length == size ? -EFBIG : 0;
	close(fd);
	return err ? err : (ssize_t)length;
}

int leap_list_load(const char *path, bool zone, struct leap_list *list, int *bad_line)
{
	static char bytes[FILE_MAX];
	struct leap_list fresh;
	ssize_t length;
	int err;

	*bad_line = 0;
	length = read_whole(path, bytes, sizeof(bytes));
	if (length < 0)
		return (int)length;
	err = zone ? leap_list_parse_zone((const uint8_t *)bytes, (size_t)length, &fresh) :
		     leap_list_parse_text(bytes, (size_t)length, &fresh, bad_line);
	if (!err)
		*list = fresh;
	return err;
}

void leap_list_why(int err, int bad_line, char *why, size_t size)
{
	if (bad_line)
		snprintf(why, size, "line %d is not one of such a list", bad_line);
	else
		snprintf(why, size, "%s", err == -EINVAL ? "it does not list any" :
			 err == -EBADMSG ?
			 "it may not be whole: no '#h' line has its checksum" : strerror(-err));
}

/* The latest entry from which on @utc_s counts, -1: none. */
static int leap_list_find(const struct leap_list *list, int64_t utc_s)
{
	int i = list->count - 1;

	while (i >= 0 && list->entry[i].midnight_s > utc_s)
		i--;
	return i;
}

int leap_list_kind(const struct leap_list *list, int64_t utc_ns)
{
	int64_t midnight_s = (utc_ns / NS_PER_S / S_PER_DAY + 1) * S_PER_DAY;
	int i = leap_list_find(list, midnight_s), before_s;

	if (utc_ns < 0 || i < 0 || list->entry[i].midnight_s != midnight_s)
		return 0;
	before_s = i ? list->entry[i - 1].tai_s : TAI_FIRST_S;
	return list->entry[i].tai_s == before_s + 1 ? 1 :
	       list->entry[i].tai_s == before_s - 1 ? 2 : 0;
}

bool leap_list_has_expired(const struct leap_list *list, int64_t utc_ns)
{
	return list->count && list->expires_s && utc_ns / NS_PER_S >= list->expires_s;
}

int leap_list_decide(const struct leap_list *list, int64_t utc_ns, int announced)
{
	int kind = leap_list_kind(list, utc_ns);

	if (list->count && list->expires_s && !leap_list_has_expired(list, utc_ns))
		return kind;
	return kind ? kind : announced;
}

int leap_list_tai(const struct leap_list *list, int64_t utc_ns)
{
	int i = leap_list_find(list, utc_ns / NS_PER_S);

	return i < 0 ? 0 : list->entry[i].tai_s;
}
