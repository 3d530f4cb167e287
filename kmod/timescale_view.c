// SPDX-License-Identifier: GPL-2.0-only
/*
 * Views of the timescale: what it shows at an instant, and how that gets to readers, who take no
 * lock: this file alone writes and reads the latch.
 */
#include "timescale.h"

#include <linux/minmax.h>

#include "timescale_parts.h"

s64 chime_slew_remaining(const struct chime_slew *slew, s64 raw_ns)
{
	s64 age_ns = max_t(s64, chime_sub_sat(raw_ns, slew->from_ns), 0);
	s64 done_ns = chime_scale_q32(age_ns, slew->rate_q32);

	if (slew->phase_ns >= 0)
		return max_t(s64, chime_sub_sat(slew->phase_ns, done_ns), 0);
	return min_t(s64, chime_add_sat(slew->phase_ns, done_ns), 0);
}

s64 chime_line_eval_fine(const struct chime_line *line, s64 fine_q48, s64 raw_ns)
{
	s64 age_ns = chime_sub_sat(raw_ns, line->origin_ns);

	return chime_add_sat(chime_line_eval(line, raw_ns),
			     chime_scale_q32(age_ns, fine_q48) / CHIME_FINE);
}

s64 chime_view_time(const struct chime_view *view, s64 raw_ns)
{
	return chime_sub_sat(chime_line_eval_fine(&view->line, view->fine_q48, raw_ns),
			     chime_slew_remaining(&view->slew, raw_ns));
}

s64 chime_view_reference(const struct chime_view *view, s64 raw_ns)
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

void chime_timescale_publish(struct chime_timescale *timescale)
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
	s64 remaining_ns, off_ns, known_ns, reading_ns;

	do {
		seq = chime_latch_read(&timescale->seq);
		view = timescale->latch[seq & 1];
	} while (chime_latch_retry(&timescale->seq, seq));

	remaining_ns = chime_slew_remaining(&view.slew, raw_ns);
	off_ns = chime_abs_sat(remaining_ns);
	known_ns = chime_add_sat(chime_line_maxerror(&view.line, raw_ns), view.disputed_ns);
	reading_ns = view.awaits_host ? CHIME_LINE_UNBOUNDED_NS : chime_add_sat(known_ns, off_ns);
	*now = (struct chime_now){
		.raw_ns = raw_ns,
		.time_ns = chime_view_time(&view, raw_ns),
		.host_ns = view.has_host ? chime_line_eval(&view.host, raw_ns) : 0,
		.reference_ns = chime_view_reference(&view, raw_ns),
		.followed_ns = view.followed_ns,
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
