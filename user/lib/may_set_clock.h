/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who may set the clock, as far as capabilities say.
 */
#ifndef LIB_MAY_SET_CLOCK_H
#define LIB_MAY_SET_CLOCK_H

#include <linux/capability.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Any process here. In most containers none may, and systemd does not start the daemon then. */
static inline bool may_set_clock(void)
{
	return prctl(PR_CAPBSET_READ, CAP_SYS_TIME, 0, 0, 0);
}

/* This process, now. */
static inline bool process_may_set_clock(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (syscall(SYS_capget, &header, data))
		return false;

	return data[CAP_TO_INDEX(CAP_SYS_TIME)].effective & CAP_TO_MASK(CAP_SYS_TIME);
}

#endif /* LIB_MAY_SET_CLOCK_H */
