/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the daemon may do: as little as it needs. Of root's powers CAP_SYS_TIME stays, for
 * clock_adjtime(2) and for the module's changing commands; nothing else, and nothing new by exec.
 */
#ifndef DAEMON_PRIVILEGES_H
#define DAEMON_PRIVILEGES_H

#include <stdbool.h>

/**
 * privileges_drop() - become @user and keep only CAP_SYS_TIME
 * @user: its name; "" keeps the user that runs us
 * @keep_time: also keep CAP_SYS_TIME; without it (-x) nothing is kept
 *
 * Started without root the user stays and only what is too much goes. Either all of it worked or
 * the process must not go on.
 *
 * Return: 0, -ESRCH: no such user, -errno.
 */
int privileges_drop(const char *user, bool keep_time);

/* Whether modules may be loaded: CAP_SYS_MODULE is in effect. */
bool privileges_may_load_module(void);

#endif /* DAEMON_PRIVILEGES_H */
