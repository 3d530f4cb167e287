// SPDX-License-Identifier: GPL-2.0-only
/*
 * libcap-ng and libseccomp. The process has the daemon's user, whom the daemon's control socket
 * trusts: so it may not open a socket, or anything else.
 */
#include "server/sandbox.h"

#include <cap-ng.h>
#include <errno.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>

/* Those of the loop, of the C library's clocks where the vDSO has none, and of the way out. */
static const int allowed[] = {
	SCMP_SYS(clock_gettime),
	SCMP_SYS(close),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(futex),
	SCMP_SYS(munmap),
	SCMP_SYS(poll),
	SCMP_SYS(read),
	SCMP_SYS(recvmmsg),
	SCMP_SYS(recvmsg),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sendmmsg),
	SCMP_SYS(write),
};

static int allow_calls(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int err = filter ? 0 : -ENOMEM;

	for (size_t i = 0; i < sizeof(allowed) / sizeof(*allowed) && !err; i++)
		err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
	if (!err)
		err = seccomp_load(filter);
	seccomp_release(filter);

	return err;
}

static int drop_capabilities(void)
{
	if (capng_get_caps_process())
		return -EPERM;
	capng_clear(CAPNG_SELECT_CAPS);

	return capng_apply(CAPNG_SELECT_CAPS) ? -EPERM : 0;
}

int sandbox_enter(void)
{
	int err = drop_capabilities();

	if (err)
		return err;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		return -errno;

	return allow_calls();
}
