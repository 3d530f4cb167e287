/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The latest readings of all clocks, to convert an instant of CLOCK_REALTIME that is over: another
 * program's or the kernel's timestamp of a pulse. The system clock's rate is changed right after a
 * reading, so between two readings it hardly changes. Pure.
 */
#ifndef CLOCKS_CLOCK_HISTORY_H
#define CLOCKS_CLOCK_HISTORY_H

#include <stdint.h>

/*
 * Readings that are kept. Of those that are closer together than the spacing the first is, so that
 * a busy loop does not drop all but the latest instant.
 */
#define CLOCK_HISTORY_READINGS		64
#define CLOCK_HISTORY_SPACING_NS	50000000LL

struct clock_span;
struct timescale_now;

/**
 * struct clock_reading - what is kept of a reading, see struct timescale_now
 * @raw_ns: CLOCK_MONOTONIC_RAW
 * @realtime_ns: CLOCK_REALTIME
 * @reference_ns: the reference's time
 * @reading_ns: greatest distance between the readings of the clocks
 * @epoch: of the reference
 * @disruptions: noticed so far
 */
struct clock_reading {
	int64_t raw_ns;
	int64_t realtime_ns;
	int64_t reference_ns;
	int64_t reading_ns;
	uint32_t epoch;
	uint32_t disruptions;
};

/**
 * struct clock_history - readings without a disruption or step between them; all 0: none
 * @latest: the latest one, if @count
 * @kept: older ones and perhaps the latest, a ring
 * @count: of @kept
 * @next: where the next one goes
 */
struct clock_history {
	struct clock_reading latest;
	struct clock_reading kept[CLOCK_HISTORY_READINGS];
	unsigned int count;
	unsigned int next;
};

/* The clocks were read. All earlier readings are forgotten if a clock was set or disrupted. */
void clock_history_add(struct clock_history *history, const struct timescale_now *now);

/*
 * The two readings around an instant of CLOCK_REALTIME. 0, -EAGAIN: it is later than the latest
 * reading, -ESTALE: it is earlier than all, or before a clock was set.
 */
int clock_history_find(const struct clock_history *history, int64_t realtime_ns,
		       struct clock_span *span);

#endif /* CLOCKS_CLOCK_HISTORY_H */
