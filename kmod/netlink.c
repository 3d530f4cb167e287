// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic netlink family: its commands and notifications. What is nested in a request is read
 * by netlink_request.c, what is in an answer is written by netlink_answer.c.
 */
#include "netlink.h"

#include <linux/capability.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/module.h>
#include <linux/truechime.h>
#include <net/genetlink.h>
#include <net/netlink.h>

#include "chime.h"
#include "compat.h"
#include "control.h"
#include "netlink_answer.h"
#include "netlink_request.h"

/* Generic netlink hands no private pointer to its callbacks. Set while the family exists. */
static struct chime *chime_instance;

/*
 * Events may be sent: adjustments of the PTP clock may find some before the family is registered,
 * and after it is not any more. Under the module's lock.
 */
static bool chime_family_ready;

static struct genl_family chime_family;

#define CHIME_AWAITS_HOST \
	"time was just disrupted, and the host's clock has not said yet by how much: ask again in two seconds"

/* --- attribute policies --- */

static const struct nla_policy chime_correction_policy[TRUECHIME_A_MAX + 1] = {
	[TRUECHIME_A_CORRECTION] = NLA_POLICY_NESTED(chime_request_line_policy),
	[TRUECHIME_A_EPOCH] = { .type = NLA_U32 },
	[TRUECHIME_A_REFERENCE] = NLA_POLICY_MAX(NLA_U32, TRUECHIME_REFERENCE_HOST),
	[TRUECHIME_A_JUMP] = { .type = NLA_FLAG },
};

static const struct nla_policy chime_step_policy[TRUECHIME_A_MAX + 1] = {
	[TRUECHIME_A_OCCASION] = NLA_POLICY_MAX(NLA_U32, TRUECHIME_OCCASION_OPERATOR),
};

static const struct nla_policy chime_disrupted_policy[TRUECHIME_A_MAX + 1] = {
	[TRUECHIME_A_EPOCH] = { .type = NLA_U32 },
	[TRUECHIME_A_SOURCES_JUMP] = NLA_POLICY_NESTED(chime_request_jump_policy),
};

static const struct nla_policy chime_adjust_policy[TRUECHIME_A_MAX + 1] = {
	[TRUECHIME_A_ADJUST_NS] = { .type = NLA_S64 },
};

static const struct nla_policy chime_rules_policy[TRUECHIME_A_MAX + 1] = {
	[TRUECHIME_A_POLICY] = NLA_POLICY_NESTED(chime_request_rule_policy),
	[TRUECHIME_A_RTC] = NLA_POLICY_MAX(NLA_U32, TRUECHIME_RTC_TRUST),
};

static const struct nla_policy chime_mode_policy[TRUECHIME_A_MAX + 1] = {
	[TRUECHIME_A_MODE] = NLA_POLICY_MAX(NLA_U32, TRUECHIME_MODE_EXTERNAL),
};

static const struct nla_policy chime_host_policy[TRUECHIME_A_MAX + 1] = {
	[TRUECHIME_A_HOST_NAME] = { .type = NLA_NUL_STRING, .len = 15 },
	[TRUECHIME_A_HOST_STATE] = NLA_POLICY_RANGE(NLA_U32, TRUECHIME_HOST_CHOSEN,
						     TRUECHIME_HOST_DEMOTED),
	[TRUECHIME_A_HOST_MAXERROR_NS] = NLA_POLICY_MIN(NLA_S64, -1),
};

/* Commands that take nothing. */
static const struct nla_policy chime_no_policy[TRUECHIME_A_MAX + 1] = { };

/* The sender's capability, not current's, in the initial user namespace: the clock is global. */
static int chime_netlink_may_change(struct sk_buff *skb, struct genl_info *info)
{
	if (netlink_capable(skb, CAP_SYS_TIME))
		return 0;
	NL_SET_ERR_MSG(info->extack,
		       "changing the clock needs CAP_SYS_TIME in the initial user namespace: try as root");
	return -EPERM;
}

/* --- answers --- */

static struct sk_buff *chime_answer_begin(struct genl_info *info, u8 command, void **header)
{
	struct sk_buff *skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);

	if (!skb)
		return NULL;
	*header = genlmsg_put_reply(skb, info, &chime_family, 0, command);
	if (*header)
		return skb;
	nlmsg_free(skb);
	return NULL;
}

static int chime_answer_end(struct sk_buff *skb, struct genl_info *info, void *header, bool full)
{
	if (full) {
		nlmsg_free(skb);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, header);
	return genlmsg_reply(skb, info);
}

/* --- requests --- */

static int chime_do_status(struct sk_buff *request, struct genl_info *info)
{
	struct chime_status status;
	struct sk_buff *skb;
	void *header;

	skb = chime_answer_begin(info, TRUECHIME_CMD_STATUS, &header);
	if (!skb)
		return -ENOMEM;
	chime_status_read(chime_instance, &status);
	return chime_answer_end(skb, info, header, chime_put_status(skb, &status));
}

static int chime_do_now(struct sk_buff *request, struct genl_info *info)
{
	struct chime_status status;
	struct sk_buff *skb;
	void *header;

	skb = chime_answer_begin(info, TRUECHIME_CMD_NOW, &header);
	if (!skb)
		return -ENOMEM;
	/* A check may step the clock, and costs a hypercall: only for privileged senders. */
	if (netlink_capable(request, CAP_SYS_TIME))
		chime_control_now(chime_instance, &status);
	else
		chime_status_read(chime_instance, &status);
	return chime_answer_end(skb, info, header, chime_put_now(skb, &status));
}

static int chime_do_correction(struct sk_buff *request, struct genl_info *info)
{
	struct nlattr *nest = info->attrs[TRUECHIME_A_CORRECTION];
	struct nlattr *epoch = info->attrs[TRUECHIME_A_EPOCH];
	struct nlattr *reference = info->attrs[TRUECHIME_A_REFERENCE];
	struct chime_line correction;
	struct chime_status status;
	struct sk_buff *skb;
	void *header;
	int ret = chime_netlink_may_change(request, info);

	if (ret)
		return ret;
	if (!nest || !epoch) {
		NL_SET_ERR_MSG(info->extack,
			       "a correction and the epoch that it was measured in are needed");
		return -EINVAL;
	}
	ret = chime_request_line(nest, &correction, info->extack);
	if (ret)
		return ret;
	/* Allocate the answer first: a request that fails must not change anything. */
	skb = chime_answer_begin(info, TRUECHIME_CMD_CORRECTION, &header);
	if (!skb)
		return -ENOMEM;
	ret = chime_control_correct(chime_instance, &correction, nla_get_u32(epoch),
				    reference ? (int)nla_get_u32(reference) : -1,
				    nla_get_flag(info->attrs[TRUECHIME_A_JUMP]));
	if (!ret) {
		chime_control_reading(chime_instance, &status);
		return chime_answer_end(skb, info, header, chime_put_now(skb, &status));
	}
	nlmsg_free(skb);
	if (ret == -ESTALE)
		NL_SET_ERR_MSG_ATTR(info->extack, epoch,
				    "the reference has changed since the correction was measured: measure again");
	else if (ret == -EAGAIN)
		NL_SET_ERR_MSG(info->extack, CHIME_AWAITS_HOST);
	else
		NL_SET_ERR_MSG_ATTR(info->extack, nest,
				    "the correction is no valid line: a rate or an error is out of range");
	return ret;
}

static int chime_do_step(struct sk_buff *request, struct genl_info *info)
{
	struct nlattr *occasion = info->attrs[TRUECHIME_A_OCCASION];
	int ret = chime_netlink_may_change(request, info);

	if (ret)
		return ret;
	ret = chime_control_step(chime_instance, occasion ? nla_get_u32(occasion) :
							     TRUECHIME_OCCASION_OPERATOR);
	switch (ret) {
	case -ENODATA:
		NL_SET_ERR_MSG(info->extack,
			       "neither host time nor a correction is known: nothing to step to");
		break;
	case -EBUSY:
		NL_SET_ERR_MSG(info->extack,
			       "mode external is in force: other programs set the timescale and steer the system clock");
		break;
	case -EAGAIN:
		NL_SET_ERR_MSG(info->extack, CHIME_AWAITS_HOST);
		break;
	case -EPERM:
		NL_SET_ERR_MSG(info->extack, "the step policy forbids this step");
		break;
	case -ERANGE:
		NL_SET_ERR_MSG(info->extack,
			       "the timescale shows a date before the module was released: the host's clock or the correction is wrong");
		break;
	case -EIO:
		NL_SET_ERR_MSG(info->extack, "the kernel refused to set the system clock");
		break;
	}
	return ret;
}

static int chime_do_adjust(struct sk_buff *request, struct genl_info *info)
{
	struct nlattr *offset = info->attrs[TRUECHIME_A_ADJUST_NS];
	int ret = chime_netlink_may_change(request, info);

	if (ret)
		return ret;
	if (!offset) {
		NL_SET_ERR_MSG(info->extack, "what to add to the timescale is not given");
		return -EINVAL;
	}
	ret = chime_control_add_offset(chime_instance, nla_get_s64(offset));
	if (ret == -EAGAIN)
		NL_SET_ERR_MSG(info->extack, CHIME_AWAITS_HOST);
	else if (ret)
		NL_SET_ERR_MSG_ATTR(info->extack, offset,
				    "the timescale takes offsets in mode external only");
	return ret;
}

static int chime_do_disrupted(struct sk_buff *request, struct genl_info *info)
{
	struct nlattr *nest = info->attrs[TRUECHIME_A_SOURCES_JUMP];
	struct nlattr *epoch = info->attrs[TRUECHIME_A_EPOCH];
	struct chime_jump jump;
	int ret = chime_netlink_may_change(request, info);

	if (ret)
		return ret;
	if (!nest || !epoch) {
		NL_SET_ERR_MSG(info->extack,
			       "a jump and the epoch that it was measured in are needed");
		return -EINVAL;
	}
	ret = chime_request_jump(nest, &jump, info->extack);
	if (ret)
		return ret;
	ret = chime_control_disrupted(chime_instance, nla_get_u32(epoch), &jump);
	switch (ret) {
	case -ESTALE:
		NL_SET_ERR_MSG_ATTR(info->extack, epoch,
				    "the reference has changed since the jump was measured: measure again");
		break;
	case -EAGAIN:
		NL_SET_ERR_MSG(info->extack, CHIME_AWAITS_HOST);
		break;
	case -EBUSY:
		NL_SET_ERR_MSG(info->extack,
			       "the host's clock is the reference, or mode external is in force: sources cannot report a disruption");
		break;
	case -ENODATA:
		NL_SET_ERR_MSG(info->extack,
			       "no correction is set, so sources cannot report a disruption");
		break;
	}
	return ret;
}

static int chime_do_policy_get(struct sk_buff *request, struct genl_info *info)
{
	struct chime_policy policy;
	enum truechime_rtc rtc;
	struct sk_buff *skb;
	void *header;

	skb = chime_answer_begin(info, TRUECHIME_CMD_POLICY_GET, &header);
	if (!skb)
		return -ENOMEM;
	chime_status_read_policy(chime_instance, &policy, &rtc);
	return chime_answer_end(skb, info, header, chime_put_policy(skb, &policy, rtc));
}

static int chime_do_policy_set(struct sk_buff *request, struct genl_info *info)
{
	struct nlattr *rtc = info->attrs[TRUECHIME_A_RTC];
	struct chime *chime = chime_instance;
	struct chime_policy policy;
	int ret = chime_netlink_may_change(request, info);

	if (ret)
		return ret;
	if (!info->attrs[TRUECHIME_A_POLICY] && !rtc) {
		NL_SET_ERR_MSG(info->extack, "no rule is given");
		return -EINVAL;
	}
	if (rtc && !chime_rtc_supports(nla_get_u32(rtc))) {
		NL_SET_ERR_MSG_ATTR(info->extack, rtc,
				    "this kernel has no RTCs (CONFIG_RTC_CLASS), so that none can be trusted");
		return -EOPNOTSUPP;
	}
	/* Change a copy: either all rules are set, or none. */
	rt_mutex_lock(&chime->lock);
	policy = chime->policy;
	ret = chime_request_rules(info, &policy);
	if (!ret)
		chime->policy = policy;
	if (!ret && rtc)
		chime_rtc_set_policy(chime, nla_get_u32(rtc));
	chime_unlock(chime);
	return ret;
}

static int chime_do_mode(struct sk_buff *request, struct genl_info *info)
{
	struct nlattr *mode = info->attrs[TRUECHIME_A_MODE];
	int ret = chime_netlink_may_change(request, info);

	if (ret)
		return ret;
	if (!mode) {
		NL_SET_ERR_MSG(info->extack, "no mode is given");
		return -EINVAL;
	}
	chime_control_set_mode(chime_instance, nla_get_u32(mode));
	return 0;
}

static int chime_do_host_set(struct sk_buff *request, struct genl_info *info)
{
	struct chime_host_request wanted;
	int ret = chime_netlink_may_change(request, info);

	if (!ret)
		ret = chime_request_host(info, &wanted);
	if (ret)
		return ret;
	ret = chime_control_set_host(chime_instance, &wanted);
	switch (ret) {
	case -ENOENT:
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[TRUECHIME_A_HOST_NAME],
				    "no host clock has this name");
		break;
	case -ENODEV:
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[TRUECHIME_A_HOST_NAME],
				    "this machine does not offer this host clock");
		break;
	case -ENODATA:
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[TRUECHIME_A_HOST_STATE],
				    "no host clock is chosen");
		return -ENODEV;
	}
	return ret;
}

static int chime_do_reset(struct sk_buff *request, struct genl_info *info)
{
	int ret = chime_netlink_may_change(request, info);

	if (!ret)
		chime_control_reset(chime_instance);
	return ret;
}

static int chime_dump_hosts(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct chime_host_info host;
	void *header;

	/* Not 0, which is "not consistent with anything yet". */
	cb->seq = chime_status_host_changes(chime_instance) + 1;
	for (; chime_status_read_host(chime_instance, cb->args[0], &host); cb->args[0]++) {
		header = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				     &chime_family, NLM_F_MULTI, TRUECHIME_CMD_HOST_LIST);
		if (!header)
			break;
		genl_dump_check_consistent(cb, header);
		if (nla_put_string(skb, TRUECHIME_A_HOST_NAME, host.name) ||
		    nla_put_u32(skb, TRUECHIME_A_HOST_STATE, host.state) ||
		    nla_put_u32(skb, TRUECHIME_A_HOST_EXACT, host.exact) ||
		    chime_put_s64(skb, TRUECHIME_A_UNCERTAINTY_NS, host.uncertainty_ns)) {
			genlmsg_cancel(skb, header);
			break;
		}
		genlmsg_end(skb, header);
	}
	return skb->len;
}

static int chime_dump_events(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct chime_event event;
	void *header;

	/* An event that comes amid the dump may push out one that was not read yet. */
	cb->seq = chime_events_count(&chime_instance->events) + 1;
	while (chime_events_next(&chime_instance->events, cb->args[0], &event)) {
		header = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				     &chime_family, NLM_F_MULTI, TRUECHIME_CMD_EVENT);
		if (!header)
			break;
		genl_dump_check_consistent(cb, header);
		if (chime_put_event(skb, &event)) {
			genlmsg_cancel(skb, header);
			break;
		}
		genlmsg_end(skb, header);
		cb->args[0] = (long)event.sequence + 1;
	}
	return skb->len;
}

void chime_netlink_notify(const struct chime_event *event)
{
	struct sk_buff *skb;
	void *header;

	if (!chime_family_ready)
		return;
	lockdep_assert_held(&chime_instance->lock);
	/* On failure nothing is lost: listeners can dump the history. */
	skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!skb)
		return;
	header = genlmsg_put(skb, 0, 0, &chime_family, 0, TRUECHIME_CMD_EVENT_NTF);
	if (!header || chime_put_event(skb, event)) {
		nlmsg_free(skb);
		return;
	}
	genlmsg_end(skb, header);
	/* -ESRCH: nobody listens. */
	genlmsg_multicast_netns(&chime_family, &init_net, skb, 0, 0, GFP_KERNEL);
}

/* --- the family --- */

#define CHIME_OP(command, attributes, function)						\
	{ .cmd = TRUECHIME_CMD_##command, .policy = (attributes),			\
	  .maxattr = TRUECHIME_A_MAX, .doit = (function) }
#define CHIME_DUMP(command, function)							\
	{ .cmd = TRUECHIME_CMD_##command, .policy = chime_no_policy,			\
	  .maxattr = TRUECHIME_A_MAX, .dumpit = (function) }

static const struct genl_ops chime_ops[] = {
	CHIME_OP(STATUS, chime_no_policy, chime_do_status),
	CHIME_OP(NOW, chime_no_policy, chime_do_now),
	CHIME_OP(CORRECTION, chime_correction_policy, chime_do_correction),
	CHIME_OP(STEP, chime_step_policy, chime_do_step),
	CHIME_OP(POLICY_GET, chime_no_policy, chime_do_policy_get),
	CHIME_OP(POLICY_SET, chime_rules_policy, chime_do_policy_set),
	CHIME_OP(MODE, chime_mode_policy, chime_do_mode),
	CHIME_DUMP(HOST_LIST, chime_dump_hosts),
	CHIME_OP(HOST_SET, chime_host_policy, chime_do_host_set),
	CHIME_DUMP(EVENT, chime_dump_events),
	CHIME_OP(RESET, chime_no_policy, chime_do_reset),
	CHIME_OP(DISRUPTED, chime_disrupted_policy, chime_do_disrupted),
	CHIME_OP(ADJUST, chime_adjust_policy, chime_do_adjust),
};

static const struct genl_multicast_group chime_groups[] = {
	{ .name = TRUECHIME_MCGRP_EVENTS },
};

static struct genl_family chime_family __ro_after_init = {
	.name = TRUECHIME_GENL_NAME,
	.version = TRUECHIME_GENL_VERSION,
	.module = THIS_MODULE,
	.maxattr = TRUECHIME_A_MAX,
	.ops = chime_ops,
	.n_ops = ARRAY_SIZE(chime_ops),
	.mcgrps = chime_groups,
	.n_mcgrps = ARRAY_SIZE(chime_groups),
	/* The module's own locks are enough: do not hold up other families. */
	.parallel_ops = true,
};

static void chime_netlink_set_ready(bool ready)
{
	rt_mutex_lock(&chime_instance->lock);
	chime_family_ready = ready;
	rt_mutex_unlock(&chime_instance->lock);
}

int chime_netlink_register(struct chime *chime)
{
	int ret;

	chime_instance = chime;
	ret = genl_register_family(&chime_family);
	if (ret)
		chime_instance = NULL;
	else
		chime_netlink_set_ready(true);
	return ret;
}

void chime_netlink_unregister(void)
{
	chime_netlink_set_ready(false);
	genl_unregister_family(&chime_family);
	chime_instance = NULL;
}
