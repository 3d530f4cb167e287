// SPDX-License-Identifier: GPL-2.0-only
/*
 * Steady time: the host's time with its bends taken out. See steady.h.
 */
#include "core/steady.h"

#include "core/host_line.h"

/*
 * No oscillator turns by more from one second to the next, and no honest slope over a second is
 * known worse: twice the reading and the wobble of either end are 0.16 ppm of it. A host's daemon
 * that tracks its oscillator changes its rate by less than 0.1 ppm; one that slews, by more.
 */
#define CHIME_STEADY_TURN_Q32	(CHIME_PPM_Q32 / 2)

/*
 * The pace itself turns as oscillators do, by 1 ppm in 256 s: what the discipline's bound allows
 * for. One unit of a rate every so often.
 */
#define CHIME_STEADY_UNIT_NS	(256 * CHIME_NS_PER_S / CHIME_PPM_Q32)

/* How often rates are compared: less would round the above away. */
#define CHIME_STEADY_PACE_NS	CHIME_NS_PER_S

/* After a disruption the line's slope is the one from before it, until bends had time to show. */
#define CHIME_STEADY_PROBATION_NS	(10 * CHIME_NS_PER_S)

/* A pace that was known is waited for ten times as long: until then only the bound is wider. */
#define CHIME_STEADY_PATIENCE_NS	(10 * CHIME_SLEW_LONGEST_NS)

/* A host that slewed its clock so lately does it again. */
#define CHIME_STEADY_MEMORY_NS	(10 * CHIME_SLEW_LONGEST_NS)

/* Two machines' oscillators differ by less; what is more is a slew. */
#define CHIME_STEADY_OTHER_Q32	(50 * CHIME_PPM_Q32)

/* A slew that may have been anything up to what was seen: evenly spread either way, as a normal. */
#define CHIME_STEADY_SIGMAS	2

/* By then a host's slope is a new one, or a slew has bent the line (CHIME_BASELINE_KEPT_NS). */
#define CHIME_STEADY_SEEN_NS	CHIME_NS_PER_S

void chime_steady_start(struct chime_steady *steady, const struct chime_line *host, s64 raw_ns)
{
	*steady = (struct chime_steady){
		.line = *host,
		.pace_raw_ns = raw_ns,
		.begin_raw_ns = chime_sub_sat(raw_ns, CHIME_STEADY_PROBATION_NS),
	};
}

/* The time that the host and what is known of its bends make. */
static void chime_steady_join(const struct chime_steady *steady, const struct chime_line *host,
			      s64 raw_ns, struct chime_line *joined)
{
	chime_line_compose(&steady->bend, host, raw_ns, joined);
}

/* The host's slope is known so well that it says where the host goes. */
static bool chime_steady_sees(const struct chime_line *host)
{
	return chime_sub_sat(host->maxerror_rate_q32, CHIME_GROWTH_Q32) <= CHIME_STEADY_TURN_Q32;
}

/*
 * Steady time ran at @rate_q32 since rates were compared last. By what that is more than the pace
 * it may have followed a slew; and the pace turns to it, as far as an oscillator can.
 */
static void chime_steady_compare(struct chime_steady *steady, s64 rate_q32, s64 raw_ns)
{
	s64 elapsed_ns = chime_sub_sat(raw_ns, steady->pace_raw_ns);
	s64 turn_q32 = chime_sub_sat(rate_q32, steady->pace_q32);
	s64 most_q32 = elapsed_ns / CHIME_STEADY_UNIT_NS;
	s64 *bound_ns = &steady->bend.maxerror_ns;

	if (elapsed_ns <= 0)
		return;
	steady->pace_raw_ns = raw_ns;
	if (!steady->pace_known)
		return;
	*bound_ns = chime_add_sat(*bound_ns, chime_scale_q32(elapsed_ns, chime_abs_sat(turn_q32)));
	if (turn_q32 > most_q32)
		turn_q32 = most_q32;
	else if (turn_q32 < -most_q32)
		turn_q32 = -most_q32;
	steady->pace_q32 = chime_add_sat(steady->pace_q32, turn_q32);
}

/* The fastest slew of the host of late; one that is on its way counts as far as it is seen. */
static s64 chime_steady_slew(const struct chime_steady *steady, s64 raw_ns)
{
	s64 since_ns = chime_sub_sat(raw_ns, steady->parted_raw_ns);

	return since_ns < CHIME_STEADY_MEMORY_NS ? steady->slew_q32 : 0;
}

static bool chime_steady_bent_lately(const struct chime_steady *steady, s64 raw_ns)
{
	return chime_sub_sat(raw_ns, steady->parted_raw_ns) < CHIME_SLEW_LONGEST_NS;
}

/* How fast the host goes away from where it goes when nobody slews it, as far as that is known. */
static s64 chime_steady_slewing(const struct chime_steady *steady)
{
	return chime_abs_sat(chime_sub_sat(steady->bend.rate_q32, steady->rest_q32));
}

static bool chime_steady_same_rate(s64 a_q32, s64 b_q32)
{
	return chime_abs_sat(chime_sub_sat(a_q32, b_q32)) <= CHIME_STEADY_TURN_Q32;
}

/*
 * The host is back at the rate that it rested at before it took another one that seemed to be for
 * good: that was a slew longer than most.
 */
static bool chime_steady_is_back(const struct chime_steady *steady, s64 raw_ns)
{
	return chime_sub_sat(raw_ns, steady->rest_raw_ns) < CHIME_STEADY_MEMORY_NS &&
	       chime_steady_same_rate(steady->bend.rate_q32, steady->old_rest_q32) &&
	       !chime_steady_same_rate(steady->bend.rate_q32, steady->rest_q32);
}

/* From here on the host rests at the rate that it has. */
static void chime_steady_rest(struct chime_steady *steady, s64 raw_ns)
{
	if (!chime_steady_same_rate(steady->bend.rate_q32, steady->rest_q32)) {
		steady->old_rest_q32 = steady->rest_q32;
		steady->rest_raw_ns = raw_ns;
	}
	steady->rest_q32 = steady->bend.rate_q32;
}

/* Where the host goes is seen, and steady time goes along. A rate that lasts is for good. */
static void chime_steady_note_slew(struct chime_steady *steady, s64 raw_ns)
{
	s64 before_q32 = chime_steady_slew(steady, raw_ns);
	s64 slew_q32 = chime_steady_slewing(steady);

	if (chime_steady_bent_lately(steady, raw_ns))
		steady->slew_q32 = slew_q32 > before_q32 ? slew_q32 : before_q32;
	if (!chime_steady_bent_lately(steady, raw_ns) || chime_steady_is_back(steady, raw_ns))
		chime_steady_rest(steady, raw_ns);
}

/* While this guest stood still the host may have gained as much, all in all. */
static void chime_steady_doubt(struct chime_steady *steady, s64 doubt_ns)
{
	s64 more_ns = chime_sub_sat(doubt_ns, steady->doubt_ns);

	if (more_ns <= 0)
		return;
	steady->doubt_ns = doubt_ns;
	steady->bend.maxerror_ns = chime_add_sat(steady->bend.maxerror_ns, more_ns);
	steady->bend.sigma_ns = chime_add_sat(steady->bend.sigma_ns, more_ns / CHIME_STEADY_SIGMAS);
}

/* What was only allowed for until it could be seen. */
static void chime_steady_end_doubt(struct chime_steady *steady)
{
	steady->bend.maxerror_ns = chime_sub_sat(steady->bend.maxerror_ns, steady->unseen_ns);
	steady->unseen_ns = 0;
}

/*
 * The host's slope after the guest stood still is seen for the first time. It was slewed all the
 * time if it is now; and a slew that is not there is not what anything could be needed for.
 */
static void chime_steady_settle(struct chime_steady *steady, s64 off_q32, s64 raw_ns)
{
	s64 since_ns = chime_sub_sat(raw_ns, steady->begin_raw_ns);

	if (since_ns < CHIME_STEADY_SEEN_NS || since_ns > CHIME_STEADY_PROBATION_NS)
		return;
	chime_steady_end_doubt(steady);
	chime_steady_doubt(steady, chime_scale_q32(steady->gap_ns, off_q32));
}

/*
 * From here on straight ahead. The slew has begun before it shows, and was followed by as much as
 * the host's line may be wrong by.
 */
static void chime_steady_part(struct chime_steady *steady, s64 raw_ns)
{
	struct chime_line *line = &steady->line;
	s64 host_ns;

	line->maxerror_rate_q32 = chime_sub_sat(line->maxerror_rate_q32, steady->moved_q32);
	chime_line_move(line, raw_ns);
	host_ns = chime_sub_sat(line->maxerror_ns, steady->bend.maxerror_ns);
	line->maxerror_ns = chime_add_sat(line->maxerror_ns, host_ns);
	line->sigma_rate_q32 = 0;
	line->rate_q32 = steady->pace_q32;
	steady->parted = true;
	/* There is one. */
	steady->unseen_ns = 0;
}

/*
 * Does the host slew as hard as no two oscillators differ, or is raw another machine's since this
 * guest went on? KVM scales no counter that differs by less than 250 ppm. Nobody can tell yet:
 * steady time keeps its pace, by a bound for both.
 */
static void chime_steady_ask_for_move(struct chime_steady *steady, s64 turn_q32)
{
	if (turn_q32 <= CHIME_STEADY_OTHER_Q32)
		return;
	if (!steady->moved_q32)
		steady->moved_raw_ns = steady->begin_raw_ns;
	if (turn_q32 > steady->moved_q32)
		steady->moved_q32 = turn_q32;
}

/* By how much more raw may have misled since the latest check, if it is another machine's. */
static s64 chime_steady_misled_ns(struct chime_steady *steady, s64 raw_ns)
{
	s64 more_ns = chime_scale_q32(chime_sub_sat(raw_ns, steady->moved_raw_ns),
				      steady->moved_q32);

	steady->moved_raw_ns = raw_ns;
	steady->moved_ns = chime_add_sat(steady->moved_ns, more_ns);
	return more_ns;
}

/* The host is back at a rate that it rested at: raw is what it was. */
static void chime_steady_end_slewed(struct chime_steady *steady)
{
	steady->bend.maxerror_ns = chime_sub_sat(steady->bend.maxerror_ns, steady->moved_ns);
	steady->moved_q32 = 0;
	steady->moved_ns = 0;
}

/*
 * It has gone away for so long that it does so for good, and nobody has measured steady time since:
 * it goes where it had gone with the host all the time. What that may be wrong by stays.
 */
static void chime_steady_end_moved(struct chime_steady *steady, const struct chime_line *host,
				   s64 raw_ns)
{
	s64 maxerror_ns = steady->bend.maxerror_ns;
	struct chime_line joined;

	steady->moved_q32 = 0;
	steady->moved_ns = 0;
	steady->bend = steady->unmoved;
	steady->bend.maxerror_ns = maxerror_ns;
	steady->rest_q32 = steady->bend.rate_q32;
	chime_steady_join(steady, host, raw_ns, &joined);
	steady->pace_q32 = joined.rate_q32;
	steady->pace_raw_ns = raw_ns;
}

static void chime_steady_judge_move(struct chime_steady *steady, const struct chime_line *host,
				    s64 raw_ns)
{
	if (!steady->moved_q32 || !chime_steady_sees(host))
		return;
	if (chime_steady_same_rate(steady->bend.rate_q32, steady->unmoved.rate_q32) ||
	    chime_steady_is_back(steady, raw_ns))
		chime_steady_end_slewed(steady);
	else if (!steady->renewed &&
		 chime_sub_sat(raw_ns, steady->begin_raw_ns) >= CHIME_STEADY_PATIENCE_NS)
		chime_steady_end_moved(steady, host, raw_ns);
}

/* On at the pace. @turn_q32: what the host's rate is off it; 0: the pace is sure to hold. */
static void chime_steady_keep(struct chime_steady *steady, const struct chime_line *host,
			      s64 turn_q32, s64 raw_ns)
{
	struct chime_line *line = &steady->line;

	if (!steady->parted)
		chime_steady_part(steady, raw_ns);
	line->maxerror_rate_q32 = 0;
	chime_steady_ask_for_move(steady, turn_q32);
	if (steady->moved_q32) {
		chime_line_move(line, raw_ns);
		line->maxerror_ns = chime_add_sat(line->maxerror_ns,
						  chime_steady_misled_ns(steady, raw_ns));
	}
	steady->parted_raw_ns = raw_ns;
	steady->pace_raw_ns = raw_ns;
	chime_line_relate(line, host, raw_ns, &steady->bend);
	line->maxerror_rate_q32 = steady->moved_q32;
}

/*
 * Steady time runs along with the host at @rate_q32, as it seems. Where it had a pace before, that
 * one shows again when a slew is over; if it does not, raw is another clock's now.
 */
static void chime_steady_find_pace(struct chime_steady *steady, s64 rate_q32, bool straight,
				   s64 raw_ns)
{
	s64 waited_ns = chime_sub_sat(raw_ns, steady->begin_raw_ns);

	if (steady->pace_known && straight)
		steady->paced = true;
	if (steady->paced ||
	    waited_ns < (steady->pace_known ? CHIME_STEADY_PATIENCE_NS : CHIME_STEADY_PROBATION_NS))
		return;
	steady->pace_q32 = rate_q32;
	steady->pace_raw_ns = raw_ns;
	steady->pace_known = true;
	steady->paced = true;
}

/* With the host; where that leaves the pace it may be a slew that is followed. */
static void chime_steady_go_along(struct chime_steady *steady, const struct chime_line *host,
				  s64 raw_ns)
{
	s64 elapsed_ns = chime_sub_sat(raw_ns, steady->pace_raw_ns);
	struct chime_line *line = &steady->line;
	s64 turn_q32;

	chime_steady_join(steady, host, raw_ns, line);
	if (!steady->pace_known || elapsed_ns < 0)
		return;
	turn_q32 = chime_abs_sat(chime_sub_sat(line->rate_q32, steady->pace_q32));
	line->maxerror_ns = chime_add_sat(line->maxerror_ns, chime_scale_q32(elapsed_ns, turn_q32));
	line->maxerror_rate_q32 = chime_add_sat(line->maxerror_rate_q32, turn_q32);
}

/* It did so before the disruption, or goes away faster than two oscillators do. */
static bool chime_steady_slews(const struct chime_steady *steady, s64 turn_q32, s64 raw_ns)
{
	return steady->pace_known &&
	       (turn_q32 > CHIME_STEADY_OTHER_Q32 || chime_steady_slew(steady, raw_ns));
}

void chime_steady_follow(struct chime_steady *steady, const struct chime_line *host,
			 bool corrected, s64 raw_ns)
{
	bool sees = chime_steady_sees(host);
	struct chime_line joined;
	bool straight;
	s64 turn_q32;

	chime_steady_judge_move(steady, host, raw_ns);
	chime_steady_join(steady, host, raw_ns, &joined);
	turn_q32 = chime_abs_sat(chime_sub_sat(joined.rate_q32, steady->pace_q32));
	straight = sees && turn_q32 <= CHIME_STEADY_TURN_Q32;
	if (!corrected) {
		steady->pace_known = false;
		steady->paced = false;
	} else if (!straight && (steady->paced || chime_steady_slews(steady, turn_q32, raw_ns))) {
		chime_steady_keep(steady, host, steady->paced ? 0 : turn_q32, raw_ns);
		return;
	} else if (!steady->paced && sees) {
		chime_steady_find_pace(steady, joined.rate_q32, straight, raw_ns);
	}
	steady->parted = false;
	if (steady->paced)
		chime_steady_note_slew(steady, raw_ns);
	if (sees && steady->pace_known)
		chime_steady_settle(steady, chime_add_sat(turn_q32, chime_steady_slewing(steady)),
				    raw_ns);
	if (chime_sub_sat(raw_ns, steady->pace_raw_ns) >= CHIME_STEADY_PACE_NS)
		chime_steady_compare(steady, joined.rate_q32, raw_ns);
	if (steady->moved_q32)
		steady->bend.maxerror_ns = chime_add_sat(steady->bend.maxerror_ns,
							 chime_steady_misled_ns(steady, raw_ns));
	chime_steady_go_along(steady, host, raw_ns);
	steady->line.maxerror_rate_q32 = chime_add_sat(steady->line.maxerror_rate_q32,
						       steady->moved_q32);
}

/* Corrections that were measured over so long have the rate that steady time lacks. */
static void chime_steady_measure_move(struct chime_steady *steady, s64 raw_ns)
{
	steady->moved_ns = 0;
	steady->moved_raw_ns = raw_ns;
	if (!steady->renewed)
		steady->renewed_raw_ns = raw_ns;
	steady->renewed = true;
	if (chime_sub_sat(raw_ns, steady->renewed_raw_ns) >= CHIME_SLEW_LONGEST_NS)
		steady->moved_q32 = 0;
}

void chime_steady_renew(struct chime_steady *steady, s64 raw_ns)
{
	struct chime_line *line = &steady->line;
	s64 host_ns = chime_sub_sat(line->maxerror_ns, steady->bend.maxerror_ns);

	if (steady->parted || steady->bend.sigma_ns)
		line->sigma_ns = 0;
	steady->bend.sigma_ns = 0;
	steady->bend.maxerror_ns = 0;
	steady->gap_ns = 0;
	steady->doubt_ns = 0;
	steady->unseen_ns = 0;
	chime_steady_measure_move(steady, raw_ns);
	if (steady->parted)
		chime_line_move(line, raw_ns);
	line->maxerror_ns = steady->parted || host_ns < 0 ? 0 : host_ns;
}

void chime_steady_lose_pace(struct chime_steady *steady, s64 raw_ns)
{
	steady->pace_known = false;
	steady->paced = false;
	steady->parted = false;
	steady->moved_q32 = 0;
	steady->moved_ns = 0;
	steady->begin_raw_ns = raw_ns;
}

/* What the two rates that the host may rest at differ by; 0: it has long been the same one. */
static s64 chime_steady_rests_apart(const struct chime_steady *steady, s64 raw_ns)
{
	if (chime_sub_sat(raw_ns, steady->rest_raw_ns) >= CHIME_STEADY_MEMORY_NS)
		return 0;
	return chime_abs_sat(chime_sub_sat(steady->rest_q32, steady->old_rest_q32));
}

/*
 * What the host's daemon may have done to its clock meanwhile: the slew of the moment may be for
 * good, and others came on top of it; and what passes for its rate may have been a slew that ended.
 */
static void chime_steady_doubt_gap(struct chime_steady *steady, s64 raw_ns)
{
	s64 gap_ns = steady->gap_ns;
	s64 long_ns = gap_ns < CHIME_SLEW_LONGEST_NS ? gap_ns : CHIME_SLEW_LONGEST_NS;
	s64 unseen_ns = chime_scale_q32(long_ns, CHIME_HOST_SLEW_MAX_Q32);
	s64 doubt_ns = chime_scale_q32(long_ns, chime_steady_slew(steady, raw_ns));
	s64 apart_ns;

	chime_steady_end_doubt(steady);
	if (chime_steady_bent_lately(steady, raw_ns))
		doubt_ns = chime_add_sat(doubt_ns,
					 chime_scale_q32(gap_ns, chime_steady_slewing(steady)));
	chime_steady_doubt(steady, doubt_ns);
	apart_ns = chime_scale_q32(gap_ns, chime_steady_rests_apart(steady, raw_ns));
	unseen_ns = chime_add_sat(chime_sub_sat(unseen_ns, steady->doubt_ns), apart_ns);
	if (unseen_ns <= 0)
		return;
	steady->unseen_ns = unseen_ns;
	steady->bend.maxerror_ns = chime_add_sat(steady->bend.maxerror_ns, unseen_ns);
}

/*
 * Of a gap of which rates reach over @reach_ns only, the rest: the bend stays there what it was. It
 * may have gone on all the same.
 */
static void chime_steady_stay(struct chime_steady *steady, s64 gap_ns, s64 reach_ns)
{
	s64 rest_ns = chime_sub_sat(chime_abs_sat(gap_ns), reach_ns);
	struct chime_line *bend = &steady->bend;
	s64 stayed_ns;

	if (reach_ns < 0 || rest_ns <= 0)
		return;
	stayed_ns = chime_scale_q32(gap_ns < 0 ? -rest_ns : rest_ns, bend->rate_q32);
	bend->offset_ns = chime_sub_sat(bend->offset_ns, stayed_ns);
	chime_steady_doubt(steady, chime_add_sat(steady->doubt_ns, chime_abs_sat(stayed_ns)));
}

void chime_steady_rejoin(struct chime_steady *steady, const struct chime_line *before,
			 const struct chime_line *host, s64 reach_ns, s64 raw_ns)
{
	s64 then_ns = chime_line_eval(before, raw_ns);
	s64 gap_ns = chime_sub_sat(chime_line_eval(host, raw_ns), then_ns);
	struct chime_line *bend = &steady->bend;

	chime_line_move(bend, then_ns);
	steady->gap_ns = chime_add_sat(steady->gap_ns, chime_abs_sat(gap_ns));
	if (steady->pace_known)
		chime_steady_doubt_gap(steady, raw_ns);
	if (chime_steady_bent_lately(steady, raw_ns))
		bend->rate_q32 = steady->rest_q32;
	chime_steady_stay(steady, gap_ns, reach_ns);
	steady->moved_q32 = 0;
	steady->moved_ns = 0;
	steady->unmoved = *bend;
	steady->renewed = false;
	steady->paced = false;
	steady->parted = false;
	steady->begin_raw_ns = raw_ns;
	steady->pace_raw_ns = raw_ns;
	chime_steady_go_along(steady, host, raw_ns);
}

void chime_steady_step(struct chime_steady *steady, const struct chime_line *host, s64 gap_ns,
		       s64 raw_ns)
{
	steady->bend.origin_ns = chime_add_sat(steady->bend.origin_ns, gap_ns);
	steady->unmoved.origin_ns = chime_add_sat(steady->unmoved.origin_ns, gap_ns);
	if (!steady->parted) {
		chime_steady_go_along(steady, host, raw_ns);
		return;
	}
	steady->line.offset_ns = chime_add_sat(steady->line.offset_ns, gap_ns);
	chime_line_relate(&steady->line, host, raw_ns, &steady->bend);
}
