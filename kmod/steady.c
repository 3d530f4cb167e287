// SPDX-License-Identifier: GPL-2.0-only
/*
 * Steady time: the host's time with its bends taken out. See steady.h.
 */
#include "steady.h"

#include "host_line.h"

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

/*
 * From here on straight ahead. The slew has begun before it shows, and was followed by as much as
 * the host's line may be wrong by.
 */
static void chime_steady_part(struct chime_steady *steady, s64 raw_ns)
{
	struct chime_line *line = &steady->line;
	s64 host_ns;

	chime_line_move(line, raw_ns);
	host_ns = chime_sub_sat(line->maxerror_ns, steady->bend.maxerror_ns);
	line->maxerror_ns = chime_add_sat(line->maxerror_ns, host_ns);
	line->maxerror_rate_q32 = 0;
	line->sigma_rate_q32 = 0;
	line->rate_q32 = steady->pace_q32;
	steady->parted = true;
}

static void chime_steady_keep(struct chime_steady *steady, const struct chime_line *host,
			      s64 raw_ns)
{
	if (!steady->parted)
		chime_steady_part(steady, raw_ns);
	steady->parted_raw_ns = raw_ns;
	steady->pace_raw_ns = raw_ns;
	chime_line_relate(&steady->line, host, raw_ns, &steady->bend);
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

void chime_steady_follow(struct chime_steady *steady, const struct chime_line *host,
			 bool corrected, s64 raw_ns)
{
	struct chime_line joined;
	bool straight;

	chime_steady_join(steady, host, raw_ns, &joined);
	straight = chime_steady_sees(host) &&
		   chime_abs_sat(chime_sub_sat(joined.rate_q32, steady->pace_q32)) <=
		   CHIME_STEADY_TURN_Q32;
	if (!corrected) {
		steady->pace_known = false;
		steady->paced = false;
	} else if (steady->paced && !straight) {
		chime_steady_keep(steady, host, raw_ns);
		return;
	} else if (!steady->paced && chime_steady_sees(host)) {
		chime_steady_find_pace(steady, joined.rate_q32, straight, raw_ns);
	}
	steady->parted = false;
	if (chime_sub_sat(raw_ns, steady->pace_raw_ns) >= CHIME_STEADY_PACE_NS)
		chime_steady_compare(steady, joined.rate_q32, raw_ns);
	chime_steady_go_along(steady, host, raw_ns);
}

void chime_steady_renew(struct chime_steady *steady, s64 raw_ns)
{
	steady->bend.sigma_ns = 0;
	steady->bend.maxerror_ns = 0;
	if (!steady->parted)
		return;
	chime_line_move(&steady->line, raw_ns);
	steady->line.sigma_ns = 0;
	steady->line.maxerror_ns = 0;
}

void chime_steady_lose_pace(struct chime_steady *steady, s64 raw_ns)
{
	steady->pace_known = false;
	steady->paced = false;
	steady->parted = false;
	steady->begin_raw_ns = raw_ns;
}

void chime_steady_rejoin(struct chime_steady *steady, const struct chime_line *before,
			 const struct chime_line *host, s64 raw_ns)
{
	s64 then_ns = chime_line_eval(before, raw_ns);
	s64 gap_ns = chime_abs_sat(chime_sub_sat(chime_line_eval(host, raw_ns), then_ns));
	struct chime_line *bend = &steady->bend;
	s64 rate_q32 = bend->rate_q32;

	chime_line_move(bend, then_ns);
	if (chime_sub_sat(raw_ns, steady->parted_raw_ns) < CHIME_SLEW_LONGEST_NS) {
		bend->maxerror_ns = chime_add_sat(bend->maxerror_ns,
						  chime_scale_q32(gap_ns, chime_abs_sat(rate_q32)));
		bend->rate_q32 = 0;
	}
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
	if (!steady->parted) {
		chime_steady_go_along(steady, host, raw_ns);
		return;
	}
	steady->line.offset_ns = chime_add_sat(steady->line.offset_ns, gap_ns);
	chime_line_relate(&steady->line, host, raw_ns, &steady->bend);
}
