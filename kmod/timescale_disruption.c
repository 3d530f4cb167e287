// SPDX-License-Identifier: GPL-2.0-only
/*
 * Changes of what the timescale's reference means, because time was disrupted: this guest lost
 * some, the host's clock was set, or it is another host's.
 */
#include "timescale.h"

#include <linux/lockdep.h>
#include <linux/minmax.h>

#include "core/host_line.h"
#include "timescale_parts.h"

/* Advance the clock of mode external by what the raw clock lost: the host's line is @host now. */
static void chime_timescale_catch_up(struct chime_timescale *timescale,
				     const struct chime_line *host, s64 raw_ns)
{
	const struct chime_line *before = &timescale->current_view.host;
	s64 lost_ns = chime_sub_sat(chime_line_eval(host, raw_ns), chime_line_eval(before, raw_ns));

	timescale->external.offset_ns = chime_add_sat(timescale->external.offset_ns, lost_ns);
}

/* For how long from @raw_ns on the correction's rate is still valid; negative: for ever. */
static s64 chime_timescale_reach(const struct chime_timescale *timescale, s64 raw_ns)
{
	const struct chime_line *correction = &timescale->correction;
	s64 age_ns;

	if (!timescale->current_view.corrected || !correction->rate_horizon_ns)
		return -1;
	age_ns = chime_sub_sat(chime_line_eval(&timescale->steady.line, raw_ns),
			       correction->origin_ns);
	return max_t(s64, chime_sub_sat(correction->rate_horizon_ns, chime_abs_sat(age_ns)), 0);
}

/*
 * What the correction's bound lacks if the host is another one, which is right to what is stated of
 * it: then the correction says nothing of its clock. Other parts of the timescale's bound may be
 * gone in a moment, and do not count.
 */
static s64 chime_timescale_vouched_apart(const struct chime_timescale *timescale, s64 raw_ns)
{
	const struct chime_view *view = &timescale->current_view;
	s64 host_ns = chime_line_eval(&view->host, raw_ns);
	s64 reference_ns = chime_line_eval(&timescale->steady.line, raw_ns);
	s64 time_ns = chime_line_eval(&timescale->correction, reference_ns);
	s64 needed_ns = chime_add_sat(chime_abs_sat(chime_sub_sat(time_ns, host_ns)),
				      view->host_maxerror_ns);
	s64 known_ns = chime_line_maxerror(&timescale->correction, reference_ns);

	return chime_add_sat(chime_sub_sat(needed_ns, known_ns), timescale->apart_ns);
}

static void chime_timescale_widen(struct chime_timescale *timescale, s64 by_ns)
{
	struct chime_line *correction = &timescale->correction;

	correction->maxerror_ns = chime_add_sat(correction->maxerror_ns, by_ns);
}

/*
 * The host may be another one than what was measured until now was measured against: that says less
 * by as much as their clocks may differ, whether or not a correction is in force.
 */
static void chime_timescale_count_host(struct chime_timescale *timescale,
				       const struct chime_reference_terms *terms)
{
	const struct chime_view *view = &timescale->current_view;
	struct chime_steady *steady = &timescale->steady;
	s64 apart_ns = terms->apart_ns;

	if (!apart_ns || view->reference != TRUECHIME_REFERENCE_HOST)
		return;
	/* Each of them is right to what is stated. */
	if (terms->vouched)
		apart_ns = chime_add_sat(view->host_maxerror_ns, view->host_maxerror_ns);
	steady->followed_ns = chime_add_sat(steady->followed_ns, apart_ns);
}

/*
 * The host may be another one than the correction was measured against, or its clock was set: allow
 * for that. However often this guest was moved, two hosts' clocks differ by no more.
 */
static void chime_timescale_allow_for_host(struct chime_timescale *timescale,
					   const struct chime_reference_terms *terms, s64 raw_ns)
{
	const struct chime_view *view = &timescale->current_view;
	s64 apart_ns = terms->apart_ns;

	if ((!apart_ns && !terms->suspect_ns) || !view->corrected ||
	    view->reference != TRUECHIME_REFERENCE_HOST)
		return;
	if (terms->vouched)
		apart_ns = chime_timescale_vouched_apart(timescale, raw_ns);
	if (apart_ns > timescale->apart_ns) {
		chime_timescale_widen(timescale, apart_ns - timescale->apart_ns);
		timescale->apart_ns = apart_ns;
	}
	if (terms->vouched || chime_line_unbounded(&timescale->correction))
		return;
	chime_timescale_widen(timescale, terms->suspect_ns);
	timescale->suspect_ns = terms->suspect_ns;
}

void chime_timescale_clear_suspect(struct chime_timescale *timescale, bool seen, s64 raw_ns)
{
	lockdep_assert_held(timescale->lock);
	if (!timescale->suspect_ns)
		return;
	if (seen && !chime_line_unbounded(&timescale->correction))
		chime_timescale_widen(timescale, -timescale->suspect_ns);
	else
		chime_timescale_begin_epoch(timescale, &chime_jumped);
	timescale->suspect_ns = 0;
	chime_timescale_change(timescale, raw_ns, false);
}

/*
 * What the bound lacks if the host's clock was set, and this guest was not stopped: time has moved
 * by what the correction makes of the step, at whose rate the step did not run, and the correction
 * is as old as at @before_ns of the host's time.
 */
static s64 chime_timescale_step_ns(const struct chime_timescale *timescale, s64 before_ns,
				   s64 raw_ns)
{
	const struct chime_line *correction = &timescale->correction;
	s64 now_ns = chime_line_eval(&timescale->steady.line, raw_ns);
	s64 moved_ns = chime_sub_sat(chime_line_eval(correction, now_ns),
				     chime_line_eval(correction, before_ns));
	s64 younger_ns = chime_sub_sat(chime_line_maxerror(correction, before_ns),
				       chime_line_maxerror(correction, now_ns));

	return chime_add_sat(chime_abs_sat(moved_ns), max_t(s64, younger_ns, 0));
}

/* The raw clock moved: this is the same host's line now, and the correction stays valid. */
static void chime_timescale_resync(struct chime_timescale *timescale,
				   const struct chime_reference_terms *terms, s64 raw_ns)
{
	s64 before_ns = chime_line_eval(&timescale->steady.line, raw_ns);
	struct chime_view *view = &timescale->current_view;
	struct chime_reference_terms allowed = *terms;

	chime_steady_resync(&timescale->steady, &view->host, terms->host,
			    chime_timescale_reach(timescale, raw_ns), raw_ns);
	if (terms->apart_ns)
		chime_steady_doubt_machine(&timescale->steady, raw_ns);
	view->host = *terms->host;
	view->has_host = true;
	chime_timescale_widen(timescale, terms->gap_error_ns);
	if (terms->suspect_ns)
		allowed.suspect_ns = max_t(s64, terms->suspect_ns,
					   chime_timescale_step_ns(timescale, before_ns, raw_ns));
	chime_timescale_count_host(timescale, terms);
	chime_timescale_allow_for_host(timescale, &allowed, raw_ns);
	chime_timescale_change(timescale, raw_ns, true);
}

/* @host is the reference now. The correction was measured against another one: it ends. */
static void chime_timescale_jump_to_host(struct chime_timescale *timescale,
					 const struct chime_line *host,
					 const struct chime_line *change, s64 raw_ns)
{
	struct chime_view *view = &timescale->current_view;

	chime_steady_start(&timescale->steady, host, raw_ns);
	view->corrected = false;
	view->host = *host;
	view->has_host = true;
	chime_timescale_begin_epoch(timescale, change);
	chime_timescale_change(timescale, raw_ns, true);
}

/* The host's clock was set by @gap_ns, its line is @host now: the correction absorbs the step. */
static void chime_timescale_absorb(struct chime_timescale *timescale,
				   const struct chime_line *host, s64 gap_ns, s64 raw_ns)
{
	const struct chime_line change = { .offset_ns = gap_ns };
	struct chime_line *correction = &timescale->correction;
	struct chime_view *view = &timescale->current_view;

	/* Host time H is host time H + gap now. */
	chime_steady_step(&timescale->steady, host, gap_ns, raw_ns);
	correction->origin_ns = chime_add_sat(correction->origin_ns, gap_ns);
	correction->offset_ns = chime_sub_sat(correction->offset_ns, gap_ns);
	view->corrected_ns = chime_add_sat(view->corrected_ns, gap_ns);
	view->host = *host;
	view->has_host = true;
	chime_timescale_begin_epoch(timescale, &change);
	chime_timescale_change(timescale, raw_ns, false);
}

static void chime_timescale_restart(struct chime_timescale *timescale, s64 raw_ns, s64 realtime_ns)
{
	timescale->free = (struct chime_line){
		.origin_ns = raw_ns,
		.offset_ns = chime_sub_sat(realtime_ns, raw_ns),
		.maxerror_ns = CHIME_LINE_UNBOUNDED_NS,
	};
	timescale->current_view.corrected = false;
	timescale->stands_in = false;
	chime_timescale_begin_epoch(timescale, &chime_jumped);
	chime_timescale_change(timescale, raw_ns, true);
}

/*
 * By how much the raw clock went ahead, while no time passed, for the host's clock to be behind its
 * line by so much; 0: it was not.
 */
static s64 chime_timescale_raw_gained(const struct chime_timescale *timescale,
				      const struct chime_reference_terms *terms)
{
	const struct chime_line *host = &timescale->current_view.host;

	if (!terms->host || terms->gap_ns >= 0)
		return 0;
	return chime_unscale_q32(chime_abs_sat(terms->gap_ns), host->rate_q32);
}

/*
 * What was lost is added. Where the raw clock gained, what the lines make of it is wrong by as much
 * as their rates are against the host's: a day at 0.7 ppm is 57 ms. So they are stated as if it had
 * stood still.
 */
static void chime_timescale_shift_line(struct chime_line *line, s64 gap_ns, s64 gained_ns)
{
	if (gained_ns)
		chime_line_set_ahead(line, gained_ns);
	else
		line->offset_ns = chime_add_sat(line->offset_ns, gap_ns);
}

/*
 * The raw clock, as the reference, moved against UTC. If this may be another host it may be another
 * machine's counter, too, whose rate differs by as much as a hypervisor leaves unscaled.
 */
static void chime_timescale_shift(struct chime_timescale *timescale,
				  const struct chime_reference_terms *terms, s64 raw_ns)
{
	s64 gained_ns = chime_timescale_raw_gained(timescale, terms);
	struct chime_line change = chime_jumped;

	chime_timescale_shift_line(&timescale->correction, terms->gap_ns, gained_ns);
	chime_timescale_widen(timescale, terms->gap_error_ns);
	if (terms->apart_ns) {
		change.sigma_rate_q32 = CHIME_UNSCALED_Q32;
		chime_line_move(&timescale->correction, raw_ns);
		chime_line_doubt_rate(&timescale->correction, CHIME_UNSCALED_Q32);
	}
	chime_timescale_shift_line(&timescale->free, terms->gap_ns, gained_ns);
	chime_timescale_shift_line(&timescale->external, terms->gap_ns, gained_ns);
	chime_timescale_begin_epoch(timescale, &change);
	chime_timescale_change(timescale, raw_ns, true);
}

void chime_timescale_set_raw_ahead(struct chime_timescale *timescale, s64 by_ns)
{
	struct chime_view *view = &timescale->current_view;

	lockdep_assert_held(timescale->lock);
	chime_steady_set_raw_ahead(&timescale->steady, by_ns);
	chime_line_set_ahead(&timescale->free, by_ns);
	chime_line_set_ahead(&timescale->external, by_ns);
	chime_line_set_ahead(&view->line, by_ns);
	chime_line_set_ahead(&view->host, by_ns);
	chime_line_set_ahead(&view->steady, by_ns);
	view->slew.from_ns = chime_add_sat(view->slew.from_ns, by_ns);
	if (view->reference != TRUECHIME_REFERENCE_RAW)
		return;
	chime_line_set_ahead(&timescale->correction, by_ns);
	view->corrected_ns = chime_add_sat(view->corrected_ns, by_ns);
}

void chime_timescale_apply(struct chime_timescale *timescale, enum chime_reference_change change,
			   const struct chime_reference_terms *terms, s64 raw_ns)
{
	const struct chime_line *host = terms->host;

	lockdep_assert_held(timescale->lock);
	switch (change) {
	case CHIME_REFERENCE_SAME:
		chime_timescale_widen(timescale, terms->gap_error_ns);
		chime_timescale_count_host(timescale, terms);
		chime_timescale_allow_for_host(timescale, terms, raw_ns);
		chime_timescale_change(timescale, raw_ns, false);
		break;
	case CHIME_REFERENCE_RESYNC:
		chime_timescale_catch_up(timescale, host, raw_ns);
		chime_timescale_resync(timescale, terms, raw_ns);
		break;
	case CHIME_REFERENCE_FOLLOW:
		/* A step of the host's clock does not affect the clock of mode external. */
		chime_timescale_jump_to_host(timescale, host, &chime_jumped, raw_ns);
		break;
	case CHIME_REFERENCE_ABSORB:
		chime_timescale_absorb(timescale, host, terms->gap_ns, raw_ns);
		break;
	case CHIME_REFERENCE_REPLACE:
		chime_timescale_catch_up(timescale, host, raw_ns);
		chime_timescale_jump_to_host(timescale, host, &chime_replaced, raw_ns);
		break;
	case CHIME_REFERENCE_SHIFT:
		chime_timescale_shift(timescale, terms, raw_ns);
		if (host)
			chime_timescale_watch_host(timescale, host);
		break;
	case CHIME_REFERENCE_WATCH:
		chime_timescale_watch_host(timescale, host);
		break;
	case CHIME_REFERENCE_RESTART:
		chime_timescale_restart(timescale, raw_ns, terms->realtime_ns);
		break;
	}
}

bool chime_timescale_suspect_host(struct chime_timescale *timescale, s64 raw_ns)
{
	bool corrected = timescale->current_view.corrected;

	lockdep_assert_held(timescale->lock);
	if (corrected)
		timescale->correction.maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
	chime_timescale_begin_epoch(timescale, &chime_replaced);
	chime_timescale_change(timescale, raw_ns, false);
	return corrected;
}
