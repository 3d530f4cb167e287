/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the timescale share. Whatever changes a timescale, or reads more of it than
 * views, needs the module's lock.
 */
#ifndef CHIME_TIMESCALE_PARTS_H
#define CHIME_TIMESCALE_PARTS_H

#include "timescale.h"

/* Rates of CHIME_FINE times 2^-48 make one of 2^-32, the unit of a line's rate. */
#define CHIME_FINE	65536

static inline bool chime_line_unbounded(const struct chime_line *line)
{
	return line->maxerror_ns == CHIME_LINE_UNBOUNDED_NS;
}

/* The reference is a host, and a correction was measured against it. */
static inline bool chime_timescale_corrects_host(const struct chime_timescale *timescale)
{
	const struct chime_view *view = &timescale->current_view;

	return view->corrected && view->reference == TRUECHIME_REFERENCE_HOST;
}

/* --- timescale_view.c: what readers see --- */

/* The phase that is still to be slewed in. */
s64 chime_slew_remaining(const struct chime_slew *slew, s64 raw_ns);

/* @line, whose rate lacks @fine_q48. */
s64 chime_line_eval_fine(const struct chime_line *line, s64 fine_q48, s64 raw_ns);

/* The timescale, and the time of its reference. */
s64 chime_view_time(const struct chime_view *view, s64 raw_ns);
s64 chime_view_reference(const struct chime_view *view, s64 raw_ns);

/* The latch: readers are sent to one copy while the other is written. */
void chime_timescale_publish(struct chime_timescale *timescale);

/* --- timescale.c: the line in force --- */

/* The reference jumped by an unknown amount and kept its rate. */
extern const struct chime_line chime_jumped;

/* The reference is another clock, with unknown offset and rate. */
extern const struct chime_line chime_replaced;

/* The target of mode auto. */
void chime_timescale_aim(const struct chime_timescale *timescale, s64 raw_ns,
			 struct chime_line *line);

/*
 * How fast to slew. A slew in progress keeps its rate although less of it is left: the host line is
 * fitted anew many times a second.
 */
s64 chime_slew_rate(const struct chime_timescale *timescale, s64 phase_ns, s64 raw_ns);

/*
 * Recompute the target after a change, from @raw_ns on. The difference is slewed in unless a jump
 * was requested, the difference is too large, or the old target had no bound. In mode external only
 * changes of the external clock count, and its slew continues.
 */
void chime_timescale_change(struct chime_timescale *timescale, s64 raw_ns, bool jump);

/* Continue the target at @raw_ns as a free line, without a bound. */
void chime_timescale_let_go(struct chime_timescale *timescale, s64 raw_ns);

/*
 * From now on the reference means something else. @change converts earlier measurements: it is the
 * new reference minus the old one, as a function of the old one's time.
 */
void chime_timescale_begin_epoch(struct chime_timescale *timescale,
				 const struct chime_line *change);

/* The same, with both references as functions of the raw clock. Both are known at @raw_ns. */
void chime_timescale_change_clock(struct chime_timescale *timescale,
				  const struct chime_line *before, const struct chime_line *after,
				  s64 raw_ns);

/* --- timescale_reference.c: host or raw clock --- */

/* The errors of @line grow faster by @by_q32. */
void chime_line_doubt_rate(struct chime_line *line, s64 by_q32);

#endif /* CHIME_TIMESCALE_PARTS_H */
