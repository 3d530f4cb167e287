// SPDX-License-Identifier: GPL-2.0-only
/*
 * When the host's time is looked at: the workqueue, the timers, and CPUs that come and go.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "looks.h"

#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/sched/isolation.h>
#include <linux/smp.h>
#include <linux/time64.h>
#include <linux/timekeeping.h>
#include <linux/timer.h>

#include "chime.h"
#include "compat.h"

/**
 * struct chime_cpu_look - one CPU's busy look
 * @timer: deferrable, on this CPU
 * @work: the look, as it may sleep
 * @chime: whose
 * @cpu: which
 * @wanted: the CPU is there; written by its hotplug callbacks, read by the timer
 */
struct chime_cpu_look {
	struct timer_list timer;
	struct work_struct work;
	struct chime *chime;
	int cpu;
	bool wanted;
};

/*
 * Several busy CPUs need not all ask. After a restore this memory is as old as raw: they agree. Nor
 * need a machine be woken that looks now: put off before the look, because a witness who asks for
 * one after it must get it. Without a host it is the RTC that waits for the other timer's pace.
 */
static void chime_looks_busy_work(struct work_struct *work)
{
	struct chime *chime = container_of(work, struct chime_cpu_look, work)->chime;
	struct chime_looks *looks = &chime->looks;

	mutex_lock(&chime->lock);
	if (ktime_get_raw_ns() - looks->looked_raw_ns >= looks->recent_ns) {
		if (chime_host_is_there(&chime->host))
			mod_delayed_work(looks->queue, &looks->idle, looks->idle_jiffies);
		chime_disruption_look(chime);
		WRITE_ONCE(looks->looked_raw_ns, ktime_get_raw_ns());
	}
	mutex_unlock(&chime->lock);
}

/*
 * A CPU that was woken for an interrupt's sake and finds nothing to run sleeps on at once, and no
 * program reads a clock. Each thread costs it another wake-up, by the tick that follows: a look
 * goes along with others, and comes by itself when it has been long.
 */
static bool chime_looks_is_due(const struct chime_looks *looks)
{
	return !is_idle_task(current) || need_resched() ||
	       ktime_get_raw_ns() - READ_ONCE(looks->looked_raw_ns) >= looks->alone_ns;
}

static void chime_looks_tick(struct timer_list *timer)
{
	struct chime_cpu_look *look = container_of(timer, struct chime_cpu_look, timer);
	struct chime_looks *looks = &look->chime->looks;

	/* A timer that outlived its CPU has moved to another one. */
	if (!READ_ONCE(look->wanted) || smp_processor_id() != look->cpu)
		return;
	if (chime_looks_is_due(looks))
		queue_work_on(look->cpu, looks->queue, &look->work);
	/* A pinned timer stays on the CPU that sets it. */
	mod_timer(timer, jiffies + looks->check_jiffies);
}

static void chime_looks_idle_work(struct work_struct *work)
{
	struct chime *chime = container_of(to_delayed_work(work), struct chime, looks.idle);

	mutex_lock(&chime->lock);
	chime_disruption_look(chime);
	WRITE_ONCE(chime->looks.looked_raw_ns, ktime_get_raw_ns());
	mutex_unlock(&chime->lock);
	queue_delayed_work(chime->looks.queue, &chime->looks.idle, chime->looks.idle_jiffies);
}

/* Runs on the CPU that came, as what follows does on the one that goes. */
static int chime_looks_cpu_up(unsigned int cpu, struct hlist_node *node)
{
	struct chime_looks *looks = hlist_entry(node, struct chime_looks, hotplug);
	struct chime_cpu_look *look = per_cpu_ptr(looks->busy, cpu);

	/* Somebody wants this CPU for one thing alone. */
	if (!housekeeping_cpu(cpu, CHIME_HK_TIMER))
		return 0;
	WRITE_ONCE(look->wanted, true);
	mod_timer(&look->timer, jiffies + looks->check_jiffies);
	return 0;
}

/*
 * Not waited for: a look may be setting the system clock, for which the kernel waits until no CPU
 * comes or goes. One that is running ends on another CPU.
 */
static int chime_looks_cpu_down(unsigned int cpu, struct hlist_node *node)
{
	struct chime_looks *looks = hlist_entry(node, struct chime_looks, hotplug);
	struct chime_cpu_look *look = per_cpu_ptr(looks->busy, cpu);

	WRITE_ONCE(look->wanted, false);
	chime_timer_delete(&look->timer);
	return 0;
}

/*
 * The kernel's timers never fire early, and the later the further off they are: by up to a jiffy
 * within the next 63, by up to 8 within the next 504, and so on. @idle_check_ms is to be the
 * longest.
 */
static unsigned long chime_looks_idle_jiffies(unsigned int idle_check_ms)
{
	unsigned long delay = msecs_to_jiffies(idle_check_ms);
	unsigned long late = 1;

	while (delay >= 63 * late)
		late *= 8;
	return max(delay, late + 1) - late;
}

int chime_looks_init(struct chime *chime, unsigned int check_ms, unsigned int idle_check_ms)
{
	struct chime_looks *looks = &chime->looks;
	int cpu, ret = -ENOMEM;

	looks->check_jiffies = msecs_to_jiffies(check_ms);
	looks->idle_jiffies = chime_looks_idle_jiffies(idle_check_ms);
	looks->recent_ns = check_ms * NSEC_PER_MSEC / 2;
	looks->alone_ns = idle_check_ms * NSEC_PER_MSEC / 4;
	INIT_DELAYED_WORK(&looks->idle, chime_looks_idle_work);
	looks->queue = alloc_workqueue("truechime", WQ_HIGHPRI | CHIME_WQ_PERCPU, 0);
	if (!looks->queue)
		return -ENOMEM;
	looks->busy = alloc_percpu(struct chime_cpu_look);
	if (!looks->busy)
		goto err_destroy_queue;
	for_each_possible_cpu(cpu) {
		struct chime_cpu_look *look = per_cpu_ptr(looks->busy, cpu);

		timer_setup(&look->timer, chime_looks_tick, TIMER_DEFERRABLE | TIMER_PINNED);
		INIT_WORK(&look->work, chime_looks_busy_work);
		look->chime = chime;
		look->cpu = cpu;
	}
	ret = cpuhp_setup_state_multi(CPUHP_AP_ONLINE_DYN, "truechime:online", chime_looks_cpu_up,
				      chime_looks_cpu_down);
	if (ret < 0)
		goto err_free_busy;
	looks->hotplug_state = ret;
	return 0;

err_free_busy:
	free_percpu(looks->busy);
err_destroy_queue:
	destroy_workqueue(looks->queue);
	return ret;
}

void chime_looks_start(struct chime *chime)
{
	struct chime_looks *looks = &chime->looks;
	int ret;

	queue_delayed_work(looks->queue, &looks->idle, looks->idle_jiffies);
	ret = cpuhp_state_add_instance(looks->hotplug_state, &looks->hotplug);
	if (ret)
		pr_warn("CPUs cannot be followed (error %d): looking every %u ms only\n", ret,
			jiffies_to_msecs(looks->idle_jiffies));
}

void chime_looks_stop(struct chime *chime)
{
	struct chime_looks *looks = &chime->looks;
	int cpu;

	/* Runs chime_looks_cpu_down() on each CPU: nothing is queued anew. */
	cpuhp_state_remove_instance(looks->hotplug_state, &looks->hotplug);
	for_each_possible_cpu(cpu) {
		struct chime_cpu_look *look = per_cpu_ptr(looks->busy, cpu);

		chime_timer_delete_sync(&look->timer);
		cancel_work_sync(&look->work);
	}
	cancel_delayed_work_sync(&looks->idle);
}

void chime_looks_exit(struct chime *chime)
{
	cpuhp_remove_multi_state(chime->looks.hotplug_state);
	free_percpu(chime->looks.busy);
	destroy_workqueue(chime->looks.queue);
}

void chime_looks_now(struct chime *chime)
{
	mod_delayed_work(chime->looks.queue, &chime->looks.idle, 0);
}
