// SPDX-License-Identifier: GPL-2.0-only
/*
 * How far a correction may be wrong from now on. See correction.h.
 */
#include "discipline/correction.h"

#include <math.h>
#include <string.h>

#include "discipline/source_select.h"
#include "lib/time_units.h"

/*
 * The standard error grows along a curve, but is stated as a line. Its growth is taken up to the
 * next sample, and that of the bound up to the one after that.
 */
#define SIGMA_INTERVALS	1
#define BOUND_INTERVALS	2
#define UNLEARNED_S	256.0

/*
 * A rate is extrapolated for as long as it was learned, and at most for twice the daemon's update
 * interval without an answer. A rate that is not significant may move the clock by half a
 * millisecond at most. Delays have an exponential's tail, and so have the errors of what a minute
 * of them shows: one rate in 150 is five standard errors off, one in 20,000 ten.
 */
#define REACH_NS	128e9

/*
 * Beyond its horizon a bound has to hold for the longest time that a guest may stand still, a
 * standard error for an hour.
 */
#define LONGEST_S	(400 * 86400.0)
#define HOUR_S		3600.0

/*
 * By how much a reference's mean rate can change at most: its daemon slews it as fast as adjtimex
 * allows, and its oscillator is off by 1000 ppm. A filter that has seen a noisy minute may learn of
 * a wander that makes more of it in LONGEST_S.
 */
#define RATE_CHANGE_MOST	0.101

/* Up to its horizon a bound is compared at so many instants with the intervals of the sources. */
#define FORESEEN	4

static double sigma_after(const struct correction_terms *terms, int64_t at_ns, double elapsed_ns)
{
	struct estimate estimate = { 0 };

	estimator_get(terms->clock, at_ns + llrint(elapsed_ns), &estimate);
	return estimate.sigma_ns;
}

/*
 * The rate changes later than it was learned, with temperature above all, but not at once: it
 * becomes wrong by maxclockerror within some UNLEARNED_S.
 */
static double unlearned_ns(const struct correction_terms *terms, double elapsed_ns)
{
	double scale_ns = UNLEARNED_S * NS_PER_S_REAL;

	return terms->maxclockerror * (elapsed_ns + scale_ns * expm1(-elapsed_ns / scale_ns));
}

/*
 * For how long the growths of the errors are stated. The errors grow along curves, but are stated
 * as lines: a line for two minutes states the growth at its end from the first second on. That
 * matters where little else is in the bound: a refclock has no round trip, and its next reading
 * comes in a moment. If it does not, the line is renewed, for as long as nothing has been measured.
 */
static double horizon_of(double span_ns, double least_ns, const struct pace *pace)
{
	double most_ns = pace->refclock ? pace->age_ns : REACH_NS;

	return fmax(fmin(fmin(span_ns, REACH_NS), most_ns), least_ns);
}

/* Set the horizons of the rate and of the growths of the errors. */
static void set_horizons(const struct correction_terms *terms, const struct pace *pace,
			 struct combined *combined)
{
	const struct estimate *estimate = &combined->estimate;
	double rate = fabs(estimate->rate);
	double least_ns = BOUND_INTERVALS * pace->interval_s * NS_PER_S_REAL;
	double span_ns = (double)(estimate->at_ns - terms->learned_from_ns);
	double harmless_ns = CORRECTION_HARMLESS_NS / rate;

	combined->age_ns = pace->age_ns;
	combined->horizon_ns = horizon_of(span_ns, least_ns, pace);
	if (rate < CORRECTION_REACH_SIGMAS * estimate->rate_sigma)
		combined->reach_ns = fmin(fmax(span_ns, least_ns), harmless_ns);
	else
		combined->reach_ns = fmax(fmin(span_ns, fmax(REACH_NS, harmless_ns)), least_ns);
}

/*
 * The statistical part of the bound after @elapsed_ns. The filter's prediction and the oscillator's
 * unlearned change are independent; the latter counts from the latest sample, not from the latest
 * update.
 */
static double bound_after(const struct correction_terms *terms, const struct combined *combined,
			  double elapsed_ns)
{
	return hypot(CORRECTION_SIGMAS * sigma_after(terms, combined->estimate.at_ns, elapsed_ns),
		     unlearned_ns(terms, combined->age_ns + elapsed_ns));
}

static void set_growths(const struct correction_terms *terms, const struct pace *pace,
			struct combined *combined)
{
	double next_ns = SIGMA_INTERVALS * pace->interval_s * NS_PER_S_REAL;
	double horizon_ns = combined->horizon_ns;
	double now_ns = combined->estimate.sigma_ns;
	double bound_ns = bound_after(terms, combined, 0);
	double there_ns = bound_after(terms, combined, horizon_ns);
	double beyond_ns = bound_after(terms, combined, horizon_ns + REACH_NS);

	combined->next_sigma_ns = sigma_after(terms, combined->estimate.at_ns, next_ns);
	combined->sigma_growth = fmax(combined->next_sigma_ns - now_ns, 0) / next_ns;
	combined->maxerror_growth = fmax(there_ns - bound_ns, 0) / horizon_ns;
	combined->beyond_growth = fmax(beyond_ns - there_ns, 0) / REACH_NS;
}

void correction_age(const struct correction_terms *terms, const struct pace *pace,
		    struct combined *combined)
{
	set_horizons(terms, pace, combined);
	set_growths(terms, pace, combined);
}

bool correction_combine(const struct correction_terms *terms, const struct selection *selection,
			int64_t at_ns, const struct pace *pace, struct combined *combined)
{
	struct estimate *estimate = &combined->estimate;

	if (!estimator_get(terms->clock, at_ns, estimate))
		return false;
	if (estimate->offset_ns < selection->place_low_ns)
		estimate->offset_ns = selection->place_low_ns;
	if (estimate->offset_ns > selection->place_high_ns)
		estimate->offset_ns = selection->place_high_ns;
	combined->maxerror_ns = fmax((double)(selection->high_ns - estimate->offset_ns),
				     (double)(estimate->offset_ns - selection->low_ns));
	combined->maxerror_ns = fmax(combined->maxerror_ns,
				     CORRECTION_SIGMAS * estimate->sigma_ns);
	correction_age(terms, pace, combined);
	return true;
}

void correction_keep_bound(struct combined *combined, int64_t maxerror_ns)
{
	if (maxerror_ns != CHIME_LINE_UNBOUNDED_NS)
		combined->maxerror_ns = fmax(combined->maxerror_ns, (double)maxerror_ns);
}

/*
 * How far the truth may be from the clock after @elapsed_ns, by the majority's predicted intervals.
 * -INFINITY: they say nothing.
 */
static double foreseen_ns(const struct correction_terms *terms, struct source *const *sources,
			  size_t count, const struct combined *combined, double elapsed_ns)
{
	const struct estimate *estimate = &combined->estimate;
	double reach_ns = terms->crystal ? INFINITY : combined->reach_ns;
	double ran_ns = estimate->rate * fmin(elapsed_ns, reach_ns);
	int64_t low_ns, high_ns;

	if (!source_select_foresee(sources, count, estimate->at_ns + llrint(elapsed_ns),
				   terms->selection, &low_ns, &high_ns))
		return -INFINITY;
	return fmax((double)chime_sub_sat(high_ns, estimate->offset_ns) - ran_ns,
		    (double)chime_sub_sat(estimate->offset_ns, low_ns) + ran_ns);
}

void correction_foresee(const struct correction_terms *terms, struct source *const *sources,
			size_t count, struct combined *combined)
{
	double horizon_ns = combined->horizon_ns;
	double rest_ns = REACH_NS - horizon_ns;
	double held_ns;
	int i;

	for (i = 1; i <= FORESEEN; i++) {
		double elapsed_ns = horizon_ns * i / FORESEEN;
		double error_ns = foreseen_ns(terms, sources, count, combined, elapsed_ns);

		combined->maxerror_growth = fmax(combined->maxerror_growth,
						 (error_ns - combined->maxerror_ns) / elapsed_ns);
	}
	held_ns = combined->maxerror_ns + combined->maxerror_growth * horizon_ns;
	for (i = 1; i <= FORESEEN && rest_ns > 0; i++) {
		double elapsed_ns = rest_ns * i / FORESEEN;
		double error_ns = foreseen_ns(terms, sources, count, combined,
					      horizon_ns + elapsed_ns);

		combined->beyond_growth = fmax(combined->beyond_growth,
					       (error_ns - held_ns) / elapsed_ns);
	}
}

/* The standard error of the mean rate over the time to come, if the rate wanders as before. */
static double mean_rate_sigma(const struct estimate *estimate, double elapsed_s)
{
	return hypot(estimate->rate_sigma, estimate->wander * sqrt(elapsed_s / 3));
}

/*
 * The line beyond the horizon of its rate. A crystal keeps its rate; of any other clock only the
 * offset is known. As it may be a crystal too, the bound grows by the rate that is left out.
 */
static void make_horizons(const struct correction_terms *terms, const struct combined *combined,
			  struct chime_line *line)
{
	const struct estimate *estimate = &combined->estimate;
	double missing = terms->crystal ? 0 : fabs(estimate->rate);
	double sigma = hypot(missing, mean_rate_sigma(estimate, HOUR_S));
	double change = CORRECTION_SIGMAS * mean_rate_sigma(estimate, LONGEST_S);
	double bound = missing + terms->maxclockerror + fmin(change, RATE_CHANGE_MOST);

	if (!terms->crystal)
		line->rate_horizon_ns = (s64)fmax(combined->reach_ns, 1);
	line->horizon_ns = (s64)fmax(combined->horizon_ns, 1);
	line->beyond_sigma_rate_q32 = (s64)ceil(fmax(sigma, combined->sigma_growth) * Q32);
	bound = fmax(bound, fmax(combined->maxerror_growth, combined->beyond_growth));
	line->beyond_maxerror_rate_q32 = (s64)ceil(bound * Q32);
}

void correction_make_line(const struct correction_terms *terms, const struct combined *combined,
			  struct chime_line *line)
{
	memset(line, 0, sizeof(*line));
	line->origin_ns = combined->estimate.at_ns;
	line->offset_ns = combined->estimate.offset_ns;
	line->rate_q32 = (s64)llrint(combined->estimate.rate * Q32);
	line->sigma_ns = (s64)ceil(combined->estimate.sigma_ns);
	line->sigma_rate_q32 = (s64)ceil(combined->sigma_growth * Q32);
	line->maxerror_ns = (s64)ceil(combined->maxerror_ns);
	line->maxerror_rate_q32 = (s64)ceil(combined->maxerror_growth * Q32);
	make_horizons(terms, combined, line);
}

void correction_turn_line(struct chime_line *line, int64_t at_ns, int64_t rate_q32)
{
	int64_t turned_q32;

	chime_line_move(line, at_ns);
	turned_q32 = chime_abs_sat(chime_sub_sat(rate_q32, line->rate_q32));
	line->rate_q32 = rate_q32;
	line->maxerror_rate_q32 = chime_add_sat(line->maxerror_rate_q32, turned_q32);
	line->beyond_maxerror_rate_q32 = chime_add_sat(line->beyond_maxerror_rate_q32, turned_q32);
}

int64_t correction_reach(const struct timescale_now *now, int64_t low_ns, int64_t high_ns)
{
	int64_t target_ns = timescale_target(now);

	return chime_max(chime_sub_sat(high_ns, target_ns), chime_sub_sat(target_ns, low_ns));
}
