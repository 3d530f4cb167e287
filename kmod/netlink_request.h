/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests of the generic netlink family: what is nested in them, as values. Each function returns
 * 0 or -errno, whose reason it has put where the caller says.
 */
#ifndef CHIME_NETLINK_REQUEST_H
#define CHIME_NETLINK_REQUEST_H

#include <linux/truechime.h>
#include <net/genetlink.h>
#include <net/netlink.h>

#include "chime.h"
#include "control.h"

extern const struct nla_policy chime_request_line_policy[TRUECHIME_LINE_A_MAX + 1];
extern const struct nla_policy chime_request_jump_policy[TRUECHIME_JUMP_A_MAX + 1];
extern const struct nla_policy chime_request_rule_policy[TRUECHIME_POLICY_A_MAX + 1];

/* The correction in @nest. All attributes but the growth rates and the horizons are mandatory. */
int chime_request_line(const struct nlattr *nest, struct chime_line *line,
		       struct netlink_ext_ack *extack);

/* The jump that sources have found, in @nest. */
int chime_request_jump(const struct nlattr *nest, struct chime_jump *jump,
		       struct netlink_ext_ack *extack);

/* Put the rules that the request names into @policy. */
int chime_request_rules(struct genl_info *info, struct chime_policy *policy);

/* What HOST_SET asks for. @request->name is part of the message. */
int chime_request_host(struct genl_info *info, struct chime_host_request *request);

#endif /* CHIME_NETLINK_REQUEST_H */
