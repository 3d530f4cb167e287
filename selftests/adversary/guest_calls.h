/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System calls of the shipped programs that come to guest_clock.c and guest_refclock.c instead, by
 * the linker's --wrap.
 */
#ifndef ADVERSARY_GUEST_CALLS_H
#define ADVERSARY_GUEST_CALLS_H

#include <poll.h>
#include <sys/random.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <time.h>

int __wrap_clock_gettime(clockid_t id, struct timespec *ts);
int __wrap_clock_adjtime(clockid_t id, struct timex *tx);
ssize_t __wrap_getrandom(void *bytes, size_t size, unsigned int flags);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout_ms);
int __wrap_timerfd_create(int id, int flags);
int __wrap_timerfd_settime(int fd, int flags, const struct itimerspec *value,
			   struct itimerspec *old);
ssize_t __real_read(int fd, void *bytes, size_t size);
ssize_t __wrap_read(int fd, void *bytes, size_t size);
int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_ioctl(int fd, unsigned long request, ...);

#endif /* ADVERSARY_GUEST_CALLS_H */
