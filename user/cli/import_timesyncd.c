// SPDX-License-Identifier: GPL-2.0-only
/*
 * systemd's timesyncd.conf and its drop-ins. Servers and settings may stand on any of their lines,
 * the settings hold for all servers, and an empty assignment takes back what was named before: so
 * all lines are read before the first server is written.
 */
#include "cli/import.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/text_append.h"

/* What timesyncd steps above, s. */
#define STEP_S	"0.4"

/* Polls that truechimed takes, and the lower one that it has where none is given. */
#define POLL_MIN	0
#define POLL_MAX	24
#define POLL_USUAL	6

/* timesyncd's own intervals, s: a least one that is shorter than its limit is not taken. */
#define LEAST_S		32
#define LEAST_S_MIN	16

/**
 * struct timesyncd - what all lines together say
 * @out: gets what becomes of them; NULL: they are only taken in
 * @line: number of the line at hand, of all files
 * @in_section: the line at hand is below [Time], else timesyncd ignores it
 * @ntp_from: lines of NTP= before this one were taken back
 * @fallback_from: the same of FallbackNTP=
 * @has_ntp: there is a server in NTP=
 * @has_fallback: and in FallbackNTP=
 * @builtin: the first line like "#FallbackNTP=a b", which says what was built in; 0: none
 * @least_s: PollIntervalMinSec; negative: not given
 * @most_s: PollIntervalMaxSec; negative: not given
 */
struct timesyncd {
	FILE *out;
	int line;
	bool in_section;
	int ntp_from;
	int fallback_from;
	bool has_ntp;
	bool has_fallback;
	int builtin;
	double least_s;
	double most_s;
};

/* "1min 30s", "90" or "500ms" in seconds; negative: it is none of these. */
static double parse_span(const char *text)
{
	static const struct {
		const char *name;
		double s;
	} units[] = {
		{ "", 1 }, { "s", 1 }, { "sec", 1 }, { "second", 1 }, { "seconds", 1 },
		{ "us", 1e-6 }, { "usec", 1e-6 }, { "ms", 1e-3 }, { "msec", 1e-3 },
		{ "m", 60 }, { "min", 60 }, { "minute", 60 }, { "minutes", 60 },
		{ "h", 3600 }, { "hr", 3600 }, { "hour", 3600 }, { "hours", 3600 },
		{ "d", 86400 }, { "day", 86400 }, { "days", 86400 },
		{ "w", 604800 }, { "week", 604800 }, { "weeks", 604800 },
	};
	double sum = 0;

	text += strspn(text, " ");
	if (!*text)
		return -1;
	while (*text) {
		size_t unit = 0, length;
		double value;
		char *end;

		if (!isdigit((unsigned char)*text))
			return -1;
		value = strtod(text, &end);
		end += strspn(end, " ");
		length = strspn(end, "abcdefghijklmnopqrstuvwxyz");
		while (unit < ARRAY_SIZE(units) && (strlen(units[unit].name) != length ||
						    strncmp(units[unit].name, end, length)))
			unit++;
		if (unit == ARRAY_SIZE(units))
			return -1;
		sum += value * units[unit].s;
		text = end + length;
		text += strspn(text, " ");
	}

	return sum;
}

/* If the line is "NAME=VALUE", the value, else NULL. */
static const char *value_of(const char *line, const char *name)
{
	size_t length = strlen(name);

	line += strspn(line, " ");
	if (strncmp(line, name, length))
		return NULL;
	line += length + strspn(line + length, " ");
	if (*line != '=')
		return NULL;

	return line + 1 + strspn(line + 1, " ");
}

/* The power of two of an interval, within what there is. */
static int poll_of(double s, bool up)
{
	double power = up ? ceil(log2(s)) : floor(log2(s));

	return (int)fmax(POLL_MIN, fmin(POLL_MAX, power));
}

/* The last line that says a time counts. */
static void note_span(const char *line, const char *name, double *s)
{
	const char *value = value_of(line, name);
	double said = value ? parse_span(value) : -1;

	if (said >= 0)
		*s = said;
}

/* The shortest interval of timesyncd. */
static double least_of(const struct timesyncd *all)
{
	return all->least_s >= LEAST_S_MIN ? all->least_s : LEAST_S;
}

static bool has_minpoll(const struct timesyncd *all)
{
	return all->least_s >= LEAST_S_MIN;
}

/* One that is shorter than the shortest is not taken. */
static bool has_maxpoll(const struct timesyncd *all)
{
	return all->most_s >= least_of(all);
}

static int minpoll_of(const struct timesyncd *all)
{
	return poll_of(least_of(all), true);
}

/* There may be no power of two between the two. */
static int maxpoll_of(const struct timesyncd *all)
{
	int maxpoll = poll_of(all->most_s, false);

	return maxpoll < minpoll_of(all) ? minpoll_of(all) : maxpoll;
}

static void note_line(struct timesyncd *all, const char *line)
{
	const char *value;

	value = value_of(line, "NTP");
	if (value && !*value)
		all->ntp_from = all->line;
	if (value)
		all->has_ntp = *value;
	value = value_of(line, "FallbackNTP");
	if (value && !*value)
		all->fallback_from = all->line;
	if (value)
		all->has_fallback = *value;
	value = value_of(line, "#FallbackNTP");
	if (value && *value && !all->builtin)
		all->builtin = all->line;
	note_span(line, "PollIntervalMinSec", &all->least_s);
	note_span(line, "PollIntervalMaxSec", &all->most_s);
}

static void put_servers(const struct timesyncd *all, const char *value, FILE *out)
{
	char *words[IMPORT_WORDS_MAX];
	char names[IMPORT_LINE_MAX], line[IMPORT_LINE_MAX + 64];
	int count;

	snprintf(names, sizeof(names), "%s", value);
	count = import_split(names, words);
	for (int i = 0; i < count; i++) {
		snprintf(line, sizeof(line), "server %s iburst", words[i]);
		/* Its own shortest interval is shorter than truechimed's. */
		if (has_minpoll(all) || (has_maxpoll(all) && maxpoll_of(all) < POLL_USUAL))
			text_append(line, sizeof(line), " minpoll %d", minpoll_of(all));
		if (has_maxpoll(all))
			text_append(line, sizeof(line), " maxpoll %d", maxpoll_of(all));
		import_put(out, "%s", line);
	}
}

static void import_servers(const struct timesyncd *all, const char *value, FILE *out)
{
	if (!*value)
		return;
	if (all->line < all->ntp_from)
		import_say(out, "not taken over: a later line takes these back");
	else
		put_servers(all, value, out);
}

static void import_fallback(const struct timesyncd *all, const char *value, FILE *out)
{
	if (!*value)
		return;
	if (all->has_ntp)
		import_say(out, "not taken over: these are asked only where no others are named");
	else if (all->line < all->fallback_from)
		import_say(out, "not taken over: a later line takes these back");
	else
		put_servers(all, value, out);
}

static void import_distance(const struct timesyncd *all, const char *value, FILE *out)
{
	double s = parse_span(value);

	(void)all;
	if (s < 0)
		import_say(out, "not taken over: it is no length of time");
	else
		import_put(out, "maxdistance %g", s);
}

static void import_least(const struct timesyncd *all, const char *value, FILE *out)
{
	if (parse_span(value) < 0)
		import_say(out, "not taken over: it is no length of time");
	else if (!has_minpoll(all))
		import_say(out, "not taken over: less than %d s count as %d in timesyncd",
			   LEAST_S_MIN, LEAST_S);
	else
		import_say(out, "each server has 'minpoll %d' for it", minpoll_of(all));
}

static void import_most(const struct timesyncd *all, const char *value, FILE *out)
{
	if (parse_span(value) < 0)
		import_say(out, "not taken over: it is no length of time");
	else if (!has_maxpoll(all))
		import_say(out,
			   "not taken over: it is shorter than PollIntervalMinSec, %g s, and timesyncd does not take it either",
			   least_of(all));
	else
		import_say(out, "each server has 'maxpoll %d' for it", maxpoll_of(all));
}

static const struct {
	const char *name;
	void (*import)(const struct timesyncd *all, const char *value, FILE *out);
} settings[] = {
	{ "NTP", import_servers },
	{ "FallbackNTP", import_fallback },
	{ "RootDistanceMaxSec", import_distance },
	{ "PollIntervalMinSec", import_least },
	{ "PollIntervalMaxSec", import_most },
};

static void import_setting(const struct timesyncd *all, const char *line, FILE *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		const char *value = value_of(line, settings[i].name);

		if (value) {
			settings[i].import(all, value, out);
			return;
		}
	}
	if (value_of(line, "ConnectionRetrySec"))
		import_say(out, "not taken over: a silent server is asked ever less often");
	else if (value_of(line, "SaveIntervalSec"))
		import_say(out, "not taken over: the next boot begins with the RTC's time");
	else
		import_say(out, "not taken over: it is not known");
}

static bool is_comment(const char *line)
{
	line += strspn(line, " ");

	return *line == '#' || *line == ';';
}

static void import_line(const struct timesyncd *all, const char *line, bool cut, FILE *out)
{
	const char *start = line + strspn(line, " ");

	if (!*start) {
		fputc('\n', out);
		return;
	}
	if (is_comment(line)) {
		fprintf(out, "#%s\n", start + 1);
		if (all->line == all->builtin && !all->has_ntp && !all->has_fallback) {
			import_say(out, "which timesyncd asks, as no others are named:");
			put_servers(all, value_of(start, "#FallbackNTP"), out);
		}
		return;
	}
	import_say_line(out, line);
	if (cut)
		import_say(out, "not taken over: the line is too long");
	else if (*start != '[' && !all->in_section)
		import_say(out, "not taken over: timesyncd ignores what is not below [Time]");
	else if (*start != '[')
		import_setting(all, line, out);
}

/* A line that begins a section. */
static void note_section(struct timesyncd *all, const char *line)
{
	line += strspn(line, " ");
	if (*line == '[')
		all->in_section = !strcmp(line, "[Time]");
}

/* A file begins, in no section. */
static void leave_section(void *context)
{
	struct timesyncd *all = context;

	all->in_section = false;
}

/* Take in a line, or, if there is somewhere to write, write what becomes of it. */
static void take_line(void *context, char *line, bool cut)
{
	struct timesyncd *all = context;

	all->line++;
	note_section(all, line);
	if (all->out)
		import_line(all, line, cut, all->out);
	else if (!cut && (all->in_section || is_comment(line)))
		note_line(all, line);
}

/* As systemd reads them. Their numbers go on from file to file. */
static void each_line(struct timesyncd *all, const struct import_file *files, size_t count,
		      FILE *out)
{
	static const struct import_joining joining = { " ", is_comment };
	const struct import_reader reader = { &joining, leave_section, take_line, all };

	all->line = 0;
	all->out = out;
	import_each_line(files, count, &reader);
}

void import_timesyncd(const struct import_file *files, size_t count, FILE *out)
{
	struct timesyncd all = { .least_s = -1, .most_s = -1 };

	each_line(&all, files, count, NULL);
	each_line(&all, files, count, out);
	if (!all.has_ntp && !all.has_fallback && !all.builtin)
		fputs("\n# [Time] names no server, and built-in ones are unknown: add 'server'.\n",
		      out);
	fputs("\n# What timesyncd does unasked. It asks one server at a time, truechimed all.\n",
	      out);
	import_put(out, "makestep " STEP_S " -1");
	fputs("# It asks the servers that DHCP names, too.\n", out);
	import_put(out, "sourcedir " IMPORT_DHCP_FOLDER);
	fputs("# Not in the original: keep the rate for the next start.\n", out);
	import_put(out, "driftfile /var/lib/truechime/drift");
}
