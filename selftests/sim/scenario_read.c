// SPDX-License-Identifier: GPL-2.0-only
/*
 * The scenario files' words. What they do is world.c's.
 */
#include "scenario.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_CHARS	512

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

struct unit {
	const char *name;
	double factor;
};

/* Times are in ns; whoever wants seconds divides. Frequencies are fractions. */
static const struct unit units[] = {
	{ "", 1 }, { "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 }, { "min", 60e9 },
	{ "h", 3600e9 }, { "d", 86400e9 }, { "ppm", 1e-6 }, { "ppb", 1e-9 },
};

static const char * const quantity_names[SCENARIO_QUANTITIES] = {
	[SCENARIO_RMS] = "rms",
	[SCENARIO_MAX] = "max",
	[SCENARIO_FREQUENCY] = "frequency",
	[SCENARIO_VIOLATIONS] = "violations",
	[SCENARIO_COVERAGE] = "coverage",
	[SCENARIO_BOUND] = "bound",
	[SCENARIO_WITHIN_1MS] = "within-1ms",
	[SCENARIO_WITHIN_100US] = "within-100us",
	[SCENARIO_WITHIN_10US] = "within-10us",
	[SCENARIO_STEPS] = "steps",
	[SCENARIO_FALSETICKERS] = "falsetickers",
	[SCENARIO_COMBINED] = "combined",
	[SCENARIO_INTERVAL] = "interval",
	[SCENARIO_UNSYNCHRONISED] = "unsynchronised",
	[SCENARIO_VERSUS_BANK] = "versus-kalman-bank",
	[SCENARIO_VERSUS_UNPRIMED] = "versus-unprimed",
	[SCENARIO_DEMOTIONS] = "demotions",
	[SCENARIO_REINSTATEMENTS] = "reinstatements",
	[SCENARIO_WITNESSED] = "witnessed",
	[SCENARIO_LEAP] = "leap",
	[SCENARIO_FIRST] = "first-versus-rms",
	[SCENARIO_HOST_RMS] = "host-rms",
	[SCENARIO_HOST_MAX] = "host-max",
	[SCENARIO_HOST_VIOLATIONS] = "host-violations",
	[SCENARIO_HOST_SURPRISES] = "host-surprises",
	[SCENARIO_HOST_BOUND] = "host-bound",
};

static const char * const event_names[] = {
	[WORLD_ROUTE] = "route",
	[WORLD_JITTER] = "jitter",
	[WORLD_SILENT] = "silent",
	[WORLD_SERVER_STEP] = "server-step",
	[WORLD_SERVER_FREQUENCY] = "server-frequency",
	[WORLD_LEAP] = "leap",
	[WORLD_LEAP_SECOND] = "leap-second",
	[WORLD_FREQUENCY] = "frequency",
	[WORLD_AGING] = "aging",
	[WORLD_HOST_STEP] = "host-step",
	[WORLD_HOST_FREQUENCY] = "host-frequency",
	[WORLD_REVERT] = "revert",
	[WORLD_SUSPEND] = "suspend",
};

const char *scenario_quantity_name(enum scenario_quantity quantity)
{
	return quantity_names[quantity];
}

bool scenario_number(const char *text, double *value)
{
	char *end;
	size_t i;

	*value = strtod(text, &end);
	if (end == text)
		return false;
	for (i = 0; i < COUNT(units); i++) {
		if (strcmp(end, units[i].name))
			continue;
		*value *= units[i].factor;
		return true;
	}
	return false;
}

static int find_name(const char *name, const char * const *names, int count)
{
	int i;

	for (i = 0; i < count; i++)
		if (!strcmp(name, names[i]))
			return i;
	return -1;
}

/* One "key=number" of a list of keys; false: neither known nor a number. */
struct setting {
	const char *key;
	double *value;
};

static bool set_number(const struct setting *settings, size_t count, const char *key,
		       const char *text)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!strcmp(settings[i].key, key))
			return scenario_number(text, settings[i].value);
	return false;
}

static bool set_oscillator(struct oscillator_options *options, const char *key, const char *text)
{
	const struct setting settings[] = {
		{ "frequency", &options->frequency },
		{ "wander", &options->wander },
		{ "daily", &options->daily },
		{ "aging", &options->aging },
	};

	return set_number(settings, COUNT(settings), key, text);
}

static bool set_source(struct source_options *source, const char *key, const char *text)
{
	double number;

	if (!strcmp(key, "name")) {
		snprintf(source->name, sizeof(source->name), "%s", text);
		return true;
	}
	if (!scenario_number(text, &number))
		return false;
	if (!strcmp(key, "minpoll"))
		source->minpoll = (int)number;
	else if (!strcmp(key, "maxpoll"))
		source->maxpoll = (int)number;
	else if (!strcmp(key, "iburst"))
		source->iburst = number != 0;
	else if (!strcmp(key, "prefer"))
		source->prefer = number != 0;
	else if (!strcmp(key, "trust"))
		source->trust = number != 0;
	else if (!strcmp(key, "noselect"))
		source->noselect = number != 0;
	else
		return false;
	return true;
}

static bool set_server(struct world_server *server, const char *key, const char *text)
{
	const struct setting settings[] = {
		{ "up", &server->path.up_ns },
		{ "down", &server->path.down_ns },
		{ "jitter", &server->path.jitter_ns },
		{ "skew", &server->path.skew },
		{ "loss", &server->path.loss },
		{ "offset", &server->offset_ns },
		{ "root-delay", &server->root_delay_ns },
		{ "root-dispersion", &server->root_dispersion_ns },
	};
	double number;

	if (!strcmp(key, "shape")) {
		if (!path_shape_find(text, &server->path.shape))
			return false;
		if (server->path.shape == PATH_NORMAL)
			server->source.kind = SOURCE_REFCLOCK;
		return true;
	}
	if (!strcmp(key, "base")) {
		if (!scenario_number(text, &server->path.up_ns))
			return false;
		server->path.down_ns = server->path.up_ns;
		return true;
	}
	if (set_number(settings, COUNT(settings), key, text) ||
	    set_oscillator(&server->clock, key, text) || set_source(&server->source, key, text))
		return true;
	if (!scenario_number(text, &number))
		return false;
	if (!strcmp(key, "stratum"))
		server->stratum = (int)number;
	else if (!strcmp(key, "leap"))
		server->leap = (int)number;
	else if (!strcmp(key, "refid"))
		server->refid = (uint32_t)number;
	else if (!strcmp(key, "silent"))
		server->silent = number != 0;
	else
		return false;
	return true;
}

static bool set_client(struct scenario *scenario, const char *key, const char *text)
{
	struct world_options *world = &scenario->world;
	double module = world->module;
	double limit = world->discipline.step_limit;
	double threshold = (double)world->discipline.step_threshold_ns;
	const struct setting settings[] = {
		{ "offset", &world->offset_ns },
		{ "noise", &world->noise_ns },
		{ "module", &module },
		{ "step-limit", &limit },
		{ "step-threshold", &threshold },
		{ "drift", &world->drift.frequency },
		{ "drift-sigma", &world->drift.sigma },
	};

	if (!set_number(settings, COUNT(settings), key, text))
		return set_oscillator(&world->oscillator, key, text);
	world->drift.known |= !strcmp(key, "drift");
	world->module = module != 0;
	world->discipline.step_limit = (int)limit;
	world->discipline.step_threshold_ns = llrint(threshold);
	return true;
}

static bool set_host(struct world_options *world, const char *key, const char *text)
{
	struct host_clock_options *host = &world->host;
	const struct setting settings[] = {
		{ "offset", &host->offset_ns },
		{ "check", &host->check_ns },
		{ "bracket", &host->bracket_ns },
		{ "apart", &host->apart_ns },
		{ "stated", &host->stated_ns },
		{ "slew", &host->slew },
		{ "slew-time", &host->slew_ns },
	};

	return set_number(settings, COUNT(settings), key, text) ||
	       set_oscillator(&host->oscillator, key, text);
}

static bool set_event(struct world_event *event, const char *key, const char *text)
{
	double server = event->server;
	const struct setting settings[] = {
		{ "value", &event->value },
		{ "up", &event->value },
		{ "down", &event->value2 },
		{ "noticed", &event->value2 },
		{ "off", &event->value2 },
		{ "server", &server },
	};

	if (!set_number(settings, COUNT(settings), key, text))
		return false;
	event->server = (int)server;
	return true;
}

/* The rest of a line, word by word, to the one that the first word named. */
enum target {
	TARGET_CLIENT,
	TARGET_HOST,
	TARGET_SERVER,
	TARGET_EVENT,
};

static bool set_words(struct scenario *scenario, enum target target, char *words)
{
	struct world_options *world = &scenario->world;
	char *save, *word;

	for (word = strtok_r(words, " \t", &save); word; word = strtok_r(NULL, " \t", &save)) {
		char *text = strchr(word, '=');
		bool done = false;

		if (!text)
			return false;
		*text++ = '\0';
		switch (target) {
		case TARGET_CLIENT:
			done = set_client(scenario, word, text);
			break;
		case TARGET_HOST:
			done = set_host(world, word, text);
			break;
		case TARGET_SERVER:
			done = set_server(&world->server[world->servers - 1], word, text);
			break;
		case TARGET_EVENT:
			done = set_event(&world->event[world->events - 1], word, text);
			break;
		}
		if (!done)
			return false;
	}
	return true;
}

static bool add_server(struct scenario *scenario, char *words)
{
	struct world_options *world = &scenario->world;
	struct world_server *server = &world->server[world->servers];

	if (world->servers == WORLD_SERVERS)
		return false;
	*server = (struct world_server){
		.stratum = 1,
		.source = { .minpoll = 6, .maxpoll = 10, .iburst = true },
	};
	snprintf(server->source.name, sizeof(server->source.name), "server%zu", world->servers);
	world->servers++;
	return set_words(scenario, TARGET_SERVER, words);
}

static bool add_event(struct scenario *scenario, char *words)
{
	struct world_options *world = &scenario->world;
	struct world_event *event = &world->event[world->events];
	char *save, *when, *what;
	int kind;

	when = strtok_r(words, " \t", &save);
	what = strtok_r(NULL, " \t", &save);
	if (!what || world->events == WORLD_EVENTS || !scenario_number(when, &event->at_s))
		return false;
	event->at_s /= 1e9;
	kind = find_name(what, event_names, (int)COUNT(event_names));
	if (kind < 0)
		return false;
	event->kind = (enum world_event_kind)kind;
	event->server = -1;
	world->events++;
	return set_words(scenario, TARGET_EVENT, save);
}

/* "limit QUANTITY MOST" or "limit QUANTITY LEAST MOST" */
static bool add_limit(struct scenario *scenario, char *words)
{
	struct scenario_limit *limit = &scenario->limit[scenario->limits];
	char *save, *name, *first, *second;
	int quantity;

	name = strtok_r(words, " \t", &save);
	first = strtok_r(NULL, " \t", &save);
	second = strtok_r(NULL, " \t", &save);
	if (!first || scenario->limits == SCENARIO_LIMITS)
		return false;
	quantity = find_name(name, quantity_names, SCENARIO_QUANTITIES);
	if (quantity < 0 || !scenario_number(second ? second : first, &limit->most))
		return false;
	limit->least = -INFINITY;
	if (second && !scenario_number(first, &limit->least))
		return false;
	limit->quantity = (enum scenario_quantity)quantity;
	scenario->limits++;
	return true;
}

static bool set_duration(double *seconds, const char *text)
{
	if (!scenario_number(text, seconds))
		return false;
	*seconds /= 1e9;
	return true;
}

static bool read_line(struct scenario *scenario, char *line)
{
	char *rest = line + strcspn(line, " \t");
	double number;

	if (*rest)
		*rest++ = '\0';
	rest += strspn(rest, " \t");
	if (!strcmp(line, "title"))
		return snprintf(scenario->title, sizeof(scenario->title), "%s", rest) > 0;
	if (!strcmp(line, "duration"))
		return set_duration(&scenario->world.duration_s, rest);
	if (!strcmp(line, "settle"))
		return set_duration(&scenario->world.settle_s, rest);
	if (!strcmp(line, "mark"))
		return set_duration(&scenario->mark_s, rest);
	if (!strcmp(line, "seeds")) {
		if (!scenario_number(rest, &number) || number < 1)
			return false;
		scenario->seeds = (int)number;
		return true;
	}
	if (!strcmp(line, "client"))
		return set_words(scenario, TARGET_CLIENT, rest);
	if (!strcmp(line, "host")) {
		scenario->world.has_host = true;
		return set_words(scenario, TARGET_HOST, rest);
	}
	if (!strcmp(line, "server"))
		return add_server(scenario, rest);
	if (!strcmp(line, "at"))
		return add_event(scenario, rest);
	return !strcmp(line, "limit") && add_limit(scenario, rest);
}

int scenario_read(const char *path, struct scenario *scenario)
{
	char line[LINE_MAX_CHARS], copy[LINE_MAX_CHARS];
	FILE *file = fopen(path, "r");
	int number = 0;
	int error = 0;

	if (!file) {
		error = -errno;
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return error;
	}
	*scenario = (struct scenario){ .seeds = 1 };
	world_options_init(&scenario->world);
	while (!error && fgets(line, sizeof(line), file)) {
		number++;
		line[strcspn(line, "#\n")] = '\0';
		if (!line[strspn(line, " \t")])
			continue;
		memcpy(copy, line, sizeof(copy));
		if (!read_line(scenario, line)) {
			fprintf(stderr, "%s:%d: not understood: %s\n", path, number, copy);
			error = -EINVAL;
		}
	}
	fclose(file);
	return error;
}
