// SPDX-License-Identifier: GPL-2.0-only
/*
 * Why the operator's step of the clock was not made, and what to do about it.
 */
#include "daemon/requests.h"

#include <errno.h>
#include <string.h>

const char *daemon_step_words(const struct daemon *daemon, int err)
{
	if (daemon->options->no_clock)
		return "it was started with -x, only to observe";
	if (err == -EPERM && daemon->rivals.yielding)
		return "another time daemon has the clock (rivals yield). See: truechime status";
	if (err == -EPERM && daemon->known.external)
		err = -EBUSY;
	switch (err) {
	case -ENODATA:
		return "the right time is not known yet. See: truechime sources";
	case -EAGAIN:
		return "time was just disrupted, by how much is not known yet. Try again soon";
	case -ESTALE:
		return "the clock's reference has just changed. Try again";
	case -ERANGE:
		return "it would be a date before truechime was released. See: truechime sources";
	case -EBUSY:
		return "PTP programs steer it (mode external). To change that: truechime mode auto";
	case -EPERM:
		if (daemon->timescale->ops->in_kernel)
			return "the step policy forbids it. See: truechime policy";
		return "the step policy forbids it. See \"steppolicy\" in truechime.conf(5)";
	case -EACCES:
		return "the kernel forbids it: truechimed lacks CAP_SYS_TIME";
	}
	return strerror(-err);
}
