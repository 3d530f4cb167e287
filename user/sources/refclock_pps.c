// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PPS driver: the kernel's ioctls. An edge has a timestamp of CLOCK_REALTIME and no date.
 */
#include "sources/refclock_pps.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/pps.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/time_units.h"
#include "sources/refclock.h"

/* A later time overflows. */
#define SECONDS_MAX	(INT64_MAX / NS_PER_S - 1)

/* Have the kernel take timestamps of our edges, without a change for other programs. */
static int capture(int fd, bool clear, const char **problem)
{
	int wanted = clear ? PPS_CAPTURECLEAR : PPS_CAPTUREASSERT;
	struct pps_kparams parameters;
	int possible;

	if (ioctl(fd, PPS_GETCAP, &possible) < 0 || ioctl(fd, PPS_GETPARAMS, &parameters) < 0)
		return refclock_fail(problem, -ENODEV, "It is no PPS device");
	if (!(possible & wanted))
		return refclock_fail(problem, -EOPNOTSUPP, clear ?
				     "The device reports no falling edges: leave out ':clear'" :
				     "The device reports falling edges only: add ':clear'");
	if (parameters.mode & wanted)
		return 0;
	parameters.mode |= wanted;
	if (ioctl(fd, PPS_SETPARAMS, &parameters) < 0)
		return refclock_fail(problem, -errno, "CAP_SYS_TIME is needed to switch it on");

	return 0;
}

/* Nothing is waited for: the timeout is 0. */
static int fetch(const struct refclock_pps *pps, struct pps_ktime *edge, uint32_t *sequence)
{
	struct pps_fdata data;

	memset(&data, 0, sizeof(data));
	if (ioctl(pps->fd, PPS_FETCH, &data) < 0)
		return -errno;
	*edge = pps->clear ? data.info.clear_tu : data.info.assert_tu;
	*sequence = pps->clear ? data.info.clear_sequence : data.info.assert_sequence;

	return 0;
}

static int open_pulses(union refclock_device *device, const struct config_source *config,
		       const char **problem)
{
	struct refclock_pps *pps = &device->pps;
	struct pps_ktime edge;
	int err;

	*pps = (struct refclock_pps) {
		.fd = open(config->options.name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY),
		.path = config->options.name,
		.clear = config->clear,
	};
	if (pps->fd < 0) {
		err = -errno;
		/* It may be plugged in at any time. */
		return refclock_fail(problem, err == -ENOENT ? -ENODEV : err, strerror(-err));
	}
	err = capture(pps->fd, pps->clear, problem);
	if (err < 0)
		goto err_close;
	/* The latest edge may be hours old. */
	err = fetch(pps, &edge, &pps->sequence);
	if (err < 0) {
		*problem = strerror(-err);
		goto err_close;
	}

	return 0;

err_close:
	close(pps->fd);
	return err;
}

static void close_pulses(union refclock_device *device)
{
	close(device->pps.fd);
}

static int read_pulse(union refclock_device *device, struct refclock_reading *reading,
		      const char **problem)
{
	struct refclock_pps *pps = &device->pps;
	struct pps_ktime edge = { 0 };
	uint32_t sequence = 0;
	int err;

	err = fetch(pps, &edge, &sequence);
	if (err == -EINTR || err == -ETIMEDOUT)
		return -EAGAIN;
	if (err)
		return err;
	if (sequence == pps->sequence)
		return -EAGAIN;
	pps->sequence = sequence;
	if (edge.sec < 0 || edge.sec > SECONDS_MAX || edge.nsec < 0 || edge.nsec >= NS_PER_S)
		return refclock_refuse(problem, "its time is none");
	*reading = (struct refclock_reading) {
		.realtime_ns = edge.sec * NS_PER_S + edge.nsec,
		.offset_ns = -edge.nsec,
		.pulse = true,
	};

	return 0;
}

/*
 * The kernel answers for a device that was unplugged as for one without a signal. Another one may
 * have its name and number by now, but not its file.
 */
static bool is_gone(const union refclock_device *device)
{
	const struct refclock_pps *pps = &device->pps;
	struct stat opened, found;
	struct file_identity file;

	if (stat(pps->path, &found) < 0)
		return errno == ENOENT;
	if (fstat(pps->fd, &opened) < 0)
		return false;
	file = file_identity_of(&opened);

	return !file_identity_is_of(&file, &found);
}

static bool is_exact(const union refclock_device *device)
{
	(void)device;

	return true;
}

const struct refclock_driver refclock_pps_driver = {
	.open = open_pulses,
	.close = close_pulses,
	.read = read_pulse,
	.is_gone = is_gone,
	.is_exact = is_exact,
};
