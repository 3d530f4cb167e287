/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When the host's time is checked: often where a CPU is busy, seldom where all are idle, at once
 * when a witness asks for it. What a check does is disruption.c's.
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
 * @queue: where checks run: process context, before ordinary work
 * @busy: one check a CPU, which comes round each @check_jiffies while anything runs there but does
 *	not wake the CPU: the one that is busy must not depend on another that sleeps
 * @idle: comes when there was no check for @idle_jiffies, come what may
 * @check_jiffies: period of @busy
 * @idle_jiffies: the longest from one check to the next
 * @recent_ns: a busy check is left out so soon after another
 * @alone_ns: one comes along with any wake-up so long after another
 * @checked_raw_ns: the latest check, by raw; written under the module's lock
 * @hotplug: this instance among those of @hotplug_state
 * @hotplug_state: CPUs coming and going
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

/* Check from now on. Context: process, lock not held. */
void chime_checks_start(struct chime *chime);

/* No check runs or comes any more. Context: process, lock not held. */
void chime_checks_stop(struct chime *chime);

/* Undo chime_checks_init(). */
void chime_checks_exit(struct chime *chime);

/* Check at once. Any context, between start and stop. */
void chime_checks_now(struct chime *chime);

#endif /* CHIME_CHECKS_H */
