// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attributes to structures and back, for module_link.
 */
#include "lib/module_message.h"

#include <errno.h>
#include <linux/netlink.h>

#include <netlink/attr.h>
#include <netlink/msg.h>

static const struct nla_policy top_policy[TRUECHIME_A_MAX + 1] = {
	[TRUECHIME_A_VERSION] = { .type = NLA_STRING },
	[TRUECHIME_A_MODE] = { .type = NLA_U32 },
	[TRUECHIME_A_STATE] = { .type = NLA_U32 },
	[TRUECHIME_A_REFERENCE] = { .type = NLA_U32 },
	[TRUECHIME_A_EPOCH] = { .type = NLA_U32 },
	[TRUECHIME_A_PHC_INDEX] = { .type = NLA_U32 },
	[TRUECHIME_A_RAW_NS] = { .type = NLA_U64 },
	[TRUECHIME_A_REALTIME_NS] = { .type = NLA_U64 },
	[TRUECHIME_A_HOST_NS] = { .type = NLA_U64 },
	[TRUECHIME_A_TIME_NS] = { .type = NLA_U64 },
	[TRUECHIME_A_RATE_Q32] = { .type = NLA_U64 },
	[TRUECHIME_A_SLEW_NS] = { .type = NLA_U64 },
	[TRUECHIME_A_SIGMA_NS] = { .type = NLA_U64 },
	[TRUECHIME_A_MAXERROR_NS] = { .type = NLA_U64 },
	[TRUECHIME_A_HOST_LINE] = { .type = NLA_NESTED },
	[TRUECHIME_A_CORRECTION] = { .type = NLA_NESTED },
	[TRUECHIME_A_HOST_NAME] = { .type = NLA_STRING },
	[TRUECHIME_A_HOST_STATE] = { .type = NLA_U32 },
	[TRUECHIME_A_HOST_EXACT] = { .type = NLA_U32 },
	[TRUECHIME_A_UNCERTAINTY_NS] = { .type = NLA_U64 },
	[TRUECHIME_A_CROSS_TIMESTAMPS] = { .type = NLA_U64 },
	[TRUECHIME_A_CROSS_TIMESTAMPS_FAILED] = { .type = NLA_U64 },
	[TRUECHIME_A_DISRUPTIONS] = { .type = NLA_U32 },
	[TRUECHIME_A_STEPS] = { .type = NLA_U32 },
	[TRUECHIME_A_OFFSET_NS] = { .type = NLA_U64 },
	[TRUECHIME_A_EVENT] = { .type = NLA_NESTED },
	[TRUECHIME_A_POLICY] = { .type = NLA_NESTED },
	[TRUECHIME_A_CLOCKSOURCE_EPOCH] = { .type = NLA_U32 },
	[TRUECHIME_A_RTC] = { .type = NLA_U32 },
	[TRUECHIME_A_REFERENCE_NS] = { .type = NLA_U64 },
	[TRUECHIME_A_UNSLEWED_LINE] = { .type = NLA_NESTED },
	[TRUECHIME_A_REFERENCE_CHANGE] = { .type = NLA_NESTED },
	[TRUECHIME_A_READING_MAXERROR_NS] = { .type = NLA_U64 },
	[TRUECHIME_A_HOST_MAXERROR_NS] = { .type = NLA_U64 },
	[TRUECHIME_A_INSTANCE] = { .type = NLA_U64 },
	[TRUECHIME_A_SCALE] = { .type = NLA_U32 },
	[TRUECHIME_A_TAI_OFFSET_S] = { .type = NLA_U32 },
	[TRUECHIME_A_NEXT_LEAP_NS] = { .type = NLA_U64 },
	[TRUECHIME_A_FOLLOWED_NS] = { .type = NLA_U64 },
};

static const struct nla_policy line_policy[TRUECHIME_LINE_A_MAX + 1] = {
	[TRUECHIME_LINE_A_ORIGIN_NS ... TRUECHIME_LINE_A_MAX] = { .type = NLA_U64 },
};

static const struct nla_policy event_policy[TRUECHIME_EVENT_A_MAX + 1] = {
	[TRUECHIME_EVENT_A_SEQUENCE] = { .type = NLA_U32 },
	[TRUECHIME_EVENT_A_CAUSE] = { .type = NLA_U32 },
	[TRUECHIME_EVENT_A_EVIDENCE] = { .type = NLA_U32 },
	[TRUECHIME_EVENT_A_ACTION] = { .type = NLA_U32 },
	[TRUECHIME_EVENT_A_GAP_NS] = { .type = NLA_U64 },
	[TRUECHIME_EVENT_A_OFFSET_NS] = { .type = NLA_U64 },
	[TRUECHIME_EVENT_A_RESIDUAL_NS] = { .type = NLA_U64 },
	[TRUECHIME_EVENT_A_LATENCY_NS] = { .type = NLA_U64 },
	[TRUECHIME_EVENT_A_RAW_NS] = { .type = NLA_U64 },
	[TRUECHIME_EVENT_A_TIME_NS] = { .type = NLA_U64 },
	[TRUECHIME_EVENT_A_EPOCH] = { .type = NLA_U32 },
	[TRUECHIME_EVENT_A_MAXERROR_BEFORE_NS] = { .type = NLA_U64 },
	[TRUECHIME_EVENT_A_MAXERROR_NS] = { .type = NLA_U64 },
	[TRUECHIME_EVENT_A_INSTANCE] = { .type = NLA_U64 },
	[TRUECHIME_EVENT_A_HOST_NAME] = { .type = NLA_STRING },
	[TRUECHIME_EVENT_A_READING_MAXERROR_NS] = { .type = NLA_U64 },
};

static const struct nla_policy rule_policy[TRUECHIME_POLICY_A_MAX + 1] = {
	[TRUECHIME_POLICY_A_OCCASION] = { .type = NLA_U32 },
	[TRUECHIME_POLICY_A_DIRECTION] = { .type = NLA_U32 },
	[TRUECHIME_POLICY_A_RULE] = { .type = NLA_U32 },
	[TRUECHIME_POLICY_A_THRESHOLD_NS] = { .type = NLA_U64 },
	[TRUECHIME_POLICY_A_MAXIMUM_NS] = { .type = NLA_U64 },
};

/* Absent attributes read as 0; has_all() checks the required ones. */
static int64_t get_s64(struct nlattr *attr)
{
	return attr ? (int64_t)nla_get_u64(attr) : 0;
}

static uint64_t get_u64(struct nlattr *attr)
{
	return attr ? nla_get_u64(attr) : 0;
}

static uint32_t get_u32(struct nlattr *attr)
{
	return attr ? nla_get_u32(attr) : 0;
}

static void get_text(struct nlattr *attr, char *text, size_t size)
{
	text[0] = '\0';
	if (attr)
		nla_strlcpy(text, attr, size);
}

static bool has_all(struct nlattr *const *attrs, const int *wanted, int count)
{
	while (count-- > 0)
		if (!attrs[wanted[count]])
			return false;
	return true;
}

#define HAS_ALL(attrs, wanted) has_all(attrs, wanted, sizeof(wanted) / sizeof((wanted)[0]))

static bool parse_top(const struct nlattr *head, int length, struct nlattr **attrs)
{
	return !nla_parse(attrs, TRUECHIME_A_MAX, (struct nlattr *)head, length, top_policy);
}

/* A bound: negative means that none is known. */
static int64_t get_bound(struct nlattr *attr)
{
	int64_t bound_ns = attr ? get_s64(attr) : -1;

	return bound_ns < 0 ? CHIME_LINE_UNBOUNDED_NS : bound_ns;
}

/* Without the attribute the module knows of no error of the host's own clock. */
static int64_t get_reading(struct nlattr *reading, struct nlattr *maxerror)
{
	return get_bound(reading ?: maxerror);
}

static int parse_line(struct nlattr *nest, struct chime_line *line)
{
	static const int wanted[] = { TRUECHIME_LINE_A_ORIGIN_NS, TRUECHIME_LINE_A_OFFSET_NS };
	struct nlattr *attrs[TRUECHIME_LINE_A_MAX + 1];

	if (nla_parse_nested(attrs, TRUECHIME_LINE_A_MAX, nest, line_policy) < 0)
		return -EPROTO;
	if (!HAS_ALL(attrs, wanted))
		return -EPROTO;
	line->origin_ns = get_s64(attrs[TRUECHIME_LINE_A_ORIGIN_NS]);
	line->offset_ns = get_s64(attrs[TRUECHIME_LINE_A_OFFSET_NS]);
	line->rate_q32 = get_s64(attrs[TRUECHIME_LINE_A_RATE_Q32]);
	line->sigma_ns = get_s64(attrs[TRUECHIME_LINE_A_SIGMA_NS]);
	line->sigma_rate_q32 = get_s64(attrs[TRUECHIME_LINE_A_SIGMA_RATE_Q32]);
	line->maxerror_ns = get_bound(attrs[TRUECHIME_LINE_A_MAXERROR_NS]);
	line->maxerror_rate_q32 = get_s64(attrs[TRUECHIME_LINE_A_MAXERROR_RATE_Q32]);
	line->rate_horizon_ns = get_s64(attrs[TRUECHIME_LINE_A_RATE_HORIZON_NS]);
	line->horizon_ns = get_s64(attrs[TRUECHIME_LINE_A_HORIZON_NS]);
	line->beyond_rate_q32 = get_s64(attrs[TRUECHIME_LINE_A_BEYOND_RATE_Q32]);
	line->beyond_sigma_rate_q32 = get_s64(attrs[TRUECHIME_LINE_A_BEYOND_SIGMA_RATE_Q32]);
	line->beyond_maxerror_rate_q32 = get_s64(attrs[TRUECHIME_LINE_A_BEYOND_MAXERROR_RATE_Q32]);
	return 0;
}

int module_message_now(const struct nlattr *head, int length, struct module_now *now)
{
	static const int wanted[] = {
		TRUECHIME_A_RAW_NS, TRUECHIME_A_REALTIME_NS, TRUECHIME_A_TIME_NS,
		TRUECHIME_A_EPOCH, TRUECHIME_A_REFERENCE, TRUECHIME_A_REFERENCE_NS,
		TRUECHIME_A_REFERENCE_CHANGE,
	};
	struct nlattr *attrs[TRUECHIME_A_MAX + 1];

	if (!parse_top(head, length, attrs) || !HAS_ALL(attrs, wanted))
		return -EPROTO;
	*now = (struct module_now){
		.raw_ns = get_s64(attrs[TRUECHIME_A_RAW_NS]),
		.realtime_ns = get_s64(attrs[TRUECHIME_A_REALTIME_NS]),
		.host_ns = get_s64(attrs[TRUECHIME_A_HOST_NS]),
		.reference_ns = get_s64(attrs[TRUECHIME_A_REFERENCE_NS]),
		.followed_ns = get_s64(attrs[TRUECHIME_A_FOLLOWED_NS]),
		.time_ns = get_s64(attrs[TRUECHIME_A_TIME_NS]),
		.rate_q32 = get_s64(attrs[TRUECHIME_A_RATE_Q32]),
		.slew_ns = get_s64(attrs[TRUECHIME_A_SLEW_NS]),
		.sigma_ns = get_bound(attrs[TRUECHIME_A_SIGMA_NS]),
		.maxerror_ns = get_bound(attrs[TRUECHIME_A_MAXERROR_NS]),
		.reading_ns = get_reading(attrs[TRUECHIME_A_READING_MAXERROR_NS],
					  attrs[TRUECHIME_A_MAXERROR_NS]),
		.epoch = get_u32(attrs[TRUECHIME_A_EPOCH]),
		.disruptions = get_u32(attrs[TRUECHIME_A_DISRUPTIONS]),
		.mode = get_u32(attrs[TRUECHIME_A_MODE]),
		.reference = get_u32(attrs[TRUECHIME_A_REFERENCE]),
		.has_host = attrs[TRUECHIME_A_HOST_NS],
		.host_state = get_u32(attrs[TRUECHIME_A_HOST_STATE]),
	};
	return parse_line(attrs[TRUECHIME_A_REFERENCE_CHANGE], &now->change);
}

int module_message_status(const struct nlattr *head, int length, struct module_status *status)
{
	static const int wanted[] = { TRUECHIME_A_MODE, TRUECHIME_A_STATE, TRUECHIME_A_REFERENCE };
	struct nlattr *attrs[TRUECHIME_A_MAX + 1];
	int err = 0;

	if (!parse_top(head, length, attrs) || !HAS_ALL(attrs, wanted))
		return -EPROTO;
	*status = (struct module_status){
		.mode = get_u32(attrs[TRUECHIME_A_MODE]),
		.state = get_u32(attrs[TRUECHIME_A_STATE]),
		.reference = get_u32(attrs[TRUECHIME_A_REFERENCE]),
		.epoch = get_u32(attrs[TRUECHIME_A_EPOCH]),
		.instance = get_u64(attrs[TRUECHIME_A_INSTANCE]),
		.scale = get_u32(attrs[TRUECHIME_A_SCALE]),
		.tai_offset_s = (int32_t)get_u32(attrs[TRUECHIME_A_TAI_OFFSET_S]),
		.next_leap_ns = get_s64(attrs[TRUECHIME_A_NEXT_LEAP_NS]),
		.phc_index = attrs[TRUECHIME_A_PHC_INDEX] ?
			     (int)get_u32(attrs[TRUECHIME_A_PHC_INDEX]) : -1,
		.host_state = get_u32(attrs[TRUECHIME_A_HOST_STATE]),
		.host_exact = get_u32(attrs[TRUECHIME_A_HOST_EXACT]),
		.uncertainty_ns = get_s64(attrs[TRUECHIME_A_UNCERTAINTY_NS]),
		.disruptions = get_u32(attrs[TRUECHIME_A_DISRUPTIONS]),
		.steps = get_u32(attrs[TRUECHIME_A_STEPS]),
		.offset_ns = get_s64(attrs[TRUECHIME_A_OFFSET_NS]),
		.rate_q32 = get_s64(attrs[TRUECHIME_A_RATE_Q32]),
		.slew_ns = get_s64(attrs[TRUECHIME_A_SLEW_NS]),
		.sigma_ns = get_bound(attrs[TRUECHIME_A_SIGMA_NS]),
		.maxerror_ns = get_bound(attrs[TRUECHIME_A_MAXERROR_NS]),
		.reading_ns = get_reading(attrs[TRUECHIME_A_READING_MAXERROR_NS],
					  attrs[TRUECHIME_A_MAXERROR_NS]),
		.host_maxerror_ns = get_bound(attrs[TRUECHIME_A_HOST_MAXERROR_NS]),
		.has_host_line = attrs[TRUECHIME_A_HOST_LINE],
		.has_unslewed_line = attrs[TRUECHIME_A_UNSLEWED_LINE],
		.has_correction = attrs[TRUECHIME_A_CORRECTION],
	};
	get_text(attrs[TRUECHIME_A_VERSION], status->version, sizeof(status->version));
	get_text(attrs[TRUECHIME_A_HOST_NAME], status->host_name, sizeof(status->host_name));
	if (status->has_host_line)
		err = parse_line(attrs[TRUECHIME_A_HOST_LINE], &status->host_line);
	if (!err && status->has_unslewed_line)
		err = parse_line(attrs[TRUECHIME_A_UNSLEWED_LINE], &status->unslewed_line);
	if (!err && status->has_correction)
		err = parse_line(attrs[TRUECHIME_A_CORRECTION], &status->correction);
	return err;
}

int module_message_host(const struct nlattr *head, int length, struct module_host *host)
{
	static const int wanted[] = { TRUECHIME_A_HOST_NAME, TRUECHIME_A_HOST_STATE };
	struct nlattr *attrs[TRUECHIME_A_MAX + 1];

	if (!parse_top(head, length, attrs) || !HAS_ALL(attrs, wanted))
		return -EPROTO;
	*host = (struct module_host){
		.state = get_u32(attrs[TRUECHIME_A_HOST_STATE]),
		.exact = get_u32(attrs[TRUECHIME_A_HOST_EXACT]),
		.uncertainty_ns = get_s64(attrs[TRUECHIME_A_UNCERTAINTY_NS]),
	};
	get_text(attrs[TRUECHIME_A_HOST_NAME], host->name, sizeof(host->name));
	return 0;
}

int module_message_event(const struct nlattr *head, int length, struct module_event *event)
{
	static const int wanted[] = {
		TRUECHIME_EVENT_A_SEQUENCE, TRUECHIME_EVENT_A_CAUSE, TRUECHIME_EVENT_A_ACTION,
	};
	struct nlattr *attrs[TRUECHIME_EVENT_A_MAX + 1], *top[TRUECHIME_A_MAX + 1];

	if (!parse_top(head, length, top) || !top[TRUECHIME_A_EVENT] ||
	    nla_parse_nested(attrs, TRUECHIME_EVENT_A_MAX, top[TRUECHIME_A_EVENT],
			     event_policy) < 0 ||
	    !HAS_ALL(attrs, wanted))
		return -EPROTO;
	*event = (struct module_event){
		.instance = get_u64(attrs[TRUECHIME_EVENT_A_INSTANCE]),
		.sequence = get_u32(attrs[TRUECHIME_EVENT_A_SEQUENCE]),
		.cause = get_u32(attrs[TRUECHIME_EVENT_A_CAUSE]),
		.evidence = get_u32(attrs[TRUECHIME_EVENT_A_EVIDENCE]),
		.action = get_u32(attrs[TRUECHIME_EVENT_A_ACTION]),
		.gap_ns = get_s64(attrs[TRUECHIME_EVENT_A_GAP_NS]),
		.offset_ns = get_s64(attrs[TRUECHIME_EVENT_A_OFFSET_NS]),
		.residual_ns = get_s64(attrs[TRUECHIME_EVENT_A_RESIDUAL_NS]),
		.latency_ns = get_s64(attrs[TRUECHIME_EVENT_A_LATENCY_NS]),
		.raw_ns = get_s64(attrs[TRUECHIME_EVENT_A_RAW_NS]),
		.time_ns = get_s64(attrs[TRUECHIME_EVENT_A_TIME_NS]),
		.epoch = get_u32(attrs[TRUECHIME_EVENT_A_EPOCH]),
		.maxerror_before_ns = get_bound(attrs[TRUECHIME_EVENT_A_MAXERROR_BEFORE_NS]),
		.maxerror_ns = get_bound(attrs[TRUECHIME_EVENT_A_MAXERROR_NS]),
		.reading_ns = get_reading(attrs[TRUECHIME_EVENT_A_READING_MAXERROR_NS],
					  attrs[TRUECHIME_EVENT_A_MAXERROR_NS]),
	};
	get_text(attrs[TRUECHIME_EVENT_A_HOST_NAME], event->host_name, sizeof(event->host_name));
	return 0;
}

static int parse_rule(struct nlattr *nest, struct module_rule *rule)
{
	static const int wanted[] = {
		TRUECHIME_POLICY_A_OCCASION, TRUECHIME_POLICY_A_DIRECTION, TRUECHIME_POLICY_A_RULE,
	};
	struct nlattr *attrs[TRUECHIME_POLICY_A_MAX + 1];

	if (nla_parse_nested(attrs, TRUECHIME_POLICY_A_MAX, nest, rule_policy) < 0 ||
	    !HAS_ALL(attrs, wanted))
		return -EPROTO;
	*rule = (struct module_rule){
		.occasion = get_u32(attrs[TRUECHIME_POLICY_A_OCCASION]),
		.direction = get_u32(attrs[TRUECHIME_POLICY_A_DIRECTION]),
		.rule = get_u32(attrs[TRUECHIME_POLICY_A_RULE]),
		.threshold_ns = get_s64(attrs[TRUECHIME_POLICY_A_THRESHOLD_NS]),
		.maximum_ns = get_s64(attrs[TRUECHIME_POLICY_A_MAXIMUM_NS]),
	};
	return 0;
}

int module_message_policy(const struct nlattr *head, int length, struct module_rule *rules, int max,
			  int *count)
{
	struct nlattr *attr;
	int left, err;

	*count = 0;
	nla_for_each_attr(attr, (struct nlattr *)head, length, left) {
		if (nla_type(attr) != TRUECHIME_A_POLICY || *count == max)
			continue;
		err = parse_rule(attr, &rules[*count]);
		if (err)
			return err;
		(*count)++;
	}
	return 0;
}

int module_message_rtc(const struct nlattr *head, int length, enum truechime_rtc *rtc)
{
	struct nlattr *attrs[TRUECHIME_A_MAX + 1];

	if (!parse_top(head, length, attrs) || !attrs[TRUECHIME_A_RTC])
		return -EPROTO;
	*rtc = get_u32(attrs[TRUECHIME_A_RTC]);
	return 0;
}

static int put_s64(struct nl_msg *msg, int type, int64_t value)
{
	return nla_put_u64(msg, type, (uint64_t)value);
}

static bool put_horizons(struct nl_msg *msg, const struct chime_line *line)
{
	if (line->rate_horizon_ns &&
	    (put_s64(msg, TRUECHIME_LINE_A_RATE_HORIZON_NS, line->rate_horizon_ns) ||
	     put_s64(msg, TRUECHIME_LINE_A_BEYOND_RATE_Q32, line->beyond_rate_q32)))
		return true;
	return line->horizon_ns &&
	       (put_s64(msg, TRUECHIME_LINE_A_HORIZON_NS, line->horizon_ns) ||
		put_s64(msg, TRUECHIME_LINE_A_BEYOND_SIGMA_RATE_Q32, line->beyond_sigma_rate_q32) ||
		put_s64(msg, TRUECHIME_LINE_A_BEYOND_MAXERROR_RATE_Q32,
			line->beyond_maxerror_rate_q32));
}

int module_message_put_correction(struct nl_msg *msg, const struct chime_line *correction,
				  enum truechime_reference reference, uint32_t epoch, bool jump)
{
	struct nlattr *nest;

	if (nla_put_u32(msg, TRUECHIME_A_REFERENCE, reference) ||
	    nla_put_u32(msg, TRUECHIME_A_EPOCH, epoch))
		return -EMSGSIZE;
	if (jump && nla_put_flag(msg, TRUECHIME_A_JUMP))
		return -EMSGSIZE;
	nest = nla_nest_start(msg, TRUECHIME_A_CORRECTION);
	if (!nest ||
	    put_s64(msg, TRUECHIME_LINE_A_ORIGIN_NS, correction->origin_ns) ||
	    put_s64(msg, TRUECHIME_LINE_A_OFFSET_NS, correction->offset_ns) ||
	    put_s64(msg, TRUECHIME_LINE_A_RATE_Q32, correction->rate_q32) ||
	    put_s64(msg, TRUECHIME_LINE_A_SIGMA_NS, correction->sigma_ns) ||
	    put_s64(msg, TRUECHIME_LINE_A_SIGMA_RATE_Q32, correction->sigma_rate_q32) ||
	    put_s64(msg, TRUECHIME_LINE_A_MAXERROR_NS, correction->maxerror_ns) ||
	    put_s64(msg, TRUECHIME_LINE_A_MAXERROR_RATE_Q32, correction->maxerror_rate_q32) ||
	    put_horizons(msg, correction))
		return -EMSGSIZE;
	return nla_nest_end(msg, nest) < 0 ? -EMSGSIZE : 0;
}

int module_message_put_rule(struct nl_msg *msg, const struct module_rule *rule)
{
	struct nlattr *nest = nla_nest_start(msg, TRUECHIME_A_POLICY);

	if (!nest ||
	    nla_put_u32(msg, TRUECHIME_POLICY_A_OCCASION, rule->occasion) ||
	    nla_put_u32(msg, TRUECHIME_POLICY_A_DIRECTION, rule->direction) ||
	    nla_put_u32(msg, TRUECHIME_POLICY_A_RULE, rule->rule) ||
	    put_s64(msg, TRUECHIME_POLICY_A_THRESHOLD_NS, rule->threshold_ns) ||
	    put_s64(msg, TRUECHIME_POLICY_A_MAXIMUM_NS, rule->maximum_ns))
		return -EMSGSIZE;
	return nla_nest_end(msg, nest) < 0 ? -EMSGSIZE : 0;
}

int module_message_put_jump(struct nl_msg *msg, const struct module_jump *jump, uint32_t epoch)
{
	struct nlattr *nest;

	if (nla_put_u32(msg, TRUECHIME_A_EPOCH, epoch))
		return -EMSGSIZE;
	nest = nla_nest_start(msg, TRUECHIME_A_SOURCES_JUMP);
	if (!nest ||
	    put_s64(msg, TRUECHIME_JUMP_A_OFFSET_NS, jump->offset_ns) ||
	    put_s64(msg, TRUECHIME_JUMP_A_MAXERROR_NS, jump->maxerror_ns) ||
	    put_s64(msg, TRUECHIME_JUMP_A_AGREED_RAW_NS, jump->agreed_raw_ns))
		return -EMSGSIZE;
	return nla_nest_end(msg, nest) < 0 ? -EMSGSIZE : 0;
}

void module_message_extack(const struct nlattr *head, int length, char *text, int size)
{
	struct nlattr *attr;
	int left;

	text[0] = '\0';
	nla_for_each_attr(attr, (struct nlattr *)head, length, left)
		if (nla_type(attr) == NLMSGERR_ATTR_MSG)
			nla_strlcpy(text, attr, size);
}
