/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a module can see of the kernel's timekeeper, beyond its clocks.
 */
#ifndef CHIME_TIMEKEEPER_H
#define CHIME_TIMEKEEPER_H

#include <linux/notifier.h>
#include <linux/seqlock.h>
#include <linux/types.h>

/**
 * struct chime_timekeeper - the timekeeper as it was at its latest change
 * @notifier: called with the timekeeper as it is registered, and at each change and tick
 * @changes: of the following; the timekeeper's lock serialises those who write
 * @ntp_tick: length of a tick, in ns times 2^NTP_SCALE_SHIFT
 * @tai_offset_s: TAI minus UTC; 0 until somebody sets it
 * @next_leap_ns: the UTC before which the kernel inserts a leap second; 0: none is due
 */
struct chime_timekeeper {
	struct notifier_block notifier;
	seqcount_t changes;
	u64 ntp_tick;
	s32 tai_offset_s;
	s64 next_leap_ns;
};

/* See @tai_offset_s and @next_leap_ns above; both are of one instant. */
struct chime_leap_seconds {
	s32 tai_offset_s;
	s64 next_ns;
};

/* Begin to follow the timekeeper, which is read once at least. Context: process. */
void chime_timekeeper_start(struct chime_timekeeper *keeper);

/* No reading is under way any more when this returns. Context: process. */
void chime_timekeeper_stop(struct chime_timekeeper *keeper);

/*
 * Another program disciplines the system clock, or did so since the kernel started: its frequency,
 * or the offset of TAI, is not what a kernel starts with.
 *
 * The kernel lets no module read STA_UNSYNC, maxerror or the frequency itself. Context: any.
 */
bool chime_timekeeper_is_disciplined(const struct chime_timekeeper *keeper);

/*
 * The kernel's leap seconds: one that it will insert from the beginning of that day on, and none
 * that it will leave out. Context: any.
 */
void chime_timekeeper_read_leaps(const struct chime_timekeeper *keeper,
				 struct chime_leap_seconds *leaps);

#endif /* CHIME_TIMEKEEPER_H */
