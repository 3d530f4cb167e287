/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The roll of those who vote on the timescale: each source's opinion, in the order of the sources.
 * Pure: time is an argument; nothing here can fail.
 */
#ifndef DISCIPLINE_ROLL_H
#define DISCIPLINE_ROLL_H

#include <stdbool.h>
#include <stddef.h>

#include "clocks/timescale.h"
#include "discipline/opinion.h"
#include "discipline/source.h"
#include "discipline/source_select.h"

/**
 * struct roll - all 0 to start
 * @opinion: of each source; those beyond @count are of sources that left
 * @count: sources
 * @usable: of these may be selected
 * @limiting: of these have no vote, as they have said nothing but that we ask too often
 * @since_raw_ns: when all were asked, because one contradicts
 * @trusts: some of them are always right, says the operator: no others vote
 */
struct roll {
	struct opinion opinion[SOURCE_SELECT_MAX];
	size_t count;
	size_t usable;
	size_t limiting;
	int64_t since_raw_ns;
	bool trusts;
};

/* Begin to call the roll: roll_call() for each of the sources follows. */
void roll_begin(struct roll *roll, struct source *const *sources, size_t count);

/**
 * roll_call() - find a source's opinion, and whether it may vote
 * @roll: after roll_begin()
 * @index: of the source
 * @sources: all of them
 * @now: the clocks
 * @sample: its new sample
 *
 * Return: its opinion, which does not know of that sample yet. NULL: it has no vote, or no new
 * sample.
 */
struct opinion *roll_call(struct roll *roll, size_t index, struct source *const *sources,
			  const struct timescale_now *now, struct source_sample *sample);

#endif /* DISCIPLINE_ROLL_H */
