/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The witness of last resort: do the time sources, of which each alone may lie, all say at once
 * that the clock is off by far more than it can be? Then time was disrupted and nobody else saw it:
 * a guest without a host clock was reverted or stood still.
 *
 * No packet is believed alone. The first that contradicts what is known has all sources asked
 * again; what is known holds until they agree or do not. Votes are counted by heads, as anybody can
 * give itself any reference id: that sources share one makes their agreement one clock's, which has
 * to be repeated as that of an only source, but it makes no vote of anybody else's worth less. And
 * where nothing is known yet or any more the first answer is not the last word: quorum.h says how
 * many are. Pure: time is an argument, asking and acting is the daemon's.
 */
#ifndef DISCIPLINE_CONSENSUS_H
#define DISCIPLINE_CONSENSUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clocks/timescale.h"
#include "discipline/source.h"

/* Requests to each source, from the first contradiction on. */
#define CONSENSUS_BURST	3

enum consensus_verdict {
	CONSENSUS_OK,		/* nothing contradicts, or what does is outvoted */
	CONSENSUS_SUSPECT,	/* something does, or few were heard: hold on to what is known */
	CONSENSUS_JUMP,		/* they agree that time was disrupted */
	CONSENSUS_FALSETICKER,	/* the only clock there is went where time does not go: hold on */
};

/**
 * struct consensus_result - what the sources say
 * @verdict: see there
 * @ask: ask all of them, CONSENSUS_BURST times
 * @wait_ns: with DOUBT: hear them again after so long, even if nobody speaks; 0: no need to
 * @offset_ns: with JUMP and ASTRAY: UTC minus timescale as they have it ...
 * @maxerror_ns: ... give or take so much
 * @fine_raw_ns: they were last of the timescale's opinion, by raw
 * @agreeing: sources that say so ...
 * @voters: ... of so many
 */
struct consensus_result {
	enum consensus_verdict verdict;
	bool ask;
	int64_t wait_ns;
	int64_t offset_ns;
	int64_t maxerror_ns;
	int64_t fine_raw_ns;
	size_t agreeing;
	size_t voters;
};

/**
 * struct consensus_terms - what the sources may say
 * @confirmed: they have confirmed the clock since time was disrupted
 * @jumps: time can have been disrupted without any other witness: this is a virtual machine
 * @max_jump_ns: one clock alone cannot say that it was by more than this; 0: by anything
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
 * Hear the sources' new samples. Call it before the discipline learns from them, and do not let it
 * while the verdict is to hold on.
 */
void consensus_update(struct consensus *consensus, struct source *const *sources, size_t count,
		      const struct timescale_now *now, const struct consensus_terms *terms,
		      struct consensus_result *result);

/* Another epoch, or somebody's word for the sources: what they said before says nothing now. */
void consensus_forget(struct consensus *consensus);

#endif /* DISCIPLINE_CONSENSUS_H */
