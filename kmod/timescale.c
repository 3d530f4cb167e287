// SPDX-License-Identifier: GPL-2.0-only
/*
 * The timescale: which line is in force, and what a change of it or of the host's does to the
 * present time. timescale_parts.h says which files have the rest.
 */
#include "timescale.h"

#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/time64.h>

#include "timescale_parts.h"

/* A change of phase is slewed in within a second, at a rate of at most a tenth. */
#define CHIME_SLEW_TIME_NS	NSEC_PER_SEC
#define CHIME_SLEW_MAX_Q32	(100000 * CHIME_PPM_Q32)

/*
 * A change of more than a second would take longer than ten seconds even so. A timescale that wrong
 * is of no use meanwhile, so it jumps, like the system clock at boot by the default step policy.
 */
#define CHIME_JUMP_NS		NSEC_PER_SEC

const struct chime_line chime_jumped = { .maxerror_ns = CHIME_LINE_UNBOUNDED_NS };

const struct chime_line chime_replaced = {
	.maxerror_ns = CHIME_LINE_UNBOUNDED_NS,
	.sigma_rate_q32 = CHIME_LINE_RATE_UNKNOWN_Q32,
};

void chime_timescale_aim(const struct chime_timescale *timescale, s64 raw_ns,
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

s64 chime_slew_rate(const struct chime_timescale *timescale, s64 phase_ns, s64 raw_ns)
{
	const struct chime_slew *slew = &timescale->current_view.slew;
	s64 rate_q32 = chime_ratio_q32(chime_abs_sat(phase_ns), CHIME_SLEW_TIME_NS);

	if (chime_slew_remaining(slew, raw_ns))
		rate_q32 = max_t(s64, rate_q32, slew->rate_q32);
	return clamp_t(s64, rate_q32, timescale->slew_min_q32, CHIME_SLEW_MAX_Q32);
}

void chime_timescale_change(struct chime_timescale *timescale, s64 raw_ns, bool jump)
{
	struct chime_view *view = &timescale->current_view;
	s64 before_ns = chime_view_time(view, raw_ns);
	bool bounded = !chime_line_unbounded(&view->line);
	s64 phase_ns;

	lockdep_assert_held(timescale->lock);
	/* The reference of corrections is kept up to date in any mode. */
	view->steady = timescale->steady.line;
	view->followed_ns = timescale->steady.followed_ns;
	/* Without a correction there is nothing that sources could have contradicted. */
	if (!view->corrected)
		view->disputed_ns = 0;
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

void chime_timescale_let_go(struct chime_timescale *timescale, s64 raw_ns)
{
	chime_timescale_aim(timescale, raw_ns, &timescale->free);
	chime_line_move(&timescale->free, raw_ns);
	timescale->free.maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
}

void chime_timescale_begin_epoch(struct chime_timescale *timescale,
				 const struct chime_line *change)
{
	timescale->current_view.epoch++;
	timescale->current_view.change = *change;
}

void chime_timescale_change_clock(struct chime_timescale *timescale,
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

void chime_timescale_init(struct chime_timescale *timescale, struct rt_mutex *lock,
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
