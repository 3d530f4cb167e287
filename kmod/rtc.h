/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Witness of last resort: the RTC, which runs on while a guest stands still, and is the host's on
 * most hypervisors. It is read once a second where there is no host clock, and now and then where
 * there is one, because that may fall silent.
 *
 * The RTC shows whole seconds, any program may set it, and some hypervisors give the guest its own.
 * By default it therefore only shows that something happened; NTP gives the time.
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
 * @policy: how the RTC is used; under the module's lock
 * @renew: @track is out of date; under the lock
 * @moved: @track is of before a disruption that was reported; under the lock
 * @work: a reading; does not run twice at once
 * @track: the RTC against the raw clock; used by @work only
 * @asked_raw_ns: when the latest reading was requested, by the raw clock; under the lock
 * @owed: the system clock is to follow the RTC's jump ...; under the lock
 * @before: ... from this track on; under the lock
 * @due_raw_ns: ... unless NTP has given the time by this raw time; under the lock
 */
struct chime_rtc {
	enum truechime_rtc policy;
	bool renew;
	bool moved;
	struct work_struct work;
	struct chime_rtc_track track;
	s64 asked_raw_ns;
	bool owed;
	struct chime_rtc_track before;
	s64 due_raw_ns;
};

#ifdef CONFIG_RTC_CLASS
/* This kernel can do so. Context: any. */
static inline bool chime_rtc_supports(enum truechime_rtc policy)
{
	return true;
}

/* Prepare. Nothing else runs yet. */
void chime_rtc_init(struct chime *chime, enum truechime_rtc policy);

/* Change how the RTC is used: in a way that is supported. Lock held. */
void chime_rtc_set_policy(struct chime *chime, enum truechime_rtc policy);

/* Another host clock is chosen: the system clock need not follow the RTC any more. Lock held. */
void chime_rtc_release(struct chime *chime);

/*
 * Wait for a reading in progress: before an unload, and before a suspend, because the RTC may be
 * asleep before the rest of the machine is. Context: process, lock not held.
 */
void chime_rtc_stop(struct chime *chime);

/* The next check starts a reading of the RTC. Lock held. */
bool chime_rtc_is_due(const struct chime *chime);

/* Start a reading of the RTC, if one is due. Lock held. */
void chime_rtc_ask(struct chime *chime);

/*
 * A disruption was reported, the RTC's jump included: make a reading due at the next check, and
 * take nothing that bounded the RTC before for a bound of now.
 */
void chime_rtc_read_soon(struct chime *chime);
#else
/* A jump of an RTC that is not there is not reported. But whoever trusts it expects a repair. */
static inline bool chime_rtc_supports(enum truechime_rtc policy)
{
	return policy != TRUECHIME_RTC_TRUST;
}

static inline void chime_rtc_init(struct chime *chime, enum truechime_rtc policy) { }
static inline void chime_rtc_set_policy(struct chime *chime, enum truechime_rtc policy) { }
static inline void chime_rtc_release(struct chime *chime) { }
static inline void chime_rtc_stop(struct chime *chime) { }
static inline bool chime_rtc_is_due(const struct chime *chime)
{
	return false;
}

static inline void chime_rtc_ask(struct chime *chime) { }
static inline void chime_rtc_read_soon(struct chime *chime) { }
#endif

#endif /* CHIME_RTC_H */
