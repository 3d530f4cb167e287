/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When the host's time is checked: often while a CPU is busy, seldom while all are idle, and at
 * once when a witness asks for it, a busy CPU sees that memory has changed, or its timer reads the
 * host and the reading is off the line. disruption.c carries the check out.
 */
#ifndef CHIME_CHECKS_H
#define CHIME_CHECKS_H

#include <linux/atomic.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/notifier.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "core/pace.h"

struct chime;
struct chime_cpu_check;

/**
 * struct chime_checks - the timers
 * @queue: the workqueue of the checks: process context, ahead of ordinary work, on the CPU that
 *	asks
 * @anywhere: the workqueue of what takes long on whichever CPU: readings of the RTC
 * @thread: carries out the checks that no CPU in particular is to: of a real-time class
 * @busy: one timer for each CPU, which runs at each tick while anything runs there. It does not
 *	wake the CPU, and a busy CPU must not depend on the timer of one that sleeps
 * @idle: a check by @thread: after so long without a check, or a reading of the RTC, even if that
 *	wakes the machine, or at once
 * @idle_jiffies: the maximum interval between checks ...
 * @rtc_jiffies: ... and that between readings of the RTC, where these are all that there is
 * @pace: how often CPUs read the host and ask for a check
 * @cost_ns: what a reading in a timer costs; 0: not known. Written by timers, read by all
 * @read_raw_ns: raw time at which a reading was taken last, by chime_pace_counts_as(), or a check
 *	was asked for or carried out; atomic
 * @asked_raw_ns: raw time at which a check was asked for last, or carried out; atomic
 * @moved_raw_ns: raw time at which one was asked for last because memory had changed; atomic
 * @kernel_tick: at each tick of the CPU that keeps the kernel's time, also while its timers do not
 *	run
 * @hotplug: this instance among those of @hotplug_state
 * @hotplug_state: the CPU hotplug state
 * @follows_cpus: the instance was added
 */
struct chime_checks {
	struct workqueue_struct *queue;
	struct workqueue_struct *anywhere;
	struct kthread_worker *thread;
	struct chime_cpu_check __percpu *busy;
	struct kthread_delayed_work idle;
	unsigned long idle_jiffies;
	unsigned long rtc_jiffies;
	struct chime_pace pace;
	s64 cost_ns;
	atomic64_t read_raw_ns;
	atomic64_t asked_raw_ns;
	atomic64_t moved_raw_ns;
	struct notifier_block kernel_tick;
	struct hlist_node hotplug;
	int hotplug_state;
	bool follows_cpus;
};

/* Prepare; nothing runs yet. @check_ms 0: by cost. 0 or -errno. Context: process. */
int chime_checks_init(struct chime *chime, unsigned int check_ms, unsigned int idle_check_ms);

/* Start the checks of an idle machine, and those at once. Context: process, lock not held. */
void chime_checks_start(struct chime *chime);

/*
 * Start the timers of busy CPUs, which read what the witnesses have opened. Context: process, lock
 * not held.
 */
void chime_checks_start_busy(struct chime *chime);

/* Stop them: no timer reads anything afterwards. Context: process, lock not held. */
void chime_checks_stop_busy(struct chime *chime);

/*
 * Stop the others, when no witness asks for one any more: no check runs or is queued afterwards.
 * Context: process, lock not held.
 */
void chime_checks_stop(struct chime *chime);

/* Undo chime_checks_init(). */
void chime_checks_exit(struct chime *chime);

/* Check at once. Any context, between start and stop. */
void chime_checks_now(struct chime *chime);

/*
 * The same, if a hypervisor has changed memory since the latest check. Any context, between start
 * and stop.
 */
void chime_checks_now_if_moved(struct chime *chime);

#endif /* CHIME_CHECKS_H */
