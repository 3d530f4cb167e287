// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unslewed host time (steady time): the host's time with its slews removed, from check to check.
 * See steady.h; steady_gap.c has what disruptions do to it, steady_contained.c what corrections may
 * contain of its slews.
 */
#include "core/steady.h"

#include "core/host_line.h"
#include "core/steady_parts.h"

/*
 * The pace itself drifts as oscillators do, by at most 1 ppm in 256 s, which the discipline's bound
 * allows for. This is the time in which it may change by one unit of a rate.
 */
#define CHIME_STEADY_UNIT_NS	(256 * CHIME_NS_PER_S / CHIME_PPM_Q32)

/* How often equal rates are compared: at shorter intervals the above would be rounded away. */
#define CHIME_STEADY_PACE_NS	CHIME_NS_PER_S

/* How long to wait for a known pace to be confirmed: meanwhile only the bound is wider. */
#define CHIME_STEADY_PATIENCE_NS	(10 * CHIME_SLEW_LONGEST_NS)

/* Two machines' oscillators differ by less: a larger difference in rate is a slew. */
#define CHIME_STEADY_OTHER_Q32	(50 * CHIME_PPM_Q32)

/* Unslewed host time as a function of the raw clock, from the host's line and its known slews. */
static void chime_steady_join(const struct chime_steady *steady, const struct chime_line *host,
			      s64 raw_ns, struct chime_line *joined)
{
	chime_line_compose(&steady->unslew, host, raw_ns, joined);
}

/* The host's slope is known well enough to see whether it is slewed. */
static bool chime_steady_sees(const struct chime_line *host)
{
	return chime_sub_sat(host->maxerror_rate_q32, CHIME_GROWTH_Q32) <= CHIME_STEADY_TURN_Q32;
}

/*
 * The host's slope is known, be it that of a host which was slewed a moment ago and is expected to
 * be slewed again.
 */
static bool chime_steady_sees_slope(const struct chime_line *host)
{
	return host->sigma_rate_q32 <= CHIME_STEADY_TURN_Q32;
}

/* The host's rate changed a moment ago: that is in the bound of its line, and not in its sigma. */
static bool chime_steady_was_slewed(const struct chime_line *host)
{
	s64 other_q32 = chime_add_sat(CHIME_GROWTH_Q32, host->sigma_rate_q32);

	return chime_sub_sat(host->maxerror_rate_q32, other_q32) > CHIME_STEADY_TURN_Q32;
}

/*
 * The rate that the host is said to have may be that of a slew: it has to be confirmed. One that
 * changed a moment ago says nothing.
 */
void chime_steady_start(struct chime_steady *steady, const struct chime_line *host, s64 raw_ns)
{
	*steady = (struct chime_steady){
		.line = *host,
		.pace_q32 = host->rate_q32,
		.pace_raw_ns = raw_ns,
		.pace_known = chime_steady_sees_slope(host) && !chime_steady_was_slewed(host),
		.rough.read_ns = host->sigma_ns,
		.rough.even_raw_ns = raw_ns,
	};
	chime_steady_begin(steady, raw_ns);
}

void chime_steady_doubt_pace(struct chime_steady *steady)
{
	steady->pace_doubted = true;
}

/* How far a rate against the raw clock is off the pace, or off what corrections may contain. */
static s64 chime_steady_off(const struct chime_steady *steady, s64 rate_q32)
{
	return chime_max(chime_abs_sat(chime_sub_sat(rate_q32, steady->pace_q32)),
			 chime_steady_off_contained(steady, rate_q32));
}

/*
 * Unslewed host time runs at @rate_q32 now, which is off the pace by @turn_q32. Once that is more
 * than an oscillator turns by, or the rates were compared last some time ago, how far it was off
 * since may be a slew that was followed: add it to the bound. Let the pace drift towards @rate_q32,
 * by no more than an oscillator can.
 */
static void chime_steady_compare(struct chime_steady *steady, s64 rate_q32, s64 turn_q32,
				 s64 raw_ns)
{
	s64 elapsed_ns = chime_sub_sat(raw_ns, steady->pace_raw_ns);
	s64 drift_q32 = chime_sub_sat(rate_q32, steady->pace_q32);
	s64 most_q32 = elapsed_ns / CHIME_STEADY_UNIT_NS;
	s64 *bound_ns = &steady->unslew.maxerror_ns;
	s64 off_q32;

	/* A slew may have ended since: the line's rate until now counts, too. */
	off_q32 = chime_max(turn_q32, chime_steady_off(steady, steady->line.rate_q32));
	off_q32 = chime_max(off_q32, chime_steady_off_contained(steady, rate_q32));
	if (elapsed_ns < CHIME_STEADY_PACE_NS && off_q32 <= CHIME_STEADY_TURN_Q32)
		return;
	if (elapsed_ns <= 0)
		return;
	steady->pace_raw_ns = raw_ns;
	if (!steady->pace_known)
		return;
	/* Rounded up: this may be from one check to the next. */
	*bound_ns = chime_add_sat(*bound_ns, chime_scale_q32(elapsed_ns, off_q32) + 1);
	if (drift_q32 > most_q32)
		drift_q32 = most_q32;
	else if (drift_q32 < -most_q32)
		drift_q32 = -most_q32;
	steady->pace_q32 = chime_add_sat(steady->pace_q32, drift_q32);
}

s64 chime_steady_slew(const struct chime_steady *steady, s64 raw_ns)
{
	s64 since_ns = chime_sub_sat(raw_ns, steady->parted_raw_ns);

	return since_ns < CHIME_STEADY_MEMORY_NS ? steady->slew_q32 : 0;
}

bool chime_steady_slewed_lately(const struct chime_steady *steady, s64 raw_ns)
{
	return chime_sub_sat(raw_ns, steady->parted_raw_ns) < CHIME_SLEW_LONGEST_NS;
}

s64 chime_steady_slewing(const struct chime_steady *steady)
{
	return chime_abs_sat(chime_sub_sat(steady->unslew.rate_q32, steady->rest_q32));
}

/*
 * The host has returned to the rate that it had, unslewed, before a change that seemed to be
 * permanent: the change was an unusually long slew.
 */
static bool chime_steady_is_back(const struct chime_steady *steady, s64 raw_ns)
{
	return chime_sub_sat(raw_ns, steady->rest_raw_ns) < CHIME_STEADY_MEMORY_NS &&
	       chime_steady_same_rate(steady->unslew.rate_q32, steady->old_rest_q32) &&
	       !chime_steady_same_rate(steady->unslew.rate_q32, steady->rest_q32);
}

/* From here on the host's present rate counts as its rate without a slew. */
static void chime_steady_rest(struct chime_steady *steady, s64 raw_ns)
{
	if (!chime_steady_same_rate(steady->unslew.rate_q32, steady->rest_q32)) {
		steady->old_rest_q32 = steady->rest_q32;
		steady->rest_raw_ns = raw_ns;
	}
	steady->rest_q32 = steady->unslew.rate_q32;
}

/* The host's slope is known and is followed. A rate that lasts becomes the rate without a slew. */
static void chime_steady_note_slew(struct chime_steady *steady, s64 raw_ns)
{
	s64 before_q32 = chime_steady_slew(steady, raw_ns);
	s64 slew_q32 = chime_steady_slewing(steady);

	if (chime_steady_slewed_lately(steady, raw_ns))
		steady->slew_q32 = chime_max(slew_q32, before_q32);
	if (!chime_steady_slewed_lately(steady, raw_ns) || chime_steady_is_back(steady, raw_ns))
		chime_steady_rest(steady, raw_ns);
}

/*
 * Part from the host: from here on keep the pace. The slew began before it showed, and was followed
 * by no more than the error of the host's line.
 */
static void chime_steady_part(struct chime_steady *steady, s64 raw_ns)
{
	struct chime_line *line = &steady->line;
	s64 host_ns;

	line->maxerror_rate_q32 = chime_sub_sat(line->maxerror_rate_q32, steady->moved_q32);
	chime_line_move(line, raw_ns);
	host_ns = chime_sub_sat(line->maxerror_ns, steady->unslew.maxerror_ns);
	line->maxerror_ns = chime_add_sat(line->maxerror_ns, host_ns);
	line->sigma_rate_q32 = 0;
	line->rate_q32 = steady->pace_q32;
	steady->parted = true;
	/* The host is slewed: the allowance for an unseen slew is not needed. */
	steady->unseen_ns = 0;
}

/*
 * Is the host slewed, or has the raw clock been another machine's since this guest resumed? (KVM
 * does not scale a counter that differs by less than 250 ppm.) That cannot be decided yet: keep the
 * pace, with a bound that covers both.
 */
static void chime_steady_ask_for_move(struct chime_steady *steady, s64 turn_q32)
{
	if (turn_q32 <= CHIME_STEADY_TURN_Q32)
		return;
	if (!steady->moved_q32)
		steady->moved_raw_ns = steady->begin_raw_ns;
	if (turn_q32 > steady->moved_q32)
		steady->moved_q32 = turn_q32;
}

/* Error since the latest check, in ns, if the raw clock is another machine's. */
static s64 chime_steady_misled_ns(struct chime_steady *steady, s64 raw_ns)
{
	s64 since_ns = chime_max(chime_sub_sat(raw_ns, steady->moved_raw_ns), 0);
	s64 more_ns = chime_scale_q32(since_ns, steady->moved_q32);

	steady->moved_raw_ns = raw_ns;
	steady->moved_ns = chime_add_sat(steady->moved_ns, more_ns);
	return more_ns;
}

void chime_steady_drop_move(struct chime_steady *steady)
{
	steady->moved_q32 = 0;
	steady->moved_ns = 0;
	steady->lost = false;
}

/* The host is back at an earlier rate: it was slewed, and the raw clock is the same as before. */
static void chime_steady_end_slewed(struct chime_steady *steady)
{
	steady->unslew.maxerror_ns = chime_sub_sat(steady->unslew.maxerror_ns, steady->moved_ns);
	chime_steady_drop_move(steady);
}

/*
 * The rate difference has lasted so long that it is permanent: the raw clock is another machine's.
 * No correction was measured against unslewed host time since: put it where it would be had it
 * followed the host all the time. The bound stays.
 */
static void chime_steady_end_moved(struct chime_steady *steady, const struct chime_line *host,
				   s64 raw_ns)
{
	s64 maxerror_ns = steady->unslew.maxerror_ns;
	struct chime_line joined;

	chime_steady_drop_move(steady);
	steady->contained.active = false;
	steady->unslew = steady->unmoved;
	steady->unslew.maxerror_ns = maxerror_ns;
	steady->rest_q32 = steady->unslew.rate_q32;
	chime_steady_join(steady, host, raw_ns, &joined);
	steady->pace_q32 = joined.rate_q32;
	steady->pace_raw_ns = raw_ns;
}

static void chime_steady_judge_move(struct chime_steady *steady, const struct chime_line *host,
				    s64 raw_ns)
{
	if (!steady->moved_q32 || steady->lost || !chime_steady_sees(host))
		return;
	if (chime_steady_same_rate(steady->unslew.rate_q32, steady->unmoved.rate_q32) ||
	    chime_steady_is_back(steady, raw_ns))
		chime_steady_end_slewed(steady);
	else if (!steady->renewed && chime_steady_lasts(steady, raw_ns) &&
		 chime_sub_sat(raw_ns, steady->begin_raw_ns) >= CHIME_STEADY_PATIENCE_NS)
		chime_steady_end_moved(steady, host, raw_ns);
}

/* Keep the pace. @turn_q32: how far the host's rate is off it; 0: the pace is confirmed. */
static void chime_steady_keep(struct chime_steady *steady, const struct chime_line *host,
			      s64 turn_q32, s64 raw_ns)
{
	s64 off_q32 = chime_steady_off_contained(steady, steady->pace_q32);
	s64 since_ns = chime_max(chime_sub_sat(raw_ns, steady->pace_raw_ns), 0);
	struct chime_line *line = &steady->line;

	if (!steady->parted)
		chime_steady_part(steady, raw_ns);
	line->maxerror_rate_q32 = 0;
	chime_steady_ask_for_move(steady, turn_q32);
	if (steady->rough.active || steady->moved_q32 || off_q32)
		chime_line_move(line, raw_ns);
	line->maxerror_ns = chime_add_sat(line->maxerror_ns, chime_scale_q32(since_ns, off_q32));
	if (steady->moved_q32)
		line->maxerror_ns = chime_add_sat(line->maxerror_ns,
						  chime_steady_misled_ns(steady, raw_ns));
	steady->parted_raw_ns = raw_ns;
	steady->pace_raw_ns = raw_ns;
	chime_line_convert(line, host, raw_ns, &steady->unslew);
	line->maxerror_rate_q32 = chime_add_sat(steady->moved_q32, off_q32);
}

static void chime_steady_set_pace(struct chime_steady *steady, s64 rate_q32, s64 raw_ns)
{
	steady->pace_q32 = rate_q32;
	steady->pace_raw_ns = raw_ns;
	steady->pace_known = true;
}

/*
 * The host's rate after a change of the raw clock's, when it is seen first, is the pace, unless the
 * host was slewed meanwhile: by how much it may have moved until now stays in the bound. A host
 * whose rate is not seen has no pace, and it is not known what slews do to it later, either.
 */
static void chime_steady_find_new(struct chime_steady *steady, const struct chime_line *host,
				  s64 rate_q32, s64 raw_ns)
{
	s64 turn_q32 = chime_abs_sat(chime_sub_sat(rate_q32, steady->pace_q32));
	s64 *bound_ns = &steady->unslew.maxerror_ns;

	if (!chime_steady_sees(host)) {
		if (chime_sub_sat(raw_ns, steady->begin_raw_ns) >= CHIME_SLEW_LONGEST_NS)
			chime_steady_drop_move(steady);
		return;
	}
	/* What of the turn is no change of the raw clock's rate is a hard slew. */
	chime_steady_ask_for_move(steady, chime_add_sat(turn_q32, CHIME_STEADY_RAW_Q32));
	*bound_ns = chime_add_sat(*bound_ns, chime_steady_misled_ns(steady, raw_ns));
	steady->moved_ns = 0;
	chime_steady_set_pace(steady, rate_q32, raw_ns);
	steady->begin_raw_ns = raw_ns;
}

/*
 * The new pace is kept. A slew that was taken for it shows by its end, and one that began later by
 * the host's return to the pace; a rate that lasts for longer than slews do is the host's own.
 */
static void chime_steady_confirm_new(struct chime_steady *steady, const struct chime_line *host,
				     s64 raw_ns)
{
	bool rests = chime_steady_same_rate(steady->unslew.rate_q32, steady->unmoved.rate_q32);

	if (!chime_steady_same_rate(steady->unslew.rate_q32, steady->seen_q32)) {
		steady->seen_q32 = steady->unslew.rate_q32;
		steady->begin_raw_ns = raw_ns;
		steady->turned = true;
	}
	if (!(rests && steady->turned) &&
	    chime_sub_sat(raw_ns, steady->begin_raw_ns) < CHIME_SLEW_LONGEST_NS)
		return;
	if (rests)
		chime_steady_end_slewed(steady);
	else if (!steady->renewed)
		chime_steady_end_moved(steady, host, raw_ns);
	chime_steady_drop_move(steady);
	steady->paced = true;
}

/*
 * Unslewed host time follows the host at @rate_q32. If it had a pace before, the host returns to
 * that when a slew is over; if it does not, the raw clock is another machine's now.
 */
static void chime_steady_find_pace(struct chime_steady *steady, s64 rate_q32, bool straight,
				   s64 raw_ns)
{
	s64 waited_ns = chime_sub_sat(raw_ns, steady->begin_raw_ns);

	if (steady->pace_known && straight && waited_ns >= CHIME_STEADY_SEEN_NS)
		steady->paced = true;
	if (steady->paced ||
	    waited_ns < (steady->pace_known ? CHIME_STEADY_PATIENCE_NS : CHIME_STEADY_PROBATION_NS))
		return;
	if (steady->pace_known && !chime_steady_lasts(steady, raw_ns))
		return;
	chime_steady_set_pace(steady, rate_q32, raw_ns);
	steady->contained.active = false;
	steady->paced = true;
}

/*
 * What may not have been is left out: slews during a gap, and those that readings hide, as there
 * the bound allows for one all the time.
 */
void chime_steady_count(struct chime_steady *steady)
{
	s64 gap_ns = chime_add_sat(steady->allowance_ns, steady->unseen_ns);
	s64 left_out_ns = chime_add_sat(gap_ns, steady->rough.bound_ns);
	s64 counted_ns = chime_sub_sat(steady->unslew.maxerror_ns, left_out_ns);
	s64 more_ns = chime_sub_sat(counted_ns, steady->counted_ns);

	if (more_ns > 0)
		steady->followed_ns = chime_add_sat(steady->followed_ns, more_ns);
	steady->counted_ns = counted_ns;
}

void chime_steady_go_along(struct chime_steady *steady, const struct chime_line *host, s64 raw_ns)
{
	s64 elapsed_ns = chime_sub_sat(raw_ns, steady->pace_raw_ns);
	struct chime_line *line = &steady->line;
	s64 off_q32;

	chime_steady_join(steady, host, raw_ns, line);
	line->maxerror_rate_q32 = chime_add_sat(line->maxerror_rate_q32, steady->moved_q32);
	if (!steady->pace_known || elapsed_ns < 0)
		return;
	off_q32 = chime_steady_off(steady, line->rate_q32);
	line->maxerror_ns = chime_add_sat(line->maxerror_ns, chime_scale_q32(elapsed_ns, off_q32));
	line->maxerror_rate_q32 = chime_add_sat(line->maxerror_rate_q32, off_q32);
}

/*
 * The host was slewed before the disruption, or is off the pace by more than oscillators differ, or
 * that pace is the present raw clock's.
 */
static bool chime_steady_slews(const struct chime_steady *steady, s64 turn_q32, s64 raw_ns)
{
	return steady->pace_known &&
	       (steady->lost || turn_q32 > CHIME_STEADY_OTHER_Q32 ||
		chime_steady_slew(steady, raw_ns));
}

void chime_steady_begin(struct chime_steady *steady, s64 raw_ns)
{
	steady->begin_raw_ns = steady->pace_known ? raw_ns :
			       chime_sub_sat(raw_ns, CHIME_STEADY_PROBATION_NS);
}

/*
 * Nothing was measured against unslewed host time: no pace is kept. A correction that is set before
 * the next check is measured against the host as it is now.
 */
static void chime_steady_forget_pace(struct chime_steady *steady, const struct chime_line *host,
				     s64 rate_q32, s64 raw_ns)
{
	chime_steady_set_pace(steady, rate_q32, raw_ns);
	steady->pace_seen = chime_steady_sees_slope(host);
	steady->pace_known = false;
	steady->paced = false;
	if (!steady->lost)
		return;
	chime_steady_drop_move(steady);
	chime_steady_begin(steady, raw_ns);
}

void chime_steady_lose(struct chime_steady *steady, s64 raw_ns)
{
	s64 slew_q32 = chime_sub_sat(steady->unslew.rate_q32, steady->unmoved.rate_q32);

	steady->lost = true;
	steady->turned = false;
	steady->seen_q32 = steady->unslew.rate_q32;
	steady->moved_q32 = chime_add_sat(CHIME_HOST_SLEW_MAX_Q32, chime_abs_sat(slew_q32));
	steady->moved_raw_ns = raw_ns;
	steady->moved_ns = 0;
	steady->renewed = false;
	steady->pace_seen = false;
	steady->pace_known = false;
	steady->paced = false;
	steady->parted = false;
	steady->begin_raw_ns = raw_ns;
	/* Of a host that is read better the bound allows for the hardest slew until then. */
	steady->rough.active &= chime_steady_is_coarse(steady);
}

/*
 * A correction was measured against the host as it is now, and no other: if its rate is seen, that
 * is the pace, and otherwise none is known.
 */
static void chime_steady_take_pace(struct chime_steady *steady)
{
	if (steady->pace_doubted && !steady->parted)
		steady->pace_known = false;
	if (steady->pace_seen) {
		steady->pace_q32 = steady->line.rate_q32;
		steady->pace_known = true;
		steady->paced = true;
	}
	steady->pace_seen = false;
	steady->pace_doubted = false;
}

/*
 * There is a correction, and no pace: the host's rate was not seen when that was measured. The host
 * may have been slewed from the check before the correction on. Where readings are too coarse for a
 * slope to show a slew it never is seen: steady_rough.c allows for that.
 */
static void chime_steady_miss_pace(struct chime_steady *steady, const struct chime_line *host)
{
	if (steady->pace_known || steady->lost || host->sigma_ns > CHIME_STEADY_FINE_NS)
		return;
	steady->unmoved = steady->unslew;
	chime_steady_lose(steady, steady->pace_raw_ns);
}

static void chime_steady_track(struct chime_steady *steady, const struct chime_line *host,
			       bool corrected, s64 raw_ns)
{
	bool sees = chime_steady_sees(host);
	struct chime_line joined;
	s64 turn_q32;
	bool straight;

	steady->rough.read_ns = host->sigma_ns;
	chime_steady_note_even(steady, host, chime_steady_sees_slope(host), raw_ns);
	chime_steady_judge_move(steady, host, raw_ns);
	chime_steady_join(steady, host, raw_ns, &joined);
	if (corrected)
		chime_steady_miss_pace(steady, host);
	turn_q32 = chime_abs_sat(chime_sub_sat(joined.rate_q32, steady->pace_q32));
	straight = sees && turn_q32 <= CHIME_STEADY_TURN_Q32;
	if (!corrected) {
		chime_steady_forget_pace(steady, host, joined.rate_q32, raw_ns);
	} else if (!straight && (steady->paced || chime_steady_slews(steady, turn_q32, raw_ns))) {
		steady->pace_seen = false;
		chime_steady_keep(steady, host, steady->paced ? 0 : turn_q32, raw_ns);
		chime_steady_bound_rough(steady, raw_ns);
		return;
	} else if (steady->lost && steady->pace_known) {
		chime_steady_confirm_new(steady, host, raw_ns);
	} else if (steady->lost) {
		chime_steady_find_new(steady, host, joined.rate_q32, raw_ns);
	} else if (!steady->paced && sees &&
		   (steady->pace_known || !steady->rough.active)) {
		chime_steady_find_pace(steady, joined.rate_q32, straight, raw_ns);
	}
	steady->parted = false;
	if (steady->pace_doubted)
		steady->pace_seen = chime_steady_sees_slope(host);
	if (steady->paced)
		chime_steady_note_slew(steady, raw_ns);
	if (sees && steady->pace_known && !steady->lost)
		chime_steady_settle(steady, chime_add_sat(turn_q32, chime_steady_slewing(steady)),
				    raw_ns);
	chime_steady_compare(steady, joined.rate_q32, turn_q32, raw_ns);
	if (steady->moved_q32)
		steady->unslew.maxerror_ns = chime_add_sat(steady->unslew.maxerror_ns,
							   chime_steady_misled_ns(steady, raw_ns));
	chime_steady_go_along(steady, host, raw_ns);
	chime_steady_mark(steady, raw_ns);
	if (corrected)
		chime_steady_bound_rough(steady, raw_ns);
}

void chime_steady_follow(struct chime_steady *steady, const struct chime_line *host,
			 bool corrected, s64 raw_ns)
{
	chime_steady_track(steady, host, corrected, raw_ns);
	chime_steady_count(steady);
}

/* Corrections measured over long enough contain the rate that unslewed host time is off by. */
static void chime_steady_measure_move(struct chime_steady *steady, s64 raw_ns)
{
	steady->moved_ns = 0;
	steady->moved_raw_ns = raw_ns;
	if (!steady->renewed)
		steady->renewed_raw_ns = raw_ns;
	steady->renewed = true;
	if (chime_sub_sat(raw_ns, steady->renewed_raw_ns) >= CHIME_SLEW_LONGEST_NS)
		chime_steady_drop_move(steady);
}

void chime_steady_renew(struct chime_steady *steady, s64 raw_ns)
{
	struct chime_line *line = &steady->line;
	s64 host_ns = chime_sub_sat(line->maxerror_ns, steady->unslew.maxerror_ns);
	bool kept = steady->paced;

	/* Now, as this guest may stand still before the next check. */
	chime_steady_take_pace(steady);
	if (steady->parted || steady->unslew.sigma_ns)
		line->sigma_ns = 0;
	steady->unslew.sigma_ns = 0;
	steady->unslew.maxerror_ns = 0;
	steady->gap_ns = 0;
	steady->allowance_ns = 0;
	steady->unseen_ns = 0;
	chime_steady_measure_move(steady, raw_ns);
	chime_steady_note_contained(steady, raw_ns);
	if (steady->parted)
		chime_line_move(line, raw_ns);
	line->maxerror_ns = steady->parted || host_ns < 0 ? 0 : host_ns;
	chime_steady_begin_rough(steady, kept, raw_ns);
	steady->counted_ns = 0;
}

void chime_steady_lose_pace(struct chime_steady *steady, const struct chime_line *host,
			    s64 since_ns)
{
	chime_line_move(&steady->unslew, chime_line_eval(host, since_ns));
	steady->unmoved = steady->unslew;
	if (chime_steady_slewed_lately(steady, since_ns))
		steady->unmoved.rate_q32 = steady->rest_q32;
	chime_steady_lose(steady, since_ns);
	chime_steady_doubt_rough(steady, CHIME_STEADY_RAW_Q32, since_ns);
}

