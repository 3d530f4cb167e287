/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The module's one instance: its parts and the lock that they share.
 */
#ifndef CHIME_CHIME_H
#define CHIME_CHIME_H

#include <linux/mutex.h>

#include "core/policy.h"
#include "disruption.h"
#include "events.h"
#include "host.h"
#include "checks.h"
#include "phc.h"
#include "rtc.h"
#include "system_clock.h"
#include "timescale.h"
#include "witness.h"

/**
 * struct chime - everything
 * @lock: serialises whoever changes anything: checks of the host, netlink, the PTP API. Taken in
 *	process context only and never held while a part is registered or withdrawn. Readers of
 *	the timescale do without it
 * @policy: the step policy; under @lock
 * @host: the host clock
 * @timescale: raw to UTC
 * @system_clock: steps of CLOCK_REALTIME; under @lock
 * @events: what happened
 * @disruption: what checks and witnesses lead to
 * @witness: who else sees disruptions
 * @rtc: who sees them where there is no host
 * @checks: when to check
 * @phc: the PTP clock
 */
struct chime {
	struct mutex lock;	/* whatever changes anything; see above */
	struct chime_policy policy;
	struct chime_host host;
	struct chime_timescale timescale;
	struct chime_system_clock system_clock;
	struct chime_events events;
	struct chime_disruption disruption;
	struct chime_witness witness;
	struct chime_rtc rtc;
	struct chime_checks checks;
	struct chime_phc phc;
};

#endif /* CHIME_CHIME_H */
