/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The whole module's environment in user space, for kmod/test_module*.c, kmod/test_checks.c,
 * kmod/test_phc.c and the adversary's games: what its state machine asks of the kernel. Makefiles
 * put it under the names of the kernel's own headers; clocks and devices are the user's. There is
 * one thread, so that a lock only remembers whether it is held.
 */
#ifndef UNIT_MODULE_KERNEL_H
#define UNIT_MODULE_KERNEL_H

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <strings.h>

/* The clock that the unit tests set themselves is not ours. */
#define ktime_get_snapshot	unit_ktime_get_snapshot
#include "selftests/unit/kernel.h"
#undef ktime_get_snapshot

typedef uint16_t u16;

#define BIT(bit)		(1UL << (bit))
#define ARRAY_SIZE(array)	(sizeof(array) / sizeof(*(array)))
#define min(a, b)		({ __auto_type e_ = (a); __auto_type f_ = (b); e_ < f_ ? e_ : f_; })
#define max(a, b)		({ __auto_type g_ = (a); __auto_type h_ = (b); g_ > h_ ? g_ : h_; })
#define container_of(pointer, type, member)	\
	((type *)((char *)(pointer) - offsetof(type, member)))
#define READ_ONCE(value)	(value)
#define WRITE_ONCE(to, value)	((to) = (value))

#define NSEC_PER_MSEC	1000000L
#define NSEC_PER_USEC	1000L
#define KTIME_SEC_MAX	(INT64_MAX / NSEC_PER_SEC)
/* A kernel leaves itself thirty years of uptime. */
#define TIME_SETTOD_SEC_MAX	(KTIME_SEC_MAX - 30LL * 365 * 24 * 3600)
#define U32_MAX		UINT32_MAX

static inline s64 div_s64(s64 value, s64 by)
{
	return value / by;
}

static inline u64 div_u64(u64 value, u32 by)
{
	return value / by;
}

static inline u64 div64_u64(u64 value, u64 by)
{
	return value / by;
}

/* --- module parameters --- */

#define __init
#define __exit
#define __percpu
#define __printf(text, first)	__attribute__((format(printf, text, first)))
#define __ro_after_init
/* Tests set it through the pointer. */
#define module_param(name, type, mode)	void *const played_param_##name = &(name)
#define MODULE_PARM_DESC(name, text)
#define MODULE_DESCRIPTION(text)
#define MODULE_AUTHOR(text)
#define MODULE_LICENSE(text)
#define MODULE_VERSION(text)
#define module_init(function)	int (*played_module_init)(void) = (function)
#define module_exit(function)	void (*played_module_exit)(void) = (function)

extern int (*played_module_init)(void);
extern void (*played_module_exit)(void);

static inline int match_string(const char * const *list, size_t count, const char *text)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!strcmp(list[i], text))
			return (int)i;
	return -EINVAL;
}

#define strscpy(to, from, size)	((void)snprintf(to, size, "%s", from))
#define vscnprintf(text, size, form, rest)	((size_t)vsnprintf(text, size, form, rest))
#define scnprintf(text, size, ...)	((size_t)snprintf(text, size, __VA_ARGS__))

/* --- the log --- */

void played_module_log(const char *format, ...);

#define pr_err(...)			played_module_log(__VA_ARGS__)
/* Nobody has turned it on. */
#define pr_debug(...)			((void)sizeof(#__VA_ARGS__))
#define pr_warn(...)			played_module_log(__VA_ARGS__)
#define pr_notice(...)			played_module_log(__VA_ARGS__)

/* Never too many. */
#define DEFINE_RATELIMIT_STATE(name, interval, burst)	bool name
#define __ratelimit(state)		(!*(state))

/* --- locks and bits --- */

#define rt_mutex_init(lock)	((lock)->held = false)

static inline void rt_mutex_lock(struct rt_mutex *lock)
{
	if (lock->held)
		raise(SIGTRAP);
	lock->held = true;
}

static inline void rt_mutex_unlock(struct rt_mutex *lock)
{
	lock->held = false;
}

#define spinlock_t	struct rt_mutex

#define spin_lock_init(lock)	rt_mutex_init(lock)
#define spin_lock(lock)		rt_mutex_lock(lock)
#define spin_unlock(lock)	rt_mutex_unlock(lock)

#define spin_lock_bh(lock)	rt_mutex_lock(lock)
#define spin_unlock_bh(lock)	rt_mutex_unlock(lock)
#define spin_trylock(lock)	rt_mutex_trylock(lock)

static inline bool rt_mutex_trylock(struct rt_mutex *lock)
{
	if (lock->held)
		return false;
	rt_mutex_lock(lock);
	return true;
}

#define preempt_disable()	((void)0)
#define preempt_enable()	((void)0)

static inline void set_bit(unsigned int bit, unsigned long *word)
{
	*word |= BIT(bit);
}

static inline void clear_bit(unsigned int bit, unsigned long *word)
{
	*word &= ~BIT(bit);
}

static inline bool test_and_clear_bit(unsigned int bit, unsigned long *word)
{
	bool set = *word & BIT(bit);

	*word &= ~BIT(bit);
	return set;
}

static inline unsigned long xchg(unsigned long *word, unsigned long value)
{
	unsigned long old = *word;

	*word = value;
	return old;
}

struct atomic64 {
	s64 value;
};

#define atomic64_t	struct atomic64

/* --- work and timers, which the user does in their place --- */

struct workqueue_struct;
struct hlist_node {
	int unused;
};

struct work_struct {
	void (*function)(struct work_struct *work);
	const struct workqueue_struct *queue;
};

static inline void init_work(struct work_struct *work, void (*function)(struct work_struct *work))
{
	*work = (struct work_struct){ .function = function };
}

#define INIT_WORK(work, run)	init_work(work, run)

#define WQ_HIGHPRI	1
#define WQ_PERCPU	4

struct workqueue_struct *alloc_workqueue(const char *name, int flags, int active_max);
void destroy_workqueue(struct workqueue_struct *queue);
void queue_work(struct workqueue_struct *queue, struct work_struct *work);
void cancel_work_sync(struct work_struct *work);

#define jiffies_to_msecs(jiffies)	((unsigned int)(jiffies))
void usleep_range(unsigned long least_us, unsigned long most_us);

/* --- threads, whose work is done when it is queued --- */

#define IS_ERR(pointer)			((unsigned long)(pointer) >= -4095UL)
#define ERR_PTR(error)			((void *)(long)(error))
#define PTR_ERR(pointer)		((int)(long)(pointer))

static inline int PTR_ERR_OR_ZERO(const void *pointer)
{
	return IS_ERR(pointer) ? PTR_ERR(pointer) : 0;
}

struct task_struct {
	bool is_fifo;
};

struct kthread_worker {
	struct task_struct *task;
};

struct kthread_work {
	void (*func)(struct kthread_work *work);
};

struct kthread_delayed_work {
	struct kthread_work work;
};

#define kthread_init_work(work, run)	((work)->func = (run))
#define kthread_flush_work(work)	((void)(work))
#define sched_set_fifo(thread)		((thread)->is_fifo = true)

struct kthread_worker *kthread_create_worker(unsigned int flags, const char *format, ...);
void kthread_destroy_worker(struct kthread_worker *worker);
void kthread_queue_work(struct kthread_worker *worker, struct kthread_work *work);

/* --- the end of a suspend --- */

struct notifier_block {
	int (*notifier_call)(struct notifier_block *block, unsigned long event, void *data);
};

#define NOTIFY_DONE		0
#define NOTIFY_OK		1
#define PM_HIBERNATION_PREPARE	1
#define PM_POST_HIBERNATION	2
#define PM_SUSPEND_PREPARE	3
#define PM_POST_SUSPEND		4
#define PM_RESTORE_PREPARE	5
#define PM_POST_RESTORE		6

/* What the module reads of it; the kernel's has much more. */
struct timekeeper {
	u64 ntp_tick;
	s32 tai_offset;
	ktime_t next_leap_ktime;
	ktime_t offs_real;
};

#define NTP_SCALE_SHIFT		32
#define NTP_INTERVAL_FREQ	250
#define KTIME_MAX		INT64_MAX
#define ktime_add(a, b)		((a) + (b))
#define ktime_to_ns(time)	(time)

/* A tick tells the module what this has become. */
extern struct timekeeper unit_timekeeper;
void unit_tick(void);

/* --- interrupts of a CPU's own --- */

struct irq_work {
	void (*run)(struct irq_work *work);
};

#define IRQ_WORK_INIT_HARD(function)	((struct irq_work){ .run = (function) })

void pvclock_gtod_register_notifier(struct notifier_block *notifier);
void pvclock_gtod_unregister_notifier(struct notifier_block *notifier);

int register_pm_notifier(struct notifier_block *block);
int unregister_pm_notifier(struct notifier_block *block);

/* --- clocks --- */

struct timespec64 {
	s64 tv_sec;
	long tv_nsec;
};

static inline struct timespec64 ns_to_timespec64(s64 ns)
{
	struct timespec64 time = { .tv_sec = ns / NSEC_PER_SEC, .tv_nsec = ns % NSEC_PER_SEC };

	if (time.tv_nsec < 0) {
		time.tv_sec--;
		time.tv_nsec += NSEC_PER_SEC;
	}
	return time;
}

void ktime_get_snapshot(struct system_time_snapshot *snapshot);
u64 ktime_get_raw_ns(void);

static inline u64 ktime_get_real_ns(void)
{
	struct system_time_snapshot snapshot;

	ktime_get_snapshot(&snapshot);
	return snapshot.real;
}

u64 ktime_get_boottime_ns(void);
int do_settimeofday64(const struct timespec64 *time);

/* --- random numbers: none, so that a run can be repeated; what is left is the time --- */

struct played_siphash_key {
	u64 key[2];
};

#define siphash_key_t	struct played_siphash_key

static inline void get_random_bytes(void *bytes, size_t length)
{
	memset(bytes, 0x5a, length);
}

static inline unsigned long random_get_entropy(void)
{
	return 0;
}

static inline u64 siphash_2u64(u64 first, u64 second, const siphash_key_t *key)
{
	return (first ^ second ^ key->key[0]) * 0x9e3779b97f4a7c15U;
}

/* --- the RTC --- */

struct rtc_device;
struct rtc_time {
	s64 seconds;
};

#define rtc_tm_to_time64(time)	((time)->seconds)

static const struct {
	int tz_minuteswest;
} sys_tz __attribute__((unused));

struct rtc_device *rtc_class_open(const char *name);
int rtc_read_time(struct rtc_device *rtc, struct rtc_time *time);
void rtc_class_close(struct rtc_device *rtc);

/* --- the PTP clock, which nobody opens but kmod/test_phc.c --- */

struct ptp_clock;
struct ptp_clock_request;
struct ptp_system_timestamp;
struct ptp_clock_info {
	void *owner;
	char name[32];
	s32 max_adj;
	int (*adjfine)(struct ptp_clock_info *info, long scaled_ppm);
	int (*adjphase)(struct ptp_clock_info *info, s32 phase_ns);
	int (*adjtime)(struct ptp_clock_info *info, s64 delta_ns);
	int (*gettimex64)(struct ptp_clock_info *info, struct timespec64 *time,
			  struct ptp_system_timestamp *stamps);
	int (*getcrosststamp)(struct ptp_clock_info *info, struct system_device_crosststamp *stamp);
	int (*settime64)(struct ptp_clock_info *info, const struct timespec64 *time);
	int (*enable)(struct ptp_clock_info *info, struct ptp_clock_request *request, int on);
};

#endif /* UNIT_MODULE_KERNEL_H */
