// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module in the guest: its edges to kernel and hypervisor, but those of unit/module_edges.c.
 * What it decides is the shipped files' own. lib/module_link.h, over which the daemon asks it, is
 * next door in guest_link.c.
 */
#include "guest_module.h"

#include <stdarg.h>

#include "guest.h"
#include "kmod/control.h"
#include "kmod/netlink.h"
#include "world.h"

/* How long a hypercall takes. */
#define CALL_NS		NS_PER_US

/* An exact conversion, see kmod/host_kvm.c. */
#define EXACT_NS	5

struct module module;

/* --- kernel --- */

void played_module_log(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	world_log_list("module", format, arguments);
	va_end(arguments);
}

u64 ktime_get_raw_ns(void)
{
	return guest.raw_ns;
}

u64 ktime_get_boottime_ns(void)
{
	return guest.mono_ns + guest.slept_ns;
}

void ktime_get_snapshot(struct system_time_snapshot *snapshot)
{
	*snapshot = (struct system_time_snapshot){
		.cycles = (u64)guest.raw_ns,
		.raw = guest.raw_ns,
		.real = guest_realtime_ns(),
		.clock_was_set_seq = guest.sets,
	};
}

int do_settimeofday64(const struct timespec64 *time)
{
	guest_set_realtime(time->tv_sec * NS_PER_S + time->tv_nsec);
	return 0;
}

/* Nothing of the world goes on in the middle of a check. */
void usleep_range(unsigned long least_us, unsigned long most_us)
{
	(void)least_us;
	(void)most_us;
}

struct kthread_worker *kthread_create_worker(unsigned int flags, const char *format, ...)
{
	static struct task_struct task;
	static struct kthread_worker worker = { .task = &task };

	(void)flags;
	(void)format;
	return &worker;
}

void kthread_destroy_worker(struct kthread_worker *worker)
{
	(void)worker;
}

void kthread_queue_work(struct kthread_worker *worker, struct kthread_work *work)
{
	(void)worker;
	work->func(work);
}

int register_pm_notifier(struct notifier_block *block)
{
	module.suspend = block;
	return 0;
}

int unregister_pm_notifier(struct notifier_block *block)
{
	(void)block;
	module.suspend = NULL;
	return 0;
}

/* --- hypervisor --- */

static int host_open(void **device)
{
	*device = NULL;
	return world->kind == GUEST_HOSTED ? 0 : -ENODEV;
}

static void host_close(void *device)
{
	(void)device;
}

static int host_pair(void *device, struct chime_pairing *pairing)
{
	(void)device;
	guest_advance(CALL_NS);
	world->now_ns += CALL_NS;
	*pairing = (struct chime_pairing){
		.raw_ns = guest.raw_ns,
		.utc_ns = host_time_ns(),
		.uncertainty_ns = EXACT_NS,
		.exact = true,
		.witness = world->sees_stops,
		.running_raw_ns = guest.raw_ns,
	};
	if (world->sees_stops && module.settings != world->settings) {
		module.settings = world->settings;
		pairing->evidence = BIT(TRUECHIME_EVIDENCE_CLOCK_SET);
	}
	return world->now_ns < world->host.silent_until_ns ? -EOPNOTSUPP : 0;
}

/* Nothing runs between two checks here that would read it. */
static void host_read_marks(struct chime_marks *marks)
{
	(void)marks;
}

const struct chime_host_ops chime_host_kvm_ops = {
	.name = "kvm",
	.open = host_open,
	.close = host_close,
	.pair = host_pair,
	.read_marks = host_read_marks,
};

int chime_genid_open(struct chime_genid *genid, void (*notified)(void *context), void *context)
{
	if (!world->has_genid)
		return -ENODEV;
	genid->page = genid->id;
	genid->watch.notified = notified;
	genid->watch.context = context;
	module.genid = world->genid;
	return 0;
}

u32 chime_genid_check(struct chime_genid *genid)
{
	if (!genid->page || module.genid == world->genid)
		return 0;
	module.genid = world->genid;
	return BIT(TRUECHIME_EVIDENCE_GENID_CHANGED);
}

/* --- checks --- */

void chime_checks_start(struct chime *chime)
{
	(void)chime;
	module.next_check_ns = guest.raw_ns;
}

void chime_checks_start_busy(struct chime *chime)
{
	(void)chime;
}

void chime_checks_stop_busy(struct chime *chime)
{
	(void)chime;
}

void chime_checks_stop(struct chime *chime)
{
	(void)chime;
	module.next_check_ns = INT64_MAX;
}

void chime_checks_now(struct chime *chime)
{
	(void)chime;
	module.next_check_ns = guest.raw_ns;
}

int64_t module_next_ns(void)
{
	return module.chime ? module.next_check_ns : INT64_MAX;
}

void module_check(void)
{
	struct chime *chime = module.chime;

	rt_mutex_lock(&chime->lock);
	chime_disruption_check(chime);
	chime_unlock(chime);
	module.next_check_ns = guest.raw_ns + (int64_t)chime->checks.idle_jiffies * NS_PER_MS;
}

/* --- netlink --- */

int chime_netlink_register(struct chime *chime)
{
	module.chime = chime;
	return 0;
}

void chime_netlink_unregister(void)
{
	module.chime = NULL;
}

void chime_netlink_notify(const struct chime_event *event)
{
	/* That a step was asked for tells of no disruption. */
	if (event->cause != TRUECHIME_CAUSE_OPERATOR)
		judge_told();
	if (module.notice_count < MODULE_NOTICES_MAX)
		module.notices[module.notice_count++] = *event;
}

/* --- the game --- */

void module_begin(void)
{
	module = (struct module){
		.next_check_ns = INT64_MAX,
		.settings = world->settings,
		.genid = world->genid,
	};
	if (played_module_init())
		played_module_log("not loaded");
}

void module_disrupted(bool notified)
{
	struct chime_genid *genid = module.chime ? &module.chime->witness.genid : NULL;

	if (genid && genid->page && (notified || module.genid != world->genid))
		genid->watch.notified(genid->watch.context);
}

static void module_tell_suspend(unsigned long event)
{
	if (module.chime && module.suspend)
		module.suspend->notifier_call(module.suspend, event, NULL);
}

void module_suspending(void)
{
	module_tell_suspend(PM_SUSPEND_PREPARE);
}

/* No vmclock device. */
u32 chime_vmclock_check(struct chime_vmclock *vmclock)
{
	(void)vmclock;
	return 0;
}

s64 chime_vmclock_host_maxerror(const struct chime_vmclock *vmclock, const struct chime_line *host)
{
	(void)vmclock;
	(void)host;
	return CHIME_LINE_UNBOUNDED_NS;
}

void module_resumed(void)
{
	module_tell_suspend(PM_POST_SUSPEND);
}

bool module_timescale(int64_t *time_ns, int64_t *maxerror_ns)
{
	struct chime_now now;

	if (!module.chime)
		return false;
	chime_timescale_now(&module.chime->timescale, guest.raw_ns, &now);
	*time_ns = now.time_ns;
	*maxerror_ns = now.state == TRUECHIME_STATE_FREE ? INT64_MAX : now.maxerror_ns;
	return true;
}

bool module_follows_host(void)
{
	struct chime_now now;

	if (!module.chime)
		return false;
	chime_timescale_now(&module.chime->timescale, guest.raw_ns, &now);
	return now.state == TRUECHIME_STATE_HOST;
}
