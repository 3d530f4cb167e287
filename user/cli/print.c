// SPDX-License-Identifier: GPL-2.0-only
/*
 * Numbers as chronyc prints them, JSON in and out, durations as people write them.
 */
#include "cli/cli.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "lib/may_set_clock.h"
#include "lib/services.h"

const char *how_to_start(void)
{
	if (!may_set_clock())
		return CANNOT_START;

	return has_systemd() ? HOW_TO_START : START_ALONE;
}

struct column interval_column(int64_t s)
{
	struct column column;

	if (s < 0)
		snprintf(column.text, sizeof(column.text), "   -");
	else if (s < 1200)
		snprintf(column.text, sizeof(column.text), "%4d", (int)s);
	else if (s < 36000)
		snprintf(column.text, sizeof(column.text), "%3dm", (int)(s / 60));
	else if (s < 345600)
		snprintf(column.text, sizeof(column.text), "%3dh", (int)(s / 3600));
	else if (s < 86400LL * 1000)
		snprintf(column.text, sizeof(column.text), "%3dd", (int)(s / 86400));
	else
		snprintf(column.text, sizeof(column.text), "%3lldy",
			 (long long)(s / (365 * 86400LL)));
	return column;
}

int64_t age_of(const json_t *object, const char *key)
{
	int64_t age_ns = json_int_of(object, key, -1);

	return age_ns < 0 ? -1 : age_ns / 1000000000;
}

struct column utc_column(int64_t s, const char *format)
{
	struct column column = { "-" };
	time_t time = (time_t)s;
	struct tm tm;

	if (gmtime_r(&time, &tm))
		strftime(column.text, sizeof(column.text), format, &tm);

	return column;
}

double rounded(double value, double step)
{
	return round(value / step) * step + 0.0;
}

/* chronyc's units of durations: the longest in each, in it, and its length. */
static const struct {
	double most;
	double ns;
} units[] = {
	{ 9999.5, 1 }, { 9999.5, 1e3 }, { 9999.5, 1e6 }, { 999.5, 1e9 }, { 99999.5, 1e9 },
	{ 99999.5, 60e9 }, { 99999.5, 3600e9 }, { 99999.5, 86400e9 }, { INFINITY, 365 * 86400e9 },
};

/* @formats: one a unit. */
static struct column scaled(double ns, const char *const *formats)
{
	double size = fabs(ns);
	struct column column;
	int i = 0;

	if (size < 0.5)
		ns = 0;
	if (!isfinite(ns)) {
		snprintf(column.text, sizeof(column.text), " -  ");
		return column;
	}
	while (size >= units[i].most * units[i].ns)
		i++;
	snprintf(column.text, sizeof(column.text), formats[i], ns / units[i].ns);

	return column;
}

struct column ns_column(double ns)
{
	static const char *const formats[] = {
		"%4.0fns", "%4.0fus", "%4.0fms", "%5.1fs", "%5.0fs", "%5.0fm", "%5.0fh", "%5.0fd",
		"%5.0fy",
	};

	return scaled(fabs(ns), formats);
}

struct column signed_ns_column(double ns)
{
	static const char *const formats[] = {
		"%+5.0fns", "%+5.0fus", "%+5.0fms", "%+6.1fs", "%+6.0fs", "%+6.0fm", "%+6.0fh",
		"%+6.0fd", "%+6.0fy",
	};

	return scaled(ns, formats);
}

static struct column ppm_of(double ppm, const char *format)
{
	struct column column;

	snprintf(column.text, sizeof(column.text), format, fabs(ppm) < 99999.5 ? 3 : 0, ppm);
	return column;
}

struct column ppm_column(double ppm)
{
	return ppm_of(fabs(ppm), "%10.*f");
}

struct column signed_ppm_column(double ppm)
{
	return ppm_of(rounded(ppm, 1e-3), "%+10.*f");
}

void print_json(json_t *object)
{
	json_dumpf(object, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(object);
}

void print_json_line(json_t *object)
{
	json_dumpf(object, stdout, JSON_COMPACT);
	putchar('\n');
	fflush(stdout);
	json_decref(object);
}

int print_reply(const struct cli *cli, json_t *reply,
		void (*print)(const struct cli *cli, const json_t *reply))
{
	if (cli->json) {
		print_json(reply);
	} else {
		print(cli, reply);
		json_decref(reply);
	}

	return CLI_OK;
}

const char *name_of_source(const struct cli *cli, const json_t *source)
{
	const char *address = json_text_of(source, "address");

	return cli->names || !*address ? json_text_of(source, "name") : address;
}

int wider_column(int width, const char *text)
{
	int length = (int)strnlen(text, COLUMN_WIDTH_MAX);

	return length > width ? length : width;
}

/* The columns of the names of @sources: as many as the longest needs, @least as a rule. */
static int width_of_names(const struct cli *cli, const json_t *sources, int least)
{
	const json_t *source;
	int width = least;
	size_t i;

	/* The legend is drawn for the usual width. */
	if (cli->verbose)
		return least;
	json_array_foreach(sources, i, source)
		width = wider_column(width, name_of_source(cli, source));

	return width;
}

void print_heading(const char *before, int more, const char *after, int width)
{
	printf("%s%*s%s\n", before, more, "", after);
	for (int i = 0; i < width + more; i++)
		putchar('=');
	putchar('\n');
}

void print_source_table(const struct cli *cli, const json_t *sources,
			const struct source_table *table)
{
	int width = width_of_names(cli, sources, table->name_width);
	const json_t *source;
	size_t i;

	if (!cli->csv && cli->verbose)
		table->print_legend();
	if (!cli->csv)
		print_heading(table->name_heading, width - table->name_width, table->heading,
			      table->width);
	json_array_foreach(sources, i, source) {
		if (table->is_in && !table->is_in(source))
			continue;
		if (!cli->csv)
			table->print_row(cli, source, width);
		else if (has_row(cli, source))
			table->print_csv(cli, source);
	}
}

char letter_of_source(const json_t *source)
{
	const char *state = json_text_of(source, "state");
	static const struct {
		const char *state;
		char letter;
	} letters[] = {
		{ "falseticker", 'x' }, { "too-variable", '~' }, { "not-combined", '-' },
		{ "combined", '+' }, { "selected", '*' }, { NULL, '?' },
	};
	int i = 0;

	if (json_bool_of(json_object_get(source, "selection"), "noselect"))
		return '?';
	while (letters[i].state && strcmp(letters[i].state, state))
		i++;
	return letters[i].letter;
}

bool has_row(const struct cli *cli, const json_t *source)
{
	return !cli->csv || cli->all || *json_text_of(source, "address");
}

const char *name_of_leap(const char *leap, bool letter)
{
	if (!strcmp(leap, "insert"))
		return letter ? "+" : "Insert second";
	if (!strcmp(leap, "delete"))
		return letter ? "-" : "Delete second";
	if (!strcmp(leap, "normal"))
		return letter ? "N" : "Normal";
	return letter ? "?" : "Not synchronised";
}

double json_real_of(const json_t *object, const char *key, double otherwise)
{
	const json_t *value = json_object_get(object, key);

	return json_is_number(value) ? json_number_value(value) : otherwise;
}

double seconds_of_ns(const json_t *object, const char *key)
{
	return json_real_of(object, key, 0) / 1e9;
}

int64_t json_seconds_of(const json_t *object, const char *key)
{
	double s = json_real_of(object, key, 0);

	return (int64_t)fmax(fmin(s, (double)SECONDS_MOST), (double)-SECONDS_MOST);
}

int64_t json_int_of(const json_t *object, const char *key, int64_t otherwise)
{
	const json_t *value = json_object_get(object, key);

	return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

const char *json_text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

bool json_bool_of(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

void print_done(const struct cli *cli, const json_t *reply)
{
	(void)cli;
	(void)reply;
	puts("200 OK");
}
