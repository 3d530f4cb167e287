// SPDX-License-Identifier: GPL-2.0-only
/*
 * A server that follows another one has the other's address as its reference id. chronyd refuses
 * such answers altogether.
 */
#include "discipline/loop.h"

/* A primary server's reference id is no address. */
static bool is_loop(const struct source_status *status, const struct source_identity *identity)
{
	return status->options->kind == SOURCE_SERVER && status->received &&
	       status->last.stratum > 1 && identity->local_refid &&
	       status->last.refid == identity->local_refid;
}

void loop_judge(struct source *const *sources, const struct source_identity *identities,
		size_t count, bool recovering)
{
	struct source_status status;

	for (size_t i = 0; i < count; i++) {
		source_get_record(sources[i], &status);
		source_set_loop(sources[i], !recovering && is_loop(&status, &identities[i]));
	}
}
