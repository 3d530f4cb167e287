// SPDX-License-Identifier: GPL-2.0-only
/*
 * The values of words that have no effect here. They are checked all the same, as a mistake in
 * them is one for chronyd, too. A form is a letter for each value: i a whole number, f a number,
 * s any word. Those after a question mark may be left out, and an asterisk
 * lets the last one be repeated.
 */
#include "config/reader.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int config_form_least(const char *form)
{
	return (int)strcspn(form, "?*");
}

int config_form_most(const char *form)
{
	int most = 0;

	for (; *form; form++) {
		if (*form == '*')
			return CONFIG_WORDS_MAX;
		most += *form != '?';
	}

	return most;
}

/* What the letter calls for, or NULL if @word is that. */
static const char *missing(struct config_reader *reader, char letter, const char *word)
{
	char *end = NULL;
	double value = 0;

	switch (letter) {
	case 'i':
		strtoll(word, &end, 10);
		break;
	case 'f':
		value = strtod(word, &end);
		break;
	default:
		return NULL;
	}
	/* Nothing comes of the number, so that what follows it deserves no warning. */
	if (end != word && isfinite(value) && (!*end || !reader->option_of))
		return NULL;

	return letter == 'i' ? "whole number" : "number";
}

/* Return: 0, or -EINVAL after an error was reported. The number of words was checked. */
int config_form_check(struct config_reader *reader, const struct config_option *option, int count,
		      char **words)
{
	const char *form = option->form;

	for (int i = 0; i < count; i++) {
		const char *expected;

		if (*form == '?')
			form++;
		expected = missing(reader, *form, words[i]);
		if (expected)
			return config_error(reader, "'%s %s': a %s was expected", option->name,
					    words[i], expected);
		if (form[1] != '*')
			form++;
	}

	return 0;
}
