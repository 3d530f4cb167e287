// SPDX-License-Identifier: GPL-2.0-only
/*
 * chrony.conf: truechimed reads it as it stands. What becomes clearer by an import is what it does
 * without effect, and which of its files are chrony's own.
 */
#include "cli/import.h"

#include <string.h>
#include <strings.h>

#include "config/config.h"

#define OWN_FOLDER	"/var/lib/truechime/"
#define LOG_FOLDER	"/var/log/truechime"

/* Where the hooks of Debian's chrony name the servers of DHCP, as long as it is installed. */
#define CHRONY_DHCP	"/run/chrony-dhcp"

/* What names something to be written to; @own: the same in our @folder. */
static void import_state(FILE *out, const char *line, int count, char **words, const char *folder,
			 const char *own)
{
	struct import_words moved = { .used = 0 };

	if (count < 2 || !strncmp(words[1], folder, strlen(folder))) {
		import_put(out, "%s", line);
		return;
	}
	import_say(out, "systemd lets truechimed write to %s only", folder);
	import_add(&moved, "%s", own);
	for (int i = 2; i < count; i++)
		import_add(&moved, " %s", words[i]);
	import_put(out, "%s", moved.text);
}

static bool names_folder(int count, char **words, const char *folder)
{
	size_t length = strlen(folder);

	for (int i = 1; i < count; i++) {
		if (!strncmp(words[i], folder, length) &&
		    (!words[i][length] || !strcmp(words[i] + length, "/")))
			return true;
	}

	return false;
}

/* Files of the folder that comes first hide those of the same interface in the others. */
static bool import_dhcp(FILE *out, int count, char **words)
{
	struct import_words line = { .used = 0 };

	import_say(out, "truechime's hooks for DHCP clients write to " IMPORT_DHCP_FOLDER);
	import_add(&line, "sourcedir " IMPORT_DHCP_FOLDER);
	for (int i = 1; i < count; i++)
		import_add(&line, " %s", words[i]);

	return import_put(out, "%s", line.text);
}

/* @directory_count: of the source directories written so far; none of a line too many is read. */
static void import_sourcedir(FILE *out, const char *line, int count, char **words,
			     int *directory_count)
{
	if (*directory_count + count - 1 > CONFIG_SOURCEDIRS_MAX) {
		import_say(out, "not taken over: %d directories of sources are the most",
			   CONFIG_SOURCEDIRS_MAX);
		return;
	}
	import_say(out, "these files are read where they are");
	if (names_folder(count, words, CHRONY_DHCP) &&
	    !names_folder(count, words, IMPORT_DHCP_FOLDER) &&
	    *directory_count + count <= CONFIG_SOURCEDIRS_MAX &&
	    strlen(line) + sizeof(IMPORT_DHCP_FOLDER) < IMPORT_LINE_MAX) {
		if (import_dhcp(out, count, words))
			*directory_count += count;
	} else if (import_put(out, "%s", line + strspn(line, " "))) {
		*directory_count += count - 1;
	}
}

static void import_directive(FILE *out, const char *line, int *directory_count)
{
	char copy[IMPORT_LINE_MAX];
	char *words[IMPORT_WORDS_MAX];
	int count;

	memcpy(copy, line, strlen(line) + 1);
	count = import_split(copy, words);
	if (!strcasecmp(words[0], "driftfile")) {
		import_state(out, line, count, words, OWN_FOLDER,
			     "driftfile " OWN_FOLDER "drift");
	} else if (!strcasecmp(words[0], "ntsdumpdir") || !strcasecmp(words[0], "ntscachedir")) {
		import_state(out, line, count, words, OWN_FOLDER,
			     "ntsdumpdir " OWN_FOLDER "nts");
	} else if (!strcasecmp(words[0], "logdir")) {
		import_state(out, line, count, words, LOG_FOLDER, "logdir " LOG_FOLDER);
	} else if (!strcasecmp(words[0], "user")) {
		import_say(out, "not taken over: truechimed runs as its own user, _truechime");
	} else if (!strcasecmp(words[0], "pidfile")) {
		import_say(out, "not taken over: systemd knows truechimed's process");
	} else if (!strcasecmp(words[0], "sourcedir")) {
		import_sourcedir(out, line, count, words, directory_count);
	} else {
		if (!strcasecmp(words[0], "include") || !strcasecmp(words[0], "confdir"))
			import_say(out, "these files are read where they are");
		import_put(out, "%s", line + strspn(line, " "));
	}
}

/**
 * struct chrony - one import
 * @out: for the result
 * @directory_count: of the source directories written so far
 */
struct chrony {
	FILE *out;
	int directory_count;
};

static void import_line(void *context, char *line, bool cut)
{
	const char *start = line + strspn(line, " ");
	struct chrony *import = context;
	FILE *out = import->out;

	if (!*start) {
		fputc('\n', out);
		return;
	}
	if (strchr("#!;%", *start)) {
		fprintf(out, "#%s\n", start + 1);
		return;
	}
	import_say_line(out, line);
	if (cut)
		import_say(out, "not taken over: the line is too long");
	else
		import_directive(out, line, &import->directory_count);
}

void import_chrony(const struct import_file *files, size_t count, FILE *out)
{
	struct chrony import = { .out = out };
	const struct import_reader reader = { .take = import_line, .context = &import };

	import_each_line(files, count, &reader);
}
