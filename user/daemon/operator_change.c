// SPDX-License-Identifier: GPL-2.0-only
/*
 * The operator's commands that change an option of a source, in chronyc's words: "minpoll ADDRESS
 * 4", "offset ADDRESS 0.1", "selectopts ADDRESS +prefer -trust".
 */
#include "daemon/requests.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sources/change.h"
#include "sources/source_match.h"

/**
 * struct change_command - what was typed
 * @option: its name
 * @which: the source
 * @rest: what it is to be
 * @match: the source, unless it is a reference clock
 * @change: the rest of it
 */
struct change_command {
	const char *option;
	const char *which;
	char *rest;
	struct source_match match;
	struct source_change change;
};

static void refuse(struct daemon *daemon, const char **error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void refuse(struct daemon *daemon, const char **error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(daemon->refusal, sizeof(daemon->refusal), format, arguments);
	va_end(arguments);
	*error = daemon->refusal;
}

static int read_value(struct daemon *daemon, struct change_command *command, const char **error)
{
	enum change_option option = command->change.option;
	bool whole = option == CHANGE_MINPOLL || option == CHANGE_MAXPOLL ||
		     option == CHANGE_POLLTARGET || option == CHANGE_MINSTRATUM;
	bool seconds = option == CHANGE_MAXDELAY || option == CHANGE_OFFSET;
	const char *text = command->rest;
	char *end;

	command->change.value = whole ? (double)strtoll(text, &end, 10) : strtod(text, &end);
	if (end != text && !*end && isfinite(command->change.value))
		return 0;
	refuse(daemon, error, "'%s %s': a %s was expected%s", command->option, text,
	       whole ? "whole number" : "number",
	       seconds ? ", in seconds and without a unit" : "");

	return -EINVAL;
}

/* "+prefer" sets an option, "-prefer" takes it back. */
static int read_selection(struct daemon *daemon, struct change_command *command,
			  const char **error)
{
	struct change_selection *given = &command->change.given, *to = &command->change.selection;
	const struct {
		const char *name;
		bool *given;
		bool *to;
	} options[] = {
		{ "noselect", &given->noselect, &to->noselect },
		{ "prefer", &given->prefer, &to->prefer },
		{ "trust", &given->trust, &to->trust },
		{ "require", &given->require, &to->require },
	};
	const size_t count = sizeof(options) / sizeof(options[0]);
	char *rest;

	for (char *word = strtok_r(command->rest, " ", &rest); word;
	     word = strtok_r(NULL, " ", &rest)) {
		size_t i = 0;

		while (i < count && strcmp(word + 1, options[i].name))
			i++;
		if (i == count || !strchr("+-", *word)) {
			refuse(daemon, error,
			       "'%s': noselect, prefer, trust or require was expected, with + or - before it",
			       word);
			return -EINVAL;
		}
		*options[i].given = true;
		*options[i].to = *word == '+';
	}

	return 0;
}

/* A reference clock goes by its reference id, and has but two of these options. */
static bool is_meant(const struct change_command *command, const struct association_info *info)
{
	if (!info->readings)
		return source_match_has(&command->match, info->name, &info->ip);

	return (command->change.option == CHANGE_OFFSET ||
		command->change.option == CHANGE_SELECTION) &&
	       !strcmp(info->address, command->which);
}

/* How many sources it was about. */
static size_t change_sources(struct daemon *daemon, const struct change_command *command)
{
	struct state state;
	size_t count = 0;

	daemon_get_state(daemon, &state);
	for (size_t i = 0; i < state.source_count; i++) {
		const struct association_info *info = &state.sources[i].info;

		if (is_meant(command, info) &&
		    !change_source(daemon->associations, info->serial, &command->change))
			count++;
	}

	return count;
}

static json_t *answer(const struct change_command *command)
{
	double value = command->change.value, nearest = value;
	char warning[128];

	if (command->change.option != CHANGE_SELECTION)
		nearest = change_nearest(command->change.option, value);
	if (nearest == value)
		return json_pack("{s:b}", "ok", 1);
	snprintf(warning, sizeof(warning), "'%s %.10g' is out of range, and counts as %.10g",
		 command->option, value, nearest);

	return json_pack("{s:b,s:s}", "ok", 1, "warning", warning);
}

json_t *daemon_change_option(struct daemon *daemon, const char *text, const char **error)
{
	struct change_command command = { .change = { .value = 0 } };
	char line[CONTROL_ARGUMENTS_MAX];
	int err;

	snprintf(line, sizeof(line), "%s", text);
	command.option = strtok_r(line, " ", &command.rest);
	command.which = strtok_r(NULL, " ", &command.rest);
	*error = "an option, a time source and a value were expected, as minpoll 192.0.2.1 4";
	if (!command.which || change_option_named(command.option, &command.change.option) ||
	    source_match_parse_one(command.which, &command.match, error))
		return NULL;
	err = command.change.option == CHANGE_SELECTION ?
	      read_selection(daemon, &command, error) : read_value(daemon, &command, error);
	if (err)
		return NULL;
	if (change_sources(daemon, &command))
		return answer(&command);
	refuse(daemon, error, "no time source that takes %s goes by '%s'. See: truechime sources",
	       command.option, command.which);

	return NULL;
}
