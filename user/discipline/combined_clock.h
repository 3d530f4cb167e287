/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The combined clock: one estimator of what all selected sources measure, with a path for each.
 * What it learned from sources that turn out to be wrong cannot be taken out again: then it is
 * learned once more, from the samples of the others.
 */
#ifndef DISCIPLINE_COMBINED_CLOCK_H
#define DISCIPLINE_COMBINED_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clocks/timescale.h"
#include "discipline/estimator.h"
#include "discipline/source.h"
#include "discipline/source_select.h"

/**
 * struct combined_slot - the source that uses a path
 * @serial: the source's; 0: none does
 * @received: how many of its answers were taken
 * @update: when it was last combined
 * @moved_ns: its source_moved_ns() by then
 */
struct combined_slot {
	uint64_t serial;
	uint64_t received;
	unsigned int update;
	int64_t moved_ns;
};

/**
 * struct combined_clock - the clock
 * @estimator: of its offset and rate
 * @slot: who uses its paths
 * @update: counts combined_clock_learn()
 * @anew: the latest one has learned it once more, from the samples there were
 */
struct combined_clock {
	struct estimator *estimator;
	struct combined_slot slot[ESTIMATOR_PATHS];
	unsigned int update;
	bool anew;
};

/* Nothing is known. 0, -ENOMEM. */
int combined_clock_init(struct combined_clock *clock);

/* Release what it holds; also after combined_clock_init() has failed. */
void combined_clock_exit(struct combined_clock *clock);

/* What sources measured before does not count any more. */
void combined_clock_forget_sources(struct combined_clock *clock);

/**
 * combined_clock_learn() - take the new samples of the selected sources
 * @clock: the clock
 * @sources: all
 * @count: how many, up to SOURCE_SELECT_MAX
 * @selection: which of them to combine, and which are wrong or unwanted; one is selected
 * @now: the clocks
 *
 * Sources that are wrong are told not to be believed soon. The clock is learned anew if it has
 * learned from one of them, if it is where most sources do not agree that it can be, or if it knows
 * less than the selected source alone.
 *
 * Return: there were new samples.
 */
bool combined_clock_learn(struct combined_clock *clock, struct source *const *sources,
			  size_t count, const struct selection *selection,
			  const struct timescale_now *now);

#endif /* DISCIPLINE_COMBINED_CLOCK_H */
