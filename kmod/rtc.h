/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Witness of last resort: the RTC, which goes on while a guest stands still, and is the host's on
 * most hypervisors. Asked once a second where there is no host clock, and now and then where there
 * is one, because it may fall silent.
 *
 * It shows seconds, anybody may set it, and some are the guest's own: so by default it only says
 * that something happened, and NTP says what time it is.
 */
#ifndef CHIME_RTC_H
#define CHIME_RTC_H

#include <linux/truechime.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "core/rtc_track.h"

struct chime;

/**
 * struct chime_rtc - the witness
 * @policy: what to make of it; under the module's lock
 * @renew: @track is of another time; ditto
 * @work: a reading; does not run twice at once
 * @track: the RTC against raw; @work's own
 * @asked_raw_ns: the latest reading was asked for, by raw; under the module's lock
 * @owed: the system clock is to follow the RTC's jump ...; ditto
 * @before: ... from here; ditto
 * @due_raw_ns: ... unless NTP has given the time by then; ditto
 */
struct chime_rtc {
	enum truechime_rtc policy;
	bool renew;
	struct work_struct work;
	struct chime_rtc_track track;
	s64 asked_raw_ns;
	bool owed;
	struct chime_rtc_track before;
	s64 due_raw_ns;
};

#ifdef CONFIG_RTC_CLASS
/* Prepare. Nobody else is there yet. */
void chime_rtc_init(struct chime *chime, enum truechime_rtc policy);

/* Make something else of it from now on. Lock held. */
void chime_rtc_set_policy(struct chime *chime, enum truechime_rtc policy);

/* Another clock is chosen: the system clock need not follow the RTC any more. Lock held. */
void chime_rtc_release(struct chime *chime);

/* Wait for a reading on its way. Context: process, lock not held. */
void chime_rtc_stop(struct chime *chime);

/* Have the RTC read soon, if it is time for that. Lock held. */
void chime_rtc_ask(struct chime *chime);

/* A disruption was reported, and what the RTC did before is no news: read it at the next check. */
void chime_rtc_read_soon(struct chime *chime);
#else
static inline void chime_rtc_init(struct chime *chime, enum truechime_rtc policy) { }
static inline void chime_rtc_set_policy(struct chime *chime, enum truechime_rtc policy) { }
static inline void chime_rtc_release(struct chime *chime) { }
static inline void chime_rtc_stop(struct chime *chime) { }
static inline void chime_rtc_ask(struct chime *chime) { }
static inline void chime_rtc_read_soon(struct chime *chime) { }
#endif

#endif /* CHIME_RTC_H */
