/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does JSON fit one of docs/schema? They are read as far as ours need it. SCHEMA_DIR is where they
 * are, and a member that none describes does not fit, whatever they say of more.
 */
#ifndef UNIT_SCHEMA_H
#define UNIT_SCHEMA_H

#include <jansson.h>
#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "integer" ... of a value. A whole number is a number, too. */
static bool is_type(const json_t *value, const char *type)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return !strcmp(type, "object");
	case JSON_ARRAY:
		return !strcmp(type, "array");
	case JSON_STRING:
		return !strcmp(type, "string");
	case JSON_INTEGER:
		return !strcmp(type, "integer") || !strcmp(type, "number");
	case JSON_REAL:
		return !strcmp(type, "number");
	case JSON_TRUE:
	case JSON_FALSE:
		return !strcmp(type, "boolean");
	case JSON_NULL:
		break;
	}
	return !strcmp(type, "null");
}

static bool fits(const json_t *value, const json_t *schema, const json_t *top);

static bool fits_one(const json_t *value, const json_t *schemas, const json_t *top)
{
	const json_t *schema;
	size_t i;

	json_array_foreach(schemas, i, schema)
		if (fits(value, schema, top))
			return true;
	return false;
}

static bool is_among(const json_t *value, const json_t *values)
{
	const json_t *other;
	size_t i;

	json_array_foreach(values, i, other)
		if (json_equal(value, other))
			return true;
	return false;
}

static bool has_type(const json_t *value, const json_t *types)
{
	const json_t *type;
	size_t i;

	if (json_is_string(types))
		return is_type(value, json_string_value(types));
	json_array_foreach(types, i, type)
		if (is_type(value, json_string_value(type)))
			return true;
	return false;
}

/* Ours are regular expressions of POSIX, too. */
static bool has_pattern(const char *text, const char *pattern)
{
	regex_t regex;
	bool good;

	if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB))
		return false;
	good = !regexec(&regex, text, 0, NULL, 0);
	regfree(&regex);

	return good;
}

static bool fits_members(json_t *value, const json_t *schema, const json_t *top)
{
	const json_t *properties = json_object_get(schema, "properties"), *name;
	const char *key;
	json_t *member;
	size_t i;

	json_array_foreach(json_object_get(schema, "required"), i, name)
		if (!json_object_get(value, json_string_value(name))) {
			printf("# %s is not there\n", json_string_value(name));
			return false;
		}
	json_object_foreach(value, key, member)
		if (!json_object_get(properties, key) ||
		    !fits(member, json_object_get(properties, key), top)) {
			printf("# %s does not fit\n", key);
			return false;
		}
	return true;
}

/* @name: of a file, without its end. */
static json_t *schema_read(const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), SCHEMA_DIR "/%s.json", name);

	return json_load_file(path, 0, NULL);
}

/* @reference: "sources.json", "#/$defs/ntp" or both, one behind the other. */
static bool fits_reference(const json_t *value, const char *reference, const json_t *top)
{
	const char *place = strchr(reference, '#');
	json_t *file = NULL;
	char name[64];
	bool good;

	if (sscanf(reference, "%63[a-z]", name) == 1) {
		file = schema_read(name);
		top = file;
	}
	good = fits(value, place ? json_object_get(json_object_get(top, "$defs"),
						   strrchr(place, '/') + 1) : top, top);
	json_decref(file);

	return good;
}

static bool fits(const json_t *value, const json_t *schema, const json_t *top)
{
	const json_t *types = json_object_get(schema, "type");
	const json_t *least = json_object_get(schema, "minimum");
	const json_t *most = json_object_get(schema, "maximum");
	const json_t *pattern = json_object_get(schema, "pattern");
	const char *reference = json_string_value(json_object_get(schema, "$ref"));
	const json_t *element;
	size_t i;

	if (reference)
		return fits_reference(value, reference, top);
	if (json_object_get(schema, "anyOf"))
		return fits_one(value, json_object_get(schema, "anyOf"), top);
	if (json_object_get(schema, "const"))
		return json_equal(value, json_object_get(schema, "const"));
	if (json_object_get(schema, "enum"))
		return is_among(value, json_object_get(schema, "enum"));
	if (!types || !has_type(value, types))
		return false;
	if (json_is_number(value) &&
	    ((least && json_number_value(value) < json_number_value(least)) ||
	     (most && json_number_value(value) > json_number_value(most))))
		return false;
	if (pattern && json_is_string(value) &&
	    !has_pattern(json_string_value(value), json_string_value(pattern)))
		return false;
	json_array_foreach(value, i, element)
		if (!fits(element, json_object_get(schema, "items"), top))
			return false;
	return !json_is_object(value) || fits_members((json_t *)value, schema, top);
}

/* @name: of a verb. NULL does not fit. */
static bool schema_fits(const char *name, const json_t *value)
{
	json_t *schema = schema_read(name);
	bool good = schema && value && fits(value, schema, schema);
	char *text;

	if (!good) {
		text = json_dumps(value, JSON_COMPACT);
		printf("# %s: %s\n", name, text ? text : "nothing");
		free(text);
	}
	json_decref(schema);

	return good;
}

/* What was printed, which is one value. */
static inline bool schema_fits_text(const char *name, const char *text)
{
	json_t *value = json_loads(text, 0, NULL);
	bool good = schema_fits(name, value);

	json_decref(value);

	return good;
}

#endif /* UNIT_SCHEMA_H */
