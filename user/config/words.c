// SPDX-License-Identifier: GPL-2.0-only
/*
 * The values of single words: each is taken, or reported.
 */
#include "config/reader.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/time_units.h"

int config_parse_seconds(struct config_reader *reader, const char *what, const char *word,
			 int64_t *ns)
{
	double value;

	if (config_parse_number(word, &value) < 0 || value < 0 || value > CONFIG_SECONDS_MAX)
		return config_error(reader, "%s '%s': seconds, up to %g, were expected", what, word,
				    CONFIG_SECONDS_MAX);
	*ns = (int64_t)llrint(value * NS_PER_S);

	return 0;
}

/*
 * Does the number in @word end where it should? Of several on one line chronyd sees what follows
 * the last one only as the end of what it reads.
 */
static bool ends(struct config_reader *reader, const char *word, const char *end, bool last)
{
	return last ? config_number_ends(reader, word, end) : end != word && !*end;
}

/*
 * The greatest error or change that something allows. chronyd takes any number. 0 is for whatever
 * the error is, which in the options says that nothing was configured.
 */
int config_parse_threshold(struct config_reader *reader, const char *what, const char *word,
			   bool last, int64_t *threshold_ns)
{
	char *end;
	double value = strtod(word, &end);

	if (!isfinite(value) || !ends(reader, word, end, last))
		return config_error(reader, "%s '%s': seconds were expected", what, word);
	if (value < 0 || value > CONFIG_SECONDS_MAX) {
		value = value < 0 ? 0 : CONFIG_SECONDS_MAX;
		config_warn(reader, "%s '%s' is out of range and counts as %g", what, word, value);
	}
	*threshold_ns = (int64_t)llrint(value * NS_PER_S);
	if (!*threshold_ns)
		*threshold_ns = 1;

	return 0;
}

int config_parse_count(struct config_reader *reader, const char *what, const char *word, bool last,
		       int *count)
{
	char *end;
	long value = strtol(word, &end, 10);

	if (!ends(reader, word, end, last))
		return config_error(reader, "%s '%s': a whole number was expected", what, word);
	if (value < INT_MIN || value > INT_MAX) {
		value = value < 0 ? INT_MIN : INT_MAX;
		config_warn(reader, "%s '%s' is out of range and counts as %ld", what, word, value);
	}
	*count = (int)value;

	return 0;
}

int config_copy_word(struct config_reader *reader, const char *word, char *place, size_t size)
{
	size_t length = strlen(word);

	if (length >= size)
		return config_no_effect(reader, "'%.20s...' is left out: %zu bytes are the most",
					word, size - 1);
	memset(place, 0, size);
	memcpy(place, word, length + 1);

	return 0;
}

/* The index of @word in @names, or -EINVAL after a report. */
int config_parse_choice(struct config_reader *reader, const char *what, const char *word,
			const char *const *names, size_t count)
{
	char list[128] = "";

	for (size_t i = 0; i < count; i++) {
		if (!names[i])
			continue;
		if (!strcasecmp(names[i], word))
			return (int)i;
		if (*list)
			strncat(list, i == count - 1 ? " or " : ", ",
				sizeof(list) - strlen(list) - 1);
		strncat(list, names[i], sizeof(list) - strlen(list) - 1);
	}

	return config_error(reader, "%s '%s': %s was expected", what, word, list);
}
