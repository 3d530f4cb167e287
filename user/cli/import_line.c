// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lines of other programs' configurations, and what truechimed makes of what they become: its own
 * reader judges each line, so that nothing is written that it would refuse.
 */
#include "cli/import.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>

#include "config/config.h"

/* What was said of one line. */
#define REASONS_SIZE	4096

bool import_next_line(const char **text, char *line, bool *cut)
{
	size_t length = strcspn(*text, "\n");
	size_t taken = length < IMPORT_LINE_MAX ? length : IMPORT_LINE_MAX - 1;

	if (!**text)
		return false;
	for (size_t i = 0; i < taken; i++) {
		char c = (*text)[i];

		line[i] = isspace((unsigned char)c) ? ' ' : isprint((unsigned char)c) ? c : '?';
	}
	*cut = taken < length;
	while (taken && line[taken - 1] == ' ')
		taken--;
	line[taken] = '\0';
	*text += length + ((*text)[length] == '\n');

	return true;
}

int import_split(char *line, char **words)
{
	char *rest = NULL;
	int count = 0;

	for (char *word = strtok_r(line, " ", &rest); word && count < IMPORT_WORDS_MAX;
	     word = strtok_r(NULL, " ", &rest))
		words[count++] = word;

	return count;
}

void import_say_line(FILE *out, const char *line)
{
	fprintf(out, "# %s\n", line);
}

void import_say(FILE *out, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fputs("#   ", out);
	vfprintf(out, format, arguments);
	fputc('\n', out);
	va_end(arguments);
}

void import_add(struct import_words *line, const char *format, ...)
{
	size_t room = sizeof(line->text) - line->used;
	va_list arguments;
	int added;

	va_start(arguments, format);
	added = vsnprintf(line->text + line->used, room, format, arguments);
	va_end(arguments);
	if (added > 0)
		line->used += (size_t)added < room ? (size_t)added : room - 1;
}

/**
 * struct judgement - what truechimed says of a line
 * @refused: it is an error, or has no effect
 * @lacks_others: it is an error without others, which the file may have
 * @reasons: the messages, a comment line each
 */
struct judgement {
	bool refused;
	bool lacks_others;
	char reasons[REASONS_SIZE];
};

static void judge(void *context, enum config_severity severity, const char *file, int line,
		  const char *message)
{
	struct judgement *judgement = context;
	size_t used = strlen(judgement->reasons);
	bool refused = severity != CONFIG_WARNING;

	(void)file;
	/* What is said in the end is about all lines, of which this is one. */
	judgement->lacks_others |= severity == CONFIG_ERROR && !line;
	if (severity == CONFIG_LINE || !line)
		return;
	snprintf(judgement->reasons + used, sizeof(judgement->reasons) - used, "#   %s%s\n",
		 refused ? "not taken over: " : "", message);
	judgement->refused |= refused;
}

bool import_put(FILE *out, const char *line)
{
	struct judgement judgement = { .refused = false };
	char shorter[IMPORT_LINE_MAX + 64];
	struct config *config = NULL;
	int err;

	err = config_explain("line", line, false, judge, &judgement, &config);
	fputs(judgement.reasons, out);
	config_free(config);
	if (judgement.refused || (err && !judgement.lacks_others))
		return false;
	config_shorten(line, shorter, sizeof(shorter));
	/* Which is how it is done. */
	if (!strncasecmp(shorter, "peer ", 5))
		fprintf(out, "server %s\n", shorter + 5);
	else
		fprintf(out, "%s\n", shorter);

	return true;
}
