/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Answers of the generic netlink family: the module's state, written into messages as attributes.
 * Each function returns true if the message is full; part of the answer is written then.
 */
#ifndef CHIME_NETLINK_ANSWER_H
#define CHIME_NETLINK_ANSWER_H

#include <linux/skbuff.h>

#include "chime.h"

/* One attribute of 64 bits, aligned. */
bool chime_put_s64(struct sk_buff *skb, int attribute, s64 value);

/* The answer to NOW. */
bool chime_put_now(struct sk_buff *skb, const struct chime_status *status);

/* The answer to STATUS. */
bool chime_put_status(struct sk_buff *skb, const struct chime_status *status);

/* The answer to POLICY_GET. */
bool chime_put_policy(struct sk_buff *skb, const struct chime_policy *policy,
		      enum truechime_rtc rtc);

/* One event, dumped or notified. */
bool chime_put_event(struct sk_buff *skb, const struct chime_event *event);

#endif /* CHIME_NETLINK_ANSWER_H */
