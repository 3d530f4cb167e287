/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The recent past of the clock as a graph of characters: its offset as a curve of Braille dots, the
 * bound of its error as a shaded band, disruptions as vertical lines. Pure.
 */
#ifndef CLI_TOP_GRAPH_H
#define CLI_TOP_GRAPH_H

#include <stdbool.h>

#include "cli/grid.h"
#include "cli/past.h"

/**
 * struct graph_area - where on the grid, and what of
 * @row: the first one
 * @rows: how many, of which the last one is the axis of time
 * @from_s: the first instant; the last one is past.now_s
 * @plain: the terminal has ASCII only
 */
struct graph_area {
	int row;
	int rows;
	double from_s;
	bool plain;
};

/* Below this nothing is drawn: the axis of time and three rows. */
#define GRAPH_ROWS_MIN	4

/* Draw what was the clock's error and its bound into @area of @grid. */
void graph_draw(struct grid *grid, const struct graph_area *area, const struct past *past);

#endif /* CLI_TOP_GRAPH_H */
