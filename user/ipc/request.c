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
} commands[] = {
	{ "status", CONTROL_STATUS, false },
	{ "tracking", CONTROL_TRACKING, false },
	{ "sources", CONTROL_SOURCES, false },
	{ "events", CONTROL_EVENTS, false },
	{ "serverstats", CONTROL_SERVERSTATS, false },
	{ "clients", CONTROL_CLIENTS, true },
	{ "makestep", CONTROL_MAKESTEP, true },
	{ "burst", CONTROL_BURST, true },
	{ "reload", CONTROL_RELOAD, true },
	{ NULL, 0, true },
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
		return 0;
	}
	*error = "unknown command";
	return -EOPNOTSUPP;
}

/* Every key has to be known and of its type; unknown ones are refused. */
static int control_read(const json_t *object, struct control_request *request, const char **error)
{
	const char *key, *command = NULL;
	json_t *value;

	json_object_foreach((json_t *)object, key, value) {
		if (!strcmp(key, "command") && json_is_string(value)) {
			command = json_string_value(value);
		} else if (!strcmp(key, "follow") && json_is_boolean(value)) {
			request->follow = json_is_true(value);
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
