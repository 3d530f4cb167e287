// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file is made beside the old one, and takes its place when it is on its way to the disk. That it
 * is there is not waited for: a busy disk may take ten seconds for fsync(2), in which nobody would
 * end a slew of the system clock. Who loses power in these seconds has the old file or the new one
 * with ext4 and btrfs, and perhaps an empty one with others.
 */
#include "lib/state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int write_text(int fd, const char *text, size_t length)
{
	ssize_t written = write(fd, text, length);

	if (written < 0)
		return -errno;
	if ((size_t)written != length)
		return -ENOSPC;

	(void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);

	return 0;
}

/* "/dev/null" for a file that is not wanted: in its place all programs would find a plain file. */
static bool is_device(const char *path)
{
	struct stat about;

	return !lstat(path, &about) && (S_ISCHR(about.st_mode) || S_ISBLK(about.st_mode));
}

int state_file_replace(const char *path, const char *fresh, int fd, const char *text,
		       size_t length)
{
	int err = write_text(fd, text, length);

	if (close(fd) && !err)
		err = -errno;
	if (!err && is_device(path))
		err = -EINVAL;
	if (!err && rename(fresh, path))
		err = -errno;
	if (err)
		(void)unlink(fresh);

	return err;
}

int state_file_write(const char *path, const char *text, size_t length)
{
	char fresh[PATH_MAX];
	int fd;

	if (snprintf(fresh, sizeof(fresh), "%s.tmp", path) >= (int)sizeof(fresh))
		return -ENAMETOOLONG;
	(void)unlink(fresh);
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;

	return state_file_replace(path, fresh, fd, text, length);
}

int state_file_write_in(const char *directory, const char *path, const char *text, size_t length)
{
	int err = state_file_write(path, text, length);

	if (err != -ENOENT)
		return err;
	if (mkdir(directory, 0700))
		return -errno;

	return state_file_write(path, text, length);
}

static int read_text(int fd, char *text, size_t size)
{
	struct stat about;
	ssize_t length;

	if (fstat(fd, &about))
		return -errno;
	if (!S_ISREG(about.st_mode) || about.st_mode & 0022)
		return -EINVAL;
	if (about.st_size >= (off_t)size)
		return -EFBIG;
	length = read(fd, text, size - 1);
	if (length < 0)
		return -errno;
	text[length] = '\0';

	return (int)length;
}

int state_file_read(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), length;

	if (fd < 0)
		return errno == ELOOP ? -EINVAL : -errno;
	length = read_text(fd, text, size);
	close(fd);

	return length;
}

const char *state_file_problem(int err)
{
	switch (err) {
	case -EFBIG:
		return "it is too long";
	case -EINVAL:
		return "it is no ordinary file, or others may write to it";
	}

	return strerror(-err);
}
