/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files of the machine that is looked at, which may be a tree of a test's own.
 */
#ifndef DOCTOR_FILES_H
#define DOCTOR_FILES_H

#include <glob.h>
#include <stdbool.h>
#include <stddef.h>

/* Longer paths are none that is looked for. */
#define DOCTOR_PATH_MAX		512

/* The place of @path below @root, which is returned. */
__attribute__((format(printf, 3, 4)))
const char *doctor_path(char place[DOCTOR_PATH_MAX], const char *root, const char *path, ...);

/* What is there by the pattern @place, in any order, to be freed by globfree(3). How many. */
size_t doctor_find(const char *place, glob_t *found);

/* The file is there. A link that leads nowhere is not. */
bool doctor_has(const char *place);

/*
 * The first line of it, without its end; "" if there is none. As anybody chooses a process's name,
 * what a terminal would take for orders is replaced by '?'.
 */
void doctor_read_line(const char *place, char *line, size_t size);

/* All of it, free() it; NULL: there is none, it is empty, or longer than 16 MiB. */
char *doctor_read_all(const char *place, size_t *size);

/* A line of the file begins with @start, apart from blanks. */
bool doctor_has_line(const char *place, const char *start);

#endif /* DOCTOR_FILES_H */
