/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files in memory, by which other processes are handed more than a pipe takes.
 */
#ifndef LIB_MEMORY_FILE_H
#define LIB_MEMORY_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* Make one of @size zero bytes, which stays as long as that. A descriptor, -errno. */
int memory_file(const char *name, size_t size);

/* Map all of it with that protection. NULL: it has fewer than @least bytes, or cannot be mapped. */
void *memory_file_map(int fd, size_t least, int protection);

/* Write all of @bytes at @offset. */
bool memory_file_write(int fd, const void *bytes, size_t size, size_t offset);

#endif /* LIB_MEMORY_FILE_H */
