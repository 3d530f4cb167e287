// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's timekeeper, as the notifier for hypervisors shows it. See timekeeper.h.
 */
#include "timekeeper.h"

#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/pvclock_gtod.h>
#include <linux/time64.h>
#include <linux/timekeeper_internal.h>
#include <linux/timex.h>

/* Runs with the timekeeper locked and interrupts off, at each tick: copy, and nothing else. */
static int chime_timekeeper_notified(struct notifier_block *notifier, unsigned long was_set,
				     void *timekeeper)
{
	struct chime_timekeeper *keeper =
		container_of(notifier, struct chime_timekeeper, notifier);
	const struct timekeeper *tk = timekeeper;
	s64 next_leap_ns = tk->next_leap_ktime == KTIME_MAX ? 0 :
			   ktime_to_ns(ktime_add(tk->next_leap_ktime, tk->offs_real));

	write_seqcount_begin(&keeper->changes);
	keeper->ntp_tick = tk->ntp_tick;
	keeper->tai_offset_s = tk->tai_offset;
	keeper->next_leap_ns = next_leap_ns;
	write_seqcount_end(&keeper->changes);
	return NOTIFY_OK;
}

void chime_timekeeper_start(struct chime_timekeeper *keeper)
{
	seqcount_init(&keeper->changes);
	keeper->notifier.notifier_call = chime_timekeeper_notified;
	pvclock_gtod_register_notifier(&keeper->notifier);
}

void chime_timekeeper_stop(struct chime_timekeeper *keeper)
{
	pvclock_gtod_unregister_notifier(&keeper->notifier);
}

bool chime_timekeeper_is_disciplined(const struct chime_timekeeper *keeper)
{
	const u64 nominal = div_u64((u64)NSEC_PER_SEC << NTP_SCALE_SHIFT, NTP_INTERVAL_FREQ);
	unsigned int sequence;
	bool disciplined;

	do {
		sequence = read_seqcount_begin(&keeper->changes);
		disciplined = keeper->ntp_tick != nominal || keeper->tai_offset_s;
	} while (read_seqcount_retry(&keeper->changes, sequence));
	return disciplined;
}

void chime_timekeeper_read_leaps(const struct chime_timekeeper *keeper,
				 struct chime_leap_seconds *leaps)
{
	unsigned int sequence;

	do {
		sequence = read_seqcount_begin(&keeper->changes);
		leaps->tai_offset_s = keeper->tai_offset_s;
		leaps->next_ns = keeper->next_leap_ns;
	} while (read_seqcount_retry(&keeper->changes, sequence));
}
