/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The module's one instance: its parts and the lock that they share.
 */
#ifndef CHIME_CHIME_H
#define CHIME_CHIME_H

#include <linux/rtmutex.h>

#include "core/policy.h"
#include "disruption.h"
#include "events.h"
#include "host.h"
#include "checks.h"
#include "log.h"
#include "phc.h"
#include "rtc.h"
#include "status.h"
#include "system_clock.h"
#include "timekeeper.h"
#include "timescale.h"
#include "witness.h"

#ifndef CONFIG_RT_MUTEXES
#error "truechime needs a kernel with CONFIG_RT_MUTEXES, as one that has futexes"
#endif

/**
 * struct chime - the module's state
 * @lock: serialises all changes: by checks of the host, by netlink, by the PTP API. Taken in
 *	process context only, and not held while a part is registered or withdrawn, but for ACPI's
 *	notifications, whose handler does not take it. Who changes what is published releases it by
 *	chime_unlock(). Readers of the timescale and of what is published do not need it. Whoever
 *	holds it inherits the priority of who waits for it, as the thread of the checks may
 * @policy: the step policy; under @lock
 * @host: the host clock
 * @timescale: UTC as a function of the raw clock
 * @system_clock: steps of CLOCK_REALTIME; under @lock
 * @timekeeper: what the kernel shows of its own
 * @log: messages of whoever has @lock
 * @events: what happened
 * @disruption: the state of disruption handling
 * @witness: the witnesses other than the host clock
 * @rtc: the witness where there is no host clock
 * @checks: the timers of the checks
 * @phc: the PTP clock
 * @published: what is reported without @lock
 */
struct chime {
	struct rt_mutex lock;	/* all changes; see above */
	struct chime_policy policy;
	struct chime_host host;
	struct chime_timescale timescale;
	struct chime_system_clock system_clock;
	struct chime_timekeeper timekeeper;
	struct chime_log log;
	struct chime_events events;
	struct chime_disruption disruption;
	struct chime_witness witness;
	struct chime_rtc rtc;
	struct chime_checks checks;
	struct chime_phc phc;
	struct chime_published published;
};

#endif /* CHIME_CHIME_H */
