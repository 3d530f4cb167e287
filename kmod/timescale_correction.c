// SPDX-License-Identifier: GPL-2.0-only
/*
 * Corrections of the timescale: setting and dropping them, and what they show of a host whose error
 * is stated.
 */
#include "timescale.h"

#include <linux/lockdep.h>
#include <linux/string.h>

#include "timescale_parts.h"

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

bool chime_timescale_is_denied(const struct chime_timescale *timescale,
			       const struct chime_line *correction, s64 raw_ns)
{
	const struct chime_view *view = &timescale->current_view;
	s64 reference_ns = chime_view_reference(view, raw_ns);
	s64 moved_ns = chime_sub_sat(chime_line_eval(correction, reference_ns),
				     chime_line_eval(&view->line, raw_ns));
	s64 known_ns = chime_add_sat(chime_timescale_maxerror(timescale, raw_ns),
				     chime_line_maxerror(correction, reference_ns));

	lockdep_assert_held(timescale->lock);
	return chime_abs_sat(moved_ns) > known_ns;
}

/*
 * @correction is the one in force, but for another bound, or for a dispute: nothing was measured
 * anew, but sources contradict it by so much, or do so no longer.
 */
static bool chime_timescale_is_dispute(const struct chime_timescale *timescale,
				       const struct chime_line *correction)
{
	const struct chime_view *view = &timescale->current_view;
	struct chime_line same = timescale->correction;

	lockdep_assert_held(timescale->lock);
	if (!view->corrected || chime_line_unbounded(&same) ||
	    (correction->maxerror_ns == same.maxerror_ns && !view->disputed_ns))
		return false;
	same.maxerror_ns = correction->maxerror_ns;
	return !memcmp(correction, &same, sizeof(same));
}

/*
 * Time goes on as before, and whoever judges the correction goes by its own bound: a host that
 * answers again is no less known than a correction that was not disputed. That bound may have grown
 * beyond what is disputed since the daemon has read it.
 */
static void chime_timescale_dispute(struct chime_timescale *timescale,
				    const struct chime_line *disputed)
{
	s64 wider_ns = chime_sub_sat(disputed->maxerror_ns, timescale->correction.maxerror_ns);

	timescale->current_view.disputed_ns = chime_max(wider_ns, 0);
	chime_timescale_publish(timescale);
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
	if (chime_timescale_is_dispute(timescale, correction)) {
		chime_timescale_dispute(timescale, correction);
		return 0;
	}
	if (first)
		timescale->refuted = false;
	timescale->correction = *correction;
	view->disputed_ns = 0;
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

s64 chime_timescale_age(const struct chime_timescale *timescale, s64 raw_ns)
{
	const struct chime_view *view = &timescale->current_view;

	lockdep_assert_held(timescale->lock);
	return chime_sub_sat(chime_view_reference(view, raw_ns), view->corrected_ns);
}

bool chime_timescale_leap(struct chime_timescale *timescale, s64 change_ns, s64 raw_ns)
{
	const struct chime_line unchanged = { };
	struct chime_view *view = &timescale->current_view;

	lockdep_assert_held(timescale->lock);
	if (!view->corrected || view->mode == TRUECHIME_MODE_EXTERNAL)
		return false;
	timescale->correction.offset_ns = chime_add_sat(timescale->correction.offset_ns, change_ns);
	/* A daemon that stood still may have measured before it. */
	chime_timescale_begin_epoch(timescale, &unchanged);
	chime_timescale_change(timescale, raw_ns, true);
	return true;
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
