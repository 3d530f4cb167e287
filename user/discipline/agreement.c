// SPDX-License-Identifier: GPL-2.0-only
/*
 * Since when most sources have said what the selection says.
 */
#include "discipline/agreement.h"

#include <stdbool.h>
#include <stdlib.h>

#include "core/line.h"

static bool is_right(const struct source_status *status)
{
	return status->verdict == SOURCE_SELECTED || status->verdict == SOURCE_COMBINED ||
	       status->verdict == SOURCE_NOT_COMBINED;
}

/*
 * It was selected from. Sources that are only watched are compared with no others, nor are those
 * that were refuted, and pulses that the timescale numbers agree with it whatever has happened.
 */
static bool is_candidate(const struct source_status *status)
{
	return (is_right(status) || status->verdict == SOURCE_FALSETICKER) &&
	       status->smear != SOURCE_SMEARS && !status->refuted && !status->options->noselect &&
	       !status->options->numbered && !status->last.numbered;
}

/* A candidate agrees. */
static bool agrees(const struct source_status *status)
{
	return is_right(status) && status->reach && status->has_estimate &&
	       !status->estimate.suspect;
}

/* When the request left that was answered last; or was answered so, if another has left since. */
static int64_t asked_ns(const struct source_status *status)
{
	if (status->asked_raw_ns <= status->last_raw_ns)
		return status->asked_raw_ns;
	return chime_sub_sat(status->last_raw_ns, status->last.delay_ns);
}

/*
 * Nobody outvotes those whom the operator trusts, as in selection, nor does their majority need the
 * others. Is one of them a candidate?
 */
static bool are_trusted(struct source *const *sources, size_t count)
{
	struct source_status status;

	for (size_t i = 0; i < count && i < SOURCE_SELECT_MAX; i++) {
		if (!source_get_options(sources[i])->trust)
			continue;
		source_get_record(sources[i], &status);
		if (is_candidate(&status))
			return true;
	}
	return false;
}

static int latest_first(const void *a, const void *b)
{
	const int64_t *left = a, *right = b;

	return (*left < *right) - (*left > *right);
}

int64_t agreement_since(struct source *const *sources, size_t count, int64_t at_ns)
{
	bool trusted_only = are_trusted(sources, count);
	int64_t asked[SOURCE_SELECT_MAX];
	size_t candidates = 0, found = 0;
	struct source_status status;

	for (size_t i = 0; i < count && i < SOURCE_SELECT_MAX; i++) {
		source_get_status(sources[i], at_ns, &status);
		if (!is_candidate(&status) || (trusted_only && !status.options->trust))
			continue;
		candidates++;
		if (agrees(&status))
			asked[found++] = asked_ns(&status);
	}
	if (2 * found <= candidates)
		return INT64_MIN;
	qsort(asked, found, sizeof(*asked), latest_first);

	return asked[candidates / 2];
}
