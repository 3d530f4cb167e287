// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vote on leap seconds.
 *
 * Sources are counted, not weighed: a near server knows of leap seconds no better than others.
 */
#include "discipline/leap_vote.h"

#include <stdbool.h>
#include <string.h>

/*
 * It asks us to wait, and its samples became void meanwhile: what it said last of leap seconds did
 * not. Else liars would be most of those that were asked since.
 */
static bool is_resting(const struct source_status *status)
{
	return source_status_is_limited(status) && status->received && !status->samples &&
	       !status->lost && !status->withdrawn && !status->orphan && !status->loop;
}

/* Pulses that the timescale numbers announce nothing. */
static bool may_vote(const struct source_status *status)
{
	return (status->verdict != SOURCE_UNUSABLE || is_resting(status)) &&
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
		if (!may_vote(&status) || (trusts && !status.options->trust))
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
