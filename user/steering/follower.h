/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The follower: which frequency makes the system clock run along the timescale. Pure: clocks come
 * as arguments and the commands go out through system_clock.
 *
 * Feed-forward: the timescale's rate is known from the same snapshot that tells the offset, so
 * the command is that rate plus what removes the offset by the next check, or half of it where that
 * may be the kernel's way to keep its clock. What is learned is only the few ppb that are left of
 * it over long intervals: a host's slope is not known better.
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
 * struct follower_command - what to tell the system clock
 * @rate: its rate against raw, as a fraction
 * @base_rate: the part that the timescale itself has; @rate without the phase correction
 * @next_ns: raw instant of the next check
 * @offset_ns: timescale minus system clock as seen
 * @settled: the offset is within the timescale's own error
 */
struct follower_command {
	double rate;
	double base_rate;
	int64_t next_ns;
	int64_t offset_ns;
	bool settled;
};

/**
 * struct follower - what is remembered from one check to the next; all but @options 0 to start
 * @options: limits
 * @base_rate: of the timescale when it was last seen without a slew of its own
 * @interval_ns: between checks while all is well
 * @bias: how much faster the system clock has to be told to run than follows from the rates
 * @first_raw_ns: of the first check
 * @last_raw_ns: of the latest check
 * @last_offset_ns: what was still missing then, a slew of the timescale's included
 * @last_slew: the rate at which it was to be removed
 * @corrected_ns: how much of it was a fresh correction's, to be taken away calmly
 * @corrected_slew: the part of @last_slew that did
 * @spread: mean square of corrections, in the timescale's standard errors
 * @disruptions: that the timescale had seen
 * @next_ns: when the next check was due
 * @late_ns: how late checks were of late
 * @news_ns: raw instant of the check of the latest fresh correction
 * @news_from_ns: likewise, the first of those that came at once
 * @pace_ns: between the latest two of these, 0: not known
 * @expect_news: the next check is at a fresh correction
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
	double spread;
	uint32_t disruptions;
	int64_t interval_ns;
	int64_t next_ns;
	int64_t late_ns;
	int64_t news_ns;
	int64_t news_from_ns;
	int64_t pace_ns;
	bool expect_news;
	bool has_news;
	bool started;
	bool has_rate;
};

/* The command of the latest check took effect late, by this. */
void follower_note_late(struct follower *follower, int64_t late_ns);

/* The next check is at once, and not because there is a fresh correction to check. */
void follower_check_again(struct follower *follower);

/* The next check is at a correction that a new sample brought. */
void follower_expect_news(struct follower *follower);

/* One check. */
void follower_update(struct follower *follower, const struct timescale_now *now,
		     struct follower_command *command);

/* The system clock was stepped or the timescale disrupted: what is remembered is void. */
void follower_restart(struct follower *follower);

#endif /* STEERING_FOLLOWER_H */
