// SPDX-License-Identifier: GPL-2.0-only
/*
 * A listening socket in the file system.
 */
#include "ipc/socket_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* Another one that starts needs no more than some milliseconds. */
#define LOCK_ATTEMPTS	100
#define LOCK_PAUSE_NS	10000000

bool socket_file_folder(const char *path, char folder[SOCKET_FOLDER_MAX])
{
	char *slash;

	if (snprintf(folder, SOCKET_FOLDER_MAX, "%s", path) >= SOCKET_FOLDER_MAX)
		return false;
	slash = strrchr(folder, '/');
	if (!slash || slash == folder)
		return false;
	*slash = '\0';

	return true;
}

bool socket_file_is_gone(const char *path)
{
	struct stat st;

	return lstat(path, &st) && (errno == ENOENT || errno == ENOTDIR);
}

/*
 * A socket without a listener may be replaced; one that is too busy to accept anybody has one. 0:
 * nobody listens there; -EADDRINUSE; -errno: nobody knows.
 */
static int ask_for_listener(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -errno;
	err = connect(fd, (const struct sockaddr *)address, sizeof(*address)) ? errno : 0;
	close(fd);
	switch (err) {
	case ECONNREFUSED:
	case ENOENT:
		return 0;
	case 0:
	case EAGAIN:
		return -EADDRINUSE;
	}

	return -err;
}

/* Keep a file that was named by mistake, though root could remove it. */
int socket_file_remove(const char *path)
{
	struct stat st;

	if (lstat(path, &st))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -ENOTSOCK;
	return unlink(path) ? -errno : 0;
}

/*
 * Everyone may connect; an administrator restricts that by the directory's permissions. The file is
 * made with the socket's: whoever may write to the directory may have put another one there by the
 * time that it could be given others by its name, and we may be root.
 */
static int bind_for_all(int fd, const struct sockaddr_un *address)
{
	mode_t mask = umask(0111);
	int err = bind(fd, (const struct sockaddr *)address, sizeof(*address)) ? -errno : 0;

	umask(mask);
	return err;
}

/*
 * Until a socket listens it looks as one without a listener does: of two that start together each
 * would replace the other's. So the folder is locked meanwhile, which leaves nothing behind. Who
 * may read the folder may lock it, too, and must keep nobody from starting: the lock is not awaited
 * for long. A descriptor to close, or -1: it is not locked.
 */
static int lock_folder(const char *path)
{
	const struct timespec pause = { .tv_nsec = LOCK_PAUSE_NS };
	char buffer[SOCKET_FOLDER_MAX];
	const char *folder = buffer;
	int fd;

	if (!socket_file_folder(path, buffer))
		folder = *path == '/' ? "/" : ".";
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; fd >= 0 && flock(fd, LOCK_EX | LOCK_NB); i++) {
		if (i == LOCK_ATTEMPTS) {
			close(fd);
			return -1;
		}
		(void)nanosleep(&pause, NULL);
	}

	return fd;
}

static int make_socket(const char *path, const struct sockaddr_un *address, int backlog)
{
	int fd, err;

	err = ask_for_listener(address);
	if (!err)
		err = socket_file_remove(path);
	if (err)
		return err;
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd < 0)
		return -errno;
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) || fcntl(fd, F_SETFL, O_NONBLOCK))
		goto err_close;
	err = bind_for_all(fd, address);
	if (err) {
		close(fd);
		return err;
	}
	if (!listen(fd, backlog))
		return fd;

	err = -errno;
	unlink(path);
	close(fd);
	return err;
err_close:
	err = -errno;
	close(fd);
	return err;
}

int socket_file_listen(const char *path, int backlog)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, lock;

	/* The kernel would take it for one that is in no folder. */
	if (!*path)
		return -ENOENT;
	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path) + 1);
	lock = lock_folder(path);
	fd = make_socket(path, &address, backlog);
	if (lock >= 0)
		close(lock);

	return fd;
}
