/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the programs in the kernel hand to the process: one record for each change of the system
 * clock that succeeded. Both are of one build. Names and arguments are those of a program that
 * somebody else has written.
 */
#ifndef WATCH_SHARED_H
#define WATCH_SHARED_H

#include <stdint.h>

/* A command's name, the name of a kernel worker's queue, and the beginning of the arguments. */
#define WATCH_COMM_MAX	16
#define WATCH_QUEUE_MAX	24
#define WATCH_ARGS_MAX	128

/*
 * Of the path of a control group: the innermost groups, each with its NUL. A user's session has
 * six, and may be in a container, whose name is in one of the outermost.
 */
#define WATCH_GROUPS		10
#define WATCH_GROUP_MAX		96

enum watch_call {
	WATCH_SETS = 1,		/* clock_settime(2), settimeofday(2), stime(2) */
	WATCH_ADJUSTS,		/* adjtimex(2), clock_adjtime(2) */
	WATCH_KERNEL_SETS,	/* a driver or a module of the kernel */
};

/**
 * struct watch_record - one change of CLOCK_REALTIME
 * @boot_ns: CLOCK_BOOTTIME when it was done
 * @step_ns: by how much the clock was set forward
 * @call: enum watch_call
 * @modes: of an adjustment, ADJ_*
 * @offset: of an adjustment, as it was passed: us, or ns with ADJ_NANO ...
 * @tick_us: ... length of a tick ...
 * @frequency: ... and the frequency that it left, in 2^-16 ppm
 * @constant: ... the PLL's time constant, or TAI - UTC in s
 * @status: ... and STA_* that it left
 * @pid: thread
 * @tgid: process
 * @uid: of the user
 * @is_kernel: a thread of the kernel
 * @group_count: of @groups; 0: the root ...
 * @is_deeper: ... and there are others around these
 * @args_size: of @args
 * @comm: the process's name, which its threads may not have
 * @queue: of a worker of the kernel; ""
 * @args: the command line, a NUL after each argument, cut
 * @groups: names of the control group (version 2) and of those around it, innermost first
 */
struct watch_record {
	int64_t boot_ns;
	int64_t step_ns;
	int64_t offset;
	int64_t frequency;
	int64_t tick_us;
	int64_t constant;
	uint32_t call;
	uint32_t modes;
	int32_t status;
	uint32_t pid;
	uint32_t tgid;
	uint32_t uid;
	uint32_t is_kernel;
	uint32_t group_count;
	uint32_t is_deeper;
	uint32_t args_size;
	char comm[WATCH_COMM_MAX];
	char queue[WATCH_QUEUE_MAX];
	char args[WATCH_ARGS_MAX];
	char groups[WATCH_GROUPS][WATCH_GROUP_MAX];
};

/* Room for so many records of changes that come in a burst: a power of two of bytes. */
#define WATCH_RING_SIZE	(2 << 20)

#endif /* WATCH_SHARED_H */
