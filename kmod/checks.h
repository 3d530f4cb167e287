/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When the host's time is checked: often while a CPU is busy, seldom while all are idle, and at
 * once when a witness asks for it. disruption.c carries the check out.
 */
#ifndef CHIME_CHECKS_H
#define CHIME_CHECKS_H

#include <linux/list.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct chime;
struct chime_cpu_check;

/**
 * struct chime_checks - the timers
 * @queue: the workqueue of the checks: process context, ahead of ordinary work
 * @busy: one check for each CPU, every @check_jiffies while anything runs there. It does not wake
 *	the CPU, and a busy CPU must not depend on the timer of one that sleeps
 * @idle: runs after @idle_jiffies without a check, even if that wakes the machine
 * @check_jiffies: period of @busy
 * @idle_jiffies: the maximum interval between checks
 * @recent_ns: a busy check is skipped within this time after another check
 * @alone_ns: after this time without a check, any wake-up runs one
 * @checked_raw_ns: raw time of the latest check; written under the module's lock
 * @hotplug: this instance among those of @hotplug_state
 * @hotplug_state: the CPU hotplug state
 */
struct chime_checks {
	struct workqueue_struct *queue;
	struct chime_cpu_check __percpu *busy;
	struct delayed_work idle;
	unsigned long check_jiffies;
	unsigned long idle_jiffies;
	s64 recent_ns;
	s64 alone_ns;
	s64 checked_raw_ns;
	struct hlist_node hotplug;
	int hotplug_state;
};

/* Prepare; nothing runs yet. 0 or -errno. Context: process. */
int chime_checks_init(struct chime *chime, unsigned int check_ms, unsigned int idle_check_ms);

/* Start the timers. Context: process, lock not held. */
void chime_checks_start(struct chime *chime);

/* Stop: no check runs or is queued afterwards. Context: process, lock not held. */
void chime_checks_stop(struct chime *chime);

/* Undo chime_checks_init(). */
void chime_checks_exit(struct chime *chime);

/* Check at once. Any context, between start and stop. */
void chime_checks_now(struct chime *chime);

#endif /* CHIME_CHECKS_H */
