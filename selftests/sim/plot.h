/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A scenario's first seed as a picture.
 */
#ifndef SIM_PLOT_H
#define SIM_PLOT_H

#include "scenario.h"

/* Writes an SVG file. 0 or -errno, after a message on stderr. */
int plot_scenario(const struct scenario *scenario, uint64_t seed, const char *path);

#endif /* SIM_PLOT_H */
