/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The recent past of a clock as a picture: its offset within its bound, disruptions and steps, and
 * below its frequency. Pure: SVG without scripts, readable on light and on dark ground.
 */
#ifndef CLI_PLOT_SVG_H
#define CLI_PLOT_SVG_H

#include <stdio.h>

#include "cli/past.h"

/* Write @past from @from_s to @past->now_s; @name: of the machine. */
void plot_svg(FILE *to, const struct past *past, double from_s, const char *name);

#endif /* CLI_PLOT_SVG_H */
