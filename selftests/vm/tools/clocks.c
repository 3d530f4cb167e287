// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading a guest's clocks against a PHC; see clocks.h.
 */
#include "clocks.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ptp_clock.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/timex.h>

#define PHC_MAX	16

/* Readings between two stamps: so many at most until one took no longer than this. */
#define BRACKETS	8
#define NARROW_NS	100000

int64_t clocks_now(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

int64_t clocks_utc_ns(const struct clocks_utc *utc, int64_t host_ns)
{
	return host_ns + (int64_t)((double)(host_ns - utc->base_ns) * utc->ppm / 1e6);
}

static int64_t ptp_ns(const struct ptp_clock_time *t)
{
	return t->sec * NS_PER_S + t->nsec;
}

int clocks_find_phc(const char *name, char *path, size_t size)
{
	for (int i = 0; i < PHC_MAX; i++) {
		char file[64], found[64] = "";
		FILE *f;

		snprintf(file, sizeof(file), "/sys/class/ptp/ptp%d/clock_name", i);
		f = fopen(file, "r");
		if (!f)
			continue;
		if (fgets(found, sizeof(found), f))
			found[strcspn(found, "\n")] = '\0';
		fclose(f);
		if (strcmp(found, name))
			continue;
		snprintf(path, size, "/dev/ptp%d", i);
		return 0;
	}
	return -ENODEV;
}

int clocks_open_phc(const char *name)
{
	char path[64];
	int err, fd;

	if (name[0] != '/') {
		err = clocks_find_phc(name, path, sizeof(path));
		if (err)
			return err;
		name = path;
	}
	fd = open(name, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

clockid_t clocks_of_device(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	/* The kernel's FD_TO_CLOCKID(), which no header of the C library has. */
	return fd < 0 ? CLOCKS_NONE : (clockid_t)((~(unsigned int)fd << 3) | 3);
}

static int read_bracketed_once(int fd, struct clocks_reading *reading)
{
	struct ptp_sys_offset o = { .n_samples = 1 };
	int64_t before = clocks_now(CLOCK_MONOTONIC_RAW);
	int64_t after;

	if (ioctl(fd, PTP_SYS_OFFSET, &o))
		return -errno;
	after = clocks_now(CLOCK_MONOTONIC_RAW);
	reading->window_ns = after - before;
	reading->raw_ns = before + reading->window_ns / 2;
	reading->phc_ns = ptp_ns(&o.ts[1]);
	before = ptp_ns(&o.ts[0]);
	reading->realtime_ns = before + (ptp_ns(&o.ts[2]) - before) / 2;
	reading->offset_ns = reading->phc_ns - reading->realtime_ns;
	return 0;
}

/*
 * Stock ptp_kvm has neither a cross timestamp nor the extended call when the clocksource is tsc. An
 * emulated processor that stands still between two stamps shifts the offset by half of that: the
 * narrowest of a few counts, and if one is narrow the rest are not read.
 */
static int read_bracketed(int fd, struct clocks_reading *reading)
{
	struct clocks_reading next = { .window_ns = INT64_MAX };
	int err = read_bracketed_once(fd, reading);

	for (int i = 1; !err && i < BRACKETS && reading->window_ns > NARROW_NS; i++) {
		err = read_bracketed_once(fd, &next);
		if (!err && next.window_ns < reading->window_ns)
			*reading = next;
	}
	return err;
}

int clocks_read(int fd, struct clocks_reading *reading)
{
	struct ptp_sys_offset_precise p = { 0 };

	if (ioctl(fd, PTP_SYS_OFFSET_PRECISE, &p))
		return read_bracketed(fd, reading);
	reading->raw_ns = ptp_ns(&p.sys_monoraw);
	reading->realtime_ns = ptp_ns(&p.sys_realtime);
	reading->phc_ns = ptp_ns(&p.device);
	reading->offset_ns = reading->phc_ns - reading->realtime_ns;
	reading->window_ns = 0;
	return 0;
}

bool clocks_synchronised(int64_t *maxerror_ns)
{
	struct timex t = { 0 };
	int state = adjtimex(&t);

	*maxerror_ns = t.maxerror * 1000LL;
	return state != TIME_ERROR && !(t.status & STA_UNSYNC);
}
