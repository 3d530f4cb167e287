/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The module's state for those who only ask: a copy that is made whenever the module's lock is
 * released after changes. Any user may ask, and as often as they like: so an answer neither waits
 * for the lock, under which a repair may sleep, nor keeps a check from getting it.
 */
#ifndef CHIME_STATUS_H
#define CHIME_STATUS_H

#include <linux/spinlock.h>

#include "core/policy.h"
#include "host.h"
#include "timekeeper.h"
#include "timescale.h"

struct chime;

/**
 * struct chime_status - the module at one instant
 * @now: the timescale
 * @realtime_ns: the system clock at the same instant
 * @leaps: the leap seconds that the kernel knows of, a moment later
 * @host_name: of the chosen host; NULL: none
 * @host_state: its state
 * @last: the latest cross-timestamp; all 0 without one
 * @pairings: cross-timestamps taken since load
 * @failures: failed attempts since load
 * @host_line: host time as a function of the raw clock; valid with @now.has_host
 * @unslewed_line: unslewed host time as a function of the raw clock; valid with @now.has_host
 * @host_smears: the host's clock smears leap seconds, or may, as its vmclock page says
 * @corrected: @correction is in force
 * @correction: UTC minus reference as a function of the reference's time
 * @instance: as in the events
 * @disruptions: since load
 * @steps: since load
 * @clocksource_epoch: changes of the clocksource since load
 * @phc_index: negative: no PHC
 */
struct chime_status {
	struct chime_now now;
	s64 realtime_ns;
	struct chime_leap_seconds leaps;
	const char *host_name;
	enum truechime_host_state host_state;
	struct chime_pairing last;
	u64 pairings;
	u64 failures;
	struct chime_line host_line;
	struct chime_line unslewed_line;
	bool host_smears;
	bool corrected;
	struct chime_line correction;
	u64 instance;
	u32 disruptions;
	u32 steps;
	u32 clocksource_epoch;
	int phc_index;
};

/**
 * struct chime_published - what is known without the module's lock
 * @lock: protects the rest, for no longer than a copy takes; process context only
 * @status: all but @now, @realtime_ns and @leaps
 * @policy: the step policy
 * @rtc: what is made of the RTC
 * @hosts: the kinds of host clocks ...
 * @host_count: ... and how many there are
 * @host_changes: how often they changed
 */
struct chime_published {
	spinlock_t lock;	/* the other fields */
	struct chime_status status;
	struct chime_policy policy;
	enum truechime_rtc rtc;
	struct chime_host_info hosts[CHIME_HOST_KINDS_MAX];
	unsigned int host_count;
	unsigned int host_changes;
};

/* Prepare. Nothing else runs yet. */
void chime_status_init(struct chime *chime);

/* The state now, as a whole. Context: process, module's lock held. */
void chime_status_describe(struct chime *chime, struct chime_status *status);

/* The following need no lock. Context: process. */

/*
 * The timescale now, and the rest as it was when the lock was last released. Within a repair the
 * timescale may be that of after it already, and the rest that of before.
 */
void chime_status_read(struct chime *chime, struct chime_status *status);

/* The step policy, and how the RTC is used. */
void chime_status_read_policy(struct chime *chime, struct chime_policy *policy,
			      enum truechime_rtc *rtc);

/* How often the list of host clocks has changed. */
unsigned int chime_status_host_changes(struct chime *chime);

/* The kind of host clock number @index; false: no such number. */
bool chime_status_read_host(struct chime *chime, unsigned int index,
			    struct chime_host_info *info);

/*
 * Publish what changed under the module's lock, release it, and write the messages of meanwhile.
 * Context: process, lock held.
 */
void chime_unlock(struct chime *chime);

#endif /* CHIME_STATUS_H */
