/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The intersection algorithm of RFC 5905, 11.2.1: which candidates tell the time, and which are
 * falsetickers. Pure: nothing here can fail.
 */
#ifndef DISCIPLINE_INTERSECTION_H
#define DISCIPLINE_INTERSECTION_H

#include <stdbool.h>
#include <stddef.h>

#include "discipline/candidate.h"

/**
 * struct extent - where UTC minus reference may be
 * @low: at least, in ns from the median candidate's
 * @high: at most
 */
struct extent {
	double low;
	double high;
};

/**
 * intersection_find() - find the candidates that most agree with
 * @candidates: @agrees and @within of each are set
 * @count: how many, SOURCE_SELECT_MAX at most
 * @silent: sources more that have a vote and have said nothing yet
 * @place: where the clock is best put: as many agree there as can
 * @bound: where the truth is if a majority of all is right
 *
 * Return: more than half of the candidates agree. Else nothing is set.
 */
bool intersection_find(struct candidate *candidates, size_t count, size_t silent,
		       struct extent *place, struct extent *bound);

#endif /* DISCIPLINE_INTERSECTION_H */
