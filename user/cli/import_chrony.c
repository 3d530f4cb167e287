// SPDX-License-Identifier: GPL-2.0-only
/*
 * chrony.conf: truechimed reads it as it stands. What becomes clearer by an import is what it does
 * without effect, and which of its files are chrony's own.
 */
#include "cli/import.h"

#include <string.h>
#include <strings.h>

#define OWN_FOLDER	"/var/lib/truechime/"

static void import_driftfile(FILE *out, const char *line, int count, char **words)
{
	if (count < 2 || !strncmp(words[1], OWN_FOLDER, strlen(OWN_FOLDER))) {
		import_put(out, line);
		return;
	}
	import_say(out, "systemd lets truechimed write to " OWN_FOLDER " only");
	import_put(out, "driftfile " OWN_FOLDER "drift");
}

static void import_directive(FILE *out, const char *line)
{
	char copy[IMPORT_LINE_MAX];
	char *words[IMPORT_WORDS_MAX];
	int count;

	memcpy(copy, line, strlen(line) + 1);
	count = import_split(copy, words);
	if (!strcasecmp(words[0], "driftfile")) {
		import_driftfile(out, line, count, words);
	} else if (!strcasecmp(words[0], "user")) {
		import_say(out, "not taken over: truechimed runs as its own user, _truechime");
	} else if (!strcasecmp(words[0], "pidfile")) {
		import_say(out, "not taken over: systemd knows truechimed's process");
	} else {
		if (!strcasecmp(words[0], "include") || !strcasecmp(words[0], "confdir") ||
		    !strcasecmp(words[0], "sourcedir"))
			import_say(out, "these files are read where they are");
		import_put(out, line + strspn(line, " "));
	}
}

static void import_line(FILE *out, const char *line, bool cut)
{
	const char *start = line + strspn(line, " ");

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
		import_directive(out, line);
}

void import_chrony(const struct import_file *files, size_t count, FILE *out)
{
	char line[IMPORT_LINE_MAX];
	bool cut;

	for (size_t i = 0; i < count; i++) {
		const char *text = files[i].text;

		while (import_next_line(&text, line, &cut))
			import_line(out, line, cut);
	}
}
