// SPDX-License-Identifier: GPL-2.0-only
/*
 * Disruptions while no host answers: there is none, or it has fallen silent. The witnesses may show
 * what happened, but not what time it is.
 */
#include <linux/bitops.h>
#include <linux/ktime.h>
#include <linux/lockdep.h>
#include <linux/math64.h>
#include <linux/time64.h>
#include <linux/timekeeping.h>

#include "chime.h"
#include "core/reaction.h"
#include "core/verdict.h"
#include "core/words.h"
#include "disruption_parts.h"

/* A host that is silent for longer is lost, so that it cannot hide disruptions meanwhile. */
#define CHIME_SILENT_MAX_NS	(2 * NSEC_PER_SEC)

/* The raw clock was disrupted: restart the timescale, @ahead_ns ahead of the system clock. */
static void chime_disruption_restart(struct chime *chime, s64 ahead_ns)
{
	struct chime_reference_terms terms = { };
	struct chime_snapshot snapshot;

	chime_snapshot_take(&snapshot);
	terms.realtime_ns = chime_add_sat(snapshot.realtime_ns, ahead_ns);
	chime_timescale_apply(&chime->timescale, CHIME_REFERENCE_RESTART, &terms, snapshot.raw_ns);
}

static s64 chime_disruption_slept_ns(const struct chime *chime, bool resumed)
{
	return resumed ? chime_witness_slept_ns(&chime->witness) : 0;
}

/*
 * There is no host to ask. After a suspend the kernel has set its own clock forward by the RTC,
 * after a restore nothing has. Either way the raw clock was disrupted, and the system clock must
 * not be trusted until it is measured again.
 */
static void chime_disruption_lose(struct chime *chime, u32 evidence, s64 gap_ns)
{
	struct chime_event event = { .evidence = evidence };
	struct chime_repair repair = { .action = TRUECHIME_ACTION_DISTRUSTED };
	struct chime_disrupted disrupted = { };
	struct chime_reaction reaction;

	chime_disruption_begin(chime, &event);
	/* A stop may be seen before the suspend that it is part of has ended. */
	event.gap_ns = gap_ns ?: chime_disruption_slept_ns(chime, chime->witness.suspending);
	event.cause = chime_disruption_judge(chime, evidence, event.gap_ns, false);
	disrupted.cause = event.cause;
	chime->disruption.moved = true;
	chime->disruption.left_to_others = false;
	chime->disruption.was_corrected = chime_timescale_correction(&chime->timescale);
	/* In this order: a program woken by the setting of the clock must see the new timescale. */
	chime_disruption_react(chime, &disrupted, evidence, &reaction);
	chime_system_clock_distrust(&chime->system_clock);
	chime_disruption_finish(chime, &event, &repair);
	chime_disruption_report(chime, &event);
}

/* A witness has seen a restore, a stop or a suspend. Few of them show how long it took. */
static bool chime_disruption_is_seen(struct chime *chime, bool resumed, s64 slept_ns)
{
	return chime_disruption_is_restored(chime, resumed) ||
	       chime->disruption.evidence & CHIME_SAW_STOP || slept_ns;
}

/* That, or a suspend has begun, of whose end programs may learn before this module does. */
static bool chime_disruption_is_under_way(struct chime *chime, bool resumed, s64 slept_ns)
{
	return chime_disruption_is_seen(chime, resumed, slept_ns) || chime->witness.suspending;
}

void chime_disruption_blind(struct chime *chime, bool resumed)
{
	s64 slept_ns = chime_disruption_slept_ns(chime, resumed);

	chime_rtc_ask(chime);
	if (chime_disruption_is_seen(chime, resumed, slept_ns))
		chime_disruption_lose(chime, chime->disruption.evidence, slept_ns);
	chime_disruption_note_ok(chime, ktime_get_raw_ns());
}

void chime_disruption_rtc_jumped(struct chime *chime, s64 gap_ns, s64 before_raw_ns)
{
	struct chime_disruption *disruption = &chime->disruption;

	lockdep_assert_held(&chime->lock);
	/* The RTC shows a disruption last: another witness has reported this one since. */
	if (disruption->count && disruption->reported_raw_ns > before_raw_ns)
		return;
	chime_disruption_lose(chime, disruption->evidence | CHIME_SAW(RTC) |
			      chime_witness_settle(chime), gap_ns);
}

void chime_disruption_follow_rtc(struct chime *chime, s64 ahead_ns)
{
	const struct chime_target target = { .timescale = &chime->timescale };
	struct chime_repair repair;

	lockdep_assert_held(&chime->lock);
	/* In mode external other programs steer the system clock. */
	if (chime->timescale.current_view.mode == TRUECHIME_MODE_EXTERNAL)
		return;
	chime->disruption.moved = true;
	chime_disruption_restart(chime, ahead_ns);
	chime_system_clock_repair(&chime->system_clock, &target, &chime->policy,
				  TRUECHIME_OCCASION_DISRUPTION, &repair);
	chime_log_add(&chime->log, CHIME_LOG_NOTICE,
		      "no NTP server has answered since the disruption, so the jump of the RTC is followed (rtc=trust); the system clock was %lld ms %s and %s\n",
		      div_s64(chime_abs_sat(repair.offset_ns), NSEC_PER_MSEC),
		      repair.offset_ns < 0 ? "ahead" : "behind",
		      chime_action_words(repair.action));
}

static void chime_disruption_lose_host(struct chime *chime, s64 silent_ns)
{
	s64 raw_ns = ktime_get_raw_ns();

	chime_timescale_await_host(&chime->timescale, false);

	chime_log_limited(&chime->log, CHIME_LOG_WARNING,
			  "host clock %s has %s for %lld s: time goes on by this machine's own counter\n",
			  chime->host.ops->name,
			  chime->host.silent ? "been silent" : "contradicted itself",
			  div_s64(silent_ns, NSEC_PER_SEC));
	chime->host.lost = true;
	/*
	 * A line that was stated as if the raw clock had not been set ahead is of no use then, nor
	 * is one by another clocksource.
	 */
	chime->disruption.moved = chime->host.set_ahead_ns ||
				  chime->host.track.last.clocksource_seq !=
				  chime->disruption.clocksource_seq;
	chime_timescale_lose_host(&chime->timescale,
				  chime_host_line_slewing(&chime->host.track, raw_ns), raw_ns);
}

/*
 * The host's next answer includes what the sources have corrected by then, and would have it
 * corrected once more. So the correction is one of the raw clock, and the host's line begins anew.
 */
void chime_disruption_heed_correction(struct chime *chime, const struct chime_line *correction)
{
	const struct chime_timescale *timescale = &chime->timescale;
	const struct chime_host *host = &chime->host;
	s64 raw_ns = ktime_get_raw_ns();

	lockdep_assert_held(&chime->lock);
	if (!host->no_result || host->lost || timescale->current_view.awaits_host ||
	    timescale->current_view.reference != TRUECHIME_REFERENCE_HOST ||
	    !chime_timescale_is_denied(timescale, correction, raw_ns))
		return;
	chime_disruption_lose_host(chime, raw_ns - host->no_result_raw_ns);
	chime->disruption.moved = true;
}

/*
 * The host is silent for the moment, and something has happened: a restore, a stop, or a suspend.
 * The host may say soon how much time that took, and then there is one event; until then nobody
 * knows the time. A restore will be reported whatever the host says, so it marks the clock: also if
 * its notification comes after the stop was seen.
 */
static void chime_disruption_await_host(struct chime *chime, bool resumed)
{
	s64 slept_ns = chime_disruption_slept_ns(chime, resumed);
	struct chime_disruption *disruption = &chime->disruption;

	if (!chime_disruption_is_under_way(chime, resumed, slept_ns))
		return;
	if (!chime->timescale.current_view.awaits_host) {
		chime_timescale_await_host(&chime->timescale, true);
		disruption->marked = false;
	}
	if (disruption->marked || !chime_disruption_is_restored(chime, resumed))
		return;
	disruption->marked = true;
	chime_system_clock_distrust(&chime->system_clock);
}

void chime_disruption_silent(struct chime *chime, bool resumed)
{
	struct chime_host *host = &chime->host;
	s64 silent_ns = ktime_get_raw_ns() - host->no_result_raw_ns;

	if (!host->lost && silent_ns >= CHIME_SILENT_MAX_NS)
		chime_disruption_lose_host(chime, silent_ns);
	if (host->lost) {
		chime_disruption_note_host_maxerror(chime);
		chime_disruption_blind(chime, resumed);
		return;
	}
	chime_disruption_await_host(chime, resumed);
	/* Keep the hint for the check at which the host answers. */
	if (resumed)
		set_bit(TRUECHIME_EVIDENCE_RESUME, &chime->witness.hints);
}

/* Sources have put the timescale right, and not the line of the host that was lost. */
static bool chime_disruption_is_corrected(const struct chime *chime)
{
	return chime_timescale_correction(&chime->timescale) && !chime->timescale.stands_in;
}

/*
 * What sources have corrected since the host was lost is not what it says now: it was set, or this
 * guest was stopped at the last moment, and nothing saw that.
 */
static void chime_disruption_contradict(struct chime *chime, struct chime_event *event)
{
	const struct chime_timescale *timescale = &chime->timescale;
	s64 raw_ns = ktime_get_raw_ns();
	s64 known_ns = chime_add_sat(chime_timescale_maxerror(timescale, raw_ns),
				     chime->host.apart_ns);
	s64 off_ns = chime_abs_sat(chime_disruption_host_ahead(timescale, raw_ns));

	if (chime->host.demoted || !chime_disruption_is_corrected(chime) || off_ns <= known_ns)
		return;
	event->gap_ns = off_ns;
	/* What is stated of the host is judged by the bound that the correction still has. */
	chime_disruption_weigh_host(chime, true);
	chime_disruption_suspect_host(chime);
}

/*
 * Host and timescale differ by @apart_ns, and nobody knows which of them is right. Where the system
 * clock is no further from the timescale than that, another program may have set it right.
 */
static bool chime_disruption_leaves_clock(const struct chime *chime, s64 apart_ns)
{
	return chime->disruption.suspected &&
	       chime_abs_sat(chime_system_clock_offset(&chime->timescale)) <= apart_ns;
}

/* Sources will say how far off it is. */
static void chime_disruption_leave_clock(struct chime *chime, struct chime_event *event)
{
	struct chime_repair repair = { .action = TRUECHIME_ACTION_DISTRUSTED };

	repair.offset_ns = chime_system_clock_offset(&chime->timescale);
	repair.residual_ns = repair.offset_ns;
	chime_system_clock_distrust(&chime->system_clock);
	chime_disruption_finish(chime, event, &repair);
}

/*
 * Only the host shows what time it is now; @measured: only whether what sources have corrected can
 * be true.
 */
static void chime_disruption_trust_host(struct chime *chime, bool measured)
{
	struct chime_event event = {
		.cause = TRUECHIME_CAUSE_UNKNOWN,
		.evidence = CHIME_SAW(HOST_TIME),
	};

	chime_disruption_begin(chime, &event);
	chime_disruption_contradict(chime, &event);
	if (measured && !event.gap_ns)
		return;
	if (chime_disruption_leaves_clock(chime, event.gap_ns))
		chime_disruption_leave_clock(chime, &event);
	else
		chime_disruption_repair(chime, &event, 0);
	if (chime->disruption.suspected && event.action == TRUECHIME_ACTION_NONE)
		event.action = TRUECHIME_ACTION_DISTRUSTED;
	if (event.action == TRUECHIME_ACTION_NONE)
		return;
	if (event.action != TRUECHIME_ACTION_DISTRUSTED)
		event.gap_ns = event.offset_ns;
	chime_disruption_report(chime, &event);
}

enum chime_check chime_disruption_regain_host(struct chime *chime, enum chime_check check,
					      s64 gap_ns, bool resumed)
{
	s64 slept_ns = chime_disruption_slept_ns(chime, resumed);
	bool seen = chime_disruption_is_seen(chime, resumed, slept_ns);
	bool under_way = chime_disruption_is_under_way(chime, resumed, slept_ns);
	struct chime_host *host = &chime->host;
	const struct chime_reference_terms terms = { .gap_ns = gap_ns };
	bool moved = chime->disruption.moved;
	s64 raw_ns, slewing_q32;

	/*
	 * The line is of the time before the host was lost. It cannot tell what a stop of just now
	 * took from what was set of the host's clock since, or slewed: the longer ago that is, the
	 * more is no jump. The correction knows neither. A suspend may not have taken anything yet.
	 */
	moved |= (seen || (under_way && check == CHIME_CHECK_JUMPED)) &&
		 chime_disruption_is_corrected(chime);
	if (moved && chime_host_reset(host, &chime->disruption.evidence))
		return CHIME_CHECK_SILENT;
	if (moved && under_way)
		chime_disruption_lose(chime, chime->disruption.evidence, slept_ns);
	host->lost = false;
	chime->disruption.moved = false;
	chime_disruption_note_host_maxerror(chime);
	raw_ns = ktime_get_raw_ns();
	/* A host that jumped meanwhile does not show whether it is slewed, too. */
	slewing_q32 = check == CHIME_CHECK_JUMPED ? CHIME_HOST_SLEW_MAX_Q32 :
						    chime_host_line_slewing(&host->track, raw_ns);
	/* Before the line, which is stated so already, becomes the reference. */
	chime_disruption_note_set_ahead(chime);
	/* A stop, and what else the host's line shows since it was lost: that is not slewed in. */
	if (!moved && check == CHIME_CHECK_LOST_LITTLE && !chime_disruption_is_corrected(chime))
		chime_timescale_apply(&chime->timescale, CHIME_REFERENCE_SHIFT, &terms, raw_ns);
	chime_timescale_set_reference(&chime->timescale, &host->track.line, !host->demoted,
				      slewing_q32, raw_ns);
	/* The raw clock was disrupted. A restore is reported in any case, and repaired by that. */
	if (moved || (check == CHIME_CHECK_LOST_LITTLE &&
		      !(chime->disruption.evidence & CHIME_SAW_RESTORE)))
		chime_disruption_trust_host(chime, false);
	if (moved || check == CHIME_CHECK_LOST_LITTLE)
		return CHIME_CHECK_OK;
	/* The reference begins with the line as it is now. */
	return check == CHIME_CHECK_HID_LITTLE ? CHIME_CHECK_OK : check;
}

void chime_disruption_seek_host(struct chime *chime, bool resumed)
{
	struct chime_host *host = &chime->host;
	bool moved = chime->disruption.moved;
	s64 raw_ns;

	/* What a suspend takes is only known at its end. */
	if ((chime->witness.suspending && !resumed) || !chime_host_seek(host))
		return;
	chime_log_add(&chime->log, CHIME_LOG_NOTICE,
		      "host clock %s (%s) is there now, and is followed\n", host->ops->name,
		      host->track.last.exact ? "exact" : "bracketed");
	chime->disruption.moved = false;
	chime_disruption_note_host_maxerror(chime);
	raw_ns = ktime_get_raw_ns();
	chime_timescale_set_reference(&chime->timescale, &host->track.line, true,
				      chime_host_line_slewing(&host->track, raw_ns), raw_ns);
	/* A clock that was neither measured nor disrupted is what it was at load. */
	if (moved || chime_disruption_is_corrected(chime))
		chime_disruption_trust_host(chime, chime_disruption_is_corrected(chime));
	else if (chime->timescale.current_view.mode == TRUECHIME_MODE_AUTO)
		chime_disruption_boot(chime);
}
