// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each cell has two by four dots. Where the terminal has no Braille, a cell is a star.
 */
#include "cli/top_graph.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cli/axis.h"

/* Labels of the error axis. */
#define LABEL_COLUMNS	9

#define DOTS_ACROSS	2
#define DOTS_DOWN	4

#define BRAILLE		0x2800
#define SHADE		0x2591
#define BAR		0x2502

/* The most columns of dots. */
#define ACROSS_MAX	(GRID_MOST * DOTS_ACROSS)

/**
 * struct span - what a column of dots shows
 * @low: of the curve, as a place on the axis; NAN: nothing
 * @high: same
 * @bound: of the band; NAN: nothing
 */
struct span {
	double low;
	double high;
	double bound;
};

/**
 * struct graph - a graph being drawn
 * @grid: on that
 * @area: there
 * @past: what
 * @rows: of the graph proper
 * @across: columns of dots
 * @axis: of errors
 * @spans: one a column of dots
 */
struct graph {
	struct grid *grid;
	const struct graph_area *area;
	const struct past *past;
	int rows;
	int across;
	struct error_axis axis;
	struct span spans[ACROSS_MAX];
};

static bool is_shown(const struct graph *graph, const struct past_point *point)
{
	return point->time_s >= graph->area->from_s && point->time_s <= graph->past->now_s;
}

/* The column of dots of an instant; negative: before the first. */
static int across_of(const struct graph *graph, double time_s)
{
	double part = (time_s - graph->area->from_s) / (graph->past->now_s - graph->area->from_s);

	if (!(part >= 0))
		return -1;

	return (int)fmin(part * graph->across, graph->across - 1);
}

static void widen(struct graph *graph, int across, double place, double bound)
{
	struct span *span;

	if (across < 0 || across >= graph->across)
		return;
	span = &graph->spans[across];
	span->low = fmin(span->low, place);
	span->high = fmax(span->high, place);
	if (isfinite(bound))
		span->bound = fmax(span->bound, bound);
}

/* The columns between two points: a line, unless a disruption lies between them. */
static void join(struct graph *graph, size_t index)
{
	const struct past_point *one = &graph->past->points[index - 1], *other = one + 1;
	int from = across_of(graph, one->time_s), to = across_of(graph, other->time_s);
	double start = error_axis_place(&graph->axis, one->offset_ns);
	double end = error_axis_place(&graph->axis, other->offset_ns);
	double bound = fmax(error_axis_place(&graph->axis, one->bound_ns),
			    error_axis_place(&graph->axis, other->bound_ns));

	if (past_is_parted(graph->past, index) || !is_shown(graph, one) || from < 0)
		return;
	if (!isfinite(one->bound_ns) || !isfinite(other->bound_ns))
		bound = NAN;
	for (int across = from + 1; across <= to; across++) {
		double before = start + (end - start) * (across - 1 - from) / (to - from);
		double after = start + (end - start) * (across - from) / (to - from);

		widen(graph, across, before, bound);
		widen(graph, across, after, bound);
	}
}

static void fill_spans(struct graph *graph)
{
	for (int i = 0; i < graph->across; i++)
		graph->spans[i] = (struct span){ .low = NAN, .high = NAN, .bound = NAN };
	for (size_t i = 0; i < graph->past->count; i++) {
		const struct past_point *point = &graph->past->points[i];

		if (!is_shown(graph, point))
			continue;
		widen(graph, across_of(graph, point->time_s),
		      error_axis_place(&graph->axis, point->offset_ns),
		      isfinite(point->bound_ns) ?
		      error_axis_place(&graph->axis, point->bound_ns) : NAN);
		if (i)
			join(graph, i);
	}
}

/* The row of dots of a place on the axis, from the top. */
static int down_of(const struct graph *graph, double place)
{
	int dots = graph->rows * DOTS_DOWN;

	return (int)fmin((1 - place) / 2 * dots, dots - 1);
}

/* The dots of a cell that the curve goes through, as Braille counts them; 0: none. */
static uint32_t dots_of(const struct graph *graph, int row, int column)
{
	static const uint8_t bits[DOTS_ACROSS][DOTS_DOWN] = {
		{ 0x01, 0x02, 0x04, 0x40 }, { 0x08, 0x10, 0x20, 0x80 },
	};
	uint32_t dots = 0;

	for (int x = 0; x < DOTS_ACROSS; x++) {
		const struct span *span = &graph->spans[column * DOTS_ACROSS + x];

		if (isnan(span->low))
			continue;
		for (int y = 0; y < DOTS_DOWN; y++) {
			int down = row * DOTS_DOWN + y;

			if (down >= down_of(graph, span->high) && down <= down_of(graph, span->low))
				dots |= bits[x][y];
		}
	}

	return dots;
}

/* The middle of the cell is within the bound. */
static bool is_banded(const struct graph *graph, int row, int column)
{
	double place = fabs(1 - 2 * (row + 0.5) / graph->rows);
	const struct span *span = &graph->spans[(size_t)column * DOTS_ACROSS];
	double bound = fmax(span[0].bound, span[1].bound);

	return place <= bound;
}

static void draw_cells(struct graph *graph)
{
	bool plain = graph->area->plain;

	for (int row = 0; row < graph->rows; row++) {
		for (int column = 0; column < graph->across / DOTS_ACROSS; column++) {
			uint32_t dots = dots_of(graph, row, column);

			if (dots)
				grid_put(graph->grid, graph->area->row + row,
					 LABEL_COLUMNS + column, GRID_CURVE,
					 plain ? '*' : BRAILLE + dots);
			else if (is_banded(graph, row, column))
				grid_put(graph->grid, graph->area->row + row,
					 LABEL_COLUMNS + column, GRID_BAND, plain ? ':' : SHADE);
		}
	}
}

/* Beside the curve, which may have a peak there. */
static void draw_mark(struct graph *graph, int column)
{
	for (int row = 0; row < graph->rows; row++) {
		if (!dots_of(graph, row, column))
			grid_put(graph->grid, graph->area->row + row, LABEL_COLUMNS + column,
				 GRID_MARK, graph->area->plain ? '|' : BAR);
	}
}

static void draw_marks(struct graph *graph)
{
	for (size_t i = 0; i < graph->past->event_count; i++) {
		int across = across_of(graph, graph->past->events[i].time_s);

		if (across < 0 || graph->past->events[i].time_s > graph->past->now_s)
			continue;
		draw_mark(graph, across / DOTS_ACROSS);
	}
}

static void draw_label(struct graph *graph, int row, const char *text)
{
	char label[LABEL_COLUMNS + 1];

	snprintf(label, sizeof(label), "%*.*s", LABEL_COLUMNS - 1, LABEL_COLUMNS - 1, text);
	grid_text(graph->grid, graph->area->row + row, 0, GRID_PLAIN, label);
}

/* In the middle of each half, a power of ten that is there. */
static void draw_errors(struct graph *graph)
{
	int quarter = graph->rows / 4;
	char text[AXIS_TEXT_MAX];

	draw_label(graph, graph->rows / 2, "0");
	error_axis_text(1, graph->axis.high, text);
	draw_label(graph, 0, text);
	error_axis_text(-1, graph->axis.high, text);
	draw_label(graph, graph->rows - 1, text);
	for (int power = graph->axis.low; quarter >= 2 && power < graph->axis.high; power++) {
		int row = down_of(graph, error_axis_place(&graph->axis, pow(10, power))) /
			  DOTS_DOWN;

		if (row != quarter)
			continue;
		error_axis_text(1, power, text);
		draw_label(graph, row, text);
		break;
	}
}

static void draw_time(struct graph *graph, double time_s, int column)
{
	time_t s = (time_t)time_s;
	char text[32];
	struct tm tm;

	if (!gmtime_r(&s, &tm))
		return;
	strftime(text, sizeof(text), "%H:%M:%S", &tm);
	grid_text(graph->grid, graph->area->row + graph->rows, column, GRID_PLAIN, text);
}

static void draw_times(struct graph *graph)
{
	int width = graph->grid->columns - LABEL_COLUMNS;

	draw_time(graph, graph->area->from_s, LABEL_COLUMNS);
	if (width >= 40)
		draw_time(graph, (graph->area->from_s + graph->past->now_s) / 2,
			  LABEL_COLUMNS + width / 2 - 4);
	draw_time(graph, graph->past->now_s, graph->grid->columns - 8);
	grid_text(graph->grid, graph->area->row + graph->rows, 0, GRID_PLAIN, "     UTC");
}

void graph_draw(struct grid *grid, const struct graph_area *area, const struct past *past)
{
	struct graph *graph;

	if (area->rows < GRAPH_ROWS_MIN || grid->columns < 3 * LABEL_COLUMNS ||
	    !(past->now_s > area->from_s))
		return;
	graph = calloc(1, sizeof(*graph));
	if (!graph)
		return;
	graph->grid = grid;
	graph->area = area;
	graph->past = past;
	graph->rows = area->rows - 1;
	graph->across = (grid->columns - LABEL_COLUMNS) * DOTS_ACROSS;
	graph->axis = past_error_axis(graph->past, graph->area->from_s);
	fill_spans(graph);
	draw_cells(graph);
	draw_marks(graph);
	draw_errors(graph);
	draw_times(graph);
	free(graph);
}
