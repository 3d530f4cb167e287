// SPDX-License-Identifier: GPL-2.0-only
/*
 * The system clock at load, or when the first host appears after it: whether the host's time is to
 * be set, or others have done so.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ktime.h>
#include <linux/lockdep.h>
#include <linux/math64.h>
#include <linux/printk.h>
#include <linux/time64.h>
#include <linux/timekeeping.h>

#include "chime.h"
#include "core/boot.h"
#include "disruption_parts.h"

/* At load a smaller difference between system clock and host is no contradiction. */
#define CHIME_DIFFERENCE_MIN_NS	NSEC_PER_MSEC

/* While the kernel starts, the system clock is stepped from this error on. */
#define CHIME_EARLY_STEP_NS	NSEC_PER_MSEC

/*
 * At load another program may already discipline the system clock. Nothing shows whether that
 * program or the host is right. Only a date before the release is wrong in any case.
 */
static bool chime_disruption_leave_to_others(struct chime *chime)
{
	s64 behind_ns = chime_system_clock_offset(&chime->timescale);

	return chime_abs_sat(behind_ns) > CHIME_DIFFERENCE_MIN_NS &&
	       chime_timekeeper_is_disciplined(&chime->timekeeper) &&
	       !chime_system_clock_shows_too_early();
}

/* An error that the policy would step stays: say so. */
static void chime_disruption_leave(struct chime *chime, struct chime_repair *repair)
{
	repair->offset_ns = chime_system_clock_offset(&chime->timescale);
	repair->residual_ns = repair->offset_ns;
	repair->action = chime_policy_decide(&chime->policy, TRUECHIME_OCCASION_BOOT,
					     repair->offset_ns);
	if (repair->action != TRUECHIME_ACTION_STEPPED)
		return;
	repair->action = TRUECHIME_ACTION_IGNORED;
	chime_log_add(&chime->log, CHIME_LOG_WARNING,
		      "the system clock is %lld ms %s the host's, but another program disciplined it before the module found that clock: it is left alone until NTP or an operator (truechime makestep) decides\n",
		      div_s64(chime_abs_sat(repair->offset_ns), NSEC_PER_MSEC),
		      repair->offset_ns < 0 ? "ahead of" : "behind");
}

/* See core/boot.h: also for a module that is loaded by the initramfs. */
static bool chime_disruption_is_early(const struct chime *chime)
{
	struct chime_snapshot snapshot;
	struct chime_boot boot = {
		.up_ns = ktime_get_boottime_ns(),
		.disciplined = chime_timekeeper_is_disciplined(&chime->timekeeper),
	};

	chime_snapshot_take(&snapshot);
	boot.sets = snapshot.sets;
	pr_debug("loaded %lld ms after the kernel's start; its clock was set %u times before and is %s\n",
		 div_s64(boot.up_ns, NSEC_PER_MSEC), boot.sets,
		 boot.disciplined ? "disciplined" : "not disciplined");
	return chime_boot_is_early(&boot);
}

/*
 * A kernel that starts has read the same host's time off its RTC, to a whole second. Unless it is
 * stated what to do at load, that error is not left to the daemon's slew: no program has gone by
 * this clock yet.
 */
static void chime_disruption_repair_boot(struct chime *chime, struct chime_repair *repair)
{
	const struct chime_target target = { .timescale = &chime->timescale };
	struct chime_policy policy = chime->policy;

	if (chime_disruption_is_early(chime))
		chime_policy_hasten(&policy, TRUECHIME_OCCASION_BOOT, CHIME_EARLY_STEP_NS);
	chime_system_clock_repair(&chime->system_clock, &target, &policy, TRUECHIME_OCCASION_BOOT,
				  repair);
}

void chime_disruption_boot(struct chime *chime)
{
	bool stated = chime->disruption.boot_stated;
	struct chime_event event = { .cause = TRUECHIME_CAUSE_BOOT };
	struct chime_repair repair;

	lockdep_assert_held(&chime->lock);
	chime_disruption_note_ok(chime, ktime_get_raw_ns());
	/* So far only a host can show that it is wrong. */
	if (!chime_host_has_line(&chime->host))
		return;
	chime->disruption.left_to_others = !stated && chime_disruption_leave_to_others(chime);
	if (chime->disruption.left_to_others)
		chime_disruption_leave(chime, &repair);
	else
		chime_disruption_repair_boot(chime, &repair);
	if (repair.action == TRUECHIME_ACTION_NONE)
		return;
	event.gap_ns = repair.offset_ns;
	chime_disruption_begin(chime, &event);
	chime_disruption_finish(chime, &event, &repair);
	chime_events_record(&chime->events, &event);
	chime_disruption_note_ok(chime, ktime_get_raw_ns());
}

void chime_disruption_start(struct chime *chime, bool stated)
{
	rt_mutex_lock(&chime->lock);
	chime->disruption.boot_stated = stated;
	chime_disruption_boot(chime);
	chime_unlock(chime);
}
