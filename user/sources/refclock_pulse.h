/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which second a pulse begins: a pulse shows UTC but for a multiple of the time between pulses, and
 * another clock shows that, if it is known well enough. Pure.
 */
#ifndef SOURCES_REFCLOCK_PULSE_H
#define SOURCES_REFCLOCK_PULSE_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct refclock_pulse_terms - of the pulses, as configured
 * @rate: in Hz, 1 at least
 * @width_ns: 0, or the time between the two edges, of which either may be reported
 */
struct refclock_pulse_terms {
	int rate;
	int64_t width_ns;
};

/**
 * struct refclock_pulse_clock - what numbers them
 * @offset_ns: that clock minus the reference at the pulse
 * @error_ns: by which that can be wrong
 * @locked: it is another refclock, and @error_ns is one standard error; else the timescale, and
 *	@error_ns is a bound
 */
struct refclock_pulse_clock {
	int64_t offset_ns;
	int64_t error_ns;
	bool locked;
};

/*
 * Number a pulse. @offset_ns: UTC minus the reference at the pulse, but for a multiple of the time
 * between pulses, which is added. 0, -EDOM: the clock is not known well enough, or the pulse is too
 * far from it: then @offset_ns is as it was.
 */
int refclock_pulse_number(const struct refclock_pulse_terms *terms,
			  const struct refclock_pulse_clock *clock, int64_t *offset_ns);

#endif /* SOURCES_REFCLOCK_PULSE_H */
