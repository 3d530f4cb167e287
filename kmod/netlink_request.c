// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests of the generic netlink family: what is nested in them, as values. Whatever a program
 * sends, a value that comes out of here is in its range.
 */
#include "netlink_request.h"

#include <linux/minmax.h>
#include <linux/truechime.h>

static struct netlink_range_validation_signed chime_rate_range = {
	.min = -CHIME_LINE_RATE_MAX_Q32,
	.max = CHIME_LINE_RATE_MAX_Q32,
};

const struct nla_policy chime_request_line_policy[TRUECHIME_LINE_A_MAX + 1] = {
	[TRUECHIME_LINE_A_ORIGIN_NS] = { .type = NLA_S64 },
	[TRUECHIME_LINE_A_OFFSET_NS] = { .type = NLA_S64 },
	[TRUECHIME_LINE_A_RATE_Q32] = NLA_POLICY_FULL_RANGE_SIGNED(NLA_S64, &chime_rate_range),
	[TRUECHIME_LINE_A_SIGMA_NS] = NLA_POLICY_MIN(NLA_S64, 0),
	[TRUECHIME_LINE_A_SIGMA_RATE_Q32] = NLA_POLICY_MIN(NLA_S64, 0),
	[TRUECHIME_LINE_A_MAXERROR_NS] = NLA_POLICY_MIN(NLA_S64, -1),
	[TRUECHIME_LINE_A_MAXERROR_RATE_Q32] = NLA_POLICY_MIN(NLA_S64, 0),
	[TRUECHIME_LINE_A_RATE_HORIZON_NS] = NLA_POLICY_MIN(NLA_S64, 0),
	[TRUECHIME_LINE_A_HORIZON_NS] = NLA_POLICY_MIN(NLA_S64, 0),
	[TRUECHIME_LINE_A_BEYOND_RATE_Q32] = NLA_POLICY_FULL_RANGE_SIGNED(NLA_S64,
									  &chime_rate_range),
	[TRUECHIME_LINE_A_BEYOND_SIGMA_RATE_Q32] = NLA_POLICY_MIN(NLA_S64, 0),
	[TRUECHIME_LINE_A_BEYOND_MAXERROR_RATE_Q32] = NLA_POLICY_MIN(NLA_S64, 0),
};

const struct nla_policy chime_request_rule_policy[TRUECHIME_POLICY_A_MAX + 1] = {
	[TRUECHIME_POLICY_A_OCCASION] = NLA_POLICY_MAX(NLA_U32, TRUECHIME_OCCASION_OPERATOR),
	[TRUECHIME_POLICY_A_DIRECTION] = NLA_POLICY_MAX(NLA_U32, TRUECHIME_DIRECTION_BACKWARD),
	[TRUECHIME_POLICY_A_RULE] = NLA_POLICY_MAX(NLA_U32, TRUECHIME_RULE_IGNORE),
	[TRUECHIME_POLICY_A_THRESHOLD_NS] = NLA_POLICY_MIN(NLA_S64, 0),
	[TRUECHIME_POLICY_A_MAXIMUM_NS] = NLA_POLICY_MIN(NLA_S64, 0),
};

const struct nla_policy chime_request_jump_policy[TRUECHIME_JUMP_A_MAX + 1] = {
	[TRUECHIME_JUMP_A_OFFSET_NS] = { .type = NLA_S64 },
	[TRUECHIME_JUMP_A_MAXERROR_NS] = NLA_POLICY_MIN(NLA_S64, 0),
	[TRUECHIME_JUMP_A_AGREED_RAW_NS] = { .type = NLA_S64 },
};

static s64 chime_get_s64(const struct nlattr *attr, s64 absent)
{
	return attr ? nla_get_s64(attr) : absent;
}

/* An error must not grow slower beyond its horizon. */
static int chime_get_horizons(struct nlattr **tb, struct chime_line *line,
			      struct netlink_ext_ack *extack)
{
	const struct nlattr *sigma = tb[TRUECHIME_LINE_A_BEYOND_SIGMA_RATE_Q32];
	const struct nlattr *maxerror = tb[TRUECHIME_LINE_A_BEYOND_MAXERROR_RATE_Q32];

	line->rate_horizon_ns = chime_get_s64(tb[TRUECHIME_LINE_A_RATE_HORIZON_NS], 0);
	if (line->rate_horizon_ns)
		line->beyond_rate_q32 = chime_get_s64(tb[TRUECHIME_LINE_A_BEYOND_RATE_Q32], 0);
	line->horizon_ns = chime_get_s64(tb[TRUECHIME_LINE_A_HORIZON_NS], 0);
	if (!line->horizon_ns)
		return 0;
	line->beyond_sigma_rate_q32 = chime_get_s64(sigma, line->sigma_rate_q32);
	line->beyond_maxerror_rate_q32 = chime_get_s64(maxerror, line->maxerror_rate_q32);
	if (line->beyond_sigma_rate_q32 >= line->sigma_rate_q32 &&
	    line->beyond_maxerror_rate_q32 >= line->maxerror_rate_q32)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, tb[TRUECHIME_LINE_A_HORIZON_NS],
			    "an error must not grow more slowly beyond the horizon than before it");
	return -EINVAL;
}

/* All attributes but the growth rates and the horizons are mandatory. */
int chime_request_line(const struct nlattr *nest, struct chime_line *line,
		       struct netlink_ext_ack *extack)
{
	struct nlattr *tb[TRUECHIME_LINE_A_MAX + 1];
	int ret;

	ret = nla_parse_nested(tb, TRUECHIME_LINE_A_MAX, nest, chime_request_line_policy, extack);
	if (ret)
		return ret;
	if (!tb[TRUECHIME_LINE_A_ORIGIN_NS] || !tb[TRUECHIME_LINE_A_OFFSET_NS] ||
	    !tb[TRUECHIME_LINE_A_RATE_Q32] || !tb[TRUECHIME_LINE_A_SIGMA_NS] ||
	    !tb[TRUECHIME_LINE_A_MAXERROR_NS]) {
		NL_SET_ERR_MSG_ATTR(extack, nest,
				    "a correction needs origin, offset, rate, sigma and maxerror");
		return -EINVAL;
	}
	*line = (struct chime_line){
		.origin_ns = nla_get_s64(tb[TRUECHIME_LINE_A_ORIGIN_NS]),
		.offset_ns = nla_get_s64(tb[TRUECHIME_LINE_A_OFFSET_NS]),
		.rate_q32 = nla_get_s64(tb[TRUECHIME_LINE_A_RATE_Q32]),
		.sigma_ns = nla_get_s64(tb[TRUECHIME_LINE_A_SIGMA_NS]),
		.maxerror_ns = nla_get_s64(tb[TRUECHIME_LINE_A_MAXERROR_NS]),
	};
	if (line->maxerror_ns < 0)
		line->maxerror_ns = CHIME_LINE_UNBOUNDED_NS;
	line->sigma_rate_q32 = chime_get_s64(tb[TRUECHIME_LINE_A_SIGMA_RATE_Q32], 0);
	line->maxerror_rate_q32 = chime_get_s64(tb[TRUECHIME_LINE_A_MAXERROR_RATE_Q32], 0);
	return chime_get_horizons(tb, line, extack);
}

int chime_request_jump(const struct nlattr *nest, struct chime_jump *jump,
		       struct netlink_ext_ack *extack)
{
	struct nlattr *tb[TRUECHIME_JUMP_A_MAX + 1];
	int ret;

	ret = nla_parse_nested(tb, TRUECHIME_JUMP_A_MAX, nest, chime_request_jump_policy, extack);
	if (ret)
		return ret;
	if (!tb[TRUECHIME_JUMP_A_OFFSET_NS] || !tb[TRUECHIME_JUMP_A_MAXERROR_NS] ||
	    !tb[TRUECHIME_JUMP_A_AGREED_RAW_NS]) {
		NL_SET_ERR_MSG_ATTR(extack, nest,
				    "a jump needs its offset, a bound, and the raw time of the last agreement");
		return -EINVAL;
	}
	*jump = (struct chime_jump){
		.offset_ns = nla_get_s64(tb[TRUECHIME_JUMP_A_OFFSET_NS]),
		.maxerror_ns = nla_get_s64(tb[TRUECHIME_JUMP_A_MAXERROR_NS]),
		.ok_raw_ns = nla_get_s64(tb[TRUECHIME_JUMP_A_AGREED_RAW_NS]),
	};
	return 0;
}

static int chime_get_rule(const struct nlattr *nest, struct chime_policy *policy,
			  struct netlink_ext_ack *extack)
{
	struct nlattr *tb[TRUECHIME_POLICY_A_MAX + 1];
	struct chime_rule *rule;
	u32 occasion;
	int ret;

	ret = nla_parse_nested(tb, TRUECHIME_POLICY_A_MAX, nest, chime_request_rule_policy, extack);
	if (ret)
		return ret;
	if (!tb[TRUECHIME_POLICY_A_OCCASION] || !tb[TRUECHIME_POLICY_A_DIRECTION]) {
		NL_SET_ERR_MSG_ATTR(extack, nest, "a rule needs its occasion and direction");
		return -EINVAL;
	}
	occasion = nla_get_u32(tb[TRUECHIME_POLICY_A_OCCASION]);
	policy->stated[occasion] = true;
	rule = &policy->rules[occasion][nla_get_u32(tb[TRUECHIME_POLICY_A_DIRECTION])];
	if (tb[TRUECHIME_POLICY_A_RULE])
		rule->rule = nla_get_u32(tb[TRUECHIME_POLICY_A_RULE]);
	if (tb[TRUECHIME_POLICY_A_THRESHOLD_NS])
		rule->threshold_ns = nla_get_s64(tb[TRUECHIME_POLICY_A_THRESHOLD_NS]);
	if (tb[TRUECHIME_POLICY_A_MAXIMUM_NS])
		rule->maximum_ns = nla_get_s64(tb[TRUECHIME_POLICY_A_MAXIMUM_NS]);
	return 0;
}

/* Put the rules that the request names into @policy. */
int chime_request_rules(struct genl_info *info, struct chime_policy *policy)
{
	struct nlattr *attr;
	int left, ret;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, left) {
		if (nla_type(attr) != TRUECHIME_A_POLICY)
			continue;
		ret = chime_get_rule(attr, policy, info->extack);
		if (ret)
			return ret;
	}
	return 0;
}

/* -1 withdraws the bound. 0 is refused: every clock has an error. */
static int chime_check_host_maxerror(const struct nlattr *maxerror, struct netlink_ext_ack *extack)
{
	s64 maxerror_ns = chime_get_s64(maxerror, -1);

	if (maxerror_ns == -1 || (maxerror_ns >= CHIME_HOST_MAXERROR_MIN_NS &&
				  maxerror_ns <= CHIME_HOST_MAXERROR_MAX_NS))
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, maxerror,
			    "the bound of a host's clock is 1 us to 1 h; -1 says that it is not known");
	return -ERANGE;
}

int chime_request_host(struct genl_info *info, struct chime_host_request *request)
{
	struct nlattr *name = info->attrs[TRUECHIME_A_HOST_NAME];
	struct nlattr *state = info->attrs[TRUECHIME_A_HOST_STATE];
	struct nlattr *maxerror = info->attrs[TRUECHIME_A_HOST_MAXERROR_NS];
	int ret = chime_check_host_maxerror(maxerror, info->extack);

	if (ret)
		return ret;
	if (!name && !state && !maxerror) {
		NL_SET_ERR_MSG(info->extack,
			       "the name, the state or the bound of a host clock is needed");
		return -EINVAL;
	}
	if (state && nla_get_u32(state) == TRUECHIME_HOST_FAILING) {
		NL_SET_ERR_MSG_ATTR(info->extack, state,
				    "a host can be demoted, or chosen again, but not made to fail");
		return -EINVAL;
	}
	*request = (struct chime_host_request){
		.name = name ? nla_data(name) : NULL,
		.has_state = state,
		.demoted = state && nla_get_u32(state) == TRUECHIME_HOST_DEMOTED,
		.has_maxerror = maxerror,
		.maxerror_ns = max_t(s64, chime_get_s64(maxerror, 0), 0),
	};
	return 0;
}
