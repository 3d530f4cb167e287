/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between guest_module.c and guest_link.c: the module's instance and what it has notified.
 */
#ifndef ADVERSARY_GUEST_MODULE_H
#define ADVERSARY_GUEST_MODULE_H

#include "kmod/chime.h"

#define MODULE_NOTICES_MAX	64

/**
 * struct module - what the module's edges remember
 * @chime: the instance; NULL: it is not loaded
 * @next_check_ns: raw instant
 * @settings: of kvm-clock that it has seen
 * @genid: that it has seen
 * @suspend: told of suspends
 * @notices: events that the daemon has not read
 * @notice_count: how many
 */
struct module {
	struct chime *chime;
	s64 next_check_ns;
	unsigned int settings;
	unsigned int genid;
	struct notifier_block *suspend;
	struct chime_event notices[MODULE_NOTICES_MAX];
	int notice_count;
};

extern struct module module;

#endif /* ADVERSARY_GUEST_MODULE_H */
