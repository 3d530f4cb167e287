/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Small files with secrets that are kept for the next start: written whole or not at all, and
 * readable by their owner only.
 */
#ifndef LIB_STATE_FILE_H
#define LIB_STATE_FILE_H

#include <stddef.h>

/* Replace the file. 0, -errno: then it is as it was. */
int state_file_write(const char *path, const char *text, size_t length);

/*
 * Read it. How many bytes; -EFBIG: there are @size or more; -EINVAL: it is no ordinary file, or
 * others than its owner may write to it; -errno.
 */
int state_file_read(const char *path, char *text, size_t size);

#endif /* LIB_STATE_FILE_H */
