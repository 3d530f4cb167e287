// SPDX-License-Identifier: GPL-2.0-only
/*
 * plot SVG REVERT_S GAP_S LABEL FILE [LABEL FILE]...: the errors of guests' clocks over time, as
 * text on the terminal and as a picture.
 *
 * FILE has a line "TRUE_S OFFSET_S" a reading, as the witness writes them. The time axis is seconds
 * since the revert, which ended at the true time REVERT_S; what the guests did not live through
 * (from their snapshot to the revert) is left out. At the revert itself each clock is wrong by
 * GAP_S, whether or not a reading fell on that instant. The error axis is logarithmic.
 */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SERIES_MAX	4
#define FLOOR_S		1e-7
#define COLUMNS		72

#define WIDTH		900
#define HEIGHT		430
#define LEFT		80
#define RIGHT		20
#define TOP		60
#define BOTTOM		50

struct point {
	double at_s;		/* since the revert */
	double error_s;		/* magnitude, not below FLOOR_S */
};

struct series {
	const char *label;
	struct point *points;
	size_t count;
};

/* What the axes span: seconds since the revert, and powers of ten of the error. */
struct frame {
	double from_s, to_s;
	int low, high;
};

static struct series all[SERIES_MAX];
static int series_count;
static const char *const colours[SERIES_MAX] = { "#0a7d4b", "#c0392b", "#7d3c98", "#2471a3" };
static const char marks[SERIES_MAX] = { 'o', 'x', '+', '%' };

static int append(struct series *s, double at_s, double error_s)
{
	/* The room doubles each time that the count is a power of two. */
	if (!(s->count & (s->count - 1))) {
		size_t room = s->count ? s->count * 2 : 1;
		struct point *grown = realloc(s->points, room * sizeof(*grown));

		if (!grown)
			return -1;
		s->points = grown;
	}
	s->points[s->count++] = (struct point){ at_s, fmax(fabs(error_s), FLOOR_S) };
	return 0;
}

static int load(struct series *s, const char *file, double revert_s, double gap_s)
{
	size_t before = 0;
	double at, offset;
	FILE *f = fopen(file, "r");

	if (!f) {
		perror(file);
		return -1;
	}
	while (fscanf(f, "%lf %lf", &at, &offset) == 2) {
		if (at >= revert_s && s->count == before)
			append(s, revert_s, gap_s);
		if (append(s, at, offset))
			break;
		before += at < revert_s;
	}
	fclose(f);
	at = before ? s->points[before - 1].at_s : 0;
	for (size_t i = 0; i < s->count; i++)
		s->points[i].at_s -= i < before ? at : revert_s;
	return s->count ? 0 : -1;
}

static struct frame frame_of_all(void)
{
	struct frame f = { 0, 0, (int)floor(log10(FLOOR_S)), -3 };

	for (int i = 0; i < series_count; i++) {
		for (size_t j = 0; j < all[i].count; j++) {
			const struct point *p = &all[i].points[j];

			f.from_s = fmin(f.from_s, p->at_s);
			f.to_s = fmax(f.to_s, p->at_s);
			f.high = fmax(f.high, ceil(log10(p->error_s) + 0.01));
		}
	}
	/* The guests were at work for longer than anyone wants to look at. */
	f.from_s = fmax(f.from_s, -f.to_s / 3);
	if (f.to_s <= f.from_s)
		f.to_s = f.from_s + 1;
	return f;
}

static const char *decade_name(int decade)
{
	static const char *const names[] = {
		"100 ns", "1 us", "10 us", "100 us", "1 ms", "10 ms", "100 ms", "1 s", "10 s",
		"100 s", "1000 s", "3 h", "28 h", "12 d", "116 d",
	};
	size_t i = decade + 7;

	return i < sizeof(names) / sizeof(*names) ? names[i] : "";
}

static int text_column(const struct frame *f, double at_s)
{
	return (int)floor((at_s - f->from_s) / (f->to_s - f->from_s) * (COLUMNS - 1));
}

/* One row a decade; a clock that moves within a column is seen in several rows. */
static void draw_text(const struct frame *f)
{
	int rows = f->high - f->low;
	char cells[32][COLUMNS];
	int zero = text_column(f, 0);
	bool taken;

	memset(cells, ' ', sizeof(cells));
	for (int i = 0; i < rows; i++)
		cells[i][zero] = ':';
	for (int i = 0; i < series_count; i++) {
		for (size_t j = 0; j < all[i].count; j++) {
			const struct point *p = &all[i].points[j];
			int x = text_column(f, p->at_s);
			int y = (int)floor(log10(p->error_s) + 1e-9) - f->low;

			if (x < 0 || x >= COLUMNS || y < 0 || y >= rows)
				continue;
			taken = !strchr(" :", cells[y][x]) && cells[y][x] != marks[i];
			cells[y][x] = taken ? '#' : marks[i];
		}
	}
	printf("\n  error of the guest's clock\n");
	for (int y = rows - 1; y >= 0; y--)
		printf("%8s |%.*s\n", decade_name(f->low + y), COLUMNS, cells[y]);
	printf("%8s +", "");
	for (int x = 0; x < COLUMNS; x++)
		putchar(x == zero ? '^' : '-');
	printf("\n%10s%-*.0f%s%*.0f s\n", "", zero, f->from_s, "revert", COLUMNS - zero - 6,
	       f->to_s);
	for (int i = 0; i < series_count; i++)
		printf("  %c  %s\n", marks[i], all[i].label);
	printf("  #  several in one place\n");
}

static double svg_x(const struct frame *f, double at_s)
{
	return LEFT + (at_s - f->from_s) / (f->to_s - f->from_s) * (WIDTH - LEFT - RIGHT);
}

static double svg_y(const struct frame *f, double error_s)
{
	return HEIGHT - BOTTOM -
	       (log10(error_s) - f->low) / (f->high - f->low) * (HEIGHT - TOP - BOTTOM);
}

static void svg_text(FILE *out, double x, double y, const char *anchor, const char *text)
{
	fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n",
		x, y, anchor, text);
}

static void svg_axes(FILE *out, const struct frame *f)
{
	double step = pow(10, floor(log10((f->to_s - f->from_s) / 3)));
	char number[32];

	for (int d = f->low; d <= f->high; d++) {
		double y = svg_y(f, pow(10, d));

		fprintf(out, "<path d=\"M%d %.1fH%d\" stroke=\"#ddd\"/>\n", LEFT, y, WIDTH - RIGHT);
		svg_text(out, LEFT - 8, y + 4, "end", decade_name(d));
	}
	for (double t = ceil(f->from_s / step) * step; t <= f->to_s; t += step) {
		snprintf(number, sizeof(number), "%.0f", t);
		svg_text(out, svg_x(f, t), HEIGHT - BOTTOM + 18, "middle", number);
	}
	fprintf(out, "<path d=\"M%.1f %dV%d\" stroke=\"#888\" stroke-dasharray=\"4 4\"/>\n",
		svg_x(f, 0), TOP, HEIGHT - BOTTOM);
	svg_text(out, svg_x(f, 0), TOP - 6, "middle", "revert");
	svg_text(out, (LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 12, "middle",
		 "seconds since the revert");
}

static void svg_series(FILE *out, const struct frame *f, int i)
{
	const char *move = "M";

	fprintf(out, "<path fill=\"none\" stroke=\"%s\" stroke-width=\"2\" d=\"", colours[i]);
	for (size_t j = 0; j < all[i].count; j++) {
		const struct point *p = &all[i].points[j];

		if (p->at_s < f->from_s)
			continue;
		fprintf(out, "%s%.1f %.1f", move, svg_x(f, p->at_s), svg_y(f, p->error_s));
		move = "L";
	}
	fprintf(out, "\"/>\n<g fill=\"%s\">", colours[i]);
	svg_text(out, LEFT + 200.0 * i, 24, "start", all[i].label);
	fprintf(out, "</g>\n");
}

static int draw_svg(const char *file, const struct frame *f)
{
	FILE *out = fopen(file, "w");

	if (!out) {
		perror(file);
		return -1;
	}
	fprintf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\"\n"
		" font-family=\"sans-serif\" font-size=\"13\">\n"
		"<title>Error of a guest's clock before and after a snapshot revert</title>\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n", WIDTH, HEIGHT);
	svg_axes(out, f);
	for (int i = series_count - 1; i >= 0; i--)
		svg_series(out, f, i);
	fprintf(out, "</svg>\n");
	return fclose(out);
}

int main(int argc, char **argv)
{
	struct frame f;

	if (argc < 6 || argc % 2 || (argc - 4) / 2 > SERIES_MAX) {
		fprintf(stderr, "usage: plot SVG REVERT_S GAP_S LABEL FILE [LABEL FILE]...\n");
		return 2;
	}
	for (int i = 4; i < argc; i += 2) {
		all[series_count].label = argv[i];
		if (load(&all[series_count], argv[i + 1], atof(argv[2]), atof(argv[3]))) {
			fprintf(stderr, "plot: no readings in %s\n", argv[i + 1]);
			return 1;
		}
		series_count++;
	}
	f = frame_of_all();
	draw_text(&f);
	return draw_svg(argv[1], &f) ? 1 : 0;
}
