// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parsing a control request. Pure.
 */
#include "ipc/socket.h"

#include <errno.h>
#include <string.h>

static const struct {
	const char *name;
	enum control_command command;
	bool restricted;
	bool has_arguments;	/* may have */
} commands[] = {
	{ "status", CONTROL_STATUS, false, false },
	{ "tracking", CONTROL_TRACKING, false, false },
	{ "sources", CONTROL_SOURCES, false, false },
	{ "events", CONTROL_EVENTS, false, false },
	{ "serverstats", CONTROL_SERVERSTATS, false, false },
	{ "activity", CONTROL_ACTIVITY, false, false },
	{ "timesync", CONTROL_TIMESYNC, false, false },
	{ "history", CONTROL_HISTORY, false, true },
	{ "clients", CONTROL_CLIENTS, true, true },
	{ "makestep", CONTROL_MAKESTEP, true, true },
	{ "settime", CONTROL_SETTIME, true, true },
	{ "accheck", CONTROL_ACCHECK, true, true },
	{ "burst", CONTROL_BURST, true, true },
	{ "reload", CONTROL_RELOAD, true, false },
	{ "reload-sources", CONTROL_RELOAD_SOURCES, true, false },
	{ "online", CONTROL_ONLINE, true, true },
	{ "offline", CONTROL_OFFLINE, true, true },
	{ "onoffline", CONTROL_ONOFFLINE, true, false },
	{ "refresh", CONTROL_REFRESH, true, false },
	{ "add", CONTROL_ADD, true, true },
	{ "delete", CONTROL_DELETE, true, true },
	{ "change", CONTROL_CHANGE, true, true },
	{ "directive", CONTROL_DIRECTIVE, true, true },
	{ "cmdaccheck", CONTROL_CMDACCHECK, true, true },
	{ "rekey", CONTROL_REKEY, true, false },
	{ "reselect", CONTROL_RESELECT, true, false },
	{ "dump", CONTROL_DUMP, true, false },
	{ "cyclelogs", CONTROL_CYCLELOGS, true, false },
	{ "shutdown", CONTROL_SHUTDOWN, true, false },
	{ "rival", CONTROL_RIVAL, true, true },
	{ "rivals", CONTROL_RIVALS, false, false },
	{ NULL, 0, true, false },
};

bool control_is_restricted(enum control_command command)
{
	int i = 0;

	while (commands[i].name && commands[i].command != command)
		i++;
	return commands[i].restricted;
}

static int control_find(const char *name, struct control_request *request, const char **error)
{
	int i;

	for (i = 0; commands[i].name; i++) {
		if (strcmp(name, commands[i].name))
			continue;
		request->command = commands[i].command;
		if (!*request->arguments || commands[i].has_arguments)
			return 0;
		*error = "the command takes no arguments";
		return -EINVAL;
	}
	*error = "unknown command";
	return -EOPNOTSUPP;
}

/* They are quoted in messages, and parsed as a line of the configuration. */
static int control_read_arguments(const json_t *value, struct control_request *request,
				  const char **error)
{
	size_t length = json_string_length(value), i;
	const char *text = json_string_value(value);

	*error = "the arguments are too long";
	if (length >= sizeof(request->arguments))
		return -EINVAL;
	*error = "an argument has a character that is not printable ASCII";
	for (i = 0; i < length; i++)
		if (text[i] < ' ' || text[i] > '~')
			return -EINVAL;
	memcpy(request->arguments, text, length);
	request->arguments[length] = '\0';
	return 0;
}

/* Every key has to be known and of its type; unknown ones are refused. */
static int control_read(const json_t *object, struct control_request *request, const char **error)
{
	const char *key, *command = NULL;
	json_t *value;
	int err;

	json_object_foreach((json_t *)object, key, value) {
		if (!strcmp(key, "command") && json_is_string(value)) {
			command = json_string_value(value);
		} else if (!strcmp(key, "follow") && json_is_boolean(value)) {
			request->follow = json_is_true(value);
		} else if (!strcmp(key, "arguments") && json_is_string(value)) {
			err = control_read_arguments(value, request, error);
			if (err)
				return err;
		} else {
			*error = "unknown key, or a value of another type";
			return -EINVAL;
		}
	}
	if (!command) {
		*error = "no command";
		return -EINVAL;
	}
	return control_find(command, request, error);
}

int control_parse(const char *text, size_t length, struct control_request *request,
		  const char **error)
{
	json_t *object;
	int err;

	*request = (struct control_request){ .command = CONTROL_STATUS };
	if (length >= CONTROL_REQUEST_MAX) {
		*error = "too long";
		return -EINVAL;
	}
	object = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(object)) {
		*error = "not a JSON object";
		err = -EINVAL;
	} else {
		err = control_read(object, request, error);
	}
	json_decref(object);
	return err;
}
