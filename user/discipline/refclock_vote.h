/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vote of the sources on the reference clocks beside them: one that most of them exclude again
 * and again is refuted, and is not followed when they fall silent. Pure; nothing here can fail.
 */
#ifndef DISCIPLINE_REFCLOCK_VOTE_H
#define DISCIPLINE_REFCLOCK_VOTE_H

#include <stddef.h>
#include <stdint.h>

#include "discipline/source.h"
#include "discipline/source_select.h"

/**
 * struct refclock_vote - what an update has changed: a bit for each source
 * @refuted: it is refuted from now on
 * @cleared: it is no longer
 */
struct refclock_vote {
	uint64_t refuted;
	uint64_t cleared;
};

/*
 * An update with a new sample at the reference's @at_ns. @selection: of @sources then, of which one
 * at least is selected.
 */
void refclock_vote_count(struct source *const *sources, size_t count, int64_t at_ns,
			 const struct selection *selection, struct refclock_vote *vote);

#endif /* DISCIPLINE_REFCLOCK_VOTE_H */
