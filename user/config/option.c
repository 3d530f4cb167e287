// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables of words: finding a word, finding the nearest one to a misspelt word, and the checked
 * conversion of its value. The words' meaning is up to the owners of the tables.
 */
#include "config/reader.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NS_PER_S	1e9
#define PPM		1e6

/* Longer words are not compared. */
#define DISTANCE_WORD_MAX	32

/* With more edits than this it is another word. */
#define DISTANCE_MAX	3

const struct config_option *config_option_find(const struct config_option *table, size_t count,
					       const char *word)
{
	for (size_t i = 0; i < count; i++) {
		if (!strcasecmp(table[i].name, word))
			return &table[i];
	}

	return NULL;
}

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/* Edits from one word to the other: insert, delete, replace, swap two neighbours. */
static size_t edit_distance(const char *a, const char *b)
{
	size_t d[DISTANCE_WORD_MAX + 1][DISTANCE_WORD_MAX + 1];
	size_t a_length = strlen(a);
	size_t b_length = strlen(b);

	if (a_length > DISTANCE_WORD_MAX || b_length > DISTANCE_WORD_MAX)
		return SIZE_MAX;

	for (size_t i = 0; i <= a_length; i++)
		d[i][0] = i;
	for (size_t j = 0; j <= b_length; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= a_length; i++) {
		for (size_t j = 1; j <= b_length; j++) {
			int x = tolower((unsigned char)a[i - 1]);
			int y = tolower((unsigned char)b[j - 1]);

			d[i][j] = min3(d[i - 1][j] + 1, d[i][j - 1] + 1,
				       d[i - 1][j - 1] + (x != y));
			if (i > 1 && j > 1 && x == tolower((unsigned char)b[j - 2]) &&
			    y == tolower((unsigned char)a[i - 2]) && d[i - 2][j - 2] + 1 < d[i][j])
				d[i][j] = d[i - 2][j - 2] + 1;
		}
	}

	return d[a_length][b_length];
}

/* NULL: nothing is near. */
const char *config_option_nearest(const struct config_option *table, size_t count,
				  const char *word)
{
	const char *nearest = NULL;
	size_t word_length = strlen(word);
	size_t least = DISTANCE_MAX + 1;

	/* A short word of which every letter differs is no misspelling. */
	if (word_length < least)
		least = word_length;
	for (size_t i = 0; i < count; i++) {
		size_t length = strlen(table[i].name);
		size_t distance;

		/* Each additional letter is an edit. */
		if (length >= word_length + least || word_length >= length + least)
			continue;
		distance = edit_distance(table[i].name, word);
		if (distance < least) {
			least = distance;
			nearest = table[i].name;
		}
	}

	return nearest;
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

static void store_number(const struct config_option *option, void *place, double value)
{
	char *target = (char *)place + option->offset;

	switch (option->type) {
	case CONFIG_INT:
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
		*(int64_t *)(void *)target = (int64_t)llrint(value * NS_PER_S);
		break;
	case CONFIG_FLAG:
	case CONFIG_CLEAR:
	case CONFIG_WORD:
	case CONFIG_HANDLER:
	case CONFIG_MOOT:
	case CONFIG_ADVICE:
	case CONFIG_REFUSED:
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
	case CONFIG_FLAG:
	case CONFIG_CLEAR:
		return 0;
	case CONFIG_INT:
	case CONFIG_NUMBER:
	case CONFIG_PPM:
	case CONFIG_SECONDS:
	case CONFIG_NS:
	case CONFIG_WORD:
		return 1;
	case CONFIG_HANDLER:
	case CONFIG_MOOT:
	case CONFIG_ADVICE:
	case CONFIG_REFUSED:
		break;
	}

	return (int)option->max;
}

static int set_number(struct config_reader *reader, const struct config_option *option,
		      void *place, const char *word)
{
	bool whole = option->type == CONFIG_INT || option->type == CONFIG_SECONDS;
	double value;

	if (config_parse_number(word, &value) < 0 || (whole && value != floor(value))) {
		config_error(reader, "'%s %s': a %s was expected", option->name, word,
			     whole ? "whole number" : "number");
		return -EINVAL;
	}
	if (value < option->min || value > option->max) {
		config_error(reader, "'%s %s' is out of range: it can be %g to %g", option->name,
			     word, option->min, option->max);
		return -EINVAL;
	}
	store_number(option, place, value);

	return 0;
}

static int set_word(struct config_reader *reader, const struct config_option *option,
		    void *place, const char *word)
{
	size_t length = strlen(word);

	if (length >= option->size) {
		config_error(reader, "the value of '%s' is too long: %zu bytes are the most",
			     option->name, option->size - 1);
		return -EINVAL;
	}
	memcpy((char *)place + option->offset, word, length + 1);

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
	case CONFIG_HANDLER:
		return option->handle(reader, count, words);
	case CONFIG_ADVICE:
		config_warn(reader, "'%s' has no effect: %s", option->name, option->advice);
		return 0;
	case CONFIG_MOOT:
		return 0;
	case CONFIG_REFUSED:
		config_error(reader, "'%s' is not supported: %s", option->name, option->advice);
		return -EINVAL;
	}

	return -EINVAL;
}
