// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vote on the reference clocks.
 */
#include "discipline/refclock_vote.h"

#include "core/line.h"

/* It reads a clock of its own, and has a reading: others can say whether that is right. */
static bool can_be_judged(const struct source_status *status)
{
	return status->options->kind == SOURCE_REFCLOCK && !status->options->noselect &&
	       status->has_estimate && status->reach && status->smear == SOURCE_LEAPS;
}

static enum refutation_change judge(struct source *source, const struct source_status *status,
				    const struct selection *selection)
{
	int64_t offset_ns = status->estimate.offset_ns;
	int64_t ahead_ns = chime_sub_sat(offset_ns, selection->high_ns);
	int64_t behind_ns = chime_sub_sat(selection->low_ns, offset_ns);
	int64_t least_ns = chime_max(ahead_ns, behind_ns);
	int64_t most_ns = chime_max(chime_sub_sat(offset_ns, selection->low_ns),
				    chime_sub_sat(selection->high_ns, offset_ns));

	if ((double)least_ns <= status->root_distance_ns)
		least_ns = 0;
	return source_judge_refclock(source, least_ns, most_ns);
}

void refclock_vote_count(struct source *const *sources, size_t count, int64_t at_ns,
			 const struct selection *selection, struct refclock_vote *vote)
{
	struct source_status status;
	size_t i;

	*vote = (struct refclock_vote){ .refuted = 0 };
	if (selection_truechimers(selection) < REFUTATION_WITNESSES)
		return;
	for (i = 0; i < count && i < SOURCE_SELECT_MAX; i++) {
		source_get_status(sources[i], at_ns, &status);
		if (!can_be_judged(&status))
			continue;
		switch (judge(sources[i], &status, selection)) {
		case REFUTATION_STAYS:
			break;
		case REFUTATION_BEGINS:
			vote->refuted |= 1ULL << i;
			break;
		case REFUTATION_ENDS:
			vote->cleared |= 1ULL << i;
			break;
		}
	}
}
