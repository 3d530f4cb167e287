/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A segment of shared memory to which another program writes samples: ntpd's driver of type 28.
 */
#ifndef SOURCES_REFCLOCK_SHM_H
#define SOURCES_REFCLOCK_SHM_H

#include <stdbool.h>
#include <stdint.h>

#include "sources/refclock_reading.h"

/* The key of unit 0, "NTP0"; the others follow. */
#define REFCLOCK_SHM_KEY	0x4e545030

/**
 * struct refclock_shm_segment - ntpd's layout, which programs of other kinds share
 * @mode: 0: a sample is whole while @valid; 1: also if @count is the same before and after
 * @count: the writer changes it before and after it writes
 * @clock_s: the clock's time ...
 * @clock_us: ... and its fraction
 * @receive_s: CLOCK_REALTIME then ...
 * @receive_us: ... and its fraction
 * @leap: 0 none, 1 insert, 2 delete, 3 not synchronised
 * @precision: of the clock, log2 seconds
 * @samples: means nothing any more
 * @valid: there is a sample that was not read
 * @clock_ns: the fraction again, if it begins with the same microseconds
 * @receive_ns: likewise
 * @unused: nothing
 */
struct refclock_shm_segment {
	int32_t mode;
	int32_t count;
	int64_t clock_s;
	int32_t clock_us;
	int64_t receive_s;
	int32_t receive_us;
	int32_t leap;
	int32_t precision;
	int32_t samples;
	int32_t valid;
	uint32_t clock_ns;
	uint32_t receive_ns;
	int32_t unused[8];
};

/**
 * struct refclock_shm - the segment
 * @id: of the segment
 * @segment: where it is attached
 * @may_write: samples can be marked as read
 * @last: the latest sample, so that it is not read again
 */
struct refclock_shm {
	int id;
	struct refclock_shm_segment *segment;
	bool may_write;
	struct refclock_shm_segment last;
};

/*
 * A whole copy of a segment as a reading. 0, -EBADMSG: it is nonsense, and @problem says what;
 * static.
 */
int refclock_shm_parse(const struct refclock_shm_segment *copy, struct refclock_reading *reading,
		       const char **problem);

#endif /* SOURCES_REFCLOCK_SHM_H */
