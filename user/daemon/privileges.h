/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the daemon may do: as little as it needs. Of root's powers CAP_SYS_TIME stays, for
 * clock_adjtime(2) and for the module's changing commands, and CAP_NET_BIND_SERVICE where NTP is
 * served, for a port that a reload names, or chronyc is answered at an interface, which may come
 * later; nothing else, and nothing new by exec.
 */
#ifndef DAEMON_PRIVILEGES_H
#define DAEMON_PRIVILEGES_H

#include <stdbool.h>

/* Default unprivileged user, if it exists and no other is configured. */
#define DAEMON_USER	"_truechime"

/**
 * struct privileges - those that are kept
 * @set_time: CAP_SYS_TIME; not with -x
 * @bind_port: CAP_NET_BIND_SERVICE
 */
struct privileges {
	bool set_time;
	bool bind_port;
};

/**
 * privileges_drop() - become @user and keep only what is named
 * @user: its name; "" keeps the user that runs us
 * @kept: privileges to keep, as far as they are there
 *
 * Started without root the user stays and only what is too much goes. Either all of it worked or
 * the process must not go on.
 *
 * Return: 0, -ESRCH: no such user, -errno.
 */
int privileges_drop(const char *user, const struct privileges *kept);

/**
 * privileges_advice() - what to do about an error of privileges_drop()
 * @err: -errno, and not -ESRCH
 *
 * Return: a sentence without its full stop.
 */
const char *privileges_advice(int err);

/* Whether modules may be loaded: CAP_SYS_MODULE is in effect. */
bool privileges_may_load_module(void);

#endif /* DAEMON_PRIVILEGES_H */
