/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A stand-in for the module, for verbs that ask it and change nothing.
 */
#ifndef UNIT_CLI_FAKE_MODULE_H
#define UNIT_CLI_FAKE_MODULE_H

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "user/lib/module_link.h"

/**
 * fake_module - what it is like
 * @is_there: it is loaded
 * @status: what it says of itself
 * @rules: of its policy ...
 * @rule_count: ... how many
 * @rtc: of its policy
 */
static struct {
	bool is_there;
	struct module_status status;
	struct module_rule rules[2];
	int rule_count;
	enum truechime_rtc rtc;
} fake_module;

int module_link_open(struct module_link **link)
{
	*link = NULL;

	return fake_module.is_there ? 0 : -ENOENT;
}

void module_link_close(struct module_link *link)
{
	(void)link;
}

int module_link_status(struct module_link *link, struct module_status *status)
{
	(void)link;
	*status = fake_module.status;

	return 0;
}

int module_link_get_policy(struct module_link *link, struct module_rule *rules, int max, int *count,
			   enum truechime_rtc *rtc)
{
	(void)link;
	if (max < fake_module.rule_count)
		return -ENOBUFS;
	memcpy(rules, fake_module.rules, sizeof(*rules) * (size_t)fake_module.rule_count);
	*count = fake_module.rule_count;
	*rtc = fake_module.rtc;

	return 0;
}

#endif /* UNIT_CLI_FAKE_MODULE_H */
