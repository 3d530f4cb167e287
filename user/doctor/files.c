// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading files of which none need be there.
 */
#include "doctor/files.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/printable.h"

/* No module or variable is longer. */
#define FILE_MAX	(16 << 20)

const char *doctor_path(char place[DOCTOR_PATH_MAX], const char *root, const char *path, ...)
{
	char inner[DOCTOR_PATH_MAX];
	va_list arguments;

	va_start(arguments, path);
	vsnprintf(inner, sizeof(inner), path, arguments);
	va_end(arguments);
	if (snprintf(place, DOCTOR_PATH_MAX, "%s%s", root, inner) >= DOCTOR_PATH_MAX)
		*place = '\0';

	return place;
}

size_t doctor_find(const char *place, glob_t *found)
{
	*found = (glob_t){ .gl_pathc = 0 };
	(void)glob(place, GLOB_NOSORT, NULL, found);

	return found->gl_pathc;
}

bool doctor_has(const char *place)
{
	return !access(place, F_OK);
}

void doctor_read_line(const char *place, char *line, size_t size)
{
	FILE *file = fopen(place, "re");

	*line = '\0';
	if (!file)
		return;
	if (!fgets(line, (int)size, file))
		*line = '\0';
	line[strcspn(line, "\n")] = '\0';
	fclose(file);
	make_printable(line);
}

/* Files of /proc and /sys do not say how long they are. */
char *doctor_read_all(const char *place, size_t *size)
{
	FILE *file = fopen(place, "re");
	size_t room = 4096, length = 0;
	char *bytes = NULL, *more;

	if (!file)
		return NULL;
	do {
		room *= 2;
		more = room > FILE_MAX ? NULL : realloc(bytes, room);
		if (!more) {
			length = 0;
			break;
		}
		bytes = more;
		length += fread(bytes + length, 1, room - length, file);
	} while (length == room);
	fclose(file);
	if (!length) {
		free(bytes);
		return NULL;
	}
	*size = length;

	return bytes;
}

bool doctor_has_line(const char *place, const char *start)
{
	FILE *file = fopen(place, "re");
	char line[256];
	bool found = false;

	if (!file)
		return false;
	while (!found && fgets(line, sizeof(line), file)) {
		const char *text = line;

		while (isblank((unsigned char)*text))
			text++;
		found = !strncmp(text, start, strlen(start));
	}
	fclose(file);

	return found;
}
