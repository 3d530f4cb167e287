/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * chronyc's `tracking`, asked of a daemon in simulated time once a second: what it states of its
 * clock's error, and the interval that AWS ClockBound makes of it. Times are ns of true time since
 * the start, bounds are ns.
 */
#ifndef RIVAL_TRACKING_H
#define RIVAL_TRACKING_H

#include <math.h>
#include <stdbool.h>
#include <sys/socket.h>

/* No error is promised to be within this. */
#define NO_BOUND_NS	INFINITY

/* --- the socket that the daemon has for chronyc: the local one --- */

/* When the next request arrives there; INFINITY: that is another socket. */
double tracking_arrival_ns(int fd);

/* Is it that socket? What recvmsg(2) and sendmsg(2) return is in *@result then. */
bool tracking_receive(int fd, struct msghdr *message, ssize_t *result);
bool tracking_send(int fd, const struct msghdr *message, ssize_t *result);

/* --- what came of it --- */

/* ClockBound's bound of the clock now. */
double tracking_clockbound_ns(void);

#endif /* RIVAL_TRACKING_H */
