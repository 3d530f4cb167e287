/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The clock of a network card, which stamps packets, against CLOCK_REALTIME; and whether a stamp
 * may be believed. Pure: readings are arguments, and are taken by hardware.c.
 *
 * Nobody steers that clock: it may show any time, at a rate that is wrong by some 10 ppm. Readings
 * right before and after a packet leave next to nothing of that.
 */
#ifndef NTP_HARDWARE_CLOCK_H
#define NTP_HARDWARE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "ntp/stamp.h"

/**
 * struct hardware_reading - both clocks at one instant
 * @device_ns: the card's
 * @realtime_ns: CLOCK_REALTIME, in the middle of ...
 * @width_ns: ... two readings of it so far apart; 0: the card states one instant for both
 */
struct hardware_reading {
	int64_t device_ns;
	int64_t realtime_ns;
	int64_t width_ns;
};

/**
 * struct hardware_clock - what is known of the card's clock; zeroed at first
 * @count: of readings, 2 at most
 * @anchor: an earlier reading, which with the latest shows the rate
 * @latest: reading
 * @has_rate: @rate is known
 * @unsteady: either clock was set or slewed between the latest two readings
 * @rate: CLOCK_REALTIME against the card's clock
 */
struct hardware_clock {
	int count;
	struct hardware_reading anchor;
	struct hardware_reading latest;
	bool has_rate;
	bool unsteady;
	double rate;
};

/* A new reading. One that no rate explains, as after a step of either clock, starts anew. */
void hardware_clock_add(struct hardware_clock *clock, const struct hardware_reading *reading);

/*
 * The instant by the card's clock at which the packet came, or left: its stamp, put right by
 * @compensation_ns, as configured. The card stamps the first bit of a packet, and one has come when
 * its last bit has: on a link of so many @mbit/s, 0 if that is not known.
 */
int64_t hardware_stamp_device_ns(const struct ntp_stamp *stamp, bool receipt, uint32_t mbit,
				 int64_t compensation_ns);

/**
 * hardware_clock_convert() - a packet's stamp by the card as CLOCK_REALTIME
 * @clock: with a reading of before or after the packet
 * @device_ns: the stamp
 * @realtime_ns: result
 * @error_ns: by which that may be wrong
 *
 * Return: false: the latest reading is too far from it, or there is none.
 */
bool hardware_clock_convert(const struct hardware_clock *clock, int64_t device_ns,
			    int64_t *realtime_ns, int64_t *error_ns);

/**
 * hardware_stamp_fits() - may the card have stamped the packet then?
 * @realtime_ns: its stamp, converted
 * @error_ns: by which that may be wrong
 * @earliest_ns: the packet had not reached the card, or left it, before
 * @latest_ns: nor after
 */
bool hardware_stamp_fits(int64_t realtime_ns, int64_t error_ns, int64_t earliest_ns,
			 int64_t latest_ns);

/*
 * The reading between the closest pair of CLOCK_REALTIME; @count is at least 1. Interrupts make
 * others wider.
 */
const struct hardware_reading *hardware_reading_best(const struct hardware_reading *readings,
						     int count);

#endif /* NTP_HARDWARE_CLOCK_H */
