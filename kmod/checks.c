// SPDX-License-Identifier: GPL-2.0-only
/*
 * When the host's time is checked: the workqueue, the timers, and CPU hotplug.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "checks.h"

#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/err.h>
#include <linux/irq_work.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/minmax.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/pvclock_gtod.h>
#include <linux/sched.h>
#include <linux/sched/isolation.h>
#include <linux/sched/rt.h>
#include <linux/sched/stat.h>
#include <linux/smp.h>
#include <linux/time64.h>
#include <linux/timekeeping.h>
#include <linux/timer.h>

#include "chime.h"
#include "compat.h"
#include "thread.h"

/* A timer that is later than this has not run for a tick or more. */
#define LATE_JIFFIES	1

/**
 * struct chime_cpu_check - one CPU's busy check
 * @timer: deferrable, on this CPU
 * @work: the check, as it may sleep, on this CPU
 * @late: in place of a timer that does not run when it is time, on this CPU
 * @chime: the module's state
 * @cpu: the CPU's number
 * @wanted: the CPU is online; written by its hotplug callbacks, read by the timer
 */
struct chime_cpu_check {
	struct timer_list timer;
	struct work_struct work;
	struct irq_work late;
	struct chime *chime;
	int cpu;
	bool wanted;
};

/* How long the idle check may wait. Lock held. */
static unsigned long chime_checks_pause(const struct chime *chime)
{
	lockdep_assert_held(&chime->lock);
	return chime_host_is_there(&chime->host) ? chime->checks.idle_jiffies :
						   chime->checks.rtc_jiffies;
}

/*
 * If the lock is not free, another CPU is checking, or a request is carried out: the thread waits
 * for that, and checks after it. The idle check is not needed soon after this one: postpone it
 * before the check, so that a witness that asks for a check afterwards gets one. Without a host
 * clock only a check that reads the RTC is as good: it sets the pace of the RTC's readings.
 */
static void chime_checks_busy_work(struct work_struct *work)
{
	struct chime *chime = container_of(work, struct chime_cpu_check, work)->chime;
	struct chime_checks *checks = &chime->checks;

	if (!rt_mutex_trylock(&chime->lock)) {
		chime_checks_now(chime);
		return;
	}
	if (chime_host_is_there(&chime->host) || chime_rtc_is_due(chime))
		kthread_mod_delayed_work(checks->thread, &checks->idle, chime_checks_pause(chime));
	chime_disruption_check(chime);
	chime_unlock(chime);
}

/*
 * A CPU that was woken by an interrupt and has nothing to run goes back to sleep at once, and no
 * program reads a clock. Running a thread would cost another wake-up, by the tick that follows: so
 * a check only runs if the CPU runs something anyway, or if the latest check was long ago.
 */
static bool chime_checks_is_busy(void)
{
	/* A real-time kernel has a thread run this timer: it is busy if that is not alone. */
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		return !single_task_running();
	return !is_idle_task(current) || need_resched();
}

/*
 * One reading is enough for several CPUs: the one that is first takes it. If that CPU is stopped
 * before it does, the next one takes one as soon as it is due again. (A restore sets both
 * read_raw_ns and the raw clock back, so their difference stays valid.)
 */
static bool chime_checks_is_due(struct chime_checks *checks, s64 raw_ns, bool busy)
{
	s64 read_ns = atomic64_read(&checks->read_raw_ns), cost_ns = READ_ONCE(checks->cost_ns);
	const struct chime_pace *pace = &checks->pace;

	return chime_pace_is_due(pace, raw_ns - read_ns, cost_ns, busy) &&
	       atomic64_try_cmpxchg(&checks->read_raw_ns, &read_ns,
				    chime_pace_counts_as(pace, read_ns, raw_ns, cost_ns));
}

/* The time that it takes is part of what the pace depends on. */
static enum chime_verdict chime_checks_read(struct chime *chime, s64 raw_ns)
{
	struct chime_checks *checks = &chime->checks;
	enum chime_verdict verdict = chime_host_peek(&chime->host);
	s64 cost_ns = chime_pace_learn(READ_ONCE(checks->cost_ns), ktime_get_raw_ns() - raw_ns);

	if (verdict != CHIME_VERDICT_USELESS)
		WRITE_ONCE(checks->cost_ns, cost_ns);
	return verdict;
}

/* No reading is needed for a check that is due anyway. */
static bool chime_checks_needs_check(struct chime *chime, s64 raw_ns, bool busy)
{
	struct chime_checks *checks = &chime->checks;
	s64 age_ns = raw_ns - atomic64_read(&checks->asked_raw_ns);

	return !busy || chime_pace_needs_check(&checks->pace, age_ns, CHIME_VERDICT_ON_LINE) ||
	       chime_pace_needs_check(&checks->pace, age_ns, chime_checks_read(chime, raw_ns));
}

/*
 * A hypervisor has changed memory since the latest check, and this CPU is the one that asks for
 * another: also if it runs nothing, as that is rare. There is no lock and no wait in this.
 */
static bool chime_checks_has_moved(struct chime *chime, s64 raw_ns)
{
	struct chime_checks *checks = &chime->checks;
	s64 moved_ns = atomic64_read(&checks->moved_raw_ns);
	struct chime_marks checked, now;

	chime_witness_checked_marks(chime, &checked);
	chime_witness_read_marks(chime, &now);
	return chime_pace_has_moved(&checks->pace, raw_ns - moved_ns, &checked, &now) &&
	       atomic64_try_cmpxchg(&checks->moved_raw_ns, &moved_ns, raw_ns);
}

static void chime_checks_note(struct chime_checks *checks, s64 raw_ns)
{
	atomic64_set(&checks->read_raw_ns, raw_ns);
	atomic64_set(&checks->asked_raw_ns, raw_ns);
}

/*
 * On this CPU, where the check keeps the program that runs from reading the clock meanwhile, and
 * which is known to run: others may have to be woken, or have not gone on yet after a restore. But
 * a program of a real-time class would keep the check from running for as long as it does not
 * sleep: then it is the thread's.
 */
static void chime_checks_ask(struct chime_cpu_check *check)
{
	if (CHIME_RT_OR_DL_TASK(current))
		chime_checks_now(check->chime);
	else
		queue_work_on(check->cpu, check->chime->checks.queue, &check->work);
}

/* Ask for a check if one is due, or memory has changed. */
static void chime_checks_ask_if_due(struct chime_cpu_check *check)
{
	struct chime *chime = check->chime;
	struct chime_checks *checks = &chime->checks;
	bool busy = chime_checks_is_busy(), due, moved;
	s64 raw_ns = ktime_get_raw_ns();

	/* A regular check serves both: no other CPU has to ask for the second. */
	due = chime_checks_is_due(checks, raw_ns, busy);
	moved = chime_checks_has_moved(chime, raw_ns);
	if (moved || (due && chime_checks_needs_check(chime, raw_ns, busy))) {
		chime_checks_note(checks, raw_ns);
		chime_checks_ask(check);
	}
}

static void chime_checks_tick(struct timer_list *timer)
{
	struct chime_cpu_check *check = container_of(timer, struct chime_cpu_check, timer);

	/* The timer of an offline CPU has been migrated to another one. */
	if (!READ_ONCE(check->wanted) || smp_processor_id() != check->cpu)
		return;
	/*
	 * While its own check has not begun, what is due is for others, or for the thread: a
	 * program of a real-time class may have begun before the check did.
	 */
	if (!work_pending(&check->work) || CHIME_RT_OR_DL_TASK(current))
		chime_checks_ask_if_due(check);
	/* A pinned timer stays on the CPU that arms it. */
	mod_timer(timer, jiffies + 1);
}

/*
 * Timers are late where a program of a real-time class keeps the thread that runs them from
 * running: ktimers of a real-time kernel, and ksoftirqd of others, which has what is left when
 * timers have taken long, as in a guest that was just restored. That is not known to end.
 */
static bool chime_checks_is_late(const struct chime_cpu_check *check)
{
	return READ_ONCE(check->wanted) && timer_pending(&check->timer) &&
	       time_after(jiffies, check->timer.expires + LATE_JIFFIES) &&
	       CHIME_RT_OR_DL_TASK(current);
}

/*
 * In hard interrupt context, so the host is not read: this may have interrupted a timer's reading.
 * The thread's check does that.
 */
static void chime_checks_late(struct irq_work *work)
{
	struct chime_cpu_check *check = container_of(work, struct chime_cpu_check, late);
	struct chime *chime = check->chime;
	s64 raw_ns = ktime_get_raw_ns();
	bool due = chime_checks_is_due(&chime->checks, raw_ns, true);

	if (!chime_checks_has_moved(chime, raw_ns) && !due)
		return;
	chime_checks_note(&chime->checks, raw_ns);
	chime_checks_now(chime);
}

/*
 * The CPU that keeps the kernel's time has a tick, with the timekeeper locked: nothing but an
 * interrupt of its own is asked for.
 */
static int chime_checks_kernel_tick(struct notifier_block *notifier, unsigned long was_set,
				    void *timekeeper)
{
	struct chime_checks *checks = container_of(notifier, struct chime_checks, kernel_tick);
	struct chime_cpu_check *check = this_cpu_ptr(checks->busy);

	if (chime_checks_is_late(check))
		irq_work_queue(&check->late);
	return NOTIFY_OK;
}

static void chime_checks_idle_work(struct kthread_work *work)
{
	struct chime *chime = container_of(work, struct chime, checks.idle.work);
	unsigned long pause;

	rt_mutex_lock(&chime->lock);
	chime_disruption_check(chime);
	chime_checks_note(&chime->checks, ktime_get_raw_ns());
	pause = chime_checks_pause(chime);
	chime_unlock(chime);
	kthread_queue_delayed_work(chime->checks.thread, &chime->checks.idle, pause);
}

/* Runs on the CPU that comes online; chime_checks_cpu_down() on the one that goes offline. */
static int chime_checks_cpu_up(unsigned int cpu, struct hlist_node *node)
{
	struct chime_checks *checks = hlist_entry(node, struct chime_checks, hotplug);
	struct chime_cpu_check *check = per_cpu_ptr(checks->busy, cpu);

	/* This CPU is isolated from housekeeping timers (nohz_full=). */
	if (!housekeeping_cpu(cpu, HK_TYPE_TIMER))
		return 0;
	WRITE_ONCE(check->wanted, true);
	mod_timer(&check->timer, jiffies + 1);
	return 0;
}

/*
 * This does not wait for a check: that may be setting the system clock, for which the kernel waits
 * for CPU hotplug to end. A check that is running ends on another CPU.
 */
static int chime_checks_cpu_down(unsigned int cpu, struct hlist_node *node)
{
	struct chime_checks *checks = hlist_entry(node, struct chime_checks, hotplug);
	struct chime_cpu_check *check = per_cpu_ptr(checks->busy, cpu);

	WRITE_ONCE(check->wanted, false);
	chime_timer_delete(&check->timer);
	return 0;
}

/*
 * The kernel's timers never fire early, and fire the later the longer they run: by up to 1 jiffy
 * within the next 63, by up to 8 within the next 504, and so on. @idle_check_ms is the maximum
 * interval, so subtract that.
 */
static unsigned long chime_checks_idle_jiffies(unsigned int idle_check_ms)
{
	unsigned long delay = msecs_to_jiffies(idle_check_ms);
	unsigned long late = 1;

	while (delay >= 63 * late)
		late *= 8;
	return max(delay, late + 1) - late;
}

int chime_checks_init(struct chime *chime, unsigned int check_ms, unsigned int idle_check_ms)
{
	struct chime_checks *checks = &chime->checks;
	int cpu, ret = -ENOMEM;

	checks->idle_jiffies = chime_checks_idle_jiffies(idle_check_ms);
	/*
	 * A kernel wakes itself twice a second (kcompactd: 500 ms, and a tick or two). The second
	 * of these takes the reading along, if this timer leaves it the time.
	 */
	checks->rtc_jiffies = chime_checks_idle_jiffies(idle_check_ms + idle_check_ms / 4);
	checks->cost_ns = 0;
	chime_pace_init(&checks->pace, check_ms * NSEC_PER_MSEC, idle_check_ms * NSEC_PER_MSEC,
			TICK_NSEC);
	chime_checks_note(checks, ktime_get_raw_ns());
	atomic64_set(&checks->moved_raw_ns, ktime_get_raw_ns());
	kthread_init_delayed_work(&checks->idle, chime_checks_idle_work);
	checks->queue = alloc_workqueue("truechime", WQ_HIGHPRI | CHIME_WQ_PERCPU, 0);
	if (!checks->queue)
		return -ENOMEM;
	checks->anywhere = alloc_workqueue("truechime", WQ_HIGHPRI | WQ_UNBOUND, 0);
	if (!checks->anywhere)
		goto err_destroy_queue;
	checks->busy = alloc_percpu(struct chime_cpu_check);
	if (!checks->busy)
		goto err_destroy_anywhere;
	checks->thread = chime_thread_start(KBUILD_MODNAME "-check");
	if (IS_ERR(checks->thread)) {
		ret = PTR_ERR(checks->thread);
		goto err_free_busy;
	}
	for_each_possible_cpu(cpu) {
		struct chime_cpu_check *check = per_cpu_ptr(checks->busy, cpu);

		timer_setup(&check->timer, chime_checks_tick, TIMER_DEFERRABLE | TIMER_PINNED);
		INIT_WORK(&check->work, chime_checks_busy_work);
		check->late = IRQ_WORK_INIT_HARD(chime_checks_late);
		check->chime = chime;
		check->cpu = cpu;
	}
	ret = cpuhp_setup_state_multi(CPUHP_AP_ONLINE_DYN, "truechime:online", chime_checks_cpu_up,
				      chime_checks_cpu_down);
	if (ret < 0)
		goto err_destroy_thread;
	checks->hotplug_state = ret;
	return 0;

err_destroy_thread:
	kthread_destroy_worker(checks->thread);
err_free_busy:
	free_percpu(checks->busy);
err_destroy_anywhere:
	destroy_workqueue(checks->anywhere);
err_destroy_queue:
	destroy_workqueue(checks->queue);
	return ret;
}

void chime_checks_start(struct chime *chime)
{
	struct chime_checks *checks = &chime->checks;

	kthread_queue_delayed_work(checks->thread, &checks->idle, checks->idle_jiffies);
}

void chime_checks_start_busy(struct chime *chime)
{
	struct chime_checks *checks = &chime->checks;
	int ret;

	ret = cpuhp_state_add_instance(checks->hotplug_state, &checks->hotplug);
	checks->follows_cpus = !ret;
	if (ret)
		pr_warn("busy CPUs cannot check the host clock (CPU hotplug, error %d): it is only checked every %u ms\n",
			ret, jiffies_to_msecs(checks->idle_jiffies));
	checks->kernel_tick.notifier_call = chime_checks_kernel_tick;
	pvclock_gtod_register_notifier(&checks->kernel_tick);
}

void chime_checks_stop_busy(struct chime *chime)
{
	struct chime_checks *checks = &chime->checks;
	int cpu;

	pvclock_gtod_unregister_notifier(&checks->kernel_tick);
	/* Runs chime_checks_cpu_down() on each CPU: nothing is queued again. */
	if (checks->follows_cpus)
		cpuhp_state_remove_instance(checks->hotplug_state, &checks->hotplug);
	for_each_possible_cpu(cpu) {
		struct chime_cpu_check *check = per_cpu_ptr(checks->busy, cpu);

		irq_work_sync(&check->late);
		chime_timer_delete_sync(&check->timer);
		cancel_work_sync(&check->work);
	}
}

void chime_checks_stop(struct chime *chime)
{
	kthread_cancel_delayed_work_sync(&chime->checks.idle);
}

void chime_checks_exit(struct chime *chime)
{
	cpuhp_remove_multi_state(chime->checks.hotplug_state);
	kthread_destroy_worker(chime->checks.thread);
	free_percpu(chime->checks.busy);
	destroy_workqueue(chime->checks.anywhere);
	destroy_workqueue(chime->checks.queue);
}

void chime_checks_now(struct chime *chime)
{
	kthread_mod_delayed_work(chime->checks.thread, &chime->checks.idle, 0);
}

void chime_checks_now_if_moved(struct chime *chime)
{
	bool moved;

	/* One of the words is this CPU's. */
	preempt_disable();
	moved = chime_checks_has_moved(chime, ktime_get_raw_ns());
	preempt_enable();
	if (moved)
		chime_checks_now(chime);
}
