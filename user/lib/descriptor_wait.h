/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Waiting for descriptors in a loop that must not spin.
 */
#ifndef LIB_DESCRIPTOR_WAIT_H
#define LIB_DESCRIPTOR_WAIT_H

#include <poll.h>

/**
 * descriptor_wait() - poll(2), or a pause where it fails
 * @fds: to wait for
 * @count: of them
 * @timeout_ms: wait no longer; negative: for as long as it takes
 *
 * Where the kernel has no memory, or fewer descriptors are allowed than there are, poll(2) fails at
 * once, and would do so again and again: then this takes a tenth of a second.
 *
 * Return: how many of @fds have events, 0: it is @timeout_ms later; -EINTR after a signal; another
 * -errno after a pause.
 */
int descriptor_wait(struct pollfd *fds, nfds_t count, int timeout_ms);

#endif /* LIB_DESCRIPTOR_WAIT_H */
