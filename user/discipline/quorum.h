/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * At a start, or when all samples were forgotten: have enough sources answered, and do enough of
 * them agree, for the clock to be corrected? One answer is one server's word. Pure.
 */
#ifndef DISCIPLINE_QUORUM_H
#define DISCIPLINE_QUORUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clocks/timescale.h"
#include "discipline/source.h"

/* So long after the first answer the others are in, round the world, or are late. */
#define QUORUM_LATE_NS		500000000LL

/* After two requests, 2 s apart, and as long again: who has not answered is silent. */
#define QUORUM_SILENT_NS	4000000000LL

/* But an answer to its second request is waited for so long, if that could not leave earlier ... */
#define QUORUM_ANSWER_NS	1000000000LL

/* ... and until then at most: an address may take any time to be looked up. */
#define QUORUM_LATEST_NS	8000000000LL

/* A source further away than this is of no use (chrony's maxdistance). */
#define QUORUM_DISTANCE_NS	3000000000LL

/**
 * struct quorum - of the sources; all 0 at first
 * @reached: enough have answered since nothing was known
 * @since_raw_ns: the first answer came; 0: none did
 */
struct quorum {
	bool reached;
	int64_t since_raw_ns;
};

/*
 * How long to wait for more answers: 0, the sources may be selected from; else look again after so
 * many ns at the latest. A majority of those that are asked has to agree. Half of them do when the
 * rest is late, and whatever has answered does when the rest is silent.
 */
int64_t quorum_wait_ns(struct quorum *quorum, struct source *const *sources, size_t count,
		       const struct timescale_now *now);

/* What was known is void: wait anew. */
void quorum_forget(struct quorum *quorum);

/* It is not too far away to be of use: its samples say where UTC is to a few seconds. */
bool quorum_is_near(const struct source_status *status);

/* It may be selected: neither only to be watched, nor refused by the server. */
bool quorum_counts(const struct source *source, const struct source_status *status);

/* It counts, and answers, or may yet: its first request is on its way or about to be sent. */
bool quorum_may_vote(const struct source *source, const struct source_status *status);

/* The same, but only some more lost requests make it silent: a bound does not rest on two. */
bool quorum_may_be_right(const struct source *source, const struct source_status *status);

#endif /* DISCIPLINE_QUORUM_H */
