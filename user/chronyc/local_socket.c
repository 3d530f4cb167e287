// SPDX-License-Identifier: GPL-2.0-only
/*
 * The local socket: its file, and the credentials of those who send to it.
 */
#include "chronyc/local_socket.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/control_message.h"

static int address_of(const char *path, struct sockaddr_un *address)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(address->sun_path))
		return -ENAMETOOLONG;
	memcpy(address->sun_path, path, strlen(path) + 1);

	return 0;
}

/* Some process has it open; one that cannot be asked may. */
static bool is_alive(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool alive;

	if (fd < 0)
		return true;
	alive = !connect(fd, (const struct sockaddr *)address, sizeof(*address)) ||
		(errno != ECONNREFUSED && errno != ENOENT);
	close(fd);

	return alive;
}

/* Keep a file that was named by mistake, and the socket of another program. */
static int make_room(const char *path, const struct sockaddr_un *address)
{
	struct stat st;

	if (lstat(path, &st))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -ENOTSOCK;
	if (is_alive(address))
		return -EADDRINUSE;

	return unlink(path) ? -errno : 0;
}

static void remember(const char *path, struct file_identity *file)
{
	struct stat st = { 0 };

	(void)lstat(path, &st);
	*file = file_identity_of(&st);
}

int local_socket_open(const char *path, struct file_identity *file)
{
	struct sockaddr_un address;
	int on = 1, fd, err;
	mode_t mask;

	err = address_of(path, &address);
	if (!err)
		err = make_room(path, &address);
	if (err)
		return err;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)))
		goto err_close;
	/* Nobody else could write to it, were it only for a moment. */
	mask = umask(0177);
	err = bind(fd, (const struct sockaddr *)&address, sizeof(address)) ? -errno : 0;
	umask(mask);
	errno = -err;
	if (!err) {
		remember(path, file);
		return fd;
	}

err_close:
	err = -errno;
	close(fd);
	return err;
}

/*
 * Root may have made it and be root no more: then whether anybody listens there cannot be asked, as
 * nobody else may write to it.
 */
void local_socket_close(int fd, const char *path, const struct file_identity *file)
{
	struct stat st;

	if (fd < 0)
		return;
	close(fd);
	if (!lstat(path, &st) && S_ISSOCK(st.st_mode) && file_identity_is_of(file, &st))
		(void)unlink(path);
}

bool local_socket_is_trusted(const struct msghdr *message)
{
	struct ucred sender;

	for (struct cmsghdr *h = control_message_first(message); h;
	     h = control_message_next(message, h)) {
		if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_CREDENTIALS ||
		    h->cmsg_len != CMSG_LEN(sizeof(sender)))
			continue;
		memcpy(&sender, CMSG_DATA(h), sizeof(sender));
		return !sender.uid || sender.uid == geteuid();
	}

	return false;
}
