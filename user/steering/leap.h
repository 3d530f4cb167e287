/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Leap seconds: whether today ends with one, when the clock leaps, and how. Pure: time is an
 * argument. Sources and lists announce it, steering.c executes it.
 *
 * A leap second is announced as in NTP: 0 none, 1 insert, 2 delete.
 */
#ifndef STEERING_LEAP_H
#define STEERING_LEAP_H

#include <stdbool.h>
#include <stdint.h>

/* chrony's leapsecmode. */
enum leap_mode {
	LEAP_SYSTEM,	/* the kernel leaps */
	LEAP_STEP,	/* we step the system clock */
	LEAP_SLEW,	/* we slew it, from that instant on */
	LEAP_IGNORE,	/* no leap: the sources show it afterwards */
};

/**
 * struct leap - the next leap second; zero it to start
 * @announced: by the sources, whatever the date
 * @kind: what today ends with
 * @at_ns: the UTC at which the clock leaps, if @kind: midnight, which comes again, or the second
 *	before it, which is left out
 * @past_ns: the midnight of the latest leap second that has passed
 */
struct leap {
	int announced;
	int kind;
	int64_t at_ns;
	int64_t past_ns;
};

/*
 * Set what the day of @utc_ns ends with. Sources announce a leap second a day or a month ahead, but
 * the kernel leaps at the next midnight: so only the last days of June and December count, as in
 * chrony.
 */
void leap_check(struct leap *leap, int64_t utc_ns);

/* The clock has come to it, or is beyond. */
bool leap_has_come(const struct leap *leap, int64_t utc_ns);

/* Is it this leap second that a clock passes at @utc_ns, by what the calendar says? */
bool leap_is_near(const struct leap *leap, int64_t utc_ns);

/* It is past midnight: whoever leaps has leapt. */
bool leap_is_over(const struct leap *leap, int64_t utc_ns);

/* This is the second before midnight, and an inserted one repeats it. */
bool leap_is_repeated(const struct leap *leap, int64_t utc_ns);

/* How far clocks are set forward by a leap second of that kind. */
int64_t leap_change_ns(int kind);

/* The leap second has passed. Who announces it has to say so again. */
void leap_done(struct leap *leap);

/* One has passed before @utc_ns, which is after its midnight or in the second that it repeats. */
void leap_note_past(struct leap *leap, int64_t utc_ns);

#endif /* STEERING_LEAP_H */
