/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * At a start, or after all samples were forgotten: whether enough sources have answered, and enough
 * of them agree, to correct the clock. A single server may lie. Pure.
 */
#ifndef DISCIPLINE_QUORUM_H
#define DISCIPLINE_QUORUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clocks/timescale.h"
#include "discipline/source.h"

/* Within so long after the first answer others arrive, from anywhere in the world, or are late. */
#define QUORUM_LATE_NS		500000000LL

/* A source is silent that has not answered two requests, 2 s apart, within so long. */
#define QUORUM_SILENT_NS	4000000000LL

/*
 * But an answer to its second request is awaited for SOURCE_ANSWER_NS, if that left late, and until
 * then at most, as a name may take any time to be resolved.
 */
#define QUORUM_LATEST_NS	8000000000LL

/* A source that rests ("RATE") is awaited for so long at most: as long as minpoll can make it. */
#define QUORUM_REST_NS		(1024 * 1000000000LL)

/* A source further away than this is of no use, unless its options say so (maxdistance). */
#define QUORUM_DISTANCE_NS	3000000000LL

/**
 * struct quorum - of the sources; all 0 at first
 * @reached: enough have answered since nothing was known
 * @pending: some have answered, not enough, and what they said must not be used by itself
 * @silence: nobody answered for a while, before the first answers or after them, and sources are
 *	silent that are not lost; lasts until enough have answered
 * @ask: the first of these answers again: ask the others, whose next request may be far away. Or
 *	too few have answered in time: ask all, to learn whether the network is still there
 * @asked: that was done ...
 * @again: ... and somebody has answered since
 * @anew: the network was there again, and the others have had their time once more since then
 * @cut_off: nobody has answered since the first answers came: the network may be away
 * @since_raw_ns: when the first answer came, at first or after that; 0: none did
 */
struct quorum {
	bool reached;
	bool pending;
	bool silence;
	bool ask;
	bool asked;
	bool again;
	bool anew;
	bool cut_off;
	int64_t since_raw_ns;
};

/*
 * How long to wait for more answers. 0: select now; else check again after so many ns at the
 * latest. A majority of the sources that are asked has to agree; half of them once the others are
 * late; any number once the others are silent, unless nobody answers any more, not even those who
 * did. After all have stopped answering, as when the network was away, none is silent before it was
 * asked again, and neither is one that rests. Beside such ones those that have said nothing but
 * that are sources, too. The caller clears @quorum->ask.
 */
int64_t quorum_wait_ns(struct quorum *quorum, struct source *const *sources, size_t count,
		       const struct timescale_now *now);

/* All samples became void: wait again. */
void quorum_forget(struct quorum *quorum);

/* The root distance from which on a source with these options is of no use. */
int64_t quorum_distance_ns(const struct source_options *options);

/* The source is near enough to be of use: its samples show UTC to a few seconds. */
bool quorum_is_near(const struct source_status *status);

/*
 * The source counts: it is not "noselect", does not refuse to serve us, was not taken offline by
 * the operator, has not been unreachable for longer than is configured, is no orphan, is not asked
 * as other sources already, smears no leap second, was not refuted, and has a date of its own.
 * Pulses that the timescale numbers agree with it whatever the others say.
 */
bool quorum_counts(const struct source *source, const struct source_status *status);

/* It counts, or would if the operator had not taken it offline. */
bool quorum_would_count(const struct source *source, const struct source_status *status);

/*
 * The source may be selected, and is not lost, or its first requests are on their way; or it
 * answers, but too late for maxdelay.
 */
bool quorum_may_vote(const struct source *source, const struct source_status *status);

/*
 * The same, but for some more first requests: two lost ones are not enough for a bound. Nor are any
 * number of them while no others answer.
 */
bool quorum_may_be_right(const struct source *source, const struct source_status *status);

/*
 * It has answered that we ask too often, and so it was not asked since @since_raw_ns, or it may yet
 * answer what it was asked, or its answer was that again, or it has not missed two requests in a
 * row. One that has never said anything else is waited for once.
 */
bool quorum_rests(const struct source_status *status, int64_t since_raw_ns, int64_t raw_ns);

/*
 * It has said nothing but that we ask too often, and was asked so often that it has no vote. But it
 * is there, and may be right: while others rest, who will decide, it counts among all of which a
 * majority has to agree.
 */
bool quorum_only_limits(const struct source *source, const struct source_status *status);

#endif /* DISCIPLINE_QUORUM_H */
