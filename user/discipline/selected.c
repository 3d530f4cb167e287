// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the selected sources say of themselves.
 */
#include "discipline/selected.h"

#include <math.h>

double selected_late_ns(struct source *const *sources, const struct selection *selection)
{
	struct source_status status;
	int64_t most_ns = 0;
	size_t i;

	for (i = 0; i < selection->count; i++) {
		source_get_record(sources[selection->index[i]], &status);
		most_ns = chime_max(most_ns, status.late_ns / 2);
	}
	return (double)most_ns;
}

void selected_describe(struct source *const *sources, struct discipline_result *result)
{
	struct source_status status;

	source_get_record(sources[result->selection.selected], &status);
	result->stratum = status.stratum;
	if (!status.options->copy)
		result->stratum = status.stratum < 15 ? status.stratum + 1 : 16;
	result->root_delay_ns = status.last.root_delay_ns + status.minimum_delay_ns;
}

void selected_pace(struct source *const *sources, const struct selection *selection,
		   int64_t at_ns, struct pace *pace)
{
	struct source_status status;
	size_t i;

	*pace = (struct pace){ .interval_s = INFINITY, .age_ns = INFINITY };
	for (i = 0; i < selection->count; i++) {
		source_get_record(sources[selection->index[i]], &status);
		pace->interval_s = fmin(pace->interval_s, ldexp(1, status.poll));
		pace->age_ns = fmin(pace->age_ns,
				    fmax((double)chime_sub_sat(at_ns, status.last.at_ns), 0));
	}
	pace->refclock = source_get_options(sources[selection->selected])->kind == SOURCE_REFCLOCK;
}
