/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System calls that a test takes the place of, and the real ones: linked with -Wl,--wrap=NAME.
 */
#ifndef WRAPPED_CALLS_H
#define WRAPPED_CALLS_H

#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>

int __real_ioctl(int fd, unsigned long request, void *argument);
int __wrap_ioctl(int fd, unsigned long request, void *argument);
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
ssize_t __real_recvmsg(int fd, struct msghdr *message, int flags);
ssize_t __wrap_recvmsg(int fd, struct msghdr *message, int flags);
int __real_recvmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags,
		    struct timespec *timeout);
int __wrap_recvmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags,
		    struct timespec *timeout);

#endif /* WRAPPED_CALLS_H */
