/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading a guest's clocks against one of its PTP hardware clocks: what every tool of the rig that
 * runs in a guest shares. offset = PHC - CLOCK_REALTIME, in ns.
 */
#ifndef CLOCKS_H
#define CLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define NS_PER_S	1000000000LL

/* The name by which stock ptp_kvm registers its clock. */
#define CLOCKS_STOCK	"KVM virtual PTP"

/* No clock of any file descriptor. */
#define CLOCKS_NONE	((clockid_t)-1)

/**
 * struct clocks_reading - clocks of one instant
 * @raw_ns: CLOCK_MONOTONIC_RAW
 * @realtime_ns: CLOCK_REALTIME
 * @phc_ns: the PHC
 * @offset_ns: @phc_ns - @realtime_ns
 * @window_ns: 0: one snapshot; else the PHC was read somewhere within so many ns
 */
struct clocks_reading {
	int64_t raw_ns;
	int64_t realtime_ns;
	int64_t phc_ns;
	int64_t offset_ns;
	int64_t window_ns;
};

/**
 * struct clocks_utc - UTC as the rig has it, told by the host's time
 * @base_ns: the host's time at which it was UTC
 * @ppm: how much faster UTC runs than the host's clock from then on; 0: a disciplined host
 */
struct clocks_utc {
	int64_t base_ns;
	double ppm;
};

int64_t clocks_utc_ns(const struct clocks_utc *utc, int64_t host_ns);

int64_t clocks_now(clockid_t id);

/* Device of the PHC called @name, "/dev/ptpN", into @path. 0, -ENODEV. */
int clocks_find_phc(const char *name, char *path, size_t size);

/* Open the PHC called @name (or the device, if it begins with '/'). Descriptor or -errno. */
int clocks_open_phc(const char *name);

/*
 * The clock of a PTP device, opened for nothing but reading it; it stays open. CLOCKS_NONE: errno.
 */
clockid_t clocks_of_device(const char *path);

/*
 * One reading: a cross timestamp where the driver gives one, else the PHC between two readings of
 * the system clock. 0, -errno.
 */
int clocks_read(int fd, struct clocks_reading *reading);

/* The kernel's word on its own clock. @maxerror_ns as published. true: it says synchronised. */
bool clocks_synchronised(int64_t *maxerror_ns);

#endif /* CLOCKS_H */
