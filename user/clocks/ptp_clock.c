// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ioctls by which a PTP hardware clock is read.
 */
#include "clocks/ptp_clock.h"

#include <errno.h>
#include <linux/ptp_clock.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>

#include "core/line.h"
#include "lib/clock_ns.h"
#include "lib/time_units.h"

/* So often in a row a device may be too slow to state both clocks at one instant. */
#define MISSES_MAX	8

/*
 * Nothing else is done while a driver waits for its device. Over the slowest bus a call takes some
 * 20 ms; one that takes longer than this is no clock to wait for.
 */
#define MOST_NS		(NS_PER_S / 4)

/* Saturated: a broken device may return anything. */
static int64_t to_ns(const struct ptp_clock_time *time)
{
	if (time->sec > INT64_MAX / NS_PER_S - 1)
		return INT64_MAX;
	if (time->sec < INT64_MIN / NS_PER_S + 1)
		return INT64_MIN;

	return chime_add_sat(time->sec * NS_PER_S, time->nsec);
}

static bool is_late(int64_t begun_ns)
{
	return clock_ns(CLOCK_MONOTONIC) - begun_ns > MOST_NS;
}

/* A call for each reading. */
static int read_precise(int fd, size_t count, struct ptp_clock_reading *readings)
{
	int64_t begun_ns = clock_ns(CLOCK_MONOTONIC);

	for (size_t i = 0; i < count; i++) {
		struct ptp_sys_offset_precise offset = { 0 };

		if (is_late(begun_ns))
			return -ETIME;
		if (ioctl(fd, PTP_SYS_OFFSET_PRECISE, &offset) < 0)
			return -errno;
		readings[i] = (struct ptp_clock_reading){
			.device_ns = to_ns(&offset.device),
			.realtime_ns = to_ns(&offset.sys_realtime),
			.raw_ns = to_ns(&offset.sys_monoraw),
		};
	}

	return 0;
}

static struct ptp_clock_reading bracketed(const struct ptp_clock_time *before,
					  const struct ptp_clock_time *device,
					  const struct ptp_clock_time *after)
{
	int64_t width_ns = chime_sub_sat(to_ns(after), to_ns(before));

	return (struct ptp_clock_reading){
		.device_ns = to_ns(device),
		.realtime_ns = chime_add_sat(to_ns(before), width_ns / 2),
		.width_ns = width_ns,
	};
}

static int read_extended(int fd, size_t count, struct ptp_clock_reading *readings)
{
	struct ptp_sys_offset_extended offset = { .n_samples = (unsigned int)count };

	if (ioctl(fd, PTP_SYS_OFFSET_EXTENDED, &offset) < 0)
		return -errno;
	for (size_t i = 0; i < count; i++)
		readings[i] = bracketed(&offset.ts[i][0], &offset.ts[i][1], &offset.ts[i][2]);

	return 0;
}

static int read_basic(int fd, size_t count, struct ptp_clock_reading *readings)
{
	struct ptp_sys_offset offset = { .n_samples = (unsigned int)count };

	if (ioctl(fd, PTP_SYS_OFFSET, &offset) < 0)
		return -errno;
	for (size_t i = 0; i < count; i++)
		readings[i] = bracketed(&offset.ts[2 * i], &offset.ts[2 * i + 1],
					&offset.ts[2 * i + 2]);

	return 0;
}

static int call_by(int fd, enum ptp_clock_method method, size_t count,
		   struct ptp_clock_reading *readings)
{
	switch (method) {
	case PTP_CLOCK_PRECISE:
		return read_precise(fd, count, readings);
	case PTP_CLOCK_EXTENDED:
		return read_extended(fd, count, readings);
	case PTP_CLOCK_BASIC:
		break;
	}

	return read_basic(fd, count, readings);
}

static int read_by(int fd, enum ptp_clock_method method, size_t count,
		   struct ptp_clock_reading *readings)
{
	int64_t begun_ns = clock_ns(CLOCK_MONOTONIC);
	int err = call_by(fd, method, count, readings);

	return !err && is_late(begun_ns) ? -ETIME : err;
}

/*
 * The errors of a driver without the method. Without the counter that a device stamps by, as with
 * another clocksource, it is -ENODEV or -EINVAL; if it is gone, the next method says so as well.
 */
static bool is_missing(enum ptp_clock_method method, int err)
{
	return err == -EOPNOTSUPP || err == -ENOTTY ||
	       (method == PTP_CLOCK_PRECISE && (err == -ENODEV || err == -EINVAL));
}

int ptp_clock_read(struct ptp_clock *clock, size_t exact_count, size_t count,
		   struct ptp_clock_reading *readings)
{
	enum ptp_clock_method method;
	int err;

	for (method = clock->method;; method++) {
		bool missing;

		err = read_by(clock->fd, method, method == PTP_CLOCK_PRECISE ? exact_count : count,
			      readings);
		if (!err && method == PTP_CLOCK_PRECISE)
			clock->misses = 0;
		if (!err)
			return (int)method;
		missing = is_missing(method, err);
		if (method == PTP_CLOCK_BASIC || (method != PTP_CLOCK_PRECISE && !missing))
			return err;
		/* Others pass, as when a reading takes too long, but not for ever. */
		if (method == PTP_CLOCK_PRECISE && !missing)
			missing = ++clock->misses >= MISSES_MAX;
		if (missing && method == clock->method)
			clock->method++;
	}
}

const char *ptp_clock_words(int err)
{
	if (err == -ETIME)
		return "It takes too long";

	return err == -ENODATA ? "Its driver does not state how wrong it may be" : strerror(-err);
}
