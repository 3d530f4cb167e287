/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text from outside as JSON.
 */
#ifndef JSON_TEXT_H
#define JSON_TEXT_H

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "lib/printable.h"

/*
 * Names of files and arguments of programs need not be UTF-8, and jansson has no value for such a
 * one: what it belongs to would be missing. There all that is not printable ASCII becomes question
 * marks.
 */
static inline json_t *json_of_text(const char *text)
{
	json_t *string = json_string(text);
	char *copy;

	if (string)
		return string;
	copy = strdup(text);
	if (copy)
		make_printable(copy);
	string = json_string(copy ? copy : "?");
	free(copy);

	return string;
}

/* In place. Where there is no memory for that nothing is left of the text. */
static inline void json_make_printable(json_t *string)
{
	char *copy = strdup(json_string_value(string));

	if (copy)
		make_printable(copy);
	(void)json_string_set_nocheck(string, copy ? copy : "");
	free(copy);
}

#endif /* JSON_TEXT_H */
