/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A PPS device for tests: the answers to its ioctls, whatever the descriptor. Link the test with
 * -Wl,--wrap=ioctl; other requests go to the test's other device, if it has one, or to the kernel.
 */
#ifndef FAKE_PPS_H
#define FAKE_PPS_H

#include <errno.h>
#include <linux/pps.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static struct {
	struct pps_kinfo info;
	struct pps_kparams parameters;
	struct pps_ktime timeout;	/* of the latest fetch */
	int capable;
	int changes;			/* of the parameters */
	int error_set;			/* errno of a change, 0: none */
	int error_fetch;
	bool is_no_pps;
} fake_pps;

static int (*other_device)(unsigned long request, void *argument);

static inline void fake_pps_reset(void)
{
	memset(&fake_pps, 0, sizeof(fake_pps));
	fake_pps.capable = PPS_CAPTUREBOTH;
}

/* A rising edge. */
static inline void fake_pps_edge(int64_t sec, int32_t nsec)
{
	fake_pps.info.assert_sequence++;
	fake_pps.info.assert_tu = (struct pps_ktime){ .sec = sec, .nsec = nsec };
}

static int fake_pps_fail(int error)
{
	errno = error;
	return error ? -1 : 0;
}

int __real_ioctl(int fd, unsigned long request, void *argument);
int __wrap_ioctl(int fd, unsigned long request, void *argument);

int __wrap_ioctl(int fd, unsigned long request, void *argument)
{
	struct pps_fdata *data = argument;

	switch (request) {
	case PPS_GETCAP:
		if (fake_pps.is_no_pps)
			return fake_pps_fail(ENOTTY);
		*(int *)argument = fake_pps.capable;
		return 0;
	case PPS_GETPARAMS:
		*(struct pps_kparams *)argument = fake_pps.parameters;
		return 0;
	case PPS_SETPARAMS:
		if (fake_pps.error_set)
			return fake_pps_fail(fake_pps.error_set);
		fake_pps.parameters = *(struct pps_kparams *)argument;
		fake_pps.changes++;
		return 0;
	case PPS_FETCH:
		fake_pps.timeout = data->timeout;
		data->info = fake_pps.info;
		return fake_pps_fail(fake_pps.error_fetch);
	default:
		return other_device ? other_device(request, argument) :
				      __real_ioctl(fd, request, argument);
	}
}

#endif /* FAKE_PPS_H */
