// SPDX-License-Identifier: GPL-2.0-only
/*
 * poll(2) that a loop can call again, whatever became of the last call.
 */
#include "lib/descriptor_wait.h"

#include <errno.h>
#include <stddef.h>

/* Ten calls a second cost next to nothing, and delay what else is due by as little. */
#define PAUSE_MS	100

int descriptor_wait(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	int ready = poll(fds, count, timeout_ms), err = errno;

	if (ready >= 0)
		return ready;
	if (err != EINTR)
		poll(NULL, 0, PAUSE_MS);

	return -err;
}
