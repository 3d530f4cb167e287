// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vote on leap seconds.
 *
 * Sources are counted, not weighed: a near server knows of leap seconds no better than others.
 */
#include "discipline/leap_vote.h"

#include <stdbool.h>
#include <string.h>

#include "discipline/quorum.h"

/*
 * Its samples became void, and it has not answered since: what it said last of leap seconds did
 * not. Or it has not answered yet, and announces nothing. Else liars who answer first would be most
 * of those that have, and just before midnight nobody is asked any more who could contradict them.
 */
static bool is_awaited(const struct source *source, const struct source_status *status)
{
	return !status->samples && !status->loop && quorum_may_vote(source, status);
}

/* Pulses that the timescale numbers announce nothing. */
static bool may_vote(const struct source *source, const struct source_status *status)
{
	return (status->verdict != SOURCE_UNUSABLE || is_awaited(source, status)) &&
	       !status->options->noselect && !status->last.numbered;
}

int leap_vote(struct source *const *sources, size_t count)
{
	size_t votes[3] = { 0 }, voters = 0;
	struct source_status status;
	bool trusts = false;
	size_t i;

	for (i = 0; i < count; i++) {
		source_get_record(sources[i], &status);
		if (!may_vote(sources[i], &status) || (trusts && !status.options->trust))
			continue;
		/* As in selection nobody outvotes those that the operator trusts. */
		if (status.options->trust && !trusts) {
			trusts = true;
			voters = 0;
			memset(votes, 0, sizeof(votes));
		}
		voters++;
		votes[status.last.leap]++;
	}
	return 2 * votes[1] > voters ? 1 : 2 * votes[2] > voters ? 2 : 0;
}
