/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When the host's time is looked at: often where a CPU is busy, seldom where all are idle, at once
 * when a witness asks for it. What a look does is disruption.c's.
 */
#ifndef CHIME_LOOKS_H
#define CHIME_LOOKS_H

#include <linux/list.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct chime;
struct chime_cpu_look;

/**
 * struct chime_looks - the timers
 * @queue: where looks run: process context, before ordinary work
 * @busy: one look a CPU, which comes round each @check_jiffies while anything runs there but does
 *	not wake the CPU: the one that is busy must not depend on another that sleeps
 * @idle: comes when there was no look for @idle_jiffies, come what may
 * @check_jiffies: period of @busy
 * @idle_jiffies: the longest from one look to the next
 * @recent_ns: a busy look is left out so soon after another
 * @alone_ns: one comes along with any wake-up so long after another
 * @looked_raw_ns: the latest look, by raw; written under the module's lock
 * @hotplug: this instance among those of @hotplug_state
 * @hotplug_state: CPUs coming and going
 */
struct chime_looks {
	struct workqueue_struct *queue;
	struct chime_cpu_look __percpu *busy;
	struct delayed_work idle;
	unsigned long check_jiffies;
	unsigned long idle_jiffies;
	s64 recent_ns;
	s64 alone_ns;
	s64 looked_raw_ns;
	struct hlist_node hotplug;
	int hotplug_state;
};

/* Prepare; nothing runs yet. 0 or -errno. Context: process. */
int chime_looks_init(struct chime *chime, unsigned int check_ms, unsigned int idle_check_ms);

/* Look from now on. Context: process, lock not held. */
void chime_looks_start(struct chime *chime);

/* No look runs or comes any more. Context: process, lock not held. */
void chime_looks_stop(struct chime *chime);

/* Undo chime_looks_init(). */
void chime_looks_exit(struct chime *chime);

/* Look at once. Any context, between start and stop. */
void chime_looks_now(struct chime *chime);

#endif /* CHIME_LOOKS_H */
