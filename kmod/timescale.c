// SPDX-License-Identifier: GPL-2.0-only
/*
 * The timescale: which line is in force, how changes are applied, and what readers see.
 */
#include "timescale.h"

#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/time64.h>

#include "core/host_line.h"

/* A change of phase is slewed in within a second, at a rate of at most a tenth. */
#define CHIME_SLEW_TIME_NS	NSEC_PER_SEC
#define CHIME_SLEW_MAX_Q32	(100000 * CHIME_PPM_Q32)

/*
 * A change of more than a second would take longer than ten seconds even so. A timescale that wrong
 * is of no use meanwhile, so it jumps, like the system clock at boot by the default step policy.
 */
#define CHIME_JUMP_NS		NSEC_PER_SEC

/*
 * The rate error of an unknown clock, like the raw clock after a change of clocksource: the largest
 * that a kernel corrects.
 */
#define CHIME_UNKNOWN_RATE_Q32	(500 * CHIME_PPM_Q32)

static s64 chime_slew_remaining(const struct chime_slew *slew, s64 raw_ns)
{
	s64 age_ns = max_t(s64, chime_sub_sat(raw_ns, slew->from_ns), 0);
	s64 done_ns = chime_scale_q32(age_ns, slew->rate_q32);

	if (slew->phase_ns >= 0)
		return max_t(s64, chime_sub_sat(slew->phase_ns, done_ns), 0);
	return min_t(s64, chime_add_sat(slew->phase_ns, done_ns), 0);
}

/* Rates of CHIME_FINE times 2^-48 make one of 2^-32, the unit of a line's rate. */
#define CHIME_FINE	65536

/* @line, whose rate lacks @fine_q48. */
static s64 chime_line_eval_fine(const struct chime_line *line, s64 fine_q48, s64 raw_ns)
{
	s64 age_ns = chime_sub_sat(raw_ns, line->origin_ns);

	return chime_add_sat(chime_line_eval(line, raw_ns),
			     chime_scale_q32(age_ns, fine_q48) / CHIME_FINE);
}

static s64 chime_view_time(const struct chime_view *view, s64 raw_ns)
{
	return chime_sub_sat(chime_line_eval_fine(&view->line, view->fine_q48, raw_ns),
			     chime_slew_remaining(&view->slew, raw_ns));
}

static bool chime_line_unbounded(const struct chime_line *line)
{
	return line->maxerror_ns == CHIME_LINE_UNBOUNDED_NS;
}

static s64 chime_view_reference(const struct chime_view *view, s64 raw_ns)
{
	if (view->reference == TRUECHIME_REFERENCE_HOST)
		return chime_line_eval(&view->steady, raw_ns);
	return raw_ns;
}

static enum truechime_state chime_view_state(const struct chime_view *view, s64 raw_ns,
					     s64 holdover_ns)
{
	s64 age_ns;

	if (view->mode == TRUECHIME_MODE_EXTERNAL)
		return TRUECHIME_STATE_EXTERNAL;
	if (!view->corrected)
		return view->reference == TRUECHIME_REFERENCE_HOST ? TRUECHIME_STATE_HOST :
								     TRUECHIME_STATE_FREE;
	age_ns = chime_sub_sat(chime_view_reference(view, raw_ns), view->corrected_ns);
	return chime_abs_sat(age_ns) > holdover_ns ? TRUECHIME_STATE_HOLDOVER :
						     TRUECHIME_STATE_CORRECTED;
}

s64 chime_timescale_time(const struct chime_timescale *timescale, s64 raw_ns)
{
	unsigned int seq;
	s64 time_ns;

	/* Pairs with chime_timescale_publish(); arithmetic on a half-written copy is harmless. */
	do {
		seq = chime_latch_read(&timescale->seq);
		time_ns = chime_view_time(&timescale->latch[seq & 1], raw_ns);
	} while (chime_latch_retry(&timescale->seq, seq));
	return time_ns;
}

void chime_timescale_now(const struct chime_timescale *timescale, s64 raw_ns,
			 struct chime_now *now)
{
	struct chime_view view;
	unsigned int seq;
	s64 remaining_ns, off_ns, reading_ns;

	do {
		seq = chime_latch_read(&timescale->seq);
		view = timescale->latch[seq & 1];
	} while (chime_latch_retry(&timescale->seq, seq));

	remaining_ns = chime_slew_remaining(&view.slew, raw_ns);
	off_ns = chime_abs_sat(remaining_ns);
	reading_ns = view.awaits_host ? CHIME_LINE_UNBOUNDED_NS :
		     chime_add_sat(chime_line_maxerror(&view.line, raw_ns), off_ns);
	*now = (struct chime_now){
		.raw_ns = raw_ns,
		.time_ns = chime_view_time(&view, raw_ns),
		.host_ns = view.has_host ? chime_line_eval(&view.host, raw_ns) : 0,
		.reference_ns = chime_view_reference(&view, raw_ns),
		.has_host = view.has_host,
		.rate_q32 = chime_line_rate(&view.line, raw_ns),
		.slew_ns = remaining_ns,
		.sigma_ns = chime_add_sat(chime_line_sigma(&view.line, raw_ns), off_ns),
		.maxerror_ns = view.uncorrected_host ?
			       chime_add_sat(reading_ns, view.host_maxerror_ns) : reading_ns,
		.reading_ns = reading_ns,
		.host_maxerror_ns = view.host_maxerror_ns,
		.mode = view.mode,
		.state = chime_view_state(&view, raw_ns, timescale->holdover_ns),
		.reference = view.reference,
		.epoch = view.epoch,
		.change = view.change,
	};
	if (remaining_ns > 0)
		now->rate_q32 += view.slew.rate_q32;
	else if (remaining_ns < 0)
		now->rate_q32 -= view.slew.rate_q32;
}

/* The latch: readers are sent to one copy while the other is written. Lock held. */
static void chime_timescale_publish(struct chime_timescale *timescale)
{
	struct chime_view *view = &timescale->current_view;

	view->uncorrected_host = timescale->stands_in ||
				 (!view->corrected &&
				  view->reference == TRUECHIME_REFERENCE_HOST);
	/* Pair with chime_latch_read() and chime_latch_retry() in the readers. */
	chime_latch_write_begin(&timescale->seq);
	timescale->latch[0] = timescale->current_view;
	chime_latch_write_second(&timescale->seq);
	timescale->latch[1] = timescale->current_view;
	chime_latch_write_end(&timescale->seq);
}

/* The target of mode auto. */
static void chime_timescale_aim(const struct chime_timescale *timescale, s64 raw_ns,
				struct chime_line *line)
{
	const struct chime_view *view = &timescale->current_view;

	if (view->reference == TRUECHIME_REFERENCE_RAW)
		*line = view->corrected ? timescale->correction : timescale->free;
	else if (view->corrected)
		chime_line_compose(&timescale->correction, &view->steady, raw_ns, line);
	else
		*line = view->host;
}

s64 chime_timescale_maxerror(const struct chime_timescale *timescale, s64 raw_ns)
{
	struct chime_line line;

	lockdep_assert_held(timescale->lock);
	chime_timescale_aim(timescale, raw_ns, &line);
	return chime_line_maxerror(&line, raw_ns);
}

/*
 * How fast to slew. A slew in progress keeps its rate although less of it is left: the host line is
 * fitted anew many times a second.
 */
static s64 chime_slew_rate(const struct chime_timescale *timescale, s64 phase_ns, s64 raw_ns)
{
	const struct chime_slew *slew = &timescale->current_view.slew;
	s64 rate_q32 = chime_ratio_q32(chime_abs_sat(phase_ns), CHIME_SLEW_TIME_NS);

	if (chime_slew_remaining(slew, raw_ns))
		rate_q32 = max_t(s64, rate_q32, slew->rate_q32);
	return clamp_t(s64, rate_q32, timescale->slew_min_q32, CHIME_SLEW_MAX_Q32);
}

/*
 * Recompute the target after a change, from @raw_ns on. The difference is slewed in unless a jump
 * was requested, the difference is too large, or the old target had no bound. In mode external only
 * changes of the external clock count, and its slew continues.
 */
static void chime_timescale_change(struct chime_timescale *timescale, s64 raw_ns, bool jump)
{
	struct chime_view *view = &timescale->current_view;
	s64 before_ns = chime_view_time(view, raw_ns);
	bool bounded = !chime_line_unbounded(&view->line);
	s64 phase_ns;

	lockdep_assert_held(timescale->lock);
	/* The reference of corrections is kept up to date in any mode. */
	view->steady = timescale->steady.line;
	if (view->mode == TRUECHIME_MODE_EXTERNAL) {
		view->line = timescale->external;
		view->fine_q48 = timescale->external_fine_q48;
		chime_timescale_publish(timescale);
		return;
	}
	chime_timescale_aim(timescale, raw_ns, &view->line);
	view->fine_q48 = 0;
	phase_ns = chime_sub_sat(chime_line_eval(&view->line, raw_ns), before_ns);
	if (jump || !bounded || chime_abs_sat(phase_ns) > CHIME_JUMP_NS)
		phase_ns = 0;
	view->slew = (struct chime_slew){
		.from_ns = raw_ns,
		.phase_ns = phase_ns,
		.rate_q32 = chime_slew_rate(timescale, phase_ns, raw_ns),
	};
	chime_timescale_publish(timescale);
}

/* Continue the target at @raw_ns as a free line, without a bound. */
static void chime_timescale_let_go(struct chime_timescale *timescale, s64 raw_ns)
{
	chime_timescale_aim(timescale, raw_ns, &timescale->free);
	chime_line_move(&timescale->free, raw_ns);
	timescale->free.maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
}

/*
 * From now on the reference means something else. @change converts earlier measurements: it is the
 * new reference minus the old one, as a function of the old one's time.
 */
static void chime_timescale_begin_epoch(struct chime_timescale *timescale,
					const struct chime_line *change)
{
	timescale->current_view.epoch++;
	timescale->current_view.change = *change;
}

/* The same, with both references as functions of the raw clock. Both are known at @raw_ns. */
static void chime_timescale_change_clock(struct chime_timescale *timescale,
					 const struct chime_line *before,
					 const struct chime_line *after, s64 raw_ns)
{
	struct chime_line converted, change = {
		.sigma_rate_q32 = chime_add_sat(before->sigma_rate_q32, after->sigma_rate_q32),
	};

	chime_line_convert(after, before, raw_ns, &converted);
	change.origin_ns = converted.origin_ns;
	change.offset_ns = converted.offset_ns;
	change.rate_q32 = converted.rate_q32;
	chime_timescale_begin_epoch(timescale, &change);
}

/* The reference jumped by an unknown amount and kept its rate. */
static const struct chime_line chime_jumped = { .maxerror_ns = CHIME_LINE_UNBOUNDED_NS };

/* The reference is another clock, with unknown offset and rate. */
static const struct chime_line chime_replaced = {
	.maxerror_ns = CHIME_LINE_UNBOUNDED_NS,
	.sigma_rate_q32 = CHIME_LINE_RATE_UNKNOWN_Q32,
};

void chime_timescale_init(struct chime_timescale *timescale, struct mutex *lock,
			  s64 slew_min_q32, s64 holdover_ns)
{
	struct chime_snapshot snapshot;

	memset(timescale, 0, sizeof(*timescale));
	timescale->lock = lock;
	timescale->slew_min_q32 = slew_min_q32;
	timescale->holdover_ns = holdover_ns;
	seqcount_latch_init(&timescale->seq);
	chime_snapshot_take(&snapshot);
	timescale->free = (struct chime_line){
		.origin_ns = snapshot.raw_ns,
		.offset_ns = snapshot.realtime_ns - snapshot.raw_ns,
		.maxerror_ns = CHIME_LINE_UNBOUNDED_NS,
	};
	timescale->external = timescale->free;
	timescale->current_view.line = timescale->free;
	timescale->current_view.change = chime_replaced;
	timescale->current_view.host_maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
	chime_timescale_publish(timescale);
}

void chime_timescale_set_host_maxerror(struct chime_timescale *timescale, s64 maxerror_ns)
{
	struct chime_view *view = &timescale->current_view;

	lockdep_assert_held(timescale->lock);
	if (view->host_maxerror_ns == maxerror_ns)
		return;
	view->host_maxerror_ns = maxerror_ns;
	chime_timescale_publish(timescale);
}

void chime_timescale_set_host(struct chime_timescale *timescale, const struct chime_line *host,
			      s64 raw_ns)
{
	lockdep_assert_held(timescale->lock);
	timescale->current_view.host = *host;
	timescale->current_view.has_host = true;
	chime_steady_follow(&timescale->steady, host, timescale->current_view.corrected, raw_ns);
	/* A correction's age is measured in host time, not from the origin of the line. */
	chime_timescale_change(timescale, raw_ns, false);
}

void chime_timescale_await_host(struct chime_timescale *timescale, bool awaits)
{
	struct chime_view *view = &timescale->current_view;

	lockdep_assert_held(timescale->lock);
	if (view->awaits_host == awaits)
		return;
	view->awaits_host = awaits;
	if (!awaits)
		chime_timescale_begin_epoch(timescale, &chime_jumped);
	chime_timescale_publish(timescale);
}

void chime_timescale_watch_host(struct chime_timescale *timescale, const struct chime_line *host)
{
	struct chime_view *view = &timescale->current_view;

	lockdep_assert_held(timescale->lock);
	view->has_host = true;
	view->host = *host;
	chime_timescale_publish(timescale);
}

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

/* The raw clock moved: this is the same host's line now, and the correction stays valid. */
static void chime_timescale_resync(struct chime_timescale *timescale,
				   const struct chime_reference_terms *terms, s64 raw_ns)
{
	struct chime_view *view = &timescale->current_view;

	chime_steady_resync(&timescale->steady, &view->host, terms->host,
			    chime_timescale_reach(timescale, raw_ns), raw_ns);
	view->host = *terms->host;
	view->has_host = true;
	chime_timescale_allow_for_host(timescale, terms, raw_ns);
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

/* The reference as a function of the raw clock. */
static struct chime_line chime_timescale_reference(const struct chime_timescale *timescale)
{
	const struct chime_line raw = { };

	return timescale->current_view.reference == TRUECHIME_REFERENCE_HOST ?
	       timescale->steady.line : raw;
}

/* The errors of @line grow faster by @by_q32. */
static void chime_line_doubt_rate(struct chime_line *line, s64 by_q32)
{
	line->sigma_rate_q32 = chime_add_sat(line->sigma_rate_q32, by_q32);
	line->maxerror_rate_q32 = chime_add_sat(line->maxerror_rate_q32, by_q32);
	if (!line->horizon_ns)
		return;
	line->beyond_sigma_rate_q32 = chime_add_sat(line->beyond_sigma_rate_q32, by_q32);
	line->beyond_maxerror_rate_q32 = chime_add_sat(line->beyond_maxerror_rate_q32, by_q32);
}

/*
 * @aim, a function of the raw clock, becomes the correction to @host. That has its rate by the
 * host's slope, and is as wrong as that is, whatever will be known of the slope in a moment. A host
 * whose slope is not known at all is taken to run as UTC does, but may be slewed.
 */
static void chime_timescale_correct_host(struct chime_timescale *timescale,
					 const struct chime_line *aim,
					 const struct chime_line *host, s64 raw_ns)
{
	struct chime_line *correction = &timescale->correction;
	s64 doubt_q32 = host->sigma_rate_q32;

	chime_line_convert(aim, host, raw_ns, correction);
	if (host->sigma_rate_q32 >= CHIME_UNKNOWN_RATE_Q32) {
		correction->rate_q32 = 0;
		correction->rate_horizon_ns = 0;
		correction->beyond_rate_q32 = 0;
		doubt_q32 = max_t(s64, doubt_q32, CHIME_HOST_SLEW_MAX_Q32);
	}
	chime_line_doubt_rate(correction, doubt_q32);
}

/* The reference is a host, and a correction was measured against it. */
static bool chime_timescale_corrects_host(const struct chime_timescale *timescale)
{
	const struct chime_view *view = &timescale->current_view;

	return view->corrected && view->reference == TRUECHIME_REFERENCE_HOST;
}

/* The rate of the host that has just become the reference may be that of a slew. */
static void chime_timescale_allow_for_slew(struct chime_timescale *timescale, s64 slewing_q32)
{
	if (!slewing_q32 || !chime_timescale_corrects_host(timescale))
		return;
	chime_line_doubt_rate(&timescale->correction,
			      max_t(s64, slewing_q32, CHIME_HOST_SLEW_MAX_Q32));
}

void chime_timescale_set_reference(struct chime_timescale *timescale,
				   const struct chime_line *host, bool reference_host,
				   s64 slewing_q32, s64 raw_ns)
{
	struct chime_view *view = &timescale->current_view;
	s64 age_ns = chime_sub_sat(chime_view_reference(view, raw_ns), view->corrected_ns);
	const struct chime_line before = chime_timescale_reference(timescale);
	struct chime_line aim, after;

	lockdep_assert_held(timescale->lock);
	chime_timescale_aim(timescale, raw_ns, &aim);
	if (reference_host && timescale->stands_in) {
		timescale->stands_in = false;
		view->corrected = false;
	}
	if (!view->corrected)
		chime_timescale_let_go(timescale, raw_ns);

	view->has_host = host;
	if (host)
		view->host = *host;
	view->reference = reference_host ? TRUECHIME_REFERENCE_HOST : TRUECHIME_REFERENCE_RAW;
	if (reference_host)
		chime_steady_start(&timescale->steady, host, raw_ns);
	if (view->corrected && reference_host)
		chime_timescale_correct_host(timescale, &aim, host, raw_ns);
	else if (view->corrected)
		timescale->correction = aim;
	chime_timescale_allow_for_slew(timescale, slewing_q32);
	view->corrected_ns = chime_sub_sat(chime_view_reference(view, raw_ns), age_ns);
	after = chime_timescale_reference(timescale);
	chime_timescale_change_clock(timescale, &before, &after, raw_ns);
	chime_timescale_change(timescale, raw_ns, false);
}

void chime_timescale_lose_host(struct chime_timescale *timescale, s64 slewing_q32, s64 raw_ns)
{
	struct chime_view *view = &timescale->current_view;
	const struct chime_line *host = &view->host;

	lockdep_assert_held(timescale->lock);
	if (view->reference == TRUECHIME_REFERENCE_HOST && !view->corrected) {
		/* The host's line was the only source: it stands in for the host. */
		timescale->correction = (struct chime_line){
			.origin_ns = chime_line_eval(host, host->origin_ns),
			.sigma_rate_q32 = slewing_q32,
			.maxerror_rate_q32 = slewing_q32,
		};
		timescale->refuted = false;
		timescale->apart_ns = 0;
		view->corrected = true;
		view->corrected_ns = chime_view_reference(view, raw_ns);
		timescale->stands_in = true;
	}
	chime_timescale_set_reference(timescale, NULL, false, 0, raw_ns);
}

/* The host, as it is stated to be right, beside the correction, which is measured against it. */
static void chime_timescale_compare(const struct chime_timescale *timescale, s64 raw_ns,
				    struct chime_stated *stated)
{
	const struct chime_view *view = &timescale->current_view;
	struct chime_line aim;
	s64 apart_ns;

	chime_timescale_aim(timescale, raw_ns, &aim);
	apart_ns = chime_sub_sat(chime_line_eval(&aim, raw_ns),
				 chime_line_eval(&view->host, raw_ns));
	*stated = (struct chime_stated){
		.host_ns = chime_add_sat(view->host_maxerror_ns,
					 chime_line_maxerror(&view->host, raw_ns)),
		.correction_ns = chime_line_maxerror(&aim, raw_ns),
		.passing_ns = chime_add_sat(chime_add_sat(timescale->apart_ns,
							  timescale->suspect_ns),
					    timescale->steady.unseen_ns),
		.apart_ns = chime_abs_sat(apart_ns),
	};
}

bool chime_timescale_refutes_host(const struct chime_timescale *timescale, s64 raw_ns)
{
	struct chime_stated stated;

	lockdep_assert_held(timescale->lock);
	if (!chime_timescale_corrects_host(timescale))
		return false;
	chime_timescale_compare(timescale, raw_ns, &stated);
	return timescale->refuted ||
	       chime_statement_is_contradicted(chime_statement_judge(&stated));
}

void chime_timescale_restate_host(struct chime_timescale *timescale)
{
	lockdep_assert_held(timescale->lock);
	timescale->refuted = false;
}

/* Bounds grow: what they contradict now has to be remembered. */
static void chime_timescale_judge_host(struct chime_timescale *timescale, s64 raw_ns,
				       struct chime_stated *stated)
{
	chime_timescale_compare(timescale, raw_ns, stated);
	switch (chime_statement_judge(stated)) {
	case CHIME_STATEMENT_OPEN:
	case CHIME_STATEMENT_APART:
		break;
	case CHIME_STATEMENT_CONFIRMED:
		timescale->refuted = false;
		break;
	case CHIME_STATEMENT_REFUTED:
		timescale->refuted = true;
		break;
	}
}

bool chime_timescale_return_to_host(struct chime_timescale *timescale, bool jump, s64 raw_ns,
				    struct chime_stated *stated)
{
	struct chime_view *view = &timescale->current_view;
	const struct chime_line before = timescale->steady.line;

	lockdep_assert_held(timescale->lock);
	if (!chime_timescale_corrects_host(timescale) || view->mode == TRUECHIME_MODE_EXTERNAL)
		return false;
	chime_timescale_judge_host(timescale, raw_ns, stated);
	if (timescale->refuted || !chime_statement_is_better(stated))
		return false;
	chime_steady_start(&timescale->steady, &view->host, raw_ns);
	view->corrected = false;
	chime_timescale_change_clock(timescale, &before, &timescale->steady.line, raw_ns);
	chime_timescale_change(timescale, raw_ns, jump);
	return true;
}

int chime_timescale_correct(struct chime_timescale *timescale, const struct chime_line *correction,
			    u32 epoch, bool jump, s64 raw_ns)
{
	struct chime_stated stated;
	struct chime_view *view = &timescale->current_view;
	bool first = !view->corrected || timescale->stands_in;

	lockdep_assert_held(timescale->lock);
	if (epoch != view->epoch)
		return -ESTALE;
	if (first)
		timescale->refuted = false;
	timescale->correction = *correction;
	timescale->apart_ns = 0;
	timescale->stands_in = false;
	chime_steady_renew(&timescale->steady, raw_ns);
	view->corrected = true;
	view->corrected_ns = chime_view_reference(view, raw_ns);
	if (chime_timescale_corrects_host(timescale)) {
		chime_timescale_judge_host(timescale, raw_ns, &stated);
		/*
		 * Nobody corrects a host that is stated to be better known than his correction, but
		 * who knows that it is wrong: the sources' intervals can exclude its time where the
		 * correction's bound, which is as wide either way, does not.
		 */
		timescale->refuted |= first && chime_statement_is_better(&stated);
	}
	chime_timescale_change(timescale, raw_ns, jump);
	return 0;
}

void chime_timescale_forget(struct chime_timescale *timescale, s64 raw_ns)
{
	struct chime_view *view = &timescale->current_view;

	lockdep_assert_held(timescale->lock);
	chime_timescale_let_go(timescale, raw_ns);
	/* The dropped correction made up for the difference between host and unslewed host time. */
	if (view->reference == TRUECHIME_REFERENCE_HOST)
		chime_steady_start(&timescale->steady, &view->host, raw_ns);
	view->corrected = false;
	timescale->stands_in = false;
	chime_timescale_begin_epoch(timescale, &chime_jumped);
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

static void chime_line_shift(struct chime_line *line, s64 by_ns)
{
	line->offset_ns = chime_add_sat(line->offset_ns, by_ns);
}

/*
 * The raw clock, as the reference, moved against UTC. If this may be another host it may be another
 * machine's counter, too, whose rate differs by as much as a hypervisor leaves unscaled.
 */
static void chime_timescale_shift(struct chime_timescale *timescale,
				  const struct chime_reference_terms *terms, s64 raw_ns)
{
	struct chime_line change = chime_jumped;

	chime_line_shift(&timescale->correction, terms->gap_ns);
	chime_timescale_widen(timescale, terms->gap_error_ns);
	if (terms->apart_ns) {
		change.sigma_rate_q32 = CHIME_UNSCALED_Q32;
		chime_line_move(&timescale->correction, raw_ns);
		chime_line_doubt_rate(&timescale->correction, CHIME_UNSCALED_Q32);
	}
	chime_line_shift(&timescale->free, terms->gap_ns);
	chime_line_shift(&timescale->external, terms->gap_ns);
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

/* How far a line that goes on by the rate of another clock may be off an unknown one. */
static s64 chime_line_lost_rate(const struct chime_line *line)
{
	return chime_add_sat(CHIME_UNKNOWN_RATE_Q32, chime_abs_sat(line->rate_q32));
}

static void chime_line_lose_rate(struct chime_line *line)
{
	s64 lost_q32 = chime_line_lost_rate(line);

	line->sigma_rate_q32 = max_t(s64, line->sigma_rate_q32, lost_q32);
	line->maxerror_rate_q32 = max_t(s64, line->maxerror_rate_q32, lost_q32);
}

/* Until the host answers, its line is extrapolated by a clock whose rate is not known. */
static void chime_timescale_doubt_host(struct chime_timescale *timescale, s64 raw_ns)
{
	chime_line_lose_rate(&timescale->current_view.host);
	chime_line_lose_rate(&timescale->steady.line);
	chime_timescale_change(timescale, raw_ns, false);
}

void chime_timescale_lose_rate(struct chime_timescale *timescale, s64 since_ns, s64 raw_ns)
{
	const struct chime_line change = {
		.origin_ns = since_ns,
		.sigma_rate_q32 = CHIME_UNKNOWN_RATE_Q32,
	};
	struct chime_line *line = timescale->current_view.corrected ? &timescale->correction :
								      &timescale->free;

	lockdep_assert_held(timescale->lock);
	chime_steady_lose_pace(&timescale->steady, &timescale->current_view.host, since_ns);
	if (timescale->current_view.reference != TRUECHIME_REFERENCE_RAW) {
		chime_timescale_doubt_host(timescale, raw_ns);
		return;
	}
	/* At @raw_ns the line is as far off as its rate has taken it from the unknown one. */
	chime_line_move(line, since_ns);
	line->sigma_rate_q32 = chime_line_lost_rate(line);
	line->maxerror_rate_q32 = line->sigma_rate_q32;
	line->horizon_ns = 0;
	chime_line_move(line, raw_ns);
	line->sigma_rate_q32 = CHIME_UNKNOWN_RATE_Q32;
	line->maxerror_rate_q32 = CHIME_UNKNOWN_RATE_Q32;
	line->rate_q32 = 0;
	line->rate_horizon_ns = 0;
	chime_timescale_begin_epoch(timescale, &change);
	chime_timescale_change(timescale, raw_ns, false);
}

/* Set the target of the external clock to @time_ns. */
static void chime_timescale_set_external(struct chime_timescale *timescale, s64 time_ns, s64 raw_ns)
{
	timescale->external.origin_ns = raw_ns;
	timescale->external.offset_ns = chime_sub_sat(time_ns, raw_ns);
}

void chime_timescale_set_mode(struct chime_timescale *timescale, enum truechime_mode mode,
			      s64 raw_ns)
{
	struct chime_view *view = &timescale->current_view;

	lockdep_assert_held(timescale->lock);
	if (mode == view->mode)
		return;
	view->mode = mode;
	if (mode != TRUECHIME_MODE_EXTERNAL) {
		chime_timescale_change(timescale, raw_ns, false);
		return;
	}
	/* The external clock goes on from the present time, which ends a slew, at the same rate. */
	timescale->external.rate_q32 = chime_line_rate(&view->line, raw_ns);
	timescale->external_fine_q48 = 0;
	chime_timescale_set_time(timescale, chime_view_time(view, raw_ns), raw_ns);
}

void chime_timescale_set_time(struct chime_timescale *timescale, s64 time_ns, s64 raw_ns)
{
	lockdep_assert_held(timescale->lock);
	chime_timescale_set_external(timescale, time_ns, raw_ns);
	timescale->current_view.slew = (struct chime_slew){ };
	chime_timescale_change(timescale, raw_ns, true);
}

/* The external clock goes on from @raw_ns, @delta_ns later; a slew in progress continues. */
static void chime_timescale_move_external(struct chime_timescale *timescale, s64 delta_ns,
					  s64 raw_ns)
{
	s64 time_ns = chime_line_eval_fine(&timescale->external, timescale->external_fine_q48,
					   raw_ns);

	chime_timescale_set_external(timescale, chime_add_sat(time_ns, delta_ns), raw_ns);
}

void chime_timescale_add_time(struct chime_timescale *timescale, s64 delta_ns, s64 raw_ns)
{
	lockdep_assert_held(timescale->lock);
	chime_timescale_move_external(timescale, delta_ns, raw_ns);
	chime_timescale_change(timescale, raw_ns, false);
}

void chime_timescale_set_rate(struct chime_timescale *timescale, s64 rate_q48, s64 raw_ns)
{
	lockdep_assert_held(timescale->lock);
	chime_timescale_move_external(timescale, 0, raw_ns);
	/* Rounded down, so that what it lacks is never negative. */
	timescale->external.rate_q32 = rate_q48 >> 16;
	timescale->external_fine_q48 = rate_q48 & (CHIME_FINE - 1);
	chime_timescale_change(timescale, raw_ns, false);
}

void chime_timescale_slew(struct chime_timescale *timescale, s64 phase_ns, s64 raw_ns)
{
	struct chime_view *view = &timescale->current_view;
	s64 target_ns = chime_add_sat(chime_view_time(view, raw_ns), phase_ns);

	lockdep_assert_held(timescale->lock);
	chime_timescale_set_external(timescale, target_ns, raw_ns);
	view->slew = (struct chime_slew){
		.from_ns = raw_ns,
		.phase_ns = phase_ns,
		.rate_q32 = chime_slew_rate(timescale, phase_ns, raw_ns),
	};
	chime_timescale_change(timescale, raw_ns, false);
}
