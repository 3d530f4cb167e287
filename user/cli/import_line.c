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
#include "lib/text_append.h"

/* What was said of one line. */
#define REASONS_SIZE	4096

/*
 * The next line of *@text to @line, which has IMPORT_LINE_MAX bytes, printable and without blanks
 * at its end; a longer one is cut, which @cut says. False: there is none.
 */
static bool next_line(const char **text, char *line, bool *cut)
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

/* Does the line from @begin to before @next end in an odd number of backslashes? */
static bool goes_on(const char *begin, const char *next)
{
	size_t count = 0;

	if (next > begin && next[-1] == '\n')
		next--;
	while (next > begin && next[-1] == '\\') {
		next--;
		count++;
	}

	return count % 2;
}

/* Add @more to @line, which has @used bytes. false: a part of it has no room. */
static bool append(char *line, size_t used, const char *more)
{
	return snprintf(line + used, IMPORT_LINE_MAX - used, "%s", more) <
	       (int)(IMPORT_LINE_MAX - used);
}

/* false: there is no other line. */
static bool join_next(const char **text, const struct import_joining *joining, char *line,
		      bool *cut)
{
	char more[IMPORT_LINE_MAX];
	size_t used = strlen(line) - 1;

	line[used] = '\0';
	do {
		if (!next_line(text, more, cut))
			return false;
	} while (joining->is_comment && joining->is_comment(more));
	*cut |= !append(line, used, joining->between);
	*cut |= !append(line, strlen(line), more + strspn(more, *joining->between ? " " : ""));

	return true;
}

/* The same of the next line and those in which it goes on. Of two backslashes one is escaped. */
static bool next_joined(const char **text, const struct import_joining *joining, char *line,
			bool *cut)
{
	const char *begin = *text;

	if (!next_line(text, line, cut))
		return false;
	if (joining->is_comment && joining->is_comment(line))
		return true;
	while (!*cut && goes_on(begin, *text)) {
		begin = *text;
		if (!join_next(text, joining, line, cut))
			break;
	}

	return true;
}

void import_each_line(const struct import_file *files, size_t count,
		      const struct import_reader *reader)
{
	char line[IMPORT_LINE_MAX];
	bool cut;

	for (size_t i = 0; i < count; i++) {
		const char *text = files[i].text;

		if (reader->begin)
			reader->begin(reader->context);
		while (reader->joining ?
		       next_joined(&text, reader->joining, line, &cut) :
		       next_line(&text, line, &cut))
			reader->take(reader->context, line, cut);
	}
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
	bool refused = severity != CONFIG_WARNING;

	(void)file;
	/* What is said in the end is about all lines, of which this is one. */
	judgement->lacks_others |= severity == CONFIG_ERROR && !line;
	if (severity == CONFIG_LINE || !line)
		return;
	text_append(judgement->reasons, sizeof(judgement->reasons), "#   %s%s\n",
		    refused ? "not taken over: " : "", message);
	judgement->refused |= refused;
}

bool import_put(FILE *out, const char *format, ...)
{
	struct judgement judgement = { .refused = false };
	char line[IMPORT_LINE_MAX + 64], shorter[sizeof(line)];
	struct config *config = NULL;
	va_list arguments;
	int err;

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
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
