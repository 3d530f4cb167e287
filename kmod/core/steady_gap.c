// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unslewed host time across disruptions: what the host may have done to its clock while this guest
 * stood still, and steps of that clock.
 */
#include "core/steady.h"

#include "core/host_line.h"
#include "core/steady_parts.h"

/* Bound over sigma of an unknown slew: it is evenly distributed within the bound, either way. */
#define CHIME_STEADY_SIGMAS	2

/* The host may have gained @allowance_ns in total while this guest stood still: widen the bound. */
static void chime_steady_allow(struct chime_steady *steady, s64 allowance_ns)
{
	s64 more_ns = chime_sub_sat(allowance_ns, steady->allowance_ns);

	if (more_ns <= 0)
		return;
	steady->allowance_ns = allowance_ns;
	steady->unslew.maxerror_ns = chime_add_sat(steady->unslew.maxerror_ns, more_ns);
	steady->unslew.sigma_ns = chime_add_sat(steady->unslew.sigma_ns,
						more_ns / CHIME_STEADY_SIGMAS);
}

/* Take back the part of the bound that was only needed until the host's slope was seen. */
static void chime_steady_drop_unseen(struct chime_steady *steady)
{
	steady->unslew.maxerror_ns = chime_sub_sat(steady->unslew.maxerror_ns, steady->unseen_ns);
	steady->unseen_ns = 0;
}

void chime_steady_settle(struct chime_steady *steady, s64 off_q32, s64 raw_ns)
{
	s64 since_ns = chime_sub_sat(raw_ns, steady->begin_raw_ns);

	if (since_ns < CHIME_STEADY_SEEN_NS || since_ns > CHIME_STEADY_PROBATION_NS)
		return;
	chime_steady_drop_unseen(steady);
	chime_steady_allow(steady, chime_scale_q32(steady->gap_ns, off_q32));
}

/* Difference of the host's two latest rates without a slew; 0: the rate has long been the same. */
static s64 chime_steady_rests_apart(const struct chime_steady *steady, s64 raw_ns)
{
	if (chime_sub_sat(raw_ns, steady->rest_raw_ns) >= CHIME_STEADY_MEMORY_NS)
		return 0;
	return chime_abs_sat(chime_sub_sat(steady->rest_q32, steady->old_rest_q32));
}

/*
 * Allow for what the host's daemon may have done to its clock during a gap: the slew in progress
 * may have lasted, others may have come on top of it, and the rate that counts as unslewed may have
 * been a slew that ended.
 */
static void chime_steady_allow_for_gap(struct chime_steady *steady, s64 raw_ns)
{
	s64 gap_ns = steady->gap_ns;
	s64 long_ns = chime_min(gap_ns, CHIME_SLEW_LONGEST_NS);
	s64 unseen_ns = chime_scale_q32(long_ns, CHIME_HOST_SLEW_MAX_Q32);
	s64 allowance_ns = chime_scale_q32(long_ns, chime_steady_slew(steady, raw_ns));
	s64 apart_ns;

	chime_steady_drop_unseen(steady);
	if (chime_steady_slewed_lately(steady, raw_ns))
		allowance_ns = chime_add_sat(allowance_ns,
					     chime_scale_q32(gap_ns, chime_steady_slewing(steady)));
	chime_steady_allow(steady, allowance_ns);
	apart_ns = chime_scale_q32(gap_ns, chime_steady_rests_apart(steady, raw_ns));
	unseen_ns = chime_add_sat(chime_sub_sat(unseen_ns, steady->allowance_ns), apart_ns);
	if (unseen_ns <= 0)
		return;
	steady->unseen_ns = unseen_ns;
	steady->unslew.maxerror_ns = chime_add_sat(steady->unslew.maxerror_ns, unseen_ns);
}

/*
 * In the part of a gap beyond @reach_ns, over which no rate is extrapolated, the difference between
 * host and unslewed host time stays constant. It may have grown all the same: widen the bound.
 */
static void chime_steady_stay(struct chime_steady *steady, s64 gap_ns, s64 reach_ns)
{
	s64 rest_ns = chime_sub_sat(chime_abs_sat(gap_ns), reach_ns);
	struct chime_line *unslew = &steady->unslew;
	s64 stayed_ns;

	if (reach_ns < 0 || rest_ns <= 0)
		return;
	stayed_ns = chime_scale_q32(gap_ns < 0 ? -rest_ns : rest_ns, unslew->rate_q32);
	unslew->offset_ns = chime_sub_sat(unslew->offset_ns, stayed_ns);
	chime_steady_allow(steady, chime_add_sat(steady->allowance_ns, chime_abs_sat(stayed_ns)));
}

void chime_steady_resync(struct chime_steady *steady, const struct chime_line *before,
			 const struct chime_line *host, s64 reach_ns, s64 raw_ns)
{
	s64 then_ns = chime_line_eval(before, raw_ns);
	s64 gap_ns = chime_sub_sat(chime_line_eval(host, raw_ns), then_ns);
	struct chime_line *unslew = &steady->unslew;
	bool lost = steady->lost;

	chime_line_move(unslew, then_ns);
	steady->gap_ns = chime_add_sat(steady->gap_ns, chime_abs_sat(gap_ns));
	if (steady->pace_known || lost || steady->rough.active)
		chime_steady_allow_for_gap(steady, raw_ns);
	if (chime_steady_slewed_lately(steady, raw_ns))
		unslew->rate_q32 = steady->rest_q32;
	chime_steady_stay(steady, gap_ns, reach_ns);
	chime_steady_drop_move(steady);
	if (steady->pace_known)
		chime_steady_doubt_contained(steady, raw_ns);
	steady->unmoved = *unslew;
	steady->renewed = false;
	steady->pace_seen = false;
	steady->paced = false;
	steady->parted = false;
	chime_steady_begin(steady, raw_ns);
	if (lost)
		chime_steady_lose(steady, raw_ns);
	steady->pace_raw_ns = raw_ns;
	chime_steady_go_along(steady, host, raw_ns);
	chime_steady_count(steady);
	chime_steady_doubt_rough(steady, 0, raw_ns);
}

void chime_steady_doubt_machine(struct chime_steady *steady, s64 raw_ns)
{
	chime_steady_doubt_rough(steady, CHIME_UNSCALED_Q32, raw_ns);
}

void chime_steady_step(struct chime_steady *steady, const struct chime_line *host, s64 gap_ns,
		       s64 raw_ns)
{
	steady->unslew.origin_ns = chime_add_sat(steady->unslew.origin_ns, gap_ns);
	steady->unmoved.origin_ns = chime_add_sat(steady->unmoved.origin_ns, gap_ns);
	if (!steady->parted) {
		chime_steady_go_along(steady, host, raw_ns);
		return;
	}
	steady->line.offset_ns = chime_add_sat(steady->line.offset_ns, gap_ns);
	chime_line_convert(&steady->line, host, raw_ns, &steady->unslew);
}

void chime_steady_set_raw_ahead(struct chime_steady *steady, s64 by_ns)
{
	chime_line_set_ahead(&steady->line, by_ns);
	steady->pace_raw_ns = chime_add_sat(steady->pace_raw_ns, by_ns);
	steady->begin_raw_ns = chime_add_sat(steady->begin_raw_ns, by_ns);
	steady->parted_raw_ns = chime_add_sat(steady->parted_raw_ns, by_ns);
	steady->rest_raw_ns = chime_add_sat(steady->rest_raw_ns, by_ns);
	steady->moved_raw_ns = chime_add_sat(steady->moved_raw_ns, by_ns);
	steady->renewed_raw_ns = chime_add_sat(steady->renewed_raw_ns, by_ns);
	steady->contained.since_raw_ns = chime_add_sat(steady->contained.since_raw_ns, by_ns);
	steady->rough.found_raw_ns = chime_add_sat(steady->rough.found_raw_ns, by_ns);
}
