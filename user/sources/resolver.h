/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Host names to addresses without waiting: each query runs in a process of its own, which first
 * drops all privileges. The system's resolver blocks, and has plug-ins and threads; none of that
 * reaches the daemon.
 */
#ifndef SOURCES_RESOLVER_H
#define SOURCES_RESOLVER_H

#include <stdint.h>
#include <sys/types.h>

#include "ntp/address.h"

#define RESOLVER_ADDRESSES_MAX	16

/**
 * struct resolver - a query; { .fd = -1 } when there is none
 * @fd: to poll(2) for POLLIN
 * @pid: the process
 * @deadline_ns: when to give up, by the clock of resolver_start()'s argument
 */
struct resolver {
	int fd;
	pid_t pid;
	int64_t deadline_ns;
};

/* Begin. 0, -errno: then there is none. */
int resolver_start(struct resolver *resolver, const char *name, int family, int64_t now_ns);

/**
 * resolver_finish() - the result
 * @resolver: where there is none afterwards unless -EAGAIN is returned
 * @now_ns: now, for the deadline
 * @addresses: RESOLVER_ADDRESSES_MAX of them, in the system's order of preference; of a name that
 *	has more, some of each family
 * @problem: a sentence for people if there are none; static
 *
 * Return: how many addresses, at least 1; -EAGAIN: not yet; -ETIMEDOUT; -ENOENT: the name has no
 * address; -EHOSTUNREACH: nobody can be asked at present; -EIO.
 */
int resolver_finish(struct resolver *resolver, int64_t now_ns, struct net_address *addresses,
		    const char **problem);

/* Cancel it. */
void resolver_cancel(struct resolver *resolver);

#endif /* SOURCES_RESOLVER_H */
