// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lock and the pid file.
 */
#include "daemon/run_files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/file_identity.h"
#include "lib/state_file.h"

/* Another process may remove the file between our opening and locking it. */
#define LOCK_TRIES	4

/* A pid and a newline are shorter. */
#define PID_TEXT_MAX	32

/* Whoever may read its folder may read it, whatever the process hides otherwise. */
#define PID_FILE_MODE	0644

/* 0: nobody that is known. */
static pid_t holder_of(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fcntl(fd, F_GETLK, &lock) || lock.l_type == F_UNLCK || lock.l_pid <= 0)
		return 0;
	return lock.l_pid;
}

/* A lock of the whole file; not flock(2)'s, which names no holder and is inherited by children. */
static int set_lock(int fd, pid_t *holder)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (!fcntl(fd, F_SETLK, &lock))
		return 0;
	if (errno != EACCES && errno != EAGAIN)
		return -errno;
	*holder = holder_of(fd);
	return -EBUSY;
}

pid_t run_lock_holder(const char *path)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	pid_t holder;

	if (fd < 0)
		return 0;
	holder = holder_of(fd);
	close(fd);
	return holder;
}

/*
 * Readable by the owner only: a process that can read it can lock it, and so keep a daemon from
 * starting.
 */
static int open_lock(const char *path)
{
	const int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
	int fd = open(path, flags, 0600);

	/* A daemon that ran as another user may have left it when it was killed. */
	if (fd < 0 && errno == EACCES && !unlink(path))
		fd = open(path, flags, 0600);
	return fd < 0 ? -errno : fd;
}

bool run_is_locked(const char *path, int fd)
{
	struct file_identity locked;
	struct stat st;

	if (fstat(fd, &st))
		return false;
	locked = file_identity_of(&st);

	return file_identity_is_at(&locked, path);
}

int run_lock(const char *path, pid_t *holder)
{
	int tries = LOCK_TRIES, fd, err = -EAGAIN;
	struct stat st;

	while (tries--) {
		fd = open_lock(path);
		if (fd < 0)
			return fd;
		err = fstat(fd, &st) ? -errno : S_ISREG(st.st_mode) ? 0 : -EEXIST;
		if (!err)
			err = set_lock(fd, holder);
		if (!err && run_is_locked(path, fd))
			return fd;
		close(fd);
		if (err)
			return err;
		err = -EAGAIN;
	}
	return err;
}

void run_unlock(const char *path, int fd)
{
	if (fd < 0)
		return;
	if (run_is_locked(path, fd))
		(void)unlink(path);
	close(fd);
}

/* A file could not be opened: what says nothing about the file is no reason to leave it alone. */
static int open_error(int err)
{
	switch (err) {
	case ENOENT:
	case EMFILE:
	case ENFILE:
	case ENOMEM:
		return -err;
	}

	return -EEXIST;
}

/* The pid in a file, 0: it is empty, -EEXIST: it is no pid file, -errno. */
static long read_pid(const char *path)
{
	char text[PID_TEXT_MAX + 1], *end;
	ssize_t length;
	struct stat st;
	long pid;
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return open_error(errno);
	length = fstat(fd, &st) || !S_ISREG(st.st_mode) ? -1 : read(fd, text, sizeof(text) - 1);
	close(fd);
	if (length < 0 || length == PID_TEXT_MAX)
		return -EEXIST;
	text[length] = '\0';
	errno = 0;
	pid = strtol(text, &end, 10);
	if (errno || pid < 0 || (size_t)length != strlen(text) ||
	    text[strspn(text, "0123456789\n")])
		return -EEXIST;
	return pid;
}

int pid_file_write(const char *path, pid_t pid)
{
	char fresh[PATH_MAX], text[PID_TEXT_MAX];
	long before = read_pid(path);
	int length, fd;

	if (before < 0 && before != -ENOENT)
		return (int)before;
	if (snprintf(fresh, sizeof(fresh), "%s.new", path) >= (int)sizeof(fresh))
		return -ENAMETOOLONG;
	(void)unlink(fresh);
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		  PID_FILE_MODE);
	if (fd < 0)
		return -errno;
	(void)fchmod(fd, PID_FILE_MODE);
	length = snprintf(text, sizeof(text), "%d\n", (int)pid);

	return state_file_replace(path, fresh, fd, text, (size_t)length);
}

void pid_file_remove(const char *path, pid_t pid)
{
	if (read_pid(path) == pid)
		(void)unlink(path);
}
