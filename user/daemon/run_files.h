/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files that say that a daemon runs: the lock, by which a second one notices, and the pid file.
 * They are written by root, perhaps in a directory that is somebody else's, so that no link is
 * followed and nothing but such a file is replaced.
 */
#ifndef DAEMON_RUN_FILES_H
#define DAEMON_RUN_FILES_H

#include <stdbool.h>
#include <sys/types.h>

/* The lock of the daemon that steers the system clock, wherever its control socket is. */
#define RUN_LOCK_PATH	"/run/truechime/lock"

/*
 * Lock @path, made if it is not there, for as long as this process lives. A descriptor, -EBUSY:
 * @holder, 0 if that is not known, has it; or -errno.
 */
int run_lock(const char *path, pid_t *holder);

/* Who has it; 0: nobody, or that is not known. It is not made. */
pid_t run_lock_holder(const char *path);

/* The file of @fd, which run_lock() returned, is still there, and no other one in its place. */
bool run_is_locked(const char *path, int fd);

/* Unlock it, and remove it where permitted, unless another one is in its place by now. */
void run_unlock(const char *path, int fd);

/* 0, -EEXIST: there is something else than a pid file, which is left alone; or -errno. */
int pid_file_write(const char *path, pid_t pid);

/* Remove it, if it says @pid. */
void pid_file_remove(const char *path, pid_t pid);

#endif /* DAEMON_RUN_FILES_H */
