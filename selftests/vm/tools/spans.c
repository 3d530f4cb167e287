// SPDX-License-Identifier: GPL-2.0-only
/*
 * spans SVG TITLE [FILE]: how long clocks were wrong, as a picture: a row for each who kept one, on
 * a logarithmic axis of milliseconds.
 *
 * A line of FILE (standard input) is a row, its fields separated by tabs: "LABEL\tMS MS ...", a dot
 * each time; "more than MS" is one that was still wrong then. Of more than DOTS_MAX the median,
 * 99 in 100 and the most are drawn, with a bar from the least to the most.
 */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MAX	12
#define TIMES_MAX	1024
#define DOTS_MAX	12

/* Below this there is nothing to tell apart: no program read a wrong time. */
#define FLOOR_MS	0.1
#define HIGHEST_MS	1e6

#define WIDTH		960.0
#define LEFT		320
#define RIGHT		30
#define TOP		50
#define BOTTOM		60
#define ROW		58

struct row {
	char label[128];
	double ms[TIMES_MAX];		/* in ascending order */
	bool more[TIMES_MAX];
	int count;
};

static struct row rows[ROWS_MAX];
static int row_count;

/* Keeps the order. */
static void add(struct row *r, double ms, bool more)
{
	int i = r->count;

	if (i == TIMES_MAX)
		return;
	for (; i > 0 && r->ms[i - 1] > ms; i--) {
		r->ms[i] = r->ms[i - 1];
		r->more[i] = r->more[i - 1];
	}
	r->ms[i] = ms;
	r->more[i] = more;
	r->count++;
}

static int load(FILE *in)
{
	char line[32768], *rest, *word;

	while (row_count < ROWS_MAX && fgets(line, sizeof(line), in)) {
		struct row *r = &rows[row_count];
		bool more = false;

		rest = strchr(line, '\t');
		if (!rest)
			continue;
		*rest++ = '\0';
		snprintf(r->label, sizeof(r->label), "%.127s", line);
		for (word = strtok(rest, "\n "); word; word = strtok(NULL, "\n ")) {
			if (!strcmp(word, "more") || !strcmp(word, "than")) {
				more = true;
				continue;
			}
			add(r, fmax(atof(word), 0), more);
			more = false;
		}
		row_count += r->count > 0;
	}
	return row_count ? 0 : -1;
}

static double x_of(double ms)
{
	double part = log10(fmax(ms, FLOOR_MS) / FLOOR_MS) / log10(HIGHEST_MS / FLOOR_MS);

	return LEFT + part * (WIDTH - LEFT - RIGHT);
}

static int bottom(void)
{
	return TOP + ROW * row_count;
}

/* "0", "8.3 ms", "27 s", "1 h": what a person can take in at a glance. */
static const char *words_of(char *words, size_t size, double ms)
{
	if (ms < FLOOR_MS)
		snprintf(words, size, "0");
	else if (ms < 1000)
		snprintf(words, size, ms < 10 ? "%.1f ms" : "%.0f ms", ms);
	else
		snprintf(words, size, ms < 10000 ? "%.1f s" : "%.0f s", ms / 1000);
	return words;
}

static double quantile(const struct row *r, double q)
{
	int i = (int)ceil(r->count * q) - 1;

	return r->ms[i < 0 ? 0 : i];
}

static const char style[] =
	".paper{fill:#fff}.grid{stroke:#ddd}text{fill:#222}.head{font-weight:bold}\n"
	".small{font-size:12px;fill:#555}.dot{fill-opacity:.75}.on{fill:none;stroke-width:2}\n"
	".ours{fill:#0a7d4b;stroke:#0a7d4b}.theirs{fill:#c0392b;stroke:#c0392b}\n"
	"@media (prefers-color-scheme: dark){\n"
	".paper{fill:#0d1117}.grid{stroke:#333a44}text{fill:#e6edf3}.small{fill:#9aa5b1}\n"
	".ours{fill:#3fb983;stroke:#3fb983}.theirs{fill:#f0776a;stroke:#f0776a}}\n";

static void begin_text(FILE *out, const char *class, double x, double y, const char *anchor)
{
	fprintf(out, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", class, x, y,
		anchor);
}

static void draw_text(FILE *out, const char *class, double x, double y, const char *anchor,
		      const char *text)
{
	begin_text(out, class, x, y, anchor);
	fprintf(out, "%s</text>\n", text);
}

static void draw_head(FILE *out, const char *title)
{
	fprintf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %d\"\n", WIDTH,
		bottom() + BOTTOM);
	fprintf(out, " font-family=\"sans-serif\" font-size=\"13\" role=\"img\">\n");
	fprintf(out, "<title>%s</title>\n<style>\n%s</style>\n", title, style);
	fprintf(out, "<rect class=\"paper\" width=\"100%%\" height=\"100%%\"/>\n");
	draw_text(out, "head", WIDTH / 2, 26, "middle", title);
}

static void draw_axis(FILE *out)
{
	static const char *const names[] = {
		"0", "1 ms", "10 ms", "100 ms", "1 s", "10 s", "100 s", "1000 s",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		double x = x_of(FLOOR_MS * pow(10, i));

		fprintf(out, "<path class=\"grid\" d=\"M%.1f %dV%d\"/>\n", x, TOP - 8, bottom());
		draw_text(out, "small", x, bottom() + 18, "middle", names[i]);
	}
	draw_text(out, "small", WIDTH / 2, bottom() + 42, "middle",
		  "how long the clock was wrong; 0: no program read a wrong time; an arrow: still wrong when the watch ended");
}

/* Dots, and an arrow to the right of what had not ended; neighbours not on top of each other. */
static void draw_dots(FILE *out, const struct row *r, double y)
{
	for (int i = 0; i < r->count; i++) {
		double x = x_of(r->ms[i]), dot_y = y + (i % 2 ? 4 : -4);

		fprintf(out, "<circle class=\"dot\" cx=\"%.1f\" cy=\"%.1f\" r=\"4\"/>\n", x, dot_y);
		if (r->more[i])
			fprintf(out, "<path class=\"on\" d=\"M%.1f %.1fh26m-6 -4l6 4l-6 4\"/>\n",
				x, dot_y);
	}
}

static void draw_tick(FILE *out, double ms, double y, double half, int width)
{
	fprintf(out, "<path d=\"M%.1f %.1fv%.0f\" stroke-width=\"%d\"/>\n", x_of(ms), y - half,
		2 * half, width);
}

static void draw_bar(FILE *out, const struct row *r, double y)
{
	double least = x_of(r->ms[0]), most = x_of(r->ms[r->count - 1]);

	fprintf(out, "<path d=\"M%.1f %.1fH%.1f\" stroke-width=\"10\" stroke-opacity=\".35\"/>\n",
		least, y, fmax(most, least + 1));
	draw_tick(out, quantile(r, 0.5), y, 10, 4);
	draw_tick(out, quantile(r, 0.99), y, 7, 2);
	draw_tick(out, quantile(r, 1), y, 7, 2);
}

static int unended(const struct row *r)
{
	int n = 0;

	for (int i = 0; i < r->count; i++)
		n += r->more[i];
	return n;
}

static void draw_words(FILE *out, const struct row *r, double y)
{
	char median[32], most[32], nearly[32];

	words_of(median, sizeof(median), quantile(r, 0.5));
	words_of(nearly, sizeof(nearly), quantile(r, 0.99));
	words_of(most, sizeof(most), quantile(r, 1));
	draw_text(out, "name", LEFT - 20, y, "end", r->label);
	begin_text(out, "small", LEFT - 20, y + 16, "end");
	if (unended(r))
		fprintf(out, "%d of %d still wrong at the end", unended(r), r->count);
	else if (r->count > DOTS_MAX)
		fprintf(out, "%d: median %s, 99 %% %s, most %s", r->count, median, nearly, most);
	else
		fprintf(out, "%d: median %s, most %s", r->count, median, most);
	fprintf(out, "</text>\n");
}

static void draw_row(FILE *out, const struct row *r, int number)
{
	double y = TOP + ROW * (number + 0.5);

	draw_words(out, r, y - 4);
	fprintf(out, "<g class=\"%s\">\n", strncmp(r->label, "truechime", 9) ? "theirs" : "ours");
	if (r->count > DOTS_MAX)
		draw_bar(out, r, y);
	else
		draw_dots(out, r, y);
	fprintf(out, "</g>\n");
}

int main(int argc, char **argv)
{
	FILE *in = argc == 4 ? fopen(argv[3], "r") : stdin, *out;

	if (argc != 3 && argc != 4) {
		fprintf(stderr, "usage: spans SVG TITLE [FILE]\n");
		return 2;
	}
	if (!in || load(in)) {
		fprintf(stderr, "spans: there are no times to draw\n");
		return 1;
	}
	out = fopen(argv[1], "w");
	if (!out) {
		perror(argv[1]);
		return 1;
	}
	draw_head(out, argv[2]);
	draw_axis(out);
	for (int i = 0; i < row_count; i++)
		draw_row(out, &rows[i], i);
	fprintf(out, "</svg>\n");
	return fclose(out) ? 1 : 0;
}
