/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What most of the sources agree on: counts of the roll. Pure: nothing here can fail.
 */
#ifndef DISCIPLINE_MAJORITY_H
#define DISCIPLINE_MAJORITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "discipline/roll.h"

/* How many have a vote. @only_answered: of those who have answered since the suspicion began. */
size_t majority_voters(const struct roll *roll, bool only_answered);

/* How many of those who have not answered since then rest: they may yet be asked. */
size_t majority_resting(const struct roll *roll);

/*
 * Of how many most have to agree: of those who have a vote, and while some of these rest, who will
 * decide, of those who have said nothing but that we ask too often as well.
 */
size_t majority_all(const struct roll *roll);

/* How many have to answer anew, as another one has contradicted by something else. */
size_t majority_due(const struct roll *roll);

/* How many have answered since then, and allow for @at_ns, whether or not they contradict. */
size_t majority_allowing(const struct roll *roll, int64_t at_ns);

/*
 * The difference, UTC minus timescale, that most sources agree on which contradict the timescale.
 * How many they are; 0: none does, and @at_ns is left alone.
 */
size_t majority_find(const struct roll *roll, int64_t *at_ns);

/* How many of those who agree on it have answered since the suspicion began. */
size_t majority_affirming(const struct roll *roll, int64_t at_ns);

/* How many have answered since then, and neither contradict the timescale nor join who does. */
size_t majority_keeping(const struct roll *roll);

/* All who agree on @at_ns did so when others were asked, who kept to the timescale. */
bool majority_is_denied(const struct roll *roll, int64_t at_ns);

/* How many different clocks those sources follow who agree on @at_ns. */
size_t majority_clocks(const struct roll *roll, int64_t at_ns);

/**
 * majority_bound() - UTC minus timescale, by those who agree on a difference
 * @roll: of all sources
 * @at_ns: the difference that they agree on
 * @offset_ns: the middle of what they have in common, and of other places where as many agree
 * @maxerror_ns: give or take so much; the timescale's own bound comes on top of that
 */
void majority_bound(const struct roll *roll, int64_t at_ns, int64_t *offset_ns,
		    int64_t *maxerror_ns);

#endif /* DISCIPLINE_MAJORITY_H */
