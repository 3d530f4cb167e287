// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counting what time sources say of a clock.
 */
#include "discipline/refutation.h"

#define WRONG_COUNT	4

/* A clock that agrees may have been right by chance. */
#define RIGHT_COUNT	64
#define CLEARED		(RIGHT_COUNT / WRONG_COUNT)

static enum refutation_change count_against(struct refutation *refutation)
{
	if (refutation->refuted) {
		refutation->count = 0;
		return REFUTATION_STAYS;
	}
	refutation->count++;
	if (refutation->count < WRONG_COUNT)
		return REFUTATION_STAYS;
	*refutation = (struct refutation){ .refuted = true };
	return REFUTATION_BEGINS;
}

static enum refutation_change count_for(struct refutation *refutation, int weight)
{
	if (!refutation->refuted) {
		refutation->count = 0;
		return REFUTATION_STAYS;
	}
	refutation->count += weight;
	if (refutation->count < RIGHT_COUNT)
		return REFUTATION_STAYS;
	*refutation = (struct refutation){ .refuted = false };
	return REFUTATION_ENDS;
}

enum refutation_change refutation_count(struct refutation *refutation, enum refutation_vote vote)
{
	switch (vote) {
	case REFUTATION_EXCLUDES:
		return count_against(refutation);
	case REFUTATION_AGREES:
		return count_for(refutation, 1);
	case REFUTATION_CLEARS:
		return count_for(refutation, CLEARED);
	}

	return REFUTATION_STAYS;
}

void refutation_break(struct refutation *refutation)
{
	if (!refutation->refuted)
		refutation->count = 0;
}
