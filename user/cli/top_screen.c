// SPDX-License-Identifier: GPL-2.0-only
/*
 * From top to bottom: sentences, the host's clock, sources, the graph, disruptions, keys. Where
 * there is no room for all, the graph goes first, and then what is last of each.
 */
#include "cli/top_screen.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/top_graph.h"
#include "lib/names.h"

/* The sentences have no more rows than this, of which the first is the one that counts. */
#define SENTENCE_ROWS	4

/* Disruptions have one row of so many. */
#define EVENT_SHARE	6

/* With fewer rows than this there are none. */
#define EVENTS_LEAST	10

static const char *const sort_names[TOP_SORTS] = {
	[TOP_CONFIGURED] = "configured", [TOP_NAME] = "name", [TOP_OFFSET] = "offset",
	[TOP_BOUND] = "bound",
};

double top_span(double span_s, bool longer)
{
	static const double spans_s[] = { 60, 300, 600, 1800, 3600, 10800, 21600, 43200, 86400 };
	const int count = sizeof(spans_s) / sizeof(*spans_s);
	int i = 0;

	while (i < count - 1 && spans_s[i] < span_s)
		i++;
	i += longer ? 1 : -1;

	return spans_s[i < 0 ? 0 : i >= count ? count - 1 : i];
}

/* --- sources --- */

/**
 * struct order - of the sources
 * @cli: how they are called
 * @sort: by what they are sorted
 */
struct order {
	struct cli cli;
	enum top_sort sort;
};

/* What has no estimate comes last. */
static double rank_of(const json_t *source, enum top_sort sort)
{
	const json_t *estimate = json_object_get(source, "estimate");

	if (!json_is_object(estimate))
		return INFINITY;
	if (sort == TOP_BOUND)
		return json_real_of(estimate, "distance_ns", INFINITY);

	return -fabs(json_real_of(estimate, "adjusted_ns", 0));
}

static int compare(const void *one, const void *other, void *context)
{
	const json_t *a = *(const json_t *const *)one, *b = *(const json_t *const *)other;
	const struct order *order = context;
	double rank_a, rank_b;

	if (order->sort == TOP_NAME)
		return strcmp(name_of_source(&order->cli, a), name_of_source(&order->cli, b));
	rank_a = rank_of(a, order->sort);
	rank_b = rank_of(b, order->sort);

	return (rank_a > rank_b) - (rank_a < rank_b);
}

static enum grid_style style_of(const char *row)
{
	return row[1] == '*' || row[1] == '+' ? GRID_GOOD : row[1] == 'x' ? GRID_BAD : GRID_PLAIN;
}

/* As many as there are rows; the last one says how many more there are. */
static void draw_rows(struct grid *grid, int row, int rows, const json_t **list, size_t count,
		      const struct order *order)
{
	char text[SOURCE_ROW_MAX];
	size_t i;

	for (i = 0; i < count && (int)i < rows; i++) {
		text_of_source(&order->cli, list[i], SOURCES_NAME_WIDTH, text);
		grid_text(grid, row + (int)i, 0, style_of(text), text);
	}
	if (i == count || !rows)
		return;
	snprintf(text, sizeof(text), "... and %zu more", count - i + 1);
	grid_line(grid, row + rows - 1, GRID_PLAIN, text);
}

static void draw_sources(struct grid *grid, int row, int rows, const struct top_view *view)
{
	struct order order = { .cli = { .names = view->names }, .sort = view->sort };
	size_t count = json_array_size(view->sources);
	const json_t **list = calloc(count + 1, sizeof(*list));

	grid_line(grid, row, GRID_HEADING, SOURCES_HEADING);
	if (!list)
		return;
	for (size_t i = 0; i < count; i++)
		list[i] = json_array_get(view->sources, i);
	if (order.sort != TOP_CONFIGURED)
		qsort_r(list, count, sizeof(*list), compare, &order);
	draw_rows(grid, row + 1, rows, list, count, &order);
	free(list);
}

/* --- the rest --- */

/* The first sentence is cut if need be; others are there as a whole or not at all. */
static bool has_room(const struct grid *grid, const char *line, int row, int most)
{
	return !row || (int)strlen(line) <= (most - row) * (grid->columns - 10);
}

static int draw_sentences(struct grid *grid, const struct top_view *view)
{
	int most = grid->rows / 5 < SENTENCE_ROWS ? grid->rows / 5 + 1 : SENTENCE_ROWS;
	char *copy = strdup(view->sentences), *rest = copy, *line;
	int row = 0;

	while (copy && row < most && (line = strsep(&rest, "\n")) &&
	       has_room(grid, line, row, most))
		row += grid_wrap(grid, row, most - row, row ? GRID_PLAIN :
				 view->right ? GRID_GOOD : GRID_BAD, line);
	free(copy);

	return row;
}

static void draw_graph(struct grid *grid, int row, int rows, const struct top_view *view)
{
	const struct graph_area area = {
		.row = row + 1, .rows = rows - 1, .plain = view->plain,
		.from_s = view->past->now_s - view->span_s,
	};
	bool hours = view->span_s >= 3600;
	char text[128];

	snprintf(text, sizeof(text),
		 "Offset, ahead above 0, within the bound of its error: last %g %s",
		 view->span_s / (hours ? 3600 : 60), hours ? "h" : "min");
	grid_line(grid, row, GRID_HEADING, text);
	if (view->past->count)
		graph_draw(grid, &area, view->past);
	else
		grid_text(grid, row + 1, 0, GRID_PLAIN, "Nothing is remembered yet.");
}

/* The latest first. */
static void draw_events(struct grid *grid, int row, int rows, const struct past *past)
{
	char text[320];

	snprintf(text, sizeof(text), "Disruptions and steps: %zu", past->event_count);
	grid_line(grid, row, GRID_HEADING, text);
	for (int i = 0; i + 1 < rows && (size_t)i < past->event_count; i++) {
		const struct past_event *event = &past->events[past->event_count - 1 - (size_t)i];

		snprintf(text, sizeof(text), "%.19s %s: %s",
			 time_text((int64_t)(event->time_s * 1e9)).text, event->cause, event->text);
		grid_text(grid, row + 1 + i, 0, GRID_MARK, text);
	}
}

static void draw_keys(struct grid *grid, const struct top_view *view)
{
	char text[160];

	snprintf(text, sizeof(text), "q quit   n %s   s sort (%s)   +/- span",
		 view->names ? "addresses" : "names", sort_names[view->sort]);
	grid_line(grid, grid->rows - 1, GRID_HEADING, text);
}

/* Rows for a heading and the latest disruptions, of @left. */
static int rows_of_events(const struct past *past, int left)
{
	int most = left / EVENT_SHARE;

	if (left < EVENTS_LEAST)
		return 0;

	return 1 + (past->event_count < (size_t)most ? (int)past->event_count : most);
}

void top_draw(struct grid *grid, const struct top_view *view)
{
	int row = draw_sentences(grid, view), left, sources, events, graph;
	size_t count = json_array_size(view->sources);

	if (*view->host)
		grid_text(grid, row++, 0, GRID_PLAIN, view->host);
	/* Without the heading of the sources and the keys. */
	left = grid->rows - row - 2;
	events = rows_of_events(view->past, left);
	left -= events;
	sources = count < (size_t)(left > 0 ? left : 0) ? (int)count : left;
	graph = left - sources;
	if (graph < left / 2) {
		graph = left / 2;
		sources = left - graph;
	}
	if (graph < GRAPH_ROWS_MIN + 1) {
		graph = 0;
		sources = left;
	}
	if (sources >= 0)
		draw_sources(grid, row, sources, view);
	row += 1 + sources;
	if (graph)
		draw_graph(grid, row, graph, view);
	if (events)
		draw_events(grid, row + graph, events, view->past);
	draw_keys(grid, view);
}
