// SPDX-License-Identifier: GPL-2.0-only
/*
 * Opening a PTP hardware clock: whose it is, and which one a network interface has.
 * clocks/ptp_clock.c reads it, and refclock_combine.c judges the readings.
 */
#include "sources/refclock_phc.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/ptp_clock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "clocks/timescale.h"
#include "core/line.h"
#include "lib/ethtool.h"
#include "sources/refclock.h"

/* The name of the clock that the module registers. */
#define OWN_CLOCK_NAME	"truechime"

/*
 * In which the driver of Amazon's cards (ena) states how far the device may be off UTC, in ns, as
 * of the latest reading.
 */
#define STATED_BOUND	"device/phc_error_bound"

/* A file that the kernel has of the device behind a descriptor. Its descriptor, -errno. */
static int open_attribute(int fd, const char *name)
{
	struct stat status;
	char path[96];
	int file;

	if (fstat(fd, &status) < 0)
		return -errno;
	snprintf(path, sizeof(path), "/sys/dev/char/%u:%u/%s", major(status.st_rdev),
		 minor(status.st_rdev), name);
	file = open(path, O_RDONLY | O_CLOEXEC);

	return file < 0 ? -errno : file;
}

/* Its first line, "" if it cannot be read. */
static void read_attribute(int file, char *line, size_t size)
{
	ssize_t length = pread(file, line, size - 1, 0);

	line[length < 0 ? 0 : length] = '\0';
	line[strcspn(line, "\n")] = '\0';
}

/* The clock behind the descriptor is truechime's, by the name that its driver gives it. */
static bool is_own_clock(int fd)
{
	int file = open_attribute(fd, "clock_name");
	char name[64];

	if (file < 0)
		return false;
	read_attribute(file, name, sizeof(name));
	close(file);

	return !strcmp(name, OWN_CLOCK_NAME);
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
	if (index < 0)
		return refclock_fail(problem, -ENODEV, index == -ENODEV ?
				     "There is no such network interface" :
				     "That network interface has no PTP clock");
	snprintf(path, size, "/dev/ptp%d", index);

	return 0;
}

/* Most drivers have no such file. */
static int open_stated(struct refclock_phc *phc, const char **problem)
{
	int file = open_attribute(phc->clock.fd, STATED_BOUND);

	if (file >= 0)
		phc->bound_fd = file;
	else if (file != -ENOENT)
		return refclock_fail(problem, file,
				     "What its driver states of its error cannot be read");

	return 0;
}

int refclock_phc_open(struct refclock_phc *phc, const char *device, bool no_crosststamp,
		      const char **problem)
{
	struct ptp_clock_caps capabilities;
	char path[SOURCE_NAME_MAX];
	int err;

	phc->clock = (struct ptp_clock){
		.fd = -1,
		.method = no_crosststamp ? PTP_CLOCK_EXTENDED : PTP_CLOCK_PRECISE,
	};
	phc->bound_fd = -1;
	err = find_device(device, path, sizeof(path), problem);
	if (err < 0)
		return err;
	phc->clock.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (phc->clock.fd < 0)
		return refclock_fail(problem, -errno, strerror(errno));
	*problem = "";
	if (ioctl(phc->clock.fd, PTP_CLOCK_GETCAPS, &capabilities) < 0)
		err = refclock_fail(problem, -ENODEV, "It is not a PTP clock");
	else if (is_own_clock(phc->clock.fd))
		err = refclock_fail(problem, -ELOOP,
				    "It is truechime's own clock, which cannot be its own source");
	else
		err = open_stated(phc, problem);
	if (err < 0)
		refclock_phc_close(phc);

	return err;
}

void refclock_phc_close(struct refclock_phc *phc)
{
	if (phc->clock.fd >= 0)
		close(phc->clock.fd);
	phc->clock.fd = -1;
	if (phc->bound_fd >= 0)
		close(phc->bound_fd);
	phc->bound_fd = -1;
}

int refclock_phc_add_stated(const struct refclock_phc *phc, struct source_sample *sample)
{
	char text[32], *end;
	long long bound_ns;

	if (phc->bound_fd < 0)
		return 0;
	read_attribute(phc->bound_fd, text, sizeof(text));
	/* strtoll() takes a sign, and spaces before it. */
	if (!isdigit((unsigned char)text[0]))
		return -ENODATA;
	errno = 0;
	bound_ns = strtoll(text, &end, 10);
	if (errno || *end)
		return -ENODATA;
	sample->root_dispersion_ns = chime_add_sat(sample->root_dispersion_ns, bound_ns);

	return 0;
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

	err = refclock_combine(readings, count, (enum ptp_clock_method)method, &span, config,
			       sample);
	if (err < 0)
		return err;

	return refclock_phc_add_stated(&device->phc, sample);
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
