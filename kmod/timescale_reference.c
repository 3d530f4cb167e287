// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which clock is the timescale's reference, host or raw clock: corrections are converted when that
 * changes, and doubted where the rate of either is not known any more.
 */
#include "timescale.h"

#include <linux/lockdep.h>
#include <linux/minmax.h>

#include "core/host_line.h"
#include "timescale_parts.h"

/*
 * The rate error of an unknown clock, like the raw clock after a change of clocksource: the largest
 * that a kernel corrects.
 */
#define CHIME_UNKNOWN_RATE_Q32	(500 * CHIME_PPM_Q32)

void chime_line_doubt_rate(struct chime_line *line, s64 by_q32)
{
	line->sigma_rate_q32 = chime_add_sat(line->sigma_rate_q32, by_q32);
	line->maxerror_rate_q32 = chime_add_sat(line->maxerror_rate_q32, by_q32);
	if (!line->horizon_ns)
		return;
	line->beyond_sigma_rate_q32 = chime_add_sat(line->beyond_sigma_rate_q32, by_q32);
	line->beyond_maxerror_rate_q32 = chime_add_sat(line->beyond_maxerror_rate_q32, by_q32);
}

/* The reference as a function of the raw clock. */
static struct chime_line chime_timescale_reference(const struct chime_timescale *timescale)
{
	const struct chime_line raw = { };

	return timescale->current_view.reference == TRUECHIME_REFERENCE_HOST ?
	       timescale->steady.line : raw;
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
	if (reference_host) {
		chime_steady_start(&timescale->steady, host, raw_ns);
		if (slewing_q32)
			chime_steady_doubt_pace(&timescale->steady);
		/* The reference's time is read below, before the change is published. */
		view->steady = timescale->steady.line;
	}
	if (view->corrected && reference_host) {
		chime_steady_rest_on_rate(&timescale->steady, raw_ns);
		chime_timescale_correct_host(timescale, &aim, host, raw_ns);
	} else if (view->corrected) {
		timescale->correction = aim;
	}
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

/* Until the host answers, its line is extrapolated by a clock whose rate is not known. */
static void chime_timescale_doubt_host(struct chime_timescale *timescale, s64 raw_ns)
{
	chime_line_lose_rate(&timescale->current_view.host, CHIME_UNKNOWN_RATE_Q32);
	chime_line_lose_rate(&timescale->steady.line, CHIME_UNKNOWN_RATE_Q32);
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
	line->sigma_rate_q32 = chime_line_lost_rate(line, CHIME_UNKNOWN_RATE_Q32);
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
