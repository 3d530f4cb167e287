// SPDX-License-Identifier: GPL-2.0-only
/*
 * One line: the event's instance in hexadecimal digits, and its number.
 */
#include "hooks/position.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/state_file.h"

#define POSITION_TEXT_MAX	64

static int format(const struct position *position, char *text, size_t size)
{
	return snprintf(text, size, "%016llx %u\n", (unsigned long long)position->instance,
			position->sequence);
}

/* What we have written, and nothing like it: a mistake would run programs for old disruptions. */
static int parse(const char *text, struct position *position)
{
	char again[POSITION_TEXT_MAX];
	unsigned long long instance;

	if (sscanf(text, "%16llx %10u", &instance, &position->sequence) != 2)
		return -EINVAL;
	position->instance = instance;
	format(position, again, sizeof(again));

	return strcmp(text, again) ? -EINVAL : 0;
}

int position_read(const char *path, struct position *position)
{
	char text[POSITION_TEXT_MAX];
	int length = state_file_read(path, text, sizeof(text));

	if (length < 0)
		return length == -EFBIG ? -EINVAL : length;

	return parse(text, position);
}

int position_write(const char *path, const struct position *position)
{
	char text[POSITION_TEXT_MAX];
	int length = format(position, text, sizeof(text));

	return state_file_write(path, text, (size_t)length);
}
