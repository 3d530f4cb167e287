// SPDX-License-Identifier: GPL-2.0-only
/*
 * Errors of bpf(2), and the namespace of process numbers.
 */
#include "watch/refusal.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* The inode of the first namespace of process numbers, the machine's: PROC_PID_INIT_INO. */
#define MACHINE_NUMBERS	0xeffffffcU

const char *refusal_words(int err)
{
	switch (err) {
	case -EOPNOTSUPP:
		return "this program was built without clang, bpftool or libbpf";
	case -ENOENT:
		return "the kernel does not describe itself (no /sys/kernel/btf/vmlinux)";
	case -EPERM:
	case -EACCES:
		return "it takes CAP_BPF and CAP_PERFMON, and a kernel that is not locked down";
	}

	return strerror(-err);
}

/* What others have used up, or are busy with, is there again later. */
bool refusal_may_pass(int err)
{
	switch (err) {
	case -ENOMEM:
	case -EMFILE:
	case -ENFILE:
	case -EAGAIN:
	case -EBUSY:
	case -EINTR:
		return true;
	}

	return false;
}

bool refusal_by_numbers(void)
{
	struct stat numbers;

	return !stat("/proc/self/ns/pid", &numbers) && numbers.st_ino != MACHINE_NUMBERS;
}
