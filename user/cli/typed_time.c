// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading the times that people type.
 */
#include "cli/typed_time.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "lib/array_size.h"
#include "lib/time_units.h"

/* More digits of a second are no error, and not read. */
#define FRACTION_DIGITS	9

/* No zone is further away from Greenwich. */
#define EAST_MAX_S	(14 * 3600L)

/* 64 bits of ns end in 2262. */
#define SECONDS_MAX	(INT64_MAX / NS_PER_S - 1)

static void skip_blanks(const char **text)
{
	while (**text == ' ')
		(*text)++;
}

/* ".25" as ns, with the unit of its last digit; nothing if there is no point. */
static int read_fraction(const char **text, int64_t *ns, int64_t *unit_ns)
{
	int64_t unit = NS_PER_S;
	int digits = 0;

	*ns = 0;
	*unit_ns = unit;
	if (**text != '.')
		return 0;
	for ((*text)++; isdigit((unsigned char)**text); (*text)++, digits++) {
		if (digits >= FRACTION_DIGITS)
			continue;
		unit /= 10;
		*ns += unit * (**text - '0');
	}
	*unit_ns = unit;

	return digits ? 0 : -EINVAL;
}

/* "16:30", "16:30:05", "16:30:05.25" */
static int read_clock(const char **text, struct tm *tm, int64_t *ns, int64_t *unit_ns)
{
	const char *end = strptime(*text, "%H:%M", tm);

	if (!end)
		return -EINVAL;
	*text = end;
	*ns = 0;
	*unit_ns = 60 * NS_PER_S;
	if (**text != ':')
		return 0;
	end = strptime(*text, ":%S", tm);
	if (!end)
		return -EINVAL;
	*text = end;

	return read_fraction(text, ns, unit_ns);
}

/* A date, if there is one. */
static bool read_date(const char **text, struct tm *tm)
{
	static const char *const forms[] = {
		"%Y-%m-%d", "%b %d, %Y", "%b %d %Y", "%d %b %Y",
	};

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		struct tm read = *tm;
		const char *end = strptime(*text, forms[i], &read);

		if (!end || (*end != ' ' && *end != 'T'))
			continue;
		*tm = read;
		*text = end + 1;
		skip_blanks(text);
		return true;
	}

	return false;
}

/* The date of @at in a zone so far east, or here. */
static void take_date(time_t at, bool zoned, long east_s, struct tm *tm)
{
	struct tm day;

	at += east_s;
	if (zoned)
		gmtime_r(&at, &day);
	else
		localtime_r(&at, &day);
	tm->tm_year = day.tm_year;
	tm->tm_mon = day.tm_mon;
	tm->tm_mday = day.tm_mday;
}

/* What follows the time: "Z", "UTC" or "+01:00". 0: nothing does; 1: so much east of it; -EINVAL */
static int read_zone(const char *text, long *east_s)
{
	struct tm zone = { .tm_gmtoff = 0 };
	const char *end;

	skip_blanks(&text);
	if (!*text)
		return 0;
	*east_s = 0;
	if (!strcasecmp(text, "Z") || !strcasecmp(text, "UTC") || !strcasecmp(text, "GMT"))
		return 1;
	if (*text != '+' && *text != '-')
		return -EINVAL;
	end = strptime(text, "%z", &zone);
	if (!end || *end || labs(zone.tm_gmtoff) > EAST_MAX_S)
		return -EINVAL;
	*east_s = zone.tm_gmtoff;

	return 1;
}

static int finish(int64_t s, int64_t ns, struct typed_time *time)
{
	if (s < 0 || s > SECONDS_MAX)
		return -EINVAL;
	time->utc_ns = s * NS_PER_S + ns;

	return 0;
}

/* "@1795451405.25" */
static int parse_unix(const char *text, struct typed_time *time)
{
	char *end;
	int64_t s, ns;
	const char *rest;

	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	errno = 0;
	s = strtoll(text, &end, 10);
	rest = end;
	if (errno || read_fraction(&rest, &ns, &time->unit_ns) < 0 || *rest)
		return -EINVAL;

	return finish(s, ns, time);
}

/* The calendar's normal form of a date or time that does not exist, as February 30, is another. */
static bool is_changed(const struct tm *before, const struct tm *after)
{
	return before->tm_mday != after->tm_mday || before->tm_mon != after->tm_mon ||
	       before->tm_year != after->tm_year || before->tm_hour != after->tm_hour ||
	       before->tm_min != after->tm_min || before->tm_sec != after->tm_sec;
}

int typed_time_parse(const char *text, int64_t now_s, struct typed_time *time)
{
	struct tm tm = { .tm_isdst = -1 }, normal;
	long east_s = 0;
	bool has_date;
	time_t made;
	int64_t ns;
	int zoned;

	if (*text == '@')
		return parse_unix(text + 1, time);
	skip_blanks(&text);
	has_date = read_date(&text, &tm);
	if (read_clock(&text, &tm, &ns, &time->unit_ns) < 0)
		return -EINVAL;
	zoned = read_zone(text, &east_s);
	if (zoned < 0)
		return zoned;
	if (!has_date)
		take_date((time_t)now_s, zoned, east_s, &tm);
	normal = tm;
	made = zoned ? timegm(&normal) : mktime(&normal);
	/* A leap second is the next minute's first one. */
	if (tm.tm_sec < 60 && is_changed(&tm, &normal))
		return -EINVAL;

	return finish((int64_t)made - east_s, ns, time);
}
