/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The leap second that the time sources announce. Pure: nothing here can fail.
 */
#ifndef DISCIPLINE_LEAP_VOTE_H
#define DISCIPLINE_LEAP_VOTE_H

#include <stddef.h>
#include <stdint.h>

#include "discipline/source.h"

/**
 * leap_vote() - the leap second that more than half of the sources announce
 * @sources: all of them; falsetickers count as well, as liars may have led the clock away from
 *	honest servers, and so do those that have not answered yet, or not since their samples
 *	became void, by what they said last
 * @count: how many
 *
 * Return: 0: none, 1: a second is inserted, 2: one is deleted.
 */
int leap_vote(struct source *const *sources, size_t count);

#endif /* DISCIPLINE_LEAP_VOTE_H */
