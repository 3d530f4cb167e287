// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's timekeeper, as the notifier for hypervisors shows it. See timekeeper.h.
 */
#include "timekeeper.h"

#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/notifier.h>
#include <linux/pvclock_gtod.h>
#include <linux/time64.h>
#include <linux/timekeeper_internal.h>
#include <linux/timex.h>

/**
 * struct chime_timekeeper_watch - one reading of the timekeeper
 * @notifier: called with the timekeeper as it is registered, and at each tick until it is not
 * @ntp_tick: length of a tick, in ns times 2^NTP_SCALE_SHIFT
 * @tai_offset: TAI minus UTC, in s; 0 until somebody sets it
 */
struct chime_timekeeper_watch {
	struct notifier_block notifier;
	u64 ntp_tick;
	s32 tai_offset;
};

/* Runs with the timekeeper locked: copy, and nothing else. */
static int chime_timekeeper_notified(struct notifier_block *notifier, unsigned long was_set,
				     void *timekeeper)
{
	struct chime_timekeeper_watch *watch =
		container_of(notifier, struct chime_timekeeper_watch, notifier);
	const struct timekeeper *tk = timekeeper;

	watch->ntp_tick = tk->ntp_tick;
	watch->tai_offset = tk->tai_offset;
	return NOTIFY_OK;
}

bool chime_timekeeper_is_disciplined(void)
{
	const u64 nominal = div_u64((u64)NSEC_PER_SEC << NTP_SCALE_SHIFT, NTP_INTERVAL_FREQ);
	struct chime_timekeeper_watch watch = {
		.notifier.notifier_call = chime_timekeeper_notified,
		.ntp_tick = nominal,
	};

	pvclock_gtod_register_notifier(&watch.notifier);
	pvclock_gtod_unregister_notifier(&watch.notifier);
	return watch.ntp_tick != nominal || watch.tai_offset;
}
