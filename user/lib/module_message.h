/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The attributes of the truechime family, to structures and back. Pure: no socket. The kernel's
 * values are trusted, its lengths are checked; a message without a required attribute is -EPROTO:
 * the module is of another version.
 */
#ifndef LIB_MODULE_MESSAGE_H
#define LIB_MODULE_MESSAGE_H

#include "lib/module_link.h"

struct nlattr;
struct nl_msg;

/* Parse the attributes at @head, @length bytes of them. 0, -EPROTO. */
int module_message_now(const struct nlattr *head, int length, struct module_now *now);
int module_message_status(const struct nlattr *head, int length, struct module_status *status);
int module_message_host(const struct nlattr *head, int length, struct module_host *host);
int module_message_event(const struct nlattr *head, int length, struct module_event *event);

/* All rules of a message; those beyond @max are dropped. */
int module_message_policy(const struct nlattr *head, int length, struct module_rule *rules, int max,
			  int *count);
int module_message_rtc(const struct nlattr *head, int length, enum truechime_rtc *rtc);

/* Append to @msg. 0, -EMSGSIZE. */
int module_message_put_correction(struct nl_msg *msg, const struct chime_line *correction,
				  enum truechime_reference reference, uint32_t epoch, bool jump);
int module_message_put_rule(struct nl_msg *msg, const struct module_rule *rule);
int module_message_put_jump(struct nl_msg *msg, const struct module_jump *jump, uint32_t epoch);

/*
 * The kernel's text of a refusal: the payload of an NLMSG_ERROR, after its struct nlmsgerr, as
 * TLVs. Copies NLMSGERR_ATTR_MSG, "" if there is none.
 */
void module_message_extack(const struct nlattr *head, int length, char *text, int size);

#endif /* LIB_MODULE_MESSAGE_H */
