// SPDX-License-Identifier: GPL-2.0-only
/*
 * The clock's error over time, and what was said that it could be: both on a logarithmic scale,
 * because they go over many decades. One column of pixels shows the largest of its seconds.
 */
#include "plot.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH	900
#define HEIGHT	400
#define LEFT	70
#define TOP	40

/* From 1 ns to 1000 s. */
#define DECADES	12

struct column {
	double error_ns;
	double sigma_ns;
	double bound_ns;
};

struct picture {
	double duration_s;
	struct column column[WIDTH];
};

static void on_second(void *context, const struct world_second *second)
{
	struct picture *picture = context;
	int x = (int)(second->at_s / picture->duration_s * (WIDTH - 1));
	struct column *column = &picture->column[x < WIDTH ? x : WIDTH - 1];

	column->error_ns = fmax(column->error_ns, fabs(second->clock_ns));
	column->sigma_ns = fmax(column->sigma_ns, second->sigma_ns);
	column->bound_ns = fmax(column->bound_ns, second->maxerror_ns);
}

static double place(double value_ns)
{
	double decade = log10(fmax(value_ns, 1));

	return TOP + HEIGHT * (1 - fmin(decade, DECADES) / DECADES);
}

static void draw_scale(FILE *file, double duration_s)
{
	static const char * const names[DECADES + 1] = {
		"1 ns", "10 ns", "100 ns", "1 µs", "10 µs", "100 µs", "1 ms", "10 ms", "100 ms",
		"1 s", "10 s", "100 s", "1000 s",
	};
	int i;

	for (i = 0; i <= DECADES; i++) {
		double y = place(pow(10, i));

		fprintf(file, "<line x1='%d' x2='%d' y1='%.1f' y2='%.1f' stroke='#ddd'/>\n", LEFT,
			LEFT + WIDTH, y, y);
		fprintf(file, "<text x='%d' y='%.1f' text-anchor='end'>%s</text>\n", LEFT - 6,
			y + 4, names[i]);
	}
	for (i = 0; i <= 10; i++)
		fprintf(file, "<text x='%d' y='%d' text-anchor='middle'>%.4g s</text>\n",
			LEFT + i * WIDTH / 10, TOP + HEIGHT + 20, duration_s * i / 10);
}

static void draw_curve(FILE *file, const struct picture *picture, size_t member,
		       const char *colour)
{
	int x;

	fprintf(file, "<polyline fill='none' stroke='%s' points='", colour);
	for (x = 0; x < WIDTH; x++) {
		double value;

		memcpy(&value, (const char *)&picture->column[x] + member, sizeof(value));
		if (value > 0)
			fprintf(file, "%d,%.1f ", LEFT + x, place(value));
	}
	fprintf(file, "'/>\n");
}

static void draw(FILE *file, const struct scenario *scenario, const struct picture *picture)
{
	fprintf(file, "<svg xmlns='http://www.w3.org/2000/svg' width='%d' height='%d'\n",
		WIDTH + LEFT + 30, HEIGHT + TOP + 40);
	fprintf(file, " font-family='sans-serif' font-size='11'>\n");
	fprintf(file, "<rect width='100%%' height='100%%' fill='white'/>\n");
	fprintf(file, "<text x='%d' y='16' font-size='14'>%s</text>\n", LEFT, scenario->title);
	fprintf(file, "<text x='%d' y='32'>\n", LEFT);
	fprintf(file, "<tspan fill='#06c'>error of the system clock</tspan>\n");
	fprintf(file, "<tspan fill='#2a2'>sigma</tspan>\n");
	fprintf(file, "<tspan fill='#c30'>maxerror</tspan></text>\n");
	draw_scale(file, picture->duration_s);
	draw_curve(file, picture, offsetof(struct column, bound_ns), "#c30");
	draw_curve(file, picture, offsetof(struct column, sigma_ns), "#2a2");
	draw_curve(file, picture, offsetof(struct column, error_ns), "#06c");
	fprintf(file, "</svg>\n");
}

int plot_scenario(const struct scenario *scenario, uint64_t seed, const char *path)
{
	struct picture *picture = calloc(1, sizeof(*picture));
	const struct world_observer observer = { picture, on_second, NULL };
	struct world_summary summary;
	FILE *file = NULL;
	int error;

	if (!picture)
		return -ENOMEM;
	picture->duration_s = scenario->world.duration_s;
	error = world_run(&scenario->world, seed, &observer, &summary);
	if (!error)
		file = fopen(path, "w");
	if (file) {
		draw(file, scenario, picture);
		error = fclose(file) ? -errno : 0;
	} else if (!error) {
		error = -errno;
	}
	if (error)
		fprintf(stderr, "%s: %s\n", path, strerror(-error));
	free(picture);
	return error;
}
