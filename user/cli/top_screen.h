/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What `truechime top` shows, on a grid of any size. Pure.
 */
#ifndef CLI_TOP_SCREEN_H
#define CLI_TOP_SCREEN_H

#include <jansson.h>
#include <stdbool.h>

#include "cli/grid.h"
#include "cli/past.h"

/* The order of the sources. */
enum top_sort {
	TOP_CONFIGURED,
	TOP_NAME,
	TOP_OFFSET,	/* the largest first */
	TOP_BOUND,	/* the smallest first */
	TOP_SORTS,
};

/**
 * struct top_view - what there is to show
 * @sentences: one a line, whether the clock is right first
 * @right: it is
 * @host: of the host's clock, ""
 * @sources: an array as in the daemon's answer; NULL: it did not answer
 * @past: the recent past
 * @span_s: how much of it
 * @names: sources by name
 * @sort: of the sources
 * @plain: the terminal has ASCII only
 */
struct top_view {
	const char *sentences;
	bool right;
	const char *host;
	const json_t *sources;
	const struct past *past;
	double span_s;
	bool names;
	enum top_sort sort;
	bool plain;
};

/* Draw all of the screen into @grid, whatever its size. */
void top_draw(struct grid *grid, const struct top_view *view);

/* The next longer span, or the next shorter one: from a minute to a day. */
double top_span(double span_s, bool longer);

#endif /* CLI_TOP_SCREEN_H */
