/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PTP hardware clocks, of reference clocks and of network cards: reading one beside our own, by the
 * best way that its driver has. Whoever opens one decides what its readings are worth.
 */
#ifndef CLOCKS_PTP_CLOCK_H
#define CLOCKS_PTP_CLOCK_H

#include <stddef.h>
#include <stdint.h>

/* Readings of one call at most (the kernel's PTP_MAX_SAMPLES). */
#define PTP_CLOCK_READINGS_MAX	25

/* How the device is read, best first; each falls back to the next. */
enum ptp_clock_method {
	PTP_CLOCK_PRECISE,	/* it states its clock and ours at one instant */
	PTP_CLOCK_EXTENDED,	/* the driver reads realtime before and after it */
	PTP_CLOCK_BASIC,	/* the kernel does, with the driver's whole call between */
};

/**
 * struct ptp_clock_reading - device and our clocks at one instant
 * @device_ns: the device's time
 * @realtime_ns: CLOCK_REALTIME, in the middle of ...
 * @width_ns: ... two readings of it so far apart, negative if it was set back; 0: PTP_CLOCK_PRECISE
 * @raw_ns: CLOCK_MONOTONIC_RAW, by PTP_CLOCK_PRECISE only
 */
struct ptp_clock_reading {
	int64_t device_ns;
	int64_t realtime_ns;
	int64_t width_ns;
	int64_t raw_ns;
};

/**
 * struct ptp_clock - an open device
 * @fd: descriptor
 * @method: by which it is read
 * @misses: how often in a row it has not stated both clocks at one instant
 */
struct ptp_clock {
	int fd;
	enum ptp_clock_method method;
	unsigned int misses;
};

/**
 * ptp_clock_read() - read it by the best way that it has
 * @clock: device. A way that is missing is left for good, and so is PTP_CLOCK_PRECISE after some
 *	failures in a row; at each of them the next one is taken
 * @exact_count: readings by PTP_CLOCK_PRECISE
 * @count: readings by the others, PTP_CLOCK_READINGS_MAX at most, as is @exact_count
 * @readings: result, with room for both
 *
 * Return: the enum ptp_clock_method of the readings, or -errno; -ETIME: it took so long that our
 * loop stood still.
 */
int ptp_clock_read(struct ptp_clock *clock, size_t exact_count, size_t count,
		   struct ptp_clock_reading *readings);

/* Why it cannot be read, for people. */
const char *ptp_clock_words(int err);

#endif /* CLOCKS_PTP_CLOCK_H */
