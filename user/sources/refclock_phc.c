// SPDX-License-Identifier: GPL-2.0-only
/*
 * Opening a PTP hardware clock: whose it is, and which one a network interface has.
 * clocks/ptp_clock.c reads it, and refclock_combine.c judges the readings.
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
#include "lib/ethtool.h"
#include "sources/refclock.h"

/* The name of the clock that the module registers. */
#define OWN_CLOCK_NAME	"truechime"

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

	phc->clock = (struct ptp_clock){
		.fd = -1,
		.method = no_crosststamp ? PTP_CLOCK_EXTENDED : PTP_CLOCK_PRECISE,
	};
	err = find_device(device, path, sizeof(path), problem);
	if (err < 0)
		return err;
	phc->clock.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (phc->clock.fd < 0) {
		err = -errno;
		*problem = strerror(-err);
		return err;
	}
	if (ioctl(phc->clock.fd, PTP_CLOCK_GETCAPS, &capabilities) < 0) {
		err = -ENODEV;
		*problem = "It is not a PTP clock";
		goto err_close;
	}
	read_clock_name(phc->clock.fd, name, sizeof(name));
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
	if (phc->clock.fd >= 0)
		close(phc->clock.fd);
	phc->clock.fd = -1;
}

static int measure(union refclock_device *device, struct timescale *timescale,
		   const struct config_source *config, struct source_sample *sample)
{
	struct ptp_clock_reading readings[PTP_CLOCK_READINGS_MAX];
	size_t count = PTP_CLOCK_READINGS_MAX;
	struct clock_span span;
	int method, err;

	if (config->filter > 0 && (size_t)config->filter < count)
		count = (size_t)config->filter;

	err = timescale_read(timescale, &span.before);
	if (err < 0)
		return err;
	method = ptp_clock_read(&device->phc.clock, count, count, readings);
	if (method < 0)
		return method;
	err = timescale_read(timescale, &span.after);
	if (err < 0)
		return err;

	return refclock_combine(readings, count, (enum ptp_clock_method)method, &span, config,
				sample);
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
	return device->phc.clock.method == PTP_CLOCK_PRECISE;
}

const struct refclock_driver refclock_phc_driver = {
	.open = open_device,
	.close = close_device,
	.measure = measure,
	.is_exact = is_exact,
};
