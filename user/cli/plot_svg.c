// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two panels with one axis of time. The error axis is logarithmic on both sides of zero.
 */
#include "cli/plot_svg.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "cli/axis.h"
#include "lib/names.h"

/* The picture, and the panels in it. */
#define WIDTH		900
#define HEIGHT		540
#define LEFT		90
#define RIGHT		(WIDTH - 20)
#define OFFSET_TOP	80
#define OFFSET_BOTTOM	350
#define RATE_TOP	395
#define RATE_BOTTOM	480

/* Labels that fit. */
#define TIMES_MOST	8
#define RATES_MOST	4

/* Causes beside each other are written in so many rows. */
#define MARK_ROWS	3
#define MARK_ROW_HEIGHT	12

/**
 * struct plot - a picture being written
 * @to: where
 * @past: what of
 * @from_s: its first instant ...
 * @to_s: ... and its last, which is later
 * @first: the first point that is drawn
 * @axis: of errors
 * @rate_low: of the frequency in ppm ...
 * @rate_high: ... from there to here
 * @rate_step: between labels
 */
struct plot {
	FILE *to;
	const struct past *past;
	double from_s;
	double to_s;
	size_t first;
	struct error_axis axis;
	double rate_low;
	double rate_high;
	double rate_step;
};

static void write_escaped(FILE *to, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '<':
			fputs("&lt;", to);
			break;
		case '>':
			fputs("&gt;", to);
			break;
		case '&':
			fputs("&amp;", to);
			break;
		case '"':
			fputs("&quot;", to);
			break;
		default:
			/* XML has no control characters, and names of machines only ASCII. */
			fputc(*text >= ' ' && *text <= '~' ? *text : '?', to);
		}
	}
}

/* --- places --- */

static double x_of(const struct plot *plot, double time_s)
{
	double part = (time_s - plot->from_s) / (plot->to_s - plot->from_s);

	return LEFT + fmin(fmax(part, 0), 1) * (RIGHT - LEFT);
}

static double y_of_offset(const struct plot *plot, double ns)
{
	return (OFFSET_TOP + OFFSET_BOTTOM) / 2.0 -
	       error_axis_place(&plot->axis, ns) * (OFFSET_BOTTOM - OFFSET_TOP) / 2;
}

static double y_of_rate(const struct plot *plot, double ppm)
{
	return RATE_BOTTOM - (ppm - plot->rate_low) / (plot->rate_high - plot->rate_low) *
			     (RATE_BOTTOM - RATE_TOP);
}

/* --- what the axes span --- */

static void span_rates(struct plot *plot)
{
	double low = INFINITY, high = -INFINITY;

	for (size_t i = plot->first; i < plot->past->count; i++) {
		double ppm = plot->past->points[i].frequency_ppb / 1e3;

		low = fmin(low, ppm);
		high = fmax(high, ppm);
	}
	if (!(low <= high)) {
		low = 0;
		high = 0;
	}
	/* A thousandth of a ppm is no drift that matters. */
	if (high - low < 1e-3) {
		low -= 5e-4;
		high += 5e-4;
	}
	plot->rate_step = axis_step(high - low, RATES_MOST);
	plot->rate_low = floor(low / plot->rate_step) * plot->rate_step;
	plot->rate_high = ceil(high / plot->rate_step) * plot->rate_step;
}

/* --- axes --- */

static void write_style(FILE *to)
{
	fputs("<style>\n"
	      "svg { background: #fff; font: 12px sans-serif; }\n"
	      "text { fill: #222; } .small { font-size: 10px; }\n"
	      ".grid { stroke: #ddd; fill: none; } .frame { stroke: #888; fill: none; }\n"
	      ".band { fill: #2471a3; fill-opacity: 0.18; } .offset { stroke: #0a6b40; }\n"
	      ".rate { stroke: #7d3c98; } .offset, .rate { fill: none; stroke-width: 1.5; }\n"
	      ".mark { stroke: #b03a2e; stroke-dasharray: 4 3; } .cause { fill: #b03a2e; }\n"
	      "@media (prefers-color-scheme: dark) {\n"
	      "svg { background: #181a1b; } text { fill: #ddd; } .grid { stroke: #3a3d3f; }\n"
	      ".band { fill: #5dade2; fill-opacity: 0.22; } .offset { stroke: #58d68d; }\n"
	      ".rate { stroke: #bb8fce; } .mark { stroke: #ec7063; } .cause { fill: #ec7063; }\n"
	      "}\n</style>\n", to);
}

static void write_frame(FILE *to, int top, int bottom)
{
	fprintf(to, "<rect class=\"frame\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>\n", LEFT,
		top, RIGHT - LEFT, bottom - top);
}

static void write_row(FILE *to, double y, const char *label)
{
	fprintf(to,
		"<path class=\"grid\" d=\"M%d %.1fH%d\"/><text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n",
		LEFT, y, RIGHT, LEFT - 6, y + 4, label);
}

static void write_offset_axis(const struct plot *plot)
{
	/* Of many powers of ten only some are labelled. */
	int step = (plot->axis.high - plot->axis.low) / 5 + 1;
	char text[AXIS_TEXT_MAX];

	write_row(plot->to, y_of_offset(plot, 0), "0");
	for (int power = plot->axis.high; power >= plot->axis.low; power -= step) {
		for (int sign = -1; sign <= 1; sign += 2) {
			error_axis_text(sign, power, text);
			write_row(plot->to, y_of_offset(plot, sign * pow(10, power)), text);
		}
	}
	write_frame(plot->to, OFFSET_TOP, OFFSET_BOTTOM);
}

static void write_rate_axis(const struct plot *plot)
{
	int digits = (int)fmax(0, ceil(-log10(plot->rate_step) - 1e-9));
	int steps = (int)lrint((plot->rate_high - plot->rate_low) / plot->rate_step);
	char text[48];

	for (int i = 0; i <= steps; i++) {
		double ppm = plot->rate_low + i * plot->rate_step;

		snprintf(text, sizeof(text), "%+.*f ppm", digits, ppm + 0.0);
		write_row(plot->to, y_of_rate(plot, ppm), text);
	}
	write_frame(plot->to, RATE_TOP, RATE_BOTTOM);
}

static void write_time_axis(const struct plot *plot)
{
	double step_s = axis_time_step(plot->to_s - plot->from_s, TIMES_MOST);
	double at_s = ceil(plot->from_s / step_s) * step_s;
	char text[32];
	struct tm tm;

	for (; at_s <= plot->to_s; at_s += step_s) {
		time_t s = (time_t)at_s;

		if (!gmtime_r(&s, &tm))
			continue;
		strftime(text, sizeof(text), step_s < 60 ? "%H:%M:%S" : "%H:%M", &tm);
		fprintf(plot->to,
			"<path class=\"grid\" d=\"M%.1f %dV%dM%.1f %dV%d\"/><text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>\n",
			x_of(plot, at_s), OFFSET_TOP, OFFSET_BOTTOM, x_of(plot, at_s), RATE_TOP,
			RATE_BOTTOM, x_of(plot, at_s), RATE_BOTTOM + 18, text);
	}
}

/* --- curves --- */

static void write_curve(const struct plot *plot, const char *class, bool is_rate)
{
	const struct past *past = plot->past;

	fprintf(plot->to, "<path class=\"%s\" d=\"", class);
	for (size_t i = plot->first; i < past->count; i++) {
		const struct past_point *point = &past->points[i];

		fprintf(plot->to, "%c%.1f %.1f",
			i == plot->first || past_is_parted(past, i) ? 'M' : 'L',
			x_of(plot, point->time_s), is_rate ?
			y_of_rate(plot, point->frequency_ppb / 1e3) :
			y_of_offset(plot, point->offset_ns));
	}
	fputs("\"/>\n", plot->to);
}

/* The bound from @from to before @end, there and back. */
static void write_band_part(const struct plot *plot, size_t from, size_t end)
{
	const struct past_point *points = plot->past->points;
	size_t i;

	for (i = from; i < end; i++)
		fprintf(plot->to, "%c%.1f %.1f", i == from ? 'M' : 'L',
			x_of(plot, points[i].time_s), y_of_offset(plot, points[i].bound_ns));
	for (i = end; i > from; i--)
		fprintf(plot->to, "L%.1f %.1f", x_of(plot, points[i - 1].time_s),
			y_of_offset(plot, -points[i - 1].bound_ns));
	fputc('Z', plot->to);
}

/* Where no bound is known there is none. */
static void write_band(const struct plot *plot)
{
	const struct past *past = plot->past;
	size_t from = plot->first;

	fputs("<path class=\"band\" d=\"", plot->to);
	for (size_t i = plot->first; i <= past->count; i++) {
		bool ends = i == past->count || !isfinite(past->points[i].bound_ns);

		if (!ends && (i == plot->first || !past_is_parted(past, i)))
			continue;
		if (i > from)
			write_band_part(plot, from, i);
		from = ends ? i + 1 : i;
	}
	fputs("\"/>\n", plot->to);
}

static void write_marks(const struct plot *plot)
{
	const struct past *past = plot->past;
	int row = 0;

	for (size_t i = 0; i < past->event_count; i++) {
		const struct past_event *event = &past->events[i];
		double x = x_of(plot, event->time_s);

		if (event->time_s < plot->from_s || event->time_s > plot->to_s)
			continue;
		fprintf(plot->to, "<path class=\"mark\" d=\"M%.1f %dV%d\"/>", x, OFFSET_TOP,
			RATE_BOTTOM);
		fprintf(plot->to,
			"<text class=\"cause small\" x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">",
			x, OFFSET_TOP - 4 - row * MARK_ROW_HEIGHT,
			x > (LEFT + RIGHT) / 2.0 ? "end" : "start");
		write_escaped(plot->to, event->cause);
		if (*event->action) {
			fputs(": ", plot->to);
			write_escaped(plot->to, event->action);
		}
		fputs("</text>\n", plot->to);
		row = (row + 1) % MARK_ROWS;
	}
}

static void write_title(const struct plot *plot, const char *name)
{
	const struct past *past = plot->past;
	const struct past_point *last = past->count ? &past->points[past->count - 1] : NULL;

	fputs("<title>The clock of ", plot->to);
	write_escaped(plot->to, name);
	fputs("</title>\n<text x=\"10\" y=\"20\" font-size=\"15\">The clock of ", plot->to);
	write_escaped(plot->to, name);
	/* Without fractions of a second. */
	fprintf(plot->to, " until %.19s UTC", time_text((int64_t)(plot->to_s * 1e9)).text);
	if (last && isfinite(last->bound_ns))
		fprintf(plot->to, ": right to within %s",
			duration_text((int64_t)last->bound_ns).text);
	else if (!last)
		fputs(": nothing is known", plot->to);
	fputs("</text>\n", plot->to);
}

static void write_panels(const struct plot *plot)
{
	fprintf(plot->to,
		"<text class=\"small\" x=\"%d\" y=\"38\">Offset from UTC (ahead above 0; logarithmic) within the bound of its error</text>\n",
		LEFT);
	fprintf(plot->to,
		"<text class=\"small\" x=\"%d\" y=\"%d\">Frequency of the clock, by which it would be fast without a correction</text>\n",
		LEFT, RATE_TOP - 8);
	fprintf(plot->to,
		"<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">time, UTC (h:min)</text>\n",
		(LEFT + RIGHT) / 2, RATE_BOTTOM + 40);
	write_time_axis(plot);
	write_offset_axis(plot);
	write_rate_axis(plot);
	if (plot->first < plot->past->count) {
		write_band(plot);
		write_curve(plot, "offset", false);
		write_curve(plot, "rate", true);
	}
	write_marks(plot);
}

void plot_svg(FILE *to, const struct past *past, double from_s, const char *name)
{
	struct plot plot = {
		.to = to, .past = past, .from_s = from_s, .to_s = fmax(past->now_s, from_s + 1),
	};

	while (plot.first < past->count && past->points[plot.first].time_s < from_s)
		plot.first++;
	plot.axis = past_error_axis(past, from_s);
	span_rates(&plot);
	fprintf(to,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\">\n",
		WIDTH, HEIGHT, WIDTH, HEIGHT);
	write_style(to);
	write_title(&plot, name);
	write_panels(&plot);
	fputs("</svg>\n", to);
}
