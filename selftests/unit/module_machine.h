/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A machine for the whole module: its clocks, host, RTC and devices, in the test's hands. All files
 * of the module but its edges to the hypervisor, PTP and netlink run on it, a check a second.
 */
#ifndef UNIT_MODULE_MACHINE_H
#define UNIT_MODULE_MACHINE_H

#include <stdarg.h>

#include "kmod/chime.h"
#include "kmod/control.h"
#include "kmod/netlink.h"

#define MS	NSEC_PER_MSEC
#define S	NSEC_PER_SEC
#define HOUR	(3600 * S)
#define UTC0_NS	(1800000000 * S)
#define RAW0_NS	(5000 * S)

#define MACHINE_EVENTS	32
#define MACHINE_SETS	32

/* An exact conversion, see kmod/host_kvm.c, and how long a hypercall takes. */
#define EXACT_NS	5
#define CALL_NS		1000

/**
 * struct machine - the machine
 * @chime: the module on it; NULL: none
 * @utc_ns: what is true
 * @raw_ns: CLOCK_MONOTONIC_RAW ...
 * @raw_slow_ppm: ... which loses so much on the truth, and CLOCK_REALTIME with it
 * @raw_lost_ns: what the raw clock lost on the counter of kvm-clock's page
 * @behind_ns: CLOCK_REALTIME is so much behind the truth
 * @slept_ns: what CLOCK_BOOTTIME has more than raw
 * @stolen_ns: it does not run for so long after the next reading of that
 * @set_before: the system clock was set so often before the module was loaded
 * @clocksource: changes when the kernel takes another one
 * @has_host: there is a host clock ...
 * @host_ahead_ns: ... ahead of the truth ...
 * @host_rate_ppm: ... which gains so much on it ...
 * @host_silent: ... which does not answer
 * @answers: ... once it has answered so often; 0: it goes on
 * @host_wild: ... or gives another answer each time ...
 * @wild_at: ... or 7 h too much at that reading from now on; 0: it does not
 * @host_late_ns: its readings are so much older than they seem, which is their uncertainty
 * @stops_at: before so many readings of it from now on the machine stands still; 0: it does not ...
 * @stops_ns: ... for so long
 * @opens: how often its device was opened
 * @sees_stops: the hypervisor says so when it sets kvm-clock ...
 * @was_set: ... as it did ...
 * @set_raw_ns: ... at this raw time
 * @has_genid: there is a generation id device ...
 * @genid_changed: ... whose id is another one
 * @has_page: there is a vmclock page ...
 * @page_unread: ... that cannot be read ...
 * @page_status: ... that says this of the host's clock ...
 * @page_smears: ... that it smears leap seconds ...
 * @page_maxerror_ns: ... and states this bound of it; CHIME_LINE_UNBOUNDED_NS: none
 * @page_counts: ... and tells restores from moves
 * @page_evidence: what changed in it: bits of enum truechime_evidence
 * @has_rtc: there is an RTC ...
 * @rtc_ahead_ns: ... ahead of the truth
 * @rtc_slow_ns: a reading takes so long to return what was read
 * @set_error: the kernel refuses to set the clock
 * @set_takes_ns: how long it takes to set the clock: the first time, the second ...
 * @set_meanwhile_ns: another program sets it back by so much before a thread runs ...
 * @sets_until_meanwhile: ... once it was set so often
 * @sets: how often it was set
 * @sets_elsewhere: so often not by a thread of a real-time class
 * @setting: such a thread runs
 * @threads: the module's
 * @thread_error: there can be none
 * @set_back_ns: the farthest that a setting took it back ...
 * @set_by_ns: ... and by which one moved it, either way
 * @suspend: notified of suspends
 * @can_ask: checks may be asked for
 * @timers_run: so do those of busy CPUs, which read what the witnesses have opened
 * @timers_found_witnesses: generation id and suspend were open when these were started ...
 * @timers_left_witnesses: ... and still were when these had been stopped
 * @witnesses_left_checks: when the last check was stopped, no witness could ask for another
 * @work: to be done once the module's lock is free
 * @log: what the module logged last
 * @logged: how many of them were events
 * @logged_locked: how many it logged while others may have waited for its lock
 * @events: what the module reported
 * @count: how many
 */
static struct machine {
	struct chime *chime;
	s64 utc_ns;
	s64 raw_ns;
	s64 raw_slow_ppm;
	s64 raw_lost_ns;
	s64 behind_ns;
	s64 slept_ns;
	s64 stolen_ns;
	u32 set_before;
	u8 clocksource;
	bool has_host;
	s64 host_ahead_ns;
	s64 host_rate_ppm;
	bool host_silent;
	int answers;
	bool host_wild;
	int wild_at;
	s64 host_late_ns;
	int stops_at;
	s64 stops_ns;
	int opens;
	bool sees_stops;
	bool was_set;
	s64 set_raw_ns;
	bool has_genid;
	bool genid_changed;
	bool has_page;
	bool page_unread;
	enum chime_vmclock_status page_status;
	bool page_smears;
	s64 page_maxerror_ns;
	bool page_counts;
	u32 page_evidence;
	bool has_rtc;
	s64 rtc_ahead_ns;
	s64 rtc_slow_ns;
	int set_error;
	s64 set_takes_ns[MACHINE_SETS];
	s64 set_meanwhile_ns;
	int sets_until_meanwhile;
	int sets;
	int sets_elsewhere;
	bool setting;
	int threads;
	int thread_error;
	s64 set_back_ns;
	s64 set_by_ns;
	struct notifier_block *suspend;
	bool can_ask;
	bool timers_run;
	bool timers_found_witnesses;
	bool timers_left_witnesses;
	bool witnesses_left_checks;
	struct work_struct *work;
	char log[256];
	int logged;
	int logged_locked;
	struct chime_event events[MACHINE_EVENTS];
	int count;
} machine;

/* Somebody disciplined the system clock before the module was loaded. */
extern bool unit_clock_is_disciplined;

/* The module's parameter boot=, a char pointer. */
extern void *const played_param_boot;

/* What the hypervisor has written to memory. */
extern struct chime_marks unit_marks;

/* The module waits for notifications that are under way. */
extern void (*unit_settling)(void);

/* N of /dev/ptpN; negative: the kernel has no PTP. */
extern int unit_phc_index;

/* The PTP clock is being unregistered. */
extern void (*unit_phc_closing)(struct chime *chime);

/* Of the timescale's beginning, whose object the other tests share. */
struct system_time_snapshot unit_clocks;

static inline void machine_pass(s64 ns)
{
	s64 lost_ns = ns * machine.raw_slow_ppm / 1000000;

	machine.utc_ns += ns + lost_ns;
	machine.raw_ns += ns;
	machine.behind_ns += lost_ns;
	machine.host_ahead_ns += ns * machine.host_rate_ppm / 1000000;
}

static inline s64 realtime_ns(void)
{
	return machine.utc_ns - machine.behind_ns;
}

/* The true time passes while it stands still. */
static inline void machine_miss(s64 ns)
{
	machine.utc_ns += ns;
	machine.host_ahead_ns += ns / 1000000 * machine.host_rate_ppm;
}

/* It stands still, or is taken back, for so long of the true time, and nobody looks yet. */
static inline void stand_still(s64 ns)
{
	machine_miss(ns);
	machine.behind_ns += ns;
	machine.was_set = true;
	machine.set_raw_ns = machine.raw_ns;
}

/* --- the kernel --- */

void played_module_log(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(machine.log, sizeof(machine.log), format, arguments);
	va_end(arguments);
	machine.logged_locked += machine.chime && machine.chime->lock.held;
	/* What was done about the clock. */
	machine.logged += !!strstr(machine.log, ": the system clock was ");
}

u64 ktime_get_raw_ns(void)
{
	return machine.raw_ns;
}

u64 ktime_get_boottime_ns(void)
{
	s64 boot_ns = machine.raw_ns + machine.slept_ns;

	machine_pass(machine.stolen_ns);
	machine.stolen_ns = 0;
	return boot_ns;
}

void ktime_get_snapshot(struct system_time_snapshot *snapshot)
{
	*snapshot = (struct system_time_snapshot){
		.cycles = (u64)machine.raw_ns,
		.raw = machine.raw_ns,
		.real = realtime_ns(),
		.clock_was_set_seq = machine.clocksource + machine.set_before + machine.sets,
		.cs_was_changed_seq = machine.clocksource,
	};
}

int do_settimeofday64(const struct timespec64 *time)
{
	s64 before_ns;

	if (machine.set_error)
		return machine.set_error;
	if (time->tv_sec < 0 || time->tv_sec >= TIME_SETTOD_SEC_MAX)
		return -EINVAL;
	machine_pass(machine.set_takes_ns[machine.sets % MACHINE_SETS]);
	before_ns = realtime_ns();
	machine.behind_ns = machine.utc_ns - (time->tv_sec * S + time->tv_nsec);
	machine.set_back_ns = max_t(s64, machine.set_back_ns, before_ns - realtime_ns());
	machine.set_by_ns = max_t(s64, machine.set_by_ns, llabs(before_ns - realtime_ns()));
	machine.sets++;
	machine.sets_elsewhere += !machine.setting;
	return 0;
}

void usleep_range(unsigned long least_us, unsigned long most_us)
{
	(void)least_us;
	machine_pass((s64)most_us * NSEC_PER_USEC);
}

int register_pm_notifier(struct notifier_block *block)
{
	machine.suspend = block;
	return 0;
}

int unregister_pm_notifier(struct notifier_block *block)
{
	(void)block;
	machine.suspend = NULL;
	return 0;
}

struct kthread_worker *kthread_create_worker(unsigned int flags, const char *format, ...)
{
	static struct task_struct task;
	static struct kthread_worker worker = { .task = &task };

	(void)flags;
	(void)format;
	if (machine.thread_error)
		return ERR_PTR(machine.thread_error);
	machine.threads++;
	task.is_fifo = false;
	return &worker;
}

void kthread_destroy_worker(struct kthread_worker *worker)
{
	(void)worker;
	machine.threads--;
}

/* Another program runs before the thread does. */
static inline void machine_set_meanwhile(void)
{
	if (!machine.set_meanwhile_ns || machine.sets < machine.sets_until_meanwhile)
		return;
	machine.behind_ns += machine.set_meanwhile_ns;
	machine.set_meanwhile_ns = 0;
	machine.set_before++;
}

void kthread_queue_work(struct kthread_worker *worker, struct kthread_work *work)
{
	machine_set_meanwhile();
	machine.setting = worker->task->is_fifo;
	work->func(work);
	machine.setting = false;
}

void queue_work(struct workqueue_struct *queue, struct work_struct *work)
{
	work->queue = queue;
	machine.work = work;
}

void cancel_work_sync(struct work_struct *work)
{
	(void)work;
	machine.work = NULL;
}

struct rtc_device *rtc_class_open(const char *name)
{
	(void)name;
	return machine.has_rtc ? (struct rtc_device *)&machine : NULL;
}

int rtc_read_time(struct rtc_device *rtc, struct rtc_time *time)
{
	(void)rtc;
	machine_pass(MS);
	time->seconds = (machine.utc_ns + machine.rtc_ahead_ns) / S;
	machine_pass(machine.rtc_slow_ns);
	return 0;
}

void rtc_class_close(struct rtc_device *rtc)
{
	(void)rtc;
}

/* --- the hypervisor --- */

static int host_open(void **device)
{
	*device = NULL;
	machine.opens++;
	return machine.has_host ? 0 : -ENODEV;
}

static void host_close(void *device)
{
	(void)device;
}

/* It is memory, which is there without a call, too. */
static u32 host_evidence(void)
{
	bool set = machine.sees_stops && machine.was_set;

	machine.was_set = false;
	return set ? BIT(TRUECHIME_EVIDENCE_CLOCK_SET) : 0;
}

static int host_pair(void *device, struct chime_pairing *pairing)
{
	static s64 wild_ns;
	s64 utc_ns;

	(void)device;
	if (machine.stops_at && !--machine.stops_at)
		stand_still(machine.stops_ns);
	wild_ns = machine.host_wild ? (wild_ns + 7 * HOUR) % (100 * HOUR) : 0;
	if (machine.wild_at && !--machine.wild_at)
		wild_ns = 7 * HOUR;
	if (machine.host_silent) {
		pairing->evidence = host_evidence();
		return -EIO;
	}
	if (machine.answers && !--machine.answers)
		machine.host_silent = true;
	machine_pass(CALL_NS);
	utc_ns = chime_add_sat(chime_add_sat(machine.utc_ns, machine.host_ahead_ns), wild_ns);
	/* As kmod/host_kvm.c does. */
	if (utc_ns < 0 || utc_ns >= KTIME_SEC_MAX * NSEC_PER_SEC) {
		pairing->evidence = host_evidence();
		return -ERANGE;
	}
	*pairing = (struct chime_pairing){
		.raw_ns = machine.raw_ns + machine.host_late_ns,
		.utc_ns = utc_ns,
		.uncertainty_ns = EXACT_NS + machine.host_late_ns,
		.exact = true,
		.clocksource_seq = machine.clocksource,
		.witness = machine.sees_stops,
		.running_raw_ns = machine.sees_stops ? machine.set_raw_ns : machine.raw_ns,
		.counter_ns = machine.sees_stops ? machine.raw_ns + machine.raw_lost_ns : 0,
		.evidence = host_evidence(),
	};
	return 0;
}

/* Nothing that host_pair() would show is used up by it. */
static int host_peek(void *device, struct chime_pairing *pairing)
{
	(void)device;
	if (machine.host_silent)
		return -EIO;
	*pairing = (struct chime_pairing){
		.raw_ns = machine.raw_ns,
		.utc_ns = machine.utc_ns + machine.host_ahead_ns,
		.uncertainty_ns = EXACT_NS,
		.exact = true,
		.clocksource_seq = machine.clocksource,
	};
	return 0;
}

static void host_read_marks(struct chime_marks *marks)
{
	marks->words[CHIME_MARK_CLOCK_NS] = unit_marks.words[CHIME_MARK_CLOCK_NS];
}

const struct chime_host_ops chime_host_kvm_ops = {
	.name = "kvm",
	.open = host_open,
	.close = host_close,
	.pair = host_pair,
	.peek = host_peek,
	.read_marks = host_read_marks,
};

int chime_genid_open(struct chime_genid *genid, void (*notified)(void *context), void *context)
{
	if (!machine.has_genid)
		return -ENODEV;
	genid->page = genid->id;
	genid->watch.notified = notified;
	genid->watch.context = context;
	return 0;
}

u32 chime_genid_check(struct chime_genid *genid)
{
	bool changed = genid->page && machine.genid_changed;

	machine.genid_changed = false;
	return changed ? BIT(TRUECHIME_EVIDENCE_GENID_CHANGED) : 0;
}

u32 chime_vmclock_check(struct chime_vmclock *vmclock)
{
	u32 evidence = machine.has_page ? machine.page_evidence : 0;

	vmclock->mapping = machine.has_page ? (const unsigned char *)&machine : NULL;
	vmclock->unread = machine.page_unread;
	if (vmclock->unread)
		return 0;
	vmclock->page.status = machine.page_status;
	vmclock->page.smeared = machine.page_smears;
	vmclock->page.has_generation = machine.page_counts;
	machine.page_evidence = 0;
	return evidence;
}

/* The page has the host's time, too: what the line is off that is added. */
s64 chime_vmclock_host_maxerror(const struct chime_vmclock *vmclock, const struct chime_line *host)
{
	s64 host_ns = machine.utc_ns + machine.host_ahead_ns;

	if (!vmclock->mapping || machine.page_maxerror_ns == CHIME_LINE_UNBOUNDED_NS)
		return CHIME_LINE_UNBOUNDED_NS;
	return machine.page_maxerror_ns + llabs(chime_line_eval(host, machine.raw_ns) - host_ns);
}

/* --- checks and netlink --- */

void chime_checks_start(struct chime *chime)
{
	(void)chime;
	machine.can_ask = true;
}

void chime_checks_start_busy(struct chime *chime)
{
	machine.timers_run = true;
	machine.timers_found_witnesses = chime->witness.genid.page && machine.suspend;
}

void chime_checks_stop_busy(struct chime *chime)
{
	machine.timers_run = false;
	machine.timers_left_witnesses = chime->witness.genid.page && machine.suspend;
}

void chime_checks_stop(struct chime *chime)
{
	machine.can_ask = false;
	machine.witnesses_left_checks = !chime->witness.genid.page && !machine.suspend;
}

void chime_checks_now(struct chime *chime)
{
	(void)chime;
}

int chime_netlink_register(struct chime *chime)
{
	machine.chime = chime;
	return 0;
}

void chime_netlink_unregister(void)
{
	machine.chime = NULL;
}

void chime_netlink_notify(const struct chime_event *event)
{
	if (machine.count < MACHINE_EVENTS)
		machine.events[machine.count++] = *event;
}

/* --- what happens to the machine --- */

/* A machine with a host, a witness of stops and a generation id, as before the module is loaded. */
static inline void machine_begin(void)
{
	machine = (struct machine){
		.utc_ns = UTC0_NS,
		.raw_ns = RAW0_NS,
		.has_host = true,
		.sees_stops = true,
		.has_genid = true,
	};
	unit_clock_is_disciplined = false;
	unit_timekeeper = (struct timekeeper){ .next_leap_ktime = KTIME_MAX };
	unit_settling = NULL;
	unit_phc_index = -1;
	unit_phc_closing = NULL;
	*(char **)played_param_boot = NULL;
	unit_clocks = (struct system_time_snapshot){ .raw = RAW0_NS, .real = UTC0_NS };
}

/* A kernel loads a module into memory that is zeroed: so it is when it is loaded once more. */
static inline void machine_unload(void)
{
	struct chime *loaded = machine.chime;

	played_module_exit();
	memset(loaded, 0, sizeof(*loaded));
}

static inline void check(void)
{
	struct work_struct *work;

	rt_mutex_lock(&machine.chime->lock);
	chime_disruption_check(machine.chime);
	chime_unlock(machine.chime);
	work = machine.work;
	machine.work = NULL;
	if (work)
		work->function(work);
}

/* It runs for so long. */
static inline void run(s64 ns)
{
	for (; ns > 0; ns -= S) {
		machine_pass(ns < S ? ns : S);
		check();
	}
}

/* It stands still, and the hypervisor sets all its clocks ahead by all but @missing_ns of it. */
static inline void stand_still_set_ahead(s64 ns, s64 missing_ns)
{
	machine_miss(ns);
	machine.raw_ns += ns - missing_ns;
	machine.behind_ns += missing_ns;
	machine.was_set = true;
	machine.set_raw_ns = machine.raw_ns;
}

/* The counter of its clocksource wraps unseen: the kernel's clocks lose so much, and no other. */
static inline void lose_ticks(s64 ns)
{
	machine_miss(ns);
	machine.behind_ns += ns;
	machine.raw_lost_ns += ns;
}

static inline void notify_genid(void)
{
	struct chime_acpi_watch *watch = &machine.chime->witness.genid.watch;

	watch->notified(watch->context);
}

/* It is restored from a state of @gap_ns before, is told so, and checks. */
static inline void revert(s64 gap_ns)
{
	stand_still(gap_ns);
	notify_genid();
	check();
}

/* It sleeps; the kernel puts its clocks forward by all but @missing_ns of it. */
static inline void sleep_for(s64 ns, s64 missing_ns)
{
	machine.suspend->notifier_call(machine.suspend, PM_SUSPEND_PREPARE, NULL);
	machine_miss(ns);
	machine.slept_ns += ns - missing_ns;
	machine.behind_ns += missing_ns;
	machine.suspend->notifier_call(machine.suspend, PM_POST_SUSPEND, NULL);
}

static inline struct chime_status status(void)
{
	struct chime_status status;

	chime_status_read(machine.chime, &status);
	return status;
}

/* The timescale less the truth. */
static inline s64 error_ns(void)
{
	return status().now.time_ns - machine.utc_ns;
}

/* The latest event. */
static inline const struct chime_event *latest(void)
{
	static const struct chime_event none = { .cause = -1 };

	return machine.count ? &machine.events[machine.count - 1] : &none;
}

static inline int correct_with(s64 rate_q32, s64 maxerror_ns)
{
	struct chime_status now = status();
	const struct chime_line correction = {
		.origin_ns = now.now.reference_ns,
		.offset_ns = machine.utc_ns - now.now.reference_ns,
		.rate_q32 = rate_q32,
		.sigma_ns = 1000,
		.maxerror_ns = maxerror_ns,
		.maxerror_rate_q32 = CHIME_PPM_Q32,
	};

	return chime_control_correct(machine.chime, &correction, now.now.epoch, -1, true);
}

/* A correction that is right now, good to 10 us. */
static inline int correct_at_rate(s64 rate_q32)
{
	return correct_with(rate_q32, 10000);
}

static inline int correct(void)
{
	return correct_at_rate(0);
}

/* --- requests about the host --- */

static inline int choose_host(const char *name)
{
	const struct chime_host_request request = { .name = name };

	return chime_control_set_host(machine.chime, &request);
}

static inline int demote_host(bool demoted)
{
	const struct chime_host_request request = { .has_state = true, .demoted = demoted };

	return chime_control_set_host(machine.chime, &request);
}

static inline void state_host_maxerror(s64 maxerror_ns)
{
	const struct chime_host_request request = {
		.has_maxerror = true,
		.maxerror_ns = maxerror_ns,
	};

	chime_control_set_host(machine.chime, &request);
}

#endif /* UNIT_MODULE_MACHINE_H */
