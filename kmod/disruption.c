// SPDX-License-Identifier: GPL-2.0-only
/*
 * Disruptions: checks, witnesses and the verdict. disruption_repair.c has what follows from it,
 * disruption_boot.c what is done at load, disruption_host.c what is known of the present host,
 * disruption_leap.c leap seconds; disruption_alone.c takes over if no host answers.
 */
#include "disruption.h"

#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/time64.h>
#include <linux/timekeeping.h>

#include "chime.h"
#include "core/reaction.h"
#include "core/verdict.h"
#include "disruption_parts.h"

/* Evidence of one check counts for a jump that a later one finds, if it is not older than this. */
#define CHIME_EVIDENCE_TTL_NS	(2 * NSEC_PER_SEC)

/* A notification within this time after the report of a disruption belongs to that disruption. */
#define CHIME_LATE_NS		NSEC_PER_SEC

/*
 * One that is still to come belongs to the new id or marker that was reported for this long: it is
 * certain to come, and ACPI was seen to take 4 s for it on a busy machine. Another restore so soon
 * shows by another id or marker.
 */
#define CHIME_LATE_AFTER_MEMORY_NS	(10 * NSEC_PER_SEC)

enum truechime_cause chime_disruption_judge(const struct chime *chime, u32 evidence, s64 gap_ns,
					    bool sees_stops)
{
	const struct chime_witness *witness = &chime->witness;
	struct chime_observation observation = {
		.evidence = evidence,
		.gap_ns = gap_ns,
		.time_ns = evidence & CHIME_SAW(HOST_TIME) ? chime->host.confirmation.utc_ns : 0,
		.gapless = !gap_ns && chime_host_is_there(&chime->host),
		.suspended = witness->suspending,
		.sees_stops = sees_stops,
		.sees_restores = chime_witness_sees_restores(witness),
		.sees_forks = chime_witness_sees_forks(witness),
	};

	return chime_verdict_cause(&observation);
}

/*
 * The guest cannot have run unchecked for longer than one check interval: the raw clock ran on
 * while the guest stood still, and no program saw a wrong clock then.
 */
static void chime_disruption_discount_stop(struct chime *chime, const struct chime_pairing *pairing)
{
	struct chime_disruption *disruption = &chime->disruption;
	s64 unseen_ns = chime_sub_sat(pairing->raw_ns, disruption->ok_raw_ns);
	s64 period_ns = jiffies_to_msecs(chime->checks.idle_jiffies) * NSEC_PER_MSEC;

	if (pairing->witness && unseen_ns > period_ns + period_ns / 2)
		disruption->ok_raw_ns = max(disruption->ok_raw_ns, pairing->running_raw_ns);
}

/* It is reported late that this may be another host: the clock was repaired already. */
static void chime_disruption_leave_host(struct chime *chime, const struct chime_event *event)
{
	struct chime_disrupted disrupted = { .cause = event->cause };
	struct chime_reaction reaction;

	if (chime_disruption_is_vouched(chime))
		chime_disruption_react(chime, &disrupted, event->evidence, &reaction);
	else
		chime_disruption_suspect_host(chime);
}

/* Pause and restore get the same repair; the report waits for a notification of which it was. */
static void chime_disruption_add_late(struct chime *chime, struct chime_event *event)
{
	event->evidence |= chime_witness_settle(chime);
	event->cause = chime_disruption_judge(chime, event->evidence, event->gap_ns,
					      chime->host.confirmation.witness);
	if (chime_reaction_suspects_host(event->cause))
		chime_disruption_leave_host(chime, event);
	if (chime->disruption.suspected)
		chime_system_clock_distrust(&chime->system_clock);
}

void chime_disruption_note_set_ahead(struct chime *chime)
{
	struct chime_disruption *disruption = &chime->disruption;
	s64 by_ns = chime->host.set_ahead_ns;

	if (!by_ns)
		return;
	chime->host.set_ahead_ns = 0;
	chime_timescale_set_raw_ahead(&chime->timescale, by_ns);
	disruption->ok_raw_ns = chime_add_sat(disruption->ok_raw_ns, by_ns);
	disruption->ok_ahead_ns = chime_sub_sat(disruption->ok_ahead_ns, by_ns);
}

static void chime_disruption_jump(struct chime *chime, s64 gap_ns)
{
	const struct chime_pairing *pairing = &chime->host.confirmation;
	struct chime_disruption *disruption = &chime->disruption;
	struct chime_event event = {
		.evidence = disruption->evidence | CHIME_SAW(HOST_TIME) |
			    chime_witness_recall(chime),
		.gap_ns = gap_ns,
	};
	struct chime_disrupted disrupted = {
		.measure = CHIME_MEASURED_BY_HOST,
		.gap_ns = gap_ns,
	};
	struct chime_reaction reaction;
	bool wait;

	chime_disruption_begin(chime, &event);
	chime_disruption_note_set_ahead(chime);
	/*
	 * If stops are not seen, only a notification distinguishes a restore. A gap ahead gets the
	 * same repair anyway, but one back may be a step of the host's clock: wait first.
	 */
	wait = !pairing->witness && gap_ns <= 0;
	if (wait && !(event.evidence & CHIME_SAW_RESTORE))
		event.evidence |= chime_witness_settle(chime);
	event.cause = chime_disruption_judge(chime, event.evidence, gap_ns, pairing->witness);
	chime_disruption_discount_stop(chime, pairing);
	chime_host_accept(&chime->host);
	chime_disruption_note_host_maxerror(chime);
	disrupted.cause = event.cause;
	chime_disruption_react(chime, &disrupted, event.evidence, &reaction);
	if (reaction.repair)
		chime_disruption_repair(chime, &event, reaction.lost_ns);
	else
		chime_disruption_go_on(chime, &event);
	wait = event.evidence & CHIME_SAW_STOP || (!pairing->witness && gap_ns > 0);
	if (wait && !(event.evidence & CHIME_SAW_RESTORE))
		chime_disruption_add_late(chime, &event);
	chime_disruption_clear_suspect(chime, &event);
	chime_disruption_report(chime, &event);
}

/*
 * A notification may come after the report of the disruption that it belongs to, and after a
 * suspend at any time, because devices resume one by one: then it must not be reported again. A
 * second notification is a new disruption. So is one after a report by the time sources: their
 * answers take longer than any notification, and if the clock is suspected without need, the next
 * answers confirm it.
 */
static void chime_disruption_drop_late(struct chime *chime)
{
	struct chime_disruption *disruption = &chime->disruption;
	const struct chime_witness *witness = &chime->witness;
	s64 late_ns = disruption->reported_evidence &
		      (CHIME_SAW(GENID_CHANGED) | CHIME_SAW(MARKER)) ?
		      CHIME_LATE_AFTER_MEMORY_NS : CHIME_LATE_NS;
	bool late = ktime_get_raw_ns() - disruption->reported_raw_ns < late_ns ||
		    (witness->suspending && disruption->reported_raw_ns > witness->suspend_raw_ns);

	if (late && !(disruption->reported_evidence & (CHIME_SAW(GENID_NOTIFY) | CHIME_SAW(NTP))) &&
	    (disruption->evidence & CHIME_SAW_RESTORE) == CHIME_SAW(GENID_NOTIFY)) {
		disruption->evidence &= ~CHIME_SAW(GENID_NOTIFY);
		disruption->reported_evidence |= CHIME_SAW(GENID_NOTIFY);
	}
}

bool chime_disruption_is_restored(struct chime *chime, bool resumed)
{
	struct chime_disruption *disruption = &chime->disruption;
	const struct chime_witness *witness = &chime->witness;

	chime_disruption_drop_late(chime);
	/* A wake-up resets devices: decide when the suspend has ended. */
	if (witness->suspending && !resumed &&
	    !chime_verdict_is_elsewhere(disruption->evidence, chime_witness_sees_forks(witness)))
		return false;
	return disruption->evidence & CHIME_SAW_RESTORE;
}

/* The hypervisor reports a restore of this guest, although host time did not jump. */
static void chime_disruption_quiet(struct chime *chime, bool resumed)
{
	struct chime_disrupted disrupted = { };
	struct chime_reaction reaction;
	struct chime_event event = { };

	if (!chime_disruption_is_restored(chime, resumed))
		return;
	chime_disruption_begin(chime, &event);
	event.evidence = chime->disruption.evidence;
	event.cause = chime_disruption_judge(chime, event.evidence, 0,
					     chime->host.track.last.witness);
	disrupted.cause = event.cause;
	chime_disruption_react(chime, &disrupted, event.evidence, &reaction);
	chime_disruption_repair(chime, &event, reaction.lost_ns);
	chime_disruption_report(chime, &event);
}

/* What a stop says of the host if it is no jump: this may be another one, as after a migration. */
static struct chime_reference_terms chime_disruption_stop_terms(const struct chime *chime)
{
	bool same = chime->host.demoted ||
		    chime_disruption_stayed(chime, chime->disruption.evidence);

	return (struct chime_reference_terms){
		.apart_ns = same ? 0 : chime->host.apart_ns,
		.vouched = chime_disruption_is_vouched(chime),
	};
}

/* A stop that took more than @hidden_ns, or gave as much too much back, would have shown. */
static void chime_disruption_hide(struct chime *chime, s64 hidden_ns)
{
	const struct chime_reference_terms terms = { .gap_error_ns = hidden_ns };

	if (hidden_ns)
		chime_timescale_apply(&chime->timescale, CHIME_REFERENCE_SAME, &terms,
				      ktime_get_raw_ns());
}

/* What was seen of a stop that took no time: it was given back, as at a live migration. */
static void chime_disruption_drop_stop(struct chime *chime)
{
	struct chime_reference_terms terms = chime_disruption_stop_terms(chime);
	struct chime_disruption *disruption = &chime->disruption;

	if (!(disruption->evidence & CHIME_SAW_STOP))
		return;
	disruption->evidence &= ~CHIME_SAW_STOP;
	chime_timescale_apply(&chime->timescale, CHIME_REFERENCE_SAME, &terms, ktime_get_raw_ns());
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
	chime_timescale_lose_rate(&chime->timescale, min(disruption->ok_raw_ns, snapshot.raw_ns),
				  snapshot.raw_ns);
	/* For whoever takes it as the reference anew before the host answers. */
	chime_host_line_doubt_rate(&chime->host.track);
}

/* Of several stops together as much as one alone is reported for. */
static void chime_disruption_report_little(struct chime *chime, struct chime_event *event)
{
	event->evidence = chime->disruption.evidence | CHIME_SAW(HOST_TIME);
	event->gap_ns = chime->disruption.little_ns;
	event->cause = chime_disruption_judge(chime, event->evidence, event->gap_ns,
					      chime->host.track.last.witness);
	chime_disruption_repair(chime, event, event->gap_ns);
	chime_disruption_report(chime, event);
}

/*
 * A stop was seen, and took @lost_ns by the host's clock. A slew of the host may explain that as
 * well: the bound allows for it. So little alone is neither reported nor stepped.
 */
static void chime_disruption_lose_little(struct chime *chime, s64 lost_ns)
{
	struct chime_disruption *disruption = &chime->disruption;
	struct chime_reference_terms terms = chime_disruption_stop_terms(chime);
	enum chime_reference_change change = chime->host.demoted ? CHIME_REFERENCE_SHIFT :
								   CHIME_REFERENCE_RESYNC;
	struct chime_event event = { };

	terms.host = &chime->host.track.line;
	terms.gap_ns = lost_ns;
	terms.gap_error_ns = lost_ns;
	chime_disruption_begin(chime, &event);
	chime_timescale_apply(&chime->timescale, change, &terms, ktime_get_raw_ns());
	disruption->little_ns = chime_add_sat(disruption->little_ns, lost_ns);
	/* A restore is reported in any case. */
	if (disruption->little_ns > CHIME_STOP_MIN_NS &&
	    !(disruption->evidence & CHIME_SAW_RESTORE))
		chime_disruption_report_little(chime, &event);
}

/* A good check: publish the line as it is now. @lost_ns: what a short stop took before it. */
static void chime_disruption_ok(struct chime *chime, s64 lost_ns)
{
	const struct chime_line *line = &chime->host.track.line;

	chime_disruption_note_host_maxerror(chime);
	if (lost_ns)
		chime_disruption_lose_little(chime, lost_ns);
	else if (chime->host.demoted)
		chime_timescale_watch_host(&chime->timescale, line);
	else
		chime_timescale_set_host(&chime->timescale, line, ktime_get_raw_ns());
	chime_disruption_weigh_host(chime, false);
	/* Not the present time: a save may have come between. */
	chime_disruption_note_ok(chime, chime->host.track.last.raw_ns);
	chime_rtc_ask(chime);
}

/*
 * Keep evidence for the checks that follow. It only expires while the host answers: its first
 * answer after a silence still belongs to what was seen before, however late the check is.
 */
static void chime_disruption_remember(struct chime_disruption *disruption, u32 evidence,
				      bool answered)
{
	s64 raw_ns = ktime_get_raw_ns();

	if (evidence || !answered || disruption->unanswered) {
		disruption->evidence |= evidence;
		disruption->evidence_raw_ns = raw_ns;
	} else if (raw_ns - disruption->evidence_raw_ns > CHIME_EVIDENCE_TTL_NS) {
		disruption->evidence = 0;
	}
	disruption->unanswered = !answered;
}

void chime_disruption_check(struct chime *chime)
{
	struct chime_disruption *disruption = &chime->disruption;
	u32 seen = chime_witness_check(chime);
	bool resumed = seen & CHIME_SAW(RESUME);
	enum chime_check check;
	s64 gap_ns = 0;

	lockdep_assert_held(&chime->lock);
	chime_disruption_note_clocksource(chime);
	check = chime_host_check(&chime->host, &gap_ns, &seen);
	chime_disruption_remember(disruption, seen, check != CHIME_CHECK_SILENT);
	if (chime->host.lost && check != CHIME_CHECK_SILENT)
		check = chime_disruption_regain_host(chime, check, gap_ns, resumed);
	if (check != CHIME_CHECK_SILENT)
		chime_timescale_await_host(&chime->timescale, false);

	switch (check) {
	case CHIME_CHECK_NO_HOST:
		chime_disruption_blind(chime, resumed);
		chime_disruption_seek_host(chime, resumed);
		break;
	case CHIME_CHECK_SILENT:
		chime_disruption_silent(chime, resumed);
		if (!chime->host.lost)
			return;
		break;
	case CHIME_CHECK_OK:
	case CHIME_CHECK_LOST_LITTLE:
	case CHIME_CHECK_HID_LITTLE:
		chime_disruption_ok(chime, check == CHIME_CHECK_LOST_LITTLE ? gap_ns : 0);
		/* Before a restore that was seen along with it is reported. */
		chime_disruption_hide(chime, check == CHIME_CHECK_HID_LITTLE ? gap_ns : 0);
		chime_disruption_quiet(chime, resumed);
		chime_disruption_drop_stop(chime);
		break;
	case CHIME_CHECK_JUMPED:
		chime_disruption_jump(chime, gap_ns);
		break;
	}
	chime_disruption_pass_leap(chime);
	/* Only a check after the resume ends the suspend. */
	if (resumed)
		chime->witness.suspending = false;
}

int chime_disruption_by_sources(struct chime *chime, u32 epoch, const struct chime_jump *jump)
{
	struct chime_timescale *timescale = &chime->timescale;
	struct chime_disruption *disruption = &chime->disruption;
	struct chime_disrupted disrupted = {
		.measure = CHIME_MEASURED_BY_SOURCES,
		.gap_ns = jump->offset_ns,
		.gap_error_ns = jump->maxerror_ns,
	};
	struct chime_event event = { .gap_ns = jump->offset_ns };
	struct chime_reaction reaction;

	lockdep_assert_held(&chime->lock);
	/* The witnesses here detect a disruption before any packet can: check them first. */
	chime_disruption_check(chime);
	if (timescale->current_view.awaits_host)
		return -EAGAIN;
	if (epoch != timescale->current_view.epoch)
		return -ESTALE;
	if (timescale->current_view.reference == TRUECHIME_REFERENCE_HOST ||
	    timescale->current_view.mode == TRUECHIME_MODE_EXTERNAL)
		return -EBUSY;
	if (!chime_timescale_correction(timescale))
		return -ENODATA;

	chime_disruption_begin(chime, &event);
	event.evidence = disruption->evidence | CHIME_SAW(NTP);
	event.cause = chime_disruption_judge(chime, event.evidence, event.gap_ns,
					     chime_host_is_there(&chime->host) &&
					     chime->host.track.last.witness);
	disruption->moved = true;
	disruption->ok_raw_ns = min(disruption->ok_raw_ns, jump->ok_raw_ns);
	disrupted.cause = event.cause;
	chime_disruption_react(chime, &disrupted, event.evidence, &reaction);
	chime_disruption_repair(chime, &event, reaction.lost_ns);
	chime_disruption_report(chime, &event);
	return 0;
}

enum truechime_action chime_disruption_step(struct chime *chime, enum truechime_occasion occasion)
{
	const struct chime_target target = { .timescale = &chime->timescale };
	struct chime_event event = { .cause = TRUECHIME_CAUSE_OPERATOR };
	struct chime_repair repair;

	lockdep_assert_held(&chime->lock);
	chime_disruption_begin(chime, &event);
	chime_system_clock_repair(&chime->system_clock, &target, &chime->policy, occasion, &repair);
	/* A request that is refused decides nothing. */
	if (repair.action == TRUECHIME_ACTION_NONE || repair.action == TRUECHIME_ACTION_STEPPED)
		chime->disruption.left_to_others = false;
	if (repair.action != TRUECHIME_ACTION_NONE) {
		chime_disruption_finish(chime, &event, &repair);
		chime_events_record(&chime->events, &event);
		/* It is none by others. Whether the check before it was good is another matter. */
		chime_disruption_note_ok(chime, chime->disruption.ok_raw_ns);
	}
	return repair.action;
}

void chime_disruption_init(struct chime *chime)
{
	struct chime_snapshot snapshot;

	chime_snapshot_take(&snapshot);
	chime->disruption.clocksource_seq = snapshot.clocksource_seq;
	/* Nothing was: the raw clock may only just have begun. */
	chime->disruption.reported_raw_ns = -CHIME_LATE_AFTER_MEMORY_NS;
}
