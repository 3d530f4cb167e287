// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unslewed host time where the errors of readings hide slews. Where the host is read too coarsely
 * for its slope to show a slew at all, it follows the host, slewed or not. Where it is read better,
 * a slew that has ended may be part of the slope that is taken for the host's own. By how much
 * either may be wrong shows all the same: by how far it has run off the rate that the host had when
 * the correction was measured. That rate is known by the second before only, as no reading shows
 * whether the host was slewed before that, unless it has had one rate for longer than slews last.
 */
#include "core/steady.h"

#include "core/host_line.h"
#include "core/steady_parts.h"

/* The pace is measured by two checks that are at least so far apart, and not much more. */
#define CHIME_STEADY_MARK_NS	(CHIME_NS_PER_S / 2)

static s64 chime_steady_mark_age(const struct chime_steady_mark *mark, s64 raw_ns)
{
	return chime_sub_sat(raw_ns, mark->raw_ns);
}

void chime_steady_mark(struct chime_steady *steady, s64 raw_ns)
{
	struct chime_steady_rough *rough = &steady->rough;

	if (rough->lately.raw_ns &&
	    chime_steady_mark_age(&rough->lately, raw_ns) < CHIME_STEADY_MARK_NS)
		return;
	rough->before = rough->lately;
	rough->lately = (struct chime_steady_mark){
		.raw_ns = raw_ns,
		.offset_ns = chime_line_offset(&steady->line, raw_ns),
		.error_ns = rough->read_ns,
	};
}

/* The pace by a check some time ago and the host's line now; its error is that of both readings. */
static void chime_steady_measure_rough(struct chime_steady *steady, s64 raw_ns)
{
	struct chime_steady_rough *rough = &steady->rough;
	const struct chime_steady_mark *before = &rough->before;
	s64 age_ns = chime_steady_mark_age(before, raw_ns);
	s64 off_ns, error_q32;

	/* UTC and the raw clock are never further apart. */
	rough->pace_q32 = 0;
	rough->error_q32 = CHIME_STEADY_RAW_Q32;
	if (!before->raw_ns || age_ns < CHIME_STEADY_MARK_NS)
		return;
	error_q32 = chime_ratio_q32(chime_add_sat(before->error_ns, rough->read_ns), age_ns);
	if (error_q32 >= CHIME_STEADY_RAW_Q32)
		return;
	off_ns = chime_sub_sat(chime_line_offset(&steady->line, raw_ns), before->offset_ns);
	rough->pace_q32 = chime_ratio_q32(off_ns, age_ns);
	rough->error_q32 = error_q32;
}

static void chime_steady_restart_rough(struct chime_steady *steady, s64 raw_ns)
{
	/* It stays in the bound, and is not told apart any more. */
	steady->counted_ns = chime_add_sat(steady->counted_ns, steady->rough.bound_ns);
	steady->rough.bound_ns = 0;
	steady->rough.begun = (struct chime_steady_mark){
		.raw_ns = raw_ns,
		.offset_ns = chime_line_offset(&steady->line, raw_ns),
	};
}

void chime_steady_note_even(struct chime_steady *steady, const struct chime_line *host, bool sees,
			    s64 raw_ns)
{
	struct chime_steady_rough *rough = &steady->rough;
	s64 turn_q32 = chime_sub_sat(host->rate_q32, rough->even_q32);

	if (sees && chime_abs_sat(turn_q32) <= CHIME_STEADY_TURN_Q32)
		return;
	rough->even_raw_ns = raw_ns;
	rough->even_q32 = host->rate_q32;
}

bool chime_steady_lasts(const struct chime_steady *steady, s64 raw_ns)
{
	return chime_sub_sat(raw_ns, steady->rough.even_raw_ns) >= CHIME_SLEW_LONGEST_NS;
}

bool chime_steady_is_coarse(const struct chime_steady *steady)
{
	return steady->rough.read_ns > CHIME_STEADY_FINE_NS;
}

/*
 * The errors of two readings that are a second apart hide a slew, and the host has not run at one
 * rate for longer than slews last: a slew that ended a second ago may be part of its slope.
 */
static bool chime_steady_may_hide(const struct chime_steady *steady, s64 raw_ns)
{
	const struct chime_steady_rough *rough = &steady->rough;
	s64 hidden_q32 = chime_ratio_q32(chime_add_sat(rough->read_ns, rough->read_ns),
					 CHIME_NS_PER_S);

	return hidden_q32 > CHIME_STEADY_TURN_Q32 && !chime_steady_lasts(steady, raw_ns);
}

/*
 * The pace is that of an earlier correction, and as little known as it was then. Corrections that
 * are measured over long enough contain the rate that it is off by.
 */
static void chime_steady_keep_rough(struct chime_steady *steady, s64 raw_ns)
{
	struct chime_steady_rough *rough = &steady->rough;
	s64 off_q32 = chime_abs_sat(chime_sub_sat(steady->pace_q32, rough->pace_q32));

	rough->error_q32 = chime_add_sat(rough->error_q32, off_q32);
	rough->pace_q32 = steady->pace_q32;
	rough->active &= chime_sub_sat(raw_ns, rough->found_raw_ns) < CHIME_SLEW_LONGEST_NS;
}

void chime_steady_begin_rough(struct chime_steady *steady, bool kept, s64 raw_ns)
{
	struct chime_steady_rough *rough = &steady->rough;

	chime_steady_restart_rough(steady, raw_ns);
	if (kept && !chime_steady_is_coarse(steady)) {
		chime_steady_keep_rough(steady, raw_ns);
	} else {
		rough->active = chime_steady_may_hide(steady, raw_ns);
		rough->found_raw_ns = raw_ns;
		chime_steady_measure_rough(steady, raw_ns);
	}
	/* The host may be silent at the next check. */
	chime_steady_bound_rough(steady, raw_ns);
}

void chime_steady_rest_on_rate(struct chime_steady *steady, s64 raw_ns)
{
	chime_steady_restart_rough(steady, raw_ns);
	steady->rough.active = chime_steady_is_coarse(steady);
	steady->rough.pace_q32 = steady->line.rate_q32;
	steady->rough.error_q32 = 0;
}

void chime_steady_doubt_rough(struct chime_steady *steady, s64 by_q32, s64 raw_ns)
{
	struct chime_steady_rough *rough = &steady->rough;

	rough->before = (struct chime_steady_mark){ };
	rough->lately = (struct chime_steady_mark){ };
	rough->even_raw_ns = raw_ns;
	chime_steady_restart_rough(steady, raw_ns);
	/* Where slopes show slews they show another raw clock, too. */
	if (chime_steady_is_coarse(steady))
		rough->error_q32 = chime_add_sat(rough->error_q32, by_q32);
}

void chime_steady_bound_rough(struct chime_steady *steady, s64 raw_ns)
{
	struct chime_steady_rough *rough = &steady->rough;
	struct chime_line *line = &steady->line;
	s64 age_ns = chime_steady_mark_age(&rough->begun, raw_ns);
	s64 off_ns, turn_q32, bound_ns, more_ns;

	if (!rough->active || age_ns < 0)
		return;
	off_ns = chime_sub_sat(chime_line_offset(line, raw_ns), rough->begun.offset_ns);
	off_ns = chime_sub_sat(off_ns, chime_scale_q32(age_ns, rough->pace_q32));
	bound_ns = chime_add_sat(chime_abs_sat(off_ns), chime_scale_q32(age_ns, rough->error_q32));
	more_ns = chime_sub_sat(bound_ns, rough->bound_ns);
	rough->bound_ns = bound_ns;
	steady->unslew.maxerror_ns = chime_add_sat(steady->unslew.maxerror_ns, more_ns);
	line->maxerror_ns = chime_add_sat(line->maxerror_ns, more_ns);
	turn_q32 = chime_abs_sat(chime_sub_sat(line->rate_q32, rough->pace_q32));
	line->maxerror_rate_q32 = chime_add_sat(line->maxerror_rate_q32,
						chime_add_sat(turn_q32, rough->error_q32));
}
