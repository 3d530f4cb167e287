/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the drivers of reference clocks report whose readings another program or the kernel takes.
 */
#ifndef SOURCES_REFCLOCK_READING_H
#define SOURCES_REFCLOCK_READING_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include "clocks/release_date.h"

/**
 * struct refclock_reading - the clock beside ours
 * @realtime_ns: CLOCK_REALTIME when it was read
 * @offset_ns: the clock minus CLOCK_REALTIME; of a pulse: but for whole seconds
 * @leap: 0 none, 1 insert, 2 delete
 * @pulse: the clock has no date
 */
struct refclock_reading {
	int64_t realtime_ns;
	int64_t offset_ns;
	uint8_t leap;
	bool pulse;
};

/* Why such a reading is refused. */
#define REFCLOCK_TIME_INSANE \
	"it shows a date before the release of this program, or a century after it"

/* A clock may show this time: it is neither before the release, nor absurdly far after it. */
static inline bool refclock_time_is_sane(int64_t time_ns)
{
	return !is_before_release(time_ns) && !is_century_after_release(time_ns);
}

/* @err, and why there is no reading. */
static inline int refclock_fail(const char **problem, int err, const char *why)
{
	*problem = why;
	return err;
}

/* The same for one that is there, but of no use. */
static inline int refclock_refuse(const char **problem, const char *why)
{
	return refclock_fail(problem, -EBADMSG, why);
}

#endif /* SOURCES_REFCLOCK_READING_H */
