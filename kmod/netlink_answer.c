// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module's state, as attributes.
 */
#include "netlink_answer.h"

#include <linux/truechime.h>
#include <net/netlink.h>

bool chime_put_s64(struct sk_buff *skb, int attribute, s64 value)
{
	return nla_put_s64(skb, attribute, value, TRUECHIME_A_PAD);
}

/* -1 stands for "no bound is known". */
static s64 chime_bound(s64 maxerror_ns)
{
	return maxerror_ns == CHIME_LINE_UNBOUNDED_NS ? -1 : maxerror_ns;
}

/* A line's horizons, if it has any, and its rates beyond them. */
static bool chime_put_horizons(struct sk_buff *skb, const struct chime_line *line)
{
	if (line->rate_horizon_ns &&
	    (chime_put_s64(skb, TRUECHIME_LINE_A_RATE_HORIZON_NS, line->rate_horizon_ns) ||
	     chime_put_s64(skb, TRUECHIME_LINE_A_BEYOND_RATE_Q32, line->beyond_rate_q32)))
		return true;
	return line->horizon_ns &&
	       (chime_put_s64(skb, TRUECHIME_LINE_A_HORIZON_NS, line->horizon_ns) ||
		chime_put_s64(skb, TRUECHIME_LINE_A_BEYOND_SIGMA_RATE_Q32,
			      line->beyond_sigma_rate_q32) ||
		chime_put_s64(skb, TRUECHIME_LINE_A_BEYOND_MAXERROR_RATE_Q32,
			      line->beyond_maxerror_rate_q32));
}

/* The padding attribute is number 1 in each of the sets. */
static bool chime_put_line(struct sk_buff *skb, int attribute, const struct chime_line *line)
{
	struct nlattr *nest = nla_nest_start(skb, attribute);

	if (!nest ||
	    chime_put_s64(skb, TRUECHIME_LINE_A_ORIGIN_NS, line->origin_ns) ||
	    chime_put_s64(skb, TRUECHIME_LINE_A_OFFSET_NS, line->offset_ns) ||
	    chime_put_s64(skb, TRUECHIME_LINE_A_RATE_Q32, line->rate_q32) ||
	    chime_put_s64(skb, TRUECHIME_LINE_A_SIGMA_NS, line->sigma_ns) ||
	    chime_put_s64(skb, TRUECHIME_LINE_A_SIGMA_RATE_Q32, line->sigma_rate_q32) ||
	    chime_put_s64(skb, TRUECHIME_LINE_A_MAXERROR_NS, chime_bound(line->maxerror_ns)) ||
	    chime_put_s64(skb, TRUECHIME_LINE_A_MAXERROR_RATE_Q32, line->maxerror_rate_q32) ||
	    chime_put_horizons(skb, line))
		return true;
	nla_nest_end(skb, nest);
	return false;
}

bool chime_put_event(struct sk_buff *skb, const struct chime_event *event)
{
	struct nlattr *nest = nla_nest_start(skb, TRUECHIME_A_EVENT);

	if (!nest ||
	    nla_put_u32(skb, TRUECHIME_EVENT_A_SEQUENCE, event->sequence) ||
	    nla_put_u32(skb, TRUECHIME_EVENT_A_CAUSE, event->cause) ||
	    nla_put_u32(skb, TRUECHIME_EVENT_A_EVIDENCE, event->evidence) ||
	    nla_put_u32(skb, TRUECHIME_EVENT_A_ACTION, event->action) ||
	    chime_put_s64(skb, TRUECHIME_EVENT_A_GAP_NS, event->gap_ns) ||
	    chime_put_s64(skb, TRUECHIME_EVENT_A_OFFSET_NS, event->offset_ns) ||
	    chime_put_s64(skb, TRUECHIME_EVENT_A_RESIDUAL_NS, event->residual_ns) ||
	    chime_put_s64(skb, TRUECHIME_EVENT_A_LATENCY_NS, event->latency_ns) ||
	    chime_put_s64(skb, TRUECHIME_EVENT_A_RAW_NS, event->raw_ns) ||
	    chime_put_s64(skb, TRUECHIME_EVENT_A_TIME_NS, event->time_ns) ||
	    nla_put_u32(skb, TRUECHIME_EVENT_A_EPOCH, event->epoch) ||
	    chime_put_s64(skb, TRUECHIME_EVENT_A_MAXERROR_BEFORE_NS,
			  chime_bound(event->maxerror_before_ns)) ||
	    chime_put_s64(skb, TRUECHIME_EVENT_A_MAXERROR_NS, chime_bound(event->maxerror_ns)) ||
	    nla_put_u64_64bit(skb, TRUECHIME_EVENT_A_INSTANCE, event->instance, TRUECHIME_A_PAD) ||
	    nla_put_string(skb, TRUECHIME_EVENT_A_HOST_NAME, event->host_name ?: "none") ||
	    chime_put_s64(skb, TRUECHIME_EVENT_A_READING_MAXERROR_NS,
			  chime_bound(event->reading_ns)))
		return true;
	nla_nest_end(skb, nest);
	return false;
}

static bool chime_put_rule(struct sk_buff *skb, int occasion, int direction,
			   const struct chime_rule *rule)
{
	struct nlattr *nest = nla_nest_start(skb, TRUECHIME_A_POLICY);

	if (!nest ||
	    nla_put_u32(skb, TRUECHIME_POLICY_A_OCCASION, occasion) ||
	    nla_put_u32(skb, TRUECHIME_POLICY_A_DIRECTION, direction) ||
	    nla_put_u32(skb, TRUECHIME_POLICY_A_RULE, rule->rule) ||
	    chime_put_s64(skb, TRUECHIME_POLICY_A_THRESHOLD_NS, rule->threshold_ns) ||
	    chime_put_s64(skb, TRUECHIME_POLICY_A_MAXIMUM_NS, rule->maximum_ns))
		return true;
	nla_nest_end(skb, nest);
	return false;
}

bool chime_put_policy(struct sk_buff *skb, const struct chime_policy *policy,
		      enum truechime_rtc rtc)
{
	int occasion, direction;

	for (occasion = 0; occasion < CHIME_OCCASIONS; occasion++)
		for (direction = 0; direction < CHIME_DIRECTIONS; direction++)
			if (chime_put_rule(skb, occasion, direction,
					   &policy->rules[occasion][direction]))
				return true;
	return nla_put_u32(skb, TRUECHIME_A_RTC, rtc);
}

/* With a correction the timescale counts what the daemon's sources do. */
static enum truechime_scale chime_scale_of(const struct chime_status *status)
{
	if (status->now.mode == TRUECHIME_MODE_EXTERNAL)
		return TRUECHIME_SCALE_UNKNOWN;
	return status->host_smears && status->now.has_host && !status->corrected ?
	       TRUECHIME_SCALE_SMEARED : TRUECHIME_SCALE_UTC;
}

static bool chime_put_scale(struct sk_buff *skb, const struct chime_status *status)
{
	const struct chime_leap_seconds *leaps = &status->leaps;

	return nla_put_u32(skb, TRUECHIME_A_SCALE, chime_scale_of(status)) ||
	       (leaps->tai_offset_s &&
		nla_put_s32(skb, TRUECHIME_A_TAI_OFFSET_S, leaps->tai_offset_s)) ||
	       (leaps->next_ns &&
		chime_put_s64(skb, TRUECHIME_A_NEXT_LEAP_NS, leaps->next_ns));
}

bool chime_put_now(struct sk_buff *skb, const struct chime_status *status)
{
	const struct chime_now *now = &status->now;

	return nla_put_u32(skb, TRUECHIME_A_MODE, now->mode) ||
	       nla_put_u32(skb, TRUECHIME_A_STATE, now->state) ||
	       nla_put_u32(skb, TRUECHIME_A_REFERENCE, now->reference) ||
	       nla_put_u32(skb, TRUECHIME_A_EPOCH, now->epoch) ||
	       nla_put_u64_64bit(skb, TRUECHIME_A_INSTANCE, status->instance, TRUECHIME_A_PAD) ||
	       nla_put_u32(skb, TRUECHIME_A_DISRUPTIONS, status->disruptions) ||
	       chime_put_s64(skb, TRUECHIME_A_RAW_NS, now->raw_ns) ||
	       chime_put_s64(skb, TRUECHIME_A_REALTIME_NS, status->realtime_ns) ||
	       nla_put_u32(skb, TRUECHIME_A_HOST_STATE, status->host_state) ||
	       (now->has_host && chime_put_s64(skb, TRUECHIME_A_HOST_NS, now->host_ns)) ||
	       chime_put_s64(skb, TRUECHIME_A_REFERENCE_NS, now->reference_ns) ||
	       chime_put_s64(skb, TRUECHIME_A_FOLLOWED_NS, now->followed_ns) ||
	       chime_put_s64(skb, TRUECHIME_A_TIME_NS, now->time_ns) ||
	       chime_put_s64(skb, TRUECHIME_A_RATE_Q32, now->rate_q32) ||
	       chime_put_s64(skb, TRUECHIME_A_SLEW_NS, now->slew_ns) ||
	       chime_put_s64(skb, TRUECHIME_A_SIGMA_NS, now->sigma_ns) ||
	       chime_put_s64(skb, TRUECHIME_A_MAXERROR_NS, chime_bound(now->maxerror_ns)) ||
	       chime_put_s64(skb, TRUECHIME_A_READING_MAXERROR_NS, chime_bound(now->reading_ns)) ||
	       (now->has_host && chime_put_s64(skb, TRUECHIME_A_HOST_MAXERROR_NS,
					       chime_bound(now->host_maxerror_ns))) ||
	       chime_put_line(skb, TRUECHIME_A_REFERENCE_CHANGE, &now->change) ||
	       chime_put_scale(skb, status);
}

bool chime_put_status(struct sk_buff *skb, const struct chime_status *status)
{
	const struct chime_now *now = &status->now;

	return nla_put_string(skb, TRUECHIME_A_VERSION, CHIME_VERSION) ||
	       chime_put_now(skb, status) ||
	       (status->phc_index >= 0 &&
		nla_put_u32(skb, TRUECHIME_A_PHC_INDEX, status->phc_index)) ||
	       nla_put_string(skb, TRUECHIME_A_HOST_NAME, status->host_name ?: "none") ||
	       nla_put_u32(skb, TRUECHIME_A_HOST_EXACT, status->last.exact) ||
	       chime_put_s64(skb, TRUECHIME_A_UNCERTAINTY_NS, status->last.uncertainty_ns) ||
	       nla_put_u64_64bit(skb, TRUECHIME_A_CROSS_TIMESTAMPS, status->pairings,
				 TRUECHIME_A_PAD) ||
	       nla_put_u64_64bit(skb, TRUECHIME_A_CROSS_TIMESTAMPS_FAILED, status->failures,
				 TRUECHIME_A_PAD) ||
	       nla_put_u32(skb, TRUECHIME_A_STEPS, status->steps) ||
	       nla_put_u32(skb, TRUECHIME_A_CLOCKSOURCE_EPOCH, status->clocksource_epoch) ||
	       chime_put_s64(skb, TRUECHIME_A_OFFSET_NS,
			     chime_sub_sat(now->time_ns, status->realtime_ns)) ||
	       (now->has_host &&
		(chime_put_line(skb, TRUECHIME_A_HOST_LINE, &status->host_line) ||
		 chime_put_line(skb, TRUECHIME_A_UNSLEWED_LINE, &status->unslewed_line))) ||
	       (status->corrected &&
		chime_put_line(skb, TRUECHIME_A_CORRECTION, &status->correction));
}
