// SPDX-License-Identifier: GPL-2.0-only
/*
 * The choice of an orphan, by the same rule as in chronyd and ntpd, which may be the others.
 */
#include "discipline/orphan.h"

#include <stdbool.h>

#include "discipline/quorum.h"

static bool is_orphan(const struct source_status *status, int stratum)
{
	return status->options->kind == SOURCE_SERVER && status->received &&
	       status->stratum >= stratum;
}

/* It has a time of its own, or may have: its first answer is awaited. */
static bool may_be_used(const struct source *source, const struct source_status *status)
{
	return quorum_may_vote(source, status) && (!status->has_estimate || quorum_is_near(status));
}

/* It serves its own clock now, and comes before this machine. */
static bool may_lead(const struct source_status *status, const struct source_identity *identity,
		     int stratum)
{
	return status->stratum == stratum && status->reach && !status->withdrawn &&
	       !status->options->noselect && identity->refid < identity->local_refid;
}

int orphan_judge(struct source *const *sources, const struct source_identity *identities,
		 size_t count, int64_t at_ns, int stratum)
{
	struct source_status status;
	bool others = false;
	int leader = -1;

	for (size_t i = 0; i < count; i++) {
		bool orphan;

		/* As it would be judged if it were none. */
		source_set_orphan(sources[i], false);
		if (!stratum)
			continue;
		source_get_status(sources[i], at_ns, &status);
		orphan = is_orphan(&status, stratum);
		if (!orphan) {
			others |= may_be_used(sources[i], &status);
			continue;
		}
		source_set_orphan(sources[i], true);
		if (may_lead(&status, &identities[i], stratum) &&
		    (leader < 0 || identities[i].refid < identities[leader].refid))
			leader = (int)i;
	}
	if (others || leader < 0)
		return -1;
	source_set_orphan(sources[leader], false);

	return leader;
}
