/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The witness of last resort: if all time sources, of which each alone may lie, show at once that
 * the clock is wrong by far more than it can be, then time was disrupted and nothing else noticed
 * it: a guest without a host clock was reverted or stood still.
 *
 * No packet is trusted alone. After the first one that contradicts the timescale all sources are
 * asked again, and the correction in force holds until there is a verdict. Votes are counted by
 * source, not by reference id, because a server can claim any id. Sources with the same id follow
 * one clock: their agreement has to be repeated like that of an only source, but it takes no vote
 * from others. While a source that the operator trusts answers, only such have a vote, as in
 * source_select.c. At a start, or when all samples became void, quorum.h says how many answers are
 * needed. Pure: time is an argument, asking and acting is up to the daemon.
 */
#ifndef DISCIPLINE_CONSENSUS_H
#define DISCIPLINE_CONSENSUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clocks/reference_change.h"
#include "clocks/timescale.h"
#include "discipline/source.h"

/* Requests to each source, from the first contradiction on. */
#define CONSENSUS_BURST	3

enum consensus_verdict {
	CONSENSUS_OK,		/* no source contradicts, or those that do are outvoted */
	CONSENSUS_SUSPECT,	/* a source contradicts, or few answered: change nothing */
	CONSENSUS_UNRESOLVED,	/* the only clock did not say it again, or nobody may: likewise */
	CONSENSUS_JUMP,		/* the sources agree that time was disrupted */
	CONSENSUS_FALSETICKER,	/* the only clock that answers cannot be right: change nothing */
};

/**
 * struct consensus_result - what the sources say
 * @verdict: see there
 * @ask: ask all of them, CONSENSUS_BURST times
 * @wait_ns: with SUSPECT and UNRESOLVED: check again after so long, even without an answer; 0: no
 *	need to
 * @rests: with SUSPECT: so it will be for minutes, until sources that rest are asked again
 * @offset_ns: with JUMP, UNRESOLVED and FALSETICKER, but where @voters is 0: UTC minus timescale by
 *	these sources ...
 * @maxerror_ns: ... give or take so much
 * @agreed_raw_ns: the sources agreed with the timescale then, the last time, by raw
 * @agreeing: sources that agree on it ...
 * @voters: ... of so many
 */
struct consensus_result {
	enum consensus_verdict verdict;
	bool ask;
	int64_t wait_ns;
	bool rests;
	int64_t offset_ns;
	int64_t maxerror_ns;
	int64_t agreed_raw_ns;
	size_t agreeing;
	size_t voters;
};

/**
 * struct consensus_terms - the conditions of a verdict
 * @confirmed: they have confirmed the clock since time was disrupted
 * @jumps: a disruption may go unnoticed by others: this is a virtual machine
 * @max_jump_ns: greatest jump that one clock alone may report; 0: any
 */
struct consensus_terms {
	bool confirmed;
	bool jumps;
	int64_t max_jump_ns;
};

struct consensus;

/* NULL: no memory. */
struct consensus *consensus_new(void);
void consensus_free(struct consensus *consensus);

/*
 * Check the sources' new samples. Call it before the discipline uses them, and do not let it while
 * the verdict is CONSENSUS_SUSPECT, CONSENSUS_UNRESOLVED or CONSENSUS_FALSETICKER.
 */
void consensus_update(struct consensus *consensus, struct source *const *sources, size_t count,
		      const struct timescale_now *now, const struct consensus_terms *terms,
		      struct consensus_result *result);

/* Time was disrupted, or the operator vouches for the sources: forget all they said before. */
void consensus_forget(struct consensus *consensus);

/*
 * The timescale goes on by another reference, as when the host falls silent: what the sources said
 * of it still counts, if @change states how they are related. Else forget it.
 */
void consensus_change_reference(struct consensus *consensus,
				const struct reference_change *change);

#endif /* DISCIPLINE_CONSENSUS_H */
