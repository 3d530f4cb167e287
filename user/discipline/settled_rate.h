/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rate that an oscillator has settled at, and changes of it that no oscillator makes. Pure:
 * nothing here can fail.
 */
#ifndef DISCIPLINE_SETTLED_RATE_H
#define DISCIPLINE_SETTLED_RATE_H

#include <stdbool.h>

#include "clocks/reference_change.h"
#include "discipline/estimator.h"

/**
 * struct settled_rate - the latest rate that an oscillator can have
 * @known: there was one
 * @rate: of UTC against the reference
 * @odd: updates in a row that contradict it
 */
struct settled_rate {
	bool known;
	double rate;
	int odd;
};

/**
 * settled_rate_odd() - note a rate
 * @settled: what was known
 * @estimate: the rate, and its standard error
 * @fresh: there was a new sample
 *
 * Return: by how much the rate differs from the settled one, if no oscillator's does; else 0.
 */
double settled_rate_odd(struct settled_rate *settled, const struct estimate *estimate, bool fresh);

/* The reference's rate changed by what @change says. */
void settled_rate_change(struct settled_rate *settled, const struct reference_change *change);

#endif /* DISCIPLINE_SETTLED_RATE_H */
