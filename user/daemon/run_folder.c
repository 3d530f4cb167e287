// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the daemon has in /run: the control socket, the lock and the pid file, and that they are
 * made again where somebody has removed them, as with rm -r, like the socket of chronyc.
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
#include "daemon/requests.h"
#include "daemon/run_files.h"
#include "ipc/socket_file.h"
#include "lib/services.h"

/* Who removes the folder and makes it anew waits for so long, or a second more. */
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
 * removed there is to be made again. What was opened, whatever is in its place by now.
 */
static void give_to_user(const struct daemon *daemon, const char *path, int fd)
{
	const struct passwd *user = getpwnam(user_to_be(daemon));

	if (user && fchown(fd, user->pw_uid, user->pw_gid))
		log_debug("%s could not be given to %s: %s", path, user->pw_name,
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

/* --- the lock and the pid file --- */

/*
 * The daemon of a service is that user from its start. A lock that it may not read it would take
 * for one that was left behind, and remove. What has another name as well is somebody's file.
 */
static void give_lock(const struct daemon *daemon, int fd)
{
	struct stat st;

	if (!geteuid() && !fstat(fd, &st) && st.st_nlink == 1)
		give_to_user(daemon, RUN_LOCK_PATH, fd);
}

int daemon_lock_clock(struct daemon *daemon)
{
	pid_t holder;
	int fd;

	if (daemon->options->no_clock)
		return 0;
	daemon_make_folder(daemon, RUN_LOCK_PATH);
	fd = run_lock(RUN_LOCK_PATH, &holder);
	if (fd >= 0) {
		daemon->run_folder.lock_fd = fd;
		give_lock(daemon, fd);
		return 0;
	}
	if (fd != -EBUSY) {
		log_info("%s could not be locked: %s; another truechimed would not be noticed",
			 RUN_LOCK_PATH, strerror(-fd));
		return 0;
	}
	log_err("Another truechimed, pid %d, keeps the system clock. %s", (int)holder,
		daemon->options->task == DAEMON_SET ?
		"To have it step the clock: truechime makestep" :
		"Stop it first; or only observe, with -x");
	return fd;
}

void daemon_unlock_clock(const struct daemon *daemon)
{
	run_unlock(RUN_LOCK_PATH, daemon->run_folder.lock_fd);
}

void daemon_write_pid(struct daemon *daemon)
{
	struct daemon_run_folder *folder = &daemon->run_folder;
	const char *path = daemon->config->pidfile;
	int err = 0;

	if (daemon->options->task != DAEMON_RUN || !strcmp(path, folder->pid_path))
		return;
	if (*path)
		err = pid_file_write(path, getpid());
	if (err) {
		log_warning("The pid file %s could not be written: %s%s%s", path,
			    err == -EEXIST ? "something else of that name is left alone" :
			    strerror(-err),
			    *folder->pid_path ? "; it stays " : "", folder->pid_path);
		return;
	}
	if (*folder->pid_path)
		pid_file_remove(folder->pid_path, getpid());
	snprintf(folder->pid_path, sizeof(folder->pid_path), "%s", path);
}

void daemon_remove_pid(const struct daemon *daemon)
{
	if (*daemon->run_folder.pid_path)
		pid_file_remove(daemon->run_folder.pid_path, getpid());
}

/* --- what was removed --- */

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
	else if (err && err != daemon->run_folder.socket_error)
		say_not_renewed(path, err);
	daemon->run_folder.socket_error = chime_min(err, 0);
}

/*
 * Without it a second daemon, with another socket, would not notice this one. It may be there
 * already.
 */
static void renew_lock(struct daemon *daemon)
{
	struct daemon_run_folder *folder = &daemon->run_folder;
	pid_t holder = 0;
	int fd;

	if (folder->lock_fd < 0 || run_is_locked(RUN_LOCK_PATH, folder->lock_fd))
		return;
	fd = run_lock(RUN_LOCK_PATH, &holder);
	if (fd == -EBUSY && folder->lock_error != fd)
		log_err("Another truechimed, pid %d, was started after %s was removed: two daemons set one clock. End one of them",
			(int)holder, RUN_LOCK_PATH);
	folder->lock_error = chime_min(fd, 0);
	if (fd < 0)
		return;
	close(folder->lock_fd);
	folder->lock_fd = fd;
}

void daemon_keep_run_folder(struct daemon *daemon, int64_t now_raw_ns)
{
	struct daemon_run_folder *folder = &daemon->run_folder;

	if (now_raw_ns < folder->next_ns)
		return;
	folder->next_ns = chime_add_sat(now_raw_ns, LOOK_NS);
	if (daemon->control)
		renew_control(daemon);
	if (daemon->chronyc)
		chronyc_listener_renew(daemon->chronyc);
	renew_lock(daemon);
	if (*folder->pid_path && socket_file_is_gone(folder->pid_path))
		(void)pid_file_write(folder->pid_path, getpid());
}
