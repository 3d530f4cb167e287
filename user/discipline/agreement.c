// SPDX-License-Identifier: GPL-2.0-only
/*
 * Since when most sources have said what the selection says.
 */
#include "discipline/agreement.h"

#include <stdbool.h>
#include <stdlib.h>

#include "core/line.h"

static bool agrees(const struct source_status *status)
{
	return (status->verdict == SOURCE_SELECTED || status->verdict == SOURCE_COMBINED ||
		status->verdict == SOURCE_NOT_COMBINED) &&
	       status->reach && status->has_estimate && !status->estimate.suspect;
}

/* When the request left that was answered last; or was answered so, if another has left since. */
static int64_t asked_ns(const struct source_status *status)
{
	if (status->asked_raw_ns <= status->last_raw_ns)
		return status->asked_raw_ns;
	return chime_sub_sat(status->last_raw_ns, status->last.delay_ns);
}

static int latest_first(const void *a, const void *b)
{
	const int64_t *left = a, *right = b;

	return (*left < *right) - (*left > *right);
}

int64_t agreement_since(struct source *const *sources, size_t count, int64_t at_ns,
			const struct selection *selection)
{
	int64_t asked[SOURCE_SELECT_MAX];
	size_t found = 0, most = selection->candidates / 2;
	struct source_status status;

	for (size_t i = 0; i < count && i < SOURCE_SELECT_MAX; i++) {
		source_get_status(sources[i], at_ns, &status);
		if (agrees(&status))
			asked[found++] = asked_ns(&status);
	}
	if (found <= most)
		return INT64_MIN;
	qsort(asked, found, sizeof(*asked), latest_first);

	return asked[most];
}
