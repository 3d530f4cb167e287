/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The RTC against raw: between which bounds their difference lies, and whether it has jumped.
 *
 * Pure integer arithmetic on the readings given to it, so that the tests compile this very file;
 * reading the RTC is rtc.c's.
 *
 * An RTC shows whole seconds, so a reading says no more than that the difference lies within one
 * second. What all readings agree on is narrower; a reading that agrees with none of it is a jump.
 */
#ifndef CHIME_RTC_TRACK_H
#define CHIME_RTC_TRACK_H

#include "core/line.h"

/**
 * struct chime_rtc_reading - one reading of the RTC
 * @before_ns: raw when it began ...
 * @after_ns: ... and when it was done
 * @rtc_ns: the whole second that it showed
 * @realtime_ns: the system clock when it was done, in the RTC's time zone
 * @system_ns: the same in UTC
 */
struct chime_rtc_reading {
	s64 before_ns;
	s64 after_ns;
	s64 rtc_ns;
	s64 realtime_ns;
	s64 system_ns;
};

/**
 * struct chime_rtc_track - what is known; zero it to start
 * @known: there has been a reading
 * @low_ns: RTC minus raw is at least this ...
 * @high_ns: ... and at most this
 * @raw_ns: at this raw instant
 * @system_ahead_ns: system clock minus raw at the latest reading
 */
struct chime_rtc_track {
	bool known;
	s64 low_ns;
	s64 high_ns;
	s64 raw_ns;
	s64 system_ahead_ns;
};

enum chime_rtc_verdict {
	CHIME_RTC_FINE,
	CHIME_RTC_SET,		/* it was set to the system's time, or moved along with it */
	CHIME_RTC_JUMPED,	/* it and raw came apart, and it is not the system's time */
};

/**
 * chime_rtc_track_update() - a new reading
 * @track: what is known; after a jump it goes on from the reading
 * @reading: the reading
 * @gap_ns: for CHIME_RTC_JUMPED: how far the RTC moved away from raw, give or take a second
 *
 * Return: what it means.
 */
enum chime_rtc_verdict chime_rtc_track_update(struct chime_rtc_track *track,
					      const struct chime_rtc_reading *reading,
					      s64 *gap_ns);

/* The RTC shows what the system clock shows, as far as it can show. */
bool chime_rtc_is_realtime(const struct chime_rtc_reading *reading);

/*
 * How far the system clock is behind where it would be had it moved by what the RTC moved from
 * @before to @now, the latest @reading's. An RTC may be off by hours, in a time zone of its own or
 * set wrongly: what it shows then says nothing, and by how much it jumped says all.
 */
s64 chime_rtc_behind_ns(const struct chime_rtc_track *before, const struct chime_rtc_track *now,
			const struct chime_rtc_reading *reading);

/* An error that is no more than what a reading of the RTC can be wrong by. */
bool chime_rtc_is_small(s64 error_ns);

/* How far the RTC is ahead of the system clock, taken to be in the middle of its second. */
s64 chime_rtc_ahead_ns(const struct chime_rtc_reading *reading);

#endif /* CHIME_RTC_TRACK_H */
