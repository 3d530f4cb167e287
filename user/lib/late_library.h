/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shared libraries that are opened when they are needed, so that they take no memory otherwise.
 */
#ifndef LIB_LATE_LIBRARY_H
#define LIB_LATE_LIBRARY_H

#include <stddef.h>

/**
 * struct late_function - one of a library's functions
 * @name: its name
 * @pointer: to the pointer to a function that is to be set
 */
struct late_function {
	const char *name;
	void *pointer;
};

/**
 * late_library_open() - open a library, and find all of some of its functions
 * @path: its name, as dlopen(3) takes it
 * @wanted: the functions
 * @count: how many
 *
 * Return: what dlclose(3) takes; NULL: it is not installed, or another version of it is.
 */
void *late_library_open(const char *path, const struct late_function *wanted, size_t count);

#endif /* LIB_LATE_LIBRARY_H */
