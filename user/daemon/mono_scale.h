/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A second clock beside the time that is served: it has the rate of that, but goes on where that is
 * put right. Clients that ask by the extension field F323 tell by both what was a correction. Pure:
 * readings are arguments.
 */
#ifndef DAEMON_MONO_SCALE_H
#define DAEMON_MONO_SCALE_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct mono_reading - the time that is served, at one instant
 * @raw_ns: raw instant
 * @time_ns: the time then
 * @slew_ns: correction of its phase that is still being slewed in
 * @rate: of the time against the raw clock, that slew included; a fraction
 * @epoch: another one when the time is no longer comparable with what it was before
 * @is_local: it is the system clock's, as nothing better is known
 */
struct mono_reading {
	int64_t raw_ns;
	int64_t time_ns;
	int64_t slew_ns;
	double rate;
	uint32_t epoch;
	bool is_local;
};

/**
 * struct mono_scale - the clock
 * @epoch: its number, changed whenever it begins anew; at first random
 * @offset_ns: it minus the time that is served, at the latest reading
 * @is_running: there was a reading ...
 * @latest: ... which is this one
 * @rate: of the time without slews
 * @ahead_ns: it minus the time that is served without slews; with fractions, for sums of many
 */
struct mono_scale {
	uint32_t epoch;
	int64_t offset_ns;
	bool is_running;
	struct mono_reading latest;
	double rate;
	double ahead_ns;
};

/* The time is served as @reading says from now on. */
void mono_scale_update(struct mono_scale *scale, const struct mono_reading *reading);

/* The time is not known: the next reading begins anew. */
void mono_scale_stop(struct mono_scale *scale);

#endif /* DAEMON_MONO_SCALE_H */
