// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vote on the host's clock.
 */
#include "discipline/host_vote.h"

#include "core/line.h"

/* A host that differs by more than this from a majority is demoted. */
#define WRONG_NS	100000000LL

/* It is reinstated after a while within this. */
#define RIGHT_NS	10000000LL

static enum host_verdict count(struct refutation *vote, bool wrong)
{
	switch (refutation_count(vote, wrong ? REFUTATION_EXCLUDES : REFUTATION_AGREES)) {
	case REFUTATION_STAYS:
		break;
	case REFUTATION_BEGINS:
		return HOST_DEMOTED;
	case REFUTATION_ENDS:
		return HOST_REINSTATED;
	}

	return HOST_STAYS;
}

/*
 * Demote a host that a majority of at least two sources excludes by far, again and again. Whoever
 * has it followed since the last time has ended what was decided then.
 */
static enum host_verdict judge_followed(struct refutation *vote, const struct selection *selection,
					const struct timescale_now *now)
{
	int64_t ahead_ns = chime_sub_sat(now->host_ns, now->reference_ns);
	bool wrong = chime_sub_sat(selection->low_ns, ahead_ns) > WRONG_NS ||
		     chime_sub_sat(selection->high_ns, ahead_ns) < -WRONG_NS;

	if (vote->refuted)
		*vote = (struct refutation){ .refuted = false };
	return count(vote, wrong && selection_truechimers(selection) >= REFUTATION_WITNESSES);
}

/* Reinstate a demoted host that was set right. One that the operator deselected stays so. */
static enum host_verdict judge_demoted(struct refutation *vote, int64_t offset_ns,
				       const struct timescale_now *now)
{
	int64_t error_ns = chime_sub_sat(chime_add_sat(now->reference_ns, offset_ns),
					 now->host_ns);

	return count(vote, chime_abs_sat(error_ns) > RIGHT_NS);
}

enum host_verdict host_vote_count(struct refutation *vote, const struct selection *selection,
				  int64_t offset_ns, const struct timescale_now *now)
{
	if (now->has_host)
		return judge_followed(vote, selection, now);
	if (vote->refuted && now->host_known)
		return judge_demoted(vote, offset_ns, now);
	return HOST_STAYS;
}
