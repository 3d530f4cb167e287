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
 */
struct refclock_phc {
	struct ptp_clock clock;
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

/* The pure part: @count readings within @span to a sample. 0, -EINVAL: no readings, -ESTALE. */
int refclock_combine(const struct ptp_clock_reading *readings, size_t count,
		     enum ptp_clock_method method, const struct clock_span *span,
		     const struct config_source *config, struct source_sample *sample);

#endif /* SOURCES_REFCLOCK_PHC_H */
