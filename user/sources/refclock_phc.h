/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A PTP hardware clock (/dev/ptpN, or that of a network interface) as a source: opening it, and
 * several readings to one sample. Not our own clock: that would be a loop.
 */
#ifndef SOURCES_REFCLOCK_PHC_H
#define SOURCES_REFCLOCK_PHC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clocks/clock_span.h"
#include "clocks/ptp_clock.h"
#include "config/config.h"
#include "discipline/source.h"

/**
 * struct refclock_phc - the device; .clock.fd -1: not open
 * @clock: by which it is read
 * @bound_fd: the file in which its driver states its error; -1: there is none
 */
struct refclock_phc {
	struct ptp_clock clock;
	int bound_fd;
};

/**
 * refclock_phc_open() - open a device
 * @phc: filled in
 * @device: its path, or the name of a network interface, whose card has it
 * @no_crosststamp: do not use PTP_CLOCK_PRECISE
 * @problem: a sentence for people if it fails; static
 *
 * Return: 0, -errno; -ELOOP: it is truechime's own clock; -ENODEV: it is no PTP clock, or the
 * interface has none.
 */
int refclock_phc_open(struct refclock_phc *phc, const char *device, bool no_crosststamp,
		      const char **problem);

/* Close, if it is open. */
void refclock_phc_close(struct refclock_phc *phc);

/**
 * refclock_phc_add_stated() - what the driver states of the device's error, to a sample
 * @phc: device
 * @sample: of readings that were taken just before; unchanged on error
 *
 * Most drivers state nothing, and add nothing.
 *
 * Return: 0; -ENODATA: this one states nothing that can be understood, but does at other times.
 */
int refclock_phc_add_stated(const struct refclock_phc *phc, struct source_sample *sample);

/* The pure part: @count readings within @span to a sample. 0, -EINVAL: no readings, -ESTALE. */
int refclock_combine(const struct ptp_clock_reading *readings, size_t count,
		     enum ptp_clock_method method, const struct clock_span *span,
		     const struct config_source *config, struct source_sample *sample);

#endif /* SOURCES_REFCLOCK_PHC_H */
