// SPDX-License-Identifier: GPL-2.0-only
/*
 * Since when most sources have said what the selection says.
 */
#include "discipline/agreement.h"

#include <stdbool.h>
#include <stdlib.h>

static bool agrees(const struct source_status *status)
{
	return (status->verdict == SOURCE_SELECTED || status->verdict == SOURCE_COMBINED ||
		status->verdict == SOURCE_NOT_COMBINED) &&
	       status->reach && status->has_estimate && !status->estimate.suspect;
}

static int latest_first(const void *a, const void *b)
{
	const int64_t *left = a, *right = b;

	return (*left < *right) - (*left > *right);
}

int64_t agreement_since(struct source *const *sources, size_t count, int64_t at_ns,
			const struct selection *selection)
{
	int64_t answered_ns[SOURCE_SELECT_MAX];
	size_t found = 0, most = selection->candidates / 2;
	struct source_status status;

	for (size_t i = 0; i < count && i < SOURCE_SELECT_MAX; i++) {
		source_get_status(sources[i], at_ns, &status);
		if (agrees(&status))
			answered_ns[found++] = status.last_raw_ns;
	}
	if (found <= most)
		return INT64_MIN;
	qsort(answered_ns, found, sizeof(*answered_ns), latest_first);

	return answered_ns[most];
}
