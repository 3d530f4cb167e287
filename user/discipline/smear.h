/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Servers that smear a leap second: they do not announce it, and spread it over hours, so that they
 * are up to a second away from those that leap. Half of the sources may do that, and then neither
 * half is a majority; but a leap second that is known says which is right. Pure.
 */
#ifndef DISCIPLINE_SMEAR_H
#define DISCIPLINE_SMEAR_H

#include <stddef.h>
#include <stdint.h>

#include "clocks/timescale.h"
#include "discipline/source.h"

/**
 * struct smear - what is known of the latest leap second; zeroed at first
 * @kind: 1 inserted, 2 left out, 0: there was none
 * @midnight_ns: its UTC
 * @announced: serials of the sources that have announced it ...
 * @announced_count: ... how many
 */
struct smear {
	int kind;
	int64_t midnight_ns;
	uint64_t announced[SOURCE_SELECT_MAX];
	size_t announced_count;
};

/**
 * smear_judge() - which sources smear
 * @smear: of the leap second
 * @sources: all; source_set_smearing() is called for each
 * @count: how many
 * @now: the clocks
 * @leap: what today ends with, by a list or by most sources: 1 inserted, 2 left out, 0 nothing
 * @leap_raw_ns: when, by the raw clock
 *
 * A source smears if it has not announced the leap second and is where a smear would bring it: away
 * from the timescale, and from every source that has announced it and agrees with the timescale.
 * Nobody is excluded who is in the majority: those that smear must not be more than these. One that
 * has not announced it, and is still right, may be about to: it is not used for the clock, which
 * would be drawn along, if others can be.
 *
 * Return: a bit for each that does.
 */
uint64_t smear_judge(struct smear *smear, struct source *const *sources, size_t count,
		     const struct timescale_now *now, int leap, int64_t leap_raw_ns);

#endif /* DISCIPLINE_SMEAR_H */
