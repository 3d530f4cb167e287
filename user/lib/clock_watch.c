// SPDX-License-Identifier: GPL-2.0-only
/*
 * timerfd with TFD_TIMER_CANCEL_ON_SET.
 */
#include "lib/clock_watch.h"

#include <errno.h>
#include <stdint.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* The last second that the kernel can count to in ns. */
#define NEVER_S	(INT64_MAX / 1000000000LL)

int clock_watch_open(void)
{
	struct itimerspec never = { .it_value.tv_sec = NEVER_S };
	int fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	/* ECANCELED: the clock was set just now. The timer is armed all the same. */
	if (timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL) &&
	    errno != ECANCELED) {
		int err = -errno;

		close(fd);
		return err;
	}

	return fd;
}

bool clock_watch_was_set(int fd)
{
	uint64_t expirations;

	/* The read fails with ECANCELED, and arms the watch again. */
	return read(fd, &expirations, sizeof(expirations)) >= 0 || errno != EAGAIN;
}
