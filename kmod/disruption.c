// SPDX-License-Identifier: GPL-2.0-only
/*
 * Disruptions: looks, witnesses, the verdict and what follows from it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "disruption.h"

#include <linux/bitops.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/suspend.h>
#include <linux/time64.h>
#include <linux/timekeeping.h>

#include "chime.h"

/* What one look saw belongs to a jump that a later one finds, if it is not older than this. */
#define CHIME_EVIDENCE_TTL_NS	(2 * NSEC_PER_SEC)

/*
 * A savevm costs 18-55 ms and a restore at least what the save and the load take: a stop so short
 * did not go back to anything.
 */
#define CHIME_PAUSE_MAX_NS	(150 * NSEC_PER_MSEC)

/* A suspend through which raw ran on lost nothing. */
#define CHIME_SUSPEND_MIN_NS	(10 * NSEC_PER_MSEC)

#define CHIME_STOP_EVIDENCE	(BIT(TRUECHIME_EVIDENCE_GUEST_STOPPED) | \
				 BIT(TRUECHIME_EVIDENCE_CLOCK_SET))
#define CHIME_RESTORE_EVIDENCE	(BIT(TRUECHIME_EVIDENCE_GENID_NOTIFY) | \
				 BIT(TRUECHIME_EVIDENCE_MARKER))

static s64 chime_boot_minus_raw(void)
{
	return ktime_get_boottime_ns() - ktime_get_raw_ns();
}

/* Why host time and raw came apart. */
static enum truechime_cause chime_disruption_verdict(const struct chime_disruption *disruption,
						     const struct chime_pairing *pairing,
						     u32 evidence, s64 gap_ns)
{
	if (disruption->suspending)
		return TRUECHIME_CAUSE_SUSPEND;
	if (evidence & BIT(TRUECHIME_EVIDENCE_GENID_CHANGED))
		return TRUECHIME_CAUSE_FORK;
	if (evidence & CHIME_RESTORE_EVIDENCE)
		return TRUECHIME_CAUSE_REVERT;
	if (evidence & CHIME_STOP_EVIDENCE)
		return gap_ns > 0 && gap_ns <= CHIME_PAUSE_MAX_NS ? TRUECHIME_CAUSE_PAUSE :
								    TRUECHIME_CAUSE_REVERT;
	/* A stop would have shown, so it was the host's clock that moved. */
	if (pairing->witness)
		return TRUECHIME_CAUSE_HOST_STEP;
	/* Nothing tells: the more dangerous one, whose repair costs nothing if it was the other. */
	return TRUECHIME_CAUSE_REVERT;
}

/* Fill in what is known at the end, and record. */
static void chime_disruption_record(struct chime *chime, struct chime_event *event,
				    const struct chime_repair *repair)
{
	struct chime_snapshot snapshot;
	struct chime_now now;

	chime_snapshot_take(&snapshot);
	chime_timescale_now(&chime->timescale, snapshot.raw_ns, &now);
	event->action = repair->action;
	event->offset_ns = repair->offset_ns;
	event->residual_ns = repair->residual_ns;
	event->latency_ns = chime_sub_sat(snapshot.raw_ns, chime->disruption.fine_raw_ns);
	event->raw_ns = snapshot.raw_ns;
	event->time_ns = now.time_ns;
	event->epoch = now.epoch;
	chime_events_record(&chime->events, event);
}

static void chime_disruption_repair(struct chime *chime, struct chime_event *event)
{
	struct chime_repair repair;

	chime_system_clock_repair(&chime->system_clock, &chime->timescale, &chime->policy,
				  chime_policy_occasion(event->cause), &repair);
	chime_disruption_record(chime, event, &repair);
}

/* Host time and raw came apart by @gap_ns: join them again. */
static void chime_disruption_rejoin(struct chime *chime, enum truechime_cause cause, s64 gap_ns)
{
	struct chime_timescale *timescale = &chime->timescale;
	bool host_step = cause == TRUECHIME_CAUSE_HOST_STEP;
	s64 raw_ns;

	chime_host_accept(&chime->host);
	raw_ns = ktime_get_raw_ns();
	if (!chime->host.demoted) {
		chime_timescale_rejoin_host(timescale, &chime->host.track.line, !host_step, raw_ns);
		return;
	}
	/* A host that is not trusted with the time still knows how much of it passed. */
	if (!host_step)
		chime_timescale_shift(timescale, gap_ns, raw_ns);
	chime_timescale_watch_host(timescale, &chime->host.track.line);
}

/*
 * Longer than from one look to the next this guest cannot have run unobserved: raw ran on while it
 * stood still, and nobody saw a wrong clock then.
 */
static void chime_disruption_discount_stop(struct chime *chime, const struct chime_pairing *pairing)
{
	struct chime_disruption *disruption = &chime->disruption;
	s64 unseen_ns = chime_sub_sat(pairing->raw_ns, disruption->fine_raw_ns);
	s64 period_ns = jiffies_to_msecs(chime->looks.idle_jiffies) * NSEC_PER_MSEC;

	if (pairing->witness && unseen_ns > period_ns + period_ns / 2)
		disruption->fine_raw_ns = max(disruption->fine_raw_ns, pairing->running_raw_ns);
}

static void chime_disruption_jump(struct chime *chime, s64 gap_ns, u32 evidence)
{
	const struct chime_pairing *pairing = &chime->host.confirmation;
	struct chime_disruption *disruption = &chime->disruption;
	struct chime_event event = {
		.evidence = evidence | BIT(TRUECHIME_EVIDENCE_PAIRING),
		.gap_ns = gap_ns,
	};

	event.cause = chime_disruption_verdict(disruption, pairing, evidence, gap_ns);
	chime_disruption_discount_stop(chime, pairing);
	chime_disruption_rejoin(chime, event.cause, gap_ns);
	disruption->count++;
	chime_disruption_repair(chime, &event);
}

/*
 * A suspend ended and there is no host to ask. The kernel has put its own clock forward by the
 * RTC; raw stood still, so what was known against raw is lost.
 */
static void chime_disruption_resume_blind(struct chime *chime)
{
	struct chime_disruption *disruption = &chime->disruption;
	struct chime_event event = {
		.cause = TRUECHIME_CAUSE_SUSPEND,
		.evidence = BIT(TRUECHIME_EVIDENCE_RESUME),
		.gap_ns = chime_boot_minus_raw() - disruption->boot_minus_raw_ns,
	};
	struct chime_repair nothing = { .action = TRUECHIME_ACTION_NONE };
	struct chime_snapshot snapshot;

	if (abs(event.gap_ns) < CHIME_SUSPEND_MIN_NS)
		return;
	chime_snapshot_take(&snapshot);
	chime_timescale_restart(&chime->timescale, snapshot.raw_ns, snapshot.realtime_ns);
	disruption->count++;
	chime_disruption_record(chime, &event, &nothing);
}

static void chime_disruption_note_clocksource(struct chime *chime)
{
	struct chime_disruption *disruption = &chime->disruption;
	struct chime_snapshot snapshot;

	chime_snapshot_take(&snapshot);
	if (snapshot.clocksource_seq == disruption->clocksource_seq)
		return;
	disruption->clocksource_seq = snapshot.clocksource_seq;
	disruption->clocksource_epoch++;
	chime_timescale_lose_rate(&chime->timescale, snapshot.raw_ns);
}

/* All is well: the line as it is now is published. */
static void chime_disruption_fine(struct chime *chime)
{
	const struct chime_line *line = &chime->host.track.line;

	if (chime->host.demoted)
		chime_timescale_watch_host(&chime->timescale, line);
	else
		chime_timescale_set_host(&chime->timescale, line, ktime_get_raw_ns());
	/* Not now: a save may have come between. */
	chime->disruption.fine_raw_ns = chime->host.track.last.raw_ns;
}

/* Keep what was seen for the looks that follow, but not for ever. */
static void chime_disruption_remember(struct chime_disruption *disruption, u32 evidence)
{
	s64 raw_ns = ktime_get_raw_ns();

	if (evidence) {
		disruption->evidence |= evidence;
		disruption->evidence_raw_ns = raw_ns;
	} else if (raw_ns - disruption->evidence_raw_ns > CHIME_EVIDENCE_TTL_NS) {
		disruption->evidence = 0;
	}
}

void chime_disruption_look(struct chime *chime)
{
	struct chime_disruption *disruption = &chime->disruption;
	u32 seen = (u32)xchg(&disruption->hints, 0);
	bool resumed = seen & BIT(TRUECHIME_EVIDENCE_RESUME);
	enum chime_look look;
	s64 gap_ns = 0;

	lockdep_assert_held(&chime->lock);
	chime_disruption_note_clocksource(chime);
	look = chime_host_look(&chime->host, &gap_ns, &seen);
	chime_disruption_remember(disruption, seen);

	switch (look) {
	case CHIME_LOOK_NO_HOST:
		if (resumed)
			chime_disruption_resume_blind(chime);
		disruption->fine_raw_ns = ktime_get_raw_ns();
		break;
	case CHIME_LOOK_SILENT:
		/* To be asked again when it answers. */
		if (resumed)
			set_bit(TRUECHIME_EVIDENCE_RESUME, &disruption->hints);
		return;
	case CHIME_LOOK_FINE:
		chime_disruption_fine(chime);
		break;
	case CHIME_LOOK_JUMPED:
		chime_disruption_jump(chime, gap_ns, disruption->evidence);
		disruption->evidence = 0;
		disruption->fine_raw_ns = ktime_get_raw_ns();
		break;
	}
	/* Looks before the machine is up again tell nothing of the suspend's end. */
	if (resumed)
		disruption->suspending = false;
}

enum truechime_action chime_disruption_step(struct chime *chime)
{
	struct chime_event event = { .cause = TRUECHIME_CAUSE_OPERATOR };
	struct chime_repair repair;

	lockdep_assert_held(&chime->lock);
	chime->disruption.fine_raw_ns = ktime_get_raw_ns();
	chime_system_clock_repair(&chime->system_clock, &chime->timescale, &chime->policy,
				  TRUECHIME_OCCASION_OPERATOR, &repair);
	if (repair.action != TRUECHIME_ACTION_NONE)
		chime_disruption_record(chime, &event, &repair);
	return repair.action;
}

/* The system clock as the module found it; only a host can tell by now that it is wrong. */
static void chime_disruption_boot(struct chime *chime)
{
	struct chime_event event = { .cause = TRUECHIME_CAUSE_BOOT };
	struct chime_repair repair;

	lockdep_assert_held(&chime->lock);
	chime->disruption.fine_raw_ns = ktime_get_raw_ns();
	if (!chime_host_has_line(&chime->host))
		return;
	chime_system_clock_repair(&chime->system_clock, &chime->timescale, &chime->policy,
				  TRUECHIME_OCCASION_BOOT, &repair);
	if (repair.action == TRUECHIME_ACTION_NONE)
		return;
	event.gap_ns = repair.offset_ns;
	chime_disruption_record(chime, &event, &repair);
}

void chime_disruption_hint(struct chime *chime, enum truechime_evidence evidence)
{
	set_bit(evidence, &chime->disruption.hints);
	chime_looks_now(chime);
}

/* Witness: suspend and resume. */
static int chime_disruption_suspend(struct notifier_block *notifier, unsigned long event,
				    void *unused)
{
	struct chime *chime = container_of(notifier, struct chime, disruption.suspend);

	switch (event) {
	case PM_SUSPEND_PREPARE:
	case PM_HIBERNATION_PREPARE:
		mutex_lock(&chime->lock);
		chime->disruption.boot_minus_raw_ns = chime_boot_minus_raw();
		chime->disruption.suspending = true;
		mutex_unlock(&chime->lock);
		break;
	case PM_POST_SUSPEND:
	case PM_POST_HIBERNATION:
	case PM_POST_RESTORE:
		chime_disruption_hint(chime, TRUECHIME_EVIDENCE_RESUME);
		break;
	}
	return NOTIFY_DONE;
}

void chime_disruption_init(struct chime *chime)
{
	struct chime_disruption *disruption = &chime->disruption;
	struct chime_snapshot snapshot;

	disruption->suspend.notifier_call = chime_disruption_suspend;
	chime_snapshot_take(&snapshot);
	disruption->clocksource_seq = snapshot.clocksource_seq;
}

void chime_disruption_start(struct chime *chime)
{
	mutex_lock(&chime->lock);
	chime_disruption_boot(chime);
	mutex_unlock(&chime->lock);
	/* Fails only without CONFIG_PM_SLEEP, where there is nothing to be told. */
	register_pm_notifier(&chime->disruption.suspend);
}

void chime_disruption_stop(struct chime *chime)
{
	unregister_pm_notifier(&chime->disruption.suspend);
}
