// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host line: cross-timestamps to host time as a function of the raw clock. See host_line.h for
 * the method.
 */
#include "core/host_line.h"

/*
 * A jump is a deviation that slews hardly cause from one check to the next. It exceeds the 1000 ppm
 * that hosts are slewed by, for 100 s at most, the drift between two oscillators and the slope's
 * error, or all of their difference in rate while no slope is known, and 10 ms, which is well below
 * the 18 ms that the quickest savevm costs a guest. A third reading distinguishes harder slews from
 * jumps.
 */
#define CHIME_JUMP_MIN_NS	(10 * CHIME_NS_PER_MS)
#define CHIME_DRIFT_MAX_Q32	(20 * CHIME_PPM_Q32)

/* Growth of the bound while no slope is known: the largest rate that a kernel corrects. */
#define CHIME_GROWTH_UNKNOWN_Q32	(500 * CHIME_PPM_Q32)

/* A rate change means that the host is slewed: another one is expected for this long. */
#define CHIME_RATE_CHANGE_MEMORY_NS	(10 * CHIME_NS_PER_S)

/*
 * Even a host that is not slewed wobbles: its kernel's clock runs at multiples of some 150 ppb (one
 * unit of its multiplier) and makes up for the remainder at its ticks, of which an idle host has
 * few. Measured: 62 ns either way, 8 ns RMS, and slopes of 173 ppb from one check to the next.
 */
#define CHIME_WOBBLE_NS		150LL	/* between any two readings */
#define CHIME_WOBBLE_SIGMA_NS	8
#define CHIME_WOBBLE_Q32	(CHIME_PPM_Q32 / 5)

#define CHIME_POINT_DISTANCE_NS	(2 * CHIME_NS_PER_S)
/* In a segment that has just begun, so that a slow slew which ends in it shows there, too. */
#define CHIME_POINT_CLOSEST_NS	(CHIME_NS_PER_S / 8)
/* Shortest baseline if the slope is unknown, or wrong by far more than the wobble. */
#define CHIME_BASELINE_MIN_NS	(5 * CHIME_NS_PER_MS)
/* Shortest baseline otherwise: up to this length the known slope is better than a new one. */
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

/* Four times the readings' uncertainty, and the wobble: no correct reading deviates by more. */
static s64 chime_host_line_slack(s64 uncertainty_ns)
{
	return chime_add_sat(chime_scale_q32(uncertainty_ns, 4LL << 32), CHIME_WOBBLE_NS);
}

/* The largest deviation that the errors of the two readings and of the slope can explain. */
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
 * Bound of the next reading's deviation if the host does not change its rate: a slew that the
 * latest two readings did not show moved the host off the line by at most the tolerance and the
 * uncertainty of both, and will do so again.
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
	s64 slewed_ns = chime_min(age_ns, CHIME_SLEW_LONGEST_NS);
	bool known = host->rate_known && pairing->clocksource_seq == host->last.clocksource_seq;
	s64 drift_q32 = known ? chime_add_sat(CHIME_DRIFT_MAX_Q32, host->rate_error_q32) :
				CHIME_GROWTH_UNKNOWN_Q32;
	s64 least_ns = pairing->stood_still ? CHIME_STOP_MIN_NS : CHIME_JUMP_MIN_NS;
	s64 jump_ns = chime_host_line_slack(pairing->uncertainty_ns);

	jump_ns = chime_add_sat(jump_ns, chime_scale_q32(slewed_ns, CHIME_HOST_SLEW_MAX_Q32));
	jump_ns = chime_add_sat(jump_ns, chime_scale_q32(age_ns, drift_q32));
	return chime_max(jump_ns, least_ns);
}

/* Begin a new segment at @first. */
static void chime_host_line_restart(struct chime_host_line *host, const struct chime_pairing *first,
				    s64 baseline_min_ns)
{
	host->points[0] = *first;
	host->count = 1;
	host->baseline_min_ns = baseline_min_ns;
}

/* How far apart points are where the segment is now: the longer it is, the farther. */
static s64 chime_host_line_distance(const struct chime_host_line *host, s64 newest_ns)
{
	s64 distance_ns = chime_sub_sat(newest_ns, host->points[0].raw_ns) / 2;

	return chime_min(chime_max(distance_ns, CHIME_POINT_CLOSEST_NS), CHIME_POINT_DISTANCE_NS);
}

static void chime_host_line_remember(struct chime_host_line *host,
				     const struct chime_pairing *pairing)
{
	s64 newest_ns = host->points[host->count - 1].raw_ns;
	int i;

	if (chime_sub_sat(pairing->raw_ns, newest_ns) < chime_host_line_distance(host, newest_ns))
		return;
	if (host->count == CHIME_HOST_LINE_POINTS) {
		for (i = 1; i < CHIME_HOST_LINE_POINTS; i++)
			host->points[i - 1] = host->points[i];
		host->count--;
	}
	host->points[host->count++] = *pairing;
}

/* How fast the bound grows from the latest cross-timestamp on. */
static s64 chime_host_line_growth(const struct chime_host_line *host, s64 slope_error_q32)
{
	s64 growth_q32 = chime_add_sat(CHIME_GROWTH_Q32, slope_error_q32);
	s64 since_change_ns = chime_sub_sat(host->last.raw_ns, host->rate_change_raw_ns);

	if (host->rate_change_q32 && since_change_ns < CHIME_RATE_CHANGE_MEMORY_NS)
		growth_q32 = chime_add_sat(growth_q32, host->rate_change_q32);
	return growth_q32;
}

/* Fit the line from the first point to the latest cross-timestamp; -ERANGE: they are too close. */
static int chime_host_line_fit(const struct chime_host_line *host, struct chime_line *fitted)
{
	const struct chime_pairing *first = &host->points[0], *last = &host->last;
	s64 worst_ns = chime_max(first->uncertainty_ns, last->uncertainty_ns);

	if (chime_sub_sat(last->raw_ns, first->raw_ns) < host->baseline_min_ns)
		return -ERANGE;
	return chime_line_fit(first->raw_ns, first->utc_ns, last->raw_ns, last->utc_ns,
			      chime_add_sat(worst_ns, CHIME_WOBBLE_NS / 2), fitted);
}

/*
 * How far a line of constant rate through the first and the latest reading may miss one in between:
 * by the error of that reading, and by its own, which is that of the worse of the two at most.
 */
static s64 chime_host_line_missed(const struct chime_host_line *host,
				  const struct chime_pairing *point)
{
	s64 ends_ns = chime_max(host->points[0].uncertainty_ns, host->last.uncertainty_ns);
	s64 readings_ns = chime_add_sat(point->uncertainty_ns, ends_ns);

	return chime_min(chime_host_line_slack(chime_add_sat(point->uncertainty_ns,
							     host->last.uncertainty_ns)),
			 chime_add_sat(readings_ns, CHIME_WOBBLE_NS + CHIME_WOBBLE_NS / 2));
}

/* The newest point that @fitted misses: the rate changed there. 0: the rate was constant. */
static int chime_host_line_segment_start(const struct chime_host_line *host,
					 const struct chime_line *fitted)
{
	int i;

	for (i = host->count - 1; i > 0; i--) {
		const struct chime_pairing *point = &host->points[i];
		s64 miss_ns = chime_sub_sat(point->utc_ns, chime_line_eval(fitted, point->raw_ns));

		if (chime_abs_sat(miss_ns) > chime_host_line_missed(host, point))
			break;
	}
	return i;
}

/*
 * The host's rate changed by @change_q32, which was seen at @raw_ns. Unless the change before was
 * longer ago than slews last, either may have begun one.
 */
static void chime_host_line_note_change(struct chime_host_line *host, s64 change_q32, s64 raw_ns)
{
	s64 since_ns = chime_sub_sat(raw_ns, host->rate_change_raw_ns);

	if (!host->rate_change_q32 || since_ns >= CHIME_SLEW_LONGEST_NS) {
		host->lowest_q32 = host->line.rate_q32;
		host->highest_q32 = host->line.rate_q32;
	}
	host->rate_change_q32 = chime_abs_sat(change_q32);
	host->rate_change_raw_ns = raw_ns;
}

/*
 * A slew too slow to show from one check to the next still shows over the whole segment. Drop the
 * points before the rate change: they no longer give the slope.
 */
static void chime_host_line_trim_segment(struct chime_host_line *host)
{
	struct chime_line fitted;
	int start, i;

	if (chime_host_line_fit(host, &fitted))
		return;
	start = chime_host_line_segment_start(host, &fitted);
	if (!start)
		return;
	chime_host_line_note_change(host, chime_sub_sat(fitted.rate_q32, host->line.rate_q32),
				    host->last.raw_ns);
	host->count -= start;
	for (i = 0; i < host->count; i++)
		host->points[i] = host->points[i + start];
	host->baseline_min_ns = CHIME_BASELINE_KEPT_NS;
}

/* By how much the kept slope misses the latest cross-timestamp from the segment's beginning on. */
static s64 chime_host_line_kept_miss(const struct chime_host_line *host)
{
	const struct chime_pairing *first = &host->points[0], *last = &host->last;
	s64 baseline_ns = chime_sub_sat(last->raw_ns, first->raw_ns);
	s64 gained_ns = chime_sub_sat(chime_sub_sat(last->utc_ns, last->raw_ns),
				      chime_sub_sat(first->utc_ns, first->raw_ns));

	return chime_abs_sat(chime_sub_sat(gained_ns,
					   chime_scale_q32(baseline_ns, host->line.rate_q32)));
}

/* The largest such miss of a slope that is right. */
static s64 chime_host_line_kept_slack(const struct chime_host_line *host)
{
	s64 readings_ns = chime_add_sat(host->points[0].uncertainty_ns, host->last.uncertainty_ns);

	return chime_add_sat(chime_host_line_slack(readings_ns), CHIME_WOBBLE_NS);
}

/* If the kept slope is so wrong that even a short baseline gives a better one, accept that. */
static void chime_host_line_relearn(struct chime_host_line *host)
{
	if (chime_host_line_kept_miss(host) > chime_host_line_kept_slack(host))
		host->baseline_min_ns = CHIME_BASELINE_MIN_NS;
}

/* The segment began because the host's rate had changed. */
static bool chime_host_line_began_by_change(const struct chime_host_line *host)
{
	return host->rate_change_q32 &&
	       chime_sub_sat(host->rate_change_raw_ns, host->points[0].raw_ns) >= 0;
}

/*
 * Error of a slope from before this guest stood still: the readings since then, which have not
 * contradicted it, show it to no less. One from before the host's rate changed is off by what they
 * show.
 */
static s64 chime_host_line_kept_error(const struct chime_host_line *host)
{
	const struct chime_pairing *first = &host->points[0], *last = &host->last;
	s64 baseline_ns = chime_sub_sat(last->raw_ns, first->raw_ns);
	s64 readings_ns = chime_add_sat(first->uncertainty_ns, last->uncertainty_ns);
	s64 error_q32 = host->rate_error_q32;
	s64 seen_q32 = CHIME_UNSCALED_Q32;
	s64 off_ns;

	if (chime_host_line_began_by_change(host)) {
		off_ns = chime_add_sat(chime_add_sat(readings_ns, CHIME_WOBBLE_NS),
				       chime_host_line_kept_miss(host));
		error_q32 = chime_max(error_q32, chime_ratio_q32(off_ns, baseline_ns));
	}
	if (!host->rate_suspect)
		return error_q32;
	if (baseline_ns >= CHIME_BASELINE_MIN_NS)
		seen_q32 = chime_min(seen_q32, chime_ratio_q32(chime_host_line_kept_slack(host),
							       baseline_ns));
	return chime_max(error_q32, seen_q32);
}

/*
 * Fit the line anew: through the latest cross-timestamp, with the slope of the segment. Its bound
 * allows for a slew that hides in the readings' uncertainty: until it shows, it moves the host off
 * the line by as much from each check to the next.
 */
static void chime_host_line_refit(struct chime_host_line *host, const struct chime_pairing *before)
{
	const struct chime_pairing *last = &host->last;
	s64 rate_q32 = host->rate_known ? host->line.rate_q32 : 0;
	s64 slope_error_q32 = CHIME_GROWTH_UNKNOWN_Q32;
	struct chime_line fitted;

	chime_host_line_trim_segment(host);
	if (host->rate_known) {
		slope_error_q32 = chime_host_line_kept_error(host);
		chime_host_line_relearn(host);
	}
	if (!chime_host_line_fit(host, &fitted)) {
		rate_q32 = fitted.rate_q32;
		slope_error_q32 = fitted.maxerror_rate_q32;
		host->baseline_min_ns = CHIME_BASELINE_MIN_NS;
		host->rate_known = true;
		host->rate_error_q32 = slope_error_q32;
		host->rate_suspect = false;
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
	host->lowest_q32 = chime_min(host->lowest_q32, rate_q32);
	host->highest_q32 = chime_max(host->highest_q32, rate_q32);
}

/* The clocksource, and with it the raw clock's rate, changed since the last cross-timestamp. */
static void chime_host_line_lose_rate(struct chime_host_line *host,
				      const struct chime_pairing *pairing)
{
	host->rate_known = false;
	chime_host_line_restart(host, pairing, CHIME_BASELINE_MIN_NS);
}

/*
 * The line still has the slope of before the rate change that its segment began by, and @pairing is
 * where the segment's own slope puts it: it shows the same change once more.
 */
static bool chime_host_line_goes_on(const struct chime_host_line *host,
				    const struct chime_pairing *pairing)
{
	const struct chime_pairing *first = &host->points[0], *last = &host->last;
	s64 readings_ns = chime_add_sat(first->uncertainty_ns, last->uncertainty_ns);
	struct chime_line own;
	s64 miss_ns, error_ns;

	if (!chime_host_line_began_by_change(host) ||
	    chime_sub_sat(last->raw_ns, first->raw_ns) >= host->baseline_min_ns ||
	    chime_line_fit(first->raw_ns, first->utc_ns, last->raw_ns, last->utc_ns,
			   chime_add_sat(readings_ns, CHIME_WOBBLE_NS) / 2, &own))
		return false;
	miss_ns = chime_sub_sat(pairing->utc_ns, chime_line_eval(&own, pairing->raw_ns));
	error_ns = chime_add_sat(chime_line_maxerror(&own, pairing->raw_ns),
				 pairing->uncertainty_ns);
	return chime_abs_sat(miss_ns) <= error_ns;
}

/* The host's rate changed at the last cross-timestamp: a new segment begins there. */
static void chime_host_line_change_rate(struct chime_host_line *host,
					const struct chime_pairing *pairing)
{
	struct chime_pairing start = host->last;
	s64 deviation_ns = chime_host_line_deviation(host, pairing);
	s64 age_ns = chime_sub_sat(pairing->raw_ns, start.raw_ns);

	chime_host_line_note_change(host, chime_ratio_q32(deviation_ns, age_ns), start.raw_ns);
	chime_host_line_restart(host, &start, CHIME_BASELINE_KEPT_NS);
}

s64 chime_host_line_hides(const struct chime_host_line *host, const struct chime_pairing *pairing)
{
	return chime_add_sat(chime_abs_sat(chime_host_line_deviation(host, pairing)),
			     chime_host_line_tolerance(host, pairing));
}

enum chime_verdict chime_host_line_verdict(const struct chime_host_line *host,
					   const struct chime_pairing *pairing)
{
	s64 off_ns = chime_abs_sat(chime_host_line_deviation(host, pairing));

	if (!host->count)
		return CHIME_VERDICT_STARTED;
	if (!chime_pairing_follows(host, pairing))
		return CHIME_VERDICT_USELESS;
	if (off_ns > chime_host_line_jump(host, pairing))
		return CHIME_VERDICT_JUMPED;
	if (pairing->clocksource_seq != host->last.clocksource_seq ||
	    off_ns > chime_host_line_tolerance(host, pairing))
		return CHIME_VERDICT_RATE_CHANGED;
	return CHIME_VERDICT_ON_LINE;
}

enum chime_verdict chime_host_line_update(struct chime_host_line *host,
					  const struct chime_pairing *pairing)
{
	enum chime_verdict verdict = chime_host_line_verdict(host, pairing);
	struct chime_pairing before = host->last;

	switch (verdict) {
	case CHIME_VERDICT_USELESS:
	case CHIME_VERDICT_JUMPED:
		return verdict;
	case CHIME_VERDICT_STARTED:
		chime_host_line_restart(host, pairing, CHIME_BASELINE_MIN_NS);
		before = *pairing;
		break;
	case CHIME_VERDICT_RATE_CHANGED:
		if (pairing->clocksource_seq != host->last.clocksource_seq) {
			chime_host_line_lose_rate(host, pairing);
			break;
		}
		if (pairing->stood_still) {
			chime_host_line_rebase(host, pairing);
			return verdict;
		}
		if (!chime_host_line_goes_on(host, pairing))
			chime_host_line_change_rate(host, pairing);
		break;
	case CHIME_VERDICT_ON_LINE:
		/* A stop that the errors hide is not part of the slope either. */
		if (pairing->stood_still) {
			chime_host_line_rebase(host, pairing);
			return verdict;
		}
		chime_host_line_remember(host, pairing);
		break;
	}
	host->last = *pairing;
	chime_host_line_refit(host, &before);
	return verdict;
}

void chime_host_line_rebase(struct chime_host_line *host, const struct chime_pairing *pairing)
{
	if (host->count && pairing->clocksource_seq != host->last.clocksource_seq)
		host->rate_known = false;
	chime_host_line_restart(host, pairing, host->rate_known ? CHIME_BASELINE_KEPT_NS :
								 CHIME_BASELINE_MIN_NS);
	host->rate_suspect = pairing->stood_still || !pairing->witness;
	host->last = *pairing;
	chime_host_line_refit(host, pairing);
}

void chime_host_line_doubt_rate(struct chime_host_line *host)
{
	chime_line_lose_rate(&host->line, CHIME_GROWTH_UNKNOWN_Q32);
}

void chime_host_line_forget(struct chime_host_line *host)
{
	const struct chime_pairing last = host->last;
	bool started = host->count;

	*host = (struct chime_host_line){ };
	if (started)
		chime_host_line_update(host, &last);
}

/* The latest reading showed it, however long before that the rate may have changed. */
static bool chime_host_line_changes(const struct chime_host_line *host)
{
	return host->count == 1 && chime_host_line_began_by_change(host);
}

s64 chime_host_line_slewing(const struct chime_host_line *host, s64 raw_ns)
{
	s64 age_ns = chime_sub_sat(raw_ns, host->rate_change_raw_ns);
	s64 rate_q32 = host->line.rate_q32;
	s64 most_q32;

	if (!host->rate_change_q32 ||
	    (age_ns >= CHIME_SLEW_LONGEST_NS && !chime_host_line_changes(host)))
		return 0;
	/* The host rests at one of the rates that it had meanwhile. */
	most_q32 = chime_max(chime_sub_sat(host->highest_q32, rate_q32),
			     chime_sub_sat(rate_q32, host->lowest_q32));
	return chime_max(most_q32, host->rate_change_q32);
}

/* How far a reading can be off the line if the host's rate changed by @turn_q32 @age_ns before. */
static s64 chime_host_line_slewed_ns(s64 age_ns, s64 turn_q32, s64 uncertainty_ns)
{
	return chime_add_sat(chime_host_line_slack(uncertainty_ns),
			     chime_scale_q32(age_ns, turn_q32));
}

bool chime_host_line_may_be_slewed(const struct chime_host_line *host,
				   const struct chime_pairing *pairing)
{
	s64 age_ns = chime_sub_sat(pairing->raw_ns, host->last.raw_ns);
	s64 most_q32 = chime_add_sat(CHIME_ADJTIMEX_MAX_Q32, chime_abs_sat(host->line.rate_q32));

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
	/* How much further the second reading is off the line, on the side of the first. */
	went_ns = chime_sub_sat(chime_host_line_deviation(host, second), off_ns);
	if (off_ns < 0)
		went_ns = chime_sub_sat(0, went_ns);
	turn_q32 = chime_ratio_q32(went_ns, baseline_ns);
	error_q32 = chime_ratio_q32(chime_host_line_slack(readings_ns), baseline_ns);
	if (turn_q32 < chime_add_sat(error_q32, CHIME_HOST_SLEW_MAX_Q32) ||
	    chime_abs_sat(off_ns) >
	    chime_host_line_slewed_ns(age_ns, chime_add_sat(turn_q32, error_q32), readings_ns))
		return false;
	chime_host_line_note_change(host, turn_q32, first->raw_ns);
	chime_host_line_restart(host, first, CHIME_BASELINE_MIN_NS);
	host->last = *second;
	chime_host_line_refit(host, first);
	return true;
}

void chime_host_line_set_raw_ahead(struct chime_host_line *host, s64 by_ns)
{
	int i;

	chime_line_set_ahead(&host->line, by_ns);
	host->last.raw_ns = chime_add_sat(host->last.raw_ns, by_ns);
	for (i = 0; i < host->count; i++)
		host->points[i].raw_ns = chime_add_sat(host->points[i].raw_ns, by_ns);
	host->rate_change_raw_ns = chime_add_sat(host->rate_change_raw_ns, by_ns);
}
