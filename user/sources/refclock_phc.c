// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ioctls of PTP hardware clocks, and whose clock a network interface has. refclock_combine.c
 * judges the readings.
 */
#include "sources/refclock_phc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/ptp_clock.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "clocks/timescale.h"
#include "core/line.h"
#include "lib/ethtool.h"
#include "lib/time_units.h"
#include "sources/refclock.h"

/* The name of the clock that the module registers. */
#define OWN_CLOCK_NAME	"truechime"

/* Saturated: a broken device may return anything. */
static int64_t to_ns(const struct ptp_clock_time *time)
{
	if (time->sec > INT64_MAX / NS_PER_S - 1)
		return INT64_MAX;
	if (time->sec < INT64_MIN / NS_PER_S + 1)
		return INT64_MIN;

	return chime_add_sat(time->sec * NS_PER_S, time->nsec);
}

/* The driver's name of the clock behind the descriptor, "" if that is unknown. */
static void read_clock_name(int fd, char *name, size_t size)
{
	struct stat status;
	char path[64];
	FILE *file;

	name[0] = '\0';
	if (fstat(fd, &status) < 0)
		return;
	snprintf(path, sizeof(path), "/sys/dev/char/%u:%u/clock_name", major(status.st_rdev),
		 minor(status.st_rdev));
	file = fopen(path, "re");
	if (!file)
		return;
	if (!fgets(name, (int)size, file))
		name[0] = '\0';
	name[strcspn(name, "\n")] = '\0';
	fclose(file);
}

/* Which clock the card of an interface has. Its number, -errno. */
static int ask_interface(const char *interface)
{
	struct ethtool_ts_info info = { .cmd = ETHTOOL_GET_TS_INFO };
	int fd = ethtool_socket();
	int err;

	if (fd < 0)
		return fd;
	err = ethtool_ask(fd, interface, &info);
	close(fd);

	return err < 0 ? err : info.phc_index;
}

/* "/dev/ptp0", or "eth0": the clock of that interface's card, which may have another number now. */
static int find_device(const char *name, char *path, size_t size, const char **problem)
{
	int index;

	if (name[0] == '/') {
		snprintf(path, size, "%s", name);
		return 0;
	}
	index = ask_interface(name);
	if (index == -ENODEV)
		*problem = "There is no such network interface";
	else if (index < 0)
		*problem = "That network interface has no PTP clock";
	if (index < 0)
		return -ENODEV;
	snprintf(path, size, "/dev/ptp%d", index);

	return 0;
}

int refclock_phc_open(struct refclock_phc *phc, const char *device, bool no_crosststamp,
		      const char **problem)
{
	struct ptp_clock_caps capabilities;
	char path[SOURCE_NAME_MAX];
	char name[64];
	int err;

	phc->method = no_crosststamp ? PHC_EXTENDED : PHC_PRECISE;
	phc->fd = -1;
	err = find_device(device, path, sizeof(path), problem);
	if (err < 0)
		return err;
	phc->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (phc->fd < 0) {
		err = -errno;
		*problem = strerror(-err);
		return err;
	}
	if (ioctl(phc->fd, PTP_CLOCK_GETCAPS, &capabilities) < 0) {
		err = -ENODEV;
		*problem = "It is not a PTP clock";
		goto err_close;
	}
	read_clock_name(phc->fd, name, sizeof(name));
	if (!strcmp(name, OWN_CLOCK_NAME)) {
		err = -ELOOP;
		*problem = "It is truechime's own clock, which cannot be its own source";
		goto err_close;
	}
	*problem = "";

	return 0;

err_close:
	refclock_phc_close(phc);
	return err;
}

void refclock_phc_close(struct refclock_phc *phc)
{
	if (phc->fd >= 0)
		close(phc->fd);
	phc->fd = -1;
}

static int read_precise(int fd, size_t count, struct phc_reading *readings)
{
	for (size_t i = 0; i < count; i++) {
		struct ptp_sys_offset_precise offset = { 0 };

		if (ioctl(fd, PTP_SYS_OFFSET_PRECISE, &offset) < 0)
			return -errno;
		readings[i] = (struct phc_reading) {
			.device_ns = to_ns(&offset.device),
			.clock_ns = to_ns(&offset.sys_monoraw),
		};
	}

	return 0;
}

static struct phc_reading bracketed(const struct ptp_clock_time *before,
				    const struct ptp_clock_time *device,
				    const struct ptp_clock_time *after)
{
	int64_t width_ns = chime_sub_sat(to_ns(after), to_ns(before));

	return (struct phc_reading) {
		.device_ns = to_ns(device),
		.clock_ns = chime_add_sat(to_ns(before), width_ns / 2),
		.width_ns = width_ns,
	};
}

static int read_extended(int fd, size_t count, struct phc_reading *readings)
{
	struct ptp_sys_offset_extended offset = { .n_samples = (unsigned int)count };

	if (ioctl(fd, PTP_SYS_OFFSET_EXTENDED, &offset) < 0)
		return -errno;
	for (size_t i = 0; i < count; i++)
		readings[i] = bracketed(&offset.ts[i][0], &offset.ts[i][1], &offset.ts[i][2]);

	return 0;
}

static int read_basic(int fd, size_t count, struct phc_reading *readings)
{
	struct ptp_sys_offset offset = { .n_samples = (unsigned int)count };

	if (ioctl(fd, PTP_SYS_OFFSET, &offset) < 0)
		return -errno;
	for (size_t i = 0; i < count; i++)
		readings[i] = bracketed(&offset.ts[2 * i], &offset.ts[2 * i + 1],
					&offset.ts[2 * i + 2]);

	return 0;
}

static int read_device(const struct refclock_phc *phc, size_t count, struct phc_reading *readings)
{
	switch (phc->method) {
	case PHC_PRECISE:
		return read_precise(phc->fd, count, readings);
	case PHC_EXTENDED:
		return read_extended(phc->fd, count, readings);
	case PHC_BASIC:
		break;
	}

	return read_basic(phc->fd, count, readings);
}

/*
 * The errors of a driver without the method. -ENODEV may also mean that the device is gone; then
 * the other methods return it again.
 */
static bool is_unsupported(int err)
{
	return err == -EOPNOTSUPP || err == -ENOTTY || err == -EINVAL || err == -ENODEV;
}

/* The method may fall back. */
static int measure(union refclock_device *device, struct timescale *timescale,
		   const struct config_source *config, struct source_sample *sample)
{
	struct phc_reading readings[PHC_READINGS_MAX];
	struct refclock_phc *phc = &device->phc;
	size_t count = PHC_READINGS_MAX;
	struct clock_span span;
	int err;

	if (config->filter > 0 && (size_t)config->filter < count)
		count = (size_t)config->filter;

	for (;;) {
		err = timescale_read(timescale, &span.before);
		if (err < 0)
			return err;
		err = read_device(phc, count, readings);
		if (!err || !is_unsupported(err) || phc->method == PHC_BASIC)
			break;
		phc->method++;
	}
	if (err < 0)
		return err;
	err = timescale_read(timescale, &span.after);
	if (err < 0)
		return err;

	return refclock_combine(readings, count, phc->method, &span, config, sample);
}

static int open_device(union refclock_device *device, const struct config_source *config,
		       const char **problem)
{
	int err = refclock_phc_open(&device->phc, config->options.name, config->no_crosststamp,
				    problem);

	/* It may be plugged in at any time. */
	return err == -ENOENT ? -ENODEV : err;
}

static void close_device(union refclock_device *device)
{
	refclock_phc_close(&device->phc);
}

static bool is_exact(const union refclock_device *device)
{
	return device->phc.method == PHC_PRECISE;
}

const struct refclock_driver refclock_phc_driver = {
	.open = open_device,
	.close = close_device,
	.measure = measure,
	.is_exact = is_exact,
};
