/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The readings of a reference clock that went into its samples, for the files of measurements.
 */
#ifndef SOURCES_REFCLOCK_TAKEN_H
#define SOURCES_REFCLOCK_TAKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "discipline/source.h"

/*
 * Readings taken in one turn of the loop: a program that sends more does not stop the clock. Those
 * of one turn are kept until they are written.
 */
#define REFCLOCK_TAKEN_MAX	16

/**
 * struct refclock_taken - a reading
 * @sample: as if it were one; its noise is how well the time of the reading is known, not how the
 *	readings scatter
 * @ahead_ns: of CLOCK_REALTIME, as the driver read it; a pulse has got its second
 * @number: of it since the latest poll, from 0 on; of a clock that is read, with the attempts that
 *	gave nothing
 * @pulse: the clock has no date
 */
struct refclock_taken {
	struct source_sample sample;
	int64_t ahead_ns;
	unsigned int number;
	bool pulse;
};

/**
 * struct refclock_record - the latest readings
 * @count: of all since the start ...
 * @latest: ... of which these are kept, number n at n % REFCLOCK_TAKEN_MAX
 */
struct refclock_record {
	uint64_t count;
	struct refclock_taken latest[REFCLOCK_TAKEN_MAX];
};

#endif /* SOURCES_REFCLOCK_TAKEN_H */
