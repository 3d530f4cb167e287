/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the selected sources say of themselves: how often they answer, how late, and what is told of
 * the one that is followed. Pure.
 */
#ifndef DISCIPLINE_SELECTED_H
#define DISCIPLINE_SELECTED_H

#include <stdint.h>

#include "discipline/correction.h"
#include "discipline/discipline.h"
#include "discipline/source.h"
#include "discipline/source_select.h"

/* By how much the answers may be off because all of those of a source were late. */
double selected_late_ns(struct source *const *sources, const struct selection *selection);

/* Fill in what @result tells of the reference, by the source that it has selected. */
void selected_describe(struct source *const *sources, struct discipline_result *result);

/* The samples of the selected sources in time. */
void selected_pace(struct source *const *sources, const struct selection *selection,
		   int64_t at_ns, struct pace *pace);

#endif /* DISCIPLINE_SELECTED_H */
