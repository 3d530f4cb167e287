/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A grid of characters, as a terminal has it, to write on without one. What has no room is cut.
 * Pure.
 */
#ifndef CLI_GRID_H
#define CLI_GRID_H

#include <stdint.h>

/* How a character looks; the terminal's part says how. */
enum grid_style {
	GRID_PLAIN,
	GRID_BOLD,
	GRID_GOOD,
	GRID_BAD,
	GRID_HEADING,
	GRID_BAND,
	GRID_CURVE,
	GRID_MARK,
	GRID_STYLES,
};

/**
 * struct grid_cell - a character
 * @character: in Unicode
 * @style: how it looks
 */
struct grid_cell {
	uint32_t character;
	enum grid_style style;
};

/**
 * struct grid - the cells
 * @rows: at least 1
 * @columns: at least 1
 * @cells: row after row
 */
struct grid {
	int rows;
	int columns;
	struct grid_cell *cells;
};

/* Blank, at most GRID_MOST either way. NULL: no memory. */
#define GRID_MOST	1000
struct grid *grid_new(int rows, int columns);
void grid_free(struct grid *grid);

/* One character, in Unicode. What is outside of the grid is left out, here and below. */
void grid_put(struct grid *grid, int row, int column, enum grid_style style, uint32_t character);

/* ASCII, anything else as '?'. */
void grid_text(struct grid *grid, int row, int column, enum grid_style style, const char *text);

/* The whole row in that style, with that text. */
void grid_line(struct grid *grid, int row, enum grid_style style, const char *text);

/* Broken between words into at most @rows rows. How many these are. */
int grid_wrap(struct grid *grid, int row, int rows, enum grid_style style, const char *text);

#endif /* CLI_GRID_H */
