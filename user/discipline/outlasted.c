// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which of the two is known better, the correction that outlasted a gap or the answers after it.
 */
#include "discipline/outlasted.h"

#include <math.h>

/* Rounding error of two sums of the same lines. */
#define ROUNDING_NS	2

/*
 * One standard error of what a gap does to the difference of UTC and a disciplined host's clock:
 * its daemon keeps it to less than that, and so much may the correction's rate have moved it.
 */
#define HOST_MOVES_NS	CORRECTION_HARMLESS_NS

/*
 * Answers may go on being late, or the path may have become longer. Then so much later they count
 * as what they are.
 */
#define LATE_MOST_NS	(64 * CHIME_NS_PER_S)

/* By no more than that does a daemon turn a host's rate that it does not slew. */
#define SLEW_LEAST	0.1e-6

/* No bound grows faster: the rate of no clock is wrong by more. */
#define GROWTH_MOST	500e-6

double outlasted_sigma_ns(const struct chime_line *line)
{
	return hypot((double)line->sigma_ns, HOST_MOVES_NS);
}

void outlasted_begin(struct outlasted *outlasted, const struct chime_line *line, uint32_t epoch)
{
	*outlasted = (struct outlasted){ .relearning = true, .disciplined = line, .epoch = epoch };
	if (line)
		outlasted->line = *line;
}

/*
 * The host's time without a correction, unconfirmed: its bound is that of the reading alone. So it
 * is where the host has fallen silent since, and the raw clock goes on from its time.
 */
static bool is_hosts_own(const struct timescale_now *now)
{
	int64_t time_ns = chime_add_sat(now->time_ns, now->slew_ns);

	if (now->host_maxerror_ns > 0)
		return true;
	return now->has_host &&
	       chime_abs_sat(chime_sub_sat(time_ns, now->host_ns)) <= ROUNDING_NS;
}

/* The correction from before the gap is in force, and the host may be a disciplined one. */
static bool is_as_it_was(const struct outlasted *outlasted, const struct timescale_now *now)
{
	return outlasted->disciplined && now->has_host && now->epoch == outlasted->epoch &&
	       timescale_is_line(now, &outlasted->line);
}

/*
 * What the timescale's standard error has beyond the correction's own is of another kind: a slew of
 * the host that the gap may have hidden. Or it is how little is known of the host's rate, for as
 * long as the gap: then it says nothing of a host that is disciplined.
 */
static double hidden_sigma(const struct outlasted *outlasted, const struct timescale_now *now)
{
	const struct chime_line *line = &outlasted->line;
	double sigma_ns = (double)now->sigma_ns - (double)chime_abs_sat(now->slew_ns);
	double own_ns = (double)chime_line_sigma(line, now->reference_ns);
	double gap_ns = fabs((double)chime_sub_sat(now->reference_ns, line->origin_ns));
	double hidden_ns = sqrt(fmax(sigma_ns * sigma_ns - own_ns * own_ns, 0));

	return hidden_ns > SLEW_LEAST * gap_ns ? hidden_ns : 0;
}

static double known_sigma(const struct outlasted *outlasted, const struct timescale_now *now)
{
	if (!is_as_it_was(outlasted, now))
		return (double)now->sigma_ns;
	return fmin((double)now->sigma_ns, hypot(outlasted_sigma_ns(&outlasted->line),
						 hidden_sigma(outlasted, now)));
}

/* What holds lies where most of the sources agree that the truth may be, and is known better. */
static bool holds(const struct timescale_now *now, const struct selection *selection,
		  double sigma_ns, double late_ns, const struct combined *combined)
{
	int64_t held_ns = timescale_target(now);
	double change_ns = (double)chime_abs_sat(chime_sub_sat(combined->estimate.offset_ns,
							       held_ns));

	return now->maxerror_ns != CHIME_LINE_UNBOUNDED_NS && !is_hosts_own(now) &&
	       held_ns >= selection->place_low_ns && held_ns <= selection->place_high_ns &&
	       hypot(combined->next_sigma_ns, late_ns) > sigma_ns &&
	       change_ns <= CORRECTION_SIGMAS * hypot(combined->estimate.sigma_ns, late_ns);
}

/* Answers agree with what was known before, of which this is the bound without them. */
static void note_confirmation(struct outlasted *outlasted, const struct timescale_now *now)
{
	if (!outlasted->confirmed)
		outlasted->confirmed_ns = now->reference_ns;
	outlasted->confirmed = true;
	if (outlasted->narrowed)
		return;
	outlasted->maxerror_ns = now->maxerror_ns;
	outlasted->maxerror_at_ns = now->reference_ns;
}

/*
 * The bound of what holds: as it was, or to the far end of where the truth may be by all answers so
 * far. What fewer of them said before does not count any more.
 */
static double narrow(struct outlasted *outlasted, const struct timescale_now *now,
		     const struct selection *selection, const struct combined *combined)
{
	int64_t held_ns = timescale_target(now);
	double far_ns = fmax((double)chime_sub_sat(selection->high_ns, held_ns),
			     (double)chime_sub_sat(held_ns, selection->low_ns));
	double since_ns = (double)chime_sub_sat(now->reference_ns, outlasted->maxerror_at_ns);
	double before_ns = (double)outlasted->maxerror_ns + GROWTH_MOST * fmax(since_ns, 0);

	far_ns = fmax(far_ns, CORRECTION_SIGMAS * combined->estimate.sigma_ns);
	outlasted->narrowed = outlasted->narrowed || far_ns < before_ns;
	return fmin(before_ns, far_ns);
}

void outlasted_keep(struct outlasted *outlasted, const struct timescale_now *now,
		    const struct selection *selection, double late_ns, struct combined *combined)
{
	double sigma_ns = known_sigma(outlasted, now);

	if (!outlasted->relearning)
		return;
	if (outlasted->confirmed &&
	    chime_sub_sat(now->reference_ns, outlasted->confirmed_ns) > LATE_MOST_NS)
		late_ns = 0;
	outlasted->relearning = holds(now, selection, sigma_ns, late_ns, combined);
	if (!outlasted->relearning)
		return;
	note_confirmation(outlasted, now);
	combined->maxerror_ns = narrow(outlasted, now, selection, combined);
	combined->estimate.offset_ns = timescale_target(now);
	combined->estimate.sigma_ns = sigma_ns;
}
