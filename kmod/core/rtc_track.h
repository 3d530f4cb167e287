/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The RTC against the raw clock: bounds of their difference, and whether it has jumped.
 *
 * Pure integer arithmetic on the readings given to it, so that the tests compile this very file;
 * rtc.c reads the RTC.
 *
 * An RTC shows whole seconds, so one reading bounds the difference to an interval of one second.
 * The intersection of all readings' intervals is narrower. A reading whose interval does not
 * intersect it is a jump.
 */
#ifndef CHIME_RTC_TRACK_H
#define CHIME_RTC_TRACK_H

#include "core/line.h"

/**
 * struct chime_rtc_reading - one reading of the RTC
 * @before_ns: the raw clock before the reading ...
 * @after_ns: ... and after it
 * @rtc_ns: the whole second that the RTC showed
 * @realtime_ns: the system clock after the reading, in the RTC's time zone
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
 * struct chime_rtc_track - the RTC's difference from the raw clock; zero it to start
 * @known: there has been a reading
 * @low_ns: RTC minus raw clock is at least this ...
 * @high_ns: ... and at most this
 * @raw_ns: raw time of the latest reading
 * @system_ahead_ns: system clock minus raw clock at the latest reading
 * @moved: a disruption was reported since: its size still shows, but no bound of before counts
 */
struct chime_rtc_track {
	bool known;
	s64 low_ns;
	s64 high_ns;
	s64 raw_ns;
	s64 system_ahead_ns;
	bool moved;
};

enum chime_rtc_verdict {
	CHIME_RTC_OK,
	CHIME_RTC_SET,		/* the RTC was set to the system's time, or moved along with it */
	CHIME_RTC_JUMPED,	/* it moved against the raw clock, and not to the system's time */
};

/**
 * chime_rtc_track_update() - add a new reading
 * @track: the track; after a jump it starts again from the reading
 * @reading: the reading
 * @gap_ns: for CHIME_RTC_JUMPED: how far the RTC moved against the raw clock, to within a second
 *
 * Return: what it means.
 */
enum chime_rtc_verdict chime_rtc_track_update(struct chime_rtc_track *track,
					      const struct chime_rtc_reading *reading,
					      s64 *gap_ns);

/*
 * The system clock in the RTC's time zone. Some RTCs are kept in local time, @west_min minutes west
 * of UTC (up to 15 hours either way, as in the kernel): of the two it is the one that is nearer to
 * @rtc_ns, and UTC if neither is.
 */
s64 chime_rtc_zone_ns(s64 rtc_ns, s64 realtime_ns, s32 west_min);

/* The RTC shows the same time as the system clock, to within its resolution. */
bool chime_rtc_is_realtime(const struct chime_rtc_reading *reading);

/*
 * How far the system clock is behind the time that it would show had it moved by as much as the RTC
 * did from @before to @now, the track of the latest @reading. Only the size of the RTC's jump is
 * used: the RTC itself may be off by hours, in a time zone of its own or set wrongly.
 */
s64 chime_rtc_behind_ns(const struct chime_rtc_track *before, const struct chime_rtc_track *now,
			const struct chime_rtc_reading *reading);

/* The error is within the error of an RTC reading. */
bool chime_rtc_is_small(s64 error_ns);

/* How far the RTC, taken to be in the middle of its second, is ahead of the system clock. */
s64 chime_rtc_ahead_ns(const struct chime_rtc_reading *reading);

#endif /* CHIME_RTC_TRACK_H */
