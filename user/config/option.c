// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables of words: finding a word, the checked conversion of its value, and the options of a
 * directive one after the other. The words' meaning is up to the owners of the tables.
 */
#include "config/reader.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/nearest_word.h"
#include "lib/time_units.h"

#define PPM		1e6

const struct config_option *config_option_find(const struct config_option *table, size_t count,
					       const char *word)
{
	for (size_t i = 0; i < count; i++) {
		if (!strcasecmp(table[i].name, word))
			return &table[i];
	}

	return NULL;
}

/* NULL: nothing is near. */
const char *config_option_nearest(const struct config_option *table, size_t count,
				  const char *word)
{
	struct nearest_word nearest = nearest_word_to(word);

	for (size_t i = 0; i < count; i++)
		nearest_word_try(&nearest, table[i].name);

	return nearest.found;
}

int config_parse_number(const char *word, double *value)
{
	char *end;

	errno = 0;
	*value = strtod(word, &end);
	if (end == word || *end != '\0' || !isfinite(*value) || errno == ERANGE)
		return -EINVAL;

	return 0;
}

/*
 * Does the number in @word end where it should? chronyd takes what is in front of anything else for
 * the value of a directive, not so for that of an option: the same here, with a warning.
 */
bool config_number_ends(struct config_reader *reader, const char *word, const char *end)
{
	if (end == word || (*end && reader->option_of))
		return false;
	if (*end)
		config_warn(reader, "'%s' counts as '%.*s', as in chronyd", word,
			    (int)(end - word), word);

	return true;
}

static void store_number(const struct config_option *option, void *place, double value)
{
	char *target = (char *)place + option->offset;

	switch (option->type) {
	case CONFIG_INT:
	case CONFIG_CHOICE:
		*(int *)(void *)target = (int)value;
		break;
	case CONFIG_NUMBER:
		*(double *)(void *)target = value;
		break;
	case CONFIG_PPM:
		*(double *)(void *)target = value / PPM;
		break;
	case CONFIG_SECONDS:
		*(int64_t *)(void *)target = (int64_t)value;
		break;
	case CONFIG_NS:
		*(int64_t *)(void *)target = (int64_t)llrint(value * NS_PER_S_REAL);
		break;
	case CONFIG_CONSTANT:
	case CONFIG_FLAG:
	case CONFIG_CLEAR:
	case CONFIG_WORD:
	case CONFIG_HANDLER:
	case CONFIG_ALWAYS:
	case CONFIG_MOOT:
	case CONFIG_ADVICE:
	case CONFIG_LEFT_OUT:
		break;
	}
}

void config_option_defaults(const struct config_option *table, size_t count, void *place)
{
	for (size_t i = 0; i < count; i++)
		store_number(&table[i], place, table[i].initial);
}

/* How many values the word takes at most. */
int config_option_values(const struct config_option *option)
{
	switch (option->type) {
	case CONFIG_CONSTANT:
	case CONFIG_FLAG:
	case CONFIG_CLEAR:
	case CONFIG_ALWAYS:
		return 0;
	case CONFIG_INT:
	case CONFIG_NUMBER:
	case CONFIG_PPM:
	case CONFIG_SECONDS:
	case CONFIG_NS:
	case CONFIG_WORD:
	case CONFIG_CHOICE:
		return 1;
	case CONFIG_HANDLER:
	case CONFIG_MOOT:
	case CONFIG_ADVICE:
	case CONFIG_LEFT_OUT:
		break;
	}

	return option->form ? config_form_most(option->form) : (int)option->max;
}

/* The number in front of @word and where it ends, as chronyd reads it. */
static double leading_number(const char *word, bool whole, char **end)
{
	return whole ? (double)strtoll(word, end, 10) : strtod(word, end);
}

static int set_number(struct config_reader *reader, const struct config_option *option,
		      void *place, const char *word)
{
	bool whole = option->type == CONFIG_INT || option->type == CONFIG_SECONDS;
	char *end;
	double value = leading_number(word, whole, &end);

	if (!isfinite(value) || (option->own && *end) || !config_number_ends(reader, word, end))
		return config_error(reader, "'%s %s': a %s was expected%s", option->name, word,
				    whole ? "whole number" : "number",
				    option->own ? ", in seconds and without a unit" : "");
	if ((value < option->min || value > option->max) && !option->limit)
		return config_error(reader, "'%s %s' is out of range: it can be %.10g to %.10g",
				    option->name, word, option->min, option->max);
	if (value < option->min || value > option->max) {
		value = value < option->min ? option->min : option->max;
		config_warn(reader,
			    "'%s %s' is out of range: it can be %.10g to %.10g, and counts as %.10g",
			    option->name, word, option->min, option->max, value);
	}
	store_number(option, place, value);

	return 0;
}

/* A path that is too long is no mistake, but there is no room for it. */
static int set_word(struct config_reader *reader, const struct config_option *option,
		    void *place, const char *word)
{
	size_t length = strlen(word);

	if (length >= option->size && !reader->option_of)
		return config_no_effect(reader,
					"'%s' is too long and left out: %zu bytes are the most",
					option->name, option->size - 1);
	if (length >= option->size)
		return config_error(reader, "the value of '%s' is too long: %zu bytes are the most",
				    option->name, option->size - 1);
	/* Nothing of an earlier, longer value stays. */
	memset((char *)place + option->offset, 0, option->size);
	memcpy((char *)place + option->offset, word, length);

	return 0;
}

static int set_choice(struct config_reader *reader, const struct config_option *option,
		      void *place, const char *word)
{
	int choice = config_parse_choice(reader, option->name, word, option->choices, option->size);

	if (choice < 0)
		return choice;
	store_number(option, place, choice);

	return 0;
}

/* What belongs to something without effect, or has none itself. */
static int set_nothing(struct config_reader *reader, const struct config_option *option,
		       int count, char **words)
{
	if (option->form && config_form_check(reader, option, count, words) < 0)
		return -EINVAL;
	if (option->handle && option->handle(reader, count, words) < 0)
		return -EINVAL;
	if (option->type == CONFIG_LEFT_OUT)
		reader->left_out = true;
	if (option->type == CONFIG_LEFT_OUT)
		config_no_effect(reader, "the '%s' with '%s' is left out: %s", reader->option_of,
				 option->name, option->advice);
	else if (option->type == CONFIG_MOOT && !reader->option_of)
		config_note(reader, "%s", option->advice ? option->advice :
			    "it belongs to what has no effect here");
	else if (option->type == CONFIG_ADVICE && reader->option_of)
		config_warn(reader, "'%s' has no effect: %s", option->name, option->advice);
	/* The verdict says so, and the line itself is above it. */
	else if (option->type == CONFIG_ADVICE && reader->explain)
		config_no_effect(reader, "%s", option->advice);
	else if (option->type == CONFIG_ADVICE)
		config_no_effect(reader, "'%s' has no effect: %s", option->name, option->advice);

	return 0;
}

/**
 * config_option_set() - a word's values into their place
 * @reader: for reports
 * @option: the word
 * @place: structure that @offset is into
 * @count: of @words, as checked by the caller
 * @words: the values
 *
 * Return: 0, or -EINVAL after an error was reported.
 */
int config_option_set(struct config_reader *reader, const struct config_option *option,
		      void *place, int count, char **words)
{
	switch (option->type) {
	case CONFIG_CONSTANT:
		*(int *)(void *)((char *)place + option->offset) = (int)option->max;
		return 0;
	case CONFIG_FLAG:
	case CONFIG_CLEAR:
		*((bool *)place + option->offset) = option->type == CONFIG_FLAG;
		return 0;
	case CONFIG_INT:
	case CONFIG_NUMBER:
	case CONFIG_PPM:
	case CONFIG_SECONDS:
	case CONFIG_NS:
		return set_number(reader, option, place, words[0]);
	case CONFIG_WORD:
		return set_word(reader, option, place, words[0]);
	case CONFIG_CHOICE:
		return set_choice(reader, option, place, words[0]);
	case CONFIG_HANDLER:
		return option->handle(reader, count, words);
	case CONFIG_ALWAYS:
		return 0;
	case CONFIG_MOOT:
	case CONFIG_ADVICE:
	case CONFIG_LEFT_OUT:
		return set_nothing(reader, option, count, words);
	}

	return -EINVAL;
}

/* One option and its values. How many words it took, or -EINVAL after a report. */
static int set_option(struct config_reader *reader, const struct config_option *table,
		      size_t table_count, void *place, int count, char **words)
{
	const struct config_option *option = config_option_find(table, table_count, words[0]);
	const char *nearest;
	int values;

	if (!option) {
		nearest = config_option_nearest(table, table_count, words[0]);
		if (strchr("#!;%", words[0][0]))
			return config_error(reader, "a comment needs a line of its own");
		if (nearest)
			return config_error(reader, "'%s' is no option of '%s'; did you mean '%s'?",
					    words[0], reader->option_of, nearest);
		return config_error(reader, "'%s' is no option of '%s'", words[0],
				    reader->option_of);
	}

	values = config_option_values(option);
	if (values > count - 1)
		return config_error(reader, "'%s' needs a value", option->name);
	if (config_option_set(reader, option, place, values, words + 1) < 0)
		return -EINVAL;

	return 1 + values;
}

/**
 * config_options_set() - the options of a directive, each with its values
 * @reader: for reports
 * @table: of the options
 * @table_count: how many
 * @place: structure that their offsets are into; NULL: none of them has a place
 * @count: of @words
 * @words: options and values
 *
 * Return: 0, or -EINVAL after an error was reported.
 */
int config_options_set(struct config_reader *reader, const struct config_option *table,
		       size_t table_count, void *place, int count, char **words)
{
	int taken = 0;

	reader->option_of = reader->directive;
	while (count > 0 && taken >= 0) {
		taken = set_option(reader, table, table_count, place, count, words);
		if (taken > 0) {
			count -= taken;
			words += taken;
		}
	}
	reader->option_of = NULL;

	return taken < 0 ? taken : 0;
}
