// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leap seconds, by the calendar.
 */
#include "steering/leap.h"

#include <time.h>

#include "lib/time_units.h"

#define S_PER_DAY	86400

/*
 * After a disruption a check that comes later than this was asleep at the leap second, and newer
 * measurements include it.
 */
#define LEAP_NEAR_NS	(2 * NS_PER_S)

/* The end of the UTC day if a leap second may be then; else 0. */
static int64_t leap_midnight(int64_t utc_ns)
{
	time_t s = utc_ns / NS_PER_S;
	struct tm tm;

	if (utc_ns < 0 || !gmtime_r(&s, &tm))
		return 0;
	if (!(tm.tm_mon == 5 && tm.tm_mday == 30) && !(tm.tm_mon == 11 && tm.tm_mday == 31))
		return 0;
	return (s / S_PER_DAY + 1) * S_PER_DAY * NS_PER_S;
}

bool leap_has_come(const struct leap *leap, int64_t utc_ns)
{
	return leap->kind && utc_ns >= leap->at_ns;
}

bool leap_is_near(const struct leap *leap, int64_t utc_ns)
{
	return leap->kind && utc_ns >= leap->at_ns - LEAP_NEAR_NS &&
	       utc_ns <= leap->at_ns + LEAP_NEAR_NS;
}

/* The end of its day. */
static int64_t leap_end(const struct leap *leap)
{
	return leap->at_ns + (leap->kind == 2 ? NS_PER_S : 0);
}

bool leap_is_over(const struct leap *leap, int64_t utc_ns)
{
	return leap->kind && utc_ns >= leap_end(leap);
}

bool leap_is_repeated(const struct leap *leap, int64_t utc_ns)
{
	return leap->kind == 1 && utc_ns >= leap->at_ns - NS_PER_S && utc_ns < leap->at_ns;
}

void leap_check(struct leap *leap, int64_t utc_ns)
{
	int64_t midnight_ns = leap_midnight(utc_ns);

	if (midnight_ns && midnight_ns != leap->past_ns) {
		leap->kind = leap->announced;
		leap->at_ns = midnight_ns - (leap->kind == 2 ? NS_PER_S : 0);
	} else if (!leap_is_near(leap, utc_ns)) {
		leap->kind = 0;
	}
}

int64_t leap_change_ns(int kind)
{
	return kind == 1 ? -NS_PER_S : kind == 2 ? NS_PER_S : 0;
}

void leap_done(struct leap *leap)
{
	leap->past_ns = leap_end(leap);
	leap->kind = 0;
	leap->announced = 0;
}

void leap_note_past(struct leap *leap, int64_t utc_ns)
{
	leap->past_ns = (utc_ns / NS_PER_S + 1) / S_PER_DAY * S_PER_DAY * NS_PER_S;
	leap->kind = 0;
	leap->announced = 0;
}
