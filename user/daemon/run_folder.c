// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the daemon has in /run: the control socket, and that it is made again where somebody has
 * removed it, as with rm -r, like the socket of chronyc, the lock and the pid file.
 */
#include "daemon/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/line.h"
#include "daemon/privileges.h"
#include "daemon/run_files.h"
#include "ipc/socket_file.h"
#include "lib/services.h"

/*
 * Who removes the folder and makes it anew waits for so long, or a second more: nothing wakes for
 * it, as following the clock takes a turn of the loop a second.
 */
#define LOOK_NS	5000000000LL

/* Who the daemon becomes, if it is root. */
static const char *user_to_be(const struct daemon *daemon)
{
	if (daemon->options->user && *daemon->options->user)
		return daemon->options->user;

	return *daemon->config->user ? daemon->config->user : DAEMON_USER;
}

/*
 * As a service manager gives its folders to the service's user: we shall be that user, and what is
 * removed there is to be made again. Only a directory, whatever is in its place by now.
 */
static void give_to_user(const struct daemon *daemon, const char *folder, int fd)
{
	const struct passwd *user = getpwnam(user_to_be(daemon));

	if (user && fchown(fd, user->pw_uid, user->pw_gid))
		log_debug("%s could not be given to %s: %s", folder, user->pw_name,
			  strerror(errno));
}

/* With that mode, whatever umask(2) whoever started us had. */
void daemon_make_own_folder(const struct daemon *daemon, const char *folder, mode_t mode)
{
	int fd;

	if (mkdir(folder, mode))
		return;
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)fchmod(fd, mode);
	if (!geteuid())
		give_to_user(daemon, folder, fd);
	close(fd);
}

void daemon_make_folder(const struct daemon *daemon, const char *path)
{
	char folder[SOCKET_FOLDER_MAX];

	if (socket_file_folder(path, folder))
		daemon_make_own_folder(daemon, folder, 0755);
}

static const char *words_of(int err)
{
	return err == -ENOTSOCK ? "there is a file that is no socket" : strerror(-err);
}

/* What root has to type, so that a folder that is gone is there again. */
static void advise(const char *path, char *command, size_t size)
{
	const struct passwd *user = getpwuid(geteuid());
	char folder[SOCKET_FOLDER_MAX], restart[SERVICE_COMMAND_MAX];

	command_to_restart("truechimed", has_systemd(), restart);
	/* Its folders are put into the service's view of the file system at a start. */
	if (has_systemd() || !user || !socket_file_folder(path, folder))
		snprintf(command, size, "%s", restart);
	else
		snprintf(command, size, "install -d -o %s %s", user->pw_name, folder);
}

static void say_not_renewed(const char *path, int err)
{
	char command[SOCKET_FOLDER_MAX + SERVICE_COMMAND_MAX];

	if (err == -ENOENT) {
		advise(path, command, sizeof(command));
		log_warning("The control socket %s was removed with its folder, which we may not make; the program truechime cannot ask this daemon. As root: %s",
			    path, command);
		return;
	}
	log_warning("The control socket %s was removed, and cannot be made again: %s; the program truechime cannot ask this daemon",
		    path, words_of(err));
}

int daemon_open_control(struct daemon *daemon)
{
	const char *path = daemon->options->socket_path;
	int err;

	daemon->control = NULL;
	if (daemon->options->task != DAEMON_RUN)
		return 0;
	daemon_make_folder(daemon, path);
	err = control_open(&daemon->control, path, daemon_answer, daemon);
	if (err == -EADDRINUSE) {
		log_err("Another truechimed is running: it answers at %s", path);
		return err;
	}
	if (err)
		log_warning("The control socket %s could not be opened: %s; the program truechime cannot ask this daemon",
			    path, words_of(err));
	return 0;
}

static void renew_control(struct daemon *daemon)
{
	const char *path = daemon->options->socket_path;
	int err;

	/* Where we are still root: nobody else may have a folder in /run. */
	if (socket_file_is_gone(path))
		daemon_make_folder(daemon, path);
	err = control_renew(daemon->control);
	if (err > 0)
		log_notice("The control socket %s was removed; it was made again", path);
	else if (err && err != daemon->renew_error)
		say_not_renewed(path, err);
	daemon->renew_error = chime_min(err, 0);
}

/* Without it a second daemon, with another socket, would not notice this one. */
static void renew_lock(struct daemon *daemon)
{
	pid_t holder;
	int fd;

	if (daemon->lock_fd < 0 || !socket_file_is_gone(RUN_LOCK_PATH))
		return;
	fd = run_lock(RUN_LOCK_PATH, &holder);
	if (fd < 0)
		return;
	close(daemon->lock_fd);
	daemon->lock_fd = fd;
}

void daemon_keep_run_folder(struct daemon *daemon, int64_t now_raw_ns)
{
	if (now_raw_ns < daemon->run_folder_ns)
		return;
	daemon->run_folder_ns = chime_add_sat(now_raw_ns, LOOK_NS);
	if (daemon->control)
		renew_control(daemon);
	if (daemon->chronyc)
		chronyc_listener_renew(daemon->chronyc);
	renew_lock(daemon);
	if (*daemon->pid_path && socket_file_is_gone(daemon->pid_path))
		(void)pid_file_write(daemon->pid_path, getpid());
}
