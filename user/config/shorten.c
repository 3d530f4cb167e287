// SPDX-License-Identifier: GPL-2.0-only
/*
 * A source directive without the options that have no effect here.
 */
#include "config/reader.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/text_append.h"

/* Add words to a line, with a blank between them. */
static void add_words(char *line, size_t size, const char *from, size_t length)
{
	text_append(line, size, "%s%.*s", *line ? " " : "", (int)length, from);
}

/* The next word at or after *@at, and its length; *@at is moved behind it. NULL: no more. */
static const char *next_word(const char **at, size_t *length)
{
	const char *word = *at + strspn(*at, " \t\r\v\f");

	*length = strcspn(word, " \t\r\v\f");
	*at = word + *length;

	return *length ? word : NULL;
}

/* The options of that directive, and how many words precede them. NULL: it has none. */
static const struct config_option *options_of(const char *directive, size_t *count, int *names)
{
	*names = !strcasecmp(directive, "refclock") ? 2 : 1;
	if (*names == 2)
		return config_refclock_options(count);
	if (!strcasecmp(directive, "server") || !strcasecmp(directive, "pool") ||
	    !strcasecmp(directive, "peer"))
		return config_server_options(count);

	return NULL;
}

void config_shorten(const char *line, char *shorter, size_t size)
{
	const struct config_option *table, *option;
	char text[CONFIG_WORD_MAX];
	const char *at = line;
	const char *word;
	size_t length, count;
	int names;

	*shorter = '\0';
	word = next_word(&at, &length);
	snprintf(text, sizeof(text), "%.*s", (int)length, word ? word : "");
	table = options_of(text, &count, &names);
	if (!table) {
		snprintf(shorter, size, "%s", line);
		return;
	}
	add_words(shorter, size, word, length);
	while (names--) {
		word = next_word(&at, &length);
		if (word)
			add_words(shorter, size, word, length);
	}
	for (word = next_word(&at, &length); word; word = next_word(&at, &length)) {
		int values;

		snprintf(text, sizeof(text), "%.*s", (int)length, word);
		option = config_option_find(table, count, text);
		if (!option || option->type != CONFIG_ADVICE)
			add_words(shorter, size, word, length);
		for (values = option ? config_option_values(option) : 0; values > 0; values--) {
			word = next_word(&at, &length);
			if (word && option->type != CONFIG_ADVICE)
				add_words(shorter, size, word, length);
		}
	}
}
