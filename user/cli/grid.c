// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writing on the grid.
 */
#include "cli/grid.h"

#include <stdlib.h>
#include <string.h>

static int limit(int number)
{
	return number < 1 ? 1 : number > GRID_MOST ? GRID_MOST : number;
}

struct grid *grid_new(int rows, int columns)
{
	struct grid *grid = calloc(1, sizeof(*grid));

	if (!grid)
		return NULL;
	grid->rows = limit(rows);
	grid->columns = limit(columns);
	grid->cells = calloc((size_t)grid->rows * (size_t)grid->columns, sizeof(*grid->cells));
	if (!grid->cells) {
		free(grid);
		return NULL;
	}
	for (int row = 0; row < grid->rows; row++)
		grid_line(grid, row, GRID_PLAIN, "");

	return grid;
}

void grid_free(struct grid *grid)
{
	if (grid)
		free(grid->cells);
	free(grid);
}

void grid_put(struct grid *grid, int row, int column, enum grid_style style, uint32_t character)
{
	if (row >= 0 && row < grid->rows && column >= 0 && column < grid->columns)
		grid->cells[row * grid->columns + column] =
			(struct grid_cell){ .character = character, .style = style };
}

static void put_text(struct grid *grid, int row, int column, enum grid_style style,
		     const char *text, size_t length)
{
	for (size_t i = 0; i < length && column < grid->columns; i++, column++)
		grid_put(grid, row, column, style,
			 text[i] >= ' ' && text[i] <= '~' ? (uint32_t)text[i] : '?');
}

void grid_text(struct grid *grid, int row, int column, enum grid_style style, const char *text)
{
	put_text(grid, row, column, style, text, strlen(text));
}

void grid_line(struct grid *grid, int row, enum grid_style style, const char *text)
{
	for (int column = 0; column < grid->columns; column++)
		grid_put(grid, row, column, style, ' ');
	grid_text(grid, row, 0, style, text);
}

/* How much of @text a row has room for: whole words, or else what is there of the first. */
static size_t fit(const char *text, size_t room)
{
	size_t length = strlen(text), end = room;

	if (length <= room)
		return length;
	while (end && text[end] != ' ')
		end--;

	return end ? end : room;
}

int grid_wrap(struct grid *grid, int row, int rows, enum grid_style style, const char *text)
{
	int used = 0;

	while (*text && used < rows) {
		size_t length = fit(text, (size_t)grid->columns);

		put_text(grid, row + used++, 0, style, text, length);
		text += length;
		text += strspn(text, " ");
	}

	return used;
}
