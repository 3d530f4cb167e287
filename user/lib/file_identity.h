/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file's identity: by which it is known again when another one may have taken its name. Only
 * while it is open or bound: a file system gives the number of a file that is gone to another one.
 */
#ifndef LIB_FILE_IDENTITY_H
#define LIB_FILE_IDENTITY_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

/**
 * struct file_identity - of a file; zero: of none
 * @device: of the file system that it is in
 * @inode: its number there
 */
struct file_identity {
	dev_t device;
	ino_t inode;
};

static inline struct file_identity file_identity_of(const struct stat *status)
{
	return (struct file_identity){ .device = status->st_dev, .inode = status->st_ino };
}

static inline bool file_identity_equal(const struct file_identity *one,
				       const struct file_identity *other)
{
	return one->device == other->device && one->inode == other->inode;
}

/* The file that @status is of, from stat(2), lstat(2) or fstat(2), is that one. */
static inline bool file_identity_is_of(const struct file_identity *identity,
				       const struct stat *status)
{
	const struct file_identity found = file_identity_of(status);

	return file_identity_equal(identity, &found);
}

/* It is at @path, and no link to it. false also where that cannot be known. */
static inline bool file_identity_is_at(const struct file_identity *identity, const char *path)
{
	struct stat status;

	return !lstat(path, &status) && file_identity_is_of(identity, &status);
}

#endif /* LIB_FILE_IDENTITY_H */
