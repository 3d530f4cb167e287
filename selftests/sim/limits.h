/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a limit has to be so that other seeds keep it: for people who set limits.
 */
#ifndef SIM_LIMITS_H
#define SIM_LIMITS_H

#include "scenario.h"

/*
 * Prints a line on each of the scenario's limits: what SCENARIO_SEEDS of the @count seeds give in
 * the middle and in 1 of 1,000 cases. @values is indexed by quantity, then by seed.
 */
void limits_print(const char *name, const struct scenario *scenario, double **values, size_t count);

#endif /* SIM_LIMITS_H */
