// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vote on the host's clock.
 */
#include "discipline/host_vote.h"

#include "core/line.h"

/*
 * A host that differs by more than this from a majority of at least two sources, so many times, is
 * demoted.
 */
#define WRONG_NS	100000000LL
#define WRONG_COUNT	4
#define WITNESSES	2

/* It is reinstated after so many updates within this. */
#define RIGHT_NS	10000000LL
#define RIGHT_COUNT	64

/*
 * Demote a host that a majority of at least two sources excludes by far, again and again. Whoever
 * has it followed since the last time has ended what was decided then.
 */
static enum host_verdict judge_followed(struct host_vote *vote, const struct selection *selection,
					const struct timescale_now *now)
{
	int64_t ahead_ns = chime_sub_sat(now->host_ns, now->reference_ns);
	bool wrong = chime_sub_sat(selection->low_ns, ahead_ns) > WRONG_NS ||
		     chime_sub_sat(selection->high_ns, ahead_ns) < -WRONG_NS;

	vote->demoted = false;
	vote->right = 0;
	if (selection_truechimers(selection) < WITNESSES || !wrong) {
		vote->wrong = 0;
		return HOST_STAYS;
	}
	vote->wrong++;
	if (vote->wrong < WRONG_COUNT)
		return HOST_STAYS;
	vote->demoted = true;
	return HOST_DEMOTED;
}

/* Reinstate a demoted host that was set right. One that the operator deselected stays so. */
static enum host_verdict judge_demoted(struct host_vote *vote, int64_t offset_ns,
				       const struct timescale_now *now)
{
	int64_t error_ns = chime_sub_sat(chime_add_sat(now->reference_ns, offset_ns),
					 now->host_ns);

	if (chime_abs_sat(error_ns) > RIGHT_NS)
		vote->right = 0;
	else
		vote->right++;
	if (vote->right < RIGHT_COUNT)
		return HOST_STAYS;
	vote->right = 0;
	vote->demoted = false;
	return HOST_REINSTATED;
}

enum host_verdict host_vote_count(struct host_vote *vote, const struct selection *selection,
				  int64_t offset_ns, const struct timescale_now *now)
{
	if (now->has_host)
		return judge_followed(vote, selection, now);
	if (vote->demoted && now->host_known)
		return judge_demoted(vote, offset_ns, now);
	return HOST_STAYS;
}

void host_vote_break(struct host_vote *vote)
{
	vote->wrong = 0;
}
