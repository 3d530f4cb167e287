// SPDX-License-Identifier: GPL-2.0-only
/*
 * The folders that truechimed.service can write, by its own lines and by what an administrator has
 * added to them. It is a guess for people: systemd itself is not asked.
 */
#include "daemon/unit_writes.h"

#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Those that packaging/systemd/truechimed.service.in names, by StateDirectory= and the like. */
static const char *const own_folders[] = {
	"/var/lib/truechime", "/var/log/truechime", "/run/truechime", "/run/chrony",
	"/var/run/truechime", "/var/run/chrony",
};

/* Directives whose first value is written to, and the same in a folder of ours. */
static const struct {
	const char *name;
	const char *instead;
} written[] = {
	{ "bindcmdaddress", "bindcmdaddress /run/chrony/chronyd.sock" },
	{ "driftfile", "driftfile /var/lib/truechime/drift" },
	{ "logdir", "logdir /var/log/truechime" },
	{ "ntscachedir", "ntsdumpdir /var/lib/truechime/nts" },
	{ "ntsdumpdir", "ntsdumpdir /var/lib/truechime/nts" },
	{ "pidfile", "pidfile /run/truechime/truechimed.pid" },
};

static bool is_below(const char *path, const char *folder)
{
	size_t length = strlen(folder);

	while (length && folder[length - 1] == '/')
		length--;

	return !strncmp(path, folder, length) && (!path[length] || path[length] == '/');
}

/* Does a line of a unit allow it? */
static bool line_allows(char *line, const char *path)
{
	char *value = strchr(line, '='), *rest = NULL;

	if (!value)
		return false;
	*value++ = '\0';
	if (!strncmp(line, "ProtectSystem", strlen("ProtectSystem")))
		return !strstr(value, "strict");
	if (strncmp(line, "ReadWritePaths", strlen("ReadWritePaths")))
		return false;
	for (char *word = strtok_r(value, " \t\r\n\"", &rest); word;
	     word = strtok_r(NULL, " \t\r\n\"", &rest)) {
		if (is_below(path, word + strspn(word, "-+")))
			return true;
	}

	return false;
}

static bool file_allows(const char *file, const char *path)
{
	FILE *in = fopen(file, "re");
	bool allows = false;
	char *line = NULL;
	size_t size = 0;

	if (!in)
		return false;
	while (!allows && getline(&line, &size, in) >= 0)
		allows = line_allows(line, path);
	free(line);
	fclose(in);

	return allows;
}

/* May the daemon write there, if the unit has started it? */
static bool unit_writes(const char *files, const char *path)
{
	bool allows = false;
	glob_t found;

	for (size_t i = 0; i < sizeof(own_folders) / sizeof(*own_folders); i++) {
		if (is_below(path, own_folders[i]))
			return true;
	}
	if (glob(files, GLOB_BRACE, NULL, &found))
		return false;
	for (size_t i = 0; i < found.gl_pathc && !allows; i++)
		allows = file_allows(found.gl_pathv[i], path);
	globfree(&found);

	return allows;
}

const char *unit_objection(const char *files, const char *line)
{
	char name[32], path[256];

	/* "/" is none, and what is no path is an address. */
	if (sscanf(line, " %31s %255s", name, path) != 2 || *path != '/' || !path[1])
		return NULL;
	for (size_t i = 0; i < sizeof(written) / sizeof(*written); i++) {
		if (!strcasecmp(name, written[i].name))
			return unit_writes(files, path) ? NULL : written[i].instead;
	}

	return NULL;
}
