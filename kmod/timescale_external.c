// SPDX-License-Identifier: GPL-2.0-only
/*
 * The adjustable clock of mode external, and the change between the modes.
 */
#include "timescale.h"

#include <linux/lockdep.h>

#include "timescale_parts.h"

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
