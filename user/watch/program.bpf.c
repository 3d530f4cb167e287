// SPDX-License-Identifier: GPL-2.0-only
/*
 * The programs in the kernel: they run when somebody changes the system clock, and at no other
 * time. They are attached to the functions in which all ways meet (system calls of any width, and
 * the kernel's own drivers), not to tracepoints of system calls: those would make every system call
 * of the machine slower, and see neither a driver nor a 32-bit program.
 *
 * Each function has a program at its entry, which keeps what it was called with, and one at its
 * end, which reports what has come of it. Where the kernel has no trampolines for them (fentry),
 * kprobes call the same.
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "watch/shared.h"

/* include/uapi/linux/timex.h */
#define ADJ_SETOFFSET		0x0100
#define ADJ_NANO		0x2000
#define ADJ_ADJTIME		0x8000
#define ADJ_OFFSET_READONLY	0x2000

#define PF_WQ_WORKER	0x00000020
#define PF_KTHREAD	0x00200000

#define NS_PER_S	1000000000LL
#define NS_PER_US	1000

/* A warp to local time moves the clock by minutes; two readings differ by less. */
#define STEP_LEAST_NS	1000000

/* Calls in progress at a time. */
#define CALLS_MAX	4096

/*
 * Of the kernel's structures what is read here; where it is in the running kernel, libbpf finds in
 * the kernel's own description.
 */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct kernfs_node {
	const char *name;
};

struct cgroup_subsys_state {
	struct cgroup_subsys_state *parent;
};

struct cgroup {
	struct cgroup_subsys_state self;
	struct kernfs_node *kn;
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

struct mm_struct {
	unsigned long arg_start;
	unsigned long arg_end;
};

struct worker {
	char desc[WATCH_QUEUE_MAX];
};

struct kthread {
	void *data;
};

struct task_struct {
	unsigned int flags;
	struct css_set *cgroups;
	struct mm_struct *mm;
	struct task_struct *group_leader;
	char comm[WATCH_COMM_MAX];
	void *worker_private;
};

struct __kernel_timex_timeval {
	long long tv_sec;
	long long tv_usec;
};

struct __kernel_timex {
	unsigned int modes;
	long long offset;
	long long freq;
	int status;
	long long constant;
	struct __kernel_timex_timeval time;
	long long tick;
	int tai;
};

#pragma clang attribute pop

/**
 * struct call - one in progress
 * @distance_ns: CLOCK_TAI - CLOCK_MONOTONIC before it, which a step changes by as much
 * @timex: of an adjustment, where it was passed
 * @offset: what was in there ...
 * @given_ns: ... and with ADJ_SETOFFSET by how much it sets the clock
 * @constant: ... that ...
 * @modes: ... and what of it counts
 * @kind: enum watch_call
 * @is_warp: no time is set, only the time zone
 * @reserved: no padding may be left as it was
 */
struct call {
	int64_t distance_ns;
	struct __kernel_timex *timex;
	int64_t offset;
	int64_t given_ns;
	int64_t constant;
	uint32_t modes;
	uint32_t kind;
	uint32_t is_warp;
	uint32_t reserved;
};

/*
 * By thread. The kernel does not run a program on a processor where another task was preempted in
 * it. Where that is the one at the end of a call, the call stays here, though its thread may end:
 * such calls have to give way to later ones, or any user could fill this for good.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, CALLS_MAX);
	__type(key, uint32_t);
	__type(value, struct call);
} calls SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, WATCH_RING_SIZE);
} records SEC(".maps");

/* Changes for which there was no room. */
uint64_t lost;

/* A process whose changes need not be read at once; 0: none. */
uint32_t own_tgid;

static inline int64_t read_distance_ns(void)
{
	uint64_t before_ns = bpf_ktime_get_ns();
	uint64_t tai_ns = bpf_ktime_get_tai_ns();
	uint64_t after_ns = bpf_ktime_get_ns();

	return (int64_t)(tai_ns - before_ns - (after_ns - before_ns) / 2);
}

/* --- who --- */

static inline void note_groups(struct watch_record *record, struct task_struct *task)
{
	struct cgroup *group = BPF_CORE_READ(task, cgroups, dfl_cgrp);
	struct cgroup *around;

	for (uint32_t i = 0; i < WATCH_GROUPS; i++) {
		around = (struct cgroup *)BPF_CORE_READ(group, self.parent);
		if (!around)
			return;
		if (bpf_probe_read_kernel_str(record->groups[i], WATCH_GROUP_MAX,
					      BPF_CORE_READ(group, kn, name)) < 0)
			return;
		record->group_count = i + 1;
		group = around;
	}
	record->is_deeper = !!BPF_CORE_READ(group, self.parent);
}

static inline void note_arguments(struct watch_record *record, struct task_struct *task)
{
	unsigned long start = BPF_CORE_READ(task, mm, arg_start);
	uint64_t size = BPF_CORE_READ(task, mm, arg_end) - start;

	if (size > WATCH_ARGS_MAX)
		size = WATCH_ARGS_MAX;
	if (!bpf_probe_read_user(record->args, (uint32_t)size, (const void *)start))
		record->args_size = (uint32_t)size;
}

/* Threads of a program may have names of their own, by which nobody knows it. */
static inline void note_name(struct watch_record *record, struct task_struct *task)
{
	BPF_CORE_READ_INTO(&record->comm, task, group_leader, comm);
	record->comm[WATCH_COMM_MAX - 1] = '\0';
}

static inline void note_worker(struct watch_record *record, struct task_struct *task)
{
	struct kthread *thread = BPF_CORE_READ(task, worker_private);
	struct worker *worker = BPF_CORE_READ(thread, data);

	BPF_CORE_READ_INTO(&record->queue, worker, desc);
	record->queue[WATCH_QUEUE_MAX - 1] = '\0';
}

static inline void note_task(struct watch_record *record)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	uint64_t ids = bpf_get_current_pid_tgid();
	unsigned int flags = BPF_CORE_READ(task, flags);

	record->pid = (uint32_t)ids;
	record->tgid = (uint32_t)(ids >> 32);
	record->uid = (uint32_t)bpf_get_current_uid_gid();
	record->is_kernel = !!(flags & PF_KTHREAD);
	note_name(record, task);
	note_groups(record, task);
	if (flags & PF_WQ_WORKER)
		note_worker(record, task);
	else if (!record->is_kernel)
		note_arguments(record, task);
}

/* --- what --- */

static inline void begin(enum watch_call kind, struct call *call)
{
	uint32_t thread = (uint32_t)bpf_get_current_pid_tgid();

	call->kind = kind;
	call->distance_ns = read_distance_ns();
	if (bpf_map_update_elem(&calls, &thread, call, BPF_ANY))
		__sync_fetch_and_add(&lost, 1);
}

static inline void begin_setting(enum watch_call kind, bool is_warp)
{
	struct call call = { .is_warp = is_warp };

	begin(kind, &call);
}

static inline void begin_adjusting(struct __kernel_timex *timex)
{
	struct call call = { .timex = timex, .modes = BPF_CORE_READ(timex, modes) };
	int64_t part;

	/* Readings; the second is adjtime(3)'s. */
	if (!call.modes || (call.modes & ADJ_ADJTIME && call.modes & ADJ_OFFSET_READONLY))
		return;
	call.offset = BPF_CORE_READ(timex, offset);
	call.constant = BPF_CORE_READ(timex, constant);
	part = BPF_CORE_READ(timex, time.tv_usec);
	if (call.modes & ADJ_SETOFFSET)
		call.given_ns = BPF_CORE_READ(timex, time.tv_sec) * NS_PER_S +
				(call.modes & ADJ_NANO ? part : part * NS_PER_US);
	begin(WATCH_ADJUSTS, &call);
}

static inline void note_adjustment(struct watch_record *record, const struct call *call,
				   const struct __kernel_timex *timex)
{
	record->modes = call->modes;
	record->offset = call->offset;
	record->constant = call->constant;
	record->frequency = BPF_CORE_READ(timex, freq);
	record->tick_us = BPF_CORE_READ(timex, tick);
	record->status = BPF_CORE_READ(timex, status);
	record->step_ns = call->given_ns;
}

/*
 * The daemon changes the clock once a second, and is no rival: who reads the records is not woken
 * for that, but by a rival's, or when those fill half of the ring. Without a flag the kernel would
 * wake him only for the first record after those that he has read, and a rival's is not always it.
 */
static inline uint64_t wakes(const struct watch_record *record)
{
	if (!record->is_kernel && own_tgid && record->tgid == own_tgid &&
	    bpf_ringbuf_query(&records, BPF_RB_AVAIL_DATA) < WATCH_RING_SIZE / 2)
		return BPF_RB_NO_WAKEUP;

	return BPF_RB_FORCE_WAKEUP;
}

/* @timex: what was passed, of an adjustment. */
static inline void report(const struct call *call, const struct __kernel_timex *timex)
{
	struct watch_record *record;
	int64_t step_ns = read_distance_ns() - call->distance_ns;

	if (call->is_warp && step_ns < STEP_LEAST_NS && step_ns > -STEP_LEAST_NS)
		return;
	record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
	if (!record) {
		__sync_fetch_and_add(&lost, 1);
		return;
	}
	/* Of the groups, which are too much for one call, those that are counted are written. */
	__builtin_memset(record, 0, __builtin_offsetof(struct watch_record, groups));
	record->boot_ns = (int64_t)bpf_ktime_get_boot_ns();
	record->call = call->kind;
	record->step_ns = step_ns;
	if (call->kind == WATCH_ADJUSTS)
		note_adjustment(record, call, timex);
	note_task(record);
	bpf_ringbuf_submit(record, wakes(record));
}

/*
 * The end of an earlier call of the thread may have been missed, see above, and that call may have
 * failed: a reading that ends must not be taken for it.
 */
static inline bool is_adjustment(const struct call *call, const struct __kernel_timex *timex)
{
	return BPF_CORE_READ(timex, modes) == call->modes;
}

/*
 * The kernel's own settings end within those of a system call, whose end reports them. @timex: what
 * was passed to the call that ends; NULL: none is, or it is not known here.
 */
static inline void end(enum watch_call kind, const struct __kernel_timex *timex, long result)
{
	uint32_t thread = (uint32_t)bpf_get_current_pid_tgid();
	struct call *call = bpf_map_lookup_elem(&calls, &thread);

	if (!call || call->kind != kind)
		return;
	if (!timex)
		timex = call->timex;
	if (result >= 0 && (kind != WATCH_ADJUSTS || is_adjustment(call, timex)))
		report(call, timex);
	bpf_map_delete_elem(&calls, &thread);
}

static inline void begin_in_kernel(void)
{
	uint32_t thread = (uint32_t)bpf_get_current_pid_tgid();
	struct call *around = bpf_map_lookup_elem(&calls, &thread);

	if (!around || around->kind != WATCH_SETS)
		begin_setting(WATCH_KERNEL_SETS, false);
}

/* --- where they are attached --- */

SEC("fentry/do_sys_settimeofday64")
int BPF_PROG(enter_sys_set, const void *time)
{
	begin_setting(WATCH_SETS, !time);
	return 0;
}

SEC("fexit/do_sys_settimeofday64")
int BPF_PROG(exit_sys_set, const void *time, const void *zone, int result)
{
	end(WATCH_SETS, NULL, result);
	return 0;
}

SEC("fentry/do_settimeofday64")
int BPF_PROG(enter_set)
{
	begin_in_kernel();
	return 0;
}

SEC("fexit/do_settimeofday64")
int BPF_PROG(exit_set, const void *time, int result)
{
	end(WATCH_KERNEL_SETS, NULL, result);
	return 0;
}

SEC("fentry/do_adjtimex")
int BPF_PROG(enter_adjust, struct __kernel_timex *timex)
{
	begin_adjusting(timex);
	return 0;
}

SEC("fexit/do_adjtimex")
int BPF_PROG(exit_adjust, struct __kernel_timex *timex, int result)
{
	end(WATCH_ADJUSTS, timex, result);
	return 0;
}

#ifdef bpf_target_defined
SEC("kprobe/do_sys_settimeofday64")
int BPF_KPROBE(probe_sys_set, const void *time)
{
	begin_setting(WATCH_SETS, !time);
	return 0;
}

SEC("kretprobe/do_sys_settimeofday64")
int BPF_KRETPROBE(probe_sys_set_end, int result)
{
	end(WATCH_SETS, NULL, result);
	return 0;
}

SEC("kprobe/do_settimeofday64")
int BPF_KPROBE(probe_set)
{
	begin_in_kernel();
	return 0;
}

SEC("kretprobe/do_settimeofday64")
int BPF_KRETPROBE(probe_set_end, int result)
{
	end(WATCH_KERNEL_SETS, NULL, result);
	return 0;
}

SEC("kprobe/do_adjtimex")
int BPF_KPROBE(probe_adjust, struct __kernel_timex *timex)
{
	begin_adjusting(timex);
	return 0;
}

SEC("kretprobe/do_adjtimex")
int BPF_KRETPROBE(probe_adjust_end, int result)
{
	end(WATCH_ADJUSTS, NULL, result);
	return 0;
}
#endif

char LICENSE[] SEC("license") = "GPL";
