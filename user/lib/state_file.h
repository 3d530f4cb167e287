/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Small files that are kept for the next start, written whole or not at all. Those with secrets are
 * readable by their owner only.
 */
#ifndef LIB_STATE_FILE_H
#define LIB_STATE_FILE_H

#include <stddef.h>

/*
 * Write @text to @fd, which is open for writing at @fresh, close it, and put that file in the place
 * of the one at @path. 0, -EINVAL: that is a device, -errno: then that one is as it was, and there
 * is none at @fresh.
 */
int state_file_replace(const char *path, const char *fresh, int fd, const char *text,
		       size_t length);

/* Replace a file with secrets. 0, -errno: then it is as it was. */
int state_file_write(const char *path, const char *text, size_t length);

/* The same in @directory, which is made when it is missing. */
int state_file_write_in(const char *directory, const char *path, const char *text, size_t length);

/*
 * Read one. How many bytes; -EFBIG: there are @size or more; -EINVAL: it is no ordinary file, or
 * others than its owner may write to it; -errno.
 */
int state_file_read(const char *path, char *text, size_t size);

/* What is wrong with one, by the negative error of reading it. */
const char *state_file_problem(int err);

#endif /* LIB_STATE_FILE_H */
