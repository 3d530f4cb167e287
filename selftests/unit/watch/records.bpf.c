// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the watch's programs do, called by the test's hand: nothing is attached, and no clock is
 * touched. A call of the kernel is a program of its own here.
 */
#include "watch/program.bpf.c"

/* What an adjustment is passed: the kernel's struct __kernel_timex, as this machine's timex. */
uint64_t passed[26];

SEC("raw_tp")
int BPF_PROG(test_adjust, int result)
{
	begin_adjusting((struct __kernel_timex *)passed);
	end(WATCH_ADJUSTS, (struct __kernel_timex *)passed, result);
	return 0;
}

/* A call of which one end only is seen. */
SEC("raw_tp")
int BPF_PROG(test_begin_adjusting)
{
	begin_adjusting((struct __kernel_timex *)passed);
	return 0;
}

SEC("raw_tp")
int BPF_PROG(test_begin_setting)
{
	begin_setting(WATCH_SETS, false);
	return 0;
}

SEC("raw_tp")
int BPF_PROG(test_end_adjusting, int result)
{
	end(WATCH_ADJUSTS, (struct __kernel_timex *)passed, result);
	return 0;
}

SEC("raw_tp")
int BPF_PROG(test_set, int result, int is_warp)
{
	begin_setting(WATCH_SETS, is_warp);
	begin_in_kernel();
	end(WATCH_KERNEL_SETS, NULL, result);
	end(WATCH_SETS, NULL, result);
	return 0;
}

SEC("raw_tp")
int BPF_PROG(test_set_in_kernel, int result)
{
	begin_in_kernel();
	end(WATCH_KERNEL_SETS, NULL, result);
	return 0;
}
