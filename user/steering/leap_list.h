/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lists of leap seconds: the time zone database's right/UTC and the IERS's leap-seconds.list. Both
 * state when clocks leap and what TAI - UTC is.
 */
#ifndef STEERING_LEAP_LIST_H
#define STEERING_LEAP_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where the time zones with leap seconds are found by their names. */
#define LEAP_ZONE_FOLDER	"/usr/share/zoneinfo/"

/* There have been 27 in 50 years. */
#define LEAP_LIST_MAX	128

/**
 * struct leap_entry - one of them
 * @midnight_s: the end of the UTC day that ends with the leap second, seconds since 1970
 * @tai_s: TAI - UTC from then on
 */
struct leap_entry {
	int64_t midnight_s;
	int tai_s;
};

/**
 * struct leap_list - the leap seconds known; zero it for none
 * @count: how many
 * @expires_s: seconds since 1970 until which there is no other; 0: the file does not say
 * @entry: in order
 */
struct leap_list {
	int count;
	int64_t expires_s;
	struct leap_entry entry[LEAP_LIST_MAX];
};

/*
 * Parse the text of a file of either format. 0, -EINVAL: it is none, or has no leap second;
 * -EBADMSG: it has some, and no line "#h" with their checksum: the end, or more, may be missing.
 * @bad_line: the line, from 1 on, that is none of a list; 0: there is none
 */
int leap_list_parse_zone(const uint8_t *bytes, size_t length, struct leap_list *list);
int leap_list_parse_text(const char *text, size_t length, struct leap_list *list, int *bad_line);

/*
 * From a file, if @zone of the time zone database. 0, -errno; then @list is as it was, and
 * @bad_line as leap_list_parse_text() has it.
 */
int leap_list_load(const char *path, bool zone, struct leap_list *list, int *bad_line);

/* Why it failed, into @why: the end of a sentence. */
void leap_list_why(int err, int bad_line, char *why, size_t size);

/* What the UTC day of @utc_ns ends with: 0 nothing, 1 an inserted second, 2 one that is left out */
int leap_list_kind(const struct leap_list *list, int64_t utc_ns);

/* The list states until when it is valid, and has expired. */
bool leap_list_has_expired(const struct leap_list *list, int64_t utc_ns);

/*
 * What leap_list_kind() returns, if the list is valid on that day: it overrides what sources have
 * @announced. Else the sources' announcement, unless the list has a leap second on that very day.
 */
int leap_list_decide(const struct leap_list *list, int64_t utc_ns, int announced);

/* TAI - UTC at @utc_ns in seconds, 0: before the first leap second, or no list. */
int leap_list_tai(const struct leap_list *list, int64_t utc_ns);

#endif /* STEERING_LEAP_LIST_H */
