// SPDX-License-Identifier: GPL-2.0-only
/*
 * System calls of the loop, of GnuTLS's random numbers and memory, and of the way out. There are
 * none by which a file or a connection is opened; a server accepts those that others make. Which of
 * several calls the C library makes depends on the processor, see server/main.c.
 */
#include "nts/locked.h"

#include <seccomp.h>
#include <time.h>

#include "server/sandbox.h"

static const int allowed[] = {
	SCMP_SYS(accept4),
	SCMP_SYS(brk),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_gettime64),
	SCMP_SYS(close),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(futex),
	SCMP_SYS(futex_time64),
	SCMP_SYS(getpid),
	SCMP_SYS(getrandom),
	SCMP_SYS(getrusage),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(madvise),
	SCMP_SYS(mmap),
	SCMP_SYS(mmap2),
	SCMP_SYS(mremap),
	SCMP_SYS(munmap),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(ppoll_time64),
	SCMP_SYS(read),
	SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sendmsg),
	SCMP_SYS(sendto),
	/* By qsort(3) of many: how much memory is there? */
	SCMP_SYS(sysinfo),
	SCMP_SYS(time),
	SCMP_SYS(write),
	SCMP_SYS(writev),
};

int locked_enter(void)
{
	/* It reads a file the first time, which dates in messages would do. */
	tzset();

	return sandbox_enter(allowed, sizeof(allowed) / sizeof(*allowed));
}
