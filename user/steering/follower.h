/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The follower: the frequency at which the system clock runs along the timescale. Pure: clocks are
 * arguments, and the commands go out through system_clock.
 *
 * Feed-forward: the same snapshot shows the timescale's rate and the offset, so the command is that
 * rate plus the slew that removes the offset by the next check, or half of it where the kernel's
 * way to keep its clock may have caused it. Only the few ppb that remain over long intervals are
 * learned, because a host's slope is not known better.
 */
#ifndef STEERING_FOLLOWER_H
#define STEERING_FOLLOWER_H

#include <stdbool.h>
#include <stdint.h>

#include "clocks/timescale.h"

/**
 * struct follower_options - limits
 * @max_rate: |frequency command| (chrony's maxdrift plus slew; SYSTEM_CLOCK_RATE_MAX)
 * @max_slew: |phase correction| rate (chrony's maxslewrate)
 * @min_interval_ns: between two checks (1 s; shorter only while an error is being removed)
 * @max_interval_ns: when everything is known well (64 s)
 */
struct follower_options {
	double max_rate;
	double max_slew;
	int64_t min_interval_ns;
	int64_t max_interval_ns;
};

/**
 * struct follower_command - the command to the system clock
 * @rate: its rate against the raw clock, as a fraction
 * @base_rate: the part that the timescale itself has; @rate without the phase correction
 * @next_ns: raw instant of the next check
 * @settled: the offset is within the timescale's own error
 */
struct follower_command {
	double rate;
	double base_rate;
	int64_t next_ns;
	bool settled;
};

/**
 * struct follower - state from one check to the next; all but @options 0 to start
 * @options: limits
 * @base_rate: of the timescale when it was last seen without a slew of its own
 * @interval_ns: between checks while all is well
 * @bias: by how much the command has to exceed the rate that is wanted
 * @first_raw_ns: of the first check
 * @last_raw_ns: of the latest check
 * @last_offset_ns: the offset left then, a slew of the timescale included
 * @last_slew: the rate at which it was to be removed
 * @corrected_ns: the part of it from fresh corrections, which is removed slowly
 * @corrected_slew: the part of @last_slew that removes that
 * @spread: mean square of corrections, in the timescale's standard errors
 * @disruptions: that the timescale had seen
 * @next_ns: when the next check was due
 * @late_ns: how late checks were of late
 * @news_ns: raw instant of the check at the latest fresh correction
 * @news_from_ns: likewise, the first of those that came at once
 * @pace_ns: between the latest two of these, 0: not known
 * @anew_ns: the part of @corrected_ns that samples weighed anew have left
 * @astray_ns: in about this time the clock went wrong by that: by so much the rate is another now
 * @expect_news: the next check is at a fresh correction
 * @expect_change: the next check is at a correction that may be another one without a new sample
 * @expect_anew: the next check is at a correction by samples that were weighed anew
 * @changed: the latest check was at such a one
 * @has_news: there was one
 * @started: the above is valid
 * @has_rate: @base_rate is, even if the rest is not
 */
struct follower {
	struct follower_options options;
	double base_rate;
	double bias;
	int64_t first_raw_ns;
	int64_t last_raw_ns;
	int64_t last_offset_ns;
	double last_slew;
	double corrected_ns;
	double corrected_slew;
	double anew_ns;
	double astray_ns;
	double spread;
	uint32_t disruptions;
	int64_t interval_ns;
	int64_t next_ns;
	int64_t late_ns;
	int64_t news_ns;
	int64_t news_from_ns;
	int64_t pace_ns;
	bool expect_news;
	bool expect_change;
	bool expect_anew;
	bool changed;
	bool has_news;
	bool started;
	bool has_rate;
};

/* The command of the latest check took effect late, by this. */
void follower_note_late(struct follower *follower, int64_t late_ns);

/* The next check is at once, and not because of a fresh correction. */
void follower_check_again(struct follower *follower);

/* The next check is at a correction by a new sample. */
void follower_expect_news(struct follower *follower);

/* The next check is at a correction without one: the samples may have been weighed anew. */
void follower_expect_change(struct follower *follower);

/*
 * Besides either: a source turned out to be wrong, and the samples of the others were weighed
 * without it.
 */
void follower_expect_anew(struct follower *follower);

/* One check. */
void follower_update(struct follower *follower, const struct timescale_now *now,
		     struct follower_command *command);

/* The system clock was stepped or the timescale disrupted: forget all. */
void follower_restart(struct follower *follower);

#endif /* STEERING_FOLLOWER_H */
