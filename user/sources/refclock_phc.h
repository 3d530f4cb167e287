/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A PTP hardware clock (/dev/ptpN, or that of a network interface) as a source: opening it, the
 * best way of reading it that it has, and several readings to one sample. Not our own clock: that
 * would be a loop.
 */
#ifndef SOURCES_REFCLOCK_PHC_H
#define SOURCES_REFCLOCK_PHC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clocks/clock_span.h"
#include "config/config.h"
#include "discipline/source.h"

/* Readings of one sample at most (the kernel's PTP_MAX_SAMPLES). */
#define PHC_READINGS_MAX	25

/* How the device is read, best first; each falls back to the next. */
enum phc_method {
	PHC_PRECISE,		/* device and raw clock at one instant */
	PHC_EXTENDED,		/* device between two readings of realtime */
	PHC_BASIC,		/* the same, with the driver's whole call between */
};

/**
 * struct refclock_phc - the device; .fd -1: not open
 * @fd: descriptor
 * @method: in use
 */
struct refclock_phc {
	int fd;
	enum phc_method method;
};

/**
 * struct phc_reading - device and one of our clocks
 * @device_ns: the device's time
 * @clock_ns: ours at that instant: the raw clock (PHC_PRECISE), or realtime in the middle
 * @width_ns: of the bracket; 0 for PHC_PRECISE
 */
struct phc_reading {
	int64_t device_ns;
	int64_t clock_ns;
	int64_t width_ns;
};

/**
 * refclock_phc_open() - open a device
 * @phc: filled in
 * @device: its path, or the name of a network interface, whose card has it
 * @no_crosststamp: do not use PHC_PRECISE
 * @problem: a sentence for people if it fails; static
 *
 * Return: 0, -errno; -ELOOP: it is truechime's own clock; -ENODEV: it is no PTP clock, or the
 * interface has none.
 */
int refclock_phc_open(struct refclock_phc *phc, const char *device, bool no_crosststamp,
		      const char **problem);

/* Close, if it is open. */
void refclock_phc_close(struct refclock_phc *phc);

/* The pure part: @count readings within @span to a sample. 0, -EINVAL: no readings, -ESTALE. */
int refclock_combine(const struct phc_reading *readings, size_t count, enum phc_method method,
		     const struct clock_span *span, const struct config_source *config,
		     struct source_sample *sample);

#endif /* SOURCES_REFCLOCK_PHC_H */
