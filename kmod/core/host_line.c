// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host line: pairings to host time as a function of raw. See host_line.h for the method.
 */
#include "core/host_line.h"

/*
 * A jump is what slews hardly do from one check to the next: more than the 1000 ppm that hosts are
 * slewed by, for 100 s at most, more than what oscillators drift apart by, and more than 10 ms,
 * well below the 18 ms that the quickest savevm costs a guest. A third reading tells harder slews
 * from jumps.
 */
#define CHIME_JUMP_MIN_NS	(10 * CHIME_NS_PER_MS)
#define CHIME_DRIFT_MAX_Q32	(20 * CHIME_PPM_Q32)

/* A stop that a hypervisor told of is one from here on; what is less, nobody need be told. */
#define CHIME_STOP_MIN_NS	CHIME_NS_PER_MS

/* A bound grows by this while no slope is known: the widest that a kernel corrects a clock by. */
#define CHIME_GROWTH_UNKNOWN_Q32	(500 * CHIME_PPM_Q32)
/* A bend is a host being slewed: its next one is expected for this long. */
#define CHIME_BEND_MEMORY_NS	(10 * CHIME_NS_PER_S)

/*
 * A straight host wobbles: its kernel's clock runs at multiples of some 150 ppb (one unit of its
 * multiplier) and makes up for the rest at its ticks, of which an idle host has few. Seen were
 * 62 ns either way, 8 ns RMS, and slopes of 173 ppb from one check to the next.
 */
#define CHIME_WOBBLE_NS		150LL	/* between any two readings */
#define CHIME_WOBBLE_SIGMA_NS	8
#define CHIME_WOBBLE_Q32	(CHIME_PPM_Q32 / 5)

#define CHIME_POINT_DISTANCE_NS	(2 * CHIME_NS_PER_S)
/* Where nothing is known of the slope, or it is off by far more than the wobble, this must do. */
#define CHIME_BASELINE_MIN_NS	(5 * CHIME_NS_PER_MS)
/* Otherwise the one known is better than a new one until this. */
#define CHIME_BASELINE_KEPT_NS	CHIME_NS_PER_S

static bool chime_pairing_follows(const struct chime_host_line *host,
				  const struct chime_pairing *pairing)
{
	return chime_sub_sat(pairing->raw_ns, host->last.raw_ns) > 0;
}

s64 chime_host_line_deviation(const struct chime_host_line *host,
			      const struct chime_pairing *pairing)
{
	if (!host->count)
		return 0;
	return chime_sub_sat(pairing->utc_ns, chime_line_eval(&host->line, pairing->raw_ns));
}

/* Four times what readings may be wrong by, and the wobble: no honest one lies beyond. */
static s64 chime_host_line_slack(s64 uncertainty_ns)
{
	return chime_add_sat(chime_scale_q32(uncertainty_ns, 4LL << 32), CHIME_WOBBLE_NS);
}

/* The largest deviation that the two readings and the slope can explain. */
static s64 chime_host_line_tolerance(const struct chime_host_line *host,
				     const struct chime_pairing *pairing)
{
	s64 age_ns = chime_sub_sat(pairing->raw_ns, host->last.raw_ns);
	s64 readings_ns = chime_add_sat(pairing->uncertainty_ns, host->last.uncertainty_ns);
	s64 baseline_ns = chime_sub_sat(host->last.raw_ns, host->points[0].raw_ns);
	s64 slope_q32 = CHIME_GROWTH_UNKNOWN_Q32;

	if (host->rate_known && baseline_ns >= CHIME_BASELINE_MIN_NS)
		slope_q32 = chime_ratio_q32(readings_ns, baseline_ns);
	slope_q32 = chime_add_sat(slope_q32, CHIME_WOBBLE_Q32);
	return chime_add_sat(chime_add_sat(readings_ns, CHIME_WOBBLE_NS),
			     chime_scale_q32(age_ns, slope_q32));
}

/*
 * The next reading will be off the line by no more: a slew that the latest two readings did not
 * show took the host away by at most the tolerance and what both may be wrong by, and will do so
 * again.
 */
static s64 chime_host_line_unnoticed(const struct chime_pairing *before,
				     const struct chime_pairing *last)
{
	s64 readings_ns = chime_add_sat(before->uncertainty_ns, last->uncertainty_ns);

	readings_ns = chime_add_sat(readings_ns, readings_ns);
	return chime_add_sat(chime_add_sat(readings_ns, last->uncertainty_ns), CHIME_WOBBLE_NS);
}

/* The largest deviation that is not a jump. */
static s64 chime_host_line_jump(const struct chime_host_line *host,
				const struct chime_pairing *pairing)
{
	s64 age_ns = chime_sub_sat(pairing->raw_ns, host->last.raw_ns);
	s64 slewed_ns = age_ns < CHIME_SLEW_LONGEST_NS ? age_ns : CHIME_SLEW_LONGEST_NS;
	s64 least_ns = pairing->stood_still ? CHIME_STOP_MIN_NS : CHIME_JUMP_MIN_NS;
	s64 jump_ns = chime_host_line_slack(pairing->uncertainty_ns);

	jump_ns = chime_add_sat(jump_ns, chime_scale_q32(slewed_ns, CHIME_HOST_SLEW_MAX_Q32));
	jump_ns = chime_add_sat(jump_ns, chime_scale_q32(age_ns, CHIME_DRIFT_MAX_Q32));
	return jump_ns > least_ns ? jump_ns : least_ns;
}

/* The straight stretch begins at @first. */
static void chime_host_line_restart(struct chime_host_line *host, const struct chime_pairing *first,
				    s64 baseline_min_ns)
{
	host->points[0] = *first;
	host->count = 1;
	host->baseline_min_ns = baseline_min_ns;
}

static void chime_host_line_remember(struct chime_host_line *host,
				     const struct chime_pairing *pairing)
{
	s64 newest_ns = host->points[host->count - 1].raw_ns;
	int i;

	if (chime_sub_sat(pairing->raw_ns, newest_ns) < CHIME_POINT_DISTANCE_NS)
		return;
	if (host->count == CHIME_HOST_LINE_POINTS) {
		for (i = 1; i < CHIME_HOST_LINE_POINTS; i++)
			host->points[i - 1] = host->points[i];
		host->count--;
	}
	host->points[host->count++] = *pairing;
}

/* How fast the bound grows from here on. */
static s64 chime_host_line_growth(const struct chime_host_line *host, s64 slope_error_q32)
{
	s64 growth_q32 = chime_add_sat(CHIME_GROWTH_Q32, slope_error_q32);
	s64 since_bend_ns = chime_sub_sat(host->last.raw_ns, host->bend_raw_ns);

	if (host->bend_q32 && since_bend_ns < CHIME_BEND_MEMORY_NS)
		growth_q32 = chime_add_sat(growth_q32, host->bend_q32);
	return growth_q32;
}

/* The line from the first point to the latest pairing; -ERANGE: they are too close. */
static int chime_host_line_fit(const struct chime_host_line *host, struct chime_line *fitted)
{
	const struct chime_pairing *first = &host->points[0], *last = &host->last;
	s64 worst_ns = first->uncertainty_ns > last->uncertainty_ns ? first->uncertainty_ns :
								     last->uncertainty_ns;

	if (chime_sub_sat(last->raw_ns, first->raw_ns) < host->baseline_min_ns)
		return -ERANGE;
	return chime_line_fit(first->raw_ns, first->utc_ns, last->raw_ns, last->utc_ns,
			      chime_add_sat(worst_ns, CHIME_WOBBLE_NS / 2), fitted);
}

/* The newest point that @fitted does not pass: the stretch is bent there. 0: it is straight. */
static int chime_host_line_corner(const struct chime_host_line *host,
				  const struct chime_line *fitted)
{
	int i;

	for (i = host->count - 1; i > 0; i--) {
		const struct chime_pairing *point = &host->points[i];
		s64 miss_ns = chime_sub_sat(point->utc_ns, chime_line_eval(fitted, point->raw_ns));
		s64 readings_ns = chime_add_sat(point->uncertainty_ns, host->last.uncertainty_ns);

		if (chime_abs_sat(miss_ns) > chime_host_line_slack(readings_ns))
			break;
	}
	return i;
}

/*
 * A slew too slow to show from one check to the next bends the stretch: what lies before the corner
 * no longer tells the slope.
 */
static void chime_host_line_straighten(struct chime_host_line *host)
{
	struct chime_line fitted;
	int corner, i;

	if (chime_host_line_fit(host, &fitted))
		return;
	corner = chime_host_line_corner(host, &fitted);
	if (!corner)
		return;
	host->bend_q32 = chime_abs_sat(chime_sub_sat(fitted.rate_q32, host->line.rate_q32));
	host->bend_raw_ns = host->last.raw_ns;
	host->count -= corner;
	for (i = 0; i < host->count; i++)
		host->points[i] = host->points[i + corner];
	host->baseline_min_ns = CHIME_BASELINE_KEPT_NS;
}

/* The slope that is kept is off by so much that even a short baseline gives it better. */
static void chime_host_line_relearn(struct chime_host_line *host)
{
	const struct chime_pairing *first = &host->points[0], *last = &host->last;
	s64 baseline_ns = chime_sub_sat(last->raw_ns, first->raw_ns);
	s64 readings_ns = chime_add_sat(first->uncertainty_ns, last->uncertainty_ns);
	s64 gained_ns = chime_sub_sat(chime_sub_sat(last->utc_ns, last->raw_ns),
				      chime_sub_sat(first->utc_ns, first->raw_ns));
	s64 miss_ns = chime_sub_sat(gained_ns, chime_scale_q32(baseline_ns, host->line.rate_q32));

	if (chime_abs_sat(miss_ns) > chime_add_sat(chime_host_line_slack(readings_ns),
						   CHIME_WOBBLE_NS))
		host->baseline_min_ns = CHIME_BASELINE_MIN_NS;
}

/*
 * Lay the line through the latest pairing, with the slope of the straight stretch. Its bound allows
 * for a slew that hides in what readings may be off by: until it shows, the host leaves the line by
 * as much from each check to the next.
 */
static void chime_host_line_lay(struct chime_host_line *host, const struct chime_pairing *before)
{
	const struct chime_pairing *last = &host->last;
	s64 rate_q32 = host->rate_known ? host->line.rate_q32 : 0;
	s64 slope_error_q32 = host->rate_known ? host->line.sigma_rate_q32 :
						 CHIME_GROWTH_UNKNOWN_Q32;
	struct chime_line fitted;

	chime_host_line_straighten(host);
	if (host->rate_known)
		chime_host_line_relearn(host);
	if (!chime_host_line_fit(host, &fitted)) {
		rate_q32 = fitted.rate_q32;
		slope_error_q32 = fitted.maxerror_rate_q32;
		host->baseline_min_ns = CHIME_BASELINE_MIN_NS;
		host->rate_known = true;
	}
	host->line = (struct chime_line){
		.origin_ns = last->raw_ns,
		.offset_ns = chime_sub_sat(last->utc_ns, last->raw_ns),
		.rate_q32 = rate_q32,
		.sigma_ns = chime_add_sat(last->uncertainty_ns, CHIME_WOBBLE_SIGMA_NS),
		.sigma_rate_q32 = slope_error_q32,
		.maxerror_ns = chime_host_line_unnoticed(before, last),
		.maxerror_rate_q32 = chime_host_line_growth(host, slope_error_q32),
	};
}

/* The clocksource changed somewhere since the last pairing, and with it raw's rate. */
static void chime_host_line_lose_rate(struct chime_host_line *host,
				      const struct chime_pairing *pairing)
{
	host->rate_known = false;
	host->clocksource_changes++;
	chime_host_line_restart(host, pairing, CHIME_BASELINE_MIN_NS);
}

static void chime_host_line_bend(struct chime_host_line *host, s64 deviation_ns, s64 age_ns)
{
	struct chime_pairing corner = host->last;

	host->bend_q32 = chime_abs_sat(chime_ratio_q32(deviation_ns, age_ns));
	host->bend_raw_ns = corner.raw_ns;
	chime_host_line_restart(host, &corner, CHIME_BASELINE_KEPT_NS);
}

enum chime_verdict chime_host_line_update(struct chime_host_line *host,
					  const struct chime_pairing *pairing)
{
	enum chime_verdict verdict = CHIME_VERDICT_ON_LINE;
	struct chime_pairing before;
	s64 deviation_ns, age_ns;

	if (!host->count) {
		chime_host_line_restart(host, pairing, CHIME_BASELINE_MIN_NS);
		host->last = *pairing;
		chime_host_line_lay(host, pairing);
		return CHIME_VERDICT_STARTED;
	}
	if (!chime_pairing_follows(host, pairing))
		return CHIME_VERDICT_USELESS;

	deviation_ns = chime_host_line_deviation(host, pairing);
	if (chime_abs_sat(deviation_ns) > chime_host_line_jump(host, pairing))
		return CHIME_VERDICT_JUMPED;

	age_ns = chime_sub_sat(pairing->raw_ns, host->last.raw_ns);
	if (pairing->clocksource_seq != host->last.clocksource_seq) {
		chime_host_line_lose_rate(host, pairing);
		verdict = CHIME_VERDICT_BENT;
	} else if (chime_abs_sat(deviation_ns) > chime_host_line_tolerance(host, pairing)) {
		verdict = CHIME_VERDICT_BENT;
		if (pairing->stood_still) {
			chime_host_line_rebase(host, pairing);
			return verdict;
		}
		chime_host_line_bend(host, deviation_ns, age_ns);
	} else {
		chime_host_line_remember(host, pairing);
	}
	before = host->last;
	host->last = *pairing;
	chime_host_line_lay(host, &before);
	return verdict;
}

void chime_host_line_rebase(struct chime_host_line *host, const struct chime_pairing *pairing)
{
	if (host->count && pairing->clocksource_seq != host->last.clocksource_seq) {
		host->rate_known = false;
		host->clocksource_changes++;
	}
	chime_host_line_restart(host, pairing, host->rate_known ? CHIME_BASELINE_KEPT_NS :
								 CHIME_BASELINE_MIN_NS);
	host->last = *pairing;
	chime_host_line_lay(host, pairing);
}

/* By how much readings @age_ns apart may differ if the host's rate changed by @turn_q32 then. */
static s64 chime_host_line_slewed_ns(s64 age_ns, s64 turn_q32, s64 uncertainty_ns)
{
	return chime_add_sat(chime_host_line_slack(uncertainty_ns),
			     chime_scale_q32(age_ns, turn_q32));
}

bool chime_host_line_may_be_slewed(const struct chime_host_line *host,
				   const struct chime_pairing *pairing)
{
	s64 age_ns = chime_sub_sat(pairing->raw_ns, host->last.raw_ns);
	s64 most_q32 = chime_add_sat(CHIME_HOST_SLEW_HARD_Q32, chime_abs_sat(host->line.rate_q32));

	return !pairing->stood_still && age_ns > 0 &&
	       pairing->clocksource_seq == host->last.clocksource_seq &&
	       chime_abs_sat(chime_host_line_deviation(host, pairing)) <=
	       chime_host_line_slewed_ns(age_ns, most_q32, pairing->uncertainty_ns);
}

bool chime_host_line_follow_slew(struct chime_host_line *host, const struct chime_pairing *first,
				 const struct chime_pairing *second)
{
	s64 baseline_ns = chime_sub_sat(second->raw_ns, first->raw_ns);
	s64 readings_ns = chime_add_sat(first->uncertainty_ns, second->uncertainty_ns);
	s64 off_ns = chime_host_line_deviation(host, first);
	s64 age_ns = chime_sub_sat(first->raw_ns, host->last.raw_ns);
	s64 went_ns, turn_q32, error_q32;

	if (!chime_host_line_may_be_slewed(host, first) || baseline_ns < CHIME_BASELINE_MIN_NS ||
	    second->clocksource_seq != first->clocksource_seq)
		return false;
	/* Further away from the line, on the side on which it is. */
	went_ns = chime_sub_sat(chime_host_line_deviation(host, second), off_ns);
	if (off_ns < 0)
		went_ns = chime_sub_sat(0, went_ns);
	turn_q32 = chime_ratio_q32(went_ns, baseline_ns);
	error_q32 = chime_ratio_q32(chime_host_line_slack(readings_ns), baseline_ns);
	if (turn_q32 < chime_add_sat(error_q32, CHIME_HOST_SLEW_MAX_Q32) ||
	    chime_abs_sat(off_ns) >
	    chime_host_line_slewed_ns(age_ns, chime_add_sat(turn_q32, error_q32), readings_ns))
		return false;
	host->bend_q32 = turn_q32;
	host->bend_raw_ns = first->raw_ns;
	chime_host_line_restart(host, first, CHIME_BASELINE_MIN_NS);
	host->last = *second;
	chime_host_line_lay(host, first);
	return true;
}
