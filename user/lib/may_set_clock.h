/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether any process here may set the clock. In most containers none may, and systemd does not
 * start the daemon then.
 */
#ifndef LIB_MAY_SET_CLOCK_H
#define LIB_MAY_SET_CLOCK_H

#include <linux/capability.h>
#include <stdbool.h>
#include <sys/prctl.h>

static inline bool may_set_clock(void)
{
	return prctl(PR_CAPBSET_READ, CAP_SYS_TIME, 0, 0, 0);
}

#endif /* LIB_MAY_SET_CLOCK_H */
