// SPDX-License-Identifier: GPL-2.0-only
/*
 * What follows from a disruption once its cause is known: the reference changes by the table of
 * causes, the system clock is repaired by policy, and one event says so. disruption.c finds the
 * cause.
 */
#include "disruption.h"

#include <linux/ktime.h>
#include <linux/time64.h>

#include "chime.h"
#include "core/reaction.h"
#include "core/verdict.h"
#include "disruption_parts.h"

/* The system clock was set if it moved by more than this plus the hardest slew. */
#define CHIME_SET_MIN_NS	(10 * NSEC_PER_MSEC)

void chime_disruption_begin(const struct chime *chime, struct chime_event *event)
{
	struct chime_now now;

	chime_timescale_now(&chime->timescale, ktime_get_raw_ns(), &now);
	event->maxerror_before_ns = now.maxerror_ns;
}

/* How right UTC is known to be from then on, and how well the host is read. */
static void chime_disruption_note_errors(struct chime_event *event, const struct chime_now *now)
{
	event->epoch = now->epoch;
	event->maxerror_ns = now->maxerror_ns;
	event->reading_ns = now->reading_ns;
}

void chime_disruption_finish(struct chime *chime, struct chime_event *event,
			     const struct chime_repair *repair)
{
	struct chime_snapshot snapshot;
	struct chime_now now;

	chime_snapshot_take(&snapshot);
	chime_timescale_now(&chime->timescale, snapshot.raw_ns, &now);
	event->action = repair->action;
	event->offset_ns = repair->offset_ns;
	event->residual_ns = repair->residual_ns;
	event->latency_ns = chime_sub_sat(snapshot.raw_ns, chime->disruption.ok_raw_ns);
	event->raw_ns = snapshot.raw_ns;
	event->time_ns = now.time_ns;
	chime_disruption_note_errors(event, &now);
	event->host_name = chime->host.ops ? chime->host.ops->name : NULL;
}

void chime_disruption_note_ok(struct chime *chime, s64 raw_ns)
{
	struct chime_snapshot snapshot;

	chime_snapshot_take(&snapshot);
	chime->disruption.ok_raw_ns = raw_ns;
	chime->disruption.ok_ahead_ns = chime_sub_sat(snapshot.realtime_ns, snapshot.raw_ns);
}

void chime_disruption_report(struct chime *chime, struct chime_event *event)
{
	struct chime_disruption *disruption = &chime->disruption;

	if (chime_reaction_counts(event->cause)) {
		disruption->count++;
		chime_events_renew(&chime->events, event->time_ns);
		chime_host_seek_soon(&chime->host);
	}
	chime_events_record(&chime->events, event);
	disruption->evidence = 0;
	disruption->little_ns = 0;
	disruption->suspected = false;
	disruption->reported_evidence = event->evidence;
	disruption->reported_raw_ns = ktime_get_raw_ns();
	chime_disruption_note_ok(chime, disruption->reported_raw_ns);
	/* A sleep is part of it: if the host falls silent, that is not to be reported once more. */
	chime_witness_forget_slept(&chime->witness);
	chime_rtc_read_soon(chime);
}

/*
 * By how much the system clock was set since the latest good check: the kernel sets it on resume,
 * and another program may have set it already. A smaller change is a slew.
 */
static s64 chime_disruption_set_by_others(const struct chime *chime)
{
	const struct chime_disruption *disruption = &chime->disruption;
	struct chime_snapshot snapshot;
	s64 ahead_ns, ran_ns, set_ns, slewed_ns;

	chime_snapshot_take(&snapshot);
	ahead_ns = chime_sub_sat(snapshot.realtime_ns, snapshot.raw_ns);
	set_ns = chime_sub_sat(ahead_ns, disruption->ok_ahead_ns);
	ran_ns = chime_sub_sat(snapshot.raw_ns, disruption->ok_raw_ns);
	slewed_ns = chime_scale_q32(ran_ns, CHIME_ADJTIMEX_MAX_Q32);
	return chime_abs_sat(set_ns) > chime_add_sat(CHIME_SET_MIN_NS, slewed_ns) ? set_ns : 0;
}

/*
 * Target of the system clock minus timescale after a disruption that took @lost_ns. A trusted
 * timescale is the target itself. Otherwise, or if the system clock was left to others, the two
 * clocks stay as far apart as they were, because the disruption took the same from both; what
 * others have already corrected is not corrected a second time.
 */
static s64 chime_disruption_apart(const struct chime *chime, s64 lost_ns)
{
	if (chime_timescale_is_trusted(&chime->timescale) && !chime->disruption.left_to_others)
		return 0;
	if (lost_ns)
		lost_ns = chime_sub_sat(lost_ns, chime_disruption_set_by_others(chime));
	return chime_sub_sat(lost_ns, chime_system_clock_offset(&chime->timescale));
}

void chime_disruption_repair(struct chime *chime, struct chime_event *event, s64 lost_ns)
{
	const struct chime_target target = {
		.timescale = &chime->timescale,
		.plus_ns = chime_disruption_apart(chime, lost_ns),
	};
	enum truechime_occasion occasion = chime_reaction_occasion(event->cause);
	struct chime_policy policy = chime->policy;
	struct chime_repair repair;

	chime_policy_spare(&policy, occasion, chime_reaction_spares_ns(event->cause));
	chime_system_clock_repair(&chime->system_clock, &target, &policy, occasion, &repair);
	if (chime_reaction_leaves_wrong(repair.action, repair.residual_ns,
					chime->disruption.suspected))
		chime_system_clock_distrust(&chime->system_clock);
	chime_disruption_finish(chime, event, &repair);
}

/*
 * The host's clock passed a leap second. The guest's kernel does so too, a moment sooner or later:
 * neither is an error of the system clock.
 */
static void chime_disruption_forgive_leap(const struct chime_event *event,
					  struct chime_repair *repair)
{
	s64 leapt_ns = chime_add_sat(repair->offset_ns, event->gap_ns);

	repair->action = TRUECHIME_ACTION_NONE;
	if (chime_abs_sat(leapt_ns) < chime_abs_sat(repair->offset_ns))
		repair->offset_ns = leapt_ns;
}

/* A witness saw that something happened to this guest. */
static bool chime_disruption_was_seen(const struct chime *chime, u32 evidence)
{
	return chime->witness.suspending ||
	       evidence & (CHIME_SAW_RESTORE | CHIME_SAW_STOP | CHIME_SAW(RAW_LOST));
}

void chime_disruption_react(struct chime *chime, struct chime_disrupted *disrupted, u32 evidence,
			    struct chime_reaction *reaction)
{
	const struct chime_witness *witness = &chime->witness;
	struct chime_timescale *timescale = &chime->timescale;
	struct chime_reference_terms terms = { .gap_ns = disrupted->gap_ns };
	struct chime_snapshot snapshot;

	disrupted->has_host = chime_host_is_there(&chime->host);
	disrupted->demoted = chime->host.demoted;
	disrupted->corrected = chime_timescale_correction(timescale);
	disrupted->host_vouched = chime_disruption_is_vouched(chime);
	disrupted->host_stayed = chime_disruption_stayed(chime, evidence);
	disrupted->host_left = chime_verdict_is_move(evidence, chime_witness_sees_forks(witness));
	disrupted->unseen = !chime_disruption_was_seen(chime, evidence);
	disrupted->stopped = evidence & (CHIME_SAW_RESTORE | CHIME_SAW_STOP) &&
			     !(evidence & CHIME_SAW(RAW_LOST));
	disrupted->apart_ns = chime->host.apart_ns;
	chime_snapshot_take(&snapshot);
	disrupted->maxerror_ns = chime_timescale_maxerror(timescale, snapshot.raw_ns);
	disrupted->host_ahead_ns = chime_disruption_host_ahead(timescale, snapshot.raw_ns);
	chime_react(disrupted, reaction);
	if (reaction->suspect_host)
		chime_disruption_suspect_host(chime);
	if (disrupted->measure != CHIME_MEASURED_BY_SOURCES)
		terms.host = &chime->host.track.line;
	terms.gap_error_ns = reaction->shift_error_ns;
	terms.apart_ns = reaction->apart_ns;
	terms.suspect_ns = reaction->suspect_ns;
	terms.vouched = disrupted->host_vouched;
	chime_snapshot_take(&snapshot);
	terms.realtime_ns = snapshot.realtime_ns;
	chime_timescale_apply(timescale, reaction->change, &terms, snapshot.raw_ns);
	/* The correction has aged by the whole gap. */
	chime_disruption_weigh_host(chime, reaction->change == CHIME_REFERENCE_RESYNC);
}

void chime_disruption_go_on(struct chime *chime, struct chime_event *event)
{
	struct chime_repair repair = { .action = TRUECHIME_ACTION_NONE };

	repair.offset_ns = chime_add_sat(chime_system_clock_offset(&chime->timescale),
					 chime_disruption_apart(chime, 0));
	if (event->cause == TRUECHIME_CAUSE_LEAP)
		chime_disruption_forgive_leap(event, &repair);
	repair.residual_ns = repair.offset_ns;
	chime_disruption_finish(chime, event, &repair);
}

void chime_disruption_clear_suspect(struct chime *chime, struct chime_event *event)
{
	struct chime_now now;

	chime_timescale_clear_suspect(&chime->timescale,
				      chime_disruption_was_seen(chime, event->evidence),
				      ktime_get_raw_ns());
	chime_timescale_now(&chime->timescale, ktime_get_raw_ns(), &now);
	chime_disruption_note_errors(event, &now);
}
