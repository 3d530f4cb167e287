/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reference clocks: what a driver has to do, and what all of them have in common. A driver is one
 * file; refclock.c makes samples of what it reads.
 */
#ifndef SOURCES_REFCLOCK_H
#define SOURCES_REFCLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "clocks/timescale.h"
#include "config/config.h"
#include "discipline/source.h"
#include "sources/refclock_filter.h"
#include "sources/refclock_phc.h"
#include "sources/refclock_pps.h"
#include "sources/refclock_shm.h"
#include "sources/refclock_sock.h"
#include "sources/refclock_taken.h"

/* What the drivers keep of an open device. */
union refclock_device {
	struct refclock_phc phc;
	struct refclock_shm shm;
	struct refclock_sock sock;
	struct refclock_pps pps;
};

/**
 * struct refclock_driver - a kind of reference clock
 * @open: -errno: @problem says why, for people; a static sentence
 * @close: of an open device
 * @measure: of a clock that is read: a whole sample, by our own clocks before and after. NULL:
 * @read: of all others: the next reading. -EAGAIN: there is none; -EBADMSG: it is nonsense, and
 *	@problem says what, static; another -errno: the device failed
 * @fd: to wait for readings at; NULL: it is read every "dpoll"
 * @is_gone: the device has been removed, as no reading comes; NULL: reading fails then
 * @is_exact: kernel or hardware take the timestamps
 */
struct refclock_driver {
	int (*open)(union refclock_device *device, const struct config_source *config,
		    const char **problem);
	void (*close)(union refclock_device *device);
	int (*measure)(union refclock_device *device, struct timescale *timescale,
		       const struct config_source *config, struct source_sample *sample);
	int (*read)(union refclock_device *device, struct refclock_reading *reading,
		    const char **problem);
	int (*fd)(const union refclock_device *device);
	bool (*is_gone)(const union refclock_device *device);
	bool (*is_exact)(const union refclock_device *device);
};

extern const struct refclock_driver refclock_phc_driver;
extern const struct refclock_driver refclock_shm_driver;
extern const struct refclock_driver refclock_sock_driver;
extern const struct refclock_driver refclock_pps_driver;

/**
 * struct refclock - a reference clock of a target
 * @driver: which
 * @is_open: @device is valid
 * @device: the driver's
 * @filter: readings since the latest poll
 * @read_ns: raw instant of the next reading, if it is not waited for
 * @missed_ns: raw instant of the next poll that is in vain, as the device is not open any more
 * @leap: by its latest reading
 * @numbered: its latest reading was a pulse that the timescale numbered
 * @epoch: of the reference by which the readings in @filter are
 * @followed_ns: as of struct timescale_now, before the first of these
 * @reading_ns: by which the clocks were read apart at the latest reading
 * @rejected: why the latest reading was not used, for people; "" if it was
 * @refused: readings that were nonsense since it was opened
 * @number: readings since the latest poll; of a clock that is read: attempts
 * @record: the latest that were used
 */
struct refclock {
	const struct refclock_driver *driver;
	bool is_open;
	union refclock_device device;
	struct refclock_filter filter;
	int64_t read_ns;
	int64_t missed_ns;
	uint8_t leap;
	bool numbered;
	uint32_t epoch;
	int64_t followed_ns;
	int64_t reading_ns;
	const char *rejected;
	uint64_t refused;
	unsigned int number;
	struct refclock_record record;
};

/* Why a reading is refused of a clock that does not go on. */
#define REFCLOCK_STANDS_STILL	"it shows the same time as the one before: its clock stands still"

/* NULL: no memory. */
struct refclock *refclock_new(const struct config_source *config);

#endif /* SOURCES_REFCLOCK_H */
